package tree_test

import (
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
)

func TestString(t *testing.T) {
	t.Parallel()
	blessed := tree.MapOf(tree.Pair("é\n", tree.Text("ж")))
	blessed.Map().Bless("My::Class")
	for _, c := range []struct {
		value tree.Value
		want  string
	}{
		{tree.Value{}, "undef"},
		{tree.Bool(true), "true"},
		{tree.Uint(1 << 63), "9223372036854775808"},
		{tree.Float(0.1), "0.1"},
		{tree.Octets("a\"\\\x00\xff"), `"a\"\\\x00\xff"`},
		{tree.ListOf(tree.Int(1), tree.ListOf(), tree.MapOf()), "[1, [], {}]"},
		{tree.Ref(tree.Ref(tree.Int(1))), `\\1`},
		{blessed, `"My::Class" {"é\n": "ж"}`},
		{ring(0), "[[[[[[…]]]]]]"},
	} {
		if got := c.value.String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestPrintSize keeps what a peer has sent from filling a log.
func TestPrintSize(t *testing.T) {
	t.Parallel()
	long := tree.Octets(strings.Repeat("\x00", 1<<20))
	wide := new(tree.List)
	for range 100_000 {
		wide.Append(tree.Int(1))
	}
	for name, v := range map[string]tree.Value{
		"string": long, "strings": tree.ListOf(long, long, long), "list": wide.Value(), "key": tree.MapOf(tree.Entry{Key: tree.Key{Name: strings.Repeat("k", 1<<20)}}),
	} {
		if got := len(v.String()); got > 5*tree.PrintSize {
			t.Errorf("%s: %d octets", name, got)
		}
		if got := v.LogValue().String(); got != v.String() {
			t.Errorf("%s: logged as %s", name, got)
		}
	}
}
