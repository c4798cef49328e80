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
	a := &automaton{limit: c.opts.MaxStates, reduced: true}
	a.build(content.root)
	if !a.over {
		if x := a.conflict(content); x != nil {
			c.reportConflict(t, content, x)
			return
		}
	}
	if a.over || t.Particle.Kind != AllParticle && content.compile(c.opts.MaxStates) == nil {
		c.findings.Add(diag.Diagnostic{
			Pos: t.Pos, Rule: "max-states",
			Message: fmt.Sprintf("the content model of %s needs more than %d states, the limit MaxStates", t.node.typeLabel(t), c.opts.MaxStates),
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

// conflict finds the first place at which two leaves compete, by the fewest elements before it.
func (a *automaton) conflict(content *content) *conflict {
	cameFrom := make([]int, len(a.follow))
	seen := make([]bool, len(a.follow))
	queue := []int{0}
	seen[0] = true
	taken := newClaims(content.leaves)
	judged := map[row]bool{}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		row, short := a.row(state)
		if short && judged[row] {
			continue
		}
		judged[row] = short
		follow := slices.Concat(a.follow[state]...)
		if x := taken.compete(follow, a.leaf); x != nil {
			for at := state; at != 0; at = cameFrom[at] {
				x.path = append(x.path, a.leaf[at-1])
			}
			slices.Reverse(x.path)
			return x
		}
		for _, p := range follow {
			if !seen[p+1] {
				seen[p+1] = true
				cameFrom[p+1] = state
				queue = append(queue, p+1)
			}
		}
	}
	return nil
}

// claims finds leaves that take the same element.
type claims struct {
	leaves []*Particle
	names  map[Name]int // leaf that takes the name, in the round below
	round  map[Name]int
	now    int
}

func newClaims(leaves []*Particle) *claims {
	return &claims{leaves: leaves, names: map[Name]int{}, round: map[Name]int{}}
}

// compete returns a conflict among the positions, or nil.
func (k *claims) compete(positions, leafOf []int) *conflict {
	if len(positions) < 2 {
		return nil
	}
	k.now++
	var wildcards []int
	for _, p := range positions {
		leaf := leafOf[p]
		particle := k.leaves[leaf]
		if particle.Kind == WildcardParticle {
			wildcards = append(wildcards, leaf)
			continue
		}
		if x := k.claim(leaf, particle.Element.Name); x != nil {
			return x
		}
		for _, m := range particle.members() {
			if x := k.claim(leaf, m.Name); x != nil {
				return x
			}
		}
	}
	for i, leaf := range wildcards {
		if x := k.competeWildcard(leaf, wildcards[:i], positions, leafOf); x != nil {
			return x
		}
	}
	return nil
}

func (k *claims) claim(leaf int, name Name) *conflict {
	if other, ok := k.names[name]; ok && k.round[name] == k.now && other != leaf {
		return &conflict{one: min(other, leaf), other: max(other, leaf), name: name}
	}
	k.names[name], k.round[name] = leaf, k.now
	return nil
}

// competeWildcard looks for an element, or another wildcard, that competes with a wildcard.
func (k *claims) competeWildcard(leaf int, before, positions, leafOf []int) *conflict {
	w := k.leaves[leaf].Wildcard
	for _, other := range before {
		if other == leaf {
			continue
		}
		if both, _ := w.intersect(k.leaves[other].Wildcard); both.Not || len(both.Spaces) > 0 {
			name := Name{Local: "*"}
			if !both.Not {
				name.Space = both.Spaces[0]
			}
			return &conflict{one: min(other, leaf), other: max(other, leaf), name: name}
		}
	}
	for _, p := range positions {
		particle := k.leaves[leafOf[p]]
		if particle.Kind != ElementParticle {
			continue
		}
		for _, e := range slices.Concat([]*Element{particle.Element}, particle.members()) {
			if w.Allows(e.Name.Space) {
				return &conflict{one: min(leafOf[p], leaf), other: max(leafOf[p], leaf), name: e.Name}
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
