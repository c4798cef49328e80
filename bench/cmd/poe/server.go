//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/kernel"
	"github.com/protogen-go/protogen/servers/router"
)

// server is a server in a process of its own. It answers questions on its standard input, one a line.
type server struct {
	address string
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// start starts a server and waits until it listens.
func start(protocol string, o options) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{command: exec.Command(self, "--serve", protocol, "--engine", o.engine, "--profile", o.profile)}
	s.command.Stderr = os.Stderr
	if s.in, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	s.address, err = s.line()
	return s, err
}

// stop ends the server: it ends with its input.
func (s *server) stop() {
	_ = s.in.Close()
	_ = s.command.Wait()
}

func (s *server) line() (string, error) {
	line, err := s.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// ask asks the server for a number.
func (s *server) ask(question string) (n int64, err error) {
	if _, err := fmt.Fprintln(s.in, question); err != nil {
		return 0, err
	}
	line, err := s.line()
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(line, &n)
	return n, err
}

// cpu is the processor time that the server has used.
func (s *server) cpu() (time.Duration, error) {
	n, err := s.ask("cpu")
	return time.Duration(n), err
}

// memory is what the server has resident, in octets, after a collection.
func (s *server) memory() (int64, error) { return s.ask("memory") }

// garbage is how much of it the collector leaves beside what is kept, in per cent: "protogen serve" gives a small server as much.
const garbage = 800

// serve is the server's process: it serves and answers questions until its input ends.
func serve(protocol string, o options, in io.Reader, out io.Writer) error {
	debug.SetGCPercent(garbage)
	finish, err := profile(o.profile)
	if err != nil {
		return err
	}
	err = answer(protocol, o, in, out)
	return errors.Join(err, finish())
}

// profile writes a CPU profile into a file, if one is named, until finish is called.
func profile(name string) (finish func() error, err error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// answer serves, says where, and answers questions.
func answer(protocol string, o options, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var stop func() error
	switch protocol {
	case "ikc":
		stop, err = serveKernel(l, o)
	case "proxysession":
		stop, err = serveRouter(l, o)
	default:
		err = fmt.Errorf("no server for %q", protocol)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	fmt.Fprintln(out, l.Addr())
	questions := bufio.NewScanner(in)
	for questions.Scan() {
		switch questions.Text() {
		case "cpu":
			err = printCPU(out)
		case "memory":
			err = printMemory(out)
		}
		if err != nil {
			return err
		}
	}
	return stop()
}

// serveKernel runs a kernel with a session that logs nothing and echoes.
func serveKernel(l net.Listener, o options) (stop func() error, err error) {
	k := &kernel.Kernel{Name: "Server", Engine: o.engine}
	err = k.Publish(context.Background(), "test", kernel.States{
		"log":  kernel.Inline(kernel.HandlerFunc(func(context.Context, *kernel.Event) (tree.Value, error) { return tree.Value{}, nil })),
		"echo": kernel.Inline(kernel.HandlerFunc(func(_ context.Context, e *kernel.Event) (tree.Value, error) { return e.Arg(0), nil })),
	})
	if err != nil {
		return nil, err
	}
	go k.Serve(l)
	return k.Close, nil
}

func serveRouter(l net.Listener, o options) (stop func() error, err error) {
	r := &router.Router{Engine: o.engine}
	go r.Serve(l)
	return r.Close, nil
}

func printCPU(out io.Writer) error {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, usage.Utime.Nano()+usage.Stime.Nano())
	return err
}

func printMemory(out io.Writer) error {
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, resident*int64(os.Getpagesize()))
	return err
}
