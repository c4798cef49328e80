//go:build linux

package main

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// A meter counts replies: all of them, and those between the end of the warm-up and the end of the run.
type meter struct {
	pid        int
	warm, time time.Duration

	count, lost int64
	from        time.Time     // of the measurement; zero while warming up
	begun       time.Time     // of the run
	heard       time.Time     // when count last was seen to have grown
	seen        int64         // count at that time
	base        int64         // count when the measurement began
	used        time.Duration // by the server until then
	result      Result
}

var errSilent = errors.New("the server does not reply")

// done is called every few milliseconds at least. It begins the measurement and ends it.
func (m *meter) done() (bool, error) {
	now := time.Now()
	if m.begun.IsZero() {
		m.begun, m.heard = now, now
	}
	if m.count != m.seen {
		m.seen, m.heard = m.count, now
	}
	switch {
	case now.Sub(m.heard) > patience:
		return true, errSilent
	case m.from.IsZero() && now.Sub(m.begun) >= m.warm:
		used, err := processorTime(m.pid)
		m.used, m.base, m.from = used, m.count, now
		return false, err
	case m.from.IsZero() || now.Sub(m.from) < m.time:
		return false, nil
	}
	used, err := processorTime(m.pid)
	m.result = Result{
		Requests: m.count - m.base, Total: m.count, Lost: m.lost,
		Seconds: now.Sub(m.from).Seconds(), ServerCPU: (used - m.used).Seconds(),
	}
	return true, err
}

// processorTime reads the clock of a process, which counts nanoseconds of all its threads, in the kernel and outside; see
// clock_getcpuclockid(3). Without a process it stands still.
func processorTime(pid int) (time.Duration, error) {
	if pid == 0 {
		return 0, nil
	}
	const scheduler = 2 // CPUCLOCK_SCHED
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &ts); err != nil {
		return 0, err
	}
	return time.Duration(ts.Nano()), nil
}
