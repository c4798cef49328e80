package xsdrun

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// runeSet is a set of characters: the bounds of its ranges, both included, ascending and apart.
type runeSet []rune

const lastRune = unicode.MaxRune

// newRuneSet sorts and joins ranges given as pairs of bounds.
func newRuneSet(pairs ...rune) runeSet {
	n := len(pairs) / 2
	order := make([]int, n)
	for i := range order {
		order[i] = 2 * i
	}
	slices.SortFunc(order, func(a, b int) int { return int(pairs[a]) - int(pairs[b]) })
	var s runeSet
	for _, i := range order {
		lo, hi := pairs[i], pairs[i+1]
		if k := len(s); k > 0 && lo <= s[k-1]+1 {
			s[k-1] = max(s[k-1], hi)
			continue
		}
		s = append(s, lo, hi)
	}
	return s
}

func (s runeSet) union(o runeSet) runeSet { return newRuneSet(slices.Concat(s, o)...) }

// complement returns the characters that are not in s.
func (s runeSet) complement() runeSet {
	var c runeSet
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			c = append(c, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= lastRune {
		c = append(c, next, lastRune)
	}
	return c
}

// minus returns the characters of s that are not in o.
func (s runeSet) minus(o runeSet) runeSet { return s.complement().union(o).complement() }

// tableSet returns the characters of Unicode tables.
func tableSet(tables ...*unicode.RangeTable) runeSet {
	var pairs []rune
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			pairs = append(pairs, lo, hi)
			return
		}
		for r := lo; r <= hi; r += stride {
			pairs = append(pairs, r, r)
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return newRuneSet(pairs...)
}

// namedSets keeps the sets of categories and escapes, by name.
var namedSets sync.Map

// named returns the set of that name, which make makes once.
func named(name string, make func() runeSet) runeSet {
	if s, ok := namedSets.Load(name); ok {
		return s.(runeSet)
	}
	s := make()
	namedSets.Store(name, s)
	return s
}

// category returns the characters of \p{name} for a Unicode general category (part 2, F.1.1).
func category(name string) (runeSet, bool) {
	const names = " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc Sk So C Cc Cf Co Cn "
	if !containsWord(names, name) {
		return nil, false
	}
	return named(name, func() runeSet { return makeCategory(name) }), true
}

func makeCategory(name string) runeSet {
	switch name {
	case "Cn":
		return assigned().complement()
	case "C":
		return tableSet(unicode.C).union(assigned().complement())
	}
	return tableSet(unicode.Categories[name])
}

func containsWord(list, word string) bool {
	return word != "" && !strings.Contains(word, " ") && strings.Contains(list, " "+word+" ")
}

// assigned returns the characters that Unicode assigns.
func assigned() runeSet {
	return tableSet(unicode.L, unicode.M, unicode.N, unicode.P, unicode.Z, unicode.S, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// escapeSet returns the characters of a multi-character escape, by its small letter (part 2, F.1.1 MultiCharEsc).
func escapeSet(c byte) (runeSet, bool) {
	switch c {
	case 's', 'i', 'c', 'd', 'w':
		return named("\\"+string(rune(c)), func() runeSet { return makeEscape(c) }), true
	}
	return nil, false
}

func makeEscape(c byte) runeSet {
	switch c {
	case 's':
		return newRuneSet('\t', '\n', '\r', '\r', ' ', ' ')
	case 'd':
		return tableSet(unicode.Nd)
	case 'w':
		control, _ := category("C")
		return tableSet(unicode.P, unicode.Z).union(control).complement()
	}
	start, more := xmlstream.NameTables()
	set := tableSet(start).union(newRuneSet(':', ':', '_', '_', 'a', 'z', 'A', 'Z'))
	if c == 'c' {
		set = set.union(tableSet(more)).union(newRuneSet('-', '.', '0', '9'))
	}
	return set
}
