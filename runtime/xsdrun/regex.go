package xsdrun

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a regular expression.
const (
	maxRegexDepth = 250     // parentheses and character class subtractions inside one another
	maxRegexSize  = 100_000 // instructions, once the counted repetitions are written out
)

// regexNode is a node of a parsed regular expression (part 2, appendix F).
type regexNode struct {
	kind     regexKind
	set      runeSet // of regexSet
	subs     []*regexNode
	min, max int // of regexRepeat; max is Unbounded for no bound
}

type regexKind uint8

const (
	regexSet regexKind = iota
	regexSequence
	regexChoice
	regexRepeat
)

// regexParser reads a regular expression. The first fault stays; after it the parser is at the end.
type regexParser struct {
	s     string
	depth int
	err   error
}

// parseRegex parses the regular expression s.
func parseRegex(s string) (*regexNode, error) {
	p := &regexParser{s: s}
	n := p.choice()
	if p.err == nil && p.s != "" {
		p.fail("unmatched )")
	}
	return n, p.err
}

func (p *regexParser) fail(text string) {
	if p.err == nil {
		p.err = fmt.Errorf("regular expression: %s", text)
	}
	p.s = ""
}

func (p *regexParser) enter() bool {
	p.depth++
	if p.depth > maxRegexDepth {
		p.fail(fmt.Sprintf("nested more than %d deep", maxRegexDepth))
		return false
	}
	return true
}

func (p *regexParser) take(c byte) bool {
	if p.s == "" || p.s[0] != c {
		return false
	}
	p.s = p.s[1:]
	return true
}

// next reads one character.
func (p *regexParser) next() rune {
	r, n := utf8.DecodeRuneInString(p.s)
	if n == 0 {
		p.fail("it ends too early")
	}
	p.s = p.s[n:]
	return r
}

// choice is regExp: branches separated by bars.
func (p *regexParser) choice() *regexNode {
	n := &regexNode{kind: regexChoice, subs: []*regexNode{p.branch()}}
	for p.take('|') {
		n.subs = append(n.subs, p.branch())
	}
	if len(n.subs) == 1 {
		return n.subs[0]
	}
	return n
}

// branch is a sequence of pieces, each an atom and perhaps a quantifier.
func (p *regexParser) branch() *regexNode {
	n := &regexNode{kind: regexSequence}
	for p.s != "" && p.s[0] != '|' && p.s[0] != ')' {
		n.subs = append(n.subs, p.quantified(p.atom()))
	}
	return n
}

func (p *regexParser) atom() *regexNode {
	switch c := p.s[0]; c {
	case '(':
		if !p.enter() {
			return &regexNode{}
		}
		p.take('(')
		n := p.choice()
		p.depth--
		if p.err == nil && !p.take(')') {
			p.fail("a ( without its )")
		}
		return n
	case '[':
		p.take('[')
		return &regexNode{set: p.class()}
	case '\\':
		p.take('\\')
		set, _, _ := p.escape()
		return &regexNode{set: set}
	case '.':
		p.take('.')
		return &regexNode{set: newRuneSet('\n', '\n', '\r', '\r').complement()}
	case '?', '*', '+', '{', '}', ']':
		p.fail(fmt.Sprintf("%q where an atom was expected", c))
		return &regexNode{}
	}
	r := p.next()
	return &regexNode{set: runeSet{r, r}}
}

// quantified reads the quantifier of atom, if there is one.
func (p *regexParser) quantified(atom *regexNode) *regexNode {
	n := &regexNode{kind: regexRepeat, subs: []*regexNode{atom}}
	switch {
	case p.take('?'):
		n.min, n.max = 0, 1
	case p.take('*'):
		n.min, n.max = 0, Unbounded
	case p.take('+'):
		n.min, n.max = 1, Unbounded
	case p.take('{'):
		body, rest, ok := strings.Cut(p.s, "}")
		low, high, ranged := strings.Cut(body, ",")
		n.min = p.count(low)
		switch {
		case !ranged:
			n.max = n.min
		case high == "":
			n.max = Unbounded
		default:
			n.max = p.count(high)
		}
		if p.err == nil && (!ok || n.max != Unbounded && n.max < n.min) {
			p.fail(fmt.Sprintf("the quantifier {%s}", body))
		}
		if p.err == nil {
			p.s = rest
		}
	default:
		return atom
	}
	return n
}

func (p *regexParser) count(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || !isDigits(s) {
		p.fail(fmt.Sprintf("%q is not a count", s))
	}
	return n
}

// escape reads what follows a backslash. char is the character that a single character escape stands for; single tells
// whether it is one.
func (p *regexParser) escape() (set runeSet, char rune, single bool) {
	c := p.next()
	switch c {
	case 'n':
		c, single = '\n', true
	case 'r':
		c, single = '\r', true
	case 't':
		c, single = '\t', true
	case '\\', '|', '.', '-', '^', '?', '*', '+', '{', '}', '(', ')', '[', ']':
		single = true
	case 'p', 'P':
		set = p.property()
		if c == 'P' {
			set = set.complement()
		}
		return set, 0, false
	}
	if single {
		return runeSet{c, c}, c, true
	}
	if c < utf8.RuneSelf {
		if set, ok := escapeSet(byte(c)); ok {
			return set, 0, false
		}
		if set, ok := escapeSet(byte(c) | 0x20); ok && c >= 'A' && c <= 'Z' {
			return set.complement(), 0, false
		}
	}
	p.fail(fmt.Sprintf("\\%c is no escape", c))
	return nil, 0, false
}

// property reads the braces of \p{...}.
func (p *regexParser) property() runeSet {
	name, rest, ok := strings.Cut(strings.TrimPrefix(p.s, "{"), "}")
	if !ok || !strings.HasPrefix(p.s, "{") {
		p.fail("\\p without {...}")
		return nil
	}
	p.s = rest
	set, known := category(name)
	if block, ok := strings.CutPrefix(name, "Is"); ok {
		set, known = blocks[block]
	}
	if !known {
		p.fail(fmt.Sprintf("%q is neither a category nor a block", name))
	}
	return set
}

// class reads a character class from after its '[' (charClassExpr).
func (p *regexParser) class() runeSet {
	if !p.enter() {
		return nil
	}
	defer func() { p.depth-- }()
	negative := p.take('^')
	var pairs []rune
	for first := true; p.err == nil; first = false {
		switch {
		case p.s == "":
			p.fail("a [ without its ]")
			return nil
		case p.s[0] == ']' && !first:
			p.take(']')
			return classSet(pairs, negative)
		case strings.HasPrefix(p.s, "-[") && !first:
			p.s = p.s[2:]
			minus := p.class()
			if p.err == nil && !p.take(']') {
				p.fail("a character class goes on after its subtraction")
			}
			return classSet(pairs, negative).minus(minus)
		}
		pairs = p.classRange(pairs, first)
	}
	return nil
}

func classSet(pairs []rune, negative bool) runeSet {
	set := newRuneSet(pairs...)
	if negative {
		return set.complement()
	}
	return set
}

// classRange reads one member of a character class, which may be a range, and appends its bounds.
func (p *regexParser) classRange(pairs []rune, first bool) []rune {
	dash := p.s[0] == '-'
	set, low, single := p.classChar()
	if !single {
		return append(pairs, set...)
	}
	if p.err != nil || !strings.HasPrefix(p.s, "-") || strings.HasPrefix(p.s, "-]") || strings.HasPrefix(p.s, "-[") {
		if dash && p.err == nil && !first && !strings.HasPrefix(p.s, "]") && !strings.HasPrefix(p.s, "-[") {
			p.fail("a '-' that is neither first nor last in a character class")
		}
		return append(pairs, low, low)
	}
	if dash {
		p.fail("a range that begins with '-'")
		return pairs
	}
	p.take('-')
	_, high, single := p.classChar()
	if p.err == nil && (!single || high < low) {
		p.fail("a range that ends before it begins")
	}
	return append(pairs, low, max(low, high))
}

// classChar reads one character or escape in a character class.
func (p *regexParser) classChar() (set runeSet, char rune, single bool) {
	c := p.next()
	switch c {
	case '\\':
		return p.escape()
	case '[', ']':
		p.fail(fmt.Sprintf("%q in a character class", c))
	}
	return nil, c, true
}
