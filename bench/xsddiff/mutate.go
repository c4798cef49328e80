package xsddiff

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Mutator changes documents at random, the same way for the same source of chance.
type Mutator struct {
	Rand *rand.Rand
	// Donors are trees that subtrees are taken from, beside the tree that is changed.
	Donors []*Node
}

// Mutate makes one to three changes to the tree and says which. The tree is changed in place; schema says whether it is a schema
// document, whose words are then known.
func (m *Mutator) Mutate(root *Node, schema bool) string {
	var done []string
	for tries := 0; len(done) < 1+m.Rand.IntN(2) && tries < 30; tries++ {
		change := edits[m.Rand.IntN(len(edits))]
		if what := change(m, root, schema); what != "" {
			done = append(done, what)
		}
	}
	return strings.Join(done, "; ")
}

// edits are the changes; each answers what it did, or nothing when it did nothing. One that stands twice is taken
// twice as often.
var edits = []func(*Mutator, *Node, bool) string{
	(*Mutator).setValue, (*Mutator).setValue, (*Mutator).setValue, (*Mutator).setValue,
	(*Mutator).addAttr, (*Mutator).addAttr, (*Mutator).dropAttr, (*Mutator).setText, (*Mutator).setText,
	(*Mutator).drop, (*Mutator).double, (*Mutator).swap, (*Mutator).rename, (*Mutator).rename, (*Mutator).move, (*Mutator).graft,
	(*Mutator).unwrap, (*Mutator).wrap,
}

// pick takes one of several.
func pick[T any](m *Mutator, from []T) T { return from[m.Rand.IntN(len(from))] }

// any takes an element of the tree.
func (m *Mutator) any(root *Node) *Node { return pick(m, root.Elements()) }

// setValue changes the value of an attribute.
func (m *Mutator) setValue(root *Node, schema bool) string {
	n := m.any(root)
	if len(n.Attrs) == 0 {
		return ""
	}
	a := &n.Attrs[m.Rand.IntN(len(n.Attrs))]
	if strings.HasPrefix(a.Name, "xmlns") || a.Name == "schemaLocation" || strings.HasSuffix(a.Name, "chemaLocation") {
		return ""
	}
	was := a.Value
	a.Value = m.value(root, n, a.Name, was, schema)
	if a.Value == was {
		return ""
	}
	return n.Name + "/@" + a.Name + " was " + was
}

// value makes up a value for an attribute.
func (m *Mutator) value(root, n *Node, name, was string, schema bool) string {
	if !schema {
		return m.literal(was)
	}
	switch name {
	case "name":
		if m.Rand.IntN(3) > 0 {
			return m.names(root, n.Local(), was)
		}
		return "other"
	case "ref", "base", "type", "itemType", "substitutionGroup", "refer":
		return m.reference(root, n, name, was)
	case "memberTypes":
		return m.reference(root, n, "type", was) + " " + m.reference(root, n, "type", was)
	case "value":
		return m.literal(was)
	case "fixed", "default":
		if n.Local() != "element" && n.Local() != "attribute" {
			return pick(m, []string{"true", "false"})
		}
		return m.literal(was)
	}
	if words := attributeWords[name]; words != nil {
		return pick(m, words)
	}
	return m.literal(was)
}

// names takes a name that the tree declares with the same kind of element.
func (m *Mutator) names(root *Node, local, fallback string) string {
	var all []string
	for _, e := range root.Elements() {
		if name := e.Attr("name"); name != "" && e.Local() == local {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return fallback
	}
	return pick(m, all)
}

// reference takes what may be referred to, mostly of the right kind, with a prefix like the one that was there.
func (m *Mutator) reference(root, n *Node, name, was string) string {
	var kinds []string
	switch {
	case name == "ref":
		kinds = []string{n.Local()}
	case name == "substitutionGroup":
		kinds = []string{"element"}
	case name == "refer":
		kinds = []string{"key", "unique"}
	default:
		kinds = []string{"simpleType", "complexType"}
		if m.Rand.IntN(2) == 0 {
			return n.Prefix() + pick(m, builtins)
		}
	}
	var all []string
	for _, e := range root.Children {
		if e.Attr("name") != "" && slices.Contains(kinds, e.Local()) {
			all = append(all, e.Attr("name"))
		}
	}
	if len(all) == 0 {
		return was
	}
	prefix := ""
	if i := strings.IndexByte(was, ':'); i >= 0 && was[:i+1] != n.Prefix() {
		prefix = was[:i+1]
	} else if space := root.Attr("targetNamespace"); space != "" {
		for _, a := range root.Attrs {
			if p, ok := strings.CutPrefix(a.Name, "xmlns:"); ok && a.Value == space {
				prefix = p + ":"
			}
		}
	}
	return prefix + pick(m, all)
}

// literal changes a literal a little, or takes another one.
func (m *Mutator) literal(was string) string {
	if n, err := strconv.Atoi(strings.TrimSpace(was)); err == nil && m.Rand.IntN(3) > 0 {
		return strconv.Itoa(n + pick(m, []int{-1, 1, -n, -2 * n, 10, n * 1000}))
	}
	r := []rune(was)
	switch at := m.Rand.IntN(len(r) + 1); m.Rand.IntN(6) {
	case 0:
		return string(r[:at]) + pick(m, []string{" ", "0", "-", ".", "a", ":", "+", "Z", "1", "/", "_", "é"}) + string(r[at:])
	case 1:
		if at < len(r) {
			return string(r[:at]) + string(r[at+1:])
		}
	case 2:
		if at < len(r) {
			return string(r[:at]) + string(r[at]) + string(r[at:])
		}
	case 3:
		return was + pick(m, []string{" ", "0", ".0", "Z", "+00:00", "-14:00", "e0", " 1"})
	}
	return pick(m, literals)
}

// addAttr gives an element an attribute that it does not have.
func (m *Mutator) addAttr(root *Node, schema bool) string {
	n := m.any(root)
	var a Attr
	switch {
	case schema:
		name := pick(m, attributeNames)
		if own := elementAttributes[n.Local()]; len(own) > 0 && m.Rand.IntN(8) > 0 {
			name = pick(m, own)
		}
		a = Attr{name, m.value(root, n, name, "", true)}
	case m.Rand.IntN(2) == 0:
		from := m.any(root)
		if len(from.Attrs) == 0 {
			return ""
		}
		a = pick(m, from.Attrs)
	default:
		a = pick(m, instanceAttributes)
		if root.Attr("xmlns:xsi") == "" {
			root.Attrs = append(root.Attrs, Attr{"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"})
		}
		if root.Attr("xmlns:xs") == "" {
			root.Attrs = append(root.Attrs, Attr{"xmlns:xs", "http://www.w3.org/2001/XMLSchema"})
		}
	}
	if a.Value == "" && schema || slices.ContainsFunc(n.Attrs, func(b Attr) bool { return b.Name == a.Name }) || strings.HasPrefix(a.Name, "xmlns") {
		return ""
	}
	n.Attrs = append(n.Attrs, a)
	return n.Name + "/@" + a.Name + " added"
}

func (m *Mutator) dropAttr(root *Node, _ bool) string {
	n := m.any(root)
	if len(n.Attrs) == 0 {
		return ""
	}
	i := m.Rand.IntN(len(n.Attrs))
	a := n.Attrs[i]
	if strings.HasPrefix(a.Name, "xmlns") || strings.HasSuffix(a.Name, "chemaLocation") {
		return ""
	}
	n.Attrs = slices.Delete(n.Attrs, i, i+1)
	return n.Name + "/@" + a.Name + " dropped"
}

// setText changes text; in a schema there is none to speak of.
func (m *Mutator) setText(root *Node, schema bool) string {
	n := m.any(root)
	if schema {
		return ""
	}
	for _, c := range n.Children {
		if c.Name == "" {
			was := c.Text
			c.Text = m.literal(strings.TrimSpace(was))
			return n.Name + " had text " + strings.TrimSpace(was)
		}
	}
	if len(n.Children) == 0 {
		n.Children = append(n.Children, &Node{Text: pick(m, literals)})
		return n.Name + " got text"
	}
	return ""
}

// site takes a parent and the place of one of its elements.
func (m *Mutator) site(root *Node) (*Node, int) {
	n := m.any(root)
	var at []int
	for i, c := range n.Children {
		if c.Name != "" {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return nil, 0
	}
	return n, pick(m, at)
}

func (m *Mutator) drop(root *Node, _ bool) string {
	n, i := m.site(root)
	if n == nil {
		return ""
	}
	gone := n.Children[i]
	n.Children = slices.Delete(n.Children, i, i+1)
	return n.Name + "/" + gone.Name + " dropped"
}

func (m *Mutator) double(root *Node, _ bool) string {
	n, i := m.site(root)
	if n == nil {
		return ""
	}
	n.Children = slices.Insert(n.Children, i, n.Children[i].Clone())
	return n.Name + "/" + n.Children[i].Name + " doubled"
}

func (m *Mutator) swap(root *Node, _ bool) string {
	n, i := m.site(root)
	if n == nil || i+1 >= len(n.Children) {
		return ""
	}
	n.Children[i], n.Children[i+1] = n.Children[i+1], n.Children[i]
	return n.Name + ": children swapped at " + strconv.Itoa(i)
}

// rename gives an element another name: in a schema one of those that stand in the same places.
func (m *Mutator) rename(root *Node, schema bool) string {
	n := m.any(root)
	if n == root {
		return ""
	}
	was := n.Name
	if !schema {
		n.Name = m.any(root).Name
	} else {
		for _, kin := range kindred {
			if slices.Contains(kin, n.Local()) {
				n.Name = n.Prefix() + pick(m, kin)
			}
		}
	}
	if n.Name == was {
		return ""
	}
	return was + " renamed " + n.Name
}

// move takes an element to another parent.
func (m *Mutator) move(root *Node, _ bool) string {
	n, i := m.site(root)
	if n == nil {
		return ""
	}
	moved := n.Children[i]
	n.Children = slices.Delete(n.Children, i, i+1)
	to := m.any(root)
	to.Children = slices.Insert(to.Children, m.Rand.IntN(len(to.Children)+1), moved)
	return moved.Name + " moved from " + n.Name + " to " + to.Name
}

// graft copies an element from this tree or a donor to a place where one of its name, or of a kindred one, stands.
func (m *Mutator) graft(root *Node, schema bool) string {
	n, i := m.site(root)
	if n == nil {
		return ""
	}
	from := root
	if schema && len(m.Donors) > 0 && m.Rand.IntN(2) == 0 {
		from = pick(m, m.Donors)
	}
	scion := m.any(from)
	if scion == from {
		return ""
	}
	scion = scion.Clone()
	if schema {
		for _, e := range scion.Elements() {
			e.Name = root.Prefix() + e.Local()
		}
	}
	if m.Rand.IntN(2) == 0 {
		n.Children[i] = scion
	} else {
		n.Children = slices.Insert(n.Children, i, scion)
	}
	return scion.Name + " grafted into " + n.Name
}

// unwrap puts an element's children in its place.
func (m *Mutator) unwrap(root *Node, _ bool) string {
	n, i := m.site(root)
	if n == nil || len(n.Children[i].Children) == 0 {
		return ""
	}
	gone := n.Children[i]
	n.Children = slices.Replace(n.Children, i, i+1, gone.Children...)
	return gone.Name + " unwrapped in " + n.Name
}

// wrap puts a group around a particle.
func (m *Mutator) wrap(root *Node, schema bool) string {
	n, i := m.site(root)
	if n == nil || !schema || !slices.Contains(kindred[0], n.Children[i].Local()) || n == root {
		return ""
	}
	w := &Node{Name: root.Prefix() + pick(m, []string{"sequence", "choice", "all"}), Children: []*Node{n.Children[i]}}
	for _, name := range []string{"minOccurs", "maxOccurs"} {
		if m.Rand.IntN(2) == 0 {
			w.Attrs = append(w.Attrs, Attr{name, pick(m, attributeWords[name])})
		}
	}
	n.Children[i] = w
	return w.Children[0].Name + " wrapped in " + w.Name
}
