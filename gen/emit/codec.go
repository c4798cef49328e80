package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// codecFile writes what reads and writes the types of the schemas: for each a decode and an encode method, for each global
// element the methods of Element, and the switch that knows them all.
func (e *emitter) codecFile() (File, error) {
	if e.set == nil {
		return e.file("codec_gen.go")
	}
	var d decls
	d.add(e.entryPoints()...)
	d.add(e.elementCodec()...)
	for _, f := range e.shapes.families {
		d.add(e.familyCodec(f)...)
	}
	for _, st := range e.shapes.structs {
		d.add(e.decodeFunc(st), e.encodeFunc(st))
		if st.element != nil {
			d.add(e.elementMethods(st)...)
		}
		switch {
		case st.arm != nil:
			d.add(e.encodeItem(st))
		case st.isItem:
			d.add(e.encodeGlobalItem(st))
		}
	}
	return e.file("codec_gen.go", d...)
}

var (
	decoderParam = func() jen.Code { return jen.Id("d").Op("*").Add(rt("xsdrun", "Decoder")) }
	encoderParam = func() jen.Code { return jen.Id("e").Op("*").Add(rt("xsdrun", "Encoder")) }
)

// decodeFunc emits the reader of a structure. Of one defined as another it is
//
//	func (v *HostDelete) decode(d *xsdrun.Decoder) { (*HostSName)(v).decode(d) }
//
// of a collapsed one a function, of any other a method:
//
//	func (v *DomainCreate) decode(d *xsdrun.Decoder) {
//		oldPeriod := v.Period
//		v.Name, v.Period, v.Contacts = "", nil, v.Contacts[:0]
//		...
//	}
func (e *emitter) decodeFunc(st *structure) jen.Code {
	v := jen.Id("v")
	switch {
	case st.same != nil:
		return shortMethod("v", st.name, "decode", block(decoderParam()), nil,
			jen.Parens(jen.Op("*").Id(st.same.name)).Parens(v).Dot("decode").Call(jen.Id("d")))
	case st.collapsed:
		return e.decodeCollapsed(st)
	case len(st.fields) == 1 && st.wraps(st.fields[0]):
		f := st.fields[0]
		at := v.Clone().Dot(f.name)
		return shortMethod("v", st.name, "decode", block(decoderParam()), nil, at.Clone().Op("=").Add(e.readFamily(f.val, st.element, at)))
	}
	body := append(e.resetStruct(st), e.decodeAttributes(st)...)
	if st.saysNil() {
		v := jen.Id("v").Dot(st.fields[0].name)
		body = append(body, jen.If(v.Clone().Op("=").Id("d").Dot("IsNil").Call(), v).Block(jen.Return()))
	}
	return method("v", st.name, "decode", block(decoderParam()), nil, append(body, e.decodeContent(st)...)...)
}

// decodeCollapsed emits the reader of a type that is no struct:
//
//	func decodeExtURI(d *xsdrun.Decoder, v *[]string) {
//		*v = (*v)[:0]
//		...
//	}
func (e *emitter) decodeCollapsed(st *structure) jen.Code {
	f := st.fields[0]
	body := []jen.Code{jen.Id("d").Dot("NoAttributes").Call()}
	if f.many {
		body = append(body, jen.Op("*").Id("v").Op("=").Parens(jen.Op("*").Id("v")).Index(jen.Op(":").Lit(0)))
	}
	return function("decode"+name.Exported(st.name), block(decoderParam(), jen.Id("v").Op("*").Add(f.goType())), nil,
		append(body, e.decodeContent(st)...)...)
}

// resetStruct emits what makes v empty but keeps the memory it has. What its cases use again is saved; the rest is reset
// field by field, which a copy of the whole struct would be slower than. What is read in place resets itself.
//
//	oldPeriod := v.Period
//	v.Name, v.Period, v.Contacts = "", nil, v.Contacts[:0]
func (e *emitter) resetStruct(st *structure) []jen.Code {
	var saved, from, fields, empty []jen.Code
	keeps := false
	for _, f := range st.fields {
		v := jen.Id("v").Dot(f.name)
		switch {
		case f.role == roleItems, f.role == roleAnyAttribute, f.many, f.val.isList() && !f.optional, f.val.of != nil && f.val.of.collapsed && f.val.of.fields[0].many:
			fields, empty, keeps = append(fields, v), append(empty, v.Clone().Index(jen.Op(":").Lit(0))), true
			continue
		case f.val.of != nil && !f.val.of.collapsed && !f.pointer:
			keeps = true
			continue
		case f.reused():
			saved, from = append(saved, old(f)), append(from, v)
		}
		fields, empty = append(fields, v), append(empty, f.zero())
	}
	if len(saved) == 0 && !keeps {
		return []jen.Code{jen.Op("*").Id("v").Op("=").Id(st.name).Values()}
	}
	var out []jen.Code
	if len(saved) > 0 {
		out = append(out, jen.List(saved...).Op(":=").List(from...))
	}
	if len(fields) > 0 {
		out = append(out, jen.List(fields...).Op("=").List(empty...))
	}
	return out
}

// zero is the zero value of a field that is neither a list nor a struct.
func (f *field) zero() jen.Code {
	sc := f.val.scalar
	if f.val.of != nil && f.val.of.collapsed {
		sc = f.val.of.fields[0].val.scalar
	}
	switch {
	case f.role == roleNil:
		return jen.False()
	case f.role == roleMixed:
		return lit("")
	case f.role == roleAny:
		return rt("xmlstream", "Any").Values()
	case f.pointer, sc == nil, sc.kind == kindBytes, sc.kind == kindList:
		return jen.Nil()
	}
	switch sc.kind {
	case kindString:
		return lit("")
	case kindBool:
		return jen.False()
	case kindTime, kindDate, kindDuration, kindName:
		return sc.kind.goType().Values()
	}
	return lit(0)
}

// old is the variable that holds what a field held before.
func old(f *field) *jen.Statement { return jen.Id("old" + f.name) }

// reused reports whether what the field pointed to is used again for the next value.
func (f *field) reused() bool {
	if f.val.element && f.particle.Wildcard.Process == xsdrun.Skip {
		return false
	}
	return f.pointer || f.val.element || f.val.family != nil || f.val.isList() || f.role != roleAttribute && f.val.scalar != nil && f.val.scalar.kind == kindBytes ||
		f.val.of != nil && f.val.of.collapsed && f.val.of.fields[0].val.element
}

// decodeAttributes emits
//
//	a := d.Attrs(domainPeriodAttrs)
//	for a.Next() {
//		switch a.Use {
//		case 0:
//			v.Unit = DomainPUnit(d.AttrText())
//		}
//	}
//
// without the switch if there is only one that may stand there.
func (e *emitter) decodeAttributes(st *structure) []jen.Code {
	if st.ct == nil || len(st.ct.Attributes) == 0 && st.ct.AnyAttribute == nil {
		if st.arm != nil || len(st.fields) > 0 && st.fields[len(st.fields)-1].role == roleAny {
			return nil
		}
		return []jen.Code{jen.Id("d").Dot("NoAttributes").Call()}
	}
	if len(st.ct.Attributes) == 1 && st.ct.AnyAttribute == nil {
		i := slices.IndexFunc(st.fields, func(f *field) bool { return f.role == roleAttribute })
		return e.walk("a", "Attrs", attrsVar(st), e.decodeScalar(st.fields[i], true)...)
	}
	var cases []jen.Code
	i := 0
	for _, f := range st.fields {
		switch f.role {
		case roleAttribute:
			cases = append(cases, jen.Case(jen.Lit(i)).Block(e.decodeScalar(f, true)...))
			i++
		case roleAnyAttribute:
			v := jen.Id("v").Dot(f.name)
			cases = append(cases, jen.Case(rt("xsdrun", "AnyAttribute")).Block(
				v.Clone().Op("=").Id("d").Dot("AppendAttr").Call(v)))
		}
	}
	return e.walk("a", "Attrs", attrsVar(st), jen.Switch(jen.Id("a").Dot("Use")).Block(cases...))
}

// decodeContent emits what reads between the tags.
func (e *emitter) decodeContent(st *structure) []jen.Code {
	if st.body != nil {
		return e.decodeChildren(st)
	}
	for _, f := range st.fields {
		switch f.role {
		case roleValue:
			return e.decodeScalar(f, false)
		case roleMixed:
			switch {
			case st.model != nil && st.globalInside():
				return []jen.Code{jen.Id("v").Dot(f.name).Op("=").Id("d").Dot("MixedChildren").Call(jen.Id(modelVar(st)))}
			case st.model != nil:
				return []jen.Code{jen.Id("v").Dot(f.name).Op("=").Id("d").Dot("MixedOf").Call(jen.Id(modelVar(st)), e.mixedChild(st))}
			}
			return []jen.Code{jen.Id("v").Dot(f.name).Op("=").Id("d").Dot("Mixed").Call()}
		case roleAny:
			return []jen.Code{jen.Id("v").Dot(f.name).Op("=").Op("*").Id("d").Dot("AnyContent").Call()}
		case roleElement: // an arm that wraps one value
			return e.decodeLeaf(st, f)
		}
	}
	return []jen.Code{jen.Id("d").Dot("Empty").Call()}
}

// decodeChildren emits
//
//	c := d.Children(domainCreateModel)
//	for c.Next() {
//		switch c.Particle {
//		case 0:
//			v.Name = d.Text(eppcomLabel)
//		}
//	}
//
// without the switch if there is only one that may stand there.
func (e *emitter) decodeChildren(st *structure) []jen.Code {
	var cases, only []jen.Code
	e.eachLeaf(st, func(n *node, leaf *xsd.Particle, indexes []jen.Code) {
		var body []jen.Code
		if n.field.role == roleItems {
			body = e.decodeArm(n.field, n.field.items.armOf(leaf))
		} else {
			body = e.decodeLeaf(st, n.field)
		}
		if len(indexes) == len(st.model.Leaves) {
			only = body
		}
		cases = append(cases, jen.Case(indexes...).Block(body...))
	})
	if only != nil {
		return e.walk("c", "Children", modelVar(st), only...)
	}
	return e.walk("c", "Children", modelVar(st), jen.Switch(jen.Id("c").Dot("Particle")).Block(cases...))
}

// walk emits the loop over attributes or children. Its variable is declared before it, not in it: a loop's own variable is
// copied for every turn.
func (e *emitter) walk(variable, of, table string, each ...jen.Code) []jen.Code {
	return []jen.Code{
		jen.Id(variable).Op(":=").Id("d").Dot(of).Call(jen.Id(table)),
		jen.For(jen.Id(variable).Dot("Next").Call()).Block(each...),
	}
}

// eachLeaf calls f for every leaf of st's content, items that are read in one way together, with the node it belongs to and
// the numbers it has in the model.
func (e *emitter) eachLeaf(st *structure, f func(n *node, leaf *xsd.Particle, indexes []jen.Code)) {
	var walk func(n *node)
	taken := make([]bool, len(st.model.Leaves))
	leaves := func(n *node) {
		name.Leaves(n.p, func(leaf *xsd.Particle) {
			var indexes []jen.Code
			for i, l := range st.model.Leaves {
				if !taken[i] && (sameLeaf(l, leaf) || n.field.items.readAlike(l, leaf)) {
					taken[i] = true
					indexes = append(indexes, jen.Lit(i))
				}
			}
			if len(indexes) > 0 {
				f(n, leaf, indexes)
			}
		})
	}
	walk = func(n *node) {
		if n.field != nil {
			leaves(n)
			return
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(st.body)
}

// sameLeaf reports whether two particles are one leaf of a schema; shapes copy a leaf to change how often it occurs.
func sameLeaf(a, b *xsd.Particle) bool {
	return a == b || a.Kind == b.Kind && a.Element == b.Element && a.Wildcard == b.Wildcard && a.Pos == b.Pos
}

// mixedChild emits what reads, to judge them, the elements in mixed content:
//
//	func(particle int) {
//		switch particle {
//		case 0:
//			d.Text(xsdString)
//		default:
//			known(d)
//		}
//	}
func (e *emitter) mixedChild(st *structure) jen.Code {
	var cases, rest []jen.Code
	seen := map[*field]bool{}
	for _, f := range st.inside {
		if f.isGlobal() {
			rest = block(jen.Default().Block(jen.Id("known").Call(jen.Id("d"))))
		}
		if seen[f] || f.isGlobal() {
			continue
		}
		seen[f] = true
		var indexes []jen.Code
		for i, g := range st.inside {
			if g == f {
				indexes = append(indexes, lit(i))
			}
		}
		body := e.prepared(f.particle.Element)
		if f.particle.Element != nil && f.particle.Element.Nillable && (f.val.scalar != nil || f.val.any) {
			body = append(body, jen.If(jen.Op("!").Id("d").Dot("Nil").Call()).Block(e.judge(f)))
		} else {
			body = append(body, e.judge(f))
		}
		cases = append(cases, jen.Case(indexes...).Block(body...))
	}
	return jen.Func().Params(jen.Id("particle").Int()).Block(jen.Switch(jen.Id("particle")).Block(append(cases, rest...)...))
}

// globalInside reports whether all that may stand in mixed content are global elements.
func (st *structure) globalInside() bool {
	return !slices.ContainsFunc(st.inside, func(f *field) bool { return !f.isGlobal() })
}

// isGlobal reports whether the field holds a global element.
func (f *field) isGlobal() bool { return f.particle.Element != nil && f.particle.Element.Global }

// judge emits what reads an element that is kept as it came anyway.
func (e *emitter) judge(f *field) jen.Code {
	switch {
	case f.val.element:
		return jen.Add(e.readElement(f, jen.Nil()))
	case f.val.family != nil:
		return e.readFamily(f.val, f.particle.Element, jen.Nil())
	case f.val.any:
		return jen.Id("d").Dot("AnyContent").Call()
	case f.val.scalar != nil:
		verb, _ := f.val.scalar.kind.verb()
		if verb == "List" {
			verb = "Text"
		}
		return jen.Id("d").Dot(verb).Call(e.simpleVar(f.val.scalar.st))
	case f.val.of.collapsed:
		return jen.Id("decode"+name.Exported(f.val.of.name)).Call(jen.Id("d"), jen.New(f.val.goType()))
	}
	return jen.New(jen.Id(f.val.of.name)).Dot("decode").Call(jen.Id("d"))
}

// decodeLeaf emits what reads an element or wildcard into its field, with the properties of its declaration before it:
//
//	d.IfEmpty("7")
//	v.N = int32(d.Int(xsdInt))
func (e *emitter) decodeLeaf(st *structure, f *field) []jen.Code {
	out := e.prepared(f.particle.Element)
	switch {
	case f.nils, f.many && f.val.any && f.particle.Element.Nillable:
		return append(out, e.decodeNils(st, f)...)
	case f.null == nil:
		return append(out, e.decodePlainLeaf(st, f)...)
	}
	return append(out,
		jen.Id("v").Dot(f.null.name).Op("=").Id("d").Dot("Nil").Call(),
		jen.If(jen.Op("!").Id("v").Dot(f.null.name)).Block(e.decodePlainLeaf(st, f)...))
}

// prepared emits, before an element is read, what its declaration says: that it may be nil, its default or fixed value, its
// identity constraints, that no other type may take the place of its own.
func (e *emitter) prepared(el *xsd.Element) []jen.Code {
	return slices.Concat(e.constrained(el), e.exactType(el), e.mayBeNil(el), e.declared(el))
}

// exactType emits
//
//	d.ExactType()
//	d.NoExtension()
func (e *emitter) exactType(el *xsd.Element) []jen.Code {
	if el == nil {
		return nil
	}
	ct, complex := el.Type.(*xsd.ComplexType)
	if complex && !isAnyType(ct) {
		return nil // its family knows
	}
	var out []jen.Code
	if el.Block&xsdrun.Restriction != 0 {
		out = append(out, jen.Id("d").Dot("ExactType").Call())
	}
	if el.Block&xsdrun.Extension != 0 && !complex {
		out = append(out, jen.Id("d").Dot("NoExtension").Call())
	}
	return out
}

// mayBeNil emits, before an element is read whose struct says whether it is nil, that it may be:
//
//	d.Nillable()
//
// and, for one of xs:anyType,
//
//	d.AnyType()
func (e *emitter) mayBeNil(el *xsd.Element) []jen.Code {
	if el == nil || !el.Nillable {
		return nil
	}
	switch ct, ok := el.Type.(*xsd.ComplexType); {
	case ok && isAnyType(ct):
		return []jen.Code{jen.Id("d").Dot("AnyType").Call()}
	case ok:
		return []jen.Code{jen.Id("d").Dot("Nillable").Call()}
	}
	return nil
}

// decodeNils emits what reads one of many elements that may be nil:
//
//	el := xsdrun.Grow(&v.Values)
//	if d.Nil() {
//		*el = nil
//	} else {
//		*el = xsdrun.Reuse(*el)
//		**el = int32(d.Int(xsdInt))
//	}
func (e *emitter) decodeNils(st *structure, f *field) []jen.Code {
	el := jen.Op("*").Id("el")
	value := jen.Op("**").Id("el")
	sc := f.val.scalar
	var read []jen.Code
	switch {
	case f.val.any:
		read = []jen.Code{el.Clone().Op("=").Id("d").Dot("AnyContent").Call()}
	case f.val.isList():
		read = []jen.Code{value.Clone().Op("=").Parens(value).Index(jen.Op(":").Lit(0)), e.eachListItem(f, value, false)}
	case sc.kind == kindBytes:
		read = []jen.Code{value.Clone().Op("=").Id("d").Dot("AppendBytes").Call(jen.Parens(value).Index(jen.Op(":").Lit(0)), e.simpleVar(sc.st))}
	default:
		read = []jen.Code{value.Clone().Op("=").Add(e.readScalar(sc, false))}
	}
	if !f.val.any {
		read = append([]jen.Code{el.Clone().Op("=").Add(rt("xsdrun", "Reuse")).Call(el)}, read...)
	}
	return []jen.Code{
		jen.Id("el").Op(":=").Add(grow(st, f)),
		jen.If(jen.Id("d").Dot("Nil").Call()).Block(el.Clone().Op("=").Nil()).Else().Block(read...),
	}
}

// declared emits the default or fixed value of an element declaration; nil has none.
func (e *emitter) declared(el *xsd.Element) []jen.Code {
	switch {
	case el == nil:
		return nil
	case el.Fixed != nil:
		return []jen.Code{jen.Id("d").Dot("IfFixed").Call(lit(*el.Fixed))}
	case el.Default != nil:
		return []jen.Code{jen.Id("d").Dot("IfEmpty").Call(lit(*el.Default))}
	}
	return nil
}

// decodePlainLeaf is decodeLeaf without the declaration.
func (e *emitter) decodePlainLeaf(st *structure, f *field) []jen.Code {
	v := jen.Id("v").Dot(f.name)
	if st.collapsed {
		v = jen.Op("*").Id("v")
	}
	switch {
	case f.val.scalar != nil && !f.many && st.collapsed:
		return []jen.Code{v.Clone().Op("=").Add(e.readScalar(f.val.scalar, false))}
	case f.val.scalar != nil && !f.many:
		return e.decodeScalar(f, false)
	case f.val.scalar != nil && f.val.scalar.kind == kindBytes:
		return []jen.Code{
			jen.Id("b").Op(":=").Add(grow(st, f)),
			jen.Op("*").Id("b").Op("=").Id("d").Dot("AppendBytes").Call(
				jen.Parens(jen.Op("*").Id("b")).Index(jen.Op(":").Lit(0)), e.simpleVar(f.val.scalar.st)),
		}
	case f.val.isList():
		list := jen.Op("*").Id("list")
		return append([]jen.Code{
			jen.Id("list").Op(":=").Add(grow(st, f)),
			list.Clone().Op("=").Parens(list).Index(jen.Op(":").Lit(0)),
		}, e.eachListItem(f, list, false))
	case f.val.scalar != nil:
		return []jen.Code{jen.Op("*").Add(grow(st, f)).Op("=").Add(e.readScalar(f.val.scalar, false))}
	case f.val.family != nil && f.many:
		return []jen.Code{
			jen.Id("el").Op(":=").Add(grow(st, f)),
			jen.Op("*").Id("el").Op("=").Add(e.readFamily(f.val, f.particle.Element, jen.Op("*").Id("el"))),
		}
	case f.val.family != nil:
		return []jen.Code{v.Clone().Op("=").Add(e.readFamily(f.val, f.particle.Element, old(f)))}
	case f.val.element && f.many:
		return []jen.Code{
			jen.Id("el").Op(":=").Add(grow(st, f)),
			jen.Op("*").Id("el").Op("=").Add(e.readElement(f, jen.Op("*").Id("el"))),
		}
	case f.val.element && st.collapsed:
		return []jen.Code{v.Clone().Op("=").Add(e.readElement(f, v))}
	case f.val.element:
		return []jen.Code{v.Clone().Op("=").Add(e.readElement(f, old(f)))}
	case f.val.any && f.many:
		return []jen.Code{jen.Op("*").Add(grow(st, f)).Op("=").Id("d").Dot("AnyContent").Call()}
	case f.val.any:
		return []jen.Code{v.Op("=").Id("d").Dot("AnyContent").Call()}
	}
	return e.decodeStruct(st, f)
}

// decodeStruct emits what reads an element of a complex type into its field:
//
//	v.Period = xsdrun.Reuse(oldPeriod)
//	v.Period.decode(d)
func (e *emitter) decodeStruct(st *structure, f *field) []jen.Code {
	v := jen.Id("v").Dot(f.name)
	of := f.val.of
	if of.collapsed {
		read := jen.Id("decode" + name.Exported(of.name))
		switch {
		case f.many:
			return []jen.Code{read.Call(jen.Id("d"), grow(st, f))}
		case f.pointer:
			return []jen.Code{reuse(f), read.Call(jen.Id("d"), v)}
		case of.fields[0].val.element && !of.fields[0].many:
			return []jen.Code{v.Clone().Op("=").Add(old(f)), read.Call(jen.Id("d"), jen.Op("&").Add(v))}
		}
		return []jen.Code{read.Call(jen.Id("d"), jen.Op("&").Add(v))}
	}
	switch {
	case f.many:
		return []jen.Code{grow(st, f).Dot("decode").Call(jen.Id("d"))}
	case f.pointer:
		return []jen.Code{reuse(f), v.Dot("decode").Call(jen.Id("d"))}
	}
	return []jen.Code{v.Dot("decode").Call(jen.Id("d"))}
}

// decodeArm emits what reads an item of a repeated group:
//
//	item := xsdrun.Grow(&v.Items)
//	arm := xsdrun.ReuseAs[ResultValue](*item)
//	arm.decode(d)
//	*item = arm
//
// and, of a global element,
//
//	item := xsdrun.Grow(&v.Items)
//	*item = readItem(d, *item)
func (e *emitter) decodeArm(f *field, a *arm) []jen.Code {
	grow := jen.Id("item").Op(":=").Add(rt("xsdrun", "Grow")).Call(jen.Op("&").Id("v").Dot(f.name))
	if a.global {
		return []jen.Code{grow, jen.Op("*").Id("item").Op("=").Id("readItem").Call(jen.Id("d"), jen.Op("*").Id("item"))}
	}
	var before []jen.Code
	if a.structs[0].same != nil {
		before = e.prepared(a.leaf.Element)
	}
	return append(before, []jen.Code{
		grow,
		jen.Id("arm").Op(":=").Add(rt("xsdrun", "ReuseAs")).Types(jen.Id(a.structs[0].name)).Call(jen.Op("*").Id("item")),
		jen.Id("arm").Dot("decode").Call(jen.Id("d")),
		jen.Op("*").Id("item").Op("=").Id("arm"),
	}...)
}

// grow emits
//
//	xsdrun.Grow(&v.Contacts)
func grow(st *structure, f *field) *jen.Statement {
	if st.collapsed {
		return rt("xsdrun", "Grow").Call(jen.Id("v"))
	}
	return rt("xsdrun", "Grow").Call(jen.Op("&").Id("v").Dot(f.name))
}

// reuse emits
//
//	v.Period = xsdrun.Reuse(oldPeriod)
func reuse(f *field) jen.Code {
	return jen.Id("v").Dot(f.name).Op("=").Add(rt("xsdrun", "Reuse")).Call(old(f))
}

// decodeScalar emits what reads a simple value into its field:
//
//	v.Value = uint16(d.Uint(domainPLimit))
func (e *emitter) decodeScalar(f *field, attr bool) []jen.Code {
	v := jen.Id("v").Dot(f.name)
	if f.val.isList() {
		return e.decodeList(f, v, attr)
	}
	if f.val.scalar.kind == kindBytes && !attr {
		return []jen.Code{v.Clone().Op("=").Id("d").Dot("AppendBytes").Call(
			old(f).Index(jen.Op(":").Lit(0)), e.simpleVar(f.val.scalar.st))}
	}
	read := e.readScalar(f.val.scalar, attr)
	if f.pointer {
		return []jen.Code{reuse(f), jen.Op("*").Add(v).Op("=").Add(read)}
	}
	return []jen.Code{v.Op("=").Add(read)}
}

// readScalar emits the call that reads a simple value, converted to the type its field has.
func (e *emitter) readScalar(sc *scalar, attr bool) *jen.Statement {
	verb, _ := sc.kind.verb()
	var call *jen.Statement
	switch {
	case attr && verb == "Bytes" && sc.st.Primitive.Name.Local == "hexBinary":
		call = jen.Id("d").Dot("AttrHex").Call()
	case attr && verb == "Bytes":
		call = jen.Id("d").Dot("AttrBase64").Call()
	case attr:
		call = jen.Id("d").Dot("Attr" + verb).Call()
	default:
		call = jen.Id("d").Dot(verb).Call(e.simpleVar(sc.st))
	}
	return e.converted(sc, call)
}

// converted emits a value as the Go type that holds it.
func (e *emitter) converted(sc *scalar, call *jen.Statement) *jen.Statement {
	_, wide := sc.kind.verb()
	switch {
	case sc.named() != "":
		return jen.Id(sc.named()).Call(call)
	case sc.kind != wide:
		return sc.kind.goType().Call(call)
	}
	return call
}

// readElement emits
//
//	readElement(d, readWriteAny, oldAny)
//
// and, where the schema wants nothing judged,
//
//	d.Raw()
func (e *emitter) readElement(f *field, old jen.Code) jen.Code {
	if f.particle.Wildcard.Process == xsdrun.Skip {
		return jen.Id("d").Dot("Raw").Call()
	}
	return jen.Id("readElement").Call(jen.Id("d"), jen.Id(e.wildcardVar(f.particle.Wildcard)), old)
}

// entryPoints emits the functions on whole documents and the pool behind them:
//
//	var decoders = sync.Pool{New: func() any { return xsdrun.NewDecoder(spaces, xsdrun.Options{Known: known}) }}
//
//	func ValidateElement(doc []byte, opts xmlstream.Options) error { ... }
//
//	func Unmarshal(doc []byte, el Element) error { ... }
func (e *emitter) entryPoints() []jen.Code {
	pooled := jen.Id("d").Op(":=").Id("decoders").Dot("Get").Call().Assert(jen.Op("*").Add(rt("xsdrun", "Decoder")))
	free := jen.Defer().Id("decoders").Dot("Put").Call(jen.Id("d"))
	newDecoder := func(options ...pair) *jen.Statement {
		return rt("xsdrun", "NewDecoder").Call(jen.Id("spaces"), e.decoderOptions(options...))
	}
	return []jen.Code{
		documented(doc("decoders wait here between documents."),
			jen.Var().Id("decoders").Op("=").Qual("sync", "Pool").Values(
				jen.Id("New").Op(":").Func().Params().Any().Block(jen.Return(newDecoder())))),
		documented(doc("known reads the element that d stands on if the schemas declare it, for places that do not insist on that."),
			shortFunction("known", block(decoderParam()), block(jen.Bool()),
				jen.Return(jen.Id("readKnown").Call(jen.Id("d"), jen.Nil()).Op("!=").Nil()))),
		documented(
			doc(`ValidateElement judges a document by the schemas alone; its root is any element they declare. The error is an
				[*xmlstream.SyntaxError] for what is not well-formed, or an [*xsdrun.ValidationError] with every fault: line,
				column, path, rule.`),
			function("ValidateElement", block(jen.Id("doc").Index().Byte(), jen.Id("opts").Add(rt("xmlstream", "Options"))), block(jen.Error()),
				jen.Id("d").Op(":=").Add(newDecoder(pair{jen.Id("XML"), jen.Id("opts")})),
				jen.Id("d").Dot("Reset").Call(jen.Id("doc")),
				jen.If(jen.Id("d").Dot("Root").Call().Op("&&").Op("!").Id("known").Call(jen.Id("d"))).Block(
					jen.Id("d").Dot("UndeclaredRoot").Call()),
				jen.Return(jen.Id("d").Dot("Finish").Call()))),
		documented(
			doc(`DecodeElement reads a document whose root is any element that the schemas declare; one that says by xsi:type which
				type it is of comes as an [*xmlstream.RawElement]. It keeps nothing of doc. The error is that of [ValidateElement].`),
			function("DecodeElement", block(jen.Id("doc").Index().Byte()), block(jen.Id("Element"), jen.Error()), pooled, free,
				jen.Id("d").Dot("Reset").Call(jen.Id("doc")),
				jen.Var().Id("el").Id("Element"),
				jen.If(jen.Id("d").Dot("Root").Call()).Block(
					jen.If(jen.Id("el").Op("=").Id("readKnown").Call(jen.Id("d"), jen.Nil()), jen.Id("el").Op("==").Nil()).Block(
						jen.If(jen.Id("raw").Op(":=").Id("d").Dot("UndeclaredRoot").Call(), jen.Id("raw").Op("!=").Nil()).Block(
							jen.Id("el").Op("=").Id("raw")))),
				ifErr(jen.Id("d").Dot("Finish").Call(), jen.Nil(), jen.Err()),
				jen.Return(jen.Id("el"), jen.Nil()))),
		documented(
			doc(`Unmarshal reads a document whose root is the element el into el, using again the memory that el holds. The
				error is that of [ValidateElement]; el then holds what could be read.`),
			function("Unmarshal", block(jen.Id("doc").Index().Byte(), jen.Id("el").Id("Element")), block(jen.Error()), pooled, free,
				jen.Id("d").Dot("Reset").Call(jen.Id("doc")),
				jen.If(jen.Id("d").Dot("Root").Call()).Block(
					jen.If(
						jen.List(jen.Id("_"), jen.Id("ok")).Op(":=").Id("el").Assert(jen.Id("knownElement")),
						jen.Op("!").Id("ok").Op("||").Id("d").Dot("Name").Call().Op("!=").Id("el").Dot("XMLName").Call().
							Op("||").Id("readKnown").Call(jen.Id("d"), jen.Id("el")).Op("==").Nil()).
						Block(jen.Id("d").Dot("UndeclaredRoot").Call())),
				jen.Return(jen.Id("d").Dot("Finish").Call()))),
	}
}
