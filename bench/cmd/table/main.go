// Command table runs the benchmarks of this module and prints medians and ratios as a Markdown table. Run it in the module's
// folder, on a machine that does nothing else.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// columns are the units that are shown, in this order.
var columns = []struct {
	unit, head string
	format     func(float64) string
}{
	{"ns/op", "time", duration},
	{"allocs/op", "Go allocations", func(v float64) string { return fmt.Sprintf("%.0f", v) }},
	{"server-µs/op", "server CPU", func(v float64) string { return duration(v * 1000) }},
}

// duration prints nanoseconds in the unit that suits them.
func duration(ns float64) string {
	if ns >= 1e6 {
		return fmt.Sprintf("%.1f ms", ns/1e6)
	}
	return fmt.Sprintf("%.2f µs", ns/1e3)
}

// baseline is the unit that ratios are of, for each benchmark; the others' are of time. What a client allocates is not shown
// where the server is what is measured.
var baseline = map[string]string{"DomainCheck": "server-µs/op"}

func main() {
	count := flag.Int("count", 5, "how often each benchmark runs; the median is shown")
	each := flag.String("benchtime", "500ms", "how long each run takes")
	tags := flag.String("tags", "libxml2", "build tags; without libxml2 that row is missing")
	bench := flag.String("bench", ".", "which benchmarks, as go test has it")
	flag.Parse()
	if err := run(os.Stdout, *bench, *count, *each, *tags); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, bench string, count int, each, tags string) error {
	command := exec.Command("go", "test", "-tags", tags, "-run", "^$", "-bench", bench, "-benchmem",
		"-count", strconv.Itoa(count), "-benchtime", each, ".")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, out.Bytes())
	}
	results, err := read(&out)
	if err != nil {
		return err
	}
	return write(w, results)
}

// result is what the runs of one benchmark measured.
type result struct {
	work, engine string
	values       map[string][]float64 // by unit
}

// line is what package testing prints for one run, the number of cores that ends its name cut off.
var line = regexp.MustCompile(`^Benchmark([^/\s]+)/(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// read collects the runs of each benchmark, in the order in which they first appear.
func read(r io.Reader) ([]*result, error) {
	var results []*result
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		match := line.FindStringSubmatch(scanner.Text())
		if match == nil {
			continue
		}
		at := slices.IndexFunc(results, func(r *result) bool { return r.work == match[1] && r.engine == match[2] })
		if at < 0 {
			at = len(results)
			results = append(results, &result{work: match[1], engine: match[2], values: map[string][]float64{}})
		}
		fields := strings.Fields(match[3])
		for i := 0; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", scanner.Text(), err)
			}
			unit := fields[i+1]
			results[at].values[unit] = append(results[at].values[unit], value)
		}
	}
	return results, scanner.Err()
}

// write prints a row for each result. The first of each benchmark is what the others are compared with.
func write(w io.Writer, results []*result) error {
	var b strings.Builder
	b.WriteString("| work | engine |")
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c.head)
	}
	b.WriteString(" ratio |\n|---|---|" + strings.Repeat("--:|", len(columns)+1) + "\n")
	first := map[string]float64{}
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %s |", r.work, r.engine)
		unit, named := baseline[r.work]
		if !named {
			unit = "ns/op"
		}
		for _, c := range columns {
			value, ok := r.median(c.unit)
			if ok && !(named && c.unit == "allocs/op") {
				b.WriteString(" " + c.format(value))
			}
			b.WriteString(" |")
		}
		value, _ := r.median(unit)
		if _, seen := first[r.work]; !seen {
			first[r.work] = value
		}
		fmt.Fprintf(&b, " %.1f |\n", value/first[r.work])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// median is the middle of what was measured in a unit; false if nothing was.
func (r *result) median(unit string) (float64, bool) {
	values := slices.Sorted(slices.Values(r.values[unit]))
	if len(values) == 0 {
		return 0, false
	}
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2, true
}
