package pattern

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
)

// Language is a set of texts, described by a regular expression in RE2's syntax.
type Language struct{ prog *syntax.Prog }

// maxPairs is how many pairs of states a comparison of two languages examines.
const maxPairs = 20000

// NewLanguage returns the set of the texts that a pattern matches as a whole.
func NewLanguage(pattern string) (*Language, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	return &Language{prog}, nil
}

// Comparison is how two languages lie to each other: a text of both, one of the first alone, one of the second alone; nil
// where there is none. They are shortest ones.
type Comparison struct{ Both, First, Second *string }

// Compare walks the deterministic automata of a and b side by side, breadth first. ok is false when they are too large.
func Compare(a, b *Language) (c Comparison, ok bool) {
	type pair struct{ a, b string }
	alphabet := representatives(a, b)
	start := pair{a.closure([]uint32{uint32(a.prog.Start)}), b.closure([]uint32{uint32(b.prog.Start)})}
	texts := map[pair]string{start: ""}
	for queue := []pair{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		c.note(texts[at], a.accepts(at.a), b.accepts(at.b))
		if c.Both != nil && c.First != nil && c.Second != nil {
			return c, true
		}
		for _, r := range alphabet {
			next := pair{a.step(at.a, r), b.step(at.b, r)}
			if _, seen := texts[next]; seen || next.a == "" && next.b == "" {
				continue
			}
			if len(texts) == maxPairs {
				return c, false
			}
			texts[next] = texts[at] + string(r)
			queue = append(queue, next)
		}
	}
	return c, true
}

func (c *Comparison) note(text string, inFirst, inSecond bool) {
	var where **string
	switch {
	case inFirst && inSecond:
		where = &c.Both
	case inFirst:
		where = &c.First
	case inSecond:
		where = &c.Second
	default:
		return
	}
	if *where == nil {
		*where = &text
	}
}

// representatives returns one character of each class that neither language tells apart, letters and digits first.
func representatives(languages ...*Language) []rune {
	cuts := []rune{0, ' ', '!', '0', ':', 'A', '[', 'a', '{', 0x7f}
	for _, l := range languages {
		for _, in := range l.prog.Inst {
			switch in.Op {
			case syntax.InstRune, syntax.InstRune1:
				cuts = append(cuts, boundaries(&in)...)
			case syntax.InstRuneAnyNotNL:
				cuts = append(cuts, '\n', '\n'+1)
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	slices.SortStableFunc(cuts, func(a, b rune) int { return rank(a) - rank(b) })
	return cuts
}

// boundaries are the first character of each range of in, and the first behind it; of the letters in another case too.
func boundaries(in *syntax.Inst) []rune {
	var cuts []rune
	for i := 0; i < len(in.Rune); i += 2 {
		low, high := in.Rune[i], in.Rune[min(i+1, len(in.Rune)-1)]
		cuts = append(cuts, low, high+1)
		if len(in.Rune) == 1 && syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(low); f != low; f = unicode.SimpleFold(f) {
				cuts = append(cuts, f, f+1)
			}
		}
	}
	return cuts
}

func rank(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return 0
	case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return 1
	case r > ' ' && r < 0x7f:
		return 2
	}
	return 3
}

// closure is the set of instructions reached from pcs without reading a character, as a string that can be compared.
// Assertions, such as word boundaries, are taken to hold.
func (l *Language) closure(pcs []uint32) string {
	seen := map[uint32]bool{}
	var keep []uint32
	for len(pcs) > 0 {
		pc := pcs[len(pcs)-1]
		pcs = pcs[:len(pcs)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch in := l.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			pcs = append(pcs, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			pcs = append(pcs, in.Out)
		case syntax.InstFail:
		default:
			keep = append(keep, pc)
		}
	}
	slices.Sort(keep)
	var key []byte
	for _, pc := range keep {
		key = binary.BigEndian.AppendUint32(key, pc)
	}
	return string(key)
}

func instructions(key string) []uint32 {
	pcs := make([]uint32, 0, len(key)/4)
	for ; key != ""; key = key[4:] {
		pcs = append(pcs, binary.BigEndian.Uint32([]byte(key[:4])))
	}
	return pcs
}

func (l *Language) accepts(key string) bool {
	return slices.ContainsFunc(instructions(key), func(pc uint32) bool { return l.prog.Inst[pc].Op == syntax.InstMatch })
}

// step is the set reached from key by reading r; "" when there is none.
func (l *Language) step(key string, r rune) string {
	var next []uint32
	for _, pc := range instructions(key) {
		if in := l.prog.Inst[pc]; in.Op != syntax.InstMatch && in.MatchRune(r) {
			next = append(next, in.Out)
		}
	}
	return l.closure(next)
}
