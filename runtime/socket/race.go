package socket

import (
	"context"
	"net"
	"strings"
	"time"
)

// attempts are the failures of all addresses, in the order in which they failed.
type attempts []error

func (a attempts) Error() string {
	texts := make([]string, len(a))
	for i, err := range a {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the failures.
func (a attempts) Unwrap() []error { return a }

// An outcome is how one attempt ended.
type outcome struct {
	conn net.Conn
	err  error
}

// race connects to the first peer that answers (RFC 8305 section 5). An attempt begins when the one before has failed, or has lasted for
// delay; a negative delay waits for the failure. The first connection wins: the other attempts are cancelled, and what they still bring is closed.
func race(ctx context.Context, peers []endpoint, delay time.Duration, dial func(context.Context, endpoint) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan outcome, len(peers))
	begin := func(peer endpoint) {
		nc, err := dial(ctx, peer)
		outcomes <- outcome{nc, err}
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	late := timer.C
	if delay < 0 {
		late = nil
	}
	go begin(peers[0])
	started, running := 1, 1
	var failed attempts
	for running > 0 {
		select {
		case <-late:
		case o := <-outcomes:
			running--
			if o.err == nil {
				go closeAll(outcomes, running)
				return o.conn, nil
			}
			failed = append(failed, o.err)
		}
		if started < len(peers) && ctx.Err() == nil {
			go begin(peers[started])
			started++
			running++
			timer.Reset(delay)
		}
	}
	if len(failed) == 1 {
		return nil, failed[0]
	}
	return nil, failed
}

// closeAll closes the connections of n attempts that lost.
func closeAll(outcomes <-chan outcome, n int) {
	for range n {
		if o := <-outcomes; o.err == nil {
			_ = o.conn.Close()
		}
	}
}
