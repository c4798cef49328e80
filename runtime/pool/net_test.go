package pool_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/pool"
)

// A world is a network in memory: addresses, who listens there, and what happens to those who dial.
type world struct {
	mu        sync.Mutex
	listeners map[string]*memListener
	packets   map[netip.AddrPort]*memPackets
	hang      map[string]bool // dialling never ends
	dials     map[string]int
	port      uint16
}

func newWorld() *world {
	return &world{
		listeners: map[string]*memListener{}, packets: map[netip.AddrPort]*memPackets{}, hang: map[string]bool{},
		dials: map[string]int{}, port: 40000,
	}
}

type memListener struct {
	addr   net.Addr
	ch     chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (w *world) listen(addr string) *memListener {
	l := &memListener{addr: tcpAddr(addr), ch: make(chan net.Conn, 10000), closed: make(chan struct{})}
	w.mu.Lock()
	w.listeners[addr] = l
	w.mu.Unlock()
	return l
}

func tcpAddr(s string) net.Addr {
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return looptest.Addr(s)
	}
	return net.TCPAddrFromAddrPort(a)
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.ch:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}
func (l *memListener) Addr() net.Addr { return l.addr }

// A memConn is a connection in memory with addresses of the Internet.
type memConn struct {
	*looptest.Conn
	local, remote net.Addr
}

func (c *memConn) LocalAddr() net.Addr  { return c.local }
func (c *memConn) RemoteAddr() net.Addr { return c.remote }

// dialFrom connects as a peer with the given address does; an empty one is made up.
func (w *world) dialFrom(ctx context.Context, from, to string) (net.Conn, error) {
	w.mu.Lock()
	w.dials[to]++
	l, hang := w.listeners[to], w.hang[to]
	if from == "" {
		w.port++
		from = fmt.Sprintf("10.9.9.9:%d", w.port)
	}
	w.mu.Unlock()
	if hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: tcpAddr(to), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if l == nil {
		return nil, refused
	}
	a, b := looptest.Pipe(1 << 10)
	select {
	case <-l.closed:
		return nil, refused
	case l.ch <- &memConn{b, l.addr, tcpAddr(from)}:
		return &memConn{a, tcpAddr(from), l.addr}, nil
	}
}

func (w *world) dial(ctx context.Context, to string) (net.Conn, error) {
	return w.dialFrom(ctx, "", to)
}

func (w *world) dialled(to string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dials[to]
}

// memPackets is a UDP socket in memory.
type memPackets struct {
	world  *world
	addr   netip.AddrPort
	peer   netip.AddrPort // connected to
	ch     chan datagram
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	fail error // of the next writes
}

type datagram struct {
	from netip.AddrPort
	b    []byte
	err  error
}

func (w *world) udp(addr string) *memPackets {
	c := &memPackets{world: w, addr: netip.MustParseAddrPort(addr), ch: make(chan datagram, 1000), closed: make(chan struct{})}
	w.mu.Lock()
	w.packets[c.addr] = c
	w.mu.Unlock()
	return c
}

func (c *memPackets) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-c.closed:
		return 0, nil, net.ErrClosed
	case d := <-c.ch:
		return copy(b, d.b), net.UDPAddrFromAddrPort(d.from), d.err
	}
}

func (c *memPackets) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.mu.Lock()
	fail := c.fail
	c.mu.Unlock()
	if fail != nil {
		return 0, fail
	}
	c.world.mu.Lock()
	peer := c.world.packets[to]
	c.world.mu.Unlock()
	if peer != nil && (!peer.peer.IsValid() || peer.peer == c.addr) {
		peer.ch <- datagram{from: c.addr, b: append([]byte(nil), b...)}
	}
	return len(b), nil
}
func (c *memPackets) Write(b []byte) (int, error) { return c.WriteToUDPAddrPort(b, c.peer) }

func (c *memPackets) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.addr) }
func (c *memPackets) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func (c *memPackets) WriteTo(b []byte, to net.Addr) (int, error) {
	return c.WriteToUDPAddrPort(b, to.(*net.UDPAddr).AddrPort())
}
func (c *memPackets) SetDeadline(time.Time) error      { panic("not used") }
func (c *memPackets) SetReadDeadline(time.Time) error  { panic("not used") }
func (c *memPackets) SetWriteDeadline(time.Time) error { panic("not used") }

func (c *memPackets) next(t *testing.T) (string, netip.AddrPort) {
	t.Helper()
	synctest.Wait()
	select {
	case d := <-c.ch:
		return string(d.b), d.from
	default:
		t.Fatal("no datagram")
		return "", netip.AddrPort{}
	}
}

func (c *memPackets) silent(t *testing.T) {
	t.Helper()
	synctest.Wait()
	select {
	case d := <-c.ch:
		t.Fatalf("datagram %q from %v", d.b, d.from)
	default:
	}
}

// sample is a small protocol of header lines: "REQ 1", "RES 1" and "PRV 1", where the number names the transaction.
var sample = &pool.Text{
	Length: []string{"Content-Length", "l"},
	Pong:   true,
	Inspect: func(m []byte) (pool.Kind, string, error) {
		line, _, _ := strings.Cut(string(m), "\r\n")
		verb, tid, _ := strings.Cut(line, " ")
		switch verb {
		case "REQ", "ACK":
			return pool.Request, tid, nil
		case "RES":
			return pool.Response, tid, nil
		case "PRV":
			return pool.Provisional, tid, nil
		}
		return 0, "", errors.New("no such verb")
	},
	Refuse: func(header []byte, fault *pool.FrameError) []byte {
		if fault.Fault == pool.BodyTooLong {
			return []byte("RES 513\r\nl: 0\r\n\r\n")
		}
		return []byte("RES 400\r\nl: 0\r\n\r\n")
	},
}

// wire makes a message of the sample protocol.
func wire(line, body string) string {
	return fmt.Sprintf("%s\r\nl: %d\r\n\r\n%s", line, len(body), body)
}

func message(line string) pool.Message {
	data := []byte(wire(line, ""))
	kind, tid, err := sample.Inspect(data)
	if err != nil {
		panic(err)
	}
	return pool.Message{Data: data, Kind: kind, Transaction: tid}
}

// A rig is a pool under test, on a loop, in a world.
type rig struct {
	t      *testing.T
	world  *world
	engine *loop.Goroutines
	pool   *pool.Pool

	mu       sync.Mutex
	got      []delivery
	flowEnds map[pool.Flow][]error
	receive  func(m pool.Message, from pool.From) // called as well
}

type delivery struct {
	text string
	from pool.From
}

const home = "10.0.0.1:5060"

// bubble runs a test on a clock of its own. All its goroutines must have ended at its end.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// start makes a pool at home; c may lack whatever is the same in most tests.
func start(t *testing.T, w *world, c pool.Config) *rig {
	t.Helper()
	r := prepare(t, w, c)
	if err := r.pool.Attach(r.engine, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// prepare is start without Attach.
func prepare(t *testing.T, w *world, c pool.Config) *rig {
	t.Helper()
	if c.Proto == "" {
		c.Proto = pool.TCP
	}
	switch {
	case c.Proto == pool.UDP && c.Packet == nil:
		c.Packet = w.udp(home)
	case c.Proto != pool.UDP && c.Listener == nil && c.Stream == nil:
		c.Listener = w.listen(home)
	}
	if c.Framer == nil {
		c.Framer = sample
	}
	if c.Dial == nil && c.Proto != pool.UDP {
		c.Dial = w.dial
	}
	p, err := pool.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, world: w, engine: loop.NewGoroutines(loop.Config{}), pool: p, flowEnds: map[pool.Flow][]error{}}
	t.Cleanup(r.stop)
	return r
}

func (r *rig) stop() {
	if err := r.pool.Close(); err != nil {
		r.t.Error(err)
	}
	if err := r.engine.Close(); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) Receive(m pool.Message, from pool.From) {
	r.mu.Lock()
	r.got = append(r.got, delivery{string(m.Data), from})
	receive := r.receive
	r.mu.Unlock()
	if receive != nil {
		receive(m, from)
	}
}

func (r *rig) FlowClosed(f pool.Flow, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flowEnds[f] = append(r.flowEnds[f], why)
}

func (r *rig) ends(f pool.Flow) []error {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.flowEnds[f]
}

// take returns what has been delivered since it was called last.
func (r *rig) take() []delivery {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// one returns the only message that has been delivered.
func (r *rig) one() delivery {
	r.t.Helper()
	got := r.take()
	if len(got) != 1 {
		r.t.Fatalf("%d messages delivered, want 1: %v", len(got), got)
	}
	return got[0]
}

// peer connects to the pool.
func (r *rig) peer(from string) net.Conn {
	r.t.Helper()
	nc, err := r.world.dialFrom(r.t.Context(), from, home)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = nc.Close() })
	synctest.Wait()
	return nc
}

// A fate is what became of a message.
type fate struct {
	calls int
	flow  pool.Flow
	err   error
	at    time.Time
}

// send sends and returns where the outcome will be written.
func (r *rig) send(m pool.Message, route pool.Route) *fate {
	return r.sendWith(r.t.Context(), m, route)
}

func (r *rig) sendWith(ctx context.Context, m pool.Message, route pool.Route) *fate {
	f := new(fate)
	r.pool.Send(ctx, m, route, func(flow pool.Flow, err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		f.calls, f.flow, f.err, f.at = f.calls+1, flow, err, time.Now()
	})
	return f
}

// instant is the least time there is.
const instant = time.Nanosecond

// check waits and compares a fate with the error wanted; nil wants success.
func (r *rig) check(f *fate, want error) {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if ok := errors.Is(f.err, want) || want == errAny && f.err != nil; f.calls != 1 || !ok {
		r.t.Errorf("message: %d calls, error %v; want 1, %v", f.calls, f.err, want)
	}
	var typed *pool.Error
	if want != nil && f.err != nil && !errors.As(f.err, &typed) {
		r.t.Errorf("error %T is no *pool.Error", f.err)
	}
}

func (r *rig) pending(f *fate) {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.calls != 0 {
		r.t.Errorf("message: called back with %v too early", f.err)
	}
}

func to(s string) pool.Route {
	d, err := pool.ParseDestination(s)
	if err != nil {
		panic(err)
	}
	return pool.Route{To: d}
}

func write(t *testing.T, nc net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(nc, s); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// read reads exactly what is wanted.
func read(t *testing.T, nc net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	_ = nc.SetReadDeadline(time.Now().Add(time.Second))
	n, err := io.ReadFull(nc, b)
	_ = nc.SetReadDeadline(time.Time{})
	if string(b[:n]) != want {
		t.Fatalf("read %q, %v; want %q", b[:n], err, want)
	}
}

// readEnd wants the connection to be closed.
func readEnd(t *testing.T, nc net.Conn) {
	t.Helper()
	_ = nc.SetReadDeadline(time.Now().Add(time.Second))
	b, err := io.ReadAll(nc)
	if err != nil || len(b) > 0 {
		t.Errorf("read %q, %v; want the end", b, err)
	}
}

// open says whether a connection is open, and has nothing to be read. It takes an instant.
func open(t *testing.T, nc net.Conn) bool {
	t.Helper()
	_ = nc.SetReadDeadline(time.Now().Add(instant))
	n, err := nc.Read(make([]byte, 1))
	_ = nc.SetReadDeadline(time.Time{})
	if n > 0 {
		t.Errorf("unexpected octets")
	}
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// accept takes the next connection somebody has made to a listener.
func (l *memListener) next(t *testing.T) net.Conn {
	t.Helper()
	synctest.Wait()
	select {
	case nc := <-l.ch:
		t.Cleanup(func() { _ = nc.Close() })
		return nc
	default:
		t.Fatal("nobody has connected")
		return nil
	}
}
