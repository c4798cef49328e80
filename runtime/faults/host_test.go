package faults_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/socket"
)

// patience bounds every wait of these tests. It says that something hangs, and nothing about speed.
const patience = time.Minute

// engines are those this system has.
var engines = func() (names []string) {
	for _, name := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
		if e, err := loop.New(name, loop.Config{}); err == nil {
			_ = e.Close()
			names = append(names, name)
		}
	}
	return names
}()

// onEngines runs a test on each engine.
func onEngines(t *testing.T, test func(t *testing.T, engine string)) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) { test(t, engine) })
	}
}

// scale is quick, or large with the build tag faults.
func scale(quick, large int) int {
	if full {
		return large
	}
	return quick
}

// A host is a desk's server on a socket, closed when the test ends.
type host struct {
	t       *testing.T
	server  session.Server
	network string // "tcp", "unix" or "tls"
	address string
	trust   *x509.CertPool // of a TLS one
	log     *journal
}

// A site says where and how a host listens.
type site struct {
	engine  string
	network string // "" is "tcp"
	limits  loop.Config
	options socket.Options
	tls     *tls.Config                       // "tls": nil makes a certificate
	wrap    func(l net.Listener) net.Listener // nil: as it is
	logger  *slog.Logger                      // nil: the host's journal
}

// open serves d.
func open(t *testing.T, at site, d *desk) *host {
	t.Helper()
	h := &host{t: t, network: at.network, log: &journal{}}
	address := "127.0.0.1:0"
	switch at.network {
	case "":
		at.network, h.network = "tcp", "tcp"
	case "unix":
		address = filepath.Join(t.TempDir(), "socket")
	case "tls":
		at.network = "tcp"
		if at.tls == nil {
			cert := selfSigned(t)
			at.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
			h.trust = x509.NewCertPool()
			h.trust.AddCert(cert.Leaf)
		}
	}
	l, err := socket.Listen(context.Background(), at.network, address, at.options)
	if err != nil {
		t.Fatal(err)
	}
	h.address = l.Addr().String()
	h.serve(at, l, d)
	return h
}

func (h *host) serve(at site, l net.Listener, d *desk) {
	if at.wrap != nil {
		l = at.wrap(l)
	}
	service := d.service()
	if service.Logger = at.logger; service.Logger == nil {
		service.Logger = slog.New(h.log)
	}
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(l, at.tls, at.engine, at.limits, service) }()
	h.t.Cleanup(func() {
		_ = h.server.Close()
		if err := <-done; !errors.Is(err, session.ErrServerClosed) {
			h.t.Errorf("Serve returned %v", err)
		}
		if s := h.server.Stats(); s.Open != 0 || s.Queued != 0 {
			h.t.Errorf("left behind: %+v", s)
		}
	})
}

func selfSigned(t testing.TB) tls.Certificate {
	t.Helper()
	cert, err := socket.SelfSigned(time.Hour, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// raw connects without TLS.
func (h *host) raw() net.Conn {
	h.t.Helper()
	network := h.network
	if network == "tls" {
		network = "tcp"
	}
	nc, err := net.DialTimeout(network, h.address, patience)
	if err != nil {
		h.t.Fatal(err)
	}
	_ = nc.SetDeadline(time.Now().Add(patience))
	h.t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// visit connects.
func (h *host) visit() *visitor {
	h.t.Helper()
	nc := h.raw()
	if h.network == "tls" {
		nc = tls.Client(nc, &tls.Config{RootCAs: h.trust, ServerName: "127.0.0.1"})
	}
	return newVisitor(h.t, nc)
}

// A visitor is a client that speaks frames.
type visitor struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func newVisitor(t *testing.T, nc net.Conn) *visitor { return &visitor{nc, t, bufio.NewReader(nc)} }

// frames are texts as they stand in the stream.
func frames(texts ...string) []byte {
	var b []byte
	for _, text := range texts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return b
}

func (v *visitor) write(b []byte) {
	v.t.Helper()
	if _, err := v.Write(b); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) send(texts ...string) { v.t.Helper(); v.write(frames(texts...)) }

// next is the next reply.
func (v *visitor) next() (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(v.r, head[:]); err != nil {
		return "", err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(v.r, b)
	return string(b), err
}

func (v *visitor) expect(want ...string) {
	v.t.Helper()
	for _, w := range want {
		if got, err := v.next(); err != nil || got != w {
			v.t.Fatalf("the reply is %.100q, %v; want %.100q", got, err, w)
		}
	}
}

// expectEnd demands that nothing follows and that the connection ends regularly.
func (v *visitor) expectEnd() {
	v.t.Helper()
	if b, err := io.ReadAll(v.r); err != nil || len(b) > 0 {
		v.t.Errorf("%d octets instead of the end: %v", len(b), err)
	}
}

// closeWrite ends the client's side of the stream.
func (v *visitor) closeWrite() {
	v.t.Helper()
	if err := v.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		v.t.Fatal(err)
	}
}

// reset closes the connection with a reset.
func reset(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = nc.Close()
}

// A bystander is a client whose requests go on while others suffer.
type bystander struct {
	t     *testing.T
	stop  chan struct{}
	done  chan struct{}
	times []time.Duration
}

// bystander is a visitor of h who stands by.
func (h *host) bystander() *bystander {
	h.t.Helper()
	return standBy(h.visit())
}

// standBy sends a request every 10 ms until its end.
func standBy(v *visitor) *bystander {
	v.t.Helper()
	b := &bystander{t: v.t, stop: make(chan struct{}), done: make(chan struct{})}
	v.send("say first")
	v.expect("first")
	go b.run(v)
	return b
}

func (b *bystander) run(v *visitor) {
	defer close(b.done)
	defer v.Close()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for last := false; ; {
		_ = v.SetDeadline(time.Now().Add(patience))
		begin := time.Now()
		if _, err := v.Write(frames("say here")); err != nil {
			b.t.Errorf("the bystander cannot write: %v", err)
			return
		}
		if got, err := v.next(); err != nil || got != "here" {
			b.t.Errorf("the bystander got %q, %v", got, err)
			return
		}
		b.times = append(b.times, time.Since(begin))
		if last {
			return
		}
		select {
		case <-tick.C:
		case <-b.stop:
			last = true // once more, after all
		}
	}
}

// leave ends the requests and demands that none has failed. How long they took is for people to read.
func (b *bystander) leave() {
	b.t.Helper()
	close(b.stop)
	<-b.done
	slices.Sort(b.times)
	if n := len(b.times); n > 0 {
		b.t.Logf("bystander: %d requests, median %v, 99 of 100 within %v", n, b.times[n/2], b.times[n*99/100])
	}
}

// eventually waits for something that others are about to do.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("this does not come: %s", what)
		}
	}
}

// census counts goroutines and descriptors; what it returns demands that there are no more of them than now. Call it when the
// engine has served a connection.
func census(t *testing.T) func() {
	t.Helper()
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	return func() {
		t.Helper()
		eventually(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
		eventually(t, "all descriptors are closed", func() bool { return descriptors(t) <= files })
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // this system does not tell
	}
	return len(entries)
}

// heap is the number of octets in use after a collection.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// taken is the number of octets that the process has from the system and has not given back.
func taken() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.Sys - m.HeapReleased)
}

// A journal is a log that is counted.
type journal struct {
	mu       sync.Mutex
	messages []string // level and message of each record
	stacks   int      // records with a stack
}

func (*journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler     { return j }
func (j *journal) WithGroup(string) slog.Handler          { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.messages = append(j.messages, r.Level.String()+" "+r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "stack" {
			j.stacks++
		}
		return true
	})
	return nil
}

// withStack is the number of records with a stack.
func (j *journal) withStack() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stacks
}

// count is the number of records that an operator sees (those above Debug), or of those with a message.
func (j *journal) count(message string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, m := range j.messages {
		if message == "" && !strings.HasPrefix(m, "DEBUG") || message != "" && strings.Contains(m, message) {
			n++
		}
	}
	return n
}
