package session_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
)

// watched is a machine with every deadline a session can have: the first request, the time between two, the arrival of a
// frame, and the life of the session, which nothing extends.
func watched() acts {
	return acts{
		start: func(s *acts) {
			s.SetFraming(officeFrame, 2*time.Second)
			s.StartTimer(actsTimerFirst, 5*time.Second)
			s.StartTimer(actsTimerLife, time.Minute)
		},
		receive: func(s *acts, m session.Message) {
			s.StopTimer(actsTimerFirst)
			s.StartTimer(actsTimerIdle, 20*time.Second)
			s.Send(&greeting{m.(*hello).id})
		},
	}
}

// deadlines are what a peer does, what it gets, and when the session is over.
var deadlines = []struct {
	name string
	does []string // "wait DURATION", or octets of a stream of hellos: "hello" is a whole one, "half" a part of one
	want []string
	over time.Duration
}{
	{"first", nil, []string{"reply late 2500 first"}, 5 * time.Second},
	{"idle", []string{"wait 4s", "hello"}, []string{"greeting 1", "reply late 2500 idle"}, 24 * time.Second},
	{"idle again", []string{"hello", "wait 19s", "hello"}, []string{"greeting 1", "greeting 1", "reply late 2500 idle"}, 39 * time.Second},
	{
		"lifetime",
		[]string{"hello", "wait 15s", "hello", "wait 15s", "hello", "wait 15s", "hello"},
		[]string{"greeting 1", "greeting 1", "greeting 1", "greeting 1", "reply late 2500 life"},
		time.Minute,
	},
	{"frame", []string{"wait 1s", "half"}, []string{"reply ? 2500 session: frame did not arrive in time"}, 3 * time.Second},
	{"frame in time", []string{"half", "wait 1999ms", "rest"}, []string{"greeting 1", "reply late 2500 idle"}, 21999 * time.Millisecond},
	{
		"frame behind another",
		[]string{"hello", "half", "wait 1s"},
		[]string{"greeting 1", "reply ? 2500 session: frame did not arrive in time"},
		2 * time.Second,
	},
}

// TestDeadlines: every deadline ends the session when it has come and neither before nor after.
func TestDeadlines(t *testing.T) {
	whole := frames(t, "hello 1")
	octets := map[string][]byte{"hello": whole, "half": whole[:7], "rest": whole[7:]}
	for _, tt := range deadlines {
		t.Run(tt.name+"/network", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := serve(t, watched().service()).call(t)
				begin := time.Now()
				for _, step := range tt.does {
					if d, ok := strings.CutPrefix(step, "wait "); ok {
						pause, _ := time.ParseDuration(d)
						<-time.After(pause)
					} else if _, err := v.Write(octets[step]); err != nil {
						t.Fatal(err)
					}
				}
				v.expect(append(slices.Clone(tt.want), "")...)
				if d := time.Since(begin); d != tt.over {
					t.Errorf("the session is over after %v, want %v", d, tt.over)
				}
			})
		})
		t.Run(tt.name+"/push", func(t *testing.T) {
			push := watched().push()
			out, elapsed := slices.Clone(push.Open()), time.Duration(0)
			pass := func(d time.Duration) {
				elapsed += d
				out = append(out, push.Advance(d)...)
			}
			for _, step := range tt.does {
				if d, ok := strings.CutPrefix(step, "wait "); ok {
					pause, _ := time.ParseDuration(d)
					pass(pause)
				} else {
					out = append(out, push.Receive(octets[step])...)
				}
			}
			for d, ok := push.Next(); ok; d, ok = push.Next() {
				pass(d)
			}
			if diff := cmp.Diff(tt.want, unframe(t, out)); diff != "" {
				t.Errorf("the session sends (-want +got):\n%s", diff)
			}
			if ended, err := push.Ended(); !ended || err != nil || elapsed != tt.over {
				t.Errorf("after %v the session has ended: %v, %v; want true, <nil> after %v", elapsed, ended, err, tt.over)
			}
		})
	}
}

// TestPushAdvance: timers run out in the order of their time, the one that is armed on the way too, and in one call as in many.
func TestPushAdvance(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, time.Second, 7 * time.Millisecond} {
		var fired []string
		rounds := 0
		push := acts{
			start: func(s *acts) {
				s.StartTimer(actsTimerLife, 3*time.Second)
				s.StartTimer(actsTimerFirst, 3*time.Second)
				s.StartTimer(actsTimerIdle, time.Second)
			},
			expired: func(s *acts, timer int) {
				fired = append(fired, actsSpec.Timers[timer])
				if rounds++; timer == actsTimerIdle && rounds < 2 {
					s.StartTimer(actsTimerIdle, 1500*time.Millisecond)
				}
			},
		}.push()
		push.Open()
		for passed := time.Duration(0); passed < 4*time.Second; passed += step {
			push.Advance(step)
		}
		if diff := cmp.Diff([]string{"idle", "idle", "first", "life"}, fired); diff != "" {
			t.Errorf("in steps of %v timers fire (-want +got):\n%s", step, diff)
		}
		if d, ok := push.Next(); ok {
			t.Errorf("a timer runs out in %v, and none is armed", d)
		}
	}
}

// TestFrameDeadlineOfDeafPeer: a peer that is not read because it does not read is not blamed for its half frame.
func TestFrameDeadlineOfDeafPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := office{limits: loop.Config{HighWater: 4 << 10, WriteStall: time.Minute}, window: 4 << 10}
		machine := acts{
			start:   func(s *acts) { s.SetFraming(officeFrame, 2*time.Second) },
			receive: func(s *acts, m session.Message) { s.Run(actsOperationWork, m, 0) },
			perform: func(_ context.Context, m session.Message) (session.Message, error) {
				<-time.After(time.Second)
				return &reply{m.(*order).id, 1000, strings.Repeat("x", 40<<10)}, nil
			},
		}
		v := o.begin(t, machine.service()).call(t)
		stream := frames(t, "order 1 x", "order 2 x")
		cut := len(stream) - 3
		if _, err := v.Write(stream[:cut]); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Second)
		if _, err := v.Write(stream[cut:]); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"1", "2"} {
			if got := v.next(); !strings.HasPrefix(got, "reply "+id+" 1000 x") {
				t.Fatalf("the session sends %.40q, want the reply to order %s", got, id)
			}
		}
	})
}

// TestStopTimer: a timer that is given no time is stopped.
func TestStopTimer(t *testing.T) {
	push := acts{
		start:   func(s *acts) { s.StartTimer(actsTimerFirst, time.Second) },
		receive: func(s *acts, _ session.Message) { s.StartTimer(actsTimerFirst, 0) },
	}.push()
	push.Open()
	push.Receive(frames(t, "hello 1"))
	if armed := push.Armed(); len(armed) > 0 {
		t.Errorf("timers run: %q", armed)
	}
}

// TestTimerOperation: a timer may begin an operation; drain waits for it, and its result leaves when the machine says so.
func TestTimerOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		service := acts{
			start:   func(s *acts) { s.StartTimer(actsTimerIdle, time.Second) },
			expired: func(s *acts, _ int) { s.Run(actsOperationWork, &hello{"1"}, 0) },
			perform: func(context.Context, session.Message) (session.Message, error) {
				<-release
				return &greeting{"by itself"}, nil
			},
		}.service()
		o := serve(t, service)
		v := o.call(t)
		<-time.After(2 * time.Second)
		done := o.stopping(t.Context())
		synctest.Wait()
		close(release)
		v.expect("greeting by itself", "")
		_ = v.Close()
		if err := <-done; err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
	})
}
