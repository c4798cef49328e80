//go:build linux

// Command echo is a server for load generators: every frame, a 32-bit length in network order that counts the payload only,
// then the payload, comes back as it was. With --udp every datagram does. It prints "listening on ADDR" when it is ready.
//
// The engines goroutine and epoll are those of package loop. The others are the peers they are measured against: bufio is a
// goroutine per connection with package bufio (with --udp: ReadFromUDPAddrPort), netpoll is
// github.com/cloudwego/netpoll, batch is golang.org/x/net (UDP only), and reactor is the least that
// can be done: a loop of three system calls that no program could use as it is.
//
// On SIGUSR1 the server collects garbage, returns free memory to the system, and prints how many objects it has ever allocated:
// "mallocs N".
package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// options are the flags.
type options struct {
	engine, listen string
	tls, udp       bool
}

func main() {
	var o options
	flag.StringVar(&o.engine, "engine", loop.EngineGoroutine, "goroutine, epoll, bufio, netpoll, batch, reactor")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "the address; port 0 lets the system choose")
	flag.BoolVar(&o.tls, "tls", false, "serve TLS, with a certificate made up at the start")
	flag.BoolVar(&o.udp, "udp", false, "serve datagrams")
	flag.Parse()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGTERM, os.Interrupt)
	if err := run(os.Stdout, o, signals); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

// run serves until a signal other than SIGUSR1 comes, or the server fails.
func run(out io.Writer, o options, signals <-chan os.Signal) error {
	start, err := o.server()
	if err != nil {
		return err
	}
	s, err := start(o)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "listening on", s.address)
	failed := make(chan error, 1)
	go func() { failed <- s.serve() }()
	for {
		select {
		case err := <-failed:
			return err
		case sig := <-signals:
			if sig != syscall.SIGUSR1 {
				err := s.close()
				<-failed
				return err
			}
			debug.FreeOSMemory()
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			fmt.Fprintln(out, "mallocs", memory.Mallocs)
		}
	}
}

// server is a server that is bound to its address. serve returns after close, with whatever error.
type server struct {
	address string
	serve   func() error
	close   func() error
}

// server finds what the flags ask for.
func (o options) server() (func(options) (*server, error), error) {
	type kind struct {
		engine   string
		tls, udp bool
	}
	start, ok := map[kind]func(options) (*server, error){
		{loop.EngineGoroutine, false, false}: serveLoop,
		{loop.EngineGoroutine, true, false}:  serveLoop,
		{loop.EngineGoroutine, false, true}:  serveLoopPackets,
		{loop.EngineEpoll, false, false}:     serveLoop,
		{loop.EngineEpoll, true, false}:      serveLoop,
		{loop.EngineEpoll, false, true}:      serveLoopPackets,
		{"bufio", false, false}:              serveBufio,
		{"bufio", true, false}:               serveBufio,
		{"bufio", false, true}:               servePackets,
		{"netpoll", false, false}:            serveNetpoll,
		{"batch", false, true}:               serveBatch,
		{"reactor", false, false}:            serveReactor,
	}[kind{o.engine, o.tls, o.udp}]
	if !ok {
		return nil, fmt.Errorf("no server for engine %q, tls %t, udp %t", o.engine, o.tls, o.udp)
	}
	return start, nil
}

// config is what the servers of TLS share; nil without TLS.
func (o options) config() (*tls.Config, error) {
	if !o.tls {
		return nil, nil
	}
	certificate, err := socket.SelfSigned(24*time.Hour, "localhost", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13,
		DynamicRecordSizingDisabled: true, // a record is what was written: engines are compared, not sizes of records
	}, nil
}

// errFrame ends a connection whose peer claims a frame above the limit.
var errFrame = errors.New("frame over the limit")
