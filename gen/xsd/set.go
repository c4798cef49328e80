package xsd

import (
	"sync"

	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// Set is a compiled set of schema documents. Every list is in the order of the documents given to [Compile], an imported
// or included document standing where its import or include does, and in document order within each.
//
// A Set and the components it holds are read only and may be shared by any number of goroutines.
type Set struct {
	Documents       []*Document
	Elements        []*Element   // global
	Attributes      []*Attribute // global
	Types           []Type       // named ones
	Groups          []*Group
	AttributeGroups []*AttributeGroup
	Notations       []*Notation

	elements   map[Name]*Element
	attributes map[Name]*Attribute
	types      map[Name]Type
	spaces     *xmlstream.Spaces
	prefixes   map[string]string
	opts       Options

	mu     sync.Mutex // guards what is compiled on demand below
	schema *xsdrun.Schema
	build  *builder
}

// Document is a schema document that was read.
type Document struct {
	Name      string // as given, or as found by schemaLocation
	Namespace string // its target namespace; that of its includer for one without
	Doc       string // text of the annotations at its top
}

// Namespaces are the namespaces of [Set.Spaces], number 1 first.
func (s *Set) Namespaces() []string {
	var uris []string
	for i := range s.spaces.Len() {
		uris = append(uris, s.spaces.URI(i+1))
	}
	return uris
}

// Spaces numbers the namespaces of the set: those of its documents in the order read, then those that only imports and
// wildcards name. The models of [Set.Model] and [Set.Schema] use its numbers.
func (s *Set) Spaces() *xmlstream.Spaces { return s.spaces }

// Prefix returns the prefix that the documents bind to a namespace, that of the first which does; empty if none does, or
// only by its default.
func (s *Set) Prefix(space string) string { return s.prefixes[space] }

// Element returns the global element declaration of that name, or nil.
func (s *Set) Element(name Name) *Element { return s.elements[name] }

// Attribute returns the global attribute declaration of that name, or nil.
func (s *Set) Attribute(name Name) *Attribute { return s.attributes[name] }

// Type returns the named type, built-in ones included, or nil.
func (s *Set) Type(name Name) Type { return s.types[name] }
