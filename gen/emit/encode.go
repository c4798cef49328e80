package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
)

// script is the body of an encode method while it is written: markup that follows markup becomes one call.
type script struct {
	codes  []jen.Code
	markup strings.Builder
	closes bool // markup begins with the end tag of an element that may have come out empty
}

// write adds markup, written as it is.
func (s *script) write(markup string) { s.markup.WriteString(markup) }

// writeEnd adds an end tag. That of an element which may come out empty is left to the encoder, which knows whether it has:
//
//	e.Close("</domain:registrant>")
func (s *script) writeEnd(tag string, mayBeEmpty bool) {
	if mayBeEmpty {
		s.flush()
		s.closes = true
	}
	s.write("</" + tag + ">")
}

// do adds statements.
func (s *script) do(codes ...jen.Code) {
	if len(codes) == 0 {
		return
	}
	s.flush()
	s.codes = append(s.codes, codes...)
}

// flush emits
//
//	e.Raw(`</domain:name><domain:period`)
func (s *script) flush() {
	if s.markup.Len() == 0 {
		return
	}
	verb := "Raw"
	if s.closes {
		verb = "Close"
	}
	s.codes = append(s.codes, jen.Id("e").Dot(verb).Call(markup(s.markup.String())))
	s.markup.Reset()
	s.closes = false
}

// body is the whole script.
func (s *script) body() []jen.Code {
	s.flush()
	return s.codes
}

// markup is a string constant in back quotes where Go allows it.
func markup(s string) jen.Code {
	if strings.ContainsAny(s, "`\n") || !strings.Contains(s, `"`) {
		return lit(s)
	}
	return jen.Op("`" + s + "`")
}

// encodeFunc emits the writer of a structure: what stands between the name of the start tag and the end tag.
//
//	func (v *DomainPeriod) encode(e *xsdrun.Encoder) {
//		e.Raw(` unit="`)
//		e.AttrText(domainPUnit, string(v.Unit))
//		e.Raw(`">`)
//		e.Uint(domainPLimit, uint64(v.Value))
//	}
func (e *emitter) encodeFunc(st *structure) jen.Code {
	v := jen.Id("v")
	if st.same != nil {
		return shortMethod("v", st.name, "encode", block(encoderParam()), nil,
			jen.Parens(jen.Op("*").Id(st.same.name)).Parens(v).Dot("encode").Call(jen.Id("e")))
	}
	var s script
	e.encodeAttributes(&s, st)
	e.encodeContent(&s, st)
	if st.collapsed {
		return function("encode"+name.Exported(st.name), block(encoderParam(), jen.Id("v").Add(st.fields[0].goType())), nil, s.body()...)
	}
	return method("v", st.name, "encode", block(encoderParam()), nil, s.body()...)
}

// encodeAttributes emits the attributes and, unless the element is always empty, the end of the start tag.
func (e *emitter) encodeAttributes(s *script, st *structure) {
	if !st.opens() {
		return
	}
	for _, f := range st.fields {
		switch f.role {
		case roleAttribute:
			e.encodeAttribute(s, f)
		case roleAnyAttribute:
			declared := jen.Nil()
			if len(e.lax.attributes) > 0 {
				declared = jen.Id("attributes")
			}
			s.do(jen.Id("e").Dot("WildAttributes").Call(jen.Id("v").Dot(f.name), jen.Id(attrsVar(st)), jen.Id("spaces"), declared))
		case roleAny:
			s.do(jen.Id("e").Dot("AnyAttributes").Call(jen.Op("&").Id("v").Dot(f.name)))
		}
	}
	for _, f := range st.fields {
		if f.role == roleValue {
			s.do(e.declareNames(f.val.scalar, jen.Id("v").Dot(f.name))...)
		}
	}
	if st.saysNil() {
		s.do(jen.If(jen.Id("v").Dot(st.fields[0].name)).Block(
			jen.Id("e").Dot("Raw").Call(markup(` xmlns:xsi="`+xsiSpace+`" xsi:nil="true">`)), jen.Return()))
	}
	if !st.empty() && !st.wraps(st.fields[0]) {
		s.write(">")
	}
}

// encodeAttribute emits one attribute. A fixed one is markup, or nothing if it is optional: it goes without saying. An
// optional one is left out when it is absent or has its default:
//
//	if v.Lang != "" && v.Lang != "en" {
//		...
//	}
func (e *emitter) encodeAttribute(s *script, f *field) {
	if f.attr.Fixed != nil {
		if !f.optional {
			s.write(" " + e.attrName(f.attr.Attribute) + `="` + escaped(*f.attr.Fixed) + `"`)
		}
		return
	}
	one := func(s *script) {
		s.do(e.declareNames(f.val.scalar, f.deref(jen.Id("v").Dot(f.name)))...)
		s.write(" " + e.attrName(f.attr.Attribute) + `="`)
		s.do(e.writeScalar(f.val.scalar, f.deref(jen.Id("v").Dot(f.name)), true)...)
		s.write(`"`)
	}
	if !f.optional {
		one(s)
		return
	}
	var inner script
	one(&inner)
	s.do(jen.If(e.attributePresent(f)).Block(inner.body()...))
}

// attributePresent is the condition under which an optional attribute is written.
func (e *emitter) attributePresent(f *field) jen.Code {
	present := f.present(jen.Id("v").Dot(f.name))
	if f.attr.Default == nil {
		return present
	}
	differs := e.differs(f, *f.attr.Default)
	switch {
	case f.val.scalar.zero && differs != nil:
		return differs
	case differs == nil:
		return present
	}
	return jen.Add(present).Op("&&").Add(differs)
}

// differs is the condition that a field is not what its default says; nil for a type whose constants Go cannot write.
func (e *emitter) differs(f *field, given string) jen.Code {
	v := jen.Id("v").Dot(f.name)
	given = e.set.Simple(f.val.scalar.st).Normalize(given)
	switch verb, _ := f.val.scalar.kind.verb(); verb {
	case "Text":
		return v.Op("!=").Lit(given)
	case "Int", "Uint":
		return v.Op("!=").Add(integer(given))
	case "Bool":
		if given == "true" || given == "1" {
			return jen.Op("!").Add(v)
		}
		return v
	}
	return nil
}

// escaped is a value of a schema as it stands in markup.
func escaped(value string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&#34;").Replace(value)
}

// deref is the value behind v, which holds the field.
func (f *field) deref(v *jen.Statement) *jen.Statement {
	if f.pointer {
		return jen.Op("*").Add(v)
	}
	return v
}

// present is the condition that v, which holds an optional field, is there.
func (f *field) present(v *jen.Statement) *jen.Statement {
	switch {
	case f.null != nil:
		plain := *f
		plain.null = nil
		return jen.Parens(plain.present(v).Op("||").Id("v").Dot(f.null.name))
	case f.many, f.role == roleItems, f.val.of != nil && f.val.of.collapsed && f.val.of.fields[0].many:
		return jen.Len(v).Op(">").Lit(0)
	case f.pointer, f.val.element, f.val.any, f.val.family != nil:
		return v.Clone().Op("!=").Nil()
	}
	sc := f.val.scalar
	if f.val.of != nil && f.val.of.collapsed {
		if inner := f.val.of.fields[0]; inner.val.element {
			return v.Clone().Op("!=").Nil()
		}
		sc = f.val.of.fields[0].val.scalar
	}
	switch verb, _ := sc.kind.verb(); verb {
	case "Text":
		return v.Clone().Op("!=").Lit("")
	case "Bytes", "List":
		return v.Clone().Op("!=").Nil()
	case "Bool":
		return v.Clone()
	case "Time":
		return jen.Op("!").Add(v).Dot("IsZero").Call()
	case "Date", "Duration", "NameValue":
		return v.Clone().Op("!=").Parens(sc.kind.goType().Values())
	}
	return v.Clone().Op("!=").Lit(0)
}

// opens reports whether encode writes the end of the start tag, because attributes may stand in it.
func (st *structure) opens() bool {
	if st.same != nil {
		return st.same.opens()
	}
	return slices.ContainsFunc(st.fields, func(f *field) bool {
		return f.role == roleAttribute || f.role == roleAny || f.role == roleAnyAttribute || st.wraps(f) ||
			f.role == roleValue && f.val.scalar.holdsNames()
	}) || st.saysNil()
}

// wraps reports whether st is a global element that is nothing but f, a value of whichever type xsi:type says.
func (st *structure) wraps(f *field) bool {
	return st.element != nil && st.ct == nil && f.val.family != nil
}

// empty reports whether elements of the structure never have content.
func (st *structure) empty() bool {
	if st.same != nil {
		return st.same.empty()
	}
	return !st.saysNil() &&
		!slices.ContainsFunc(st.fields, func(f *field) bool { return f.role != roleAttribute && f.role != roleAnyAttribute })
}

// mayBeEmpty reports whether an element of the structure may come out without content though it may have some.
func (st *structure) mayBeEmpty() bool {
	if st.same != nil {
		return st.same.mayBeEmpty()
	}
	if st.saysNil() {
		return true
	}
	if st.body != nil {
		return emptiable(st.body)
	}
	return slices.ContainsFunc(st.fields, func(f *field) bool {
		return f.role == roleMixed || f.role == roleAny || st.wraps(f) || f.role == roleValue && f.val.scalar.mayBeEmpty()
	})
}

// mayBeEmpty reports whether a value may be written as no text.
func (s *scalar) mayBeEmpty() bool { return s.zero && s.kind.zeroText() == "" }

// encodeContent emits what stands between the tags.
func (e *emitter) encodeContent(s *script, st *structure) {
	if st.body != nil {
		e.encodeNode(s, st, st.body)
		return
	}
	for _, f := range st.fields {
		v := jen.Id("v").Dot(f.name)
		switch f.role {
		case roleValue:
			s.do(e.writeScalar(f.val.scalar, v, false)...)
		case roleMixed:
			s.do(jen.Id("e").Dot("Mixed").Call(v))
		case roleAny:
			s.do(jen.Id("e").Dot("Mixed").Call(v.Clone().Dot("Content")))
		case roleElement:
			if st.wraps(f) {
				s.do(jen.Id(f.val.family.writer()).Call(jen.Id("e"), v))
			}
		}
	}
}

// encodeNode emits a particle that must be there unless it is optional itself.
func (e *emitter) encodeNode(s *script, st *structure, n *node) {
	switch {
	case n.field != nil && n.field.role == roleItems:
		e.encodeItems(s, n)
	case n.field != nil:
		e.encodeLeaf(s, st, n)
	case n.p.Kind == xsd.ChoiceParticle && len(n.kids) > 1:
		e.encodeChoice(s, st, n)
	case n.optional && len(n.kids) > 0:
		var inner script
		for _, k := range n.kids {
			e.encodeNode(&inner, st, k)
		}
		s.do(jen.If(st.present(n)).Block(inner.body()...))
	default:
		for _, k := range n.kids {
			e.encodeNode(s, st, k)
		}
	}
}

// present is the condition that something of n is there.
func (st *structure) present(n *node) *jen.Statement {
	if n.field != nil {
		return n.field.present(st.holder(n.field))
	}
	all := jen.Null()
	for i, k := range n.kids {
		if i > 0 {
			all.Op("||")
		}
		all.Add(st.present(k))
	}
	return all
}

// holder is what holds a field of st.
func (st *structure) holder(f *field) *jen.Statement {
	if st.collapsed {
		return jen.Id("v")
	}
	return jen.Id("v").Dot(f.name)
}

// encodeChoice emits
//
//	switch e.Choice("domain:pw, domain:ext", false, v.PW != nil, v.Ext != nil) {
//	case 0:
//		...
//	}
func (e *emitter) encodeChoice(s *script, st *structure, n *node) {
	optional := n.optional || slices.ContainsFunc(n.kids, emptiable)
	var names []string
	args := []jen.Code{nil, lit(optional)}
	var cases []jen.Code
	for i, k := range n.kids {
		names = append(names, e.particleName(k.p))
		args = append(args, st.present(k))
		var arm script
		required := *k
		required.optional, required.given = false, k.field != nil
		e.encodeNode(&arm, st, &required)
		cases = append(cases, jen.Case(lit(i)).Block(arm.body()...))
	}
	args[0] = lit(enumerate(names, "or"))
	s.do(jen.Switch(jen.Id("e").Dot("Choice").Call(args...)).Block(cases...))
}

// emptiable reports whether n may match nothing.
func emptiable(n *node) bool {
	switch {
	case n.optional || n.p.Min == 0:
		return true
	case n.field != nil:
		return false
	case n.p.Kind == xsd.ChoiceParticle:
		return slices.ContainsFunc(n.kids, emptiable)
	}
	return !slices.ContainsFunc(n.kids, func(k *node) bool { return !emptiable(k) })
}

// particleName names a particle for a message: its first element.
func (e *emitter) particleName(p *xsd.Particle) string {
	first := "another element"
	name.Leaves(p, func(leaf *xsd.Particle) {
		if leaf.Element != nil && first == "another element" {
			first = e.tag(leaf.Element.Name)
		}
	})
	return first
}

// encodeItems emits
//
//	e.Count("value or extValue", len(v.Items), 0, -1)
//	for _, item := range v.Items {
//		item.encodeItem(e)
//	}
func (e *emitter) encodeItems(s *script, n *node) {
	v := jen.Id("v").Dot(n.field.name)
	if n.field.items.order != nil {
		s.do(e.encodeOrdered(n, v)...)
		return
	}
	if least, most := n.p.Total(); least > 0 && !n.optional || most > 0 {
		total := *n.p
		total.Min, total.Max = least, most
		s.do(e.count(&total, v, n.optional))
	}
	s.do(jen.For(jen.List(jen.Id("_"), jen.Id("item")).Op(":=").Range().Add(v)).Block(
		jen.Id("item").Dot("encodeItem").Call(jen.Id("e"))))
}

// count emits the check of how often a particle occurs.
func (e *emitter) count(p *xsd.Particle, v *jen.Statement, optional bool) jen.Code {
	least := p.Min
	if optional {
		least = 0
	}
	return jen.Id("e").Dot("Count").Call(lit(e.particleName(p)), jen.Len(v), lit(least), lit(p.Max))
}

// encodeItem emits the writer of an item with its tags:
//
//	func (v *ResultValue) encodeItem(e *xsdrun.Encoder) {
//		e.Raw("<value")
//		v.encode(e)
//		e.Raw("</value>")
//	}
func (e *emitter) encodeItem(st *structure) jen.Code {
	var s script
	v := jen.Id("v")
	switch {
	case st.leaf.Kind == xsd.WildcardParticle:
		e.encodeOne(&s, st.fields[0], v.Dot("Element"))
	case st.same != nil:
		e.tagged(&s, st.leaf.Element, st.same, func(s *script) { s.do(v.Dot("encode").Call(jen.Id("e"))) })
	case st.fields[0].null != nil:
		f := st.fields[0]
		e.encodeLeaf(&s, st, &node{p: st.leaf, field: f, given: true})
	default:
		e.encodeOne(&s, st.fields[0], st.fields[0].deref(v.Dot("Value")))
	}
	return method("v", st.name, "encodeItem", block(encoderParam()), nil, s.body()...)
}

// encodeLeaf emits an element or wildcard.
//
// An element that may be nil is
//
//	if v.NNil {
//		e.Raw(`<n xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`)
//	} else {
//		...
//	}
func (e *emitter) encodeLeaf(s *script, st *structure, n *node) {
	f, v := n.field, st.holder(n.field)
	var one script
	switch {
	case f.null != nil:
		plain := *n
		plain.field = new(*f)
		plain.field.null = nil
		e.encodeLeaf(&one, st, &plain)
		s.do(jen.If(jen.Id("v").Dot(f.null.name)).Block(jen.Id("e").Dot("Raw").Call(e.nilElement(f.particle.Element))).Else().Block(one.body()...))
	case f.nils, f.many && f.val.any && f.particle.Element.Nillable:
		item := v.Clone().Index(jen.Id("i"))
		value := item
		if f.nils {
			value = jen.Parens(jen.Op("*").Add(item))
		}
		if n.p.Min > 0 && !n.optional || n.p.Max > 0 {
			s.do(e.count(n.p, v, n.optional))
		}
		e.encodeOne(&one, f, value)
		s.do(jen.For(jen.Id("i").Op(":=").Range().Add(v)).Block(
			jen.If(item.Clone().Op("==").Nil()).Block(jen.Id("e").Dot("Raw").Call(e.nilElement(f.particle.Element))).Else().Block(one.body()...)))
	case f.many:
		if n.p.Min > 0 && !n.optional && !(n.given && n.p.Min == 1) || n.p.Max > 0 {
			s.do(e.count(n.p, v, n.optional))
		}
		e.encodeOne(&one, f, v.Clone().Index(jen.Id("i")))
		s.do(jen.For(jen.Id("i").Op(":=").Range().Add(v)).Block(one.body()...))
	case n.optional:
		e.encodeOne(&one, f, f.deref(v))
		s.do(jen.If(f.present(v)).Block(one.body()...))
	case (f.pointer || f.val.any) && !n.given:
		e.encodeOne(&one, f, f.deref(v))
		s.do(jen.If(v.Clone().Op("==").Nil()).Block(
			jen.Id("e").Dot("Missing").Call(lit(e.particleName(n.p)))).Else().Block(one.body()...))
	default:
		e.encodeOne(s, f, f.deref(v))
	}
}

// nilElement is an element that is nil.
func (e *emitter) nilElement(el *xsd.Element) jen.Code {
	return markup("<" + e.tag(el.Name) + ` xmlns:xsi="` + xsiSpace + `" xsi:nil="true"/>`)
}

// encodeOne emits one element with its tags. v holds its value.
func (e *emitter) encodeOne(s *script, f *field, v *jen.Statement) {
	switch {
	case f.val.element:
		s.do(jen.Id("writeElement").Call(jen.Id("e"), jen.Id(e.wildcardVar(f.particle.Wildcard)), v))
	case f.val.family != nil && f.val.family.head != nil:
		s.do(jen.Id(f.val.family.writer()).Call(jen.Id("e"), v))
	case f.val.family != nil:
		tag := e.tag(f.particle.Element.Name)
		s.write("<" + tag)
		s.do(jen.Id(f.val.family.writer()).Call(jen.Id("e"), v))
		s.writeEnd(tag, true)
	case f.val.scalar != nil && f.particle.Element.Fixed != nil:
		e.tagged(s, f.particle.Element, nil, func(s *script) { s.write(escaped(*f.particle.Element.Fixed)) })
	case f.val.scalar != nil:
		tag := e.tag(f.particle.Element.Name)
		s.write("<" + tag)
		s.do(e.declareNames(f.val.scalar, v)...)
		s.write(">")
		s.do(e.writeScalar(f.val.scalar, v, false)...)
		s.writeEnd(tag, f.val.scalar.mayBeEmpty())
	case f.val.any:
		s.do(jen.Id("writeAny").Call(jen.Id("e"), lit(e.tag(f.particle.Element.Name)), v))
	case f.val.of.collapsed:
		e.tagged(s, f.particle.Element, nil, func(s *script) {
			s.do(jen.Id("encode"+name.Exported(f.val.of.name)).Call(jen.Id("e"), v))
		})
	default:
		if f.pointer {
			v = jen.Id("v").Dot(f.name)
		}
		e.refuseNil(s, f.particle.Element, f.val.of, v)
		e.tagged(s, f.particle.Element, f.val.of, func(s *script) { s.do(v.Clone().Dot("encode").Call(jen.Id("e"))) })
	}
}

// refuseNil emits what refuses a nil element where its declaration does; its struct serves elements that may be nil, too:
//
//	if v.Value.Nil {
//		e.NotNillable("value")
//	}
func (e *emitter) refuseNil(s *script, el *xsd.Element, of *structure, v *jen.Statement) {
	if el.Nillable || !of.saysNil() {
		return
	}
	s.do(jen.If(v.Clone().Dot(target(of).fields[0].name)).Block(jen.Id("e").Dot("NotNillable").Call(lit(e.tag(el.Name)))))
}

// tagged writes the tags of an element around its content. of is the structure whose encode method writes that content, or
// nil for content that no attribute can stand before.
func (e *emitter) tagged(s *script, el *xsd.Element, of *structure, content func(*script)) {
	tag := e.tag(el.Name)
	s.write("<" + tag)
	if of == nil || !of.opens() && !of.empty() {
		s.write(">")
	}
	content(s)
	if of != nil && of.empty() {
		s.write("/>")
		return
	}
	s.writeEnd(tag, of != nil && of.mayBeEmpty())
}

// declareNames emits, in a start tag, the declarations that the qualified names in a value need:
//
//	e.DeclareName(v.Ref, true)
func (e *emitter) declareNames(sc *scalar, v *jen.Statement) []jen.Code {
	declare := func(v *jen.Statement) jen.Code {
		return jen.Id("e").Dot("DeclareName").Call(v, lit(e.shapes.defaultSpace != ""))
	}
	switch {
	case sc.kind == kindName:
		return []jen.Code{declare(v)}
	case sc.holdsNames():
		return []jen.Code{jen.For(jen.List(jen.Id("_"), jen.Id("item")).Op(":=").Range().Add(v)).Block(declare(jen.Id("item")))}
	}
	return nil
}

// holdsNames reports whether the value is a qualified name, or a list of them.
func (s *scalar) holdsNames() bool {
	return s.kind == kindName || s.item != nil && s.item.kind == kindName
}

// writeScalar emits the call that checks and writes a simple value.
func (e *emitter) writeScalar(sc *scalar, v *jen.Statement, attr bool) []jen.Code {
	verb, wide := sc.kind.verb()
	if verb == "List" {
		return e.writeList(sc, v, attr)
	}
	if attr && verb == "Text" {
		verb = "AttrText"
	}
	if sc.named() != "" || sc.kind != wide {
		v = wide.goType().Call(v)
	}
	return []jen.Code{jen.Id("e").Dot(verb).Call(e.simpleVar(sc.st), v)}
}

// tag is the name of an element as it is written.
func (e *emitter) tag(n xsd.Name) string {
	if p := e.writtenPrefix(n.Space); p != "" {
		return p + ":" + n.Local
	}
	return n.Local
}

// attrName is the name of an attribute as it is written; the default namespace does not apply to it.
func (e *emitter) attrName(a *xsd.Attribute) string {
	switch a.Name.Space {
	case "":
		return a.Name.Local
	case xmlSpace:
		return "xml:" + a.Name.Local
	}
	return e.shapes.prefix(a.Name.Space) + ":" + a.Name.Local
}

// Namespaces that XML and its schemas define themselves; the prefix xml is bound everywhere.
const (
	xmlSpace = "http://www.w3.org/XML/1998/namespace"
	xsiSpace = "http://www.w3.org/2001/XMLSchema-instance"
)

// writtenPrefix is the prefix that elements of a namespace are written with: none for the namespace that the specification
// makes the default, and for no namespace.
func (e *emitter) writtenPrefix(space string) string {
	if space == "" || space == e.shapes.defaultSpace {
		return ""
	}
	return e.shapes.prefix(space)
}

// declarations are the namespace declarations that an element needs, prefixes in the order of the alphabet. The default
// namespace is among them only when the element stands alone: inside a document its root has declared it. What stands at a
// wildcard may need it too.
func (e *emitter) declarations(st *structure, alone bool) string {
	spaces := map[string]bool{}
	st.spaces(spaces, map[*structure]bool{})
	if spaces[wild] {
		delete(spaces, wild)
		spaces[e.shapes.defaultSpace] = true
	}
	var decls []string
	for space := range spaces {
		uri, attr := strings.CutPrefix(space, prefixed)
		switch {
		case uri == "" || uri == xmlSpace || attr && spaces[uri] && uri != e.shapes.defaultSpace:
		case attr:
			decls = append(decls, ` xmlns:`+e.shapes.prefix(uri)+`="`+uri+`"`)
		case space == e.shapes.defaultSpace:
			if alone {
				decls = append(decls, ` xmlns="`+space+`"`)
			}
		default:
			decls = append(decls, ` xmlns:`+e.shapes.prefix(space)+`="`+space+`"`)
		}
	}
	slices.Sort(decls)
	return strings.Join(decls, "")
}

// prefixed stands before a namespace that attributes are of: the default namespace is none of theirs.
const prefixed = "@"

// wild stands for whatever namespace a wildcard lets in.
const wild = "##any"

// spaces collects the namespaces of every name that st writes without crossing a wildcard, and wild for a wildcard.
func (st *structure) spaces(out map[string]bool, seen map[*structure]bool) {
	if seen[st] {
		return
	}
	seen[st] = true
	if st.element != nil {
		out[st.element.Name.Space] = true
	}
	if st.same != nil {
		st.same.spaces(out, seen)
	}
	for _, f := range st.fields {
		if f.attr != nil && f.attr.Attribute.Name.Space != "" {
			out[prefixed+f.attr.Attribute.Name.Space] = true
		}
		if f.particle != nil && f.particle.Element != nil {
			out[f.particle.Element.Name.Space] = true
		}
		if f.particle != nil && f.particle.Wildcard != nil {
			out[wild] = true
		}
		if f.val.of != nil {
			f.val.of.spaces(out, seen)
		}
		if f.val.family != nil {
			f.val.family.spaces(out, seen)
		}
		if f.items != nil {
			for _, a := range f.items.arms {
				if a.leaf.Element != nil {
					out[a.leaf.Element.Name.Space] = true
				}
				for _, item := range a.structs {
					item.spaces(out, seen)
				}
			}
		}
	}
}

// spaces is that of every arm, and the namespaces of the types' names.
func (f *family) spaces(out map[string]bool, seen map[*structure]bool) {
	for _, arm := range f.arms {
		if f.base != nil && arm.ct != f.base {
			out[arm.ct.Name.Space] = true
		}
		arm.spaces(out, seen)
	}
}
