package catalog

import "minuet/orchestrator/engine"

// Logging is a logging configuration. Minuet keeps it; it writes no logs to CloudWatch.
type Logging struct {
	Level                string           `json:"level"` // "ALL", "ERROR", "FATAL" or "OFF"
	IncludeExecutionData bool             `json:"includeExecutionData"`
	Destinations         []LogDestination `json:"destinations,omitzero"` // empty is not absent
}

// LogDestination is where logs go.
type LogDestination struct {
	LogGroup *LogGroup `json:"cloudWatchLogsLogGroup,omitempty"`
}

// LogGroup is a log group of CloudWatch Logs.
type LogGroup struct {
	ARN string `json:"logGroupArn"`
}

const levelOff = "OFF"

func (l *Logging) orDefault() Logging {
	if l == nil {
		return Logging{Level: levelOff}
	}
	out := *l
	if out.Level == "" {
		out.Level = levelOff
	}
	return out
}

func (l Logging) check() error {
	if n := len(l.Destinations); n > 1 || n == 0 && l.Level != levelOff {
		return engine.Errorf("InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination.")
	}
	return nil
}

// Encryption is an encryption configuration.
type Encryption struct {
	Type               string `json:"type"`
	KeyID              string `json:"kmsKeyId,omitempty"`
	ReusePeriodSeconds int64  `json:"kmsDataKeyReusePeriodSeconds,omitempty"`
}

// ownedKey is the only type of encryption there is: with a key that the caller does not manage. What that comes to is the
// store's affair.
const ownedKey = "AWS_OWNED_KEY"

func (e *Encryption) orDefault() Encryption {
	if e == nil {
		return Encryption{Type: ownedKey}
	}
	return *e
}

// check refuses what the catalog could only pretend to do.
func (e Encryption) check() error {
	if e.Type != ownedKey {
		return engine.Errorf("InvalidEncryptionConfiguration", "Invalid Encryption Configuration: Minuet does not offer %s", e.Type)
	}
	if e.KeyID != "" || e.ReusePeriodSeconds != 0 {
		return engine.Errorf("InvalidEncryptionConfiguration",
			"Invalid Encryption Configuration: kmsKeyId and kmsDataKeyReusePeriodSeconds do not go with %s", ownedKey)
	}
	return nil
}
