package emit

import (
	"strconv"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// shapes is the Go view of a schema set: what becomes of every type that global elements reach.
type shapes struct {
	p       *model.Protocol
	set     *xsd.Set
	names   *name.Table
	found   diag.List
	structs []*structure // in the order they are reached, an element before what it holds
	enums   []*enum
	byType  map[xsd.Type]*structure
	globals map[*xsd.Element]*structure
	// ofElement are the types of global elements and of messages' payloads: users write those as structs.
	ofElement map[xsd.Type]bool
	byEnum    map[*xsd.SimpleType]*enum
	families  []*family
	groups    map[*xsd.Element]*family
	byBase    map[*xsd.ComplexType]*family
	unions    []*union
	byUnion   map[*xsd.SimpleType]*union
	derived   map[*xsd.ComplexType][]*xsd.ComplexType
	nils      map[xsd.Type]bool // types of elements that may be nil
	// defaultSpace is the namespace whose elements are written without a prefix; empty for none.
	defaultSpace string
}

// structure is a Go type made from a complex type, from a global element, or from an arm of a repeated choice.
type structure struct {
	name    string
	ct      *xsd.ComplexType // nil for one that wraps a simple value
	element *xsd.Element     // the global element it stands for, or nil
	pos     model.Pos
	doc     string
	// same: the structure it is defined as; it then has no fields of its own (type HostDelete HostSName).
	same *structure
	// collapsed: a type with nothing but one element or wildcard in it is no struct; its users hold fields[0]'s value.
	collapsed bool
	fields    []*field
	body      *node // of element content
	model     *xsd.Model
	inside    []*field      // of mixed content: by particle of model, the element that it matches
	arm       *items        // the interface it is an item of and nothing else, or nil
	leaf      *xsd.Particle // of such an item: what it matches
	isItem    bool          // a global element that is an item of some interface
}

// items is a group that may repeat: a list of a sealed interface, its arms in the order they were found in the document.
type items struct {
	name  string // of the interface
	arms  []*arm
	order *order // nil if the arms may come in any order
}

// arm is what an item may be: the structure of an element or wildcard, or those of a substitution group.
type arm struct {
	leaf    *xsd.Particle
	structs []*structure
	global  bool // they are those of global elements
}

// role says where in the document a field stands.
type role uint8

const (
	roleAttribute    role = iota
	roleAnyAttribute      // the attributes that a wildcard admits
	roleElement           // an element, or a wildcard
	roleValue             // the text of simple content
	roleMixed             // mixed content
	roleAny               // the whole content of xs:anyType
	roleItems             // a repeated group
	roleNil               // whether an element is nil
)

// field is a field of a structure.
type field struct {
	name     string
	wire     string
	role     role
	doc      string
	val      value
	many     bool
	optional bool // it may be absent
	pointer  bool // and is held by a pointer then
	attr     *xsd.AttributeUse
	particle *xsd.Particle
	items    *items
	null     *field // of an element that may be nil: the field that says that it is
	nils     bool   // each of many is held by a pointer, nil for an element that is nil
}

// value is how Go holds a value of a schema type. Exactly one of its members is set.
type value struct {
	scalar  *scalar
	of      *structure
	any     bool // xmlstream.Any
	element bool // the Element interface: a wildcard
	family  *family
}

// scalar is a value of a simple type.
type scalar struct {
	st    *xsd.SimpleType
	kind  kind
	enum  *enum   // nil: a plain Go type, or a union's
	union *union  // nil: no union that has a Go type
	item  *scalar // of a list
	zero  bool    // Go's zero value is a value of the type
}

// enum is an enumeration: a named Go type with constants.
type enum struct {
	name   string
	st     *xsd.SimpleType
	kind   kind
	values []constant
}

// constant is a value of an enumeration with the constant that stands for it.
type constant struct {
	name  string
	facet *xsd.Facet
}

// node is a particle of a content model with the field that holds what it matches.
type node struct {
	p        *xsd.Particle
	field    *field  // of a leaf, and of a repeated group
	kids     []*node // of a group that does not repeat
	optional bool    // it may be absent though what is around it is present
	given    bool    // while it is emitted: it is known to be there
}

// newShapes works out the Go types of set. Its findings are what Go cannot name.
func newShapes(p *model.Protocol, set *xsd.Set, names *name.Table) (*shapes, diag.List) {
	s := &shapes{
		p: p, set: set, names: names, byType: map[xsd.Type]*structure{}, globals: map[*xsd.Element]*structure{},
		byEnum: map[*xsd.SimpleType]*enum{}, ofElement: map[xsd.Type]bool{},
		groups: map[*xsd.Element]*family{}, byBase: map[*xsd.ComplexType]*family{},
		byUnion: map[*xsd.SimpleType]*union{},
	}
	if set == nil {
		return s, nil
	}
	s.derived = derivedTypes(set)
	s.nils = nilTypes(set, s.derived)
	for _, el := range set.Elements {
		s.ofElement[el.Type] = true
	}
	for _, m := range p.Messages {
		if el := name.At(m, set); el != nil && len(m.Bind) == 0 && !names.Envelope(el.Type) {
			s.ofElement[el.Type] = true
		}
	}
	for _, el := range set.Elements {
		if !el.Abstract {
			s.global(el)
		}
	}
	if s.bare() {
		for _, t := range set.Types {
			if ct, ok := t.(*xsd.ComplexType); ok && !ct.Abstract {
				s.complex(ct)
			}
		}
	}
	visits := map[*structure]visit{}
	for _, st := range s.structs {
		breakCycle(st, visits)
	}
	s.chooseDefault()
	return s, s.found
}

// breakCycle makes pointers of fields by which a structure would hold itself: content that must hold its own kind has no document
// that ends, but it has a type.
func breakCycle(st *structure, visits map[*structure]visit) {
	if st = target(st); visits[st] != unvisited {
		return
	}
	visits[st] = visiting
	for _, f := range st.fields {
		if f.val.of == nil || f.pointer || f.many {
			continue
		}
		if of := target(f.val.of); visits[of] == visiting {
			f.pointer = true
		} else {
			breakCycle(of, visits)
		}
	}
	visits[st] = visited
}

// visit is how far a walk over structures has come with one of them.
type visit uint8

const (
	unvisited visit = iota
	visiting
	visited
)

// chooseDefault takes the default namespace of the specification, unless elements without a namespace could then not be
// written.
func (s *shapes) chooseDefault() {
	for _, st := range s.structs {
		if st.element != nil && st.element.Name.Space == "" {
			return
		}
		for _, f := range st.fields {
			if f.particle != nil && f.particle.Element != nil && f.particle.Element.Name.Space == "" {
				return
			}
		}
	}
	for _, schema := range s.p.Schemas {
		if schema.Default {
			s.defaultSpace = schema.Namespace
		}
	}
}

// global is the structure of a global element.
func (s *shapes) global(el *xsd.Element) *structure {
	if st := s.globals[el]; st != nil {
		return st
	}
	st := &structure{name: s.names.Element(el), element: el, pos: el.Pos, doc: el.Doc}
	s.globals[el] = st
	s.structs = append(s.structs, st)
	ct, ok := el.Type.(*xsd.ComplexType)
	switch {
	case !ok:
		f := s.valueField(el.Type.(*xsd.SimpleType))
		st.fields = []*field{f}
		if el.Nillable {
			st.fields = []*field{nilField(), f}
		}
	case isAnyType(ct):
		st.fields = []*field{{name: "Content", role: roleAny, val: value{any: true}}}
		if el.Nillable {
			st.fields = []*field{nilField(), st.fields[0]}
		}
	case s.derivations(ct) != nil:
		place := &xsd.Particle{Kind: xsd.ElementParticle, Pos: el.Pos, Min: 1, Max: 1, Element: el}
		st.fields = []*field{{name: "Value", wire: "the element", role: roleElement, particle: place, val: value{family: s.derivations(ct)}}}
	case s.names.Merged(ct) == el:
		s.byType[ct] = st
		if st.doc == "" {
			st.doc = ct.Doc
		}
		s.fill(st, ct)
	default:
		st.same = s.complex(ct)
	}
	return st
}

// complex is the structure of a complex type.
func (s *shapes) complex(ct *xsd.ComplexType) *structure {
	if st := s.byType[ct]; st != nil {
		return st
	}
	if el := s.names.Merged(ct); el != nil {
		return s.global(el)
	}
	st := &structure{name: s.names.Type(ct), pos: ct.Pos, doc: ct.Doc}
	s.byType[ct] = st
	s.structs = append(s.structs, st)
	s.fill(st, ct)
	return st
}

// fill gives st the fields of ct.
func (s *shapes) fill(st *structure, ct *xsd.ComplexType) {
	st.ct = ct
	if s.nils[ct] {
		st.fields = append(st.fields, nilField())
	}
	for _, use := range ct.Attributes {
		st.fields = append(st.fields, s.attribute(use))
	}
	if ct.AnyAttribute != nil {
		st.fields = append(st.fields, &field{name: "Attributes", wire: "any other attribute", role: roleAnyAttribute})
	}
	switch ct.Content {
	case xsdrun.ContentSimple:
		st.fields = append(st.fields, s.valueField(ct.Simple))
	case xsdrun.ContentMixed:
		s.mixed(st, ct)
		st.fields = append(st.fields, &field{name: "Content", wire: "content", role: roleMixed})
	case xsdrun.ContentElements:
		st.model = s.set.Model(ct)
		s.content(st, ct.Particle)
	}
	number(st)
	s.orders(st)
	st.collapsed = !s.ofElement[ct] && !s.nils[ct] && len(s.derived[ct]) == 0 && complexBase(ct) == nil && collapses(st)
	if s.names.Envelope(ct) {
		st.collapsed = st.collapsed && st.fields[0].val.element
	}
}

// mixed notes what may stand in mixed content: it is kept as it came, but judged.
func (s *shapes) mixed(st *structure, ct *xsd.ComplexType) {
	st.model = s.set.Model(ct)
	if st.model == nil {
		return
	}
	made := map[*xsd.Particle]*field{}
	for _, leaf := range st.model.Leaves {
		f := made[leaf]
		if f == nil {
			f = &field{role: roleElement, particle: leaf}
			switch {
			case leaf.Kind == xsd.WildcardParticle:
				f.val.element = true
			case !f.isGlobal():
				f.val = s.elementValue(leaf.Element)
			}
			made[leaf] = f
		}
		st.inside = append(st.inside, f)
	}
}

// collapses reports whether st is a wrapper: one element or wildcard that must be there, and nothing else.
func collapses(st *structure) bool {
	return len(st.fields) == 1 && st.fields[0].role == roleElement && !st.fields[0].optional && st.fields[0].val.of == nil &&
		!st.fields[0].val.any && st.fields[0].val.family == nil && !st.fields[0].val.isList()
}

// number tells fields apart that Go would call the same, or like a method: the second gets a 2. Names of a schema are not the
// specification's to change, and the wire's own name stands behind each field.
func number(st *structure) {
	taken := map[string]bool{"AppendXML": true, "XMLName": true}
	for _, f := range st.fields {
		base := f.name
		for n := 2; taken[f.name]; n++ {
			f.name = base + strconv.Itoa(n)
		}
		taken[f.name] = true
	}
}

// attribute is the field of an attribute.
func (s *shapes) attribute(use *xsd.AttributeUse) *field {
	f := &field{
		name: name.Exported(use.Attribute.Name.Local), wire: "@" + use.Attribute.Name.Local, role: roleAttribute, attr: use,
		doc: use.Doc, optional: !use.Required,
	}
	f.val.scalar = s.scalar(use.Attribute.Type)
	f.pointer = f.optional && use.Default == nil && use.Fixed == nil && f.val.scalar.needsPointer()
	return f
}

// valueField is the field of simple content.
func (s *shapes) valueField(st *xsd.SimpleType) *field {
	return &field{name: "Value", wire: "text", role: roleValue, val: value{scalar: s.scalar(st)}}
}

// content adds the fields of element content to st. Content that names one element in two places has no fields of its
// own to be told apart by, and becomes a list as a whole.
func (s *shapes) content(st *structure, p *xsd.Particle) {
	if repeatsName(p) {
		st.body = s.repeated(st, p, false)
		return
	}
	st.body = s.particle(st, p, false)
}

// repeatsName reports whether two leaves of p are elements of the same name.
func repeatsName(p *xsd.Particle) bool {
	seen := map[xsd.Name]bool{}
	twice := false
	name.Leaves(p, func(leaf *xsd.Particle) {
		if leaf.Kind == xsd.ElementParticle {
			twice = twice || seen[leaf.Element.Name]
			seen[leaf.Element.Name] = true
		}
	})
	return twice
}

// particle is the node of p, its fields added to st. Optional says that what is around p may be absent.
func (s *shapes) particle(st *structure, p *xsd.Particle, optional bool) *node {
	switch {
	case p.Kind == xsd.ElementParticle || p.Kind == xsd.WildcardParticle:
		return s.leaf(st, p, optional)
	case p.Max != 1:
		return s.repeated(st, p, optional)
	}
	n := &node{p: p, optional: p.Min == 0}
	for _, c := range p.Children {
		n.kids = append(n.kids, s.particle(st, c, optional || n.optional || p.Kind == xsd.ChoiceParticle))
	}
	return n
}

// leaf is the node of an element or wildcard.
func (s *shapes) leaf(st *structure, p *xsd.Particle, optional bool) *node {
	f := &field{role: roleElement, particle: p, many: p.Max != 1, optional: optional || p.Min == 0, doc: p.Doc}
	if p.Kind == xsd.WildcardParticle {
		f.name, f.wire, f.val.element = "Any", "any", true
	} else {
		f.name, f.wire = name.Exported(p.Element.Name.Local), p.Element.Name.Local
		if f.doc == "" {
			f.doc = p.Element.Doc
		}
		f.val = s.elementValue(p.Element)
	}
	if f.many && p.Kind == xsd.ElementParticle {
		f.name = name.Plural(f.name)
	}
	f.pointer = f.optional && !f.many && f.val.needsPointer()
	st.fields = append(st.fields, f)
	if p.Element != nil && p.Element.Nillable {
		s.nillable(st, f)
	}
	return &node{p: p, field: f, optional: p.Min == 0}
}

// nillable gives f, whose element may be nil, a field beside it that says so. A value with a Go struct of its own says so itself,
// and of many values each is held by a pointer.
func (s *shapes) nillable(st *structure, f *field) {
	switch {
	case f.val.of != nil, f.val.family != nil:
	case f.many:
		f.nils = !f.val.any // which is a pointer anyway
	default:
		f.null = &field{name: f.name + "Nil", wire: f.wire + "/@xsi:nil", role: roleNil}
		st.fields = append(st.fields, f.null)
	}
}

// nilField is the field of a struct whose element may be nil.
func nilField() *field { return &field{name: "Nil", wire: "@xsi:nil", role: roleNil} }

// saysNil reports whether the structure has a field that says whether its element is nil.
func (st *structure) saysNil() bool {
	for st.same != nil {
		st = st.same
	}
	return len(st.fields) > 0 && st.fields[0].role == roleNil
}

// nilTypes are the complex types of elements that may be nil, and the types that xsi:type may put in their place.
func nilTypes(set *xsd.Set, derived map[*xsd.ComplexType][]*xsd.ComplexType) map[xsd.Type]bool {
	nils, seen := map[xsd.Type]bool{}, map[xsd.Type]bool{}
	var visit func(t xsd.Type)
	element := func(el *xsd.Element) {
		if ct, ok := el.Type.(*xsd.ComplexType); ok && el.Nillable {
			nils[ct] = true
			for _, d := range derived[ct] {
				nils[d] = true
			}
		}
		visit(el.Type)
	}
	visit = func(t xsd.Type) {
		ct, ok := t.(*xsd.ComplexType)
		if !ok || seen[t] {
			return
		}
		seen[t] = true
		name.Leaves(ct.Particle, func(leaf *xsd.Particle) {
			if leaf.Element != nil {
				element(leaf.Element)
			}
		})
	}
	for _, el := range set.Elements {
		element(el)
	}
	for _, t := range set.Types {
		visit(t)
	}
	return nils
}

// elementValue is how an element's content is held.
func (s *shapes) elementValue(el *xsd.Element) value {
	if f := s.group(el); f != nil && el.Global {
		return value{family: f}
	}
	switch t := el.Type.(type) {
	case *xsd.SimpleType:
		return value{scalar: s.scalar(t)}
	case *xsd.ComplexType:
		if isAnyType(t) {
			return value{any: true}
		}
		if f := s.derivations(t); f != nil {
			return value{family: f}
		}
		return value{of: s.complex(t)}
	}
	return value{}
}

// repeated is the node of a repeated group, whose field is a list of an interface.
func (s *shapes) repeated(st *structure, p *xsd.Particle, optional bool) *node {
	if len(p.Children) == 1 && p.Min <= 1 && p.Children[0].Max == 1 {
		only := *p.Children[0]
		only.Max = p.Max
		only.Min = min(p.Min, only.Min)
		return s.particle(st, &only, optional)
	}
	it := &items{name: st.name + "Item"}
	f := &field{
		name: "Items", wire: "items", role: roleItems, particle: p, many: true, items: it,
		optional: optional || p.Min == 0,
	}
	for n := 2; s.names.Scope.Has(it.name); n++ {
		it.name = st.name + "Item" + strconv.Itoa(n)
	}
	s.found = append(s.found, s.names.Scope.Take(it.name, "the repeated content of "+st.name, p.Pos)...)
	st.fields = append(st.fields, f)
	name.Leaves(p, func(leaf *xsd.Particle) {
		if it.armOf(leaf) == nil {
			it.arms = append(it.arms, s.newArm(st, it, leaf))
		}
	})
	return &node{p: p, field: f, optional: p.Min == 0}
}

// newArm is one arm of a repeated group. What a global element has for a structure anyway is an item as it is.
func (s *shapes) newArm(owner *structure, it *items, leaf *xsd.Particle) *arm {
	if leaf.Element == nil || !leaf.Element.Global {
		return &arm{leaf: leaf, structs: []*structure{s.newItem(owner, it, leaf)}}
	}
	a := &arm{leaf: leaf, global: true}
	for _, el := range append([]*xsd.Element{leaf.Element}, s.set.Substitutes(leaf.Element)...) {
		if !el.Abstract {
			st := s.global(el)
			st.isItem = true
			a.structs = append(a.structs, st)
		}
	}
	return a
}

// newItem is the structure of a local element or a wildcard in a repeated group.
func (s *shapes) newItem(owner *structure, it *items, leaf *xsd.Particle) *structure {
	item := &structure{pos: leaf.Pos, doc: leaf.Doc, arm: it, leaf: leaf}
	s.structs = append(s.structs, item)
	if leaf.Kind == xsd.WildcardParticle {
		item.name = owner.name + "Any"
		item.fields = []*field{{name: "Element", wire: "any", role: roleElement, particle: leaf, val: value{element: true}}}
	} else {
		item.name = owner.name + name.Exported(leaf.Element.Name.Local)
		switch v := s.elementValue(leaf.Element); {
		case v.of != nil && !v.of.collapsed:
			item.same = v.of
		default:
			f := &field{name: "Value", wire: leaf.Element.Name.Local, role: roleElement, particle: leaf, val: v}
			item.fields = []*field{f}
			if leaf.Element.Nillable {
				s.nillable(item, f)
			}
		}
	}
	item.name = s.names.Free(item.name)
	s.found = append(s.found, s.names.Scope.Take(item.name, "an item of "+owner.name, leaf.Pos)...)
	return item
}

// prefix is the prefix that the specification gives a namespace, for names that users do not see.
func (s *shapes) prefix(space string) string {
	for _, schema := range s.p.Schemas {
		if schema.Namespace == space {
			return schema.Name
		}
	}
	return "ns" + strconv.Itoa(s.set.Spaces().Index(space))
}

// isList reports whether the value is a list of simple values.
func (v value) isList() bool { return v.scalar != nil && v.scalar.kind == kindList }

// needsPointer reports whether absence must be told apart by a pointer.
func (v value) needsPointer() bool {
	switch {
	case v.scalar != nil:
		return v.scalar.needsPointer()
	case v.of != nil && v.of.collapsed:
		return !v.of.fields[0].many && v.of.fields[0].val.needsPointer()
	}
	return !v.element && !v.any && v.family == nil
}

// needsPointer reports whether Go's zero value may stand on the wire and so cannot mean absence.
func (s *scalar) needsPointer() bool { return s.zero && s.kind != kindBytes && s.kind != kindList }

// isAnyType reports whether t is xs:anyType.
func isAnyType(t *xsd.ComplexType) bool { return t.Base == nil }
