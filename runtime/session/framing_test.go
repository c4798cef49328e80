package session_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/session"
)

// TestFrameSwitch: octets that follow the message which changes the framing are cut the new way, however the stream is cut
// and whether the change comes with the message or with the end of its operation.
func TestFrameSwitch(t *testing.T) {
	answer := func(s *acts, id string) {
		s.Send(&reply{id, 1000, "as before"})
		s.SetFraming(officeFrame, 0)
		s.SetWindow(16)
	}
	start := func(s *acts) {
		s.SetFraming(lines, 0)
		s.SetWindow(1)
	}
	receive := func(switching func(s *acts, m *hello)) func(*acts, session.Message) {
		return func(s *acts, m session.Message) {
			switch m := m.(type) {
			case *hello:
				switching(s, m)
			case *order:
				s.Send(&reply{m.id, 1000, m.text})
			}
		}
	}
	machines := map[string]acts{
		"message":   {start: start, receive: receive(func(s *acts, m *hello) { answer(s, m.id) })},
		"operation": {start: start, receive: receive(func(s *acts, m *hello) { s.Run(actsOperationWork, m, 0) })},
	}
	for name, machine := range machines {
		machine.perform = func(_ context.Context, m session.Message) (session.Message, error) { return &reply{}, nil }
		machine.done = func(s *acts, _ int, req, _ session.Message) { answer(s, req.(*hello).id) }
		stream := append([]byte("hello 1\n"), frames(t, "order 2 a\nb", "order 3 c", "order 4 d")...)
		want := append([]byte("reply 1 1000 as before\n"), frames(t, "reply 2 1000 a\nb", "reply 3 1000 c", "reply 4 1000 d")...)
		for size := 1; size <= len(stream); size++ {
			t.Run(name+"/push/"+strconv.Itoa(size), func(t *testing.T) {
				push := machine.push()
				push.Open()
				var out []byte
				for part := range slices.Chunk(stream, size) {
					out = append(out, push.Receive(part)...)
				}
				if diff := cmp.Diff(string(want), string(out)); diff != "" {
					t.Errorf("the session sends (-want +got):\n%s", diff)
				}
			})
		}
		t.Run(name+"/network", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := serve(t, machine.service()).call(t)
				if _, err := v.Write(stream); err != nil {
					t.Fatal(err)
				}
				v.expectOctets(string(want))
			})
		})
	}
}

// TestFrameSwitchReply: what is sent before the change leaves in the old framing, what is sent after it in the new one.
func TestFrameSwitchReply(t *testing.T) {
	push := acts{
		start: func(s *acts) { s.SetFraming(lines, 0) },
		receive: func(s *acts, m session.Message) {
			s.Send(&reply{m.(*hello).id, 1000, "line"})
			s.SetFraming(officeFrame, 0)
			s.Send(&reply{m.(*hello).id, 1001, "frame"})
		},
	}.push()
	push.Open()
	want := "reply 1 1000 line\n" + string(frames(t, "reply 1 1001 frame"))
	if got := string(push.Receive([]byte("hello 1\n"))); got != want {
		t.Errorf("the session sends %q, want %q", got, want)
	}
}

// TestFrameSwitchLeftOver: octets that were no frame in the old framing are looked at again when something else than the
// stream changes it, without waiting for more octets.
func TestFrameSwitchLeftOver(t *testing.T) {
	machine := acts{
		start: func(s *acts) {
			s.SetFraming(lines, 0)
			s.StartTimer(actsTimerFirst, time.Second)
		},
		expired: func(s *acts, _ int) { s.SetFraming(officeFrame, 0) },
		receive: func(s *acts, m session.Message) { s.Send(&reply{m.(*order).id, 1000, m.(*order).text}) },
	}
	stream, want := frames(t, "order 1 x"), string(frames(t, "reply 1 1000 x"))
	t.Run("push", func(t *testing.T) {
		push := machine.push()
		push.Open()
		if out := push.Receive(stream); len(out) > 0 {
			t.Fatalf("the session sends %q", out)
		}
		if got := string(push.Advance(time.Second)); got != want {
			t.Errorf("the session sends %q, want %q", got, want)
		}
	})
	t.Run("network", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			v := serve(t, machine.service()).call(t)
			if _, err := v.Write(stream); err != nil {
				t.Fatal(err)
			}
			v.expectOctets(want)
		})
	})
}

// TestFrameSwitchCall: a call that was held while the framing changed leaves in the new one.
func TestFrameSwitchCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := looptest.Pipe(0)
		defer far.Close()
		greeted := false
		service := acts{
			start: func(s *acts) {
				s.SetFraming(lines, 0)
				s.Ready()
			},
			receive: func(s *acts, m session.Message) {
				if r, ok := m.(*reply); ok {
					s.Resolve(r)
					return
				}
				s.SetFraming(officeFrame, 0)
				greeted = true
				s.Moved("negotiating", "greeting", "open")
			},
			called: func(s *acts, c *session.Call) {
				if !greeted {
					s.Hold()
					return
				}
				s.Send(c.Message())
			},
		}.service()
		c, err := session.NewClient(t.Context(), near, nil, loop.Config{}, quiet(service))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		done := ask(t.Context(), c, "1")
		synctest.Wait()
		v := &visitor{Conn: far, t: t}
		if _, err := v.Write([]byte("greeting 0\n")); err != nil {
			t.Fatal(err)
		}
		v.expect("order 1 x")
		v.send("reply 1 1000 done")
		if got := <-done; got.text != "1 done" {
			t.Errorf("the call ends with %v", got)
		}
	})
}
