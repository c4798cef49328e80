//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// A table is what was measured over one transport.
type table struct {
	network string
	rates   []int
	search  bool // the highest clean rates were looked for
	rows    []row
}

// A row is an agent.
type row struct {
	name    string
	perCall []float64 // microseconds, by rate
	highest limit
}

// markdown writes the table. Ratios are those to the first row, which is ours.
func (t *table) markdown(w io.Writer) {
	fmt.Fprintf(w, "### SIP over %s: processor time of the server per call in µs\n\n| |", strings.ToUpper(t.network))
	for _, rate := range t.rates {
		fmt.Fprintf(w, " %d calls/s |", rate)
	}
	if t.search {
		fmt.Fprint(w, " highest clean rate |")
	}
	columns := len(t.rates)
	if t.search {
		columns++
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("--:|", columns))
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s |", r.name)
		for at, value := range r.perCall {
			fmt.Fprintf(w, " %.1f (%.2f) |", value, value/t.rows[0].perCall[at])
		}
		if t.search {
			fmt.Fprintf(w, " %s (%.2f) |", r.highest, float64(r.highest.rate)/float64(max(t.rows[0].highest.rate, 1)))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "\nIn brackets: the ratio to protogen.\n")
}

func (l limit) String() string {
	if l.open {
		return fmt.Sprintf("%d+", l.rate)
	}
	return fmt.Sprint(l.rate)
}

// The lines between which a file has its table.
const (
	begin = "<!-- begin of what cmd/sip writes -->\n"
	end   = "<!-- end of what cmd/sip writes -->\n"
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
