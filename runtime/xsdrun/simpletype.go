package xsdrun

import (
	"strings"
	"sync"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// Variety tells atomic, list and union types apart (XML Schema part 2, 2.5.1).
type Variety uint8

const (
	VarietyAtomic Variety = iota
	VarietyList
	VarietyUnion
)

// WhiteSpace is the facet of that name (XML Schema part 2, 4.3.6).
type WhiteSpace uint8

const (
	WhiteSpaceInherit  WhiteSpace = iota // that of the built-in type; collapse for a list
	WhiteSpacePreserve                   // text stays as it is
	WhiteSpaceReplace                    // tabs and line ends become spaces
	WhiteSpaceCollapse                   // and then spaces at both ends go, and of several only one stays
)

// Unbounded is the Max of [Lengths] without an upper bound.
const Unbounded = -1

// Lengths is the facets length, minLength and maxLength: the least and the greatest length, in characters, in octets for
// binary types, in items for lists.
type Lengths struct{ Min, Max int }

// LengthRange returns the range from low to high; high may be [Unbounded]. The facet length is the range from it to it.
func LengthRange(low, high int) *Lengths { return &Lengths{low, high} }

// SimpleType is a simple type definition (XML Schema part 1, 3.14), ready to check values. Its fields are set once, before
// first use, and the rest is worked out at first use; after that it may be used by any number of goroutines. It must not be
// copied.
//
// Facets are the effective ones: each type carries every facet that applies to it, those of its base types included. The
// facets of the built-in type go without saying.
type SimpleType struct {
	Name    xmlstream.Name // zero for an anonymous type
	Label   string         // how messages name it, such as "eppcom:labelType"
	Variety Variety
	Builtin Builtin       // the nearest built-in type it is derived from; not of a union or of a list that is not built-in
	Base    *SimpleType   // what it was derived from; only xsi:type looks at it
	Item    *SimpleType   // of a list
	Members []*SimpleType // of a union, in order
	Final   Derivation

	WhiteSpace  WhiteSpace
	Length      *Lengths   // nil: any
	Patterns    [][]string // by derivation step, all of which must match; of a step's alternatives one must
	Enumeration []string   // the values allowed; none: all. A QName or NOTATION is written {namespace}local

	MinInclusive, MinExclusive string // empty: none
	MaxInclusive, MaxExclusive string
	TotalDigits                int  // 0: any
	FractionDigits             *int // nil: any

	once    sync.Once
	program program
}

// TypeName returns the label.
func (t *SimpleType) TypeName() string { return t.Label }

func (t *SimpleType) isType() {}

// TypeName returns the label.
func (t *ComplexType) TypeName() string { return t.Label }

func (t *ComplexType) isType() {}

// describe names the type in messages.
func (t *SimpleType) describe() string {
	switch {
	case t.Label != "":
		return t.Label
	case t.Variety == VarietyList:
		return "a list of " + t.Item.describe()
	case t.Variety == VarietyUnion:
		return "a union"
	}
	return "xs:" + t.Builtin.String()
}

// IsDerivedFrom reports whether t is base or derived from it by restriction, or is one of the members of the union base, or
// derived from one (XML Schema part 1, 3.14.6, Type Derivation OK (Simple)). A union with facets of its own admits no member:
// the member would escape them.
func (t *SimpleType) IsDerivedFrom(base *SimpleType) bool {
	if base == nil || base == BuiltinAnySimpleType.Type() {
		return true
	}
	for s := t; s != nil; s = s.Base {
		if s == base {
			return true
		}
	}
	if base.Variety == VarietyUnion && base.Patterns == nil && base.Enumeration == nil {
		for _, m := range base.Members {
			if t.IsDerivedFrom(m) {
				return true
			}
		}
	}
	return false
}

// Resolver says which namespace a prefix stands for where a value was written; the empty prefix is the default namespace.
// Only values of QName and NOTATION need one.
type Resolver func(prefix string) (space string, ok bool)

// Check returns nil if text, as it stands in a document, is a value of the type. resolve may be nil where no value holds a
// qualified name.
func (t *SimpleType) Check(text string, resolve Resolver) *Violation {
	t.prepare()
	_, v := t.program.check(t, normalizeText(text, t.program.white), resolve)
	return v
}

// Prepare works out what the facets say and returns the first that cannot be: a pattern that is not a regular expression, or
// a bound or an enumeration that is no value of the built-in type. Checks need no call of it; they do without such a facet.
func (t *SimpleType) Prepare() error {
	t.prepare()
	return t.program.err
}

func (t *SimpleType) prepare() { t.once.Do(t.compile) }

// Compare compares two values of the type by their places in its order (XML Schema part 2, 4.2.1). ok is false if either is
// no value, or if the order does not say; equal values of a type without an order give 0 and true.
func (t *SimpleType) Compare(a, b string, resolve Resolver) (order int, ok bool) {
	t.prepare()
	x, vx := t.value(normalizeText(a, t.program.white), resolve)
	y, vy := t.value(normalizeText(b, t.program.white), resolve)
	if vx != nil || vy != nil {
		return 0, false
	}
	return x.compare(y)
}

// Equal reports whether a and b are the same value of the type.
func (t *SimpleType) Equal(a, b string, resolve Resolver) bool {
	order, ok := t.Compare(a, b, resolve)
	return ok && order == 0
}

// Normalize returns text with its white space processed as the type says. A union leaves it to its members.
func (t *SimpleType) Normalize(text string) string {
	t.prepare()
	return normalizeText(text, t.program.white)
}

// normalizeText processes white space.
func normalizeText(text string, w WhiteSpace) string {
	switch {
	case w == WhiteSpaceCollapse && !isCollapsed(text):
		return string(appendCollapsed(nil, text))
	case w == WhiteSpaceReplace && strings.ContainsAny(text, "\t\n\r"):
		return string(appendReplaced(nil, text))
	}
	return text
}

// isCollapsed reports whether collapsing would leave text as it is.
func isCollapsed(text string) bool {
	space := true // as if one went before
	for i := range len(text) {
		switch c := text[i]; {
		case c > ' ':
			space = false
		case c != ' ' && xmlstream.IsSpace(c), c == ' ' && space:
			return false
		default:
			space = true
		}
	}
	return !space || text == ""
}

func appendCollapsed(b []byte, text string) []byte {
	begin := len(b)
	for i := range len(text) {
		switch c := text[i]; {
		case !xmlstream.IsSpace(c):
			b = append(b, c)
		case len(b) > begin && b[len(b)-1] != ' ':
			b = append(b, ' ')
		}
	}
	if len(b) > begin && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

func appendReplaced(b []byte, text string) []byte {
	for i := range len(text) {
		c := text[i]
		if xmlstream.IsSpace(c) {
			c = ' '
		}
		b = append(b, c)
	}
	return b
}

// MemberOf returns the index in Members of the type that text, a value of a union, is of: the first that knows it (XML Schema
// part 2, 2.5.1.3). It is -1 for what is no value of the union, and for a type that is no union.
func (t *SimpleType) MemberOf(text string) int {
	if t.Check(text, nil) != nil {
		return -1
	}
	for i, m := range t.Members {
		if m.Check(text, nil) == nil {
			return i
		}
	}
	return -1
}
