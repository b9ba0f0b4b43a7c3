package customresource

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A machine's owner, in its tags.
const (
	ownTags    = "minuet:"
	stackTag   = ownTags + "stack-id"
	logicalTag = ownTags + "logical-id"
)

// The codes that mean something here.
const (
	codeExists   = "StateMachineAlreadyExists"
	codeMissing  = "StateMachineDoesNotExist"
	codeNotFound = "ResourceNotFound" // of operations on tags
)

// initial is the revision of a machine that was never updated, in AWS::StepFunctions::StateMachine's words.
const initial = "INITIAL"

// create makes a machine. Repeated, it finds its own.
func (h *Handler) create(ctx context.Context, r *request) (result, error) {
	p, err := readProperties(r.ResourceProperties)
	if err != nil {
		return result{}, err
	}
	return h.ensure(ctx, r, p)
}

// ensure creates a machine, or brings the one that the resource has up to date.
func (h *Handler) ensure(ctx context.Context, r *request, p *properties) (result, error) {
	name := p.nameFor(r)
	arn, err := h.createMachine(ctx, name, r, p)
	if codeOf(err) == codeExists {
		return h.adopt(ctx, name, r, p, err)
	}
	if err != nil {
		return result{}, err
	}
	// The API returns a machine that was there when it is the same, but for role and tags.
	tags, err := h.tags(ctx, arn)
	if err != nil {
		return result{}, err
	}
	if !has(tags, owner(r)) {
		return result{}, &refusal{codeExists, fmt.Sprintf("State Machine Already Exists: '%s', and it is not of this resource.", arn)}
	}
	now, err := h.describe(ctx, arn)
	if err != nil {
		return result{}, err
	}
	if now.Role != p.role || !has(tags, p.tags) {
		return h.change(ctx, arn, name, r, p)
	}
	return now.result(arn, name), nil
}

// adopt brings a machine up to date that an earlier request for the same resource has created, as when a rollback returns to it.
func (h *Handler) adopt(ctx context.Context, name string, r *request, p *properties, exists error) (result, error) {
	arn, err := h.find(ctx, name)
	if err != nil {
		return result{}, err
	}
	tags, err := h.tags(ctx, arn)
	if err != nil {
		return result{}, err
	}
	if !has(tags, owner(r)) {
		return result{}, exists
	}
	return h.change(ctx, arn, name, r, p)
}

// refusal is an error of this package with a code of AWS's.
type refusal struct{ code, message string }

func (e *refusal) Error() string     { return e.message }
func (e *refusal) ErrorCode() string { return e.code }

// update changes a machine, or creates another one when the name changes; CloudFormation then deletes the old one.
func (h *Handler) update(ctx context.Context, r *request) (result, error) {
	p, err := readProperties(r.ResourceProperties)
	if err != nil {
		return result{}, err
	}
	name := p.nameFor(r)
	if machineName(r.PhysicalResourceID) != name {
		return h.ensure(ctx, r, p)
	}
	return h.change(ctx, r.PhysicalResourceID, name, r, p)
}

// change updates a machine, and creates it anew if someone has deleted it.
func (h *Handler) change(ctx context.Context, arn, name string, r *request, p *properties) (result, error) {
	now, err := h.describe(ctx, arn)
	if codeOf(err) == codeMissing {
		if arn, err = h.createMachine(ctx, name, r, p); err != nil {
			return result{}, err
		}
		return h.shown(ctx, arn, name)
	}
	if err != nil {
		return result{}, err
	}
	if now.Type != "" && now.Type != p.kind() {
		return result{}, wrong("The Type of %s is %s and cannot become %s: give another StateMachineName.", arn, now.Type, p.kind())
	}
	in := updateInput{ARN: arn, Definition: p.definition, Role: p.role, Logging: p.logging, Tracing: p.tracing}
	if in.Logging == nil {
		in.Logging = &logging{Level: off}
	}
	if in.Tracing == nil {
		in.Tracing = &tracing{}
	}
	if err := h.call(ctx, "UpdateStateMachine", in, nil); err != nil {
		return result{}, err
	}
	if err := h.changeTags(ctx, arn, r, p); err != nil {
		return result{}, err
	}
	return h.shown(ctx, arn, name)
}

// changeTags sets the template's tags, and removes those that it had before. Tags from elsewhere stay.
func (h *Handler) changeTags(ctx context.Context, arn string, r *request, p *properties) error {
	tags := append(slices.Clone(p.tags), owner(r)...)
	if err := h.call(ctx, "TagResource", tagInput{arn, tags}, nil); err != nil {
		return err
	}
	var gone []string
	for _, key := range oldTags(r) {
		if !slices.ContainsFunc(tags, func(t tag) bool { return t.Key == key }) {
			gone = append(gone, key)
		}
	}
	if gone == nil {
		return nil
	}
	return h.call(ctx, "UntagResource", untagInput{arn, gone}, nil)
}

// oldTags are the keys that the template had before an update. What cannot be read was none.
func oldTags(r *request) []string {
	old, err := readProperties(r.OldResourceProperties)
	if err != nil {
		return nil
	}
	var keys []string
	for _, t := range old.tags {
		keys = append(keys, t.Key)
	}
	return keys
}

// delete deletes the machine. One that is gone, that was never created, or that is another resource's by now, is deleted already.
func (h *Handler) delete(ctx context.Context, r *request) (result, error) {
	arn := r.PhysicalResourceID
	done := result{id: arn}
	if machineName(arn) == "" {
		return done, nil
	}
	switch stays, err := h.belongsToAnother(ctx, arn, r); {
	case codeOf(err) == codeNotFound, codeOf(err) == codeMissing:
		return done, nil
	case err != nil:
		return done, err
	case stays:
		h.log().Warn("state machine not deleted: it belongs to another stack or resource", "arn", arn)
		return done, nil
	}
	err := h.call(ctx, "DeleteStateMachine", arnInput{arn}, nil)
	if codeOf(err) == codeMissing {
		err = nil
	}
	return done, err
}

// machineName returns the name in a state machine's ARN, arn:aws:states:REGION:ACCOUNT:stateMachine:NAME, or "" for other texts.
func machineName(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) != 7 || parts[0] != "arn" || parts[2] != "states" || parts[5] != "stateMachine" {
		return ""
	}
	return parts[6]
}

func (h *Handler) createMachine(ctx context.Context, name string, r *request, p *properties) (arn string, err error) {
	var out struct {
		ARN string `json:"stateMachineArn"`
	}
	err = h.call(ctx, "CreateStateMachine", createInput{
		Name: name, Definition: p.definition, Role: p.role, Type: p.kind(), Logging: p.logging, Tracing: p.tracing,
		Tags: append(slices.Clone(p.tags), owner(r)...),
	}, &out)
	return out.ARN, err
}

// description is what DescribeStateMachine says that matters here.
type description struct {
	Role     string `json:"roleArn"`
	Type     string `json:"type"`
	Revision string `json:"revisionId"` // none for the first one
}

func (h *Handler) describe(ctx context.Context, arn string) (out description, err error) {
	err = h.call(ctx, "DescribeStateMachine", arnInput{arn}, &out)
	return out, err
}

// result is what a template may ask of a machine.
func (d description) result(arn, name string) result {
	if d.Revision == "" {
		d.Revision = initial
	}
	return result{arn, map[string]any{"Arn": arn, "Name": name, "StateMachineRevisionId": d.Revision}}
}

func (h *Handler) shown(ctx context.Context, arn, name string) (result, error) {
	now, err := h.describe(ctx, arn)
	if err != nil {
		return result{}, err
	}
	return now.result(arn, name), nil
}

// find returns the ARN of the machine of a name.
func (h *Handler) find(ctx context.Context, name string) (string, error) {
	in := struct {
		NextToken string `json:"nextToken,omitempty"`
	}{}
	for {
		var page struct {
			Machines []struct {
				ARN  string `json:"stateMachineArn"`
				Name string `json:"name"`
			} `json:"stateMachines"`
			NextToken string `json:"nextToken"`
		}
		if err := h.call(ctx, "ListStateMachines", in, &page); err != nil {
			return "", err
		}
		for _, m := range page.Machines {
			if m.Name == name {
				return m.ARN, nil
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == "" {
			return "", fmt.Errorf("state machine %s was deleted meanwhile", name)
		}
	}
}

// owner are the tags of a resource's machine.
func owner(r *request) []tag {
	return []tag{{stackTag, cut(r.StackID, maxTag)}, {logicalTag, cut(r.LogicalResourceID, maxTag)}}
}

// maxTag is how long a tag's value may be.
const maxTag = 256

// has tells whether a resource has tags.
func has(tags map[string]string, want []tag) bool {
	for _, t := range want {
		if now, ok := tags[t.Key]; !ok || now != t.Value {
			return false
		}
	}
	return true
}

// belongsToAnother tells whether a machine is tagged as another resource's.
func (h *Handler) belongsToAnother(ctx context.Context, arn string, r *request) (bool, error) {
	tags, err := h.tags(ctx, arn)
	if err != nil {
		return false, err
	}
	for _, t := range owner(r) {
		if now, ok := tags[t.Key]; ok && now != t.Value {
			return true, nil
		}
	}
	return false, nil
}

func (h *Handler) tags(ctx context.Context, arn string) (map[string]string, error) {
	var out struct {
		Tags []tag `json:"tags"`
	}
	if err := h.call(ctx, "ListTagsForResource", tagsInput{arn}, &out); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range out.Tags {
		tags[t.Key] = t.Value
	}
	return tags, nil
}

// call calls an operation, whose name stands before what it refuses.
func (h *Handler) call(ctx context.Context, operation string, in, out any) error {
	err := h.Caller.Call(ctx, operation, in, out)
	if err == nil {
		return nil
	}
	if code := codeOf(err); code != "" && !strings.Contains(err.Error(), code) {
		return fmt.Errorf("%s: %s: %w", operation, code, err)
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// The inputs of the operations.
type (
	createInput struct {
		Name       string   `json:"name"`
		Definition string   `json:"definition"`
		Role       string   `json:"roleArn"`
		Type       string   `json:"type"`
		Logging    *logging `json:"loggingConfiguration,omitempty"`
		Tracing    *tracing `json:"tracingConfiguration,omitempty"`
		Tags       []tag    `json:"tags"`
	}
	updateInput struct {
		ARN        string   `json:"stateMachineArn"`
		Definition string   `json:"definition"`
		Role       string   `json:"roleArn"`
		Logging    *logging `json:"loggingConfiguration"`
		Tracing    *tracing `json:"tracingConfiguration"`
	}
	arnInput struct {
		ARN string `json:"stateMachineArn"`
	}
	tagsInput struct {
		ARN string `json:"resourceArn"`
	}
	tagInput struct {
		ARN  string `json:"resourceArn"`
		Tags []tag  `json:"tags"`
	}
	untagInput struct {
		ARN  string   `json:"resourceArn"`
		Keys []string `json:"tagKeys"`
	}
)
