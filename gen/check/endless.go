package check

import (
	"fmt"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const ruleEndless = "endless-moves"

// endless is V8: enter moves that lead from state to state in a circle are work without end, as no input is needed.
func endless(c *checker) {
	c.each(func(m *machine) {
		done := map[*model.State]bool{}
		for _, s := range m.States {
			c.circle(m, s, nil, done)
		}
	})
}

// circle follows enter moves from s, which was entered by those in way, and reports the circles it closes.
func (c *checker) circle(m *machine, s *model.State, way []*edge, done map[*model.State]bool) {
	for i, e := range way {
		if e.from == s {
			c.around(m, way[i:])
			return
		}
	}
	if done[s] {
		return
	}
	for _, e := range m.leaving(node{s, false}) {
		if e.in.Kind == formula.Enter && e.move.To != nil {
			c.circle(m, e.move.To, append(way[:len(way):len(way)], e), done)
		}
	}
	done[s] = true
}

func (c *checker) around(m *machine, way []*edge) {
	var names, lines []string
	for _, e := range way {
		names = append(names, e.from.Name)
		lines = append(lines, e.String())
	}
	c.report(way[0].path(m), diag.Diagnostic{
		Pos: movePos(way[0]), Rule: ruleEndless, Message: fmt.Sprintf("entering %s goes round for ever without input", strings.Join(names, ", ")),
		Witness: lines, Fix: "let one of the states wait for an input",
	})
}
