package xsdrun

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func TestPattern(t *testing.T) {
	for _, test := range []struct{ pattern, match, other string }{
		{``, "|", "a"},
		{`a|b|`, "a|b|", "ab|c"},
		{`ab?c*d+`, "ad|abccdd", "ab|acb"},
		{`(a|b)*c`, "c|ababc", "ab|cc"},
		{`a{2}b{1,2}c{2,}`, "aabcc|aabbccc", "aabc|abcc|aabbbcc"},
		{`a{0}b`, "b", "ab"},
		{`(a{0,1}){3}`, "|a|aaa", "aaaa"},
		{`(){1000000000}x`, "x", ""},
		{`(\w|_){1,80}-\w{1,8}`, "EXAMPLE_1-REP|é1-x", "-x|a-|a-123456789|a b-c"},
		{`[a-z-[aeiou]]+`, "xyz", "axe"},
		{`[^a-z-[0-9]]`, "A", "5|a"},
		{`[\-a-c^]+`, "-b^", "d"},
		{`[a-]+`, "a-", "b"},
		{`[-a]+`, "a-", "b"},
		{`[+--]+`, "+,-", "*"},
		{`.`, "a|😀|é", "\n|\r|ab"},
		{`\.\\\?\*\+\(\)\{\}\[\]\|\^\-`, `.\?*+(){}[]|^-`, `a\?*+(){}[]|^-`},
		{`\n\r\t`, "\n\r\t", "nrt"},
		{`\d+`, "19|٣", "a|½"},
		{`\D`, "a|½", "1"},
		{`\s\S`, " a|\tb", "aa|  "},
		{`\i\c*`, "a-1|_:|é", "1|-a"},
		{`\I`, "1|-", "a"},
		{`\C`, " |,", "a|-"},
		{`\w`, "a|1|é|$|+", "-| |,"},
		{`\W`, "-| |,", "a|$"},
		{`\p{Lu}\P{Lu}`, "Aa|É1", "AA|aA"},
		{`\p{L}\p{Nd}\p{Sc}\p{Zs}\p{Pd}`, "a1€ -", "a1-€ "},
		{`[\p{Ll}\d]`, "a|7", "A|-"},
		{`[^\P{Lu}]`, "A", "a"},
		{`\p{IsBasicLatin}\p{IsGreek}`, "aλ", "λa"},
		{`\P{IsLatin-1Supplement}`, "a", "é"},
		{`[\p{IsCyrillic}-[Ж]]`, "Я", "Ж|a"},
		{`\p{Cn}`, "\u0378", "a"},
		{`\p{Co}`, "\uE000", "a"},
		{`^a$`, "^a$", "a"},
		{`a*a*a*a*a*a*b`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		{`(a|ab)(c|bcd)(d*)`, "abcd|acd|abbcddd", "abc d"},
		{`[a-c]{500}`, strings.Repeat("abcab", 100), strings.Repeat("a", 499) + "|" + strings.Repeat("a", 501)},
		{`(a|b)*a(a|b){14}`, strings.Repeat("a", 40), strings.Repeat("b", 40)}, // too many states for a table
	} {
		p, err := compilePattern(test.pattern)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		for _, s := range strings.Split(test.match, "|") {
			if strings.Contains(test.pattern, `\|`) {
				s = test.match
			}
			if !p.accepts(t, s) {
				t.Errorf("%s does not match %q", test.pattern, s)
			}
		}
		for _, s := range strings.Split(test.other, "|") {
			if strings.Contains(test.pattern, `\|`) {
				s = test.other
			}
			if (s != "" || !strings.Contains(test.match, "|")) && test.other != "" && p.accepts(t, s) {
				t.Errorf("%s matches %q", test.pattern, s)
			}
		}
	}
}

func TestPatternFaults(t *testing.T) {
	for pattern, want := range map[string]string{
		`(`:                        "a ( without its )",
		`a)`:                       "unmatched )",
		`[`:                        "a [ without its ]",
		`[]`:                       `']' in a character class`,
		`[a`:                       "a [ without its ]",
		`[b-a]`:                    "ends before it begins",
		`[a-\d]`:                   "ends before it begins",
		`[a-[b]c]`:                 "goes on after its subtraction",
		`[a-c-e]`:                  "neither first nor last",
		`a**`:                      `'*' where an atom`,
		`*`:                        `'*' where an atom`,
		`a{`:                       "is not a count",
		`a{2,1}`:                   "the quantifier {2,1}",
		`a{x}`:                     `"x" is not a count`,
		`a{,3}`:                    `"" is not a count`,
		`a}`:                       `'}' where an atom`,
		`]`:                        `']' where an atom`,
		`\`:                        "it ends too early",
		`\q`:                       `\q is no escape`,
		`\1`:                       `\1 is no escape`,
		`\p`:                       `\p without {...}`,
		`\p{Xx}`:                   `neither a category nor a block`,
		`\p{IsNowhere}`:            `neither a category nor a block`,
		`\p{}`:                     `neither a category nor a block`,
		strings.Repeat("(", 1000):  "nested more than 250 deep",
		strings.Repeat("[a-", 300): "nested more than 250 deep",
		`((a{1000}){1000}){1000}`:  "too large",
		`a{99999999999999999999}`:  "is not a count",
		`(?:a)`:                    `'?' where an atom`,
	} {
		_, err := compilePattern(pattern)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: error %v, want %q", pattern, err, want)
		}
	}
}

// accepts matches in both ways, which must agree.
func (p *pattern) accepts(t *testing.T, text string) bool {
	t.Helper()
	matches, done := p.bothWays(t, text)
	if !done {
		t.Errorf("%q: too much work", text)
	}
	return matches
}

// bothWays matches in both ways, which must agree where they have been done.
func (p *pattern) bothWays(t *testing.T, text string) (matches, done bool) {
	t.Helper()
	matches, done = p.match(text)
	again, too := p.simulate(p.start, text, 0)
	if done && too && matches != again {
		t.Errorf("%q: matched by states: %v, by instructions: %v", text, matches, again)
	}
	return matches, done && too
}

// TestPatternWork matches what the instructions of a pattern take long to match, and what has no room for all its states.
func TestPatternWork(t *testing.T) {
	for _, test := range []struct {
		name, pattern, text string
		matches, done       bool
	}{
		{"states that come back", "(a+)+b", strings.Repeat("a", 100_000) + "b", true, true},
		{"many states", "[a-z]{1,20000}", strings.Repeat("a", 20_000), true, true},
		{"no room for all states", "(.*a.{100})*", strings.Repeat("abbab", 1000), false, true},
		{"too much work without room", ".*a.{2000}", strings.Repeat("ab", 10_000), false, false},
	} {
		p, err := compilePattern(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time some states are known
			if !test.done && len(p.states) > 1 {
				break
			}
			if matches, done := p.match(test.text); matches != test.matches || done != test.done {
				t.Errorf("%s: matches %v, done %v; want %v, %v", test.name, matches, done, test.matches, test.done)
			}
		}
		if len(p.states) > maxPatternRoom/8 {
			t.Errorf("%s: %d states are kept", test.name, len(p.states))
		}
	}
}

// TestPatternShared matches by one pattern in several goroutines.
func TestPatternShared(t *testing.T) {
	p, err := compilePattern(`(ab?|ba?){0,40}c?`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 200 {
				text := strings.Repeat("ab", n%40) + strings.Repeat("b", g%2)
				if matches, done := p.match(text); !matches && n%40 < 39 || !done {
					t.Errorf("%q: matches %v, done %v", text, matches, done)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzPattern checks that compiling ends without a panic, that both ways of matching agree, and that they agree with the
// standard library where its syntax means the same.
func FuzzPattern(f *testing.F) {
	f.Add(`(a|b)*c{1,3}[x-z]?`, "abccy")
	f.Add(`[a-z-[aeiou]]+\d`, "xyz7")
	f.Add(`\p{Lu}\i\c*`, "Éa1")
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 200 || len(text) > 1000 || !utf8.ValidString(expr) || !utf8.ValidString(text) {
			return
		}
		p, err := compilePattern(expr)
		if err != nil {
			return
		}
		got, done := p.bothWays(t, text)
		if !done {
			return
		}
		if strings.Trim(expr, "abc()|*+?123") != "" || strings.Contains(expr, "??") || strings.Contains(expr, "*?") {
			return
		}
		std, err := regexp.Compile(`\A(?:` + expr + `)\z`)
		if err == nil && std.MatchString(text) != got {
			t.Fatalf("%q, %q: matches %t, the standard library says otherwise", expr, text, got)
		}
	})
}
