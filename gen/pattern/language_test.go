package pattern

import (
	"regexp"
	"testing"
)

func TestCompare(t *testing.T) {
	show := func(s *string) string {
		if s == nil {
			return "–"
		}
		return *s
	}
	for _, tt := range []struct{ a, b, both, first, second string }{
		{"HELLO", "HELLO", "HELLO", "–", "–"},
		{"HELLO", "HELLO IKC[0-9]", "–", "HELLO", "HELLO IKC0"},
		{"[a-z]+", "[a-f0-9]+", "a", "g", "0"},
		{`INVITE [^ ]+ SIP/2\.0`, `[A-Z]+ [^ ]+ SIP/2\.0`, "INVITE a SIP/2.0", "–", "A a SIP/2.0"},
		{"a|b", "b|c", "b", "a", "c"},
		{"(?i)ok", "OK", "OK", "ok", "–"},
		{"a.c", "abc", "abc", "aac", "–"},
		{"", "x*", "", "–", "x"},
	} {
		a, errA := NewLanguage(tt.a)
		b, errB := NewLanguage(tt.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		c, ok := Compare(a, b)
		if got := [3]string{show(c.Both), show(c.First), show(c.Second)}; !ok || got != [3]string{tt.both, tt.first, tt.second} {
			t.Errorf("%q, %q: %v %q", tt.a, tt.b, ok, got)
		}
	}
}

// FuzzCompare: the texts that a comparison shows are what it says of them.
func FuzzCompare(f *testing.F) {
	f.Add("[a-z]+", "a|b")
	f.Add("(?i)ab?", "A.")
	f.Add("x{2,4}", "xx*")
	f.Add("[^a]", "é|a")
	f.Fuzz(func(t *testing.T, p, q string) {
		if len(p) > 30 || len(q) > 30 || regexp.MustCompile(`[\\^$]|\{\d\d|\?[a-z]*[ms]`).MatchString(p+q) {
			return // assertions are taken to hold
		}
		a, errA := NewLanguage(p)
		b, errB := NewLanguage(q)
		if errA != nil || errB != nil {
			return
		}
		x, y := regexp.MustCompile("^(?:"+p+")$"), regexp.MustCompile("^(?:"+q+")$")
		c, _ := Compare(a, b)
		for _, w := range []struct {
			text          *string
			first, second bool
		}{{c.Both, true, true}, {c.First, true, false}, {c.Second, false, true}} {
			if w.text != nil && (x.MatchString(*w.text) != w.first || y.MatchString(*w.text) != w.second) {
				t.Errorf("%q, %q: %q is shown as %v %v", p, q, *w.text, w.first, w.second)
			}
		}
	})
}
