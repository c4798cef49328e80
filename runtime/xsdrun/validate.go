package xsdrun

import (
	"fmt"
	"io"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// Validate judges doc by the schema. It returns nil, a *[xmlstream.SyntaxError] if doc is not well-formed, or a
// *[ValidationError]. The root must be one of the global elements, or carry an xsi:type. Of opts the fields XML and
// MaxFaults count. Schema locations in the document are not followed.
func (s *Schema) Validate(doc []byte, opts Options) error {
	return s.validate(opts, func(d *Decoder) { d.Reset(doc) })
}

// ValidateReader is Validate for a document that is read as it goes on, of any size within [xmlstream.Options] MaxDocument: memory
// holds the open elements, one token, IDs and keys. An error of src is wrapped in the *[xmlstream.SyntaxError].
func (s *Schema) ValidateReader(src io.Reader, opts Options) error {
	return s.validate(opts, func(d *Decoder) { d.ResetReader(src) })
}

// validate judges the document on which begin starts a Decoder.
func (s *Schema) validate(opts Options, begin func(d *Decoder)) error {
	opts.Alias, opts.Types, opts.Attributes, opts.Known = true, s.Types, s.Attributes, nil
	v, _ := s.validations.Get().(*validation)
	if v == nil || v.opts.XML != opts.XML || v.opts.MaxFaults != opts.MaxFaults {
		v = &validation{s: s, d: NewDecoder(s.Spaces, opts), opts: opts}
		v.anyType, _ = s.Types[xmlstream.Name{Space: Space, Local: "anyType"}].(*ComplexType)
	}
	defer s.validations.Put(v)
	begin(v.d)
	if v.d.Root() {
		v.root()
	}
	err := v.d.Finish()
	v.d.Reset(nil) // lets go of the document
	return err
}

// validation is the interpreter at work on one document.
type validation struct {
	s       *Schema
	d       *Decoder
	opts    Options
	anyType *ComplexType // nil in a schema that does not have it
	allowed map[substitution]bool
}

// substitution is a type in the place of another: see derived.
type substitution struct {
	t, base Type
	block   Derivation
}

func (v *validation) root() {
	switch e := v.s.Elements[v.d.Name()]; {
	case e != nil:
		v.element(e)
	case v.d.xsi.typed:
		v.undeclared()
	default:
		v.d.UndeclaredRoot()
	}
}

// element judges the element on which the Decoder stands by its declaration, to its end.
func (v *validation) element(e *Element) {
	d := v.d
	if e.Abstract {
		d.faultHere("cvc-elt.2", fmt.Sprintf("<%s> is abstract: a member of its substitution group must stand here", d.r.QName()))
	}
	t := v.typeOf(e)
	isNil := v.nilled(e)
	d.Constrain(e.Identity...)
	if e.Nillable && d.keyed {
		d.keys.mayBeNil(d)
	}
	switch t := t.(type) {
	case *SimpleType:
		d.NoAttributes()
		if isNil {
			v.nothing(true)
		} else {
			v.simple(e, t)
		}
	case *ComplexType:
		t.prepare()
		v.attributes(t)
		switch {
		case isNil:
			v.nothing(t.Content == ContentSimple)
		case t.Content == ContentSimple:
			v.simple(e, t.Simple)
		default:
			v.complex(e, t)
		}
	}
}

// typeOf returns the type that governs the element: the declared one, or what xsi:type says (cvc-elt.4).
func (v *validation) typeOf(e *Element) Type {
	d, t := v.d, e.Type
	if d.xsi.typed {
		if _, named := d.typeNamed(); named != nil {
			block := e.Block
			if c, ok := e.Type.(*ComplexType); ok {
				block |= c.Block
			}
			if v.mayStandFor(named, e.Type, block) {
				t = named
			} else {
				d.faultHere("cvc-elt.4.3", fmt.Sprintf("xsi:type %s may not stand for the type of <%s>", quote(d.xsi.typeOf), d.r.QName()))
			}
		}
		d.xsi.typed = false
	}
	if c, ok := t.(*ComplexType); ok && c.Abstract {
		d.faultHere("cvc-type.2", fmt.Sprintf("the type of <%s>, %s, is abstract", d.r.QName(), c.describe()))
	}
	return t
}

func (t *ComplexType) describe() string {
	if t.Label != "" {
		return t.Label
	}
	return "an anonymous type"
}

// mayStandFor is derived, which it remembers: a chain of derivations may be long.
func (v *validation) mayStandFor(t, base Type, block Derivation) bool {
	if t == base {
		return true
	}
	pair := substitution{t, base, block}
	ok, known := v.allowed[pair]
	if !known {
		ok = v.derived(t, base, block)
		if v.allowed == nil || len(v.allowed) >= maxAllowed {
			v.allowed = map[substitution]bool{}
		}
		v.allowed[pair] = ok
	}
	return ok
}

// maxAllowed is how much of that is remembered at once.
const maxAllowed = 1 << 12

// derived reports whether t is base, or derived from it by none of the ways in block (XML Schema part 1, 3.4.6 and 3.14.6,
// Type Derivation OK).
func (v *validation) derived(t, base Type, block Derivation) bool {
	if s, ok := base.(*SimpleType); ok {
		if m, ok := t.(*SimpleType); ok {
			return m.IsDerivedFrom(s) && (m == s || block&Restriction == 0)
		}
	}
	for t != base {
		switch c := t.(type) {
		case *SimpleType:
			if _, ok := base.(*SimpleType); ok {
				return v.derived(c, base, block) // base may be a union that c is a member of
			}
			if block&Restriction != 0 {
				return false
			}
			t = c.Base
			if c.Base == nil {
				t = v.anyType
			}
		case *ComplexType:
			if c == nil || c.Base == nil || block&c.Method != 0 {
				return false
			}
			t = c.Base
		default:
			return false
		}
	}
	return true
}

// nilled judges xsi:nil (cvc-elt.3).
func (v *validation) nilled(e *Element) bool {
	d := v.d
	if !d.xsi.nilled {
		return false
	}
	isNil := d.takeNil()
	switch {
	case !e.Nillable:
		d.faultHere("cvc-elt.3.1", fmt.Sprintf("<%s> has xsi:nil but is not nillable", d.r.QName()))
		return false
	case isNil && e.Fixed != nil:
		d.faultHere("cvc-elt.3.2.2", fmt.Sprintf("<%s> is nil though its value is fixed", d.r.QName()))
	}
	return isNil
}

// attributes judges the attributes by a complex type (cvc-complex-type.3 to 5).
func (v *validation) attributes(t *ComplexType) {
	d := v.d
	ids, wildIDs := 0, 0
	for a := d.Attrs(t.Attributes); a.Next(); {
		var st *SimpleType
		if a.Use == AnyAttribute {
			if g := v.s.Attributes[d.attr.name(v.s.Spaces)]; g != nil && t.Attributes.Any.Process != Skip {
				st = g.Type
			}
		} else {
			st = t.Attributes.Uses[a.Use].Type
		}
		if st != nil && st.program.identity == identityID {
			if ids++; a.Use == AnyAttribute {
				wildIDs++
			}
		}
	}
	if wildIDs > 0 && ids > 1 {
		d.faultHere("cvc-complex-type.5", fmt.Sprintf("<%s> has more than one attribute that is an ID", d.r.QName()))
	}
}

// simple judges text content.
func (v *validation) simple(e *Element, t *SimpleType) {
	d := v.d
	if e.Default != nil {
		d.IfEmpty(*e.Default)
	}
	declared := contentOf(e.Type)
	switch {
	case e.Fixed == nil:
	case declared == nil || declared == t:
		d.IfFixed(*e.Fixed)
	default: // a value of the declared type, not of the one that xsi:type names
		d.IfEmpty(*e.Fixed)
	}
	d.xsi = xsi{}
	text, _, ok := d.content(t)
	if !ok {
		return
	}
	if e.Fixed != nil && declared != nil && declared != t && !declared.Equal(text, *e.Fixed, d.resolve) {
		d.faultEnded(d.at, "cvc-elt.5.2.2.2.2", fmt.Sprintf("%s where the value is fixed as %s", quote(text), quote(*e.Fixed)))
		return
	}
	text, fault := t.program.check(t, text, d.resolve)
	if fault != nil {
		d.violated(fault)
		return
	}
	if t.program.identity != identityNone {
		d.identify(t, text, d.at, d.path(d.r.QName()), d.r.QName())
	}
}

// contentOf is the simple type of the text that elements of the type hold; nil if they hold elements.
func contentOf(t Type) *SimpleType {
	switch t := t.(type) {
	case *SimpleType:
		return t
	case *ComplexType:
		return t.Simple
	}
	return nil
}

// nothing reads an element that is nil (cvc-elt.3.2.1); simple tells whether its type could have given it a value.
func (v *validation) nothing(simple bool) {
	v.d.forget()
	if simple && v.d.keyed {
		v.d.keys.value(v.d, nil, "")
	}
	v.d.nothing("cvc-elt.3.2.1", "nil", true)
}

// complex judges content of elements.
func (v *validation) complex(e *Element, t *ComplexType) {
	d := v.d
	d.forget()
	switch {
	case t.Content == ContentEmpty:
		d.nothing("cvc-complex-type.2.1", "empty", true)
		return
	case t.Model == nil && t.Content == ContentElements:
		d.nothing("cvc-complex-type.2.1", "empty", false)
		return
	}
	model := t.Model
	if model == nil {
		model = emptyModel
	}
	if t.Content == ContentMixed && e.Fixed != nil {
		v.fixedMixed(e, model)
		return
	}
	c := d.Children(model)
	c.mixed = t.Content == ContentMixed
	for c.Next() {
		v.child(&model.Particles[c.Particle], c.Member)
	}
}

// emptyModel allows no elements.
var emptyModel = &Model{Next: [][]int{nil}, Final: []bool{true}}

// fixedMixed judges mixed content with a fixed value, which cannot hold elements (cvc-elt.5.2.2).
func (v *validation) fixedMixed(e *Element, m *Model) {
	d := v.d
	name := d.r.QName()
	text, _, whole := d.r.Content()
	if !whole {
		d.fault(d.r.Offset(), d.path(""), "cvc-elt.5.2.2.1", fmt.Sprintf("<%s> holds an element though its value is fixed", name), name)
		text, _ = d.skipIntruders()
	}
	if text != "" && text != *e.Fixed {
		d.faultEnded(d.at, "cvc-elt.5.2.2.2.1", fmt.Sprintf("%s where the value is fixed as %s", quote(text), quote(*e.Fixed)))
	}
	if whole && m.Final != nil && !m.Final[0] {
		d.faultEnded(d.at, "cvc-complex-type.2.4.b", fmt.Sprintf("<%s> is not complete", name))
	}
}

// child judges the child on which the Decoder stands by the particle that it matched.
func (v *validation) child(p *Particle, member int) {
	e := p.Element
	if member >= 0 {
		e = p.Members[member].Element
	}
	switch {
	case p.Any != nil && p.Any.Process == Skip:
		v.d.SkipElement()
	case p.Any == nil:
		v.element(e)
	default:
		v.wild(p.Any)
	}
}

// wild judges an element by a wildcard (cvc-wildcard, cvc-assess-elt).
func (v *validation) wild(w *Wildcard) {
	d := v.d
	switch e := v.s.Elements[d.Name()]; {
	case e != nil:
		v.element(e)
	case w.Process == Strict && !d.xsi.typed:
		d.Undeclared(w)
		v.undeclared()
	default:
		v.undeclared()
	}
}

// undeclared judges an element without a declaration: by its xsi:type, or else as xs:anyType.
func (v *validation) undeclared() {
	if v.anyType == nil {
		v.d.SkipElement()
		return
	}
	v.d.xsi.nilled = false // xsi:nil speaks of a declaration (cvc-elt.3)
	v.element(&Element{Name: v.d.Name(), Type: v.anyType})
}
