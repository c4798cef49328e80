package pool_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/pool"
)

// Any framing of package frame makes a protocol for the pool.
func TestFrames(t *testing.T) {
	lines := pool.Frames{Framing: frame.Delimited{Ends: []string{"\n"}, Max: 100}}
	inspected := lines
	inspected.Inspect = func(b []byte) (pool.Kind, string, error) {
		if len(b) == 0 {
			return pool.KeepAlive, "", nil
		}
		if b[0] == '!' {
			return 0, "", errors.New("no")
		}
		return pool.Response, string(b), nil
	}
	l := &pool.Limits{MaxHeader: 5, MaxBody: 5}
	for _, tt := range []struct {
		name  string
		f     pool.Frames
		in    string
		want  pool.Cut
		fault pool.FrameFault
	}{
		{"part", lines, "abc", pool.Cut{}, 0},
		{"whole", lines, "abc\nd", pool.Cut{Size: 4, Message: []byte("abc")}, 0},
		{"inspected", inspected, "abc\nd", pool.Cut{Size: 4, Message: []byte("abc"), Kind: pool.Response, Transaction: "abc"}, 0},
		{"keep-alive", inspected, "\nd", pool.Cut{Size: 1, Message: []byte{}, Kind: pool.KeepAlive}, 0},
		{"refused", inspected, "!\n", pool.Cut{Size: 2}, pool.Malformed},
		{"over the pool's limit", lines, "12345678901\n", pool.Cut{}, pool.BodyTooLong},
		{"no end", lines, "12345678901", pool.Cut{}, pool.BodyTooLong},
		{"over the framing's limit", pool.Frames{Framing: frame.Delimited{Ends: []string{"\n"}, Max: 3}}, "1234", pool.Cut{}, pool.BadLength},
	} {
		got, err := tt.f.Cut([]byte(tt.in), 0, l)
		var fault *pool.FrameError
		if errors.As(err, &fault) != (tt.fault != 0) || fault != nil && fault.Fault != tt.fault {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.fault)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if _, err := lines.Datagram(make([]byte, 11), l); err == nil {
		t.Error("datagram over the limit")
	}
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{Framer: inspected})
		nc := r.peer("10.0.0.2:1")
		write(t, nc, "one\n\ntwo\nthr")
		if got := r.take(); len(got) != 2 || got[1].text != "two" {
			t.Errorf("got %v", got)
		}
	})
}

// lying is a framer with faults of its own.
type lying struct{ cut pool.Cut }

func (l lying) Cut([]byte, int, *pool.Limits) (pool.Cut, error) { return l.cut, nil }
func (l lying) Datagram([]byte, *pool.Limits) (pool.Cut, error) { return l.cut, nil }

// A framer's fault ends the connection and nothing more; what it wants is never more than the limits.
func TestLyingFramer(t *testing.T) {
	for _, cut := range []pool.Cut{{Size: 5}, {Size: -1}, {Need: 1 << 40}} {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{Framer: lying{cut}})
			nc := r.peer("10.0.0.2:1")
			write(t, nc, "four")
			readEnd(t, nc)
			if n := r.pool.Stats().FrameErrors; n != 1 {
				t.Errorf("%+v: %d errors", cut, n)
			}
		})
	}
}

// A peer that pings and never reads is throttled, not answered without end; and what waits for it comes when it reads.
func TestPingFlood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc := r.peer("10.0.0.2:1")
		const pings = 300_000
		go func() {
			_, _ = nc.Write(bytes.Repeat([]byte("\r\n\r\n"), pings))
			_, _ = nc.Write([]byte(wire("REQ 1", "")))
		}()
		synctest.Wait()
		if n := r.engine.Stats().Queued; n > 256<<10+64<<10 {
			t.Errorf("%d octets queued for a peer that does not read", n)
		}
		read(t, nc, strings.Repeat("\r\n", pings))
		r.one()
	})
}

// FuzzText: however a stream is cut into pieces, its messages are the same, and nothing that is delivered breaks the limits.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		wire("REQ 1", "body") + "\r\n\r\n" + wire("RES 1", ""),
		"REQ 1\r\nContent-Length\t:\r\n  3\r\n\r\nabcREQ 2\r\nl: 1\r\nl: 1\r\n\r\nx",
		"\r\n\r\n\r\n\n\rREQ 1\r\nl: 99\r\n\r\n",
		"REQ 1\r\nl: 1\r\nl: 2\r\n\r\n", strings.Repeat("x", 200), "REQ\r\n\r\n", "\r",
	} {
		f.Add([]byte(s), uint16(3))
	}
	l := &pool.Limits{MaxHeader: 64, MaxBody: 32}
	cut := func(t *testing.T, in []byte, next func(left int) int) (messages []string, consumed int, err error) {
		buf, used, seen, need := []byte(nil), 0, 0, 0
		for {
			n := next(len(in) - used)
			buf, used = append(buf, in[used:used+n]...), used+n
			for len(buf) >= max(need, 1) {
				c, err := sample.Cut(buf, seen, l)
				if err != nil {
					return messages, consumed, err
				}
				if c.Size == 0 {
					seen, need = len(buf), c.Need
					if need > 0 {
						seen = 0
					}
					if need > l.MaxHeader+l.MaxBody {
						t.Fatalf("wants %d octets", need)
					}
					break
				}
				if c.Kind != pool.KeepAlive {
					messages = append(messages, string(c.Message))
				}
				if c.Size > len(buf) || len(c.Message) > l.MaxHeader+l.MaxBody {
					t.Fatalf("cut %d of %d octets", c.Size, len(buf))
				}
				buf, seen, need = buf[c.Size:], 0, 0
				consumed += c.Size
			}
			if used == len(in) {
				return messages, consumed, nil
			}
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, seed uint16) {
		whole, _, wholeErr := cut(t, in, func(left int) int { return left })
		step := int(seed%7) + 1
		parts, _, partsErr := cut(t, in, func(left int) int { return min(step, left) })
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Errorf("in pieces of %d (-whole +pieces):\n%s", step, diff)
		}
		var a, b *pool.FrameError
		if errors.As(wholeErr, &a) != errors.As(partsErr, &b) || a != nil && a.Fault != b.Fault {
			t.Errorf("whole: %v; in pieces: %v", wholeErr, partsErr)
		}
		_, _ = sample.Datagram(in, l)
	})
}
