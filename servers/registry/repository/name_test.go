package repository

import (
	"strings"
	"testing"
)

// What stands behind "xn--" is what RFC 5890 calls an A-label, or nothing.
func TestALabels(t *testing.T) {
	for label, want := range map[string]bool{
		"xn--bcher-kva":   true,  // bücher
		"xn--fa-hia":      true,  // faß, a letter of its own
		"xn--80ak6aa92e":  true,  // Cyrillic
		"xn--mgbh0fb":     true,  // right to left
		"xn--mgba3gch31f": true,  // a joiner where it may be
		"xn--ll-0ea":      true,  // l·l
		"xn--wva4j":       true,  // keraia before a Greek letter
		"xn--4db4e":       true,  // geresh after a Hebrew letter
		"xn--58dm":        true,  // Cherokee capitals
		"xn--cckzj":       true,  // a middle dot with Katakana
		"xn--":            false, // nothing
		"xn--a":           false, // a control character
		"xn--0":           false, // no punycode
		"xn--a-":          false, // punycode of ASCII
		"xn--bcher-kv":    false, // cut off
		"xn--1ch":         false, // ≠, which is not stable
		"xn--hba":         false, // ª, which is not stable
		"xn--bcher-kvA":   false, // a capital
		"xn--n3h":         false, // ☃, no letter
		"xn--ls8h":        false, // a picture
		"xn--ab-m1t":      false, // a joiner where it may not be
		"xn--8hb20a":      false, // two kinds of Arabic digits
		"xn--ab-0ea":      false, // a·b
		"xn--l-fda":       false, // ·l
		"xn--vek":         false, // a middle dot without Katakana
		"xn--ngba5e":      false, // a tatweel between letters
		"xn--a-1k8q":      false, // a musical symbol that combines with a letter
		"xn--ypd8q":       false, // conjoining jamo
	} {
		if got := validHostName(label + ".test"); got != want {
			t.Errorf("%s: %t, want %t", label, got, want)
		}
	}
}

// Whatever passes for a host name can be put on the wire of the DNS, and has one spelling.
func FuzzHostName(f *testing.F) {
	for _, name := range []string{
		"example.test", "a.b.c", "-a.test", "a-.test", "xn--bcher-kva.test", "ab--c.test", "xn--.test", "xn--a.test", "xn--n3h.test", "xn--ll-0ea.test", "192.0.2.1", "a..test", "",
		strings.Repeat("a", 63) + ".test", strings.Repeat("a.", 127) + "a", "bücher.test", "A.TEST", "a.test.", "a\x00.test",
	} {
		f.Add(name)
	}
	p := Policy{TLDs: []string{"test", "co.test"}}
	f.Fuzz(func(t *testing.T, name string) {
		bad := p.registrable(name)
		if !validHostName(name) {
			if bad == nil {
				t.Errorf("%q is no host name and can be registered", name)
			}
			return
		}
		if wire := wireName(name); len(wire) > 255 || len(wire) != len(name)+2 {
			t.Errorf("%q takes %d octets on the wire", name, len(wire))
		}
		if fold(name) != name {
			t.Errorf("%q is not in lower case", name)
		}
		if bad == nil && p.superordinate(name) != name {
			t.Errorf("%q can be registered, and lies in %q", name, p.superordinate(name))
		}
	})
}
