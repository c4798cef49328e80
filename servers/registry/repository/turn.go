package repository

import (
	"context"
	"slices"
	"sync"
)

// turns shares out costly work: so much of it at once, and among those who wait the sources take turns. A source thus waits
// for one turn of every other source at most, however many turns those want.
type turns struct {
	limit int // of what waits, for each source

	mu      sync.Mutex
	free    int                        // turns that nobody has taken; 0 while anybody waits
	waiting map[string][]chan struct{} // what waits, by source, the longest first; closed when its turn comes
	next    []string                   // the sources in waiting, in the order of their turns
}

// newTurns gives so many turns at a time, and lets as many as limit of one source wait.
func newTurns(parallel, limit int) *turns {
	return &turns{limit: limit, free: parallel, waiting: map[string][]chan struct{}{}}
}

// begin waits for a turn, which the caller ends. It fails when ctx does, and at once when too many of the source wait.
func (t *turns) begin(ctx context.Context, source string) error {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return nil
	}
	queue := t.waiting[source]
	if len(queue) >= t.limit {
		t.mu.Unlock()
		return refuse(CodeSessionLimit, "too many logins from here are waiting")
	}
	if len(queue) == 0 {
		t.next = append(t.next, source)
	}
	mine := make(chan struct{})
	t.waiting[source] = append(queue, mine)
	t.mu.Unlock()

	select {
	case <-mine:
		return nil
	case <-ctx.Done():
		t.leave(source, mine)
		return context.Cause(ctx)
	}
}

// end gives a turn to the source that is next, which then goes behind the others.
func (t *turns) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.next) == 0 {
		t.free++
		return
	}
	source := t.next[0]
	t.next = t.next[1:]
	queue := t.waiting[source]
	close(queue[0])
	if len(queue) > 1 {
		t.waiting[source] = queue[1:]
		t.next = append(t.next, source)
	} else {
		delete(t.waiting, source)
	}
}

// leave takes back what waits, or passes its turn on if that has just come.
func (t *turns) leave(source string, mine chan struct{}) {
	t.mu.Lock()
	queue := t.waiting[source]
	i := slices.Index(queue, mine)
	switch {
	case i < 0:
		t.mu.Unlock()
		t.end()
		return
	case len(queue) > 1:
		t.waiting[source] = slices.Delete(queue, i, i+1)
	default:
		delete(t.waiting, source)
		t.next = slices.DeleteFunc(t.next, func(s string) bool { return s == source })
	}
	t.mu.Unlock()
}
