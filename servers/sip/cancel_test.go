package sip

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/protogen-go/protogen/runtime/pool"
)

// held runs a server whose handler leaves INVITEs unanswered, on goroutines, and gives their Responders when release is closed.
func held(t *testing.T, use func(w *Responder)) (s *stack, caller *stormPeer, release chan struct{}) {
	t.Helper()
	release = make(chan struct{})
	handler := Methods{"INVITE": HandlerFunc(func(w *Responder, _ *Request) {
		<-release
		use(w)
	})}
	s, err := makeStack(Config{Handler: handler, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	taken := &sink{}
	s.carry(pool.UDP, taken)
	caller = newStormPeer(s.legs[0], taken, "192.0.2.2:5061")
	return s, caller, release
}

// A CANCEL that comes before the handler has said what it does about one is not lost: the stack answers, and the handler is told when it asks.
func TestCancelBeforeOnCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		s, caller, release := held(t, func(w *Responder) { w.OnCancel(func() { told++ }) })
		defer s.close()
		if codes := caller.ask(caller.invite); codes != "" {
			t.Errorf("the INVITE is answered with %q", codes)
		}
		if codes := caller.ask(caller.cancel()); codes != "200 487" && codes != "487 200" { // of two transactions, each in its shard
			t.Errorf("the CANCEL is answered with %q", codes)
		}
		close(release)
		synctest.Wait()
		if told != 1 {
			t.Errorf("told %d times", told)
		}
		if kept := s.Stats().Transactions.Kept; kept > 4096 {
			t.Errorf("%d octets are kept of a request that has been answered", kept)
		}
	})
}

// The contexts of handlers end with the server.
func TestCloseCancelsHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		s, caller, release := held(t, func(w *Responder) {
			ctx := w.Context()
			<-ctx.Done()
			cause = context.Cause(ctx)
		})
		caller.ask(caller.invite)
		close(release)
		synctest.Wait()
		if err := s.close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !errors.Is(cause, ErrClosed) {
			t.Errorf("cause %v", cause)
		}
	})
}

// A peer gets no more than seven eighths of the handlers.
func TestHandlersShare(t *testing.T) {
	var h handlers
	seed := newTags().a
	begun := 0
	for range 100 {
		if _, ok := h.begin(seed, netip.MustParseAddr("192.0.2.1"), 80); ok {
			begun++
		}
	}
	others := 0
	for _, peer := range []string{"192.0.2.2", "192.0.2.3", "192.0.2.4"} { // several, since addresses share counters by chance
		if end, ok := h.begin(seed, netip.MustParseAddr(peer), 80); ok {
			others++
			end()
		}
	}
	if begun != 70 || others == 0 || h.all.Load() != 70 {
		t.Errorf("%d handlers of one peer, %d peers of 3 beside it, %d in all", begun, others, h.all.Load())
	}
}
