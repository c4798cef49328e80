//go:build linux

// Command sip measures user agent servers with SIPp and prints Markdown. Run it in the module's folder, on a machine that does nothing else:
//
//	go run ./cmd/sip -write ../docs/sip-speed.md
//
// The servers are "protogen serve sip --answer", an equivalent one of sipgo, which this command is itself when it is called with -serve, and, where
// it is installed, Kamailio with the allocators "-x fm -X fm", once without transactions and once with them. Each is a process of its own
// with one socket, pinned apart from SIPp by taskset where there is one, and answers INVITE with 180 and 200, BYE with 200; protogen and
// sipgo put a session description into the 200, Kamailio does not. Over UDP all have the same receive buffer.
//
// What counts at a rate is the processor time of the server, kernel included, for each call. A rate is clean when no call has failed,
// when of all messages sent no more than -bound were retransmissions, and when SIPp has kept up nine tenths of it. The highest clean rate is looked for by
// steps of an eighth, while the server shares its processors with a busy loop, so that SIPp is not the end of it; where it is, the figure has a plus sign.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	rates      rates
	each       time.Duration
	rounds     int
	bound      float64
	buffer     int
	first      int
	noSearch   bool
	only       string
	write      string
	serverCPUs string
	sippCPUs   string
	serve      string
}

// rates is a list of calls a second, as a flag.
type rates []int

func (r *rates) String() string { return strings.Trim(fmt.Sprint([]int(*r)), "[]") }

func (r *rates) Set(text string) error {
	*r = nil
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n <= 0 {
			return fmt.Errorf("%q is no rate", word)
		}
		*r = append(*r, n)
	}
	return nil
}

func main() {
	o := options{rates: rates{2000, 8000}}
	flag.Var(&o.rates, "rates", "calls a second at which processor time is measured")
	flag.DurationVar(&o.each, "time", 4*time.Second, "how long a rate is driven each time")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each cell is measured")
	flag.Float64Var(&o.bound, "bound", 0.001, "retransmissions among the messages sent above which a rate is not clean")
	flag.IntVar(&o.buffer, "buffer", 4<<20, "octets of the receive buffer of every UDP server")
	flag.IntVar(&o.first, "first", 4000, "where the search for the highest clean rate begins")
	flag.BoolVar(&o.noSearch, "no-search", false, "do not look for the highest clean rate")
	flag.StringVar(&o.only, "only", "", "measure only the servers whose name contains this")
	flag.StringVar(&o.write, "write", "", "the file whose table is replaced; else it is printed")
	flag.StringVar(&o.serverCPUs, "server-cpus", "0", "processors of the server, as taskset -c understands them")
	flag.StringVar(&o.sippCPUs, "sipp-cpus", "1", "processors of SIPp")
	flag.StringVar(&o.serve, "serve", "", "be the server of sipgo on this address, as in udp://127.0.0.1:5060, and nothing else")
	flag.Parse()
	var err error
	if o.serve != "" {
		err = serveSipgo(o.serve, o.buffer)
	} else {
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sip:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	dir, err := os.MkdirTemp("", "sip")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := newLab(dir, o)
	if err != nil {
		return err
	}
	before, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return err
	}
	busy, _, _ := strings.Cut(string(before), " ")
	agents := slices.DeleteFunc(l.agents(), func(a agent) bool { return !strings.Contains(a.name, o.only) })
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s, %d processors, load average %s before; %s. Medians of %d runs of %v.\n", time.Now().Format(time.DateOnly),
		runtime.Version(), runtime.GOARCH, runtime.NumCPU(), busy, l.pinning(), o.rounds, o.each)
	for _, network := range []string{"udp", "tcp"} {
		t, err := l.measure(network, agents)
		if err != nil {
			return err
		}
		b.WriteString("\n")
		t.markdown(&b)
	}
	if o.write == "" {
		_, err := os.Stdout.WriteString(b.String())
		return err
	}
	return rewrite(o.write, b.String())
}
