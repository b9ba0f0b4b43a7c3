package catalog

import (
	"slices"

	"minuet/orchestrator/asl"
)

// Diagnose returns what is to say of a definition for a machine of the type; see [asl.Parse].
func Diagnose(definition, typ string) []asl.Diagnostic {
	d, diagnostics := asl.Parse(definition)
	if typ == Express && d != nil {
		diagnostics = append(asl.Express(d), diagnostics...)
	}
	return diagnostics
}

// References returns, for each state that reads workflow variables, their names in order.
func References(d *asl.Definition) map[string][]string {
	out := map[string][]string{}
	collectReferences(&d.Body, out)
	return out
}

func collectReferences(b *asl.Body, out map[string][]string) {
	for name, s := range b.States {
		var r references
		r.state(s)
		slices.Sort(r)
		if names := slices.Compact(r); len(names) > 0 {
			out[name] = names
		}
		switch s := s.(type) {
		case *asl.Parallel:
			for _, branch := range s.Branches {
				collectReferences(branch, out)
			}
		case *asl.Map:
			collectReferences(&s.Processor.Body, out)
		}
	}
}
