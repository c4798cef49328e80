//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		table table
		want  string
	}{
		{
			"compared",
			table{
				title: "Echo", heads: []string{"1 × 1", "50 × 1"}, format: "%.2f", compared: true, peers: []string{"bufio", "netpoll", "reactor"},
				rows: []row{
					{"epoll", []float64{3, 6}}, {"bufio", []float64{4, 5}}, {"netpoll", []float64{8, 4}}, {"reactor", []float64{2, 2}},
				},
			},
			`### Echo

| | 1 × 1 | 50 × 1 |
|---|--:|--:|
| epoll | 3.00 (0.75) | 6.00 (1.50) |
| bufio | 4.00 (1.00) | 5.00 (1.25) |
| netpoll | 8.00 (2.00) | 4.00 (1.00) |
| reactor | 2.00 (0.50) | 2.00 (0.50) |

In brackets: the ratio to the best peer; not below it are epoll at 50 × 1 (netpoll +50 %).
`,
		},
		{
			"all below",
			table{
				title: "Echo", heads: []string{"1 × 1"}, format: "%.0f", compared: true, peers: []string{"bufio"},
				rows: []row{{"epoll", []float64{1}}, {"bufio", []float64{2}}},
			},
			`### Echo

| | 1 × 1 |
|---|--:|
| epoll | 1 (0.50) |
| bufio | 2 (1.00) |

In brackets: the ratio to the best peer; our engines are below it in every cell.
`,
		},
		{
			"plain",
			table{title: "Memory", heads: []string{"TCP", "TLS"}, format: "%.0f", rows: []row{{"netpoll", []float64{1000, missing}}}},
			`### Memory

| | TCP | TLS |
|---|--:|--:|
| netpoll | 1000 | |
`,
		},
	} {
		var got strings.Builder
		test.table.markdown(&got)
		if diff := cmp.Diff(test.want, got.String()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "speed.md")
	if err := os.WriteFile(file, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(file, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("before\n"+begin+"new\n"+end+"after\n", string(got)); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(file, []byte("no table\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if rewrite(file, "new\n") == nil {
		t.Error("a file without a place for the table was rewritten")
	}
}

func TestLowerQuartile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		samples []float64
		want    float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1}, 1},
		{[]float64{5, 4, 3, 2, 1}, 2},
		{[]float64{9, 8, 7, 6, 5, 4, 3, 2, 1}, 3},
	} {
		if got := lowerQuartile(test.samples); got != test.want {
			t.Errorf("of %v it is %v, not %v", test.samples, got, test.want)
		}
	}
}

// TestDocument demands that the document the table is for has a place for it.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "runtime-speed.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), begin)
	if table, _, also := strings.Cut(rest, end); !ok || !also || !strings.Contains(table, plain.title) {
		t.Error("docs/runtime-speed.md has no table; run: go run ./cmd/echotable -write ../docs/runtime-speed.md")
	}
}
