package xsd

import (
	"fmt"
	"maps"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// XSD is the namespace of XML Schema.
const XSD = "http://www.w3.org/2001/XMLSchema"

// namespaces that schemas know without being told
const (
	xsiSpace = "http://www.w3.org/2001/XMLSchema-instance"
	xmlSpace = "http://www.w3.org/XML/1998/namespace"
)

// DefaultMaxStates is what [Options.MaxStates] is when it is zero.
const DefaultMaxStates = 1 << 16

// Source is one schema document.
type Source struct {
	Name string // how findings call it; schemaLocation is resolved against it
	Data []byte // not changed, not kept
}

// Options says how schema documents are read. The zero Options reads nothing but the sources.
type Options struct {
	// Open reads a document that schemaLocation names and no source is. The name is the location joined to the name of
	// the document it stands in. Nil, or an error: there is no such document, which is no fault by itself (XML Schema
	// part 1, 4.2.1 and 4.2.3); what it was to define is then missing. A location that is an absolute URI is never opened.
	Open func(name string) ([]byte, error)
	// MaxStates limits the particles of one content model, and with them its states: groups that refer to groups may make
	// a small document a huge content model. Zero means DefaultMaxStates.
	MaxStates int
}

// Compile reads the sources and all documents they refer to, and compiles them into one set. The findings are sorted by
// position; the set is nil if any of them is an error.
//
// An import names a namespace: the sources that have it as their target are what it imports. Its schemaLocation
// is looked at only when there is none, and an include's or redefine's always.
func Compile(sources []Source, opts Options) (*Set, diag.List) {
	if opts.MaxStates == 0 {
		opts.MaxStates = DefaultMaxStates
	}
	c := newCompiler(opts)
	c.readAll(sources)
	if !c.lost {
		c.buildAll()
		c.checkAll()
	}
	c.findings.Sort()
	if c.findings.HasErrors() {
		return nil, c.findings
	}
	return c.set, c.findings
}

// compiler turns documents into components. It goes three times over what it reads: collecting what is declared,
// building components (on demand, in document order), and judging the finished ones.
type compiler struct {
	opts     Options
	findings diag.List
	sources  map[string]Source
	spaces   map[string][]string // names of the sources by target namespace
	read     map[documentKey]*document

	documents []*document // as the set has them
	set       *Set

	groups          map[Name]*Group
	attributeGroups map[Name]*AttributeGroup
	notations       map[Name]*Notation
	identities      map[Name]*Identity
	order           []any // global components as collected; see buildAll
	lost            bool  // a document is malformed, or no schema document: what it declares is unknown

	elements   []*Element   // every one, local ones included
	attributes []*Attribute // every one
	uses       []*AttributeUse
	simple     []*SimpleType  // every one of the documents'
	complex    []*ComplexType // every one of the documents'
	redefined  []*Group       // those that replace another
	pending    []Type         // anonymous types still to be built
	imported   []string       // namespaces that imports and wildcards name, each once
	known      map[string]bool
	unread     []unreadImport // imports that nothing answers
	anyType    *ComplexType
	gaps       map[*node]bool // particles that could not be built
}

func newCompiler(opts Options) *compiler {
	c := &compiler{
		opts:            opts,
		sources:         map[string]Source{},
		spaces:          map[string][]string{},
		read:            map[documentKey]*document{},
		groups:          map[Name]*Group{},
		attributeGroups: map[Name]*AttributeGroup{},
		notations:       map[Name]*Notation{},
		identities:      map[Name]*Identity{},
		gaps:            map[*node]bool{},
		known:           map[string]bool{},
		set: &Set{
			elements:   map[Name]*Element{},
			attributes: map[Name]*Attribute{},
			types:      maps.Clone(builtinTypes()),
			opts:       opts,
		},
	}
	c.anyType = builtinTypes()[Name{Space: XSD, Local: "anyType"}].(*ComplexType)
	return c
}

// name notes a namespace that an import or a wildcard names.
func (c *compiler) name(space string) {
	if !c.known[space] {
		c.known[space] = true
		c.imported = append(c.imported, space)
	}
}

// errorf reports a violation of the rule that the standard calls by that name.
func (c *compiler) errorf(n *node, rule, format string, args ...any) {
	c.findings.Errorf(n.pos(), rule, format, args...)
}

// warnf reports something worth a look.
func (c *compiler) warnf(n *node, rule, format string, args ...any) {
	c.findings.Warnf(n.pos(), rule, format, args...)
}

// number gives every namespace its number.
func (c *compiler) number() {
	var uris []string
	numbered := map[string]bool{"": true}
	add := func(uri string) {
		if !numbered[uri] {
			numbered[uri] = true
			uris = append(uris, uri)
		}
	}
	for _, d := range c.set.Documents {
		add(d.Namespace)
	}
	for _, uri := range c.imported {
		add(uri)
	}
	for _, u := range c.uses {
		add(u.Attribute.Name.Space)
	}
	c.set.spaces = xmlstream.NewSpaces(uris...)
	c.set.prefixes = map[string]string{xmlSpace: "xml"}
	for _, d := range c.documents {
		for uri, prefix := range d.prefixes {
			if c.set.prefixes[uri] == "" {
				c.set.prefixes[uri] = prefix
			}
		}
	}
}

// label is a name as messages print it: with the prefix that n's document uses for its namespace, if it has one.
func (n *node) label(name Name) string {
	if name.Local == "" {
		return "an anonymous type"
	}
	if name.Space == "" {
		return name.Local
	}
	if name.Space == XSD {
		return "xs:" + name.Local
	}
	if prefix, ok := n.doc.prefixes[name.Space]; ok {
		return prefix + ":" + name.Local
	}
	if name.Space == n.scope.standard || name.Space == n.doc.Namespace {
		return name.Local
	}
	return fmt.Sprintf("{%s}%s", name.Space, name.Local)
}
