package faults_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Whatever panics, on the loop or beside it, ends its own connection. It is written to the log once, with the stack, and counted.
func TestFault31Panic(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		for _, verb := range []string{"work", "inline"} {
			h := open(t, site{engine: engine}, &desk{worker: func(context.Context, string) (string, error) { panic("a defect") }})
			b := h.bystander()
			for range 3 {
				v := h.visit()
				v.send(verb + " it")
				if rest, _ := io.ReadAll(v); len(rest) > 0 {
					t.Errorf("%s: %q after the panic", verb, rest)
				}
			}
			eventually(t, "the sessions end", func() bool { return h.server.Stats().Open == 1 })
			b.leave()
			eventually(t, "the panics are written down", func() bool { return h.log.count("panicked") >= 3 }) // whoever writes
			if n, stacks := h.log.count("panicked"), h.log.withStack(); n != 3 || stacks != 3 {
				t.Errorf("%s: %d records of 3 panics, %d with a stack", verb, n, stacks)
			}
		}
	})
}

// A handler that blocks, even one that has promised not to, holds up nobody but its own session.
func TestFault32BlockedHandler(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		for _, verb := range []string{"work", "inline"} {
			begun, gate := make(chan struct{}, 10), make(chan struct{})
			h := open(t, site{engine: engine, limits: loop.Config{Pollers: 1}}, &desk{worker: func(_ context.Context, text string) (string, error) {
				begun <- struct{}{}
				<-gate
				return text, nil
			}})
			early := h.visit()
			var blocked []*visitor
			for range 3 {
				v := h.visit()
				v.send(verb + " it")
				<-begun
				blocked = append(blocked, v)
			}
			b := h.bystander() // came later than they
			for range 100 {
				early.send("say here")
				early.expect("here")
			}
			b.leave()
			if n := h.server.Stats().Handovers; engine == loop.EngineEpoll && verb == "inline" && n < 3 {
				t.Errorf("%d stalls of the loop were noticed, want 3", n)
			}
			close(gate)
			for _, v := range blocked {
				v.expect("it")
			}
		}
	})
}

// A log that blocks, or fails, stops nothing but the session that has something to say.
func TestFault29Log(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		sinks := map[string]*sink{"blocked": {gate: make(chan struct{}), about: "panicked"}, "full": {err: io.ErrShortWrite}}
		for name, s := range sinks {
			t.Run(name, func(t *testing.T) {
				h := open(t, site{engine: engine, logger: slog.New(s), limits: loop.Config{Pollers: 1}}, &desk{
					worker: func(context.Context, string) (string, error) { panic("something to write") },
				})
				early := h.visit()
				for _, verb := range []string{"work", "inline", "work", "inline"} {
					h.visit().send(verb + " it")
				}
				b := h.bystander()
				for range 100 {
					early.send("say here")
					early.expect("here")
				}
				b.leave()
				if s.gate != nil {
					close(s.gate)
				}
			})
		}
	})
}

// What a blocked log cannot take waits for it, up to a limit; the rest is dropped and counted.
func TestFault29Dropped(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		const queue, sessions = 4, 10
		s := &sink{gate: make(chan struct{}), about: "panicked"}
		h := open(t, site{engine: engine, logger: slog.New(loop.NewJournal(s, queue)), limits: loop.Config{Pollers: 1}}, &desk{
			worker: func(context.Context, string) (string, error) { panic("something to write") },
		})
		b := h.bystander()
		for range sessions {
			h.visit().send("inline it")
		}
		eventually(t, "records are dropped", func() bool { return h.server.Stats().LogDropped == sessions-1-queue })
		b.leave()
		close(s.gate)
		eventually(t, "what has waited is written", func() bool { return s.written.Load() == 1+queue })
	})
}

// A sink is a log handler that waits for its gate, or fails.
type sink struct {
	gate  chan struct{}
	about string // the records that wait
	err   error

	written atomic.Int64 // of those that wait
}

func (*sink) Enabled(context.Context, slog.Level) bool { return true }
func (s *sink) WithAttrs([]slog.Attr) slog.Handler     { return s }
func (s *sink) WithGroup(string) slog.Handler          { return s }

func (s *sink) Handle(_ context.Context, r slog.Record) error {
	if s.gate != nil && strings.Contains(r.Message, s.about) {
		<-s.gate
		s.written.Add(1)
	}
	return s.err
}
