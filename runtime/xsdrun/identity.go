package xsdrun

import (
	"fmt"
	"strconv"
	"strings"
)

// keys judges identity constraints (XML Schema part 1, 3.11.4) while a document is read. It costs nothing until an element
// with constraints is open.
type keys struct {
	scopes []*keyScope // of open elements, outermost first
	levels []keyLevel  // by depth below the first element that has constraints
}

// keyScope is a constraint in force inside an element.
type keyScope struct {
	of    *Identity
	level int // of the element that declares it
	nodes []*keyNode
	table map[string]bool // of a key or unique constraint: the key sequences met
	refs  []keyReference  // of a keyref
}

// keyNode is an element that a selector selected and that is still open.
type keyNode struct {
	level  int
	offset int
	fields []keyField
}

// keyField is the value of one field of a node.
type keyField struct {
	key  string
	met  bool // the field selected something
	some bool // and that has a value
}

// keyReference is a key sequence that must be that of some key.
type keyReference struct {
	key  string
	text string
	at   Fault
}

// keyLevel is an open element.
type keyLevel struct {
	space  int
	local  string
	fields []*keyTarget // of nodes further out, or its own, that its value is
	tables map[*Identity]map[string]keyState
}

// keyTarget is a field that the value of an element belongs to.
type keyTarget struct {
	scope *keyScope
	node  *keyNode
	field int
}

// keyState says where in the tree a key sequence was met.
type keyState uint8

const (
	keyOnce  keyState = iota + 1 // in one place
	keyTwice                     // below two children: it refers to neither
)

func (k *keys) reset() { k.scopes, k.levels = k.scopes[:0], k.levels[:0] }

// enter opens an element.
func (k *keys) enter(v *validation, e *Element) {
	if len(k.levels) == 0 && len(e.Identity) == 0 {
		return
	}
	r := v.d.r
	k.levels = append(k.levels, keyLevel{space: r.Space(), local: r.Local()})
	level := len(k.levels) - 1
	for _, c := range e.Identity {
		k.scopes = append(k.scopes, &keyScope{of: c, level: level})
	}
	for _, s := range k.scopes {
		if selects(s.of.Selector, k.levels[s.level+1:]) {
			s.nodes = append(s.nodes, &keyNode{level: level, offset: v.d.at, fields: make([]keyField, len(s.of.Fields))})
		}
		for _, n := range s.nodes {
			k.aim(s, n, level)
		}
	}
}

// aim notes which fields of n the value of the innermost element is.
func (k *keys) aim(s *keyScope, n *keyNode, level int) {
	for i, paths := range s.of.Fields {
		for p := range paths {
			if isAttributePath(&paths[p]) || !matchesPath(&paths[p], k.levels[n.level+1:]) {
				continue
			}
			k.levels[level].fields = append(k.levels[level].fields, &keyTarget{s, n, i})
			break
		}
	}
}

// selects reports whether one of the paths leads to the end of names.
func selects(paths []IdentityPath, names []keyLevel) bool {
	for i := range paths {
		if matchesPath(&paths[i], names) {
			return true
		}
	}
	return false
}

func isAttributePath(p *IdentityPath) bool {
	return len(p.Steps) > 0 && p.Steps[len(p.Steps)-1].Attribute
}

// matchesPath reports whether the element steps of p lead from the context to the end of names.
func matchesPath(p *IdentityPath, names []keyLevel) bool {
	n := 0
	for i := range p.Steps {
		if s := &p.Steps[i]; !s.Self && !s.Attribute {
			n++
		}
	}
	if len(names) < n || len(names) > n && !p.Descendant {
		return false
	}
	names = names[len(names)-n:]
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Self || s.Attribute {
			continue
		}
		if !s.matches(names[0].space, names[0].local) {
			return false
		}
		names = names[1:]
	}
	return true
}

func (s *IdentityStep) matches(space int, local string) bool {
	return (s.AnySpace || s.Space == space) && (s.Local == "*" || s.Local == local)
}

// attribute takes the value of an attribute of the innermost element. The type is nil if nobody declared it.
func (k *keys) attribute(v *validation, space int, local string, t *SimpleType, text string) {
	for _, s := range k.scopes {
		for _, n := range s.nodes {
			for i, paths := range s.of.Fields {
				for p := range paths {
					path := &paths[p]
					if isAttributePath(path) && path.Steps[len(path.Steps)-1].matches(space, local) &&
						matchesPath(path, k.levels[n.level+1:]) {
						k.set(v, s, n, i, t, text)
						break
					}
				}
			}
		}
	}
}

// value takes the value of the element that has just ended; t is nil if it has none, and simple tells whether its type
// could have given it one.
func (k *keys) value(v *validation, e *Element, t *SimpleType, text string, simple bool) {
	if len(k.levels) == 0 {
		return
	}
	for _, f := range k.levels[len(k.levels)-1].fields {
		if !simple {
			v.d.faultEnded(v.d.r.Offset(), "cvc-identity-constraint.3",
				fmt.Sprintf("<%s> is a field of %s but has no simple value", v.d.r.QName(), f.scope.of.Name.Local))
		}
		if e.Nillable && f.scope.of.Kind == Key {
			v.d.faultEnded(v.d.r.Offset(), "cvc-identity-constraint.4.2.3",
				fmt.Sprintf("<%s> is a field of the key %s but nillable", v.d.r.QName(), f.scope.of.Name.Local))
		}
		k.set(v, f.scope, f.node, f.field, t, text)
	}
}

// set gives a field its value.
func (k *keys) set(v *validation, s *keyScope, n *keyNode, i int, t *SimpleType, text string) {
	f := &n.fields[i]
	if f.met {
		v.d.fault(n.offset, v.d.path(""), "cvc-identity-constraint.3",
			fmt.Sprintf("a field of %s selects more than one node", s.of.Name.Local), v.d.r.QName())
		return
	}
	f.met = true
	if t == nil {
		return
	}
	if val, fault := t.value(text, v.d.resolve); fault == nil {
		f.key, f.some = val.key(), true
	}
}

// leave closes the element that has just ended.
func (k *keys) leave(v *validation) {
	level := len(k.levels) - 1
	if level < 0 {
		return
	}
	for _, s := range k.scopes {
		if n := len(s.nodes); n > 0 && s.nodes[n-1].level == level {
			k.complete(v, s, s.nodes[n-1])
			s.nodes = s.nodes[:n-1]
		}
	}
	own := len(k.scopes)
	for own > 0 && k.scopes[own-1].level == level {
		own--
	}
	k.close(v, k.scopes[own:], level)
	k.scopes = k.scopes[:own]
	if level > 0 {
		k.inherit(level)
	}
	k.levels = k.levels[:level]
}

// complete judges the key sequence of a node.
func (k *keys) complete(v *validation, s *keyScope, n *keyNode) {
	var key strings.Builder
	for i := range n.fields {
		f := &n.fields[i]
		if !f.some {
			if s.of.Kind == Key {
				v.d.faultEnded(n.offset, "cvc-identity-constraint.4.2.1",
					fmt.Sprintf("a field of the key %s has no value", s.of.Name.Local))
			}
			return
		}
		key.WriteString(strconv.Itoa(len(f.key)) + ":" + f.key)
	}
	seq := key.String()
	if s.of.Kind == KeyRef {
		s.refs = append(s.refs, keyReference{
			key: seq, text: n.text(), at: Fault{Offset: n.offset, Path: v.d.path(v.d.r.QName()), Node: v.d.r.QName()},
		})
		return
	}
	if s.table[seq] {
		rule := "cvc-identity-constraint.4.1"
		if s.of.Kind == Key {
			rule = "cvc-identity-constraint.4.2.2"
		}
		v.d.faultEnded(n.offset, rule, fmt.Sprintf("%s occurs a second time in %s", n.text(), s.of.Name.Local))
		return
	}
	if s.table == nil {
		s.table = map[string]bool{}
	}
	s.table[seq] = true
}

// text shows the key sequence of a node.
func (n *keyNode) text() string {
	var parts []string
	for i := range n.fields {
		_, text, _ := strings.Cut(n.fields[i].key, "\x00")
		parts = append(parts, quote(text))
	}
	return strings.Join(parts, ", ")
}

// close ends the constraints of the innermost element: its keys first, then what refers to them.
func (k *keys) close(v *validation, own []*keyScope, level int) {
	for _, s := range own {
		if s.of.Kind == KeyRef {
			continue
		}
		table := k.table(level, s.of)
		for seq := range s.table {
			table[seq] = keyOnce
		}
	}
	for _, s := range own {
		for _, ref := range s.refs {
			if k.levels[level].tables[s.of.Refer][ref.key] != keyOnce {
				v.d.fault(ref.at.Offset, ref.at.Path, "cvc-identity-constraint.4.3",
					fmt.Sprintf("%s is no key that %s refers to", ref.text, s.of.Name.Local), ref.at.Node)
			}
		}
	}
}

// table returns the key sequences of a constraint that are known at a level.
func (k *keys) table(level int, of *Identity) map[string]keyState {
	l := &k.levels[level]
	if l.tables == nil {
		l.tables = map[*Identity]map[string]keyState{}
	}
	if l.tables[of] == nil {
		l.tables[of] = map[string]keyState{}
	}
	return l.tables[of]
}

// inherit hands the key sequences of the innermost element up to its parent.
func (k *keys) inherit(level int) {
	for of, table := range k.levels[level].tables {
		up := k.table(level-1, of)
		for seq, state := range table {
			if up[seq] != 0 {
				state = keyTwice
			}
			up[seq] = state
		}
	}
}
