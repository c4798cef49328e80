//go:build linux

// Command poe measures the servers of POE's protocols: the kernel, which speaks IKC, and the router, which speaks ProxySession.
//
//	go run ./cmd/poe [--engine goroutine|epoll] [--time 2s] [--profile DIR] [ROW...]
//
// Every row starts a server in a process of its own, drives it from this one, and prints what a request cost the server's
// processor, kernel included, beside what it cost the Perl original. The figures of the original were recorded once: Perl 5.36,
// POE 1.370, POE::Component::IKC 0.2402, POEx::ProxySession 1.102760, two cores. They are of another day and another machine;
// what counts is the order of the ratio. With --profile every server writes a CPU profile of its row into the directory.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// options are the flags.
type options struct {
	engine  string
	time    time.Duration
	profile string // a directory for profiles, or of a server, its file; "" for none
}

// row is one thing that is measured.
type row struct {
	name string
	perl time.Duration // processor time of the original for each
	goal float64       // how many times less ours is to take
	run  func(o options, s *server) (count int64, err error)
}

func rows() []row {
	return []row{
		{"ikc post", 30 * time.Microsecond, 30, posts},
		{"ikc call, 1 in flight", 132 * time.Microsecond, 30, calls(1, 1)},
		{"ikc call, 64 in flight", 67 * time.Microsecond, 30, calls(1, 64)},
		{"ikc call, 20 clients", 121 * time.Microsecond, 30, calls(20, 1)},
		{"router round trip, 32 in flight", 2500 * time.Microsecond, 200, roundTrips},
	}
}

func main() {
	var o options
	flag.StringVar(&o.engine, "engine", loop.EngineGoroutine, "event loop of the server")
	flag.DurationVar(&o.time, "time", 2*time.Second, "time of each measurement")
	flag.StringVar(&o.profile, "profile", "", "directory for CPU profiles of the servers")
	child := flag.String("serve", "", "be the server: ikc or proxysession")
	flag.Parse()
	var err error
	if *child != "" {
		err = serve(*child, o, os.Stdin, os.Stdout)
	} else {
		err = run(os.Stdout, o, flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "poe:", err)
		os.Exit(1)
	}
}

// run measures the rows named, or all, and the memory of idle connections.
func run(out io.Writer, o options, names []string) error {
	fmt.Fprintf(out, "%-34s %12s %12s %10s %8s %8s\n", "", "per second", "server CPU", "Perl", "ratio", "goal")
	for _, r := range rows() {
		if len(names) > 0 && !slices.Contains(names, r.name) {
			continue
		}
		if err := measure(out, o, r); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	if len(names) > 0 && !slices.Contains(names, "idle") {
		return nil
	}
	return idle(out, o)
}

// measure runs one row.
func measure(out io.Writer, o options, r row) error {
	child := o
	if o.profile != "" {
		child.profile = filepath.Join(o.profile, strings.NewReplacer(" ", "-", ",", "").Replace(r.name)+".prof")
	}
	s, err := start(r.protocol(), child)
	if err != nil {
		return err
	}
	defer s.stop()
	before, err := s.cpu()
	if err != nil {
		return err
	}
	begun := time.Now()
	count, err := r.run(o, s)
	if err != nil {
		return err
	}
	took := time.Since(begun)
	after, err := s.cpu()
	if err != nil {
		return err
	}
	each := (after - before) / time.Duration(count)
	fmt.Fprintf(out, "%-34s %12.0f %12v %10v %8.0f %8.0f\n", r.name, float64(count)/took.Seconds(), each, r.perl, float64(r.perl)/float64(each), r.goal)
	return nil
}

// protocol is which server a row needs.
func (r row) protocol() string {
	if r.name[:3] == "ikc" {
		return "ikc"
	}
	return "proxysession"
}

// idleConnections is how many connections the memory is measured with.
const idleConnections = 10_000

// idle prints the memory of a server with many connections that say nothing once they stand.
func idle(out io.Writer, o options) error {
	o.profile = ""
	s, err := start("ikc", o)
	if err != nil {
		return err
	}
	defer s.stop()
	before, err := s.memory()
	if err != nil {
		return err
	}
	conns, err := connect(s.address, idleConnections)
	defer closeAll(conns)
	if err != nil {
		return err
	}
	after, err := s.memory()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d idle connections: %d MB resident, %d MB of them for the connections (goal: under 100)\n",
		len(conns), after>>20, (after-before)>>20)
	return nil
}
