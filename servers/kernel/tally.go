package kernel

import (
	"context"
	"sync"
	"sync/atomic"
)

// tally counts what is under way, for those who wait for the end of it. Unlike a WaitGroup it may be waited for with a context,
// and at any time.
type tally struct {
	count atomic.Int64

	mu   sync.Mutex
	idle chan struct{} // closed at zero; nil while nobody waits
}

// begin counts one more.
func (t *tally) begin() { t.count.Add(1) }

// end counts one less.
func (t *tally) end() {
	if t.count.Add(-1) > 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idle != nil && t.count.Load() == 0 {
		close(t.idle)
		t.idle = nil
	}
}

// run runs f on a goroutine of its own, and counts it meanwhile.
func (t *tally) run(f func()) {
	t.begin()
	go func() {
		defer t.end()
		f()
	}()
}

// wait waits until nothing is under way.
func (t *tally) wait(ctx context.Context) error {
	for {
		t.mu.Lock()
		if t.count.Load() == 0 {
			t.mu.Unlock()
			return nil
		}
		if t.idle == nil {
			t.idle = make(chan struct{})
		}
		idle := t.idle
		t.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
