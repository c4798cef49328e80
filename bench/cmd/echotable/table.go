//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// missing is the value of a cell that cannot be measured.
var missing = math.NaN()

// A table is what one kind of measurement found.
type table struct {
	title    string
	heads    []string
	rows     []row
	format   string   // of a value
	compared bool     // with the best peer: ratios in the cells, and what is missed below
	peers    []string // the rows of others
}

// A row is an engine.
type row struct {
	name   string
	values []float64
}

// yardstick is the row that shows what the system itself takes: nobody is behind it.
const yardstick = "reactor"

// markdown writes the table. Where it compares, every cell has its ratio to the best peer.
func (t *table) markdown(w io.Writer) {
	fmt.Fprintf(w, "### %s\n\n| |", t.title)
	for _, head := range t.heads {
		fmt.Fprintf(w, " %s |", head)
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("--:|", len(t.heads)))
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s |", r.name)
		for at, value := range r.values {
			switch _, best := t.best(at); {
			case math.IsNaN(value):
				fmt.Fprint(w, " |")
			case t.compared:
				fmt.Fprintf(w, " "+t.format+" (%.2f) |", value, value/best)
			default:
				fmt.Fprintf(w, " "+t.format+" |", value)
			}
		}
		fmt.Fprintln(w)
	}
	if t.compared {
		t.verdict(w)
	}
}

// verdict says in which cells of ours a peer is better.
func (t *table) verdict(w io.Writer) {
	var missed []string
	for _, r := range t.rows {
		if r.name == yardstick || slices.Contains(t.peers, r.name) {
			continue
		}
		for at, value := range r.values {
			if peer, best := t.best(at); value >= best {
				missed = append(missed, fmt.Sprintf("%s at %s (%s %+.0f %%)", r.name, t.heads[at], peer, (value/best-1)*100))
			}
		}
	}
	result := "our engines are below it in every cell"
	if len(missed) > 0 {
		result = "not below it are " + strings.Join(missed, ", ")
	}
	fmt.Fprintf(w, "\nIn brackets: the ratio to the best peer; %s.\n", result)
}

// best is the peer with the lowest value of a column.
func (t *table) best(at int) (string, float64) {
	name, best := "", math.Inf(1)
	for _, r := range t.rows {
		if r.name != yardstick && slices.Contains(t.peers, r.name) && r.values[at] < best {
			name, best = r.name, r.values[at]
		}
	}
	return name, best
}

// The lines between which a file has its table.
const (
	begin = "<!-- begin of what cmd/echotable writes -->\n"
	end   = "<!-- end of what cmd/echotable writes -->\n"
)

// rewrite replaces what stands between the lines in a file.
func rewrite(path, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, after, also := strings.Cut(rest, end)
	if !ok || !also {
		return fmt.Errorf("%s has no lines\n%s%s", path, begin, end)
	}
	return os.WriteFile(path, []byte(before+begin+text+end+after), 0o644)
}
