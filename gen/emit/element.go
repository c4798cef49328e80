package emit

import (
	"strings"

	"github.com/dave/jennifer/jen"
)

// elementFile writes the types of the schemas: structs, enumerations, and the interface of what a wildcard holds.
func (e *emitter) elementFile() (File, error) {
	if e.set == nil {
		return e.file("element_gen.go")
	}
	var d decls
	d.add(e.elementInterface())
	for _, st := range e.shapes.structs {
		if !st.collapsed {
			d.add(e.typeDecl(st))
		}
		for _, f := range st.fields {
			if f.items != nil {
				d.add(itemsInterface(st, f))
			}
		}
	}
	for _, f := range e.shapes.families {
		d.add(e.familyDecl(f))
	}
	for _, en := range e.shapes.enums {
		d.add(e.enumType(en), e.enumValues(en))
	}
	for _, u := range e.shapes.unions {
		d.add(e.unionType(u)...)
	}
	return e.file("element_gen.go", d...)
}

// elementInterface emits
//
//	type Element interface {
//		XMLName() xmlstream.Name
//		AppendXML(b []byte) ([]byte, error)
//	}
func (e *emitter) elementInterface() jen.Code {
	across := ""
	if len(e.tables.identities) > 0 {
		across = " Identity constraints, which hold across a document, are left to [ValidateElement]."
	}
	return documented(
		doc(`Element is what stands where a schema leaves room for any element: a pointer to one of the types below that are
			named after an element, or a [*xmlstream.RawElement] for an element that the schemas do not know and the place
			does not insist on knowing. A type of your own that has the two methods can be sent as well.`),
		jen.Type().Id("Element").Interface(
			doc("XMLName is the element's expanded name."),
			jen.Id("XMLName").Params().Add(rt("xmlstream", "Name")),
			doc(`AppendXML appends the element, every namespace it needs declared, and returns the extended slice. On error,
				which is an [*xsdrun.EncodeError], b is returned as it was.%s`, across),
			jen.Id("AppendXML").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
		),
	)
}

// typeDecl emits a structure:
//
//	type DomainPeriod struct {
//		Unit  DomainPUnit // @unit
//		Value uint16      // text
//	}
//
// or, for an element whose type other elements share, a type defined as that one:
//
//	type HostDelete HostSName
func (e *emitter) typeDecl(st *structure) jen.Code {
	decl := jen.Type().Id(st.name)
	switch {
	case st.same != nil:
		decl.Id(st.same.name)
	case len(st.fields) == 0:
		decl.Struct()
	default:
		fields := make([]jen.Code, len(st.fields))
		for i, f := range st.fields {
			fields[i] = e.fieldDecl(f)
		}
		decl.Struct(fields...)
	}
	return documented(doc("%s", e.typeDoc(st)), decl)
}

// typeDoc says what a structure is: the element or type, what the schema says of it, and the standard of its namespace.
func (e *emitter) typeDoc(st *structure) string {
	var b strings.Builder
	b.WriteString(st.name)
	space := ""
	switch {
	case st.arm != nil:
		b.WriteString(" is an item of [" + st.arm.name + "].")
	case st.element != nil:
		space = st.element.Name.Space
		b.WriteString(" is the element " + e.qname(space, st.element.Name.Local) + ".")
	case st.ct.Name.Local != "":
		space = st.ct.Name.Space
		b.WriteString(" is the type " + e.qname(space, st.ct.Name.Local) + ".")
	default:
		b.WriteString(" is an element inside another.")
	}
	if st.doc != "" {
		b.WriteString(" " + prose(st.doc))
	}
	return b.String() + e.schemaClause(space)
}

// prose is the documentation of a schema as a comment has it: paragraphs of sentences. A line by itself that ends in no full stop
// would be a heading, and one that is indented code.
func prose(documentation string) string {
	var paragraphs []string
	for p := range strings.SplitSeq(strings.TrimSpace(documentation), "\n\n") {
		if words := strings.Join(strings.Fields(p), " "); words != "" {
			paragraphs = append(paragraphs, sentence(words))
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// schemaClause names the standard that a namespace comes from.
func (e *emitter) schemaClause(space string) string {
	for _, s := range e.p.Schemas {
		if s.Namespace == space {
			return clause(s.Standard)
		}
	}
	return ""
}

// qname is a name with the prefix that the specification gives its namespace.
func (e *emitter) qname(space, local string) string {
	for _, s := range e.p.Schemas {
		if s.Namespace == space && s.Name != "" {
			return s.Name + ":" + local
		}
	}
	return local
}

// fieldDecl emits one field of a struct, with the wire's name for it behind.
func (e *emitter) fieldDecl(f *field) jen.Code {
	s := jen.Id(f.name).Add(f.goType())
	wire := f.wire
	switch {
	case f.attr != nil && f.attr.Fixed != nil:
		wire += ", fixed: " + *f.attr.Fixed
	case f.particle != nil && f.particle.Element != nil && f.particle.Element.Fixed != nil:
		wire += ", fixed: " + *f.particle.Element.Fixed
	case f.role == roleItems:
		wire = "in the order of the document"
	case f.attr != nil && f.attr.Default != nil:
		wire += ", default: " + *f.attr.Default
	case f.nils:
		wire += ", nil: xsi:nil"
	case f.many && f.optional, f.pointer, f.optional && f.role != roleAttribute:
		wire += ", optional"
	}
	s.Comment("// " + strings.Join(strings.Fields(wire), " "))
	if f.doc != "" {
		return doc("%s", prose(f.doc)).Line().Add(s)
	}
	return s
}

// goType is the type of a field.
func (f *field) goType() *jen.Statement {
	switch {
	case f.role == roleItems:
		return jen.Index().Id(f.items.name)
	case f.role == roleNil:
		return jen.Bool()
	case f.role == roleAny:
		return rt("xmlstream", "Any")
	case f.role == roleMixed:
		return rt("xmlstream", "Mixed")
	case f.role == roleAnyAttribute:
		return jen.Index().Add(rt("xmlstream", "Attribute"))
	case f.many && f.nils:
		return jen.Index().Op("*").Add(f.val.goType())
	case f.many:
		return jen.Index().Add(f.val.goType())
	case f.pointer:
		return jen.Op("*").Add(f.val.goType())
	}
	return f.val.goType()
}

// goType is the type that holds the value.
func (v value) goType() *jen.Statement {
	switch {
	case v.scalar != nil:
		return v.scalar.goType()
	case v.any:
		return jen.Op("*").Add(rt("xmlstream", "Any"))
	case v.element:
		return jen.Id("Element")
	case v.family != nil:
		return jen.Id(v.family.name)
	case v.of.collapsed:
		return v.of.fields[0].goType()
	}
	return jen.Id(v.of.name)
}

// itemsInterface emits
//
//	type ResultItem interface {
//		resultItem()
//		encodeItem(*xsdrun.Encoder)
//	}
//
//	func (*ResultValue) resultItem()    {}
//	func (*ResultExtValue) resultItem() {}
func itemsInterface(owner *structure, f *field) jen.Code {
	mark, params := f.items.mark(), f.items.markParams()
	var names []string
	marks := jen.Null()
	done := map[*structure]bool{}
	elements := true
	for _, a := range f.items.arms {
		elements = elements && a.global
		for _, item := range a.structs {
			if !done[item] {
				done[item] = true
				names = append(names, "[*"+item.name+"]")
				marks.Line().Func().Params(jen.Op("*").Id(item.name)).Id(mark).Params(params...).Block(f.items.markBody(a)...)
			}
		}
	}
	methods := block(jen.Id(mark).Params(params...), jen.Id("encodeItem").Params(jen.Op("*").Add(rt("xsdrun", "Encoder"))))
	if elements {
		methods = append(block(jen.Id("Element")), methods...)
	}
	return documented(
		doc("%s is one of the items of [%s]: %s.", f.items.name, owner.name, enumerate(names, "or")),
		jen.Type().Id(f.items.name).Interface(methods...),
	).(*jen.Statement).Line().Add(marks)
}

// enumerate joins words as prose does: "a, b or c".
func enumerate(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}

// enumType emits
//
//	type DomainPUnit string
func (e *emitter) enumType(en *enum) jen.Code {
	text := en.name + " is one of the values of "
	if n := en.st.Name; n.Local != "" {
		text += "the type " + e.qname(n.Space, n.Local) + "."
	} else {
		text += "an enumeration."
	}
	if en.st.Doc != "" {
		text += " " + prose(en.st.Doc)
	}
	return documented(doc("%s", text+e.schemaClause(en.st.Name.Space)), jen.Type().Id(en.name).Add(en.kind.goType()))
}

// enumValues emits the constants of an enumeration:
//
//	const (
//		DomainPUnitY DomainPUnit = "y"
//		DomainPUnitM DomainPUnit = "m"
//	)
//
// The result codes of the specification have names of their own; see code.go.
func (e *emitter) enumValues(en *enum) jen.Code {
	if en == e.msgs.codes {
		return e.codeValues(en)
	}
	values := make([]jen.Code, len(en.values))
	for i, c := range en.values {
		values[i] = jen.Id(c.name).Id(en.name).Op("=").Add(en.literal(c.facet.Value))
		if c.facet.Doc != "" {
			values[i] = values[i].(*jen.Statement).Comment("// " + strings.Join(strings.Fields(c.facet.Doc), " "))
		}
	}
	return documented(doc("The values of [%s].", en.name), jen.Const().Defs(values...))
}

// literal is a value of an enumeration as a constant.
func (en *enum) literal(v string) jen.Code {
	if en.kind == kindString {
		return lit(v)
	}
	return integer(v)
}

// integer is an integer of a schema as Go writes it.
func integer(v string) jen.Code {
	v = strings.TrimPrefix(strings.TrimSpace(v), "+")
	sign := ""
	if strings.HasPrefix(v, "-") {
		sign, v = "-", v[1:]
	}
	if v = strings.TrimLeft(v, "0"); v == "" {
		v = "0"
	}
	return jen.Op(sign + v)
}
