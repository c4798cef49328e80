package xsd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// checkModel judges unique particle attribution (cos-nonambig, 3.8.6) and the limit on states.
func (c *compiler) checkModel(t *ComplexType) {
	part := t.Particle
	if base, ok := t.Base.(*ComplexType); ok && t.Method == xsdrun.Extension && base.Particle != nil {
		if part == base.Particle {
			return // the base has been judged, or will be
		}
		if part = part.tail(); t.fresh {
			part = t.Own // which then competes with nothing before it
		}
	}
	content := newContent(part)
	if content.root.kind == AllParticle {
		// Any member may come first, and any after any.
		content.root.kind, content.root.most = ChoiceParticle, Unbounded
	}
	k := newCounting(content)
	if x := k.conflict(content); x != nil {
		if part != t.Particle { // tell it from the beginning
			content = newContent(t.Particle)
			x = newCounting(content).conflict(content)
		}
		if x != nil {
			c.reportConflict(t, content, x)
		}
		return
	}
	if k.over {
		c.findings.Add(diag.Diagnostic{
			Pos: t.Pos, Rule: "max-states",
			Message: fmt.Sprintf("the content model of %s has too many steps: groups that are counted hold too many optional elements", t.node.typeLabel(t)),
			Fix:     `use "unbounded" as the maxOccurs of groups`,
		})
	}
}

// tail is the end of the content of an extension: what it adds, and of the rest as much as may be followed by that.
func (p *Particle) tail() *Particle {
	tail := &Particle{Kind: SequenceParticle, Pos: p.Pos, Min: 1, Max: 1, node: p.node}
	last := len(p.Children) - 1
	for at := p.Children[:last]; len(at) > 0; {
		k := at[len(at)-1]
		if at = at[:len(at)-1]; k.Kind == SequenceParticle && k.Min == 1 && k.Max == 1 {
			at = slices.Concat(at, k.Children)
			continue
		}
		tail.Children = append(tail.Children, k)
		if !k.blank {
			break
		}
	}
	slices.Reverse(tail.Children)
	tail.Children = append(tail.Children, p.Children[last])
	return tail
}

// conflict is where two particles compete for one element.
type conflict struct {
	one, other int   // leaves
	name       Name  // an element that both take; Local "*" for any of the namespace
	path       []int // leaves that lead there
}

// conflict finds the first place at which two leaves compete, by the fewest elements before it, or as many repetitions
// of them as it takes.
func (k *counting) conflict(content *content) *conflict {
	cameFrom := make([]int, len(k.follow))
	seen := make([]bool, len(k.follow))
	queue := []int{0}
	seen[0] = true
	taken := newClaims(k, content.leaves)
	judged := map[*int]int{} // how much of a list that states share
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		s := k.steps[state]
		if len(s.leaves) <= judged[s.end()] {
			continue
		}
		judged[s.end()] = len(s.leaves)
		if x := taken.compete(state, s); x != nil {
			for at := state; at != 0; at = cameFrom[at] {
				x.path = append(x.path, at-1)
			}
			slices.Reverse(x.path)
			return x
		}
		for _, leaf := range s.leaves {
			if !seen[leaf+1] {
				seen[leaf+1] = true
				cameFrom[leaf+1] = state
				queue = append(queue, leaf+1)
			}
		}
	}
	return nil
}

// step is a leaf that may come next, and the ways to it.
type step struct {
	leaf int
	ways []xsdrun.Way // nil: the state's only one
}

// claims finds leaves that take the same element in one state.
type claims struct {
	k       *counting
	leaves  []*Particle
	state   int
	names   [][]int            // by leaf: the numbers of the names it takes, once they were asked for
	groups  map[*Element][]int // the same by declaration
	numbers map[Name]int
	called  []Name   // by number
	taken   [][]step // by number: who takes it in state
}

func newClaims(k *counting, leaves []*Particle) *claims {
	return &claims{k: k, leaves: leaves, names: make([][]int, len(leaves)), groups: map[*Element][]int{}, numbers: map[Name]int{}}
}

// takes are the numbers of the names that a leaf takes; none of a wildcard.
func (k *claims) takes(leaf int) []int {
	p := k.leaves[leaf]
	if k.names[leaf] != nil || p.Kind == WildcardParticle {
		return k.names[leaf]
	}
	names, ok := k.groups[p.Element]
	if !ok {
		names = []int{k.number(p.Element.Name)}
		for _, m := range p.members() {
			names = append(names, k.number(m.Name))
		}
		k.groups[p.Element] = names
	}
	k.names[leaf] = names
	return names
}

func (k *claims) number(name Name) int {
	n, ok := k.numbers[name]
	if !ok {
		n = len(k.called)
		k.numbers[name] = n
		k.called, k.taken = append(k.called, name), append(k.taken, nil)
	}
	return n
}

// compete returns a conflict among what may follow a state, or nil.
func (k *claims) compete(state int, s steps) *conflict {
	if len(s.leaves) < 2 {
		return nil
	}
	k.state = state
	var wildcards []step
	for _, leaf := range s.leaves {
		for _, name := range k.takes(leaf) {
			k.taken[name] = k.taken[name][:0]
		}
	}
	for i, leaf := range s.leaves {
		next := step{leaf: leaf}
		if s.ways != nil {
			next.ways = s.ways[i]
		}
		if k.leaves[leaf].Kind == WildcardParticle {
			wildcards = append(wildcards, next)
		}
		for _, name := range k.takes(leaf) {
			if x := k.claim(next, name); x != nil {
				return x
			}
		}
	}
	return k.competeWildcards(wildcards, s)
}

// open reports whether some counts allow both of two steps.
func (k *claims) open(one, other step) bool {
	if one.ways == nil {
		return true
	}
	for _, w := range one.ways {
		for _, v := range other.ways {
			if !k.k.exclude(k.state, w, v, k.k.vary) {
				return true
			}
		}
	}
	return false
}

func (k *claims) claim(s step, name int) *conflict {
	for _, other := range k.taken[name] {
		if other.leaf != s.leaf && k.open(s, other) {
			return &conflict{one: min(other.leaf, s.leaf), other: max(other.leaf, s.leaf), name: k.called[name]}
		}
	}
	k.taken[name] = append(k.taken[name], s)
	return nil
}

// competeWildcards looks for elements, or other wildcards, that compete with one of the wildcards.
func (k *claims) competeWildcards(wildcards []step, s steps) *conflict {
	var negative, positive []step
	bySpace := map[string][]step{} // the wildcards that list a namespace
	for _, one := range wildcards {
		w := k.leaves[one.leaf].Wildcard
		if x := k.competeAny(one, negative); x != nil {
			return x
		}
		if w.Not {
			if x := k.competeAny(one, positive); x != nil {
				return x
			}
			negative = append(negative, one)
			continue
		}
		for _, space := range w.Spaces {
			if x := k.competeAny(one, bySpace[space]); x != nil {
				return x
			}
			bySpace[space] = append(bySpace[space], one)
		}
		positive = append(positive, one)
	}
	if len(wildcards) == 0 {
		return nil
	}
	for at, leaf := range s.leaves {
		other := step{leaf: leaf}
		if s.ways != nil {
			other.ways = s.ways[at]
		}
		for _, number := range k.takes(leaf) {
			name := k.called[number]
			for _, one := range slices.Concat(negative, bySpace[name.Space]) {
				if k.leaves[one.leaf].Wildcard.Allows(name.Space) && k.open(one, other) {
					return &conflict{one: min(leaf, one.leaf), other: max(leaf, one.leaf), name: name}
				}
			}
		}
	}
	return nil
}

// competeAny looks for a wildcard among others that competes with one.
func (k *claims) competeAny(one step, others []step) *conflict {
	for _, other := range others {
		space, ok := k.leaves[one.leaf].Wildcard.meets(k.leaves[other.leaf].Wildcard)
		if ok && k.open(one, other) {
			return &conflict{one: min(other.leaf, one.leaf), other: max(other.leaf, one.leaf), name: Name{Space: space, Local: "*"}}
		}
	}
	return nil
}

func (c *compiler) reportConflict(t *ComplexType, content *content, x *conflict) {
	one, other := content.leaves[x.one], content.leaves[x.other]
	word := "<" + t.node.label(x.name) + ">"
	switch {
	case x.name.Local != "*":
	case x.name.Space != "":
		word = "an element of namespace " + x.name.Space
	default:
		word = "an element that both wildcards allow"
	}
	var lead strings.Builder
	for _, leaf := range x.path {
		lead.WriteString(t.node.leafLabel(content.leaves[leaf]) + " ")
	}
	at := t.Pos
	if later := later(one.Pos, other.Pos, t.Pos); later.File == t.Pos.File {
		at = later
	}
	c.findings.Add(diag.Diagnostic{
		Pos:     at,
		Rule:    "cos-nonambig",
		Message: fmt.Sprintf("%s could be either of two particles of %s", word, t.node.typeLabel(t)),
		Witness: []string{
			"content: " + lead.String() + word,
			fmt.Sprintf("particle 1: %s at %s", t.node.leafLabel(one), one.Pos),
			fmt.Sprintf("particle 2: %s at %s", t.node.leafLabel(other), other.Pos),
		},
		Fix: "make the choice between them before they may begin alike",
		Ref: "XML Schema part 1, 3.8.6",
	})
}

func (n *node) leafLabel(p *Particle) string {
	if p.Kind == WildcardParticle {
		return "<any>"
	}
	return "<" + n.label(p.Element.Name) + ">"
}
