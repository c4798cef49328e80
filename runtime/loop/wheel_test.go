package loop_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Timers of all distances fire late by a tick at most and never early, however they are moved about before.
func TestWheelFiresOnTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const tick = 10 * time.Millisecond
		w := loop.NewWheel(tick)
		random := rand.New(rand.NewPCG(1, 2))
		distance := func() time.Duration {
			return time.Duration(random.Int64N(int64(time.Millisecond) << random.IntN(38))) // up to eight years
		}
		type alarm struct {
			loop.Timer
			due   time.Time
			fired int
		}
		alarms := make([]*alarm, 2000)
		for i := range alarms {
			a := &alarm{}
			a.Func = func() {
				a.fired++
				if late := time.Since(a.due); late < 0 || late > tick {
					t.Errorf("late by %v", late)
				}
			}
			alarms[i] = a
			time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
			for range 1 + random.IntN(3) {
				d := distance()
				a.due = time.Now().Add(d)
				w.Arm(&a.Timer, d)
			}
		}
		gone := 0
		for i := 0; i < len(alarms); i += 10 {
			if w.Disarm(&alarms[i].Timer) {
				gone++
				alarms[i].fired++
			}
			if w.Disarm(&alarms[i].Timer) {
				t.Error("disarmed twice")
			}
		}
		if gone == 0 {
			t.Error("none was disarmed")
		}
		time.Sleep(10 * 365 * 24 * time.Hour)
		synctest.Wait()
		for i, a := range alarms {
			if a.fired != 1 {
				t.Errorf("alarm %d fired %d times", i, a.fired)
			}
		}
		if n := w.Len(); n != 0 {
			t.Errorf("%d armed", n)
		}
	})
}

// A timer may arm itself, and another, from its function.
func TestWheelArmsFromFunc(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := loop.NewWheel(0)
		var first, second loop.Timer
		var fired []time.Duration
		start := time.Now()
		first.Func = func() {
			fired = append(fired, time.Since(start))
			if len(fired) < 3 {
				w.Arm(&first, time.Second)
			}
			w.Arm(&second, time.Hour)
		}
		second.Func = func() { fired = append(fired, time.Since(start)) }
		w.Arm(&first, time.Second)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(fired) != 4 || fired[3] < time.Hour+3*time.Second {
			t.Errorf("fired at %v", fired)
		}
	})
}

// Deadlines that are pushed forward from several goroutines are kept, the last of them.
func TestWheelConcurrentArm(t *testing.T) {
	w := loop.NewWheel(time.Millisecond)
	timers := make([]loop.Timer, 100)
	for i := range timers {
		timers[i].Func = func() {}
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 20_000 {
				tm := &timers[(i*7+g)%len(timers)]
				if i%97 == 0 {
					w.Disarm(tm)
				} else {
					w.Arm(tm, time.Duration(i%5)*time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	for i := range timers {
		w.Disarm(&timers[i])
	}
	done := make(chan struct{})
	last := loop.Timer{Func: func() { close(done) }}
	w.Arm(&last, time.Millisecond)
	<-done
	if n := w.Len(); n != 0 {
		t.Errorf("%d armed", n)
	}
}

// FAULTS 33: a mass of timers due in the same tick all fire in that tick, and none before it.
func TestWheelMassExpiry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := loop.NewWheel(0)
		timers := make([]loop.Timer, 50_000)
		var fired atomic.Int64
		for i := range timers {
			timers[i].Func = func() { fired.Add(1) }
			w.Arm(&timers[i], time.Minute)
		}
		time.Sleep(time.Minute - time.Nanosecond)
		synctest.Wait()
		if n := fired.Load(); n != 0 {
			t.Errorf("%d fired early", n)
		}
		time.Sleep(loop.DefaultTick + time.Nanosecond)
		synctest.Wait()
		if n := fired.Load(); n != int64(len(timers)) {
			t.Errorf("%d fired", n)
		}
	})
}

// BenchmarkWheel is the cost of a timer when 100,000 are armed: pushing one forward, and arming and disarming one.
func BenchmarkWheel(b *testing.B) {
	w := loop.NewWheel(0)
	timers := make([]loop.Timer, 100_000)
	for i := range timers {
		timers[i].Func = func() {}
		w.Arm(&timers[i], time.Hour+time.Duration(i)*time.Millisecond)
	}
	b.Run("reset", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			i = (i + 1) % len(timers)
			w.Arm(&timers[i], 2*time.Hour)
		}
	})
	b.Run("add and delete", func(b *testing.B) {
		b.ReportAllocs()
		one := loop.Timer{Func: func() {}}
		for b.Loop() {
			w.Arm(&one, time.Second)
			w.Disarm(&one)
		}
	})
}
