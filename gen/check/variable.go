package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const ruleUnset = "var-unset"

// variables is V7: a text or message is set on every way to where it is read. Numbers, truths and lists begin as 0, false
// and empty, and may be read at once; so may anything where the move asks has(var.x).
func variables(c *checker) {
	c.each(func(m *machine) {
		flow := m.flow(c.p)
		for _, e := range m.edges {
			f := flow[e.source()]
			if f == nil || !f.enabled(e) {
				continue
			}
			before, after := c.reads(m, e)
			for _, v := range before {
				if !f.vars[v] {
					c.unset(m, e, v)
				}
			}
			for _, v := range after {
				if !f.vars[v] && !slices.Contains(before, v) && !e.sets(v) {
					c.unset(m, e, v)
				}
			}
		}
	})
}

// sets reports whether the move of e sets v.
func (e *edge) sets(v *model.Var) bool {
	return slices.ContainsFunc(e.move.Set, func(a *model.Assign) bool { return a.Var == v })
}

// reads are the texts and messages that e reads before it sets any, and after that, without asking whether they are there.
func (c *checker) reads(m *machine, e *edge) (before, after []*model.Var) {
	s := formula.ForInput(c.p, m.Machine, e.from, e.in, c.fields)
	parse := func(exprs []formula.Expr, f *model.Formula) []formula.Expr {
		if f != nil {
			if x, _ := formula.Parse(f, s, nil); x != nil {
				return append(exprs, x)
			}
		}
		return exprs
	}
	first := parse(nil, e.move.When)
	for _, a := range e.move.Set {
		first = parse(first, a.Value)
	}
	then := parse(nil, e.move.Codec)
	for _, t := range e.move.Start {
		then = parse(then, t.After)
	}
	for _, send := range e.move.Send {
		if send.From != "" {
			then = parse(then, &model.Formula{Pos: send.Pos, Text: send.From})
		}
		for _, w := range send.With {
			then = parse(then, w.Value)
		}
	}
	asked := askedFor(slices.Concat(first, then))
	return unguarded(first, asked), unguarded(then, asked)
}

// askedFor are the variables that one of the expressions asks has of.
func askedFor(exprs []formula.Expr) set[*model.Var] {
	asked := set[*model.Var]{}
	for _, x := range exprs {
		formula.Walk(x, func(e formula.Expr) bool {
			if call, ok := e.(*formula.Call); ok && call.Func.Name == "has" {
				for _, v := range formula.Variables(call) {
					asked[v] = true
				}
			}
			return true
		})
	}
	return asked
}

// unguarded are the texts and messages that the expressions read, less those that are asked for.
func unguarded(exprs []formula.Expr, asked set[*model.Var]) []*model.Var {
	var list []*model.Var
	for _, x := range exprs {
		for _, v := range formula.Variables(x) {
			if (v.Type == "text" || v.Type == "message") && !asked[v] && !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
	}
	return list
}

func (c *checker) unset(m *machine, e *edge, v *model.Var) {
	by := m.walk(m.start(), func(e *edge) bool {
		return !e.sets(v)
	})
	c.report(e.path(m), diag.Diagnostic{
		Pos: movePos(e), Rule: ruleUnset, Message: fmt.Sprintf("var.%s is read and has not been set on every way here", v.Name),
		Witness: append(trace(by, e.source()), strings.TrimSpace(e.String()+" reads var."+v.Name)),
		Fix:     fmt.Sprintf("set it before, or guard the move with has(var.%s)", v.Name),
	})
}
