//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// groupTime is the processor time, user and system, of a process and of all others in its group.
func groupTime(group int) (time.Duration, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		of, err := groupOf(string(text))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		if of != group {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return 0, err
		}
		used, err := processorTime(pid)
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// groupOf reads the group from a process's stat: what follows its name, which stands in brackets and may hold any octet.
func groupOf(stat string) (int, error) {
	const group = 2 // after state and parent
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= group {
		return 0, fmt.Errorf("%q is no stat", stat)
	}
	return strconv.Atoi(fields[group])
}

// processorTime reads the clock of a process, which counts nanoseconds of all its threads, in the kernel and outside; see
// clock_getcpuclockid(3).
func processorTime(pid int) (time.Duration, error) {
	const scheduler = 2 // CPUCLOCK_SCHED
	var ts unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|scheduler), &ts)
	return time.Duration(ts.Nano()), err
}
