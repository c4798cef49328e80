//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	table := table{
		network: "udp", rates: []int{2000, 8000}, search: true,
		rows: []row{
			{"protogen", []float64{40, 20}, limit{30000, true}},
			{"sipgo", []float64{80, 70}, limit{10000, false}},
		},
	}
	want := `### SIP over UDP: processor time of the server per call in µs

| | 2000 calls/s | 8000 calls/s | highest clean rate |
|---|--:|--:|--:|
| protogen | 40.0 (1.00) | 20.0 (1.00) | 30000+ (1.00) |
| sipgo | 80.0 (2.00) | 70.0 (3.50) | 10000 (0.33) |

In brackets: the ratio to protogen.
`
	var b strings.Builder
	table.markdown(&b)
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "before\n"+begin+"new\n"+end+"after\n" {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.WriteFile(path, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(path, "new\n"); err == nil {
		t.Error("a file without the lines is rewritten")
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	r, err := parseStats([]byte("StartTime;CallRate(C);SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);Retransmissions(C);\nx;9;1;10;0;0;\nx;99.5;5;1000;2;3;\n"))
	if err != nil || r.calls != 1000 || r.failed != 2 || r.retransmissions != 3 || r.rate != 99.5 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, broken := range []string{"", "SuccessfulCall(C);\n", "x;SuccessfulCall(C);\n1\n", "SuccessfulCall(C);\nmany;\n"} {
		if r, err := parseStats([]byte(broken)); err == nil && r.calls != 0 {
			t.Errorf("%q gives %+v", broken, r)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		r    result
		want bool
	}{
		"clean":           {result{calls: 1000, rate: 990, retransmissions: 3}, true},
		"failed":          {result{calls: 1000, rate: 990, failed: 1}, false},
		"retransmissions": {result{calls: 1000, rate: 990, retransmissions: 4}, false},
		"slow":            {result{calls: 1000, rate: 890}, false},
	} {
		if got := test.r.clean(1000, 0.001); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if r := (result{calls: 1000, seconds: 1, serverCPU: 28 * time.Millisecond, sippCPU: time.Second}); r.perCall() != 28 || !r.exhausted() {
		t.Errorf("%v µs, exhausted: %v", r.perCall(), r.exhausted())
	}
}

func TestGroupOf(t *testing.T) {
	t.Parallel()
	if group, err := groupOf("7 (a ) b) S 1 42 42 0"); err != nil || group != 42 {
		t.Errorf("%d, %v", group, err)
	}
	if _, err := groupOf("7 (a)"); err == nil {
		t.Error("that is no stat")
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	var r rates
	if err := r.Set("1000,2000"); err != nil || r.String() != "1000 2000" {
		t.Errorf("%v, %v", r, err)
	}
	if r.Set("1000,none") == nil || r.Set("0") == nil {
		t.Error("those are no rates")
	}
}
