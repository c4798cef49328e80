package formula

import (
	"slices"

	"github.com/protogen-go/protogen/gen/model"
)

// Scope is what a formula may name. The zero value of a field leaves its root out.
type Scope struct {
	Protocol *model.Protocol
	Machine  *model.Machine   // var.
	Msg      []*model.Message // msg.: the messages that the input may be
	Req      []*model.Message // req.: the messages that the operation took, or that are being answered
	Result   []*model.Message // result.: the messages that the operation may have given
	Call     []*model.Message // call.: the messages that the program may have passed
	Error    bool             // error.
	Session  bool             // link. and peer.
	Self     *Type            // the message or struct whose fields are named alone
	Some     bool             // req. may name what only some of its messages have; it is absent from the others
	Impure   bool             // now() and serial(): in the derived fields of messages
	Fields   FieldTypes       // nil: the specification's own types only
}

// FieldTypes gives types to fields that the specification leaves to a schema. A nil result leaves the field Any.
type FieldTypes func(*model.Message, *model.Field) *Type

// For is the scope of formulas that belong to p as a whole: limits, time-outs and timers.
func For(p *model.Protocol, fields FieldTypes) *Scope {
	return &Scope{Protocol: p, Session: true, Fields: fields}
}

// ForMachine is the scope of m's timers, window and key.
func ForMachine(p *model.Protocol, m *model.Machine, fields FieldTypes) *Scope {
	s := For(p, fields)
	s.Machine = m
	return s
}

// ForMessage is the scope of the rules and derived fields of the message m, which name its fields alone. In what a reply
// derives, req is the request it answers, and now() and serial() may be called.
func ForMessage(p *model.Protocol, m *model.Message, fields FieldTypes) *Scope {
	return &Scope{
		Protocol: p, Msg: []*model.Message{m}, Req: Answered(p, m), Some: true, Fields: fields, Impure: true,
		Self: &Type{Kind: Message, Messages: []*model.Message{m}},
	}
}

// ForHead is the scope of the derived fields of a head: those of every message that has it.
func ForHead(p *model.Protocol, h *model.Head, fields FieldTypes) *Scope {
	s := &Scope{Protocol: p, Some: true, Fields: fields, Impure: true}
	for _, m := range p.Messages {
		if m.Head != h {
			continue
		}
		s.Msg = append(s.Msg, m)
		for _, r := range Answered(p, m) {
			if !slices.Contains(s.Req, r) {
				s.Req = append(s.Req, r)
			}
		}
	}
	s.Self = &Type{Kind: Message, Messages: s.Msg}
	return s
}

// ForStruct is the scope of the constraints of the struct type t.
func ForStruct(p *model.Protocol, t *model.Type) *Scope {
	return &Scope{Protocol: p, Self: &Type{Kind: Struct, Struct: t}}
}

// FieldType is the type of f, a field of the message, head or struct that s is the scope of.
func (s *Scope) FieldType(f *model.Field) *Type {
	var m *model.Message
	if len(s.Msg) > 0 {
		m = s.Msg[0]
	}
	return s.fieldType(m, f)
}

// InputKind says what an [Input] is.
type InputKind uint8

// The kinds of input of a state.
const (
	Enter     InputKind = iota // the state has been entered
	On                         // a message, or one of a group
	Done                       // the end of an operation
	Called                     // the local program asks
	After                      // a timer
	Closed                     // the peer has closed
	Broken                     // a message that cannot be read
	Garbled                    // a frame that cannot be cut
	Otherwise                  // a message that the state does not name
)

var inputNames = [...]string{"enter", "on", "done", "call", "after", "closed", "broken", "garbled", "otherwise"}

// String returns the key that holds such inputs in a state.
func (k InputKind) String() string { return inputNames[k] }

// Input is an input of a state with the moves it may cause.
type Input struct {
	Kind  InputKind
	On    *model.On // of On, Done, Called and After; nil for the others
	Moves []*model.Move
}

// Name is the input as a specification writes it: "on.login", "after.idle", "closed".
func (in Input) Name() string {
	if in.On == nil {
		return in.Kind.String()
	}
	return in.Kind.String() + "." + in.On.Name
}

// Inputs returns every input of s that has moves, in the order of a specification's keys.
func Inputs(s *model.State) []Input {
	var list []Input
	keyed := func(k InputKind, ons []*model.On) {
		for _, on := range ons {
			list = append(list, Input{k, on, on.Moves})
		}
	}
	plain := func(k InputKind, moves []*model.Move) {
		if len(moves) > 0 {
			list = append(list, Input{k, nil, moves})
		}
	}
	plain(Enter, s.Enter)
	keyed(On, s.On)
	keyed(Done, s.Done)
	keyed(Called, s.Call)
	keyed(After, s.After)
	plain(Closed, s.Closed)
	plain(Broken, s.Broken)
	plain(Garbled, s.Garbled)
	plain(Otherwise, s.Otherwise)
	return list
}

// ForInput is the scope of the moves that an input of the state s of m may cause.
func ForInput(p *model.Protocol, m *model.Machine, s *model.State, in Input, fields FieldTypes) *Scope {
	c := ForMachine(p, m, fields)
	switch in.Kind {
	case On:
		c.Msg = in.On.Messages()
		c.Req = c.Msg
	case Otherwise:
		c.Msg = unnamed(p, m, s)
		c.Req = c.Msg
	case Done:
		if in.On.Operation != nil {
			c.Req = in.On.Operation.Takes
			c.Result = Replies(p, c.Req)
		}
		c.Error = true
	case Called:
		if in.On.CallOf != nil {
			c.Call = Passed(in.On.CallOf)
		}
	case Broken, Garbled:
		c.Error = true
		c.Req = nil
	}
	return c
}

// Passed are the messages that the program may pass with the call c.
func Passed(c *model.Call) []*model.Message {
	switch {
	case c.Message != nil:
		return []*model.Message{c.Message}
	case c.TakesAll != nil:
		return c.TakesAll.Messages
	}
	return nil
}

// Receives reports whether m's role is one that the message may be sent to: some other role sends it.
func Receives(p *model.Protocol, m *model.Machine, msg *model.Message) bool {
	return slices.ContainsFunc(msg.From, func(r *model.Role) bool { return r != m.Role })
}

// unnamed are the messages that m may receive and that s does not name.
func unnamed(p *model.Protocol, m *model.Machine, s *model.State) []*model.Message {
	named := map[*model.Message]bool{}
	for _, on := range s.On {
		for _, msg := range on.Messages() {
			named[msg] = true
		}
	}
	for _, r := range slices.Concat(s.Ignore, s.Defer) {
		for _, msg := range r.Messages() {
			named[msg] = true
		}
	}
	var rest []*model.Message
	for _, msg := range p.Messages {
		if Receives(p, m, msg) && !named[msg] {
			rest = append(rest, msg)
		}
	}
	return rest
}

// Answered are the requests that the reply m may answer: those it names, or, when it names none, every request of the
// other side. It is empty for a message that is no reply.
func Answered(p *model.Protocol, m *model.Message) []*model.Message {
	if m.Class != "reply" || len(m.Answers) > 0 {
		return m.Answers
	}
	var all []*model.Message
	for _, r := range p.Messages {
		if r.Class == "request" && otherSide(r, m) {
			all = append(all, r)
		}
	}
	return all
}

// otherSide reports whether some sender of the request could be answered by some sender of the reply.
func otherSide(request, reply *model.Message) bool {
	return slices.ContainsFunc(request.From, func(r *model.Role) bool {
		return slices.ContainsFunc(reply.From, func(q *model.Role) bool { return q != r })
	})
}

// Replies are the replies that may answer one of the requests, each once, in the protocol's order.
func Replies(p *model.Protocol, requests []*model.Message) []*model.Message {
	var list []*model.Message
	for _, m := range p.Messages {
		if m.Class != "reply" {
			continue
		}
		answered := Answered(p, m)
		if slices.ContainsFunc(requests, func(r *model.Message) bool { return slices.Contains(answered, r) }) {
			list = append(list, m)
		}
	}
	return list
}
