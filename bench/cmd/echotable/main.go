//go:build linux

// Command echotable measures the engines of package loop against their peers and prints Markdown. Run it in the module's folder, on a
// machine that does nothing else:
//
//	go run ./cmd/echotable -write ../docs/runtime-speed.md
//
// It builds the commands echo and load, starts each server as a process of its own, pinned apart from the load by taskset where there is
// one, and lets them run in short rounds, every server in every round, so that whatever else the machine does meets all of them.
// What counts is the processor time of the server, kernel included; of the rounds, the lower quartile is shown. Everything goes over
// 127.0.0.1 and is bounded in time.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	rounds     int
	each       time.Duration
	idle       int
	only       string
	write      string
	serverCPUs string
	loadCPUs   string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 9, "how often each cell is measured")
	flag.DurationVar(&o.each, "time", 400*time.Millisecond, "how long a cell is measured each time")
	flag.IntVar(&o.idle, "idle", 10000, "idle connections; the descriptors of a process must do")
	flag.StringVar(&o.only, "only", "", "measure only the tables whose name contains this")
	flag.StringVar(&o.write, "write", "", "the file whose table is replaced; else it is printed")
	flag.StringVar(&o.serverCPUs, "server-cpus", "0", "processors of the servers, as taskset -c understands them")
	flag.StringVar(&o.loadCPUs, "load-cpus", "1", "processors of the load")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "echotable:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	dir, err := os.MkdirTemp("", "echotable")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := newLab(dir, o)
	if err != nil {
		return err
	}
	busy, err := loadAverage()
	if err != nil {
		return err
	}
	var tables []*table
	for _, measure := range []struct {
		name string
		run  func(*lab) (*table, error)
	}{
		{"tcp", func(l *lab) (*table, error) { return l.echo(plain) }},
		{"tls", func(l *lab) (*table, error) { return l.echo(secured) }},
		{"udp", func(l *lab) (*table, error) { return l.echo(datagrams) }},
		{"allocations", (*lab).allocations},
		{"idle", (*lab).idle},
		{"timers", func(*lab) (*table, error) { return timers() }},
	} {
		if !strings.Contains(measure.name, o.only) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", measure.name)
		t, err := measure.run(l)
		if err != nil {
			return fmt.Errorf("%s: %w", measure.name, err)
		}
		tables = append(tables, t)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s, %d processors, load average %s before; %s. %d rounds of %v.\n", time.Now().Format(time.DateOnly),
		runtime.Version(), runtime.GOARCH, runtime.NumCPU(), busy, l.pinning(), o.rounds, o.each)
	for _, t := range tables {
		b.WriteString("\n")
		t.markdown(&b)
	}
	if o.write == "" {
		_, err := os.Stdout.WriteString(b.String())
		return err
	}
	return rewrite(o.write, b.String())
}

// loadAverage is how many processes wanted a processor in the last minute: figures of a machine that has other work are to be read as such.
func loadAverage() (string, error) {
	text, err := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first, err
}
