package api

import (
	"strings"
	"unicode/utf8"
)

// constraint is what the model says of a shape.
type constraint struct {
	unit      unit
	min, max  int64 // max 0: none
	enum      []string
	pattern   *pattern
	sensitive bool // messages do not repeat the value
}

// unit is what min and max count.
type unit uint8

const (
	characters unit = iota
	utf8Bytes
	amount // the number itself
	items
)

// pattern is a regular expression of the model: Java's text, and a function that does the same.
type pattern struct {
	text    string
	matches func(string) bool
}

// shapes holds the constrained shapes of the model under their names. Enumerations are in the order in which AWS's messages
// list them, as far as that was recorded, otherwise in the model's.
var shapes = map[string]constraint{
	"AliasDescription":             {max: 256, sensitive: true},
	"Arn":                          {min: 1, max: 256},
	"CharacterRestrictedName":      {min: 1, max: 80, pattern: &aliasName},
	"ClientToken":                  {min: 1, max: 64, pattern: &printable},
	"Definition":                   {min: 1, max: 1 << 20, sensitive: true},
	"EncryptionType":               {enum: []string{"AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"}},
	"ExecutionRedriveFilter":       {enum: []string{"REDRIVEN", "NOT_REDRIVEN"}},
	"ExecutionStatus":              {enum: []string{"SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"}},
	"IncludedData":                 {enum: []string{allData, metadataOnly}},
	"InspectionLevel":              {enum: []string{"INFO", "DEBUG", "TRACE"}},
	"KmsDataKeyReusePeriodSeconds": {unit: amount, min: 60, max: 900},
	"KmsKeyId":                     {min: 1, max: 2048},
	"ListExecutionsPageToken":      {min: 1, max: 3096},
	"LogLevel":                     {enum: []string{"ALL", "ERROR", "FATAL", "OFF"}},
	"LongArn":                      {min: 1, max: 2000},
	"MaxConcurrency":               {unit: amount},
	"MockResponseValidationMode":   {enum: []string{"STRICT", "PRESENT", "NONE"}},
	"Name":                         {min: 1, max: 80},
	"PageSize":                     {unit: amount, max: 1000},
	"PageToken":                    {min: 1, max: 1024},
	"RetrierRetryCount":            {unit: amount},
	"MapIterationFailureCount":     {unit: amount},
	"RoutingConfigurationList":     {unit: items, min: 1, max: 2},
	"SensitiveCause":               {max: 32768, sensitive: true},
	"SensitiveData":                {unit: utf8Bytes, max: 262144, sensitive: true},
	"SensitiveError":               {max: 256, sensitive: true},
	"StateMachineType":             {enum: []string{"STANDARD", "EXPRESS"}},
	"TagKey":                       {min: 1, max: 128},
	"TagValue":                     {max: 256},
	"TaskToken":                    {min: 1, max: 2048, sensitive: true},
	"TestStateStateName":           {min: 1, max: 80, sensitive: true},
	"ToleratedFailureCount":        {unit: amount},
	"ToleratedFailurePercentage":   {unit: amount, max: 100},
	"TraceHeader":                  {max: 256, pattern: &ascii},
	"ValidateStateMachineDefinitionMaxResult": {unit: amount, max: 100},
	"ValidateStateMachineDefinitionSeverity":  {enum: []string{"ERROR", "WARNING"}},
	"VersionDescription":                      {max: 256, sensitive: true},
	"VersionWeight":                           {unit: amount, max: 100},
}

var (
	aliasName = pattern{`^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`, func(s string) bool {
		return s != "" && strings.Trim(s, letters+digits+"_-.") == "" && strings.Trim(s, digits) != ""
	}}
	printable = pattern{`[!-~]+`, func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
	}}
	ascii = pattern{`\p{ASCII}*`, func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
	}}
)

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
