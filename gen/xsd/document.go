package xsd

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// document is a schema document while it is compiled. One read twice for two target namespaces (a chameleon include) is
// two documents.
type document struct {
	Document
	root      *node
	lines     []int             // offsets at which lines begin
	prefixes  map[string]string // a prefix that the document uses, by namespace; for messages
	lost      bool              // it breaks the grammar in a way that leaves open what it declares
	chameleon bool              // it has no target namespace of its own and takes that of its includer
	imports   map[string]bool
	includes  []*document

	elementsQualified   bool
	attributesQualified bool
	block, final        xsdrun.Derivation
}

type documentKey struct {
	name      string
	namespace string
}

// pos is the line and column of an offset.
func (d *document) pos(offset int) Pos {
	line, found := slices.BinarySearch(d.lines, offset)
	if !found {
		line--
	}
	return Pos{File: d.Name, Line: line + 1, Col: offset - d.lines[line] + 1}
}

// readAll reads the sources and collects what they declare.
func (c *compiler) readAll(sources []Source) {
	for _, s := range sources {
		c.sources[s.Name] = s
	}
	roots := make([]*document, 0, len(sources))
	for _, s := range sources {
		d := c.parse(s, "")
		if d == nil {
			continue
		}
		roots = append(roots, d)
		c.spaces[d.Namespace] = append(c.spaces[d.Namespace], s.Name)
	}
	for _, d := range roots {
		c.collect(d)
	}
}

// parse reads one document and judges it by the grammar; namespace is what a document without a target takes.
func (c *compiler) parse(s Source, namespace string) *document {
	key := documentKey{s.Name, namespace}
	if d, ok := c.read[key]; ok {
		return d
	}
	d := &document{Document: Document{Name: s.Name}, imports: map[string]bool{}, prefixes: map[string]string{}}
	c.read[key] = d
	if err := d.parse(s.Data); err != nil {
		c.findings.Add(*err)
		d.lost = true
	} else {
		c.checkGrammar(d)
	}
	if d.lost {
		c.read[key] = nil
		c.lost = true
		return nil
	}
	d.header(namespace)
	if d.Namespace != namespace {
		c.read[documentKey{s.Name, d.Namespace}] = d
	}
	return d
}

// header reads the attributes of xs:schema.
func (d *document) header(namespace string) {
	n := d.root
	d.Doc = n.documentation()
	d.Namespace = n.get("targetNamespace")
	if d.Namespace == "" && namespace != "" {
		d.Namespace, d.chameleon = namespace, true
	}
	d.elementsQualified = n.get("elementFormDefault") == "qualified"
	d.attributesQualified = n.get("attributeFormDefault") == "qualified"
	d.block = derivations(n.get("blockDefault"), xsdrun.Extension|xsdrun.Restriction|xsdrun.Substitution)
	d.final = derivations(n.get("finalDefault"), xsdrun.Extension|xsdrun.Restriction|xsdrun.List|xsdrun.Union)
}

// derivations reads a value of block or final; words outside of allowed count for nothing.
func derivations(value string, allowed xsdrun.Derivation) xsdrun.Derivation {
	if value == "#all" {
		return allowed
	}
	var set xsdrun.Derivation
	for _, word := range words(value) {
		set |= derivationWords[word]
	}
	return set & allowed
}

var derivationWords = map[string]xsdrun.Derivation{
	"extension": xsdrun.Extension, "restriction": xsdrun.Restriction, "substitution": xsdrun.Substitution,
	"list": xsdrun.List, "union": xsdrun.Union,
}

// collect enters what d and the documents it refers to declare at their top.
func (c *compiler) collect(d *document) {
	if slices.Contains(c.set.Documents, &d.Document) {
		return
	}
	c.set.Documents = append(c.set.Documents, &d.Document)
	c.documents = append(c.documents, d)
	for _, n := range d.root.kids {
		switch n.name.Local {
		case "import":
			c.importDocument(n)
		case "include":
			c.include(n)
		case "redefine":
			c.redefine(n)
		case "annotation":
		default:
			c.declare(n)
		}
	}
}

// importDocument is xs:import (XML Schema part 1, 4.2.3).
func (c *compiler) importDocument(n *node) {
	namespace, given := n.lookup("namespace")
	namespace = collapse(namespace)
	switch {
	case given && namespace == "":
		c.errorf(n, "src-import", "the empty string is not the name of a namespace")
		return
	case given && namespace == n.doc.Namespace && !n.doc.chameleon:
		c.findings.Errorf(n.at("namespace"), "src-import", "a document does not import its own target namespace %q", namespace)
		return
	case !given && n.doc.root.get("targetNamespace") == "":
		c.errorf(n, "src-import", "a document without target namespace cannot import what has none")
		return
	}
	n.doc.imports[namespace] = true
	c.name(namespace)
	if names := c.spaces[namespace]; len(names) > 0 {
		for _, name := range names {
			if d := c.read[documentKey{name, ""}]; d != nil {
				c.collect(d)
			}
		}
		return
	}
	s, ok := c.open(n)
	if !ok {
		c.unread = append(c.unread, unreadImport{namespace, n})
		return
	}
	d := c.parse(s, "")
	if d == nil {
		return
	}
	if d.Namespace != namespace {
		c.findings.Errorf(n.at("schemaLocation"), "src-import", "%s has the target namespace %q, not %q", d.Name, d.Namespace, namespace)
		return
	}
	c.collect(d)
}

// unreadImport is an xs:import of a namespace of which there is no document.
type unreadImport struct {
	namespace string
	node      *node
}

// String says where the import looked.
func (u unreadImport) String() string {
	location := u.node.get("schemaLocation")
	switch {
	case location == "":
		return fmt.Sprintf("the import at %s names no schemaLocation", u.node.pos())
	case strings.Contains(location, "://"):
		return fmt.Sprintf("the import at %s names %s, and nothing is ever fetched", u.node.pos(), location)
	}
	return fmt.Sprintf("the import at %s names %q, and no such file can be read; nothing is ever fetched", u.node.pos(), location)
}

// include is xs:include (XML Schema part 1, 4.2.1). It returns the document, or nil if there is none.
func (c *compiler) include(n *node) *document {
	s, ok := c.open(n)
	if !ok {
		c.warnf(n, "src-include", "there is no document %q here, and nothing is ever fetched", n.get("schemaLocation"))
		return nil
	}
	d := c.parse(s, "")
	if d != nil && d.Namespace == "" && n.doc.Namespace != "" {
		d = c.parse(s, n.doc.Namespace)
	}
	if d == nil {
		return nil
	}
	if d.Namespace != n.doc.Namespace {
		c.findings.Errorf(n.at("schemaLocation"), "src-"+n.name.Local, "%s has the target namespace %q, not %q", d.Name, d.Namespace, n.doc.Namespace)
		return nil
	}
	n.doc.includes = append(n.doc.includes, d)
	c.collect(d)
	return d
}

// open reads the document that n's schemaLocation names.
func (c *compiler) open(n *node) (Source, bool) {
	location := n.get("schemaLocation")
	if location == "" {
		return Source{}, false
	}
	if u, err := url.Parse(location); err == nil && u.Scheme == "" && u.Path != "" {
		location = u.Path
	}
	if s, ok := c.sources[location]; ok {
		return s, true
	}
	if strings.Contains(location, "://") {
		return Source{}, false
	}
	name := location
	if !path.IsAbs(name) {
		name = path.Join(path.Dir(n.doc.Name), name)
	}
	if s, ok := c.sources[name]; ok {
		return s, true
	}
	if c.opts.Open == nil {
		return Source{}, false
	}
	data, err := c.opts.Open(name)
	if err != nil {
		return Source{}, false
	}
	s := Source{Name: name, Data: data}
	c.sources[name] = s
	return s, true
}

// redefine is xs:redefine (XML Schema part 1, 4.2.2).
func (c *compiler) redefine(n *node) {
	d := c.include(n)
	for _, k := range n.kids {
		if k.is("annotation") {
			continue
		}
		if d == nil {
			c.errorf(n, "src-redefine", "there is no document %q to redefine %s of", n.get("schemaLocation"), k.get("name"))
			return
		}
		c.replace(k, d)
	}
}

// within reports whether d is other or includes it, at whatever distance.
func (d *document) within(other *document, seen map[*document]bool) bool {
	if d == other {
		return true
	}
	if seen[d] {
		return false
	}
	seen[d] = true
	return slices.ContainsFunc(d.includes, func(i *document) bool { return i.within(other, seen) })
}
