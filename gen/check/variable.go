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
			for _, v := range c.reads(m, e) {
				if !f.vars[v] {
					c.unset(m, e, v)
				}
			}
		}
	})
}

// reads are the texts and messages that e reads without asking whether they are there.
func (c *checker) reads(m *machine, e *edge) []*model.Var {
	var exprs []formula.Expr
	s := formula.ForInput(c.p, m.Machine, e.from, e.in, c.fields)
	parse := func(f *model.Formula) {
		if f != nil {
			if x, _ := formula.Parse(f, s, nil); x != nil {
				exprs = append(exprs, x)
			}
		}
	}
	parse(e.move.When)
	parse(e.move.Codec)
	for _, a := range e.move.Set {
		parse(a.Value)
	}
	for _, t := range e.move.Start {
		parse(t.After)
	}
	for _, send := range e.move.Send {
		if send.From != "" {
			parse(&model.Formula{Pos: send.Pos, Text: send.From})
		}
		for _, w := range send.With {
			parse(w.Value)
		}
	}
	return unguarded(exprs)
}

// unguarded are the texts and messages that the expressions read, less those that one of them asks has of.
func unguarded(exprs []formula.Expr) []*model.Var {
	asked := map[*model.Var]bool{}
	var list []*model.Var
	for _, x := range exprs {
		formula.Walk(x, func(e formula.Expr) bool {
			if call, ok := e.(*formula.Call); ok && call.Func.Name == "has" {
				for _, v := range formula.Variables(call) {
					asked[v] = true
				}
			}
			return true
		})
		for _, v := range formula.Variables(x) {
			if (v.Type == "text" || v.Type == "message") && !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
	}
	return slices.DeleteFunc(list, func(v *model.Var) bool { return asked[v] })
}

func (c *checker) unset(m *machine, e *edge, v *model.Var) {
	by := m.walk(m.start(), func(e *edge) bool {
		return !slices.ContainsFunc(e.move.Set, func(a *model.Assign) bool { return a.Var == v })
	})
	c.report(e.path(m), diag.Diagnostic{
		Pos: movePos(e), Rule: ruleUnset, Message: fmt.Sprintf("var.%s is read and has not been set on every way here", v.Name),
		Witness: append(trace(by, e.source()), strings.TrimSpace(e.String()+" reads var."+v.Name)),
		Fix:     fmt.Sprintf("set it before, or guard the move with has(var.%s)", v.Name),
	})
}
