package formula

import (
	"slices"

	"github.com/protogen-go/protogen/gen/model"
)

// member is what a name after a dot may stand for.
type member struct {
	name     string
	typ      *Type
	optional bool
	field    *model.Field
	bind     *model.Bind
	variable *model.Var
	setting  *model.Setting
	code     *model.Code
}

// roots are the roots that may be in scope, in the order that messages list them.
var roots = []string{"msg", "req", "result", "call", "error", "var", "config", "link", "peer", "code"}

// root returns the type of the root of that name: of kind Any when the root has members but is no value. ok is false when
// it is not in scope.
func (s *Scope) root(name string) (t *Type, ok bool) {
	message := func(list []*model.Message) (*Type, bool) {
		return &Type{Kind: Message, Messages: list}, len(list) > 0
	}
	switch name {
	case "msg":
		return message(s.Msg)
	case "req":
		return message(s.Req)
	case "result":
		return message(s.Result)
	case "call":
		return message(s.Call)
	case "error":
		return &Type{Kind: Struct}, s.Error
	case "var":
		return anyType, s.Machine != nil
	case "link", "peer":
		return anyType, s.Session
	case "config":
		return anyType, true
	case "code":
		return anyType, len(s.Protocol.Codes) > 0
	}
	return nil, false
}

// inScope lists the roots that may be named.
func (s *Scope) inScope() []string {
	return slices.DeleteFunc(slices.Clone(roots), func(r string) bool { _, ok := s.root(r); return !ok })
}

// rootMembers are the members of a root.
func (s *Scope) rootMembers(name string) []member {
	switch name {
	case "msg":
		return s.common(s.Msg)
	case "req":
		if s.Some {
			return s.some(s.Req)
		}
		return s.common(s.Req)
	case "result":
		return s.common(s.Result)
	case "call":
		return s.common(s.Call)
	case "self":
		return s.members(s.Self)
	case "error":
		return s.errorMembers()
	case "link":
		return []member{{name: "reliable", typ: boolType}, {name: "name", typ: textType, optional: true}}
	case "peer":
		return []member{{name: "verified", typ: boolType}, {name: "address", typ: textType}}
	case "var":
		return s.variables()
	case "config":
		return s.settings()
	case "code":
		return s.codes()
	}
	return nil
}

func (s *Scope) variables() []member {
	var list []member
	for _, v := range s.Machine.Vars {
		t, _ := TypeOf(s.Protocol, v.Type)
		list = append(list, member{name: v.Name, typ: t, variable: v, optional: t.Kind == Text || t.Kind == Message})
	}
	return list
}

func (s *Scope) settings() []member {
	var list []member
	for _, c := range s.Protocol.Settings {
		t, _ := TypeOf(s.Protocol, c.Type)
		list = append(list, member{name: c.Name, typ: t, setting: c})
	}
	return list
}

func (s *Scope) codes() []member {
	var list []member
	for _, c := range s.Protocol.Codes {
		v := big64(c.Value)
		list = append(list, member{name: c.Name, typ: &Type{Kind: Int, Min: v, Max: v, Code: true, codes: []*model.Code{c}}, code: c})
	}
	return list
}

// errorMembers are what is known of a message that cannot be read, and of a failed operation: how it failed (of malformed,
// invalid, unknown and rule at most one holds), what is wrong and the element it is wrong with, the code that the broken
// rule earns, the name of the message that it began as, and the head fields that could be recovered, each of them absent when it could not.
func (s *Scope) errorMembers() []member {
	list := []member{
		{name: "malformed", typ: boolType},
		{name: "invalid", typ: boolType},
		{name: "unknown", typ: boolType},
		{name: "rule", typ: boolType},
		{name: "text", typ: textType},
		{name: "message", typ: textType, optional: true},
		{name: "node", typ: anyType, optional: true},
	}
	if len(s.Protocol.Codes) > 0 {
		list = append(list, member{name: "code", typ: s.codeType(), optional: true})
	}
	for _, h := range s.Protocol.Heads {
		for _, f := range h.Fields {
			if !slices.ContainsFunc(list, func(m member) bool { return m.name == f.Name }) {
				list = append(list, member{name: f.Name, typ: s.fieldType(nil, f), field: f, optional: true})
			}
		}
	}
	return list
}

// members are the parts of a value of type t.
func (s *Scope) members(t *Type) []member {
	switch {
	case t == nil:
		return nil
	case t.Kind == Message:
		return s.common(t.Messages)
	case t.Kind == Struct && t.Struct != nil:
		return s.fields(nil, t.Struct.Fields)
	}
	return nil
}

// common are the members that every one of the messages has with the same type: what may be said of a group.
func (s *Scope) common(messages []*model.Message) []member {
	if len(messages) == 0 {
		return nil
	}
	list := s.message(messages[0])
	for _, m := range messages[1:] {
		others := s.message(m)
		list = slices.DeleteFunc(list, func(a member) bool {
			return !slices.ContainsFunc(others, func(b member) bool { return a.name == b.name && a.typ.AssignableTo(b.typ) })
		})
	}
	return list
}

// some are the members that at least one of the messages has, optional where others have not.
func (s *Scope) some(messages []*model.Message) []member {
	all := s.common(messages)
	for _, m := range messages {
		for _, x := range s.message(m) {
			if _, ok := find(all, x.name); !ok {
				x.optional = true
				all = append(all, x)
			}
		}
	}
	return all
}

// message are the members of one kind of message: its own fields, those of its head, its bound payloads, and what its
// encoding and class give it.
func (s *Scope) message(m *model.Message) []member {
	list := s.fields(m, m.Fields)
	if m.Head != nil {
		list = append(list, s.fields(m, m.Head.Fields)...)
	}
	for _, b := range m.Bind {
		list = append(list, member{name: b.Name, typ: anyType, bind: b})
	}
	add := func(name string, t *Type) {
		if !slices.ContainsFunc(list, func(x member) bool { return x.name == name }) {
			list = append(list, member{name: name, typ: t})
		}
	}
	if m.Encoding == "headers" {
		add("head", bytesType)
		add("body", bytesType)
	}
	if m.Class == "reply" && len(s.Protocol.Codes) > 0 {
		add("code", s.codeType())
	}
	return list
}

func (s *Scope) fields(m *model.Message, fields []*model.Field) []member {
	list := make([]member, len(fields))
	for i, f := range fields {
		list[i] = member{name: f.Name, typ: s.fieldType(m, f), field: f, optional: f.Optional || f.When != nil}
	}
	return list
}

// fieldType is the declared type of f, or the schema's.
func (s *Scope) fieldType(m *model.Message, f *model.Field) *Type {
	if f.Name == "code" && m != nil && m.Class == "reply" && len(s.Protocol.Codes) > 0 {
		return s.codeType()
	}
	t, ok := TypeOf(s.Protocol, f.Type)
	if (!ok || f.Type == "") && s.Fields != nil {
		if x := s.Fields(m, f); x != nil {
			return x
		}
	}
	if f.Repeat == "comma" || f.Repeat == "lines" {
		return listOf(t)
	}
	return t
}

// codeType is an integer that is one of the protocol's codes.
func (s *Scope) codeType() *Type {
	t := &Type{Kind: Int, Min: wide, Max: negWide, Code: true, codes: s.Protocol.Codes}
	for _, c := range s.Protocol.Codes {
		v := big64(c.Value)
		if v.Cmp(t.Min) < 0 {
			t.Min = v
		}
		if v.Cmp(t.Max) > 0 {
			t.Max = v
		}
	}
	return t
}
