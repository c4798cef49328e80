package loop

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An engine finds out that goroutines queue up, and that they do no more; without input it does not look.
func TestCrowd(t *testing.T) {
	var c crowd
	var stop atomic.Bool
	var all sync.WaitGroup
	for range 20 * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for !stop.Load() {
				runtime.Gosched()
			}
		})
	}
	reach := func(what string, holds func() bool) {
		for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("this does not come: %s", what)
			}
		}
	}
	reach("a crowd", func() bool { c.giveWay(); return c.dense.Load() })
	stop.Store(true)
	all.Wait()
	reach("quiet", func() bool { return !c.sampling.Load() })
	if c.dense.Load() {
		t.Error("there is a crowd, and nobody looks any more")
	}
}
