package check

import (
	"fmt"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// formulas is V1: it parses and types every formula of the protocol, and makes the graphs of its machines.
func formulas(c *checker) {
	for _, f := range c.p.Frames {
		s := formula.For(c.p, c.fields)
		c.formula("frames."+f.Name, f.Max, s, formula.IntType)
		c.formula("frames."+f.Name, f.Min, s, formula.IntType)
		c.formula("frames."+f.Name, f.Within, s, formula.DurationType)
		s.Msg = c.selfSized()
		c.formula("frames."+f.Name, f.Size, s, formula.IntType)
	}
	for _, t := range c.p.Types {
		c.ofFields("types."+t.Name, t.Fields, formula.ForStruct(c.p, t))
	}
	for _, h := range c.p.Heads {
		c.ofFields("heads."+h.Name, h.Fields, formula.ForHead(c.p, h, c.fields))
	}
	for _, m := range c.p.Messages {
		s := formula.ForMessage(c.p, m, c.fields)
		c.ofFields("messages."+m.Name, m.Fields, s)
		c.formula("messages."+m.Name, m.BodySize, s, formula.IntType)
		for _, r := range m.Valid {
			c.formula("messages."+m.Name, r.Rule, s, formula.BoolType)
		}
	}
	for _, o := range c.p.Operations {
		c.formula("operations."+o.Name, o.Timeout, formula.For(c.p, c.fields), formula.DurationType)
	}
	for _, m := range c.machines {
		c.ofMachine(m)
	}
}

// selfSized are the messages that a frame of kind message may hold.
func (c *checker) selfSized() []*model.Message {
	var list []*model.Message
	for _, m := range c.p.Messages {
		if m.Encoding == "headers" {
			list = append(list, m)
		}
	}
	return list
}

// formula parses f and reports what is wrong with it at path. It returns nil for a nil f too.
func (c *checker) formula(path string, f *model.Formula, s *formula.Scope, want *formula.Type) formula.Expr {
	if f == nil {
		return nil
	}
	e, found := formula.Parse(f, s, want)
	for _, d := range found {
		c.report(path, d)
	}
	return e
}

// assigned checks a formula that gives a field of type want its value. Where the field is a list, one element will do; where
// it is a structure, a bool says whether it is there.
func (c *checker) assigned(path, name string, f *model.Formula, s *formula.Scope, want *formula.Type) {
	e := c.formula(path, f, s, nil)
	if e == nil || want == nil || derives(e.Type(), want) || want.Kind == formula.List && derives(e.Type(), want.Elem) {
		return
	}
	c.report(path, diag.Diagnostic{Pos: e.Pos(), Rule: formula.RuleType, Message: fmt.Sprintf("%s is %s, and %s is %s", e, e.Type(), name, want)})
}

func derives(from, to *formula.Type) bool {
	return from.AssignableTo(to) || to.Kind == formula.Struct && from.Kind == formula.Bool
}

func (c *checker) ofFields(path string, fields []*model.Field, s *formula.Scope) {
	for _, f := range fields {
		at := path + "." + f.Name
		c.formula(at, f.Size, s, formula.IntType)
		c.formula(at, f.Count, s, formula.IntType)
		c.formula(at, f.When, s, formula.BoolType)
		c.formula(at, f.Valid, s, formula.BoolType)
		c.assigned(at, f.Name, f.Is, s, s.FieldType(f))
	}
}

// ofMachine checks the formulas of m and builds its graph.
func (c *checker) ofMachine(m *machine) {
	s := formula.ForMachine(c.p, m.Machine, c.fields)
	c.formula(m.Name, m.Window, s, formula.IntType)
	for _, t := range m.Timers {
		c.formula(m.Name+".timers."+t.Name, t.After, s, formula.DurationType)
	}
	keyed := *s
	for _, msg := range c.p.Messages {
		if formula.Receives(c.p, m.Machine, msg) {
			keyed.Msg = append(keyed.Msg, msg)
		}
	}
	c.formula(m.Name, m.Key, &keyed, nil)
	matched := *s
	for _, call := range m.Calls {
		matched.Msg = append(matched.Msg, formula.Passed(call)...)
	}
	matched.Msg = append(matched.Msg, formula.Replies(c.p, matched.Msg)...)
	c.formula(m.Name, m.By, &matched, nil)
	m.build(func(state *model.State, in formula.Input, v *model.Move) formula.Expr {
		return c.ofMove(m, state, in, v)
	})
}

// ofMove checks the formulas of a move and returns its guard.
func (c *checker) ofMove(m *machine, state *model.State, in formula.Input, v *model.Move) formula.Expr {
	s := formula.ForInput(c.p, m.Machine, state, in, c.fields)
	path := m.Name + "." + state.Name + "." + in.Name()
	guard := c.formula(path, v.When, s, formula.BoolType)
	for _, a := range v.Set {
		c.formula(path, a.Value, s, c.varType(a.Var))
	}
	for _, send := range v.Send {
		for _, w := range send.With {
			c.assigned(path, w.Name, w.Value, s, withType(c.p, s, send, w))
		}
	}
	c.formula(path, v.Codec, s, formula.TextType)
	return guard
}

func (c *checker) varType(v *model.Var) *formula.Type {
	t, _ := formula.TypeOf(c.p, v.Type)
	return t
}

// withType is what the value given to a field of a sent message must be; an integer for the reply code.
func withType(p *model.Protocol, s *formula.Scope, send *model.Send, w *model.With) *formula.Type {
	if w.Field == nil {
		return formula.IntType
	}
	if send.Message == nil {
		return nil
	}
	return formula.ForMessage(p, send.Message, s.Fields).FieldType(w.Field)
}
