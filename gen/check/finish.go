package check

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const (
	ruleCannotFinish = "cannot-finish"
	ruleLivelock     = "livelock"
)

// finish is V3: a search backwards from the final states. What is entered and cannot reach one is trapped; where a trap
// moves by timers and enter moves alone it is a livelock.
func finish(c *checker) {
	c.each(func(m *machine) {
		if !slices.ContainsFunc(m.States, func(s *model.State) bool { return s.Final }) {
			c.report(m.Name, diag.Diagnostic{
				Pos: m.Pos, Rule: ruleCannotFinish, Message: fmt.Sprintf("machine %q has no final state", m.Name),
				Fix: "add a state with final: true and let the end of the connection lead to it",
			})
			return
		}
		entered := m.walk(m.start(), always)
		finishing := m.finishing()
		for _, s := range m.States {
			n := node{s, false}
			if by, ok := entered[n]; !ok || finishing[s] || by != nil && !finishing[by.from] {
				continue // the way in was reported before
			}
			c.report(m.Name+"."+s.Name, m.trapped(n, entered))
		}
	})
}

// finishing are the states from which a final state can be reached.
func (m *machine) finishing() map[*model.State]bool {
	done := map[*model.State]bool{}
	for _, s := range m.States {
		done[s] = s.Final
	}
	for changed := true; changed; {
		changed = false
		for _, e := range m.edges {
			if !e.never && !e.from.Final && !done[e.from] && (done[e.target().state] || e.move.Close) {
				done[e.from], changed = true, true
			}
		}
	}
	return done
}

// trapped is the finding for what is reachable from n, which no final state is.
func (m *machine) trapped(n node, entered map[node]*edge) diag.Diagnostic {
	inside := m.walk(n, always)
	var names []string
	internal, moves := true, false
	for _, s := range m.States {
		if _, ok := inside[node{s, false}]; ok {
			names = append(names, s.Name)
		}
	}
	for _, e := range m.edges {
		if _, ok := inside[e.source()]; !ok || e.in.Moves == nil {
			continue
		}
		moves = true
		internal = internal && (e.in.Kind == formula.Enter || e.in.Kind == formula.After)
	}
	d := diag.Diagnostic{
		Pos: n.state.Pos, Rule: ruleCannotFinish, Message: fmt.Sprintf("no final state can be reached from %s", quoted(names)),
		Witness: trace(entered, n), Fix: "let some input, such as closed, lead to a final state", Ref: n.state.Standard,
	}
	if internal && moves {
		d.Rule = ruleLivelock
		d.Message = fmt.Sprintf("only timers move %s, and no final state can be reached", quoted(names))
	}
	return d
}
