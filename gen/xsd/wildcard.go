package xsd

import (
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// wildcard builds the wildcard of an xs:any or xs:anyAttribute.
func (c *compiler) wildcard(n *node) *Wildcard {
	w := &Wildcard{Pos: n.pos(), Doc: n.documentation()}
	switch n.get("processContents") {
	case "lax":
		w.Process = xsdrun.Lax
	case "skip":
		w.Process = xsdrun.Skip
	}
	value, given := n.lookup("namespace")
	switch value = collapse(value); {
	case !given || value == "##any":
		w.Not = true
	case value == "##other":
		w.Not, w.Spaces = true, []string{""}
		if n.doc.Namespace != "" {
			w.Spaces = []string{n.doc.Namespace, ""}
		}
	default:
		seen := map[string]bool{}
		for _, word := range words(value) {
			switch word {
			case "##targetNamespace":
				word = n.doc.Namespace
			case "##local":
				word = ""
			}
			if !seen[word] {
				seen[word] = true
				w.Spaces = append(w.Spaces, word)
			}
		}
	}
	for _, space := range w.Spaces {
		c.name(space)
	}
	return w
}

// Allows reports whether the wildcard allows names of that namespace.
func (w *Wildcard) Allows(space string) bool { return slices.Contains(w.Spaces, space) != w.Not }

// subset reports whether w allows nothing that super does not (Wildcard Subset, XML Schema part 1, 3.10.6).
func (w *Wildcard) subset(super *Wildcard) bool {
	switch {
	case super.Not && len(super.Spaces) == 0:
		return true
	case w.Not:
		return super.Not && sameSet(w.Spaces, super.Spaces)
	}
	return !slices.ContainsFunc(w.Spaces, func(s string) bool { return !super.Allows(s) })
}

func sameSet(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// intersect is what both allow (Attribute Wildcard Intersection, 3.10.6), judged as w judges it; false when the
// namespace constraint cannot be written down.
func (w *Wildcard) intersect(other *Wildcard) (*Wildcard, bool) {
	both := *w
	switch {
	case w.Not && other.Not:
		both.Spaces = union(w.Spaces, other.Spaces)
	case w.Not:
		both.Not, both.Spaces = false, without(other.Spaces, w.Spaces)
	case other.Not:
		both.Spaces = without(w.Spaces, other.Spaces)
	default:
		both.Spaces = without(w.Spaces, without(w.Spaces, other.Spaces))
	}
	return &both, both.expressible()
}

// meets reports whether some name is allowed by both, and returns the namespace of one; none if there is no end of them.
func (w *Wildcard) meets(other *Wildcard) (space string, ok bool) {
	if w.Not && other.Not {
		return "", true
	}
	if w.Not {
		w, other = other, w
	}
	i := slices.IndexFunc(w.Spaces, other.Allows)
	if i < 0 {
		return "", false
	}
	return w.Spaces[i], true
}

// unite is what either allows (Attribute Wildcard Union, 3.10.6), judged as w judges it; false when the namespace
// constraint cannot be written down.
func (w *Wildcard) unite(other *Wildcard) (*Wildcard, bool) {
	either := *w
	switch {
	case w.Not && other.Not:
		either.Spaces = without(w.Spaces, without(w.Spaces, other.Spaces))
	case w.Not:
		either.Spaces = without(w.Spaces, other.Spaces)
	case other.Not:
		either.Not, either.Spaces = true, without(other.Spaces, w.Spaces)
	default:
		either.Spaces = union(w.Spaces, other.Spaces)
	}
	return &either, either.expressible()
}

// expressible reports whether a schema document could say it: the negation of nothing, of no namespace, or of one
// namespace with no namespace.
func (w *Wildcard) expressible() bool {
	if !w.Not || len(w.Spaces) == 0 {
		return true
	}
	return len(w.Spaces) <= 2 && slices.Contains(w.Spaces, "")
}

func union(a, b []string) []string { return slices.Concat(a, without(b, a)) }

func without(a, b []string) []string {
	var left []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			left = append(left, s)
		}
	}
	return left
}
