package asl

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"minuet/orchestrator/expr"
)

// maxVariableName is how many characters a variable's name may have.
const maxVariableName = 80

// assign reads the variables to set.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
func (o object) assign() *expr.Template {
	vars, ok := o.child("Assign")
	if !ok {
		return nil
	}
	for _, m := range vars.json.Members() {
		name := m.Key
		if o.lang == JSONPath {
			name = strings.TrimSuffix(name, ".$")
		}
		vars.variable(name)
	}
	return o.template("Assign")
}

func (o object) variable(name string) {
	switch {
	case name == "states":
		o.fail(ReservedVariableName, o.at, "Cannot assign to reserved variable '$states'.")
	case name == "":
		o.fail(InvalidVariableName, o.at, "Invalid variable name '': the variable name is empty.")
	case utf8.RuneCountInString(name) > maxVariableName:
		o.fail(InvalidVariableName, o.at, "Invalid variable name '%s': the variable name exceeds the %d-character limit.", name, maxVariableName)
	case !isVariableName(name):
		o.fail(InvalidVariableName, o.at, "Invalid variable name '%s': the variable name contains invalid characters.", name)
	}
}

// isVariableName tells whether s is an identifier of Unicode Standard Annex #31.
func isVariableName(s string) bool {
	for i, c := range s {
		starts := unicode.In(c, unicode.L, unicode.Nl, unicode.Other_ID_Start)
		if !starts && (i == 0 || !unicode.In(c, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)) {
			return false
		}
	}
	return s != ""
}
