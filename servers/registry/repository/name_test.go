package repository

import (
	"strings"
	"testing"
)

// Whatever passes for a host name can be put on the wire of the DNS, and has one spelling.
func FuzzHostName(f *testing.F) {
	for _, name := range []string{
		"example.test", "a.b.c", "-a.test", "a-.test", "xn--bcher-kva.test", "ab--c.test", "xn--.test", "192.0.2.1", "a..test", "",
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
