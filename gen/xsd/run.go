package xsd

import (
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// builder turns components into the structures that runtime/xsdrun executes, each once.
type builder struct {
	set        *Set
	elements   map[*Element]*xsdrun.Element
	types      map[*ComplexType]*xsdrun.ComplexType
	models     map[*ComplexType]*Model
	identities map[*Identity]*xsdrun.Identity
	pending    []*ComplexType
	members    map[*Element][]xsdrun.Member // by head of a substitution group
}

func newBuilder(s *Set) *builder {
	return &builder{
		set:        s,
		elements:   map[*Element]*xsdrun.Element{},
		types:      map[*ComplexType]*xsdrun.ComplexType{},
		models:     map[*ComplexType]*Model{},
		identities: map[*Identity]*xsdrun.Identity{},
		members:    map[*Element][]xsdrun.Member{},
	}
}

// Schema returns the set as the interpreter executes it. It is compiled once.
func (s *Set) Schema() *xsdrun.Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schema == nil {
		s.schema = s.build.schema()
	}
	return s.schema
}

// Simple returns the compiled form of a simple type: the same address at every call.
func (s *Set) Simple(t *SimpleType) *xsdrun.SimpleType { return t.run }

// Identity returns the compiled form of an identity constraint: the same address at every call.
func (s *Set) Identity(id *Identity) *xsdrun.Identity {
	s.Schema() // completes what it refers to
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.build.identity(id)
}

// Wildcard returns the compiled form of a wildcard.
func (s *Set) Wildcard(w *Wildcard) *xsdrun.Wildcard { return (&builder{set: s}).wildcard(w) }

func (b *builder) schema() *xsdrun.Schema {
	schema := &xsdrun.Schema{
		Spaces:     b.set.spaces,
		Elements:   map[Name]*xsdrun.Element{},
		Attributes: map[Name]*xsdrun.Attribute{},
		Types:      map[Name]xsdrun.Type{},
	}
	for name, t := range b.set.types {
		schema.Types[name] = b.typ(t)
	}
	for _, e := range b.set.Elements {
		schema.Elements[e.Name] = b.element(e)
	}
	for name, a := range b.set.attributes {
		schema.Attributes[name] = &xsdrun.Attribute{Name: name, Type: a.Type.run, Default: a.Default, Fixed: a.Fixed}
	}
	b.drain()
	return schema
}

// drain describes the types that were only named so far. Their attributes and content are compiled when they are needed.
func (b *builder) drain() {
	for len(b.pending) > 0 {
		t := b.pending[len(b.pending)-1]
		b.pending = b.pending[:len(b.pending)-1]
		b.complete(t)
	}
}

// typ is the compiled form of a type; that of a complex one may be completed later.
func (b *builder) typ(t Type) xsdrun.Type {
	if s, ok := t.(*SimpleType); ok {
		return s.run
	}
	complex, _ := t.(*ComplexType)
	if r := b.types[complex]; r != nil {
		return r
	}
	r := &xsdrun.ComplexType{Name: complex.Name}
	b.types[complex] = r
	b.pending = append(b.pending, complex)
	return r
}

func (b *builder) complete(t *ComplexType) {
	r := b.types[t]
	switch {
	case t.node != nil && t.Name.Local != "":
		r.Label = t.node.label(t.Name)
	case t.node == nil:
		r.Label = "xs:" + t.Name.Local
	}
	if t.Base != nil {
		r.Base = b.typ(t.Base)
	}
	r.Method, r.Abstract, r.Block, r.Content = t.Method, t.Abstract, t.Block, t.Content
	if t.Simple != nil {
		r.Simple = t.Simple.run
	}
	r.Complete = func(r *xsdrun.ComplexType) {
		b.set.mu.Lock()
		defer b.set.mu.Unlock()
		if m := b.model(t); m != nil {
			r.Model = m.Model
		}
		r.Attributes = b.attributes(t)
		b.drain()
	}
}

func (b *builder) attributes(t *ComplexType) *xsdrun.Attributes {
	r := &xsdrun.Attributes{}
	for _, u := range t.Attributes {
		r.Uses = append(r.Uses, xsdrun.AttributeUse{
			Space: b.set.spaces.Index(u.Attribute.Name.Space), Local: u.Attribute.Name.Local, Type: u.Attribute.Type.run,
			Required: u.Required, Default: u.Default, Fixed: u.Fixed,
		})
	}
	if t.AnyAttribute != nil {
		r.Any = b.wildcard(t.AnyAttribute)
	}
	return r
}

func (b *builder) wildcard(w *Wildcard) *xsdrun.Wildcard {
	r := &xsdrun.Wildcard{Process: w.Process, Not: w.Not}
	for _, space := range w.Spaces {
		r.Spaces = append(r.Spaces, b.set.spaces.Index(space))
	}
	return r
}

func (b *builder) element(e *Element) *xsdrun.Element {
	if r := b.elements[e]; r != nil {
		return r
	}
	r := &xsdrun.Element{
		Name: e.Name, Nillable: e.Nillable, Abstract: e.Abstract, Default: e.Default, Fixed: e.Fixed, Block: e.Block,
	}
	b.elements[e] = r
	r.Type = b.typ(e.Type)
	for _, id := range e.Identity {
		r.Identity = append(r.Identity, b.identity(id))
	}
	return r
}

func (b *builder) identity(id *Identity) *xsdrun.Identity {
	if r := b.identities[id]; r != nil {
		return r
	}
	r := &xsdrun.Identity{Kind: id.Kind, Name: id.Name, Selector: b.paths(id.selector)}
	b.identities[id] = r
	for _, f := range id.fields {
		r.Fields = append(r.Fields, b.paths(f))
	}
	if id.Refer != nil {
		r.Refer = b.identity(id.Refer)
	}
	return r
}

func (b *builder) paths(list []identityPath) []xsdrun.IdentityPath {
	var paths []xsdrun.IdentityPath
	for _, p := range list {
		r := xsdrun.IdentityPath{Descendant: p.descendant}
		for _, s := range p.steps {
			step := xsdrun.IdentityStep{Self: s.self, Attribute: s.attribute, AnySpace: s.anySpace, Local: s.name.Local}
			if s.anyLocal {
				step.Local = "*"
			}
			if !s.anySpace {
				step.Space = b.set.spaces.Index(s.name.Space)
			}
			r.Steps = append(r.Steps, step)
		}
		paths = append(paths, r)
	}
	return paths
}
