package faults_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// A client that asks for ever and reads nothing is throttled at the high-water mark, then cut; nobody else notices.
func TestFault13NeverReads(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		const reply, high = 100_000, 256 << 10
		causes := make(chan error, 10)
		d := &desk{ended: func(err error) {
			if err != nil {
				causes <- err
			}
		}}
		h := open(t, site{engine: engine, limits: loop.Config{HighWater: high, WriteStall: 500 * time.Millisecond}}, d)
		b := h.bystander()
		v := h.visit()
		most := h.watchQueue(t, func() {
			requests := bytes.Repeat(frames("big 100000"), 100)
			for {
				if _, err := v.Write(requests); err != nil {
					return
				}
			}
		})
		if err := <-causes; !errors.Is(err, loop.ErrStalled) {
			t.Errorf("the session ended with %v", err)
		}
		b.leave()
		if most > high+2*reply {
			t.Errorf("%d octets were queued", most)
		}
		if n := h.server.Stats().Stalls; n != 1 {
			t.Errorf("%d stalls", n)
		}
	})
}

// watchQueue returns the largest number of queued octets it has seen while f ran.
func (h *host) watchQueue(t *testing.T, f func()) (most int64) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		most = max(most, h.server.Stats().Queued)
		select {
		case <-tick.C:
		case <-done:
			return most
		}
	}
}

// A client that reads slowly gets its large replies whole as long as it takes something within every WriteStall.
func TestFault14SlowReader(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		h := open(t, site{engine: engine, network: "unix", limits: loop.Config{WriteStall: 5 * time.Second}}, &desk{})
		v := h.visit()
		const replies = 10
		for range replies {
			v.send("big 1000000")
		}
		most := h.watchQueue(t, func() {
			want := replies * 1_000_004
			b := make([]byte, scale(40_000, 4000))
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for got := 0; got < want; <-tick.C {
				n, err := v.Read(b)
				if got += n; err != nil {
					t.Errorf("after %d of %d octets: %v", got, want, err)
					return
				}
			}
		})
		if limit := int64(256<<10 + 2*1_000_004); most > limit {
			t.Errorf("%d octets were queued, want at most %d", most, limit)
		}
	})
}

// A proxy hands octets on, a buffer at a time, and stops reading what the other side does not take.
type proxy struct {
	other *loop.Conn // where to
	ready *loop.Conn // of the other side, whose turn it was
	most  *atomic.Int64
}

// A parcel is what one side of a proxy has read. The other side says when it may read on.
type parcel struct {
	octets []byte
	from   *loop.Conn
}

func (p *proxy) Open(c *loop.Conn) { c.PauseRead() }

func (p *proxy) Data(c *loop.Conn, b []byte) (int, error) {
	c.PauseRead()
	return len(b), p.other.Post(parcel{bytes.Clone(b), c})
}

func (p *proxy) Message(c *loop.Conn, m any) {
	switch m := m.(type) {
	case *loop.Conn: // the two have met
		p.other = m
		c.ResumeRead()
	case parcel:
		_, _ = c.Write(m.octets)
		p.most.Store(max(p.most.Load(), int64(c.Pending())))
		if p.ready = m.from; !c.Full() {
			p.ready.ResumeRead()
		}
	case nil:
		c.CloseAfterFlush()
	}
}

func (p *proxy) Writable(*loop.Conn)          { p.ready.ResumeRead() }
func (p *proxy) End(*loop.Conn, []byte)       { _ = p.other.Post(nil) }
func (p *proxy) Timer(*loop.Conn, int)        {}
func (p *proxy) Closed(c *loop.Conn, _ error) {}

// A slow reader behind a proxy slows the writer before it: nothing is lost or kept in between.
func TestFault16Proxy(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		const total, high = 8 << 20, 64 << 10
		e, err := loop.New(engine, loop.Config{HighWater: high, LowWater: 16 << 10})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		var most atomic.Int64
		source, in := pair(t)
		out, drain := pair(t)
		var ends [2]*loop.Conn
		for i, nc := range []net.Conn{in, out} {
			if ends[i], err = e.Attach(t.Context(), nc, nil, &proxy{most: &most}); err != nil {
				t.Fatal(err)
			}
		}
		_ = ends[0].Post(ends[1])
		_ = ends[1].Post(ends[0])
		var written atomic.Int64
		sent := crc32.NewIEEE()
		var writer sync.WaitGroup
		writer.Go(func() {
			r := rand.New(rand.NewPCG(1, 6))
			b := make([]byte, 8192)
			for range total / len(b) {
				for i := range b {
					b[i] = byte(r.Uint32())
				}
				n, err := source.Write(b)
				if err != nil {
					t.Error(err)
					break
				}
				_, _ = sent.Write(b)
				written.Add(int64(n))
			}
			_ = source.Close()
		})
		eventually(t, "the writer has to wait", func() func() bool {
			last, same := int64(0), 0
			return func() bool {
				if n := written.Load(); n == last && n > 0 {
					same++
				} else {
					last, same = n, 0
				}
				return same > 50
			}
		}())
		if n := written.Load(); n > total/2 {
			t.Errorf("%d octets left the writer before one was read", n)
		}
		got := crc32.NewIEEE()
		n, err := io.CopyBuffer(struct{ io.Writer }{got}, struct{ io.Reader }{drain}, make([]byte, 5000))
		writer.Wait()
		if n != total || err != nil || got.Sum32() != sent.Sum32() {
			t.Errorf("%d of %d octets arrived, %v; right: %v", n, total, err, got.Sum32() == sent.Sum32())
		}
		if n := most.Load(); n > high+128<<10 {
			t.Errorf("the proxy kept %d octets", n)
		}
	})
}

// pair returns the two ends of a unix socket, whose buffers are small and do not grow.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := socket.Listen(t.Context(), "unix", t.TempDir()+"/socket", socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("unix", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, nc := range []net.Conn{near, far} {
		t.Cleanup(func() { _ = nc.Close() })
	}
	_ = near.SetDeadline(time.Now().Add(patience))
	return near, far
}

// Descriptors are used again at once while replies are queued on those that were reset: no octet gets to another connection, and each
// session ends once.
func TestFault17ReusedDescriptors(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		var ended atomic.Int64
		d := &desk{ended: func(error) { ended.Add(1) }, worker: func(_ context.Context, text string) (string, error) {
			return strings.Repeat(text, 20_000), nil
		}}
		h := open(t, site{engine: engine, limits: loop.Config{Linger: 50 * time.Millisecond}}, d)
		n := scale(240, 30_000)
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for i := range n / 8 {
					if err := askAndVanish(h, i%2 == 0, uint32(worker*n+i)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		eventually(t, "the sessions end", func() bool { return h.server.Stats().Open == 0 })
		if got, want := ended.Load(), int64(n/8*8); got != want {
			t.Errorf("%d ends of %d sessions", got, want)
		}
	})
}

// askAndVanish asks for several large replies of its own, and reads them, or resets the connection while they are queued.
func askAndVanish(h *host, vanish bool, number uint32) error {
	nc, err := net.DialTimeout(h.network, h.address, patience)
	if err != nil {
		return err
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	v := newVisitor(nil, nc)
	mark := string(binary.BigEndian.AppendUint32(nil, number)) + "abcd"
	work := "work " + mark
	if _, err := v.Write(frames(work, work, "say "+mark)); err != nil {
		return err
	}
	if vanish {
		var some [100]byte
		if _, err := io.ReadFull(nc, some[:]); err != nil {
			return err
		}
		reset(nc)
		return nil
	}
	for _, want := range []string{strings.Repeat(mark, 20_000), strings.Repeat(mark, 20_000), mark} {
		if got, err := v.next(); err != nil || got != want {
			return errors.Join(errors.New("somebody else's reply, or none"), err)
		}
	}
	return nil
}

// The last reply arrives whole although the client goes on sending while the server closes.
func TestFault18Linger(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		for range 5 {
			h := open(t, site{engine: engine}, &desk{})
			v := h.visit()
			go func() {
				_, _ = v.Write(append(frames("big 500000", "quit"), make([]byte, 4<<20)...))
			}()
			v.expect(strings.Repeat("o", 500_000), "bye")
			v.expectEnd()
		}
	})
}
