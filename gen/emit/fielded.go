package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// fielded is what the encodings share whose messages are structs of the fields that the specification declares: no schema says more.
type fielded struct{ *emitter }

// plainMessage is the Go view of a message with declared fields.
func (e fielded) plainMessage(ms *messages, m *model.Message, found *diag.List) *message {
	msg := &message{m: m, typ: m.Go}
	for _, f := range m.Fields {
		e.judgeField(f, found)
	}
	if m.Head == nil {
		return msg
	}
	if msg.head = ms.headOf(m.Head); msg.head == nil {
		msg.head = &head{h: m.Head, typ: m.Head.Go}
		ms.heads = append(ms.heads, msg.head)
		for _, f := range m.Head.Fields {
			e.judgeField(f, found)
		}
	}
	return msg
}

// judgeField finds what is not emitted of a declared field.
func (e fielded) judgeField(f *model.Field, found *diag.List) {
	switch {
	case f.When != nil, f.Size != nil, f.Count != nil:
		found.Errorf(f.Pos, "not-emitted", "field %q: when, size and count are not emitted for messages that are no octets", f.Name)
	case e.elemType(f) == nil:
		found.Errorf(f.Pos, "not-emitted", "field %q: no codec is emitted for the type %q", f.Name, f.Type)
	}
}

// wireKey is what the wire calls a field.
func wireKey(f *model.Field) string {
	if f.Key != "" {
		return f.Key
	}
	return f.Name
}

// isList reports whether a field holds any number of values.
func isList(f *model.Field) bool {
	return strings.HasPrefix(f.Type, "[]") || f.Repeat == "comma" || f.Repeat == "lines"
}

// kindOf is the type of a field's values, as formulas see it: of the elements of a list.
func (e fielded) kindOf(f *model.Field) *formula.Type {
	t, _ := formula.TypeOf(e.p, strings.TrimPrefix(f.Type, "[]"))
	return t
}

// elemType is the Go type of a field's values, of the elements of a list; nil if there is none.
func (e fielded) elemType(f *model.Field) *jen.Statement {
	if f.Type == "" {
		return nil
	}
	switch t := e.kindOf(f); t.Kind {
	case formula.Text, formula.Int, formula.Bool, formula.Bytes:
		return goType(t)
	case formula.Any:
		if strings.TrimPrefix(f.Type, "[]") == "any" {
			return rt("tree", "Value")
		}
	case formula.Struct:
		return jen.Id(t.Struct.Go)
	}
	return nil
}

// byPointer reports whether an optional field is held by a pointer, because its zero value is a value like any other.
func (e fielded) byPointer(f *model.Field) bool {
	k := e.kindOf(f).Kind
	return f.Optional && !isList(f) && (k == formula.Int || k == formula.Struct)
}

// goType is the Go type of a declared field.
func (e fielded) goType(f *model.Field) *jen.Statement {
	switch {
	case isList(f):
		return jen.Index().Add(e.elemType(f))
	case e.byPointer(f):
		return jen.Op("*").Add(e.elemType(f))
	}
	return e.elemType(f)
}

// intVerb is the method of readers and writers for an integer, and the bounds that it is given.
func intVerb(low, high int64) (verb string, args []jen.Code) {
	if low == -wide && high == wide {
		return "Number", nil
	}
	return "Int", block(lit(int(low)), lit(int(high)))
}

// wide is the bound of integers that have no other.
const wide = 1 << 53

// constant is the value of a field that is always the same, a string, int64 or bool; nil for any other. Such a field is on
// the wire and not in Go.
func (e *emitter) constant(m *model.Message, f *model.Field) any {
	if f.Is == nil {
		return nil
	}
	x, found := formula.Parse(f.Is, formula.ForMessage(e.p, m, nil), nil)
	if found.HasErrors() {
		return nil
	}
	if l, ok := x.(*formula.Lit); ok {
		return l.Value
	}
	return nil
}

// visibleFields are the fields of a message that are in Go.
func (e fielded) visibleFields(m *model.Message) []*model.Field {
	return slices.DeleteFunc(slices.Clone(m.Fields), func(f *model.Field) bool { return e.constant(m, f) != nil })
}

// structOf emits
//
//	type Setup struct {
//		Kernels []string // KERNEL
//	}
func (e fielded) structOf(goName, comment string, fields []*model.Field, rest ...jen.Code) jen.Code {
	body := make([]jen.Code, len(fields))
	for i, f := range fields {
		body[i] = e.fieldDecl(f)
	}
	return documented(doc("%s", comment), jen.Type().Id(goName).Struct(append(body, rest...)...))
}

// fieldDecl emits a field: behind it, its name on the wire and whether it may be absent; above it, what it is.
func (e fielded) fieldDecl(f *model.Field) jen.Code {
	tail := ""
	if f.Key != "" {
		tail = f.Key
	}
	if f.Optional {
		tail = strings.TrimPrefix(tail+", optional", ", ")
	}
	s := jen.Id(f.Go).Add(e.goType(f))
	if tail != "" {
		s.Comment("// " + tail)
	}
	if f.Doc != "" {
		return doc("%s", sentence(f.Doc)+clause(f.Standard)).Line().Add(s)
	}
	return s
}

// plainStruct emits the struct of a message.
func (e fielded) plainStruct(m *message, rest ...jen.Code) jen.Code {
	if m.head != nil {
		rest = append(rest, jen.Id(m.head.typ))
	}
	return e.structOf(m.typ, described(m.typ, &m.m.Node, "is the message "+m.m.Name+"."), e.visibleFields(m.m), rest...)
}

// head implements encoding.
func (e fielded) head(h *head) (typ jen.Code, methods []jen.Code) {
	return e.structOf(h.typ, described(h.typ, &h.h.Node, "is what several messages have in common."), h.h.Fields), nil
}

// plainMethods emits what a message has besides its codec: how it is logged, and its rules.
func (e fielded) plainMethods(m *message) []jen.Code {
	var out []jen.Code
	if carriesSecrets(m.m) {
		out = append(out, e.logMethod(m))
		out = append(out, e.hiding(m.typ, m.m.Fields)...)
	}
	if c := e.ruleCheck(m); c != nil {
		out = append(out, c)
	}
	return out
}

// hiding emits what keeps the secret fields of a struct out of what is printed:
//
//	func (v Setup) String() string {
//		type shown Setup
//		if v.Motto != "" {
//			v.Motto = "[secret]"
//		}
//		return fmt.Sprintf("%+v", shown(v))
//	}
//
//	func (v Setup) GoString() string { return v.String() }
func (e fielded) hiding(typ string, fields []*model.Field) []jen.Code {
	body := block(jen.Type().Id("shown").Id(typ))
	for _, f := range fields {
		v := jen.Id("v").Dot(f.Go)
		switch {
		case !f.Secret:
		case e.isText(f):
			body = append(body, jen.If(v.Clone().Op("!=").Lit("")).Block(v.Clone().Op("=").Lit("[secret]")))
		default:
			body = append(body, v.Op("=").Add(e.zero(f)))
		}
	}
	if len(body) == 1 {
		return nil
	}
	recv := jen.Func().Params(jen.Id("v").Id(typ))
	return block(
		documented(doc("String describes v without what is secret in it."), recv.Clone().Id("String").Params().String().Block(
			append(body, jen.Return(jen.Qual("fmt", "Sprintf").Call(lit("%+v"), jen.Id("shown").Call(jen.Id("v")))))...)),
		documented(doc("GoString is String, so that %%#v tells no secrets either."), recv.Clone().Id("GoString").Params().Add(
			jen.String(), line(jen.Return(jen.Id("v").Dot("String").Call())))),
	)
}

// zero emits the zero value of a field.
func (e fielded) zero(f *model.Field) jen.Code {
	switch kind := e.kindOf(f).Kind; {
	case isList(f), e.byPointer(f), kind == formula.Bytes:
		return jen.Nil()
	case kind == formula.Bool:
		return jen.False()
	case kind == formula.Int:
		return lit(0)
	}
	return e.elemType(f).Values()
}

// accepted emits what a reader returns of a message that has been read:
//
//	return m, nil
//
// or, of one with rules,
//
//	return judged(m, m.check())
func (e fielded) accepted(m *model.Message) jen.Code {
	if len(e.rules(m)) > 0 {
		return jen.Return(jen.Id("judged").Call(jen.Id("m"), jen.Id("m").Dot("check").Call()))
	}
	return jen.Return(jen.Id("m"), jen.Nil())
}

// judgedFunc emits
//
//	func judged(m Message, broken *RuleError) (Message, error) {
//		if broken != nil {
//			return nil, &MessageError{Kind: MessageInvalid, Err: broken, Message: broken.Message}
//		}
//		return m, nil
//	}
func judgedFunc() jen.Code {
	return documented(doc("judged is m, unless it breaks a rule."),
		function("judged", block(jen.Id("m").Id("Message"), jen.Id("broken").Op("*").Id("RuleError")), block(jen.Id("Message"), jen.Error()),
			jen.If(jen.Id("broken").Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Op("&").Id("MessageError").Add(inline(
				pair{jen.Id("Kind"), jen.Id("MessageInvalid")}, pair{jen.Id("Err"), jen.Id("broken")},
				pair{jen.Id("Message"), jen.Id("broken.Message")})))),
			jen.Return(jen.Id("m"), jen.Nil())))
}

// plainFailure is what encodings of declared fields say of MessageError.
func (e fielded) plainFailure(unit, malformed, invalid, unknown, causes string) failure {
	return failure{
		unit: unit, malformed: malformed, invalid: invalid, unknown: unknown, causes: causes,
		fields: block(jen.Id("Message").String().Comment("// the name of the message, or of the one that it was taken for; empty if it could not be told")),
		error:  block(jen.Return(lit(e.p.Name + ": ").Op("+").Id("e").Dot("Err").Dot("Error").Call())),
	}
}

// fieldType implements access.
func (e fielded) fieldType(_ *model.Message, f *model.Field) *formula.Type {
	if f.Type == "" {
		return nil
	}
	if t := e.kindOf(f); !isList(f) {
		return t
	} else {
		return &formula.Type{Kind: formula.List, Elem: t}
	}
}

// field implements access. A constant field is its constant.
func (e fielded) field(m *model.Message, f *model.Field, recv jen.Code) jen.Code {
	if c := e.constant(m, f); c != nil {
		return lit(c)
	}
	return e.plainField(m.Go, f, recv)
}

// headField implements access.
func (e fielded) headField(h *model.Head, f *model.Field, recv jen.Code) jen.Code {
	return e.plainField(h.Go, f, recv)
}

// plainField emits the value of a field. A number that may be absent is read by a method, emitted by numberMethods.
func (e fielded) plainField(owner string, f *model.Field, recv jen.Code) jen.Code {
	if !e.byPointer(f) || e.kindOf(f).Kind != formula.Int {
		return jen.Add(recv).Dot(f.Go)
	}
	goName := name.Unexported(f.Name) + "Value"
	key := owner + "." + goName
	if !slices.ContainsFunc(e.numbers, func(n optionalNumber) bool { return n.owner+"."+n.name == key }) {
		e.numbers = append(e.numbers, optionalNumber{owner, goName, f})
	}
	return jen.Add(recv).Dot(goName).Call()
}

// optionalNumber is a method that reads a number that may be absent.
type optionalNumber struct {
	owner, name string
	f           *model.Field
}

// numberMethods emits, for the numbers that formulas read,
//
//	func (m *Result) idValue() int64 {
//		if m.ID == nil {
//			return 0
//		}
//		return *m.ID
//	}
func (e fielded) numberMethods() []jen.Code {
	var out []jen.Code
	for _, n := range e.numbers {
		v := jen.Id("m").Dot(n.f.Go)
		out = append(out, documented(doc("%s is %s, or 0 where there is none.", n.name, n.f.Name),
			method("m", n.owner, n.name, nil, block(jen.Int64()),
				jen.If(v.Clone().Op("==").Nil()).Block(jen.Return(lit(0))), jen.Return(jen.Op("*").Add(v)))))
	}
	e.numbers = nil
	return out
}

// assign implements access.
func (e fielded) assign(_ *model.Message, f *model.Field, recv, value jen.Code) []jen.Code {
	at := jen.Add(recv).Dot(f.Go).Op("=")
	one, single := value.(single)
	switch kind := e.kindOf(f).Kind; {
	case single && isList(f):
		return block(at.Index().Add(e.elemType(f)).Values(one))
	case isList(f):
	case kind == formula.Any:
		return block(at.Add(rt("tree/record", "ValueOf")).Call(value))
	case e.byPointer(f) && kind == formula.Int:
		return block(at.New(jen.Int64().Call(value)))
	}
	return block(at.Add(value))
}

// assignHead implements access.
func (e fielded) assignHead(_ *model.Head, f *model.Field, recv, value jen.Code) []jen.Code {
	return e.assign(nil, f, recv, value)
}

// unset implements access.
func (e fielded) unset(_ *model.Message, f *model.Field, recv jen.Code) jen.Code {
	return e.absent(f, jen.Add(recv).Dot(f.Go))
}

// unsetHead implements access.
func (e fielded) unsetHead(_ *model.Head, f *model.Field, recv jen.Code) jen.Code {
	return e.unset(nil, f, recv)
}

// absent emits the condition that the field, which v holds, has its zero value.
func (e fielded) absent(f *model.Field, v *jen.Statement) *jen.Statement {
	switch kind := e.kindOf(f).Kind; {
	case isList(f):
		return jen.Len(v).Op("==").Lit(0)
	case e.byPointer(f), kind == formula.Bytes:
		return v.Op("==").Nil()
	case kind == formula.Any:
		return v.Dot("IsZero").Call()
	case kind == formula.Bool:
		return jen.Op("!").Add(v)
	case kind == formula.Int:
		return v.Op("==").Lit(0)
	}
	return v.Op("==").Lit("")
}

// present emits the opposite of absent.
func (e fielded) present(f *model.Field, v *jen.Statement) *jen.Statement {
	switch kind := e.kindOf(f).Kind; {
	case isList(f):
		return jen.Len(v).Op(">").Lit(0)
	case e.byPointer(f), kind == formula.Bytes:
		return v.Op("!=").Nil()
	case kind == formula.Any:
		return jen.Op("!").Add(v).Dot("IsZero").Call()
	case kind == formula.Bool:
		return v
	case kind == formula.Int:
		return v.Op("!=").Lit(0)
	}
	return v.Op("!=").Lit("")
}
