package main

import (
	"flag"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParse finds flags wherever they stand, and takes no negative number for one.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, rest []string
		text     string
		number   int
		yes, bad bool
	}{
		{in: []string{"a", "--text", "x", "b", "--yes", "c"}, rest: []string{"a", "b", "c"}, text: "x", yes: true},
		{in: []string{"a", "-1", "-2.5", "b"}, rest: []string{"a", "-1", "-2.5", "b"}},
		{in: []string{"-1"}, rest: []string{"-1"}},
		{in: []string{"--number", "-1", "-2"}, rest: []string{"-2"}, number: -1},
		{in: []string{"--number=-1", "-2"}, rest: []string{"-2"}, number: -1},
		{in: []string{"--yes", "-1"}, rest: []string{"-1"}, yes: true},
		{in: []string{"a", "--", "--text", "-1"}, rest: []string{"a", "--text", "-1"}},
		{in: []string{"-1", "--", "-2"}, rest: []string{"-1", "-2"}},
		{in: []string{}},
		{in: []string{"-x"}, bad: true},
		{in: []string{"a", "--nosuch", "-1"}, bad: true},
	} {
		flags := flag.NewFlagSet("test", flag.ContinueOnError)
		text, number, yes := flags.String("text", "", ""), flags.Int("number", 0, ""), flags.Bool("yes", false, "")
		rest, err := parse(console{out: io.Discard}, flags, c.in)
		if (err != nil) != c.bad {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if diff := cmp.Diff(c.rest, rest); diff != "" || *text != c.text || *number != c.number || *yes != c.yes {
			t.Errorf("%q: text %q, number %d, yes %v, -want +got\n%s", c.in, *text, *number, *yes, diff)
		}
	}
}
