package xsd

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// derivable says why a type may not stand where another is declared, or "" if it may: it is that type or one derived from
// it, by none of the excluded ways (Type Derivation OK, XML Schema part 1, 3.4.6 and 3.14.6).
func derivable(t, from Type, except xsdrun.Derivation) string {
	if t == from {
		return ""
	}
	if s, ok := t.(*SimpleType); ok {
		return s.derivable(from, except)
	}
	complex := t.(*ComplexType)
	if complex.Base == nil {
		return "it is xs:anyType, which is derived from nothing"
	}
	if complex.Method&except != 0 {
		return fmt.Sprintf("its type %s is derived by %s, which is excluded", name(t), way(complex.Method))
	}
	if complex.Base == from {
		return ""
	}
	if isAnyType(complex.Base) {
		return fmt.Sprintf("its type is not derived from %s", name(from))
	}
	return derivable(complex.Base, from, except)
}

func (t *SimpleType) derivable(from Type, except xsdrun.Derivation) string {
	why := fmt.Sprintf("its type is not derived from %s", name(from))
	base, ok := t.Base.(*SimpleType)
	if !ok { // xs:anySimpleType
		if isAnyType(from) && except&xsdrun.Restriction == 0 {
			return ""
		}
		return why
	}
	if except&xsdrun.Restriction != 0 || base.Final&xsdrun.Restriction != 0 {
		return fmt.Sprintf("its type %s is derived by restriction, which is excluded", name(t))
	}
	if Type(base) == from || isAnyType(from) || base.Variety != Any && base.derivable(from, except) == "" {
		return ""
	}
	if s, ok := from.(*SimpleType); ok {
		switch {
		case s.Variety == Any:
			return ""
		case s.Variety == Union && slices.ContainsFunc(s.Members, func(m *SimpleType) bool { return derivable(t, m, except) == "" }):
			return ""
		}
	}
	return why
}

func isAnyType(t Type) bool {
	c, ok := t.(*ComplexType)
	return ok && c.Base == nil
}

// DerivesFrom reports whether t is from or a type derived from it, in whatever way.
func (t *SimpleType) DerivesFrom(from Type) bool {
	for at := Type(t); at != nil; at = at.BaseType() {
		if at == from {
			return true
		}
	}
	return false
}

func name(t Type) string {
	n := t.TypeName()
	if n.Local == "" {
		return "the anonymous type at " + t.TypePos().String()
	}
	if n.Space == XSD {
		return "xs:" + n.Local
	}
	return n.Local
}

// way is how messages print one way of derivation.
func way(d xsdrun.Derivation) string {
	switch d {
	case xsdrun.Extension:
		return "extension"
	case xsdrun.Restriction:
		return "restriction"
	}
	return "substitution"
}

// substitutes returns what substituteAll finds. It is not asked for before every component is complete.
func (e *Element) substitutes() []*Element {
	e.substitute.Do(func() { e.all = e.substituteAll() })
	return e.all
}

// substituteAll finds the elements that may stand for e: the members of its substitution group and theirs, without those
// that block rules out (Substitution Group OK, 3.3.6). Abstract ones are among them.
func (e *Element) substituteAll() []*Element {
	if len(e.Members) == 0 || e.Block&xsdrun.Substitution != 0 {
		return nil
	}
	var all []*Element
	seen := map[*Element]bool{e: true}
	var collect func(h *Element)
	collect = func(h *Element) {
		for _, m := range h.Members {
			if seen[m] {
				continue
			}
			seen[m] = true
			if e.admits(m.Type) {
				all = append(all, m)
			}
			collect(m)
		}
	}
	collect(e)
	return all
}

// admits reports whether no way by which t is derived from e's type is blocked by e, its type or a type between.
func (e *Element) admits(t Type) bool {
	used, blocked := xsdrun.Derivation(0), e.Block
	if top, ok := e.Type.(*ComplexType); ok {
		blocked |= top.Block
	}
	for at := t; at != nil && at != e.Type; at = at.BaseType() {
		complex, ok := at.(*ComplexType)
		if !ok {
			used |= xsdrun.Restriction
			continue
		}
		used |= complex.Method
		if at != t {
			blocked |= complex.Block
		}
	}
	return used&blocked == 0
}

// Substitutes returns the elements that may stand in e's place in a document: the members of its substitution group
// and theirs, in the order read, without abstract ones and those that block rules out.
func (s *Set) Substitutes(e *Element) []*Element {
	var concrete []*Element
	for _, m := range e.substitutes() {
		if !m.Abstract {
			concrete = append(concrete, m)
		}
	}
	return concrete
}
