//go:build linux

package main

import (
	"math"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// armed is how many other timers there are while one is measured.
const armed = 100_000

// far is when timers fire: not during the measurement. Spread is between the first of them and the last.
const (
	far    = time.Hour
	spread = time.Minute
)

// timers measures the wheel against the standard library's timers, in this process.
func timers() (*table, error) {
	t := &table{
		title:  "Timers, 100,000 of them armed, in ns",
		heads:  []string{"push forward", "arm and disarm", "processor time of a second in which none fires, in µs"},
		format: "%.0f",
	}
	for _, measure := range []func() (row, error){wheel, standard} {
		r, err := measure()
		if err != nil {
			return nil, err
		}
		t.rows = append(t.rows, r)
	}
	return t, nil
}

func wheel() (row, error) {
	w := loop.NewWheel(0)
	all := make([]loop.Timer, armed)
	for i := range all {
		all[i].Func = func() {}
		w.Arm(&all[i], far+time.Duration(i)*spread/armed)
	}
	defer func() {
		for i := range all {
			w.Disarm(&all[i])
		}
	}()
	at := 0
	push := perCall(func() {
		w.Arm(&all[at], 2*far)
		at = (at + 1) % armed
	})
	another := loop.Timer{Func: func() {}}
	arm := perCall(func() {
		w.Arm(&another, far)
		w.Disarm(&another)
	})
	quiet, err := quietSecond()
	return row{"loop.Wheel", []float64{push, arm, quiet}}, err
}

func standard() (row, error) {
	all := make([]*time.Timer, armed)
	for i := range all {
		all[i] = time.AfterFunc(far+time.Duration(i)*spread/armed, func() {})
	}
	defer func() {
		for _, t := range all {
			t.Stop()
		}
	}()
	at := 0
	push := perCall(func() {
		all[at].Reset(2 * far)
		at = (at + 1) % armed
	})
	arm := perCall(func() { time.AfterFunc(far, func() {}).Stop() })
	quiet, err := quietSecond()
	return row{"time.AfterFunc", []float64{push, arm, quiet}}, err
}

// perCall is the time of a call in nanoseconds, the lower quartile of five measurements.
func perCall(call func()) float64 {
	samples := make([]float64, 5)
	for i := range samples {
		r := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				call()
			}
		})
		samples[i] = float64(r.T.Nanoseconds()) / float64(r.N)
	}
	return lowerQuartile(samples)
}

// quietSecond is the processor time of this process in a second in which it does nothing, in microseconds: the least of three, for what
// the measurement before has left behind is done in the first.
func quietSecond() (float64, error) {
	runtime.GC()
	least := math.Inf(1)
	for range 3 {
		var before, after syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
			return 0, err
		}
		time.Sleep(time.Second)
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
			return 0, err
		}
		used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
		least = min(least, float64(used)/1e3)
	}
	return least, nil
}
