//go:build linux

package main

import (
	"errors"
	"math"
	"runtime"
	"syscall"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"golang.org/x/sys/unix"
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
		title:  "Timers, 100,000 of them armed: processor time in ns",
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
	push, err := perCall(func(i int) { w.Arm(&all[i], 2*far) })
	another := loop.Timer{Func: func() {}}
	arm, err2 := perCall(func(int) {
		w.Arm(&another, far)
		w.Disarm(&another)
	})
	quiet, err3 := quietSecond()
	return row{"loop.Wheel", []float64{push, arm, quiet}}, errors.Join(err, err2, err3)
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
	push, err := perCall(func(i int) { all[i].Reset(2 * far) })
	arm, err2 := perCall(func(int) { time.AfterFunc(far, func() {}).Stop() })
	quiet, err3 := quietSecond()
	return row{"time.AfterFunc", []float64{push, arm, quiet}}, errors.Join(err, err2, err3)
}

// perCall is the processor time of a call in nanoseconds, the lower quartile of some measurements. In each of them every timer has its turn some times.
func perCall(call func(i int)) (float64, error) {
	const samples, turns = 9, 5
	runtime.LockOSThread() // whose clock is read
	defer runtime.UnlockOSThread()
	taken := make([]float64, samples)
	for i := range taken {
		var before, after unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &before); err != nil {
			return 0, err
		}
		for range turns {
			for at := range armed {
				call(at)
			}
		}
		if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &after); err != nil {
			return 0, err
		}
		taken[i] = float64(after.Nano()-before.Nano()) / (turns * armed)
	}
	return lowerQuartile(taken), nil
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
