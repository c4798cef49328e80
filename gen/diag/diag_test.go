package diag_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/gen/diag"
)

func sample() diag.List {
	var l diag.List
	l.Warnf(diag.Pos{File: "b.cue", Line: 1, Col: 1}, "dead", "message %q is never sent", "ping")
	l.Add(diag.Diagnostic{
		Pos: diag.Pos{File: "a.cue", Line: 10, Col: 2}, Rule: "state-hole", Message: `state "open" does not say what "ping" does`,
		Witness: []string{"client ping →", "server is in open"}, Fix: "add ignore: [M.ping.#name]", Ref: "RFC 5730 2",
	})
	l.Errorf(diag.Pos{File: "a.cue", Line: 9, Col: 30}, "unknown-name", "no state %q", "opne")
	l.Errorf(diag.Pos{File: "a.cue", Line: 9, Col: 30}, "unknown-name", "no state %q", "opne")
	l.Errorf(diag.Pos{File: "a.xsd"}, "missing-file", "no such file")
	return l
}

func TestListPrintsInOrder(t *testing.T) {
	l := sample()
	l.Sort()
	want := `a.cue:9:30: error[unknown-name]: no state "opne"
a.cue:10:2: error[state-hole]: state "open" does not say what "ping" does (RFC 5730 2)
  client ping →
  server is in open
  fix: add ignore: [M.ping.#name]
a.xsd: error[missing-file]: no such file
b.cue:1:1: warning[dead]: message "ping" is never sent
`
	if diff := cmp.Diff(want, l.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	l := sample()
	l.Sort()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back diag.List
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(l, back); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestErr(t *testing.T) {
	var l diag.List
	l.Warnf(diag.Pos{}, "dead", "unused")
	if err := l.Err(); err != nil {
		t.Errorf("warnings alone are an error: %v", err)
	}
	l.Errorf(diag.Pos{}, "bad", "wrong")
	if l.Err() == nil {
		t.Error("an error is none")
	}
}

func TestFrom(t *testing.T) {
	l := sample()
	for _, tc := range []struct {
		name string
		err  error
		want diag.List
	}{
		{"nil", nil, nil},
		{"list", fmt.Errorf("loading: %w", l), l},
		{"diagnostic", fmt.Errorf("loading: %w", l[1]), l[1:2]},
		{"other", errors.New("disk full"), diag.List{{Rule: "io", Message: "disk full"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, diag.From(tc.err, "io")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDidYouMean(t *testing.T) {
	for _, tc := range []struct{ name, want string }{
		{"lgoin", ` (did you mean "login"?)`},  // swapped
		{"logn", ` (did you mean "login"?)`},   // dropped
		{"logiin", ` (did you mean "login"?)`}, // doubled
		{"Login", ` (did you mean "login"?)`},  // changed
		{"logouts", ` (did you mean "logout"?)`},
		{"po", ""}, // two letters, two edits: no guess
		{"o", ""},
		{"transfer", ""},
		{"login", ` (did you mean "logic"?)`}, // never itself
	} {
		if got := diag.DidYouMean(tc.name, "ok", "logic", "login", "logout"); got != tc.want {
			t.Errorf("DidYouMean(%q) = %q, want %q", tc.name, got, tc.want)
		}
	}
}
