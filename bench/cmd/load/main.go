//go:build linux

// Command load drives a server of command echo and says what that cost the server.
//
// Every connection keeps depth requests in flight: a read that brings the replies to some of them is followed by a write of
// as many new ones. After a warm-up, replies are counted for the time given; with --pid, so is the processor time of the server's
// process, kernel included. The result is a line of JSON. With --idle, the connections send one request each and then nothing until
// standard input ends.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// options are the flags.
type options struct {
	address        string
	conns, depth   int
	size           int // octets of a payload
	warm, time     time.Duration
	tls, udp, idle bool
	pid            int
}

// maxFlight is the number of octets a connection may have in flight: a socket must take them without waiting.
const maxFlight = 128 << 10

// patience is how long no reply at all may come before the run fails.
const patience = 10 * time.Second

// A Result is what a run measured.
type Result struct {
	Requests  int64   `json:"requests"`   // replies in the time measured
	Total     int64   `json:"total"`      // replies since the start
	Lost      int64   `json:"lost"`       // datagrams that got no reply
	Seconds   float64 `json:"seconds"`    // measured
	ServerCPU float64 `json:"server_cpu"` // seconds of processor time of the server in the time measured
}

func main() {
	var o options
	flag.StringVar(&o.address, "addr", "", "the server's address, a loopback one")
	flag.IntVar(&o.conns, "conns", 50, "connections, or sockets")
	flag.IntVar(&o.depth, "depth", 1, "requests in flight per connection")
	flag.IntVar(&o.size, "size", 512, "octets of a payload")
	flag.DurationVar(&o.warm, "warm", 100*time.Millisecond, "time before the measurement")
	flag.DurationVar(&o.time, "time", time.Second, "time of the measurement, a minute at most")
	flag.BoolVar(&o.tls, "tls", false, "TLS, whatever the certificate")
	flag.BoolVar(&o.udp, "udp", false, "datagrams; one without a reply is replaced by another in time")
	flag.BoolVar(&o.idle, "idle", false, "one request per connection, then wait for the end of standard input")
	flag.IntVar(&o.pid, "pid", 0, "the server's process")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, o options) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.idle {
		return idle(in, out, o)
	}
	drive := drivePolled
	switch {
	case o.udp:
		drive = drivePackets
	case o.tls:
		drive = driveTLS
	}
	m := &meter{pid: o.pid, warm: o.warm, time: o.time}
	if err := drive(o, m); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(m.result)
}

// check refuses what makes no sense, and every server that is not on this machine.
func (o options) check() error {
	host, _, err := net.SplitHostPort(o.address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s is no loopback address", o.address)
	}
	switch {
	case o.conns < 1, o.depth < 1, o.size < 1:
		return errors.New("conns, depth and size must be positive")
	case o.depth*(4+o.size) > maxFlight:
		return fmt.Errorf("depth times size is over %d octets", maxFlight)
	case o.warm < 0, o.time <= 0, o.warm+o.time > time.Minute:
		return errors.New("a run takes a minute at most")
	case o.udp && o.size < numberSize+1:
		return fmt.Errorf("datagrams have %d octets at least", numberSize+1)
	case o.udp && (o.tls || o.idle):
		return errors.New("datagrams have no TLS and no connections")
	}
	return nil
}
