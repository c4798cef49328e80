package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// place is where a field of the specification stands in a message: from a Go expression on, hops further.
type place struct {
	owner string // the Go type that base's first name is a field of: a message's or a head's
	base  []string
	first *field // what base holds; nil for a structure
	many  bool   // base is a list though first says nothing of it
	nilly bool   // base is a pointer that may be nil
	hops  []hop
}

// find finds the place of f, a field of m or of its head.
func (ms *messages) place(m *model.Message, f *model.Field) (*place, bool) {
	msg := ms.of(m)
	if msg == nil || f.Key == "" {
		return nil, false
	}
	if msg.head != nil {
		for _, hf := range msg.head.h.Fields {
			if hf == f {
				return msg.head.place(f)
			}
		}
	}
	for _, v := range msg.fields {
		if below(f.Key, v.key) {
			return v.place(msg.typ, f)
		}
	}
	for _, b := range msg.binds {
		if !below(f.Key, b.key) || f.Key == b.key {
			continue
		}
		hops, err := walk(b.st, trimPath(f.Key, b.key))
		p := &place{owner: msg.typ, hops: hops}
		if !b.embedded {
			p.base, p.nilly = []string{b.name}, true
		}
		return p, err == nil
	}
	if msg.payload != nil && below(f.Key, m.At) && f.Key != m.At {
		hops, err := walk(msg.payload, trimPath(f.Key, m.At))
		return &place{owner: msg.typ, hops: hops}, err == nil
	}
	return nil, false
}

// place is where a field of the specification stands in a head.
func (h *head) place(f *model.Field) (*place, bool) {
	for _, v := range h.fields {
		if below(f.Key, v.key) {
			return v.place(h.typ, f)
		}
	}
	return nil, false
}

// place is where f stands inside the visible field v of owner.
func (v *visible) place(owner string, f *model.Field) (*place, bool) {
	p := &place{owner: owner, base: []string{v.name}, first: last(v.hops), many: v.isList()}
	if f.Key == v.key {
		return p, true
	}
	rest := trimPath(f.Key, v.key)
	if rest == "@xmlns" {
		p.hops = []hop{{space: true}}
		return p, true
	}
	hops, err := walk(p.first.val.of, rest)
	p.hops = hops
	return p, err == nil
}

// end is the schema's view of what stands at the end of the place.
func (p *place) end() *field {
	if f := last(p.hops); f != nil {
		return f
	}
	return p.first
}

// shape says what a formula sees there: the kind of scalar, whether a list of them, whether it is presence alone.
func (p *place) shape() (sc *scalar, list, presence, space bool) {
	if len(p.hops) > 0 && p.hops[len(p.hops)-1].space {
		return nil, p.many, false, true
	}
	f := p.end()
	list = f.many || len(p.hops) == 0 && p.many
	switch {
	case f.role == roleMixed:
		return nil, false, true, false
	case f.val.scalar != nil:
		return f.val.scalar, list, false, false
	case f.val.of != nil && f.val.of.collapsed && f.val.of.fields[0].val.scalar != nil:
		return f.val.of.fields[0].val.scalar, f.val.of.fields[0].many, false, false
	case f.val.of != nil:
		for _, inner := range target(f.val.of).fields {
			if inner.role == roleValue {
				return inner.val.scalar, list, false, false
			}
		}
	}
	return nil, list, true, false
}

func target(st *structure) *structure {
	for st.same != nil {
		st = st.same
	}
	return st
}

// fieldType gives formulas the types of fields that schemas describe.
func (e xmlEncoding) fieldType(m *model.Message, f *model.Field) *formula.Type {
	p, ok := e.msgs.place(m, f)
	if !ok {
		return nil
	}
	sc, list, presence, space := p.shape()
	t := &formula.Type{Kind: formula.Text}
	switch {
	case p.end().role == roleMixed, presence && list:
		return nil
	case presence:
		return formula.BoolType
	case space:
	default:
		t = sc.formulaType()
	}
	if list {
		return &formula.Type{Kind: formula.List, Elem: t}
	}
	return t
}

// formulaType is what a formula takes the values of a simple type for.
func (sc *scalar) formulaType() *formula.Type {
	switch verb, _ := sc.kind.verb(); verb {
	case "Bool":
		return formula.BoolType
	case "Int", "Uint":
		return formula.IntType
	case "Time":
		return &formula.Type{Kind: formula.Time}
	case "Bytes":
		return &formula.Type{Kind: formula.Bytes}
	}
	t := &formula.Type{Kind: formula.Text}
	if sc.enum != nil {
		for _, c := range sc.enum.values {
			t.Values = append(t.Values, c.facet.Value)
		}
	}
	return t
}

// field emits the value of a field of m that the specification names, recv being the message: a string, int64, bool,
// []byte, time.Time or []string, and the zero value when the document has none. Where the way there may end early it is
// the call of a method, emitted by projections.
func (e xmlEncoding) field(m *model.Message, f *model.Field, recv jen.Code) jen.Code {
	p, ok := e.msgs.place(m, f)
	if !ok || p.crossesItems() {
		e.found.Errorf(f.Pos, "not-emitted", "field %q: formulas cannot read %q: part of it repeats by choice", f.Name, f.Key)
		return jen.Nil()
	}
	return e.project(p, f, jen.Add(recv))
}

// crossesItems reports whether the way to a place goes through a repeated group.
func (p *place) crossesItems() bool {
	return slices.ContainsFunc(p.hops, func(h hop) bool { return h.arm != nil || h.f != nil && h.f.role == roleMixed })
}

// headField is field for a field of a head, recv being the head or a message that has it.
func (e xmlEncoding) headField(h *model.Head, f *model.Field, recv jen.Code) jen.Code {
	p, ok := e.msgs.headOf(h).place(f)
	if !ok || p.crossesItems() {
		e.found.Errorf(f.Pos, "not-emitted", "field %q: formulas cannot read %q: part of it repeats by choice", f.Name, f.Key)
		return jen.Nil()
	}
	return e.project(p, f, jen.Add(recv))
}

// project emits the value at p.
func (e *emitter) project(p *place, f *model.Field, recv *jen.Statement) jen.Code {
	sc, list, presence, space := p.shape()
	end := p.end()
	if !space && !presence && !p.nilly && !end.pointer && direct(p.hops) && !(p.many && len(p.hops) > 0) && valueIsScalar(end) {
		v := recv
		for _, b := range p.base {
			v = v.Clone().Dot(b)
		}
		v = selector(v, p.hops)
		if !list {
			return sc.canonical(v)
		}
		if sc.enum == nil && sc.kind == kindString {
			return v
		}
	}
	goName := name.Unexported(f.Name) + "Value"
	key := p.owner + "." + goName
	if e.projected[key] == nil {
		e.projected[key] = &projection{p: p, f: f, name: goName}
		e.projectedOrder = append(e.projectedOrder, key)
	}
	return recv.Clone().Dot(goName).Call()
}

// valueIsScalar reports whether the field itself holds simple values, not a structure around them.
func valueIsScalar(f *field) bool {
	return f.val.scalar != nil || f.val.of != nil && f.val.of.collapsed && f.val.of.fields[0].val.scalar != nil
}

// canonical converts a value to the type that formulas use.
func (sc *scalar) canonical(v *jen.Statement) *jen.Statement {
	verb, _ := sc.kind.verb()
	switch {
	case verb == "Text" && sc.enum != nil:
		return jen.String().Call(v)
	case verb == "Int" && sc.kind != kindInt64, verb == "Uint":
		return jen.Int64().Call(v)
	}
	return v
}

// canonicalType is the type that formulas use for what stands at p.
func (p *place) canonicalType() *jen.Statement {
	sc, list, presence, _ := p.shape()
	t := jen.String()
	switch {
	case presence:
		return jen.Bool()
	case sc != nil:
		switch verb, _ := sc.kind.verb(); verb {
		case "Bool":
			t = jen.Bool()
		case "Int", "Uint":
			t = jen.Int64()
		case "Time", "Bytes":
			t = sc.kind.goType()
		}
	}
	if list {
		return jen.Index().Add(t)
	}
	return t
}

// projection is a method that reads a field whose place may be missing.
type projection struct {
	p    *place
	f    *model.Field
	name string
}

// projections emits the methods that field has asked for.
func (e *emitter) projections() []jen.Code {
	var out []jen.Code
	for _, key := range e.projectedOrder {
		out = append(out, e.projectionMethod(e.projected[key]))
	}
	return out
}

// receiver is the receiver of the methods of a message or head.
func (e *emitter) receiver(owner string) string {
	for _, m := range e.msgs.list {
		if m.typ == owner {
			return m.recv()
		}
	}
	return "h"
}

// projectionMethod emits
//
//	func (m *DomainInfoRequest) passwordValue() (value string) {
//		if m.AuthInfo != nil && m.AuthInfo.PW != nil {
//			value = m.AuthInfo.PW.Value
//		}
//		return value
//	}
func (e *emitter) projectionMethod(pr *projection) jen.Code {
	p := pr.p
	recv := e.receiver(p.owner)
	at := jen.Id(recv)
	for _, b := range p.base {
		at = at.Clone().Dot(b)
	}
	rest := func(at *jen.Statement, conditions ...jen.Code) []jen.Code {
		return guarded(at, p.hops, conditions, p.assignValue)
	}
	var body []jen.Code
	switch {
	case p.nilly:
		body = rest(at, at.Clone().Op("!=").Nil())
	case len(p.hops) > 0 && p.hops[0].space && p.many:
		body = []jen.Code{jen.For(jen.List(jen.Id("_"), jen.Id("el")).Op(":=").Range().Add(at)).Block(
			jen.Id("value").Op("=").Append(jen.Id("value"), jen.Id("el").Dot("XMLName").Call().Dot("Space")))}
	case len(p.hops) > 0 && p.hops[0].space:
		body = []jen.Code{jen.If(at.Clone().Op("!=").Nil()).Block(jen.Id("value").Op("=").Add(at).Dot("XMLName").Call().Dot("Space"))}
	case len(p.hops) > 0 && p.many:
		body = rest(at.Clone().Index(lit(0)), jen.Len(at).Op(">").Lit(0))
	case len(p.hops) > 0 && p.first != nil && p.first.pointer:
		body = rest(at, at.Clone().Op("!=").Nil())
	default:
		body = rest(at)
	}
	return documented(doc("%s is %s, or nothing where the document has none.", pr.name, pr.f.Key),
		jen.Func().Params(jen.Id(recv).Op("*").Id(p.owner)).Id(pr.name).Params().Params(jen.Id("value").Add(p.canonicalType())).Block(
			append(body, jen.Return(jen.Id("value")))...))
}

// assignValue emits what makes value of the end of the place, which end holds.
func (p *place) assignValue(end *jen.Statement) []jen.Code {
	sc, list, presence, _ := p.shape()
	f := p.end()
	set := func(v *jen.Statement) jen.Code { return jen.Id("value").Op("=").Add(v) }
	switch {
	case presence && list:
		return []jen.Code{set(jen.Len(end).Op(">").Lit(0))}
	case presence && !f.pointer && !f.val.any && !f.val.element:
		return []jen.Code{set(jen.True())}
	case presence:
		return []jen.Code{set(end.Clone().Op("!=").Nil())}
	case list:
		return []jen.Code{jen.For(jen.List(jen.Id("_"), jen.Id("s")).Op(":=").Range().Add(end)).Block(
			jen.Id("value").Op("=").Append(jen.Id("value"), sc.canonical(jen.Id("s"))))}
	}
	v := f.deref(end)
	if !valueIsScalar(f) {
		v = end.Clone().Dot("Value")
	}
	if f.pointer {
		return []jen.Code{jen.If(end.Clone().Op("!=").Nil()).Block(set(sc.canonical(v)))}
	}
	return []jen.Code{set(sc.canonical(v))}
}

// assign emits what sets a field of m that the specification names, recv being the message, to a value of the type that
// formulas use: what is optional on the way is made, of what repeats on the way there is one item, of a repeated group the last
// that fits. A list of texts fills a repeated element; a bool says whether an element without content is there; an element, a
// [*xmlstream.RawElement], becomes the whole of mixed content.
func (e xmlEncoding) assign(m *model.Message, f *model.Field, recv, value jen.Code) []jen.Code {
	p, ok := e.msgs.place(m, f)
	if !ok {
		e.found.Errorf(f.Pos, "unknown-path", "field %q: %q leads nowhere", f.Name, f.Key)
		return nil
	}
	return e.assignPlace(p, jen.Add(recv), value)
}

// assignHead is assign for a field of a head, recv being the head or a message that has it.
func (e xmlEncoding) assignHead(h *model.Head, f *model.Field, recv, value jen.Code) []jen.Code {
	p, ok := e.msgs.headOf(h).place(f)
	if !ok {
		e.found.Errorf(f.Pos, "unknown-path", "field %q: %q leads nowhere", f.Name, f.Key)
		return nil
	}
	return e.assignPlace(p, jen.Add(recv), value)
}

// assignPlace emits what sets the end of a place.
func (e *emitter) assignPlace(p *place, at *jen.Statement, value jen.Code) []jen.Code {
	var out []jen.Code
	for _, b := range p.base {
		at = at.Clone().Dot(b)
	}
	if p.first != nil && len(p.hops) > 0 {
		made, inner := e.through(p.first, p.many, at)
		out, at = append(out, made...), inner
	}
	for i, h := range p.hops {
		if !h.inside {
			at = at.Clone().Dot(h.f.name)
		}
		switch {
		case h.arm != nil:
			at = rt("xsdrun", "ItemOf").Types(jen.Id(h.arm.name)).Call(jen.Op("&").Add(at))
		case i < len(p.hops)-1 && !h.f.collapsed():
			made, inner := e.through(h.f, h.f.many, at)
			out, at = append(out, made...), inner
		}
	}
	return append(out, p.setValue(at, value)...)
}

// collapsed reports whether the field holds a collapsed type, which Go does not name.
func (f *field) collapsed() bool { return f.val.of != nil && f.val.of.collapsed }

// through emits what makes sure that there is something at v to go into, and returns what holds it: of a list
//
//	first(&m.DCP.Statements)
func (e *emitter) through(f *field, many bool, v *jen.Statement) ([]jen.Code, *jen.Statement) {
	switch {
	case many:
		e.first = true
		return nil, jen.Id("first").Call(jen.Op("&").Add(v))
	case f.pointer:
		return []jen.Code{jen.If(v.Clone().Op("==").Nil()).Block(v.Clone().Op("=").New(f.val.goType()))}, v
	}
	return nil, v
}

// setValue emits what sets the end of a place, which at holds.
func (p *place) setValue(at *jen.Statement, value jen.Code) []jen.Code {
	f := p.end()
	sc, list, presence, _ := p.shape()
	if f.role == roleMixed {
		return []jen.Code{at.Clone().Op("=").Add(rt("xmlstream", "Mixed")).Call(jen.Add(value).Dot("XML"))}
	}
	if presence {
		return setPresence(f, at, value)
	}
	if one, ok := value.(single); ok && list {
		return []jen.Code{at.Clone().Op("=").Index().Add(f.val.goType()).Values(one)}
	}
	if list {
		if sc.enum == nil && sc.kind == kindString {
			return []jen.Code{at.Clone().Op("=").Add(value)}
		}
		return []jen.Code{
			at.Clone().Op("=").Nil(),
			jen.For(jen.List(jen.Id("_"), jen.Id("s")).Op(":=").Range().Add(value)).Block(
				at.Clone().Op("=").Append(at, sc.fromCanonical(jen.Id("s")))),
		}
	}
	v := sc.fromCanonical(jen.Add(value))
	switch {
	case !valueIsScalar(f) && f.pointer:
		return []jen.Code{at.Clone().Op("=").Op("&").Add(f.val.goType()).Values(jen.Id("Value").Op(":").Add(v))}
	case !valueIsScalar(f):
		return []jen.Code{at.Clone().Dot("Value").Op("=").Add(v)}
	case f.pointer:
		return []jen.Code{at.Clone().Op("=").New(v)}
	}
	return []jen.Code{at.Clone().Op("=").Add(v)}
}

// single is a text that stands for a list of one.
type single struct{ jen.Code }

// setPresence emits what makes an element without content be there, or not.
func setPresence(f *field, at *jen.Statement, value jen.Code) []jen.Code {
	var set []jen.Code
	switch {
	case f.many:
		set = []jen.Code{at.Clone().Op("=").Make(jen.Index().Add(f.val.goType()), lit(1))}
	case f.val.any:
		set = []jen.Code{at.Clone().Op("=").New(rt("xmlstream", "Any"))}
	case f.pointer:
		set = []jen.Code{at.Clone().Op("=").New(f.val.goType())}
	default:
		return nil
	}
	if strings.TrimSpace(jen.Add(value).GoString()) == "true" {
		return set
	}
	return []jen.Code{jen.If(value).Block(set...)}
}

// fromCanonical converts a value of the type that formulas use to that of the field.
func (sc *scalar) fromCanonical(v *jen.Statement) *jen.Statement {
	switch {
	case sc.enum != nil:
		return jen.Id(sc.enum.name).Call(v)
	case sc.kind >= kindInt8 && sc.kind <= kindUint64 && sc.kind != kindInt64:
		return sc.kind.goType().Call(v)
	}
	return v
}

// unset emits the condition that the program has not given a field its value.
func (e xmlEncoding) unset(m *model.Message, f *model.Field, recv jen.Code) jen.Code {
	p, ok := e.msgs.place(m, f)
	if ok && len(p.base) == 0 && direct(p.hops) {
		v := selector(jen.Add(recv), p.hops)
		switch end := p.end(); {
		case end.many:
			return jen.Len(v).Op("==").Lit(0)
		case end.pointer, end.val.any:
			return v.Op("==").Nil()
		}
	}
	return p.unset(jen.Add(e.field(m, f, recv)))
}

// unsetHead is unset for a field of a head.
func (e xmlEncoding) unsetHead(h *model.Head, f *model.Field, recv jen.Code) jen.Code {
	p, _ := e.msgs.headOf(h).place(f)
	return p.unset(jen.Add(e.headField(h, f, recv)))
}

// unset emits the condition that v, the value at p, is nothing.
func (p *place) unset(v *jen.Statement) jen.Code {
	sc, list, presence, _ := p.shape()
	switch {
	case presence:
		return jen.Op("!").Add(v)
	case list:
		return jen.Len(v).Op("==").Lit(0)
	case sc != nil && sc.kind == kindTime:
		return jen.Add(v).Dot("IsZero").Call()
	case sc != nil && sc.kind == kindBytes:
		return jen.Len(v).Op("==").Lit(0)
	case sc != nil && sc.kind == kindBool:
		return jen.Op("!").Add(v)
	case sc != nil && sc.kind >= kindInt8 && sc.kind <= kindFloat64:
		return jen.Add(v).Op("==").Lit(0)
	}
	return jen.Add(v).Op("==").Lit("")
}

// trimPath is key without the steps that lead to prefix.
func trimPath(key, prefix string) string {
	if prefix == "" {
		return key
	}
	return key[len(prefix)+1:]
}
