package faults_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Clients that connect and say nothing are closed when the time for the first request is over, and not before.
func TestFault01Silent(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		const first = time.Second
		n := scale(300, 5000) // both ends are in this process
		h := open(t, site{engine: engine}, &desk{first: first})
		b := h.bystander()
		defer b.leave()
		before := heap()
		var all sync.WaitGroup
		var open atomic.Int64
		for range n {
			begin := time.Now()
			nc := h.raw()
			open.Add(1)
			all.Go(func() {
				defer nc.Close()
				v := newVisitor(t, nc)
				if got, err := v.next(); got != "late: first" {
					t.Errorf("got %q, %v", got, err)
				}
				if d := time.Since(begin); d < first {
					t.Errorf("closed after %v", d)
				}
				open.Add(-1)
			})
		}
		if open := int(open.Load()); open == n {
			t.Logf("%d octets for a connection, its client's goroutine and buffer included", (heap()-before)/n)
		}
		all.Wait()
	})
}

// A frame that trickles in is given up when its time is over: no octet gives it more.
func TestFault02Slowloris(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		h := open(t, site{engine: engine}, &desk{within: 300 * time.Millisecond})
		v := h.visit()
		whole := frames("say " + strings.Repeat("x", 100_000))
		var sent atomic.Int64
		stop := make(chan struct{})
		var trickle sync.WaitGroup
		trickle.Go(func() {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for i := range whole {
				if _, err := v.Write(whole[i : i+1]); err != nil {
					return
				}
				sent.Add(1)
				select {
				case <-tick.C:
				case <-stop:
					return
				}
			}
		})
		v.expect("garbled: session: frame did not arrive in time")
		close(stop)
		trickle.Wait()
		if sent.Load() == int64(len(whole)) {
			t.Error("the frame was complete")
		}
	})
}

// However the stream is cut, the replies are the same.
func TestFault03And04Segments(t *testing.T) {
	requests := []string{"say one", "big 100000", "work two", "junk", "say " + strings.Repeat("y", 10_000), "inline three", "quit"}
	want := []string{
		"one", strings.Repeat("o", 100_000), "TWO", "broken: no such request", strings.Repeat("y", 10_000), "THREE", "bye",
	}
	stream := frames(requests...)
	cuts := map[string]func(rest int) int{
		"an octet each":         func(int) int { return 1 },
		"all at once":           func(rest int) int { return rest },
		"two frames and a half": func(rest int) int { return min(rest, 11+14+5) },
		"by chance":             func(rest int) int { return 1 + rand.IntN(min(rest, 3000)) },
	}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, engine string) {
				h := open(t, site{engine: engine}, &desk{worker: upper})
				v := h.visit()
				go func() {
					for rest := stream; len(rest) > 0; {
						n := cut(len(rest))
						if _, err := v.Write(rest[:n]); err != nil {
							t.Error(err)
							return
						}
						rest = rest[n:]
					}
				}()
				v.expect(want...)
				v.expectEnd()
			})
		})
	}
}

func upper(_ context.Context, text string) (string, error) { return strings.ToUpper(text), nil }

// A thousand resets in the middle of a frame leave nothing, log nothing, and hurt nobody.
func TestFault05Resets(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		d := &desk{}
		h := open(t, site{engine: engine}, d)
		b := h.bystander()
		same := census(t)
		half := frames("say nothing")[:9]
		var served int64
		for i := range 1000 {
			nc := h.raw()
			if i%2 == 0 {
				newVisitor(t, nc).send("say whole")
				served++
			}
			_, _ = nc.Write(half)
			reset(nc)
		}
		eventually(t, "all are accepted", func() bool { return h.server.Stats().Accepted == 1001 })
		eventually(t, "the sessions end", func() bool { return h.server.Stats().Open == 1 })
		same()
		b.leave()
		if n := h.log.count(""); n > 0 {
			t.Errorf("%d records in the log", n)
		}
		if p := h.server.Stats().Panics; p > 0 {
			t.Errorf("%d panics", p)
		}
	})
}

// The end of the stream within a frame ends the session, and nothing of the frame is carried out.
func TestFault06EndInFrame(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		whole := frames("say half")
		for cut := 1; cut < len(whole); cut++ {
			d := &desk{}
			h := open(t, site{engine: engine}, d)
			v := h.visit()
			v.send("say whole")
			v.write(whole[:cut])
			v.closeWrite()
			v.expect("whole")
			v.expectEnd()
			if n := d.served.Load(); n != 1 {
				t.Errorf("%d of %d octets: %d requests were taken, want 1", cut, len(whole), n)
			}
			if n := h.log.count("stream ended within a frame"); n != 1 {
				t.Errorf("%d of %d octets: the log says so %d times", cut, len(whole), n)
			}
		}
	})
}

// A client that ends its side of the stream still gets what it is owed, then the end.
func TestFault07HalfClose(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		for _, network := range []string{"tcp", "unix", "tls"} {
			at := site{engine: engine, network: network}
			if network == "tcp" {
				at.network = ""
			}
			begun, gate := make(chan struct{}), make(chan struct{})
			h := open(t, at, &desk{worker: func(_ context.Context, text string) (string, error) {
				close(begun)
				<-gate
				return text, nil
			}})
			v := h.visit()
			v.send("say one", "work two", "big 300000")
			v.closeWrite()
			v.expect("one")
			<-begun
			close(gate)
			v.expect("two", strings.Repeat("o", 300_000))
			v.expectEnd()
		}
	})
}

// What a length field claims is judged before anything is allocated for it.
func TestFault08Lengths(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		h := open(t, site{engine: engine}, &desk{})
		header := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
		for _, test := range []struct {
			length uint32
			want   string
		}{
			{0, "broken: "}, {1, "broken: "}, {maxFrame, "broken: "}, // no requests
			{maxFrame + 1, "garbled: "}, {1 << 31, "garbled: "}, {1<<32 - 1, "garbled: "},
		} {
			v := h.visit()
			v.write(header(test.length))
			if test.length <= maxFrame {
				v.write(make([]byte, test.length))
			}
			if got, err := v.next(); !strings.HasPrefix(got, test.want) {
				t.Errorf("length %d: %.100q, %v", test.length, got, err)
			}
			if test.want == "garbled: " {
				v.expectEnd()
			}
		}
		n := scale(300, 1000)
		before := heap()
		var visitors []net.Conn
		for range n { // each says that a megabyte is coming
			v := h.raw()
			newVisitor(t, v).write(append(header(maxFrame), 'x'))
			visitors = append(visitors, v)
		}
		probe := h.visit()
		probe.send("say here")
		probe.expect("here")
		eventually(t, "all are there", func() bool { return h.server.Stats().Accepted >= uint64(n) })
		if grown := (heap() - before) / n; grown > maxFrame/16 {
			t.Errorf("%d octets for each connection that announced %d", grown, maxFrame)
		}
		for _, v := range visitors {
			_ = v.Close()
		}
	})
}

// Another protocol's words get one reply and the end.
func TestFault09Garbage(t *testing.T) {
	noise := make([]byte, 60_000)
	r := rand.New(rand.NewPCG(1, 9))
	for i := range noise {
		noise[i] = byte(r.Uint32()) | 0x80
	}
	onEngines(t, func(t *testing.T, engine string) {
		for name, octets := range map[string][]byte{
			"HTTP": []byte("GET / HTTP/1.1\r\nHost: registry.example\r\n\r\n"), "TLS": clientHello(), "noise": noise,
		} {
			d := &desk{}
			h := open(t, site{engine: engine}, d)
			b := h.bystander()
			for range 20 {
				v := h.visit()
				v.write(octets)
				if got, err := v.next(); !strings.HasPrefix(got, "garbled: ") {
					t.Errorf("%s: %q, %v", name, got, err)
				}
				v.expectEnd()
			}
			b.leave()
			if n := h.log.count(""); n > 0 {
				t.Errorf("%s: %d records in the log", name, n)
			}
		}
	})
}

// writeOnly is a connection whose peer never answers.
type writeOnly struct{ io.Writer }

func (writeOnly) Read([]byte) (int, error)         { return 0, io.EOF }
func (writeOnly) Close() error                     { return nil }
func (writeOnly) LocalAddr() net.Addr              { return nil }
func (writeOnly) RemoteAddr() net.Addr             { return nil }
func (writeOnly) SetDeadline(time.Time) error      { return nil }
func (writeOnly) SetReadDeadline(time.Time) error  { return nil }
func (writeOnly) SetWriteDeadline(time.Time) error { return nil }

// The smallest requests in great number, all sent at once: no more than the window are worked on, and others are served.
func TestFault10Pipeline(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		var working, most atomic.Int64
		h := open(t, site{engine: engine}, &desk{window: 16, worker: func(_ context.Context, text string) (string, error) {
			n := working.Add(1)
			defer working.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			return text, nil
		}})
		b := h.bystander()
		n := scale(50_000, 1_000_000)
		stream := bytes.Repeat(frames("say", "say", "say", "say", "say", "say", "say", "say", "say", "work"), n/10)
		v := h.visit()
		go func() {
			if _, err := v.Write(stream); err != nil {
				t.Error(err)
			}
		}()
		for range n {
			v.expect("")
		}
		b.leave()
		if n := most.Load(); n > 16 {
			t.Errorf("%d requests were worked on at once", n)
		}
	})
}

// Connections that come and go as fast as they can leave nothing, and others are served.
func TestFault11Storm(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		h := open(t, site{engine: engine, limits: loop.Config{Linger: 100 * time.Millisecond}}, &desk{})
		b := h.bystander()
		same := census(t)
		n := scale(2000, 200_000)
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for i := range n / 8 {
					if err := visitBriefly(h, i+worker); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		// Those that left at once may still wait to be accepted.
		eventually(t, "all are accepted", func() bool { return h.server.Stats().Accepted >= uint64(n/8*8+1) })
		eventually(t, "the sessions end", func() bool { return h.server.Stats().Open == 1 })
		same()
		b.leave()
		if s := h.server.Stats(); s.Accepted != uint64(n/8*8+1) || s.AcceptErrors > 0 {
			t.Errorf("%+v", s)
		}
	})
}

// visitBriefly connects and leaves in one of three ways.
func visitBriefly(h *host, way int) error {
	nc, err := net.DialTimeout(h.network, h.address, patience)
	if err != nil {
		return err
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	switch way % 3 {
	case 0:
		v := newVisitor(nil, nc)
		if _, err := v.Write(frames("say hello")); err != nil {
			return err
		}
		if got, err := v.next(); got != "hello" {
			return fmt.Errorf("got %q, %w", got, err)
		}
	case 1:
		reset(nc)
	}
	return nil
}
