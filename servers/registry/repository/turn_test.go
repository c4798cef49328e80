package repository

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// crowd is sources that wait for turns, in a bubble.
type crowd struct {
	t      *testing.T
	turns  *turns
	served []string // the sources that had a turn, in order
}

// want begins a turn and, without ending it, notes whose it was.
func (c *crowd) want(ctx context.Context, source string) {
	go func() {
		if c.turns.begin(ctx, source) == nil {
			c.served = append(c.served, source)
		}
	}()
	synctest.Wait()
}

// end ends n turns, one after the other.
func (c *crowd) end(n int) {
	for range n {
		c.turns.end()
		synctest.Wait()
	}
}

func (c *crowd) check(want string) {
	c.t.Helper()
	if diff := cmp.Diff(strings.Fields(want), c.served); diff != "" {
		c.t.Errorf("-want +got\n%s", diff)
	}
}

// Sources take turns, so that one which asks little waits little, whatever another asks.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t: t, turns: newTurns(2, 1000)}
		for range 1000 {
			c.want(t.Context(), "flood")
		}
		c.check("flood flood")
		c.want(t.Context(), "b")
		c.want(t.Context(), "b")
		c.want(t.Context(), "c")
		c.end(6)
		c.check("flood flood flood b c flood b flood")
		c.end(1000 - 5 + 2)
		if len(c.served) != 1003 || c.turns.free != 2 || len(c.turns.waiting) != 0 || len(c.turns.next) != 0 {
			t.Errorf("%d were served; left are %+v", len(c.served), c.turns)
		}
	})
}

// No more of one source wait than the limit says, and what is refused leaves nothing behind.
func TestTurnsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t: t, turns: newTurns(1, 3)}
		for range 4 {
			c.want(t.Context(), "a")
		}
		var refusal *Error
		if err := c.turns.begin(t.Context(), "a"); !errors.As(err, &refusal) || refusal.Code != CodeSessionLimit {
			t.Errorf("got %v", err)
		}
		c.want(t.Context(), "b")
		c.end(2)
		c.want(t.Context(), "a")
		c.end(4)
		c.check("a a b a a a")
	})
}

// Whoever stops waiting holds nobody up, even if the turn comes at that very moment.
func TestTurnsLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t: t, turns: newTurns(1, 3)}
		ctx, cancel := context.WithCancel(t.Context())
		c.want(t.Context(), "a")
		c.want(ctx, "a")
		c.want(ctx, "b")
		c.want(t.Context(), "a")
		c.want(t.Context(), "c")
		cancel()
		synctest.Wait()
		c.end(3)
		c.check("a a c")

		// Among many that leave as the turn comes, some have been given it.
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			c.want(t.Context(), "a")
			c.want(ctx, "b")
			cancel()
			c.turns.end()
			synctest.Wait()
			if n := len(c.served); c.served[n-1] == "b" {
				c.turns.end()
			}
			synctest.Wait()
			if c.turns.free != 1 || len(c.turns.waiting) != 0 {
				t.Fatalf("left are %+v", c.turns)
			}
		}
	})
}

// A flood of logins from one address delays no login from another, and one address fills no more than its share.
func TestLoginFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPasswordHash(64, 50)
		stored, err := h.sum(t.Context(), "", "foo-BAR2")
		if err != nil {
			t.Fatal(err)
		}
		for range passwordParallel { // what is being hashed as the flood comes
			if err := h.turns.begin(t.Context(), "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		var order []string
		login := func(source, password string) {
			_, err := h.verify(t.Context(), source, stored, password)
			var refusal *Error
			if errors.As(err, &refusal) {
				source = "refused"
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, source)
		}
		for range 1800 {
			go login("192.0.2.1", "bad")
		}
		synctest.Wait()
		go login("198.51.100.1", "foo-BAR2")
		synctest.Wait()
		if len(order) != 1750 || slices.ContainsFunc(order, func(s string) bool { return s != "refused" }) {
			t.Fatalf("%d of 1800 were refused at once, want 1750", len(order))
		}
		h.turns.end() // one hash at a time from here on
		synctest.Wait()
		// It has the second turn, but whoever has had one says so only when it is running again.
		if i := slices.Index(order[1750:], "198.51.100.1"); i < 0 || i > 10 || len(order) != 1801 {
			t.Errorf("the good login came after %d of %d", i, len(order)-1751)
		}
	})
}
