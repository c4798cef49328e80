package check

import (
	"fmt"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

const ruleUnreachable = "unreachable-state"

// reachable is V2: a breadth-first search from the initial state, guards taken to hold. Of states that only lead to each
// other the first is reported.
func reachable(c *checker) {
	c.each(func(m *machine) {
		seen := m.walk(m.start(), always)
		for _, s := range m.States {
			if _, ok := seen[node{s, false}]; ok {
				continue
			}
			c.report(m.Name+"."+s.Name, diag.Diagnostic{
				Pos: s.Pos, Rule: ruleUnreachable, Message: fmt.Sprintf("state %q can never be entered", s.Name),
				Witness: m.leadingTo(s), Fix: "let a move lead to it, or remove it", Ref: s.Standard,
			})
			for n := range m.walk(node{s, false}, always) { // what only follows
				seen[n] = nil
			}
		}
	})
}

// leadingTo says which states, themselves never entered, have moves to s.
func (m *machine) leadingTo(s *model.State) []string {
	var lines []string
	for _, e := range m.edges {
		if e.move.To == s && e.from != s {
			lines = append(lines, e.String()+", and "+e.from.Name+" is never entered either")
		}
	}
	if lines == nil {
		return []string{"no move leads to it"}
	}
	return lines
}
