package load

import (
	"encoding/json"

	"github.com/protogen-go/protogen/gen/model"
)

// scenarios reads the exchanges, and the findings that the specification accepts.
func (l *loader) scenarios(p *model.Protocol, n node) {
	for _, e := range n.entries("scenarios") {
		s := &model.Scenario{Node: model.Node{Name: e.name, Pos: e.pos()}}
		for _, step := range e.elements() {
			s.Steps = append(s.Steps, l.step(step))
		}
		p.Scenarios = append(p.Scenarios, s)
	}
	for _, a := range n.list("accept") {
		p.Accept = append(p.Accept, &model.Accept{Node: a.describe(""), Rule: a.text("rule"), At: a.text("at"), Why: a.text("why")})
	}
}

func (l *loader) step(n node) *model.Step {
	s := &model.Step{
		Pos:    n.pos(),
		Expect: resolve(l, l.symbols.messages, n.field("expect")),
		Send:   resolve(l, l.symbols.messages, n.field("send")),
		IsRaw:  n.field("raw").exists(),
		Raw:    n.text("raw"),
		Frame:  resolve(l, l.symbols.frames, n.field("frame")),
		Wait:   n.text("wait"),
		Closed: n.flag("closed"),
	}
	if count(n.field("expect").exists(), n.field("send").exists(), n.field("raw").exists(), s.Wait != "", s.Closed) != 1 {
		l.findings.Errorf(s.Pos, "bad-step", "a step has exactly one of expect, send, raw, wait and closed")
	}
	resolve(l, l.symbols.timers, n.field("wait"))
	l.example(s, n)
	if end := resolve(l, l.symbols.outcomes, n.field("gives")); end != nil {
		s.Operation, s.Outcome = end.operation, end.outcome
	}
	for _, e := range n.entries("with") {
		if s.With == nil {
			s.With = map[string]any{}
		}
		s.With[e.name] = value(e.node)
		m := s.Send
		if m == nil {
			m = s.Expect
		}
		if m != nil && field(m, e.name) == nil && !l.impliesCode(m, e.name) {
			l.unknown(e.pos(), "field of "+m.Name, e.name, fieldNames(m))
		}
	}
	return s
}

// example finds the document that a step sends: the one it names, else the message's first, else none.
func (l *loader) example(s *model.Step, n node) {
	if s.Send == nil {
		return
	}
	name := n.field("example")
	if !name.exists() {
		if len(s.Send.Examples) > 0 {
			s.Example = s.Send.Examples[0]
		}
		return
	}
	var known []string
	for _, x := range s.Send.Examples {
		if x.Name == n.text("example") {
			s.Example = x
			return
		}
		known = append(known, x.Name)
	}
	l.unknown(name.valuePos(), "example of "+s.Send.Name, n.text("example"), known)
}

// value is a value of any type: a text, an integer, a truth value, or lists and maps of them.
func value(n node) any {
	if i, err := n.v.Int64(); err == nil {
		return i
	}
	data, err := n.v.MarshalJSON()
	if err != nil {
		return nil
	}
	var x any
	if json.Unmarshal(data, &x) != nil {
		return nil
	}
	return x
}
