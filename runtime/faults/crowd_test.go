package faults_test

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Many clients that never read share one budget: above it nobody new is served, and below it everything is as before.
func TestFault15DeafCrowd(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		// All of them up to the low mark are more than the budget: so it stays used up.
		const budget, high, low, reply = 1 << 20, 1 << 20, 16 << 10, 10_000
		n := scale(100, 1000)
		limits := loop.Config{HighWater: high, LowWater: low, OutputBudget: budget, AcceptPause: 10 * time.Millisecond, WriteStall: patience}
		h := open(t, site{engine: engine, network: "unix", limits: limits}, &desk{}) // whose buffers in the system are small
		b := h.bystander()
		var deaf []net.Conn
		var senders sync.WaitGroup
		most := h.watchQueue(t, func() {
			for range n {
				nc := h.raw()
				deaf = append(deaf, nc)
				senders.Go(func() {
					for requests := bytes.Repeat(frames("big 10000"), 10); ; {
						if _, err := nc.Write(requests); err != nil {
							return
						}
					}
				})
			}
			eventually(t, "accepting is paused", func() bool {
				h.visit().send("say in") // some are in before the budget is used up for good
				return h.server.Stats().AcceptErrors > 0
			})
		})
		// Above the budget each may still come up to the low mark, and all may be writing the reply that reaches it.
		if limit := int64(budget + (n+3)*(low+4+reply)); most > limit {
			t.Errorf("%d octets were queued, want at most %d", most, limit)
		}
		b.leave()
		for _, nc := range deaf {
			reset(nc)
		}
		senders.Wait()
		v := h.visit()
		v.send("say back")
		v.expect("back")
	})
}
