package pool

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A failure is a destination that could not be reached. It is left alone for a while, so that many messages for a dead peer cost
// nothing, and so that many pools which lost the same peer do not come back at the same instant.
type failure struct {
	err   error
	times int           // in succession
	until time.Duration // the instant the next attempt may begin
}

// recentLocked refuses a destination that has failed a moment ago.
func (p *Pool) recentLocked(k key) error {
	f, known := p.failures[k]
	if !known || p.now() >= f.until {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrRecentFailure, f.err)
}

// failedLocked remembers a failure. The time to wait is drawn between RetryMin and a bound that doubles up to RetryMax.
func (p *Pool) failedLocked(k key, err error) {
	low := p.limits.RetryMin
	if low < 0 {
		return
	}
	f, known := p.failures[k]
	if !known {
		p.makeRoomLocked()
	}
	f.err = err
	f.times = min(f.times+1, 16)
	high := max(min(low<<f.times, p.limits.RetryMax), low+1)
	f.until = p.now() + low + rand.N(high-low)
	p.failures[k] = f
}

// makeRoomLocked keeps the failures remembered within their limit. Those that have had their time go first; they count as
// stale, and no longer as the beginning of a series, after another RetryMax.
func (p *Pool) makeRoomLocked() {
	if len(p.failures) < p.limits.MaxFailed {
		return
	}
	now := p.now()
	for k, f := range p.failures {
		if now >= f.until {
			delete(p.failures, k)
		}
	}
	for k := range p.failures {
		if len(p.failures) < p.limits.MaxFailed {
			return
		}
		delete(p.failures, k)
	}
}
