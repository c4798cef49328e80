package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
)

// paths checks what messages of XML say of schemas: their elements, where they are found in the document, what is bound
// there and the places of their fields.
func (l *loader) paths(p *model.Protocol, set *xsd.Set) {
	for _, m := range p.Messages {
		if m.Encoding != "xml" || m.Element.Local == "" { // the latter has been reported
			continue
		}
		root := l.global(set, m.Element, m.Pos)
		if root == nil {
			continue
		}
		w := &walk{l: l, set: set, m: m, bound: map[string]*xsd.Element{}}
		w.step(root, m.At, m.Pos)
		for _, b := range m.Bind {
			at := strings.Trim(m.At+"/"+b.Path, "/")
			end := w.step(root, at, b.Pos)
			payload := l.global(set, b.Element, b.Pos)
			if end == nil || payload == nil {
				continue
			}
			if !slices.ContainsFunc(leaves(end.Type), func(leaf *xsd.Particle) bool { return admits(leaf, payload) }) {
				l.findings.Errorf(b.Pos, "bad-path", "element %q has no wildcard that %s could fill", at, payload.Name.Local)
			}
			w.bound[at] = payload
		}
		for _, f := range allFields(m) {
			if f.Key == "" {
				l.findings.Errorf(f.Pos, "bad-path", "field %q of an xml message needs a key: where it stands in the document", f.Name)
				continue
			}
			w.step(root, f.Key, f.Pos)
		}
	}
}

// global is the global element of that name.
func (l *loader) global(set *xsd.Set, name model.XMLName, pos model.Pos) *xsd.Element {
	if set == nil {
		l.findings.Errorf(pos, "bad-path", "an xml message needs a schema")
		return nil
	}
	el := set.Element(xsd.Name{Space: name.Namespace, Local: name.Local})
	if el != nil {
		return el
	}
	var known []string
	for _, e := range set.Elements {
		if e.Name.Space == name.Namespace {
			known = append(known, e.Name.Local)
		}
	}
	if known == nil {
		l.findings.Errorf(pos, "unknown-name", "no schema has the namespace %q", name.Namespace)
		return nil
	}
	l.unknown(pos, "element of "+name.Namespace, name.Local, known)
	return nil
}

// walk follows paths of one message through the types of the schema set.
type walk struct {
	l     *loader
	set   *xsd.Set
	m     *model.Message
	bound map[string]*xsd.Element // the payload of the wildcard in the element at a path
}

// step follows a path from the document element and returns the element it ends at; nil for an attribute, for what a
// wildcard admits, and for a path that leads nowhere, which is a finding.
func (w *walk) step(el *xsd.Element, path string, pos model.Pos) *xsd.Element {
	if path == "" {
		return el
	}
	steps := strings.Split(path, "/")
	for i, name := range steps {
		before, last := strings.Join(steps[:i], "/"), i == len(steps)-1
		switch {
		case name == "@xmlns" && last:
			return nil
		case strings.HasPrefix(name, "@") && last:
			w.attribute(el, name[1:], path, pos)
			return nil
		case name == "*":
			if !slices.ContainsFunc(leaves(el.Type), func(leaf *xsd.Particle) bool { return leaf.Kind == xsd.WildcardParticle }) {
				w.report(pos, path, fmt.Sprintf("%q has no wildcard", el.Name.Local), "")
			}
			return nil
		}
		next := child(el, name)
		if b := w.bound[before]; next == nil && b != nil && b.Name.Local == name {
			next = b
		}
		if next == nil {
			w.report(pos, path, fmt.Sprintf("%q has no element %q", el.Name.Local, name), diag.DidYouMean(name, children(el)...))
			return nil
		}
		el = next
	}
	return el
}

// attribute checks that an element may have an attribute.
func (w *walk) attribute(el *xsd.Element, name, path string, pos model.Pos) {
	var known []string
	if ct, ok := el.Type.(*xsd.ComplexType); ok {
		for _, use := range ct.Attributes {
			if use.Attribute.Name.Local == name {
				return
			}
			known = append(known, use.Attribute.Name.Local)
		}
	}
	w.report(pos, path, fmt.Sprintf("%q has no attribute %q", el.Name.Local, name), diag.DidYouMean(name, known...))
}

func (w *walk) report(pos model.Pos, path, problem, suggestion string) {
	w.l.findings.Errorf(pos, "bad-path", "message %q: %s: %s%s", w.m.Name, path, problem, suggestion)
}

// leaves is the elements and wildcards in the content of a type.
func leaves(t xsd.Type) []*xsd.Particle {
	ct, ok := t.(*xsd.ComplexType)
	if !ok {
		return nil
	}
	var all []*xsd.Particle
	var visit func(p *xsd.Particle)
	visit = func(p *xsd.Particle) {
		switch {
		case p == nil:
		case p.Kind == xsd.ElementParticle || p.Kind == xsd.WildcardParticle:
			all = append(all, p)
		default:
			for _, c := range p.Children {
				visit(c)
			}
		}
	}
	visit(ct.Particle)
	return all
}

// child is the element of that local name in the content of el.
func child(el *xsd.Element, name string) *xsd.Element {
	for _, leaf := range leaves(el.Type) {
		if leaf.Kind == xsd.ElementParticle && leaf.Element.Name.Local == name {
			return leaf.Element
		}
	}
	return nil
}

// children is the local names of the elements in the content of el.
func children(el *xsd.Element) []string {
	var names []string
	for _, leaf := range leaves(el.Type) {
		if leaf.Kind == xsd.ElementParticle {
			names = append(names, leaf.Element.Name.Local)
		}
	}
	return names
}

// admits reports whether a wildcard lets an element stand in its place.
func admits(leaf *xsd.Particle, el *xsd.Element) bool {
	return leaf.Kind == xsd.WildcardParticle && leaf.Wildcard.Allows(el.Name.Space)
}
