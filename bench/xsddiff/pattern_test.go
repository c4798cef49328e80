package xsddiff

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"testing"
)

// pieces are what patterns are made of at random: atoms, and what is none.
var pieces = []string{
	"a", "b", "ab", ".", `\.`, `\d`, `\D`, `\w`, `\W`, `\s`, `\S`, `\i`, `\I`, `\c`, `\C`, `\n`, `\t`, `\\`, `\|`, `\-`, `\^`, `\?`, `\*`, `\+`, `\{`, `\}`, `\(`, `\)`, `\[`, `\]`,
	"[ab]", "[^ab]", "[a-c]", "[a-]", "[-a]", "[a-c-[b]]", "[^a-c-[b]]", `[\d-[5]]`, `[\-a]`, "[a^]", "[^^]", `[\^a]`, `[a\]]`, `[\w-[\d]]`, `[a-z-[aeiou]]`, `[\s\d]`, `[^\s]`, `[^\D]`, "[.]", `[\.]`, "[+*?]", "[(|)]", "[{}]",
	`\p{L}`, `\P{L}`, `\p{Lu}`, `\p{Nd}`, `\p{P}`, `\p{IsBasicLatin}`, `\P{IsBasicLatin}`, `\p{IsGreek}`, `\p{Zs}`, `\p{Sc}`, `\p{C}`, `[\p{L}-[A-Z]]`, `[^\p{L}]`, `[\P{L}a]`,
	"-", "^", "$", ",", ":", " ", "#", "&", "!", "~", "@", "%", "=", "<", ">", "/", "é", "\U00010000", "1", "0", "A", "Z", "_",
}

// faulty are what no pattern may have, or only in places.
var faulty = []string{
	"*", "+", "?", "{", "}", "(", ")", "[", "]", "|", `\`, "{2}", "{,2}", "{2,1}", "{ 2}", "{2 }", "{a}", "[]", "[^]", "[a", "a]", "[b-a]", "[a--b]", "[--a]", "[a-b-c]", "[a-c-]", "[^-a]", "[-]", "[^-]", "[a-\\d]", "[\\d-a]",
	"[[]", "[a-[b]]", "[a-[b]c]", "[a-c-[b]-[a]]", "[^a-[^b]]", "[]a]", "[a]]", "[\\]", "[a-c-[b]", "[^^a-]", "[-a-c]", "[a-c-b-]", "[--]", "[---]", "[a-c--[b]]",
	`\q`, `\a`, `\b`, `\B`, `\A`, `\z`, `\Z`, `\x41`, `\u0041`, `\0`, `\1`, `\p`, `\p{}`, `\p{l}`, `\p{X}`, `\p{Lx}`, `\p{IsFoo}`, `\p{IsGreek`, `\pL`, `\P{LC}`, `\p{Is}`, `\p{Letter}`, `\p{^L}`, `\p{ L}`, `\e`, `\f`, `\v`, `\r`, `\$`, `\/`, `\#`, `\ `, `\,`, `\&`, `\_`, `\"`,
	"(?:a)", "(?i)a", "(?=a)", "(?#a)", "a**", "a++", "a??", "a*?", "a{2}{3}", "a{0}", "a{0,0}", "a{1,}", "a{,}", "a{1,2,3}", "a{-1}", "a{1.5}", "()", "(|)", "(a|)", "(|a)", "a||b", "()*", "(a*)*", "^a", "a$", "a^b",
	"{2}a", "|a", "a|", "a{2", "a}", "a{", "((a)", "(a))", "[a&&b]", "[[:alpha:]]", "[a-z&&[^b]]",
}

// pattern makes up a regular expression.
func (m *Mutator) pattern(depth int) string {
	var b strings.Builder
	for range 1 + m.Rand.IntN(3) {
		switch {
		case m.Rand.IntN(9) == 0:
			b.WriteString(pick(m, faulty))
		case depth > 0 && m.Rand.IntN(4) == 0:
			b.WriteString("(" + m.pattern(depth-1) + ")")
		case m.Rand.IntN(6) == 0:
			b.WriteString(m.class(2))
		default:
			b.WriteString(pick(m, pieces))
		}
		if m.Rand.IntN(3) == 0 {
			b.WriteString(pick(m, []string{"*", "+", "?", "{2}", "{1,2}", "{0,}", "{3,}", "{0}", "{0,1}"}))
		}
		if m.Rand.IntN(8) == 0 {
			b.WriteString("|")
		}
	}
	return b.String()
}

// class makes up a character class, which is not always one.
func (m *Mutator) class(depth int) string {
	var b strings.Builder
	b.WriteString("[")
	if m.Rand.IntN(4) == 0 {
		b.WriteString("^")
	}
	for range 1 + m.Rand.IntN(3) {
		b.WriteString(pick(m, []string{
			"a", "b", "z", "-", "0", "9", "a-z", "A-Z", "0-9", `\d`, `\w`, `\s`, `\S`, `\-`, `\]`, `\[`, "^", `\^`, ".", "*", " ", `\p{L}`, `\P{Lu}`, `\n`, "é", "!-/", `\.-\?`,
			`\p{IsBasicLatin}`, `\i`, `\c`, `\C`, `\D`, `\W`, "]", "[", `\\`, "+", "$", "(", ")", "|", "a-b-c", "--", ",-.", `\t-\r`,
		}))
	}
	if depth > 0 && m.Rand.IntN(4) == 0 {
		b.WriteString("-" + m.class(depth-1))
	}
	b.WriteString("]")
	return b.String()
}

// subject makes up a string to be matched.
func (m *Mutator) subject() string {
	var b strings.Builder
	for range m.Rand.IntN(5) {
		b.WriteString(pick(m, []string{
			"a", "b", "c", "ab", "5", "0", "A", "Z", "_", "-", ".", " ", "^", "$", "]", "[", "\\", "|", "é", "α", "\U00010000", "€", ":", "?", "*", "+", "{", "(", "z", "e", ",", "/", "٣", "\t", "\n", "\u00a0", "\u0301", "¹", "ª", "€", "+",
		}))
	}
	return b.String()
}

// TestPatterns has made-up regular expressions, and strings, judged.
func TestPatterns(t *testing.T) {
	engines := append([]Engine{Ours{}}, startAll(t)...)
	m := &Mutator{Rand: rand.New(rand.NewPCG(*chance, 3))}
	var rules []Rule
	for range *count {
		p := m.pattern(2)
		if m.Rand.IntN(5) == 0 {
			p = m.literal(p)
		}
		value := strings.NewReplacer("\n", "&#xA;", "\t", "&#x9;").Replace(html.EscapeString(p))
		r := Rule{Name: fmt.Sprintf("%q", p), Valid: true, Schema: schemaText(`<xs:element name="e"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="`+value+`"/></xs:restriction></xs:simpleType></xs:element>`, "")}
		for range 8 {
			r.Docs = append(r.Docs, RuleDoc{Text: (&Node{Name: "e", Children: []*Node{{Text: m.subject()}}}).text()})
		}
		rules = append(rules, r)
	}
	report(t, engines, rules)
}
