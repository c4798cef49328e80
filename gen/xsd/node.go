package xsd

import (
	"errors"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// node is an element of a schema document.
type node struct {
	name   Name
	attrs  []attr
	kids   []*node
	text   string // the character data in it; in documentation also that of the mark-up in it
	scope  *scope
	doc    *document
	offset int
	end    int // where its end tag ends
	form   *form
}

// attr is an attribute of a node; namespace declarations are not among them.
type attr struct {
	name   Name
	value  string
	offset int
}

// scope is what the namespace prefixes that an element's attribute values mention mean there.
type scope struct {
	standard string // the default namespace
	names    []binding
}

type binding struct{ prefix, space string }

// space returns the namespace that prefix is bound to; the default namespace is the prefix "".
func (s *scope) space(prefix string) (string, bool) {
	if prefix == "" {
		return s.standard, true
	}
	for _, b := range s.names {
		if b.prefix == prefix {
			return b.space, true
		}
	}
	return "", false
}

// bind remembers what the prefixes in an attribute value stand for: those of a qualified name, of a list of them or of
// the names in a path.
func (s *scope) bind(r *xmlstream.Reader, value string) {
	for i := strings.IndexByte(value, ':'); i >= 0; {
		begin := i
		for begin > 0 && !strings.ContainsRune(" \t\r\n/|@:(", rune(value[begin-1])) {
			begin--
		}
		prefix := value[begin:i]
		if uri, ok := r.LookupPrefix(prefix); ok && prefix != "" {
			if _, known := s.space(prefix); !known {
				s.names = append(s.names, binding{prefix, uri})
			}
		}
		next := strings.IndexByte(value[i+1:], ':')
		if next < 0 {
			break
		}
		i += 1 + next
	}
}

// parse reads the text of a schema document into a tree.
func (d *document) parse(data []byte) *diag.Diagnostic {
	r := xmlstream.NewReader(nil, xmlstream.Options{DTD: xmlstream.DTDSkip})
	r.Reset(slices.Clone(data))
	d.lines = lineStarts(r.Document())
	var open []*node
	for {
		switch r.Next() {
		case xmlstream.StartElement:
			n := d.start(r)
			if len(open) == 0 {
				d.root = n
			} else {
				open[len(open)-1].kids = append(open[len(open)-1].kids, n)
			}
			open = append(open, n)
		case xmlstream.EndElement:
			n := open[len(open)-1]
			open = open[:len(open)-1]
			n.end = r.End()
			if len(open) > 0 && !n.is("appinfo") && !n.is("documentation") && n.name.Space != XSD {
				open[len(open)-1].text += n.text // mark-up inside documentation
			}
		case xmlstream.Text:
			if len(open) > 0 && (!r.IsSpace() || open[len(open)-1].text != "") {
				open[len(open)-1].text += r.Text()
			}
		case xmlstream.EOF:
			if err, ok := errors.AsType[*xmlstream.SyntaxError](r.Err()); ok {
				return &diag.Diagnostic{Pos: Pos{File: d.Name, Line: err.Line, Col: err.Column}, Rule: "xml", Message: err.Text}
			}
			return nil
		}
	}
}

// start makes the node of the start tag that r stands on.
func (d *document) start(r *xmlstream.Reader) *node {
	n := &node{name: r.Name(), doc: d, offset: r.Offset(), scope: &scope{}}
	n.scope.standard, _ = r.LookupPrefix("")
	attrs := r.Attrs()
	if len(attrs) > 0 {
		n.attrs = make([]attr, len(attrs))
	}
	for i := range attrs {
		a := &attrs[i]
		n.attrs[i] = attr{a.Name(), strings.Clone(a.Value), a.Offset}
		n.scope.bind(r, a.Value)
	}
	for _, b := range n.scope.names {
		d.prefixes[b.space] = b.prefix
	}
	return n
}

// lineStarts are the offsets at which the lines of a text begin.
func lineStarts(text string) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// pos is where the element begins.
func (n *node) pos() Pos { return n.doc.pos(n.offset) }

// at is where the attribute begins, or the element when it has none of that name.
func (n *node) at(name string) Pos {
	for i := range n.attrs {
		if a := &n.attrs[i]; a.name.Space == "" && a.name.Local == name {
			return n.doc.pos(a.offset)
		}
	}
	return n.pos()
}

// is reports whether n is a schema element of that tag.
func (n *node) is(tag string) bool { return n.name.Local == tag && n.name.Space == XSD }

// tag is the element as messages print it.
func (n *node) tag() string { return "xs:" + n.name.Local }

// lookup returns the value of an attribute without namespace, as written.
func (n *node) lookup(name string) (string, bool) {
	for i := range n.attrs {
		if a := &n.attrs[i]; a.name.Space == "" && a.name.Local == name {
			return a.value, true
		}
	}
	return "", false
}

// has reports whether the attribute is there.
func (n *node) has(name string) bool { _, ok := n.lookup(name); return ok }

// get returns the value of an attribute, white space collapsed; empty if it is not there.
func (n *node) get(name string) string {
	v, _ := n.lookup(name)
	return collapse(v)
}

// text value of an attribute as a pointer: nil if it is not there.
func (n *node) optional(name string) *string {
	if v, ok := n.lookup(name); ok {
		return &v
	}
	return nil
}

// flag is a boolean attribute; absent is otherwise.
func (n *node) flag(name string, otherwise bool) bool {
	switch n.get(name) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	return otherwise
}

// child returns the first child of one of the tags, or nil.
func (n *node) child(tags ...string) *node {
	for _, k := range n.kids {
		for _, tag := range tags {
			if k.is(tag) {
				return k
			}
		}
	}
	return nil
}

// documentation is the text of the element's annotation.
func (n *node) documentation() string {
	var parts []string
	for _, a := range n.kids {
		if !a.is("annotation") {
			continue
		}
		for _, d := range a.kids {
			if text := collapseLines(d.text); d.is("documentation") && text != "" {
				parts = append(parts, text)
			}
		}
	}
	return strings.Join(parts, "\n\n")
}

// collapse removes white space at both ends and makes any other run of it one blank (XML Schema part 2, 4.3.6).
func collapse(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '\t' || c == '\n' || c == '\r' || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Join(words(s), " ")
}

// words splits at XML white space.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

// collapseLines collapses every line of a text and removes the empty ones at its ends.
func collapseLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = collapse(line)
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
