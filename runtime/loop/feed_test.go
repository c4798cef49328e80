package loop_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/loop"
)

func TestFeed(t *testing.T) {
	s := &script{t: t, data: echo}
	f := loop.NewFeed(s, loop.Config{})
	frames := append(framed([]byte("one")), framed([]byte("two"))...)
	var got []byte
	for _, octet := range frames {
		f.Input([]byte{octet})
		got = append(got, f.Output()...)
	}
	if !bytes.Equal(got, frames) {
		t.Errorf("got %q", got)
	}
	f.Input([]byte("\x00\x00"))
	if f.Closed() {
		t.Error("closed early")
	}
	s.end = func(c *loop.Conn, rest []byte) {
		_, _ = c.Write(rest)
		c.CloseAfterFlush()
	}
	f.End()
	if !f.Closed() || s.why != nil || string(f.Output()) != "\x00\x00" {
		t.Errorf("closed %v: %v", f.Closed(), s.why)
	}
	f.Input([]byte("more"))
	f.End()
	if c := f.Conn(); c.LocalAddr() != nil || c.RemoteAddr() != nil || c.TLS() != nil {
		t.Error("a feed has no addresses")
	}
}

// An inline handler posts its result from within the event; the paused input follows before Input returns.
func TestFeedPause(t *testing.T) {
	var got []string
	s := &script{t: t}
	s.data = func(c *loop.Conn, b []byte) (int, error) {
		got = append(got, "request "+string(b[:1]))
		c.PauseRead()
		_ = c.Post(string(b[:1]))
		return 1, nil
	}
	s.message = func(c *loop.Conn, m any) {
		got = append(got, "reply "+m.(string))
		c.ResumeRead()
	}
	f := loop.NewFeed(s, loop.Config{})
	f.Input([]byte("ab"))
	f.Input([]byte("c"))
	want := []string{"request a", "reply a", "request b", "reply b", "request c", "reply c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	f.Conn().PauseRead()
	f.Input([]byte("d"))
	f.Input([]byte("e"))
	if len(got) != 6 {
		t.Errorf("events while paused: %q", got)
	}
}

func TestFeedTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, open: func(c *loop.Conn) { c.After(1, time.Minute) }}
		s.timer = func(c *loop.Conn, _ int) { c.Abort(nil) }
		f := loop.NewFeed(s, loop.Config{})
		time.Sleep(time.Minute)
		synctest.Wait()
		if !f.Closed() || s.why != loop.ErrAborted {
			t.Errorf("closed %v: %v", f.Closed(), s.why)
		}
	})
}
