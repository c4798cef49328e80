package xsdrun

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// keys judges identity constraints (XML Schema part 1, 3.11.4) while a Decoder reads. It costs nothing until an element with
// constraints is open. What ends is noticed when something else begins: an element is closed by the next start tag that is not
// inside of it, or by the end of the document.
type keys struct {
	scopes []*keyScope // of open elements, outermost first
	levels []keyLevel  // the open elements from the first that has constraints
	base   string      // the path of the element around that
	nodes  int         // open ones of all scopes
	full   bool        // there were too many
	free   []*keyNode  // closed ones, to be used again
}

// maxKeyNodes is how many elements selected by identity constraints may be open at once. Constraints of an element that holds its
// own kind select the same elements again at every level.
const maxKeyNodes = 1 << 16

// keyScope is a constraint in force inside an element.
type keyScope struct {
	of    *Identity
	level int        // of the element that declares it
	nodes []*keyNode // outermost first
	// below and beside are how many levels below a node its fields may lead to elements, and to elements with attributes of
	// theirs; -1 for none of the kind.
	below, beside int
	table         map[string]keyPlace // of a key or unique constraint: where the key sequences were met
	refs          []keyReference      // of a keyref
}

// keyPlace is where an element begins. Of a document in memory the line is worked out when somebody asks.
type keyPlace struct{ offset, line, column int }

// keyNode is an element that a selector selected and that is still open.
type keyNode struct {
	level  int
	fields []keyField
}

// keyValue is the value of an element or attribute on its way to the fields that select it. The key is worked out once.
type keyValue struct {
	t     *SimpleType // nil: it has none
	text  string
	key   string
	shown string // what messages show instead of the key; empty for the key itself
	tried bool
	some  bool
}

// of returns the key; false if there is no value.
func (v *keyValue) of(d *Decoder) (string, bool) {
	if !v.tried && v.t != nil {
		var val value
		if v.t.read(&val, v.text, d.resolve) == nil {
			v.key, v.some = val.key(), true
		}
		if val.primitive >= BuiltinDuration && val.primitive <= BuiltinGMonth {
			v.shown = strings.Clone(v.text)
		}
	}
	v.tried = true
	return v.key, v.some
}

// keyField is the value of one field of a node.
type keyField struct {
	key   string
	shown string // see keyValue
	aimed int    // elements that it selects, as far as they are open or read
	met   bool   // the field selected something
	some  bool   // and that has a value
}

// keyReference is a key sequence that must be that of some key.
type keyReference struct {
	key  string
	text string
	at   Fault
}

// keyLevel is an open element.
type keyLevel struct {
	space    int
	local    string
	tag      string // its name as the document has it
	place    Fault  // where it begins
	depth    int
	simple   bool        // its type could give it a value
	nillable bool        // its declaration says so
	fields   []keyTarget // of nodes further out, or its own, that its value is
	tables   map[*Identity]map[string]keyState
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

// Constrain puts the identity constraints of the element on which d stands in force, before its attributes are judged.
func (d *Decoder) Constrain(constraints ...*Identity) {
	if len(constraints) == 0 {
		return
	}
	k := &d.keys
	if !d.keyed {
		d.keyed, d.special = true, true // content is to give its value
		k.base = d.pathAround()
		k.open(d)
	}
	level := len(k.levels) - 1
	for _, c := range constraints {
		s := newKeyScope(c, level)
		k.scopes = append(k.scopes, s)
		k.selectNode(d, s, level)
	}
}

// newKeyScope puts a constraint in force.
func newKeyScope(of *Identity, level int) *keyScope {
	s := &keyScope{of: of, level: level, below: -1, beside: -1}
	for _, paths := range of.Fields {
		for i := range paths {
			reach := &s.below
			if isAttributePath(&paths[i]) {
				reach = &s.beside
			}
			*reach = max(*reach, paths[i].reach())
		}
	}
	return s
}

// reach is how many levels below the context a path leads at most.
func (p *IdentityPath) reach() int {
	if p.Descendant {
		return math.MaxInt
	}
	n := 0
	for i := range p.Steps {
		if s := &p.Steps[i]; !s.Self && !s.Attribute {
			n++
		}
	}
	return n
}

// near calls f for the open nodes of s that are at most so many levels above a level.
func (s *keyScope) near(level, levels int, f func(n *keyNode)) {
	for i := len(s.nodes) - 1; i >= 0 && level-s.nodes[i].level <= levels; i-- {
		f(s.nodes[i])
	}
}

// pathAround returns the path of the element around the one on which d stands.
func (d *Decoder) pathAround() string {
	var b strings.Builder
	for i := range d.r.Depth() - 1 {
		b.WriteString("/" + d.r.Open(i))
	}
	return b.String()
}

// reset forgets everything.
func (k *keys) reset() { k.scopes, k.levels, k.nodes, k.full = k.scopes[:0], k.levels[:0], 0, false }

// enter opens the element on which d stands, once what has ended is closed.
func (k *keys) enter(d *Decoder) {
	k.close(d, d.r.Depth())
	if len(k.levels) == 0 {
		d.keyed = false
		return
	}
	k.open(d)
	level := len(k.levels) - 1
	for _, s := range k.scopes {
		k.selectNode(d, s, level)
	}
}

// open adds a level for the element on which d stands.
func (k *keys) open(d *Decoder) {
	l := keyLevel{
		space: d.r.Space(), local: d.r.Local(), tag: d.r.QName(), place: Fault{Offset: d.r.Offset()}, depth: d.r.Depth(),
	}
	d.locate(&l.place)
	k.levels = append(k.levels, l)
}

// selectNode makes the innermost element a node of s if its selector leads there, and notes which fields of the open nodes of s its
// value is.
func (k *keys) selectNode(d *Decoder, s *keyScope, level int) {
	if selects(s.of.Selector, k.levels[s.level+1:]) {
		if k.nodes++; k.nodes > maxKeyNodes {
			k.exhaust(d, level)
			return
		}
		s.nodes = append(s.nodes, k.node(level, len(s.of.Fields)))
	}
	s.near(level, s.below, func(n *keyNode) { k.aim(s, n, level) })
}

// node returns a node without values.
func (k *keys) node(level, fields int) *keyNode {
	n := &keyNode{}
	if last := len(k.free) - 1; last >= 0 {
		n, k.free = k.free[last], k.free[:last]
	}
	n.level = level
	if cap(n.fields) < fields {
		n.fields = make([]keyField, fields)
	}
	n.fields = n.fields[:fields]
	clear(n.fields)
	return n
}

// exhaust says, once, that there is too much to keep.
func (k *keys) exhaust(d *Decoder, level int) {
	if !k.full {
		k.full = true
		k.fault(d, level, "limit", "more than %d elements are selected by identity constraints at once", maxKeyNodes)
	}
}

// aim notes which fields of n the value of the innermost element is.
func (k *keys) aim(s *keyScope, n *keyNode, level int) {
	for i, paths := range s.of.Fields {
		for p := range paths {
			if n.fields[i].aimed > 1 { // one too many, which is told once
				break
			}
			if isAttributePath(&paths[p]) || !matchesPath(&paths[p], k.levels[n.level+1:]) {
				continue
			}
			n.fields[i].aimed++
			k.levels[level].fields = append(k.levels[level].fields, keyTarget{s, n, i})
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
func (k *keys) attribute(d *Decoder, space int, local string, t *SimpleType, text string) {
	v := keyValue{t: t, text: text}
	for _, s := range k.scopes {
		s.near(len(k.levels)-1, s.beside, func(n *keyNode) {
			for i, paths := range s.of.Fields {
				if k.selectsAttribute(paths, n, space, local) {
					k.set(d, keyTarget{s, n, i}, &v)
				}
			}
		})
	}
}

// selectsAttribute reports whether one of the paths leads from a node to an attribute of the innermost element.
func (k *keys) selectsAttribute(paths []IdentityPath, n *keyNode, space int, local string) bool {
	for p := range paths {
		path := &paths[p]
		if isAttributePath(path) && path.Steps[len(path.Steps)-1].matches(space, local) && matchesPath(path, k.levels[n.level+1:]) {
			return true
		}
	}
	return false
}

// value takes the value of the innermost element.
func (k *keys) value(d *Decoder, t *SimpleType, text string) {
	l := &k.levels[len(k.levels)-1]
	l.simple = true
	v := keyValue{t: t, text: text}
	for _, f := range l.fields {
		k.set(d, f, &v)
	}
	l.fields = l.fields[:0]
}

// skip forgets the innermost element, which nothing assesses.
func (k *keys) skip() {
	level := len(k.levels) - 1
	k.levels[level].fields = nil
	for _, s := range k.scopes {
		if n := len(s.nodes); n > 0 && s.nodes[n-1].level == level {
			s.nodes = s.nodes[:n-1]
			k.nodes--
		}
	}
}

// set gives a field its value.
func (k *keys) set(d *Decoder, target keyTarget, v *keyValue) {
	f, name := &target.node.fields[target.field], target.scope.of.Name.Local
	if f.met {
		k.fault(d, target.node.level, "cvc-identity-constraint.3", "a field of %s selects more than one node", name)
		return
	}
	f.met = true
	f.key, f.some = v.of(d)
	f.shown = v.shown
}

// fault records a fault of an open element.
func (k *keys) fault(d *Decoder, level int, rule, format string, args ...any) {
	if d.sated() {
		return
	}
	f := k.place(level)
	f.Rule, f.Text = rule, fmt.Sprintf(format, args...)
	d.add(f)
}

// place is a fault of an open element that says where that is.
func (k *keys) place(level int) Fault {
	l := &k.levels[level]
	f := l.place
	f.Path, f.Node = k.path(level), strings.Clone(l.tag)
	return f
}

// path returns the path of an open element.
func (k *keys) path(level int) string {
	var b strings.Builder
	b.WriteString(k.base)
	for i := range level + 1 {
		b.WriteString("/" + k.levels[i].tag)
	}
	return b.String()
}

// close closes the elements that are not around one at that depth.
func (k *keys) close(d *Decoder, depth int) {
	for n := len(k.levels); n > 0 && k.levels[n-1].depth >= depth; n-- {
		k.leave(d)
	}
}

// leave closes the innermost element.
func (k *keys) leave(d *Decoder) {
	level := len(k.levels) - 1
	k.settle(d, level)
	for _, s := range k.scopes {
		if n := len(s.nodes); n > 0 && s.nodes[n-1].level == level {
			k.complete(d, s, s.nodes[n-1])
			k.free = append(k.free, s.nodes[n-1])
			s.nodes = s.nodes[:n-1]
			k.nodes--
		}
	}
	own := len(k.scopes)
	for own > 0 && k.scopes[own-1].level == level {
		own--
	}
	k.end(d, k.scopes[own:], level)
	k.scopes = k.scopes[:own]
	if level > 0 {
		k.inherit(level)
	}
	k.levels = k.levels[:level]
}

// settle judges the fields that an element is but has not given a value, and those that may be nil.
func (k *keys) settle(d *Decoder, level int) {
	l := &k.levels[level]
	for _, f := range l.fields {
		if !l.simple {
			k.fault(d, level, "cvc-identity-constraint.3", "<%s> is a field of %s but has no simple value", l.tag, f.scope.of.Name.Local)
		}
		k.set(d, f, &keyValue{})
	}
}

// mayBeNil notes that the innermost element is declared nillable, which a field of a key is not (cvc-identity-constraint.4.2.3).
func (k *keys) mayBeNil(d *Decoder) {
	level := len(k.levels) - 1
	l := &k.levels[level]
	if l.nillable {
		return
	}
	l.nillable = true
	for _, f := range l.fields {
		if f.scope.of.Kind == Key {
			k.fault(d, level, "cvc-identity-constraint.4.2.3", "<%s> is a field of the key %s but nillable", l.tag, f.scope.of.Name.Local)
		}
	}
}

// complete judges the key sequence of a node.
func (k *keys) complete(d *Decoder, s *keyScope, n *keyNode) {
	for i := range n.fields {
		if !n.fields[i].some {
			if s.of.Kind == Key {
				k.fault(d, n.level, "cvc-identity-constraint.4.2.1", "field %d of %d of the key %s has no value", i+1, len(n.fields), s.of.Name.Local)
			}
			return
		}
	}
	seq, place := n.sequence(), &k.levels[n.level].place
	if s.of.Kind == KeyRef {
		s.refs = append(s.refs, keyReference{key: seq, text: n.text(), at: k.place(n.level)})
		return
	}
	if first, met := s.table[seq]; met {
		k.repeated(d, s, n, first)
		return
	}
	if s.table == nil {
		s.table = map[string]keyPlace{}
	}
	s.table[seq] = keyPlace{place.Offset, place.Line, place.Column}
}

// sequence returns a string that nodes of one constraint share if and only if their values are equal.
func (n *keyNode) sequence() string {
	if len(n.fields) == 1 {
		return n.fields[0].key
	}
	var key strings.Builder
	for i := range n.fields {
		f := &n.fields[i]
		key.WriteString(strconv.Itoa(len(f.key)) + ":" + f.key)
	}
	return key.String()
}

// repeated records that a key sequence was met before.
func (k *keys) repeated(d *Decoder, s *keyScope, n *keyNode, first keyPlace) {
	if d.sated() {
		return
	}
	rule := "cvc-identity-constraint.4.1"
	if s.of.Kind == Key {
		rule = "cvc-identity-constraint.4.2.2"
	}
	if first.line == 0 {
		first.line, first.column = d.r.Position(first.offset)
	}
	k.fault(d, n.level, rule, "%s occurs a second time in %s; the first is at %d:%d", n.text(), s.of.Name.Local, first.line, first.column)
}

// text shows the key sequence of a node.
func (n *keyNode) text() string {
	var parts []string
	for i := range n.fields {
		if f := &n.fields[i]; f.shown != "" {
			parts = append(parts, quote(f.shown))
		} else {
			parts = append(parts, showKey(f.key))
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// showKey shows what a key says of the value, its type left out.
func showKey(key string) string {
	if items, ok := strings.CutPrefix(key, "list\x00"); ok {
		var parts []string
		for items != "" {
			size, rest, _ := strings.Cut(items, "\x00")
			n, _ := strconv.Atoi(size)
			n = min(n, len(rest))
			parts = append(parts, showKey(rest[:n]))
			items = strings.TrimPrefix(rest[n:], "\x00")
		}
		return strings.Join(parts, " ")
	}
	_, text, _ := strings.Cut(key, "\x00")
	return quote(text)
}

// end ends the constraints of the innermost element: its keys first, then what refers to them.
func (k *keys) end(d *Decoder, own []*keyScope, level int) {
	for _, s := range own {
		if s.of.Kind == KeyRef || !k.referred(s.of, level) {
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
				f := ref.at
				f.Rule, f.Text = "cvc-identity-constraint.4.3", fmt.Sprintf("%s is no key that %s refers to", ref.text, s.of.Name.Local)
				d.add(f)
			}
		}
	}
}

// referred reports whether a key reference in force at a level refers to the constraint.
func (k *keys) referred(of *Identity, level int) bool {
	for _, s := range k.scopes {
		if s.of.Refer == of && s.level <= level {
			return true
		}
	}
	return false
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

// inherit hands the key sequences of the innermost element up to its parent, if somebody there refers to them.
func (k *keys) inherit(level int) {
	for of, table := range k.levels[level].tables {
		if !k.referred(of, level-1) {
			continue
		}
		up := k.table(level-1, of)
		for seq, state := range table {
			if up[seq] != 0 {
				state = keyTwice
			}
			up[seq] = state
		}
	}
}
