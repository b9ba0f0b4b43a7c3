package catalog

import "testing"

func TestParseARN(t *testing.T) {
	const p = "arn:aws:states:us-east-1:123456789012:"
	machine := ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012", Type: TypeStateMachine, Name: "m"}
	version, label, execution := machine, machine, machine
	version.Qualifier, label.Label = "7", "each"
	execution.Type, execution.Qualifier = TypeExecution, "x"
	for _, tt := range []struct {
		text, typ string
		want      ARN
		why       string // what the message says after "Invalid Arn: '"
	}{
		{p + "stateMachine:m", TypeStateMachine, machine, ""},
		{p + "stateMachine:m:7", TypeStateMachine, version, ""},
		{p + "stateMachine:m/each", TypeStateMachine, label, ""},
		{p + "execution:m:x", TypeExecution, execution, ""},
		{"", TypeStateMachine, ARN{}, "Invalid ARN prefix: '"},
		{"invalid", TypeExecution, ARN{}, "Invalid ARN prefix: invalid'"},
		{"ARN:aws:states:r:1:stateMachine:m", TypeStateMachine, ARN{}, "Invalid ARN prefix: "},
		{"arn:", TypeStateMachine, ARN{}, "Invalid ARN: arn:'"},
		{"arn:aws:lambda:us-east-1:123456789012:function:f", TypeStateMachine, ARN{}, "Invalid ARN: "},
		{p + "stateMachine", TypeStateMachine, ARN{}, "Invalid ARN: "},
		{p + "stateMachine:", TypeStateMachine, ARN{}, "Invalid ARN: "},
		{p + "stateMachine:m/", TypeStateMachine, ARN{}, "Invalid ARN: "},
		{p + "stateMachine:m:", TypeStateMachine, ARN{}, "Invalid ARN: "},
		{p + "stateMachine:m:1:2", TypeStateMachine, ARN{}, "Invalid ARN: "},
		{"arn:aws:states::123456789012:stateMachine:m", TypeStateMachine, ARN{}, "Invalid ARN: "},
		{p + "execution:m", TypeExecution, ARN{}, "Invalid ARN: "},
		{p + "execution:m:", TypeExecution, ARN{}, "Invalid ARN: "},
		{p + "activity:a:1", TypeActivity, ARN{}, "Invalid ARN: "},
		{p + "stateMachine:m", TypeExecution, ARN{}, "Resource type not valid in this context: stateMachine'"},
		{p + "express:m:x:1", TypeExecution, ARN{}, "Resource type not valid in this context: express'"},
	} {
		got, err := ParseARN(tt.text, tt.typ)
		if tt.why != "" {
			refused(t, err, "InvalidArn", "Invalid Arn: '"+tt.why)
		} else if err != nil {
			t.Errorf("%q: %v", tt.text, err)
		}
		same(t, tt.text, got, tt.want)
	}
}

func TestVersionNumber(t *testing.T) {
	for qualifier, want := range map[string]int{"1": 1, "1000": 1000, "": 0, "0": 0, "-1": 0, "+1": 0, "01": 0, "live": 0, "99999999999999999999": 0} {
		n, ok := ARN{Qualifier: qualifier}.Version()
		if ok != (want > 0) || ok && n != want {
			t.Errorf("%q: got %d, %v, want %d", qualifier, n, ok, want)
		}
	}
}

func TestCheckRole(t *testing.T) {
	for arn, ok := range map[string]bool{
		role: true, "arn:aws-cn:iam::123456789012:role/r": true, "": false, "r": false, "arn:aws:iam::123456789012:role/": false,
		"arn:aws:iam::123456789012:user/u": false, "arn:aws:iam::12345678901x:role/r": false, "arn:aws:iam::1:role/r": false,
	} {
		err := checkRole(arn)
		if ok && err != nil {
			t.Error(err)
		} else if !ok {
			refused(t, err, "InvalidArn", "Invalid Role Arn: '"+arn+"'")
		}
	}
}

// Ensure that an ARN that is accepted is what is printed again.
func FuzzParseARN(f *testing.F) {
	for _, s := range []string{prefix + "m", prefix + "m:1", prefix + "m/l", "arn:aws:states:r:1:execution:m:x", "arn:aws:states:r:1:mapRun:m/l:u"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseARN(text, TypeStateMachine, TypeExecution, TypeActivity, TypeMapRun, TypeExpress)
		if err == nil && a.String() != text {
			t.Errorf("%q became %q", text, a)
		}
	})
}
