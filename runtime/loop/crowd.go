package loop

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// sampleEvery is how often an engine at work looks whether goroutines queue up for processors.
const sampleEvery = 10 * time.Millisecond

// denseAt is how many goroutines wait for each processor when giving way is worth its while.
const denseAt = 1

// A crowd makes reading goroutines give way when others wait for their processor. Until a connection has its turn again its next request has
// come as a rule, and is read without having been waited for: that saves a read that finds nothing, and a goroutine put to sleep and woken
// up, a tenth of the time of a small request. Where a processor is free it would only wake that up, and cost more than it saves.
type crowd struct {
	dense    atomic.Bool // denseAt, on the average of some samples
	active   atomic.Bool // there was input since the last sample
	sampling atomic.Bool // the timer is set
	timer    *time.Timer // of whoever has made sampling true
	samples  [2]metrics.Sample
	mean     int // of the goroutines that wait, in sixteenths
}

// giveWay is called by a reading goroutine that has served its input and waits for nothing.
func (c *crowd) giveWay() {
	if !c.active.Load() {
		c.active.Store(true)
		if c.sampling.CompareAndSwap(false, true) {
			c.sampleLater()
		}
	}
	if c.dense.Load() {
		runtime.Gosched()
	}
}

// sample looks at the scheduler. It stops when nothing is read any more.
func (c *crowd) sample() {
	if !c.active.Swap(false) {
		c.mean = 0
		c.dense.Store(false)
		c.sampling.Store(false)
		return
	}
	if c.samples[0].Name == "" {
		c.samples[0].Name = "/sched/goroutines/runnable:goroutines"
		c.samples[1].Name = "/sched/gomaxprocs:threads"
	}
	metrics.Read(c.samples[:])
	waiting, processors := c.samples[0].Value.Uint64(), c.samples[1].Value.Uint64()
	c.mean += (int(min(waiting, 1<<20))*16 - c.mean) / 4
	c.dense.Store(c.mean >= denseAt*16*int(processors))
	c.sampleLater()
}

func (c *crowd) sampleLater() {
	if c.timer == nil {
		c.timer = time.AfterFunc(time.Hour, c.sample) // it must not fire before it is there
	}
	c.timer.Reset(sampleEvery)
}
