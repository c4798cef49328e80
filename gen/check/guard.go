package check

import (
	"fmt"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const (
	ruleOverlap   = "guard-overlap"
	ruleUndecided = "guard-undecided"
	ruleDeadMove  = "dead-move"
)

// guards is V4: of the moves that one input may cause, no two guards may hold at once, unless the later says that the order
// is meant to decide. A move behind one without a guard, or with a guard that cannot hold any more, is dead.
func guards(c *checker) {
	c.each(func(m *machine) {
		for _, list := range m.byInput() {
			c.overlaps(m, list)
			c.dead(m, list)
		}
	})
}

// byInput groups the edges of m by the input that causes them, in the order written.
func (m *machine) byInput() [][]*edge {
	var groups [][]*edge
	for _, e := range m.edges {
		if e.in.Moves == nil {
			continue
		}
		if e.index == 0 {
			groups = append(groups, nil)
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], e)
	}
	return groups
}

// overlaps reports pairs of guards that some values fulfil both.
func (c *checker) overlaps(m *machine, list []*edge) {
	for j, second := range list {
		if second.guard == nil || second.move.Ordered {
			continue
		}
		for _, first := range list[:j] {
			if first.guard == nil {
				continue
			}
			verdict, values := c.together(m, second, first.guard, second.guard)
			if verdict == formula.Impossible {
				continue
			}
			d := diag.Diagnostic{
				Pos: second.guard.Pos(), Rule: ruleOverlap, Ref: second.move.Standard,
				Message: fmt.Sprintf("this guard and an earlier one hold at once: %s; %s", first.move.When.Text, second.move.When.Text),
				Fix:     "make the guards exclude each other, or say ordered: true here if the first is to win",
			}
			for _, v := range values {
				d.Witness = append(d.Witness, v.String())
			}
			if verdict == formula.Undecided {
				d.Rule = ruleUndecided
				d.Message = fmt.Sprintf("whether this guard and an earlier one exclude each other is not known: %s; %s", first.move.When.Text, second.move.When.Text)
				d.Fix = "say ordered: true here: the order decides"
			}
			c.report(second.path(m), d)
		}
	}
}

// dead reports moves that are never made because of those before them, and marks those whose guard never holds.
func (c *checker) dead(m *machine, list []*edge) {
	var before []formula.Expr // that the guards so far do not hold
	for i, e := range list {
		if i > 0 && list[i-1].move.When == nil {
			c.report(e.path(m), diag.Diagnostic{
				Pos: movePos(e), Rule: ruleDeadMove, Message: "this move is never made: the one before it has no guard",
				Fix: "put the move without a guard last",
			})
			return
		}
		if e.guard == nil {
			continue
		}
		if verdict, _ := c.together(m, e, e.guard); verdict == formula.Impossible {
			e.never = true
			c.report(e.path(m), diag.Diagnostic{
				Pos: e.guard.Pos(), Rule: ruleDeadMove, Message: "this guard never holds: " + e.move.When.Text, Fix: "correct the guard or remove the move",
			})
		} else if verdict, _ := c.together(m, e, append(before, e.guard)...); verdict == formula.Impossible {
			c.report(e.path(m), diag.Diagnostic{
				Pos: e.guard.Pos(), Rule: ruleDeadMove, Message: "this guard holds only when an earlier one does: " + e.move.When.Text, Fix: "correct the guard or remove the move",
			})
		}
		before = append(before, formula.Not(e.guard))
	}
}

// movePos is where e's move stands, or its guard or state when that is not known.
func movePos(e *edge) model.Pos {
	switch {
	case e.move.Pos.IsValid():
		return e.move.Pos
	case e.move.When != nil:
		return e.move.When.Pos
	}
	return e.from.Pos
}

// together decides whether the conditions can hold at once for the input of e.
func (c *checker) together(m *machine, e *edge, conditions ...formula.Expr) (formula.Verdict, formula.Model) {
	return formula.Satisfiable(append(c.known(m, e), conditions...)...)
}

// known is what always holds for the input of e: a message that cannot be read fails in one way.
func (c *checker) known(m *machine, e *edge) []formula.Expr {
	if e.in.Kind != formula.Broken && e.in.Kind != formula.Garbled {
		return nil
	}
	s := formula.ForInput(c.p, m.Machine, e.from, e.in, c.fields)
	var list []formula.Expr
	ways := []string{"malformed", "invalid", "unknown", "rule"}
	for i, a := range ways {
		for _, b := range ways[:i] {
			text := fmt.Sprintf("!(error.%s && error.%s)", a, b)
			if x, _ := formula.Parse(&model.Formula{Text: text}, s, formula.BoolType); x != nil {
				list = append(list, x)
			}
		}
	}
	return list
}
