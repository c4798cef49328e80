//go:build unix

package faults_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/socket"
)

// The test program is also the server that is starved, stopped, replaced and killed. This variable holds its orders.
const ordersVariable = "FAULTS_ORDERS"

// Orders say what a server in a process of its own does.
type orders struct {
	Engine, Network, Address string
	Files                    uint64        // how many descriptors it may have; 0: as many as we
	Idle                     time.Duration // see desk.idle
}

// A report is what such a server writes, a line each: when it is ready, when SIGUSR1 asks, and as its last word.
type report struct {
	Event      string // "ready", "asked", "gone"
	PID        int
	Address    string
	Served     int64 // requests
	CPU        time.Duration
	Heap, Sys  int // octets: in use after a collection, and taken from the system; when asked
	Goroutines int
	Stats      loop.Stats
}

func TestMain(m *testing.M) {
	text := os.Getenv(ordersVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var o orders
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		err = o.carryOut()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A process is a server that carries out orders.
type process struct {
	orders
	desk   *desk
	server session.Server
	l      *socket.Listener
}

func (o orders) carryOut() error {
	p := &process{orders: o, desk: &desk{idle: o.Idle, worker: work}}
	in, err := socket.Inherited()
	if err != nil {
		return err
	}
	if len(in.Names()) > 0 {
		p.l, err = in.Listen("desk", o.Network, socket.Options{})
	} else {
		p.l, err = socket.Listen(context.Background(), o.Network, o.Address, socket.Options{})
	}
	if err != nil {
		return err
	}
	if o.Files > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: o.Files, Max: o.Files}); err != nil {
			return err
		}
	}
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1)
	served := make(chan error, 1)
	service := p.desk.service()
	service.Logger = slog.New(slog.DiscardHandler)
	go func() {
		served <- p.server.Serve(p.l, nil, o.Engine, loop.Config{AcceptPause: 50 * time.Millisecond}, service)
	}()
	if err := in.Ready(); err != nil {
		return err
	}
	p.report("ready")
	defer p.report("gone")
	return p.obey(signals, served)
}

// work is the desk's worker: some texts mean something.
func work(ctx context.Context, text string) (string, error) {
	if text == "hang" {
		<-ctx.Done()
	}
	return text, nil
}

// obey does what signals say. The server ends at the end of its standard input, too: nothing is left when the test is gone.
func (p *process) obey(signals <-chan os.Signal, served <-chan error) error {
	orphaned := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(orphaned)
	}()
	drained := make(chan error, 1)
	draining := false
	for {
		select {
		case s := <-signals:
			switch {
			case s == syscall.SIGUSR1:
				p.report("asked")
			case s == syscall.SIGHUP:
				if err := p.handOver(); err != nil {
					return err
				}
			case draining:
				return p.server.Close()
			default:
				draining = true
				go func() { drained <- p.server.Shutdown(context.Background()) }()
			}
		case err := <-drained:
			return err
		case <-orphaned:
			return p.server.Close()
		case err := <-served:
			if draining {
				continue
			}
			if !errors.Is(err, net.ErrClosed) {
				return err
			}
			// Handed over. All connections that were taken are counted now, which they were not when the listener was closed.
			go p.awaitEmpty(drained)
		}
	}
}

// handOver starts a successor and stops listening.
func (p *process) handOver() error {
	cmd := exec.Command(os.Args[0])
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return errors.Join(socket.Handover(ctx, cmd, socket.Handed{Name: "desk", Socket: p.l}), p.l.Close())
}

// awaitEmpty waits until the last connection has ended by itself.
func (p *process) awaitEmpty(done chan<- error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for p.server.Stats().Open > 0 {
		<-tick.C
	}
	done <- p.server.Close()
}

func (p *process) report(event string) {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	r := report{
		Event: event, PID: os.Getpid(), Address: p.l.Addr().String(), Served: p.desk.served.Load(),
		CPU: time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), Goroutines: runtime.NumGoroutine(), Stats: p.server.Stats(),
	}
	if event == "asked" {
		r.Heap, r.Sys = heap(), taken()
	}
	line, _ := json.Marshal(r)
	_, _ = os.Stdout.Write(append(line, '\n'))
}

// A child is a process as its test sees it.
type child struct {
	*host
	command *exec.Cmd
	stdin   io.Closer
	reports chan report // closed when the process and its successors have ended
	ended   sync.Once
}

// start starts a server; it ends with the test.
func start(t *testing.T, o orders) *child {
	t.Helper()
	if o.Network == "" {
		o.Network = "tcp"
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{command: exec.Command(os.Args[0]), reports: make(chan report, 1000)}
	c.command.Env = append(os.Environ(), ordersVariable+"="+string(text), "GORACE=atexit_sleep_ms=0")
	c.command.Stderr = os.Stderr
	if c.stdin, err = c.command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	// A pipe of our own: successors write to it after the command has ended.
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.command.Stdout = in
	err = c.command.Start()
	_ = in.Close()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.reports)
		defer out.Close()
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var r report
			if err := json.Unmarshal(lines.Bytes(), &r); err == nil {
				c.reports <- r
			}
		}
	}()
	t.Cleanup(func() { _ = c.end() })
	c.host = &host{t: t, network: o.Network, address: c.await("ready").Address}
	return c
}

// end lets the process end and waits for it and its successors.
func (c *child) end() (err error) {
	c.ended.Do(func() {
		_ = c.stdin.Close()
		_ = c.command.Process.Signal(syscall.SIGCONT)
		for range c.reports {
		}
		err = c.command.Wait()
	})
	return err
}

// await is the next report of an event; others are passed over.
func (c *child) await(event string) report {
	for r := range c.reports {
		if r.Event == event {
			return r
		}
	}
	panic(strings.TrimSpace("the server has ended without a report: " + event))
}

func (c *child) signal(s syscall.Signal) {
	c.t.Helper()
	if err := c.command.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// ask is what the server reports now.
func (c *child) ask() report {
	c.t.Helper()
	c.signal(syscall.SIGUSR1)
	return c.await("asked")
}
