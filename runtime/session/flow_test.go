package session_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/session"
)

// countingListener counts the writes of the connections it accepts.
type countingListener struct {
	*looptest.Listener
	writes atomic.Int32
}

func (l *countingListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countingConn{nc.(*looptest.Conn), &l.writes}, nil
}

type countingConn struct {
	*looptest.Conn
	writes *atomic.Int32
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// TestCoalescing: the replies to requests that arrive together leave in one write, whether the machine gives them, a handler
// on the loop, or one that several of them waited for.
func TestCoalescing(t *testing.T) {
	const n = 12 // fewer than the window
	for name, receive := range map[string]func(s *acts, m session.Message){
		"machine": func(s *acts, m session.Message) { s.Send(&reply{m.(*order).id, 1000, "x"}) },
		"inline":  func(s *acts, m session.Message) { s.Run(actsOperationInline, m, 0) },
		"behind the first": func(s *acts, m session.Message) {
			if id := m.(*order).id; id == "0" {
				s.Run(actsOperationWork, m, 0)
			} else {
				s.Send(&reply{id, 1000, "x"})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				machine := acts{receive: receive, perform: func(_ context.Context, m session.Message) (session.Message, error) {
					if name != "inline" {
						<-release
					}
					return &reply{m.(*order).id, 1000, "x"}, nil
				}}
				l := &countingListener{Listener: looptest.Listen()}
				var server session.Server
				done := make(chan error, 1)
				go func() { done <- server.Serve(l, nil, "", loop.Config{}, quiet(machine.service())) }()
				nc, err := l.Dial()
				if err != nil {
					t.Fatal(err)
				}
				v := &visitor{Conn: nc, t: t}
				var requests, replies []string
				for i := range n {
					requests = append(requests, fmt.Sprintf("order %d x", i))
					replies = append(replies, fmt.Sprintf("reply %d 1000 x", i))
				}
				v.send(requests...)
				synctest.Wait()
				close(release)
				v.expect(replies...)
				if writes := l.writes.Load(); writes != 1 {
					t.Errorf("%d replies left in %d writes, want 1", n, writes)
				}
				_ = server.Close()
				<-done
			})
		})
	}
}

// TestFlood: however much a peer pipelines, no more is taken from the stream than the window, and the rest stays with
// the peer; nothing is lost of it.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const total, window = 20_000, 4
		g := newGate()
		o := (&office{window: 1 << 10}).begin(t, newClerk(g, clerkConfig{window: window}))
		v := o.visit(t)
		v.send("login 0 me")
		v.expect("reply 0 1000 welcome")
		stream := slices.Repeat(frames(t, "order 1 a"), total)
		var sent atomic.Int64
		go func() {
			for part := range slices.Chunk(stream, 256) {
				n, err := v.Write(part)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}()
		synctest.Wait()
		const held = 64<<10 + 1<<10 + 256 // a buffer of the loop's, what is on the way, a write
		if n := sent.Load(); n > held {
			t.Errorf("%d octets of a flood were taken, want at most %d", n, held)
		}
		if n := g.running.Load(); n != 1 {
			t.Errorf("%d orders are worked on, want 1", n)
		}
		close(g.door("a"))
		for range total {
			if got := v.next(); got != "reply 1 1000 a" {
				t.Fatalf("the session sends %q", got)
			}
			select {
			case <-g.began:
			default:
			}
		}
	})
}

// TestOrder: replies leave in the order of the requests whatever the order their handlers end in, unless the protocol
// wants them as they come.
func TestOrder(t *testing.T) {
	for _, anyOrder := range []bool{false, true} {
		t.Run("any order "+strconv.FormatBool(anyOrder), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				spec := actsSpec
				spec.AnyOrder = anyOrder
				service := acts{
					receive: func(s *acts, m session.Message) {
						if h, ok := m.(*hello); ok {
							s.Send(&greeting{h.id})
							return
						}
						s.Run(actsOperationWork, m, 0)
					},
					perform: func(ctx context.Context, m session.Message) (session.Message, error) { return g.Order(ctx, m.(*order)) },
				}.service()
				service.Spec = &spec
				v := serve(t, service).call(t)
				v.send("order 1 a", "order 2 b", "hello 3", "order 4 c")
				for _, text := range []string{"c", "b", "a"} {
					synctest.Wait()
					close(g.door(text))
				}
				want := []string{"reply 1 1000 a", "reply 2 1000 b", "greeting 3", "reply 4 1000 c"}
				if anyOrder {
					want = []string{"greeting 3", "reply 4 1000 c", "reply 2 1000 b", "reply 1 1000 a"}
				}
				v.expect(want...)
			})
		})
	}
}

// TestSendBesideOperation: what a move sends after it has begun an operation is its own, and the operation's reply follows.
func TestSendBesideOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rounds := 0
		service := acts{
			receive: func(s *acts, m session.Message) {
				s.Run(actsOperationWork, m, 0)
				s.Send(&reply{"1", 100, "trying"})
			},
			perform: func(context.Context, session.Message) (session.Message, error) { return &reply{"1", 1000, "x"}, nil },
			done: func(s *acts, _ int, req, res session.Message) {
				if rounds++; rounds < 20 {
					s.Run(actsOperationWork, req, 0)
				}
				s.Send(res)
			},
		}.service()
		v := serve(t, service).call(t)
		v.send("order 1 x")
		v.expect(append([]string{"reply 1 100 trying"}, slices.Repeat([]string{"reply 1 1000 x"}, 20)...)...)
	})
}

// TestResultNobodyAsked: the end of an operation that answers no request says nothing to the peer when the machine has closed.
func TestResultNobodyAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		service := acts{
			receive: func(s *acts, m session.Message) {
				if _, ok := m.(*logout); ok {
					s.Send(&reply{"2", 1500, "bye"})
					s.Close()
					return
				}
				s.Run(actsOperationWork, m, 0)
			},
			perform: func(_ context.Context, m session.Message) (session.Message, error) {
				<-release
				return &reply{"?", 1000, officeName(m)}, nil
			},
		}.service()
		v := serve(t, service).call(t)
		v.send("order 1 x", "greeting 0", "logout 2") // a greeting is no request
		synctest.Wait()
		close(release)
		v.expect("reply ? 1000 order", "reply 2 1500 bye", "")
	})
}

// TestHooksConcurrently: hooks of many sessions at once report each session's own events in order, and every end once.
func TestHooksConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		var mu sync.Mutex
		log := map[uint64][]string{}
		note := func(id uint64, event string) {
			mu.Lock()
			defer mu.Unlock()
			log[id] = append(log[id], event)
		}
		service := newClerk(slow{}, clerkConfig{})
		service.Hooks = session.Hooks{
			Opened:     func(id uint64, _ session.Peer) { note(id, "opened") },
			Transition: func(tr session.Transition) { note(tr.Session, tr.Machine+": "+tr.To) },
			Answered: func(a session.Answered) {
				note(a.Session, "answered "+a.Request)
				if a.Elapsed < 0 || a.Elapsed > time.Second {
					t.Errorf("%s took %v", a.Request, a.Elapsed)
				}
			},
			Closed: func(id uint64, cause error) { note(id, fmt.Sprint("closed ", cause)) },
		}
		o := serve(t, service)
		var wg sync.WaitGroup
		for range n {
			v := o.visit(t)
			wg.Go(func() {
				v.send("login 1 me", "order 2 x", "logout 3")
				v.expect("reply 1 1000 welcome", "reply 2 1000 x", "reply 3 1500 bye", "")
				_ = v.Close()
			})
		}
		wg.Wait()
		synctest.Wait()
		want := []string{
			"opened", "clerk: waitingForLogin", "clerk: loggingIn", "clerk: waitingForOrder", "answered login",
			"clerk: working", "clerk: waitingForOrder", "answered order", "clerk: end", "answered logout", "closed <nil>",
		}
		mu.Lock()
		defer mu.Unlock()
		if len(log) != n {
			t.Errorf("%d sessions were reported, want %d", len(log), n)
		}
		for id, events := range log {
			if diff := cmp.Diff(want, events); diff != "" {
				t.Errorf("session %d (-want +got):\n%s", id, diff)
			}
		}
	})
}
