package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/generated/epp"
)

// connections is how many clients ask at the same time.
const connections = 50

// serverVariable makes the test binary a server for [BenchmarkDomainCheck]; its value says which.
const serverVariable = "PROTOGEN_BENCH_SERVER"

// checked are the names that are asked for.
var checked = []string{"alpha.test", "beta.test", "gamma.test"}

func TestMain(m *testing.M) {
	if kind := os.Getenv(serverVariable); kind != "" {
		if err := serveProcess(kind); err != nil {
			fmt.Fprintln(os.Stderr, "server:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// BenchmarkDomainCheck asks a server in another process for three names over TLS on 50 connections, and reports what CPU
// time that process spends per request.
//
// Servers: echo knows no XML and is what TLS itself costs; canned is the emitted server with a handler that answers at once;
// registry is the whole registry with its database.
func BenchmarkDomainCheck(b *testing.B) {
	for _, kind := range []string{"echo", "canned", "registry"} {
		b.Run(kind, func(b *testing.B) {
			p := startProcess(b, kind)
			asked := frame(b, &epp.DomainCheckRequest{DomainCheck: epp.DomainCheck{Names: checked}, CommandHead: epp.CommandHead{ClTRID: "BENCH-1"}})
			idle := make(chan *conn, connections)
			for range connections {
				c := p.dial(b)
				defer c.Close()
				idle <- c
			}
			b.Run(fmt.Sprint(connections), func(b *testing.B) {
				b.SetParallelism((connections + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
				before := p.cpu(b)
				b.RunParallel(func(pb *testing.PB) {
					c := <-idle
					for pb.Next() {
						if err := c.ask(asked); err != nil {
							b.Error(err)
							break
						}
					}
					idle <- c
				})
				used := p.cpu(b) - before
				b.ReportMetric(float64(used)/float64(time.Microsecond)/float64(b.N), "server-µs/op")
			})
		})
	}
}

// TestProcess has every kind of server answer once, so that the benchmark measures answers and not refusals.
func TestProcess(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"canned", "registry"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := startProcess(t, kind).dial(t)
			defer c.Close()
			if err := c.ask(frame(t, &epp.DomainCheckRequest{DomainCheck: epp.DomainCheck{Names: checked}})); err != nil {
				t.Fatal(err)
			}
			m, err := epp.DecodeMessage(c.reply)
			if err != nil {
				t.Fatal(err)
			}
			res, ok := m.(*epp.DomainCheckResponse)
			if !ok || res.Code() != epp.CodeCompleted || len(res.Data.CDs) != len(checked) {
				t.Fatalf("reply %s", c.reply)
			}
		})
	}
}

// canned is a handler that lets everybody in and has every name free.
type canned struct{ epp.UnimplementedHandler }

func (canned) Login(context.Context, *epp.LoginRequest) (*epp.Response, error) {
	return &epp.Response{}, nil
}

func (canned) DomainCheck(_ context.Context, req *epp.DomainCheckRequest) (*epp.DomainCheckResponse, error) {
	data := &epp.DomainChkData{CDs: make([]epp.DomainCheckType, len(req.Names))}
	for i, name := range req.Names {
		data.CDs[i].Name = epp.DomainCheckName{Value: name, Avail: true}
	}
	return &epp.DomainCheckResponse{Data: data}, nil
}

// serveProcess is the other process: it prints its address, then its CPU time for every line of standard input, and ends
// with it.
func serveProcess(kind string) error {
	certificate, err := newServerCertificate()
	if err != nil {
		return err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	switch kind {
	case "echo":
		go func() { served <- echo(tls.NewListener(l, config)) }()
	case "canned":
		srv := &epp.Server{Handler: canned{}, TLSConfig: config, Logger: slog.New(slog.DiscardHandler)}
		go func() { served <- srv.Serve(l) }()
	case "registry":
		srv, reg, err := newRegistryServer(os.Getenv("TMPDIR"), config)
		if err != nil {
			return err
		}
		defer reg.Close()
		go func() { served <- srv.Serve(l) }()
	default:
		return fmt.Errorf("no server %q", kind)
	}
	fmt.Println(l.Addr())
	asked := make(chan error, 1)
	go func() { asked <- reportCPU() }()
	select {
	case err := <-served:
		return err
	case err := <-asked:
		return err
	}
}

// reportCPU prints the process's CPU time in nanoseconds for every line of standard input.
func reportCPU() error {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			return err
		}
		fmt.Println(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return in.Err()
}

// echo gives every frame back, unread.
func echo(l net.Listener) error {
	for {
		nc, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer nc.Close()
			c := newConn(nc)
			for {
				if c.read() != nil || c.write(c.reply) != nil {
					return
				}
			}
		}()
	}
}

// process is a server in a process of its own.
type process struct {
	kind    string
	address string
	in      io.Writer
	out     *bufio.Reader
}

func startProcess(tb testing.TB, kind string) *process {
	tb.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serverVariable+"="+kind, "TMPDIR="+tb.TempDir())
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		err := in.Close()
		if err := errors.Join(err, command.Wait()); err != nil {
			tb.Error("server:", err)
		}
	})
	p := &process{kind: kind, in: in, out: bufio.NewReader(out)}
	p.address = p.line(tb)
	return p
}

func (p *process) line(tb testing.TB) string {
	tb.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		tb.Fatal("server:", err)
	}
	return strings.TrimSpace(line)
}

// cpu is the CPU time that the process has spent.
func (p *process) cpu(tb testing.TB) time.Duration {
	tb.Helper()
	if _, err := io.WriteString(p.in, "\n"); err != nil {
		tb.Fatal(err)
	}
	var used time.Duration
	if _, err := fmt.Sscan(p.line(tb), (*int64)(&used)); err != nil {
		tb.Fatal(err)
	}
	return used
}

// dial opens a connection and, if there is anybody to log in at, logs in.
func (p *process) dial(tb testing.TB) *conn {
	tb.Helper()
	nc, err := tls.Dial("tcp", p.address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		tb.Fatal(err)
	}
	c := newConn(nc)
	if p.kind == "echo" {
		return c
	}
	if err := c.read(); err != nil { // the greeting
		tb.Fatal(err)
	}
	if err := c.ask(frame(tb, &epp.LoginRequest{Login: *login()})); err != nil {
		tb.Fatal(err)
	}
	if m, err := epp.DecodeMessage(c.reply); err != nil || m.(*epp.Response).Code() != epp.CodeCompleted {
		tb.Fatalf("login: %v %s", err, c.reply)
	}
	return c
}

// conn sends and receives frames and does as little else as it can.
type conn struct {
	net.Conn
	in    *bufio.Reader
	out   []byte
	reply []byte // the payload last read
}

func newConn(nc net.Conn) *conn { return &conn{Conn: nc, in: bufio.NewReader(nc)} }

func (c *conn) ask(payload []byte) error {
	if err := c.write(payload); err != nil {
		return err
	}
	return c.read()
}

func (c *conn) write(payload []byte) error {
	c.out = binary.BigEndian.AppendUint32(c.out[:0], uint32(len(payload)+4))
	c.out = append(c.out, payload...)
	_, err := c.Write(c.out)
	return err
}

func (c *conn) read() error {
	var header [4]byte
	if _, err := io.ReadFull(c.in, header[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(header[:])
	if n < 4 || n > 1<<20 {
		return fmt.Errorf("frame of %d octets", n)
	}
	c.reply = append(c.reply[:0], make([]byte, n-4)...)
	_, err := io.ReadFull(c.in, c.reply)
	return err
}

// frame is the document of a message.
func frame(tb testing.TB, m epp.Message) []byte {
	tb.Helper()
	doc, err := m.AppendXML(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return doc
}
