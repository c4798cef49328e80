package check

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const (
	ruleHole       = "state-hole"  // a message
	ruleGap        = "guard-gap"   // values for which no guard holds
	ruleTwice      = "input-twice" // two inputs for one message
	ruleResultHole = "result-hole" // an outcome of an operation
	ruleEndHole    = "end-hole"    // closed, broken, garbled
	ruleCallHole   = "call-hole"   // a call that no state takes
)

// exhaustive is V5: every state in which a session can rest says what happens to every message, to every end of the
// operations that may run there, to the peer's end and to what cannot be read; and the guards of an input leave no case out.
func exhaustive(c *checker) {
	c.each(func(m *machine) {
		t := m.table(c.p)
		for _, row := range t.Rows {
			if !m.rests(c.p, row.State) {
				continue
			}
			c.holes(m, t, row)
			c.twice(m, row.State)
			c.results(m, row.State)
			c.endings(m, row.State)
		}
		for _, list := range m.byInput() {
			c.gaps(m, list)
		}
		c.calls(m)
	})
}

// rests reports whether a session can rest in s with something still to come.
func (m *machine) rests(p *model.Protocol, s *model.State) bool {
	return !s.Final && !transient(s) && m.flow(p)[node{s, true}] != nil
}

// begins reports whether s is where a transaction begins: it is made by a message that s names, and no other comes there.
func (m *machine) begins(s *model.State) bool { return m.Per == "transaction" && s == m.Initial }

// holes reports the messages of which row says nothing.
func (c *checker) holes(m *machine, t *Table, row Row) {
	var missing []string
	for i, cell := range row.Cells {
		if cell.Does == Nothing {
			missing = append(missing, t.Messages[i].Name)
		}
	}
	if missing == nil || m.begins(row.State) {
		return
	}
	c.report(m.Name+"."+row.State.Name, diag.Diagnostic{
		Pos: row.State.Pos, Rule: ruleHole, Message: fmt.Sprintf("state %q: nothing says what happens to %s", row.State.Name, quoted(missing)),
		Witness: t.Lines(row), Fix: "name them in on, defer or ignore, or add otherwise", Ref: row.State.Standard,
	})
}

// twice reports messages that s names more than once: by name, or by two groups.
func (c *checker) twice(m *machine, s *model.State) {
	seen := map[string]*model.Ref{}
	each := func(r *model.Ref, key string) {
		for _, msg := range r.Messages() {
			k := "group " + msg.Name
			if r.Message != nil {
				k = msg.Name
			}
			if first := seen[k]; first != nil {
				c.report(m.Name+"."+s.Name+"."+key+"."+r.Name, diag.Diagnostic{
					Pos: refPos(r, s), Rule: ruleTwice, Message: fmt.Sprintf("state %q names %q twice: as %q and as %q", s.Name, msg.Name, first.Name, r.Name),
					Fix: "name it once; a message's own name goes before that of a group",
				})
				return
			}
			seen[k] = r
		}
	}
	for _, on := range s.On {
		each(&on.Ref, "on")
	}
	for _, r := range s.Defer {
		each(r, "defer")
	}
	for _, r := range s.Ignore {
		each(r, "ignore")
	}
}

func refPos(r *model.Ref, s *model.State) model.Pos {
	if r.Pos.IsValid() {
		return r.Pos
	}
	return s.Pos
}

// results reports outcomes of operations that may run in s and that s does not handle.
func (c *checker) results(m *machine, s *model.State) {
	running := m.flow(c.p)[node{s, true}].running
	for _, op := range c.p.Operations {
		if running[op] == 0 {
			continue
		}
		var missing []string
		for _, o := range op.Gives {
			if !slices.ContainsFunc(s.Done, func(on *model.On) bool { return on.Outcome == o }) {
				missing = append(missing, op.Name+"."+o.Name)
			}
		}
		if missing != nil {
			c.report(m.Name+"."+s.Name+".done", diag.Diagnostic{
				Pos: s.Pos, Rule: ruleResultHole, Message: fmt.Sprintf("state %q: operation %q may end here, and nothing says what happens then: %s", s.Name, op.Name, quoted(missing)),
				Witness: m.way(node{s, true}), Fix: "name them in done", Ref: s.Standard,
			})
		}
	}
}

// endings reports states that do not say what happens when the peer closes, when a message cannot be read, or when the
// frame cannot be cut. A transaction leaves these to its transport.
func (c *checker) endings(m *machine, s *model.State) {
	if m.Per == "transaction" {
		return
	}
	var missing []string
	if len(s.Closed) == 0 {
		missing = append(missing, "closed")
	}
	if len(s.Broken) == 0 && !s.DeferBroken {
		missing = append(missing, "broken")
	}
	if len(s.Garbled) == 0 && m.cuts(c.p, s) {
		missing = append(missing, "garbled")
	}
	if missing == nil {
		return
	}
	c.report(m.Name+"."+s.Name, diag.Diagnostic{
		Pos: s.Pos, Rule: ruleEndHole, Message: fmt.Sprintf("state %q: nothing says what happens on %s", s.Name, quoted(missing)),
		Fix: "add " + missing[0] + ": [{close: true, to: ...}]", Ref: s.Standard,
	})
}

// cuts reports whether a frame that may be in force in s can be lost track of.
func (m *machine) cuts(p *model.Protocol, s *model.State) bool {
	for f := range m.flow(p)[node{s, true}].frames {
		if f != nil && f.Kind != "datagram" && f.Kind != "raw" {
			return true
		}
	}
	return false
}

// gaps reports an input of which every move has a guard, when values exist for which none holds.
func (c *checker) gaps(m *machine, list []*edge) {
	var none []formula.Expr
	for _, e := range list {
		if e.move.When == nil || e.guard == nil {
			return
		}
		none = append(none, formula.Not(e.guard))
	}
	if len(list) == 0 || list[0].in.Kind == formula.Enter {
		return // no enter move: the session rests in the state
	}
	last := list[len(list)-1]
	verdict, values := c.together(m, last, none...)
	if verdict == formula.Impossible {
		return
	}
	d := diag.Diagnostic{
		Pos: last.guard.Pos(), Rule: ruleGap, Message: fmt.Sprintf("state %q: no move of %s is made when none of the guards holds", last.from.Name, last.in.Name()),
		Fix: "add a last move without when; {} does nothing",
	}
	for _, v := range values {
		d.Witness = append(d.Witness, v.String())
	}
	c.report(last.path(m), d)
}

// calls reports calls that no state takes.
func (c *checker) calls(m *machine) {
	for _, call := range m.Calls {
		if !slices.ContainsFunc(m.edges, func(e *edge) bool { return e.in.Kind == formula.Called && e.in.On.CallOf == call }) {
			c.report(m.Name+".calls."+call.Name, diag.Diagnostic{
				Pos: call.Pos, Rule: ruleCallHole, Message: fmt.Sprintf("no state says what the call %q does", call.Name), Fix: "name it in call of the states that allow it",
			})
		}
	}
}
