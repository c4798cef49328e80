package xsd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWildcardAlgebra checks intersection, union and subset of wildcards against their meaning: what they allow of a few
// namespaces, of which one is in no wildcard and so stands for all others.
func TestWildcardAlgebra(t *testing.T) {
	spaces := []string{"", "urn:a", "urn:b", "urn:c", "urn:other"}
	random := func(r *rand.Rand) *Wildcard {
		switch r.IntN(4) {
		case 0:
			return &Wildcard{Not: true}
		case 1:
			return &Wildcard{Not: true, Spaces: []string{spaces[1+r.IntN(3)], ""}}
		case 2:
			return &Wildcard{Not: true, Spaces: []string{""}}
		}
		w := &Wildcard{}
		for _, s := range spaces[:4] {
			if r.IntN(2) == 0 {
				w.Spaces = append(w.Spaces, s)
			}
		}
		return w
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		a, b := random(r), random(r)
		both, _ := a.intersect(b)
		either, _ := a.unite(b)
		within := true
		for _, s := range spaces {
			if both.Allows(s) != (a.Allows(s) && b.Allows(s)) {
				t.Errorf("%v and %v: %v of %q", a, b, both, s)
			}
			if either.Allows(s) != (a.Allows(s) || b.Allows(s)) {
				t.Errorf("%v or %v: %v of %q", a, b, either, s)
			}
			within = within && (!a.Allows(s) || b.Allows(s))
		}
		// The standard calls one negation a subset of another only if they are the same.
		if a.Not && b.Not && len(b.Spaces) > 0 {
			within = sameSet(a.Spaces, b.Spaces)
		}
		if a.subset(b) != within {
			t.Errorf("%v within %v: %v", a, b, a.subset(b))
		}
	}
}

// TestWildcardExpressible has the combinations that no schema document could write down.
func TestWildcardExpressible(t *testing.T) {
	other := func(space string) *Wildcard { return &Wildcard{Not: true, Spaces: []string{space, ""}} }
	list := func(spaces ...string) *Wildcard { return &Wildcard{Spaces: spaces} }
	tests := []struct {
		name string
		ok   bool
		run  func() (*Wildcard, bool)
		want []string
	}{
		{"two negations have nothing expressible in common", false, func() (*Wildcard, bool) { return other("a").intersect(other("b")) }, []string{"a", "", "b"}},
		{"a negation and itself", true, func() (*Wildcard, bool) { return other("a").intersect(other("a")) }, []string{"a", ""}},
		{"either of two negations: not absent", true, func() (*Wildcard, bool) { return other("a").unite(other("b")) }, []string{""}},
		{"a negation or what it leaves out: any", true, func() (*Wildcard, bool) { return other("a").unite(list("a", "")) }, nil},
		{"a negation or its namespace: not absent", true, func() (*Wildcard, bool) { return list("a").unite(other("a")) }, []string{""}},
		{"a negation or absent: not expressible", false, func() (*Wildcard, bool) { return other("a").unite(list("")) }, []string{"a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := test.run()
			if ok != test.ok || !got.Not || !slices.Equal(got.Spaces, test.want) {
				t.Errorf("got %v %v, want not(%q) %v", got, ok, test.want, test.ok)
			}
		})
	}
}
