package check

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

const ruleBusy = "busy-stays"

// refusals is V22: a session that begins because its connection is refused does nothing but say so. Whatever move enters its first
// state closes the connection and ends in a final state.
func refusals(c *checker) {
	for _, m := range c.machines {
		if m.Busy == nil {
			continue
		}
		stays := func(v *model.Move) bool { return !v.Close || v.To == nil || !v.To.Final || v.Run != nil }
		if silent(m.Busy) != nil || slices.ContainsFunc(m.Busy.Enter, stays) {
			c.report(m.Name+"."+m.Busy.Name, diag.Diagnostic{
				Pos: m.Busy.Pos, Rule: ruleBusy,
				Message: fmt.Sprintf("machine %q: a session that begins in %q, because its connection is refused, may stay", m.Name, m.Busy.Name),
				Fix:     "enter: [{send: [...], close: true, to: a final state}]",
			})
		}
	}
}
