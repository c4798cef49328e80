package xsd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
)

// checkModel judges unique particle attribution (cos-nonambig, 3.8.6) and the limit on states.
func (c *compiler) checkModel(t *ComplexType) {
	content := newContent(t.Particle)
	if content.root.kind == AllParticle {
		// Any member may come first, and any after any.
		content.root.kind, content.root.most = ChoiceParticle, Unbounded
	}
	k := newCounting(content)
	if !k.over {
		if x := k.conflict(content); x != nil {
			c.reportConflict(t, content, x)
			return
		}
	}
	if k.over || t.Particle.Kind != AllParticle && k.compile() == nil {
		c.findings.Add(diag.Diagnostic{
			Pos: t.Pos, Rule: "max-states",
			Message: fmt.Sprintf("the content model of %s has too many steps, or repeats groups in groups so that too many counts are open at once", t.node.typeLabel(t)),
			Fix:     `use a smaller maxOccurs on groups, or "unbounded"`,
		})
	}
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
	judged := map[*step]bool{} // steps that states share, by the first of them
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		steps := k.steps[state]
		if len(steps) == 0 || judged[&steps[0]] {
			continue
		}
		judged[&steps[0]] = true
		if x := taken.compete(state, steps); x != nil {
			for at := state; at != 0; at = cameFrom[at] {
				x.path = append(x.path, at-1)
			}
			slices.Reverse(x.path)
			return x
		}
		for _, s := range steps {
			if !seen[s.leaf+1] {
				seen[s.leaf+1] = true
				cameFrom[s.leaf+1] = state
				queue = append(queue, s.leaf+1)
			}
		}
	}
	return nil
}

// claims finds leaves that take the same element in one state.
type claims struct {
	k      *counting
	leaves []*Particle
	state  int
	names  [][]Name // by leaf: the names it takes
	number map[Name]int
	taken  [][]step // by number of a name: who takes it in state
}

func newClaims(k *counting, leaves []*Particle) *claims {
	c := &claims{k: k, leaves: leaves, names: make([][]Name, len(leaves)), number: map[Name]int{}}
	for i, leaf := range leaves {
		if leaf.Kind == WildcardParticle {
			continue
		}
		c.names[i] = []Name{leaf.Element.Name}
		for _, m := range leaf.members() {
			c.names[i] = append(c.names[i], m.Name)
		}
		for _, name := range c.names[i] {
			if _, ok := c.number[name]; !ok {
				c.number[name] = len(c.number)
			}
		}
	}
	c.taken = make([][]step, len(c.number))
	return c
}

// compete returns a conflict among what may follow a state, or nil.
func (k *claims) compete(state int, steps []step) *conflict {
	if len(steps) < 2 {
		return nil
	}
	k.state = state
	var wildcards []step
	for _, s := range steps {
		for _, name := range k.names[s.leaf] {
			k.taken[k.number[name]] = k.taken[k.number[name]][:0]
		}
	}
	for _, s := range steps {
		if k.leaves[s.leaf].Kind == WildcardParticle {
			wildcards = append(wildcards, s)
		}
		for _, name := range k.names[s.leaf] {
			if x := k.claim(s, name); x != nil {
				return x
			}
		}
	}
	for i, s := range wildcards {
		if x := k.competeWildcard(s, wildcards[:i], steps); x != nil {
			return x
		}
	}
	return nil
}

// open reports whether some counts allow both of two steps.
func (k *claims) open(one, other step) bool {
	for _, w := range one.ways {
		for _, v := range other.ways {
			if !k.k.exclude(k.state, w, v, k.k.vary) {
				return true
			}
		}
	}
	return false
}

func (k *claims) claim(s step, name Name) *conflict {
	n := k.number[name]
	for _, other := range k.taken[n] {
		if other.leaf != s.leaf && k.open(s, other) {
			return &conflict{one: min(other.leaf, s.leaf), other: max(other.leaf, s.leaf), name: name}
		}
	}
	k.taken[n] = append(k.taken[n], s)
	return nil
}

// competeWildcard looks for an element, or another wildcard, that competes with a wildcard.
func (k *claims) competeWildcard(s step, before, steps []step) *conflict {
	w := k.leaves[s.leaf].Wildcard
	for _, other := range before {
		if both, _ := w.intersect(k.leaves[other.leaf].Wildcard); (both.Not || len(both.Spaces) > 0) && k.open(s, other) {
			name := Name{Local: "*"}
			if !both.Not {
				name.Space = both.Spaces[0]
			}
			return &conflict{one: min(other.leaf, s.leaf), other: max(other.leaf, s.leaf), name: name}
		}
	}
	for _, other := range steps {
		for _, name := range k.names[other.leaf] {
			if w.Allows(name.Space) && k.open(s, other) {
				return &conflict{one: min(other.leaf, s.leaf), other: max(other.leaf, s.leaf), name: name}
			}
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
