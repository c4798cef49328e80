package name

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
)

// Table holds the Go names of a protocol's schema components: those that become declarations of the emitted package.
//
// A global element becomes a type named after it. A named complex type that only one global element uses is merged into
// that element's; any other has a type of its own, as has every enumeration. A type that would share its name with an
// element keeps the "Type" of its own name. What messages stand for (the document element and the elements on the way to
// a message's payload) is not for users: its types begin small and end in Doc.
type Table struct {
	prefixes map[string]string // by namespace
	elements map[*xsd.Element]string
	types    map[xsd.Type]string
	envelope map[xsd.Type]bool
	merged   map[xsd.Type]*xsd.Element
	whole    map[*model.Message]*xsd.Element
	numbered bool // a name that is taken gets a number: nobody could change it
	// Scope holds every name of the package; emit takes those of what it derives from components.
	Scope Scope
}

// Element is the Go type of a global element.
func (t *Table) Element(el *xsd.Element) string { return t.elements[el] }

// Type is the Go type of a complex type or an enumeration; empty for one that has none of its own.
func (t *Table) Type(typ xsd.Type) string { return t.types[typ] }

// Merged is the global element whose Go type stands for typ, or nil.
func (t *Table) Merged(typ xsd.Type) *xsd.Element { return t.merged[typ] }

// Envelope reports whether typ is part of the way to messages, and so not for users.
func (t *Table) Envelope(typ xsd.Type) bool { return t.envelope[typ] }

// Prefix is what the Go names of a namespace's components begin with.
func (t *Table) Prefix(space string) string { return t.prefixes[space] }

// Schemas names the components of set, which is nil for a protocol without schemas. The names of p's own elements must
// have been assigned.
func Schemas(p *model.Protocol, set *xsd.Set) (*Table, diag.List) {
	t := &Table{
		prefixes: map[string]string{}, elements: map[*xsd.Element]string{}, types: map[xsd.Type]string{},
		envelope: map[xsd.Type]bool{}, merged: map[xsd.Type]*xsd.Element{}, whole: map[*model.Message]*xsd.Element{},
	}
	t.numbered = len(p.Messages) == 0 && len(p.Machines) == 0
	t.findPayloads(p, set)
	found := append(t.own(p, set != nil), t.protocol(p)...)
	if set == nil {
		return t, found
	}
	t.findEnvelope(p, set)
	uses := countUses(set)
	found = append(found, t.nameElements(set, uses)...)
	found = append(found, t.nameTypes(set, uses)...)
	return t, found
}

// Free returns the name, or where it is taken and schemas are all there is, the name with a number: in a specification a
// collision is an error that its author mends, but schemas are often nobody's to change.
func (t *Table) Free(goName string) string {
	free := goName
	for n := 2; t.numbered && t.Scope.Has(free); n++ {
		free = goName + strconv.Itoa(n)
	}
	return free
}

// protocol claims the package-level names that [Assign] gave.
func (t *Table) protocol(p *model.Protocol) diag.List {
	var found diag.List
	for _, s := range p.Schemas {
		if !s.Bare {
			t.prefixes[s.Namespace] = s.Name
		}
	}
	for _, m := range p.Messages {
		if t.whole[m] != nil {
			continue // the payload's own type is the message
		}
		found = append(found, t.Scope.Take(m.Go, fmt.Sprintf("message %q", m.Name), m.Pos)...)
	}
	for _, c := range p.Codes {
		found = append(found, t.Scope.Take(c.Go, fmt.Sprintf("code %q", c.Name), c.Pos)...)
	}
	for _, h := range p.Heads {
		found = append(found, t.Scope.Take(h.Go, fmt.Sprintf("head %q", h.Name), h.Pos)...)
	}
	return found
}

// findPayloads finds the messages of XML that are nothing but the element their path ends at: the Go type of that element
// is the message.
func (t *Table) findPayloads(p *model.Protocol, set *xsd.Set) {
	for _, m := range p.Messages {
		if m.Encoding != "xml" || m.Head != nil || len(m.Bind) > 0 || set == nil {
			continue
		}
		el := At(m, set)
		if el == nil || m.At == "" {
			t.whole[m] = el
			continue
		}
		if ct, ok := el.Type.(*xsd.ComplexType); ok && !isAnyType(ct) {
			t.whole[m] = el
		}
	}
}

// At is the element that a message of XML is told by, at the end of its path; nil if set has none there.
func At(m *model.Message, set *xsd.Set) *xsd.Element {
	el := set.Element(xsd.Name{Space: m.Element.Namespace, Local: m.Element.Local})
	if m.At == "" {
		return el
	}
	for step := range strings.SplitSeq(m.At, "/") {
		if el != nil {
			el = Child(el.Type, step)
		}
	}
	return el
}

// Whole is the element that stands for a message as a whole, or nil: its Go type is the message.
func (t *Table) Whole(m *model.Message) *xsd.Element { return t.whole[m] }

// message is the Go name of a message that an element stands for; empty for any other.
func (t *Table) message(m *model.Message) string {
	switch el := t.whole[m]; {
	case el == nil:
		return ""
	case el.Global && m.At == "":
		return t.elements[el]
	default:
		return t.types[el.Type]
	}
}

// findEnvelope marks the types that messages stand for.
func (t *Table) findEnvelope(p *model.Protocol, set *xsd.Set) {
	for _, m := range p.Messages {
		el := set.Element(xsd.Name{Space: m.Element.Namespace, Local: m.Element.Local})
		if m.Encoding != "xml" || el == nil || m.At == "" {
			continue
		}
		steps := strings.Split(m.At, "/")
		for _, step := range steps {
			t.envelope[el.Type] = true
			if el = Child(el.Type, step); el == nil {
				break
			}
		}
		if el != nil && (len(m.Bind) > 0 || t.holdsHead(m, el)) {
			t.envelope[el.Type] = true
		}
	}
}

// holdsHead reports whether a field of m's head stands directly in el, the element m's path ends at.
func (t *Table) holdsHead(m *model.Message, el *xsd.Element) bool {
	if m.Head == nil {
		return false
	}
	for _, f := range m.Head.Fields {
		rest, ok := strings.CutPrefix(f.Key, m.At+"/")
		if !ok {
			rest = f.Key
		}
		first, _, _ := strings.Cut(rest, "/")
		if Child(el.Type, first) != nil {
			return true
		}
	}
	return false
}

// Child is the element of that local name in the content of a complex type, or nil.
func Child(t xsd.Type, local string) *xsd.Element {
	ct, ok := t.(*xsd.ComplexType)
	if !ok || ct.Particle == nil {
		return nil
	}
	var find func(p *xsd.Particle) *xsd.Element
	find = func(p *xsd.Particle) *xsd.Element {
		if p.Kind == xsd.ElementParticle && p.Element.Name.Local == local {
			return p.Element
		}
		for _, c := range p.Children {
			if el := find(c); el != nil {
				return el
			}
		}
		return nil
	}
	return find(ct.Particle)
}

// use counts how a named type is used: by global elements, and by anything else.
type use struct {
	globals []*xsd.Element
	others  int
}

// countUses says for every type of set who refers to it.
func countUses(set *xsd.Set) map[xsd.Type]*use {
	uses := map[xsd.Type]*use{}
	of := func(t xsd.Type) *use {
		if uses[t] == nil {
			uses[t] = &use{}
		}
		return uses[t]
	}
	seen := map[xsd.Type]bool{}
	var visit func(t xsd.Type)
	visit = func(t xsd.Type) {
		ct, ok := t.(*xsd.ComplexType)
		if !ok || seen[t] {
			return
		}
		seen[t] = true
		Leaves(ct.Particle, func(p *xsd.Particle) {
			if p.Kind == xsd.ElementParticle && !p.Element.Global {
				of(p.Element.Type).others++
				visit(p.Element.Type)
			}
		})
		if ct.Base != nil {
			of(ct.Base).others++
		}
	}
	for _, el := range set.Elements {
		u := of(el.Type)
		u.globals = append(u.globals, el)
		visit(el.Type)
	}
	for changed := true; changed; { // what xsi:type may put in the place of a type that is used, is used
		changed = false
		for _, t := range set.Types {
			ct, ok := t.(*xsd.ComplexType)
			if base, derived := t.BaseType().(*xsd.ComplexType); ok && derived && !isAnyType(base) && seen[base] && !seen[ct] {
				visit(ct)
				of(ct)
				changed = true
			}
		}
	}
	return uses
}

// Leaves calls f for the elements and wildcards below p, in order.
func Leaves(p *xsd.Particle, f func(*xsd.Particle)) {
	if p == nil {
		return
	}
	if p.Kind == xsd.ElementParticle || p.Kind == xsd.WildcardParticle {
		f(p)
		return
	}
	for _, c := range p.Children {
		Leaves(c, f)
	}
}

// nameElements names global elements and the types merged into them.
func (t *Table) nameElements(set *xsd.Set, uses map[xsd.Type]*use) diag.List {
	var found diag.List
	for _, el := range set.Elements {
		goName := Element(t.prefixes[el.Name.Space], el.Name.Local)
		if t.envelope[el.Type] {
			goName = docName(goName)
		}
		goName = t.Free(goName)
		t.elements[el] = goName
		found = append(found, t.Scope.Take(goName, fmt.Sprintf("element %q", el.Name.Local), el.Pos)...)
		ct, ok := el.Type.(*xsd.ComplexType)
		if !ok || isAnyType(ct) || ct.Abstract {
			continue
		}
		if u := uses[ct]; len(u.globals) == 1 && u.others == 0 {
			t.types[ct] = goName
			t.merged[ct] = el
		}
	}
	return found
}

// nameTypes names the named types that are not merged into an element, and anonymous ones after where they stand.
func (t *Table) nameTypes(set *xsd.Set, uses map[xsd.Type]*use) diag.List {
	var found diag.List
	for _, typ := range set.Types {
		if !t.wanted(typ, uses) {
			continue
		}
		n := typ.TypeName()
		goName := Type(t.prefixes[n.Space], n.Local)
		if t.envelope[typ] {
			goName = docName(goName)
		}
		if t.Scope.Has(goName) && strings.HasSuffix(n.Local, "Type") {
			goName += "Type"
		}
		goName = t.Free(goName)
		t.types[typ] = goName
		found = append(found, t.Scope.Take(goName, fmt.Sprintf("type %q", n.Local), typ.TypePos())...)
	}
	for _, el := range set.Elements {
		if ct, ok := el.Type.(*xsd.ComplexType); ok {
			found = append(found, t.nameAnonymous(ct)...)
		}
	}
	for _, typ := range set.Types {
		if ct, ok := typ.(*xsd.ComplexType); ok {
			found = append(found, t.nameAnonymous(ct)...)
		}
	}
	return found
}

// wanted reports whether a named type has a Go type of its own.
func (t *Table) wanted(typ xsd.Type, uses map[xsd.Type]*use) bool {
	switch typ := typ.(type) {
	case *xsd.ComplexType:
		return t.types[typ] == "" && !isAnyType(typ) && (uses[typ] != nil || t.numbered)
	case *xsd.SimpleType:
		return !typ.Builtin && (Enumerates(typ) || typ.Variety == xsd.Union)
	}
	return false
}

// Enumerates reports whether a simple type itself, not a base of it, lists its values.
func Enumerates(st *xsd.SimpleType) bool {
	for _, f := range st.Facets {
		if f.Kind == "enumeration" {
			return true
		}
	}
	return false
}

// nameAnonymous names the anonymous types inside ct after ct and the element or attribute they belong to.
func (t *Table) nameAnonymous(ct *xsd.ComplexType) diag.List {
	if t.types[ct] == "" {
		return nil
	}
	var found diag.List
	name := func(typ xsd.Type, n xsd.Name) bool {
		wire := n.Local
		if typ.TypeName().Local != "" || t.types[typ] != "" {
			return false
		}
		if st, ok := typ.(*xsd.SimpleType); ok && !Enumerates(st) && st.Variety != xsd.Union {
			return false
		}
		t.types[typ] = t.Free(t.anonymous(typ, ct, n))
		found = append(found, t.Scope.Take(t.types[typ], fmt.Sprintf("the type of %q", wire), typ.TypePos())...)
		return true
	}
	for _, a := range ct.Attributes {
		name(a.Attribute.Type, a.Attribute.Name)
	}
	if ct.Simple != nil {
		name(ct.Simple, xsd.Name{Local: "value"})
	}
	Leaves(ct.Particle, func(p *xsd.Particle) {
		if p.Kind != xsd.ElementParticle || p.Element.Global {
			return
		}
		if inner, ok := p.Element.Type.(*xsd.ComplexType); name(p.Element.Type, p.Element.Name) && ok {
			found = append(found, t.nameAnonymous(inner)...)
		}
	})
	return found
}

// anonymous is the name of an anonymous type in owner, of an element or attribute: owner's name and its own. What users do not
// see gives no name to what they do.
func (t *Table) anonymous(typ xsd.Type, owner *xsd.ComplexType, n xsd.Name) string {
	if !t.envelope[owner] {
		return t.types[owner] + Exported(n.Local)
	}
	own := Element(t.prefixes[n.Space], n.Local)
	if t.envelope[typ] {
		return docName(own)
	}
	return own
}

// docName is the name of a type that only the codec sees.
func docName(goName string) string { return Unexported(goName) + "Doc" }

// isAnyType reports whether ct is xs:anyType.
func isAnyType(ct *xsd.ComplexType) bool { return ct.Base == nil }
