//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A result is what one run of SIPp has found.
type result struct {
	calls, failed, retransmissions int64
	rate                           float64 // calls a second, as SIPp counts them
	seconds                        float64 // of SIPp, its start included
	serverCPU, sippCPU             time.Duration
}

// perCall is the server's processor time in microseconds.
func (r result) perCall() float64 { return r.serverCPU.Seconds() * 1e6 / float64(max(r.calls, 1)) }

// messages is how many messages of a call SIPp sends: INVITE, ACK and BYE.
const messages = 3

// clean reports whether the run has kept up the rate without losing anything.
func (r result) clean(rate int, bound float64) bool {
	return r.failed == 0 && float64(r.retransmissions) <= bound*messages*float64(r.calls) && r.rate >= 0.9*float64(rate)
}

// exhausted reports whether SIPp had no processor time left: a higher rate is beyond it.
func (r result) exhausted() bool { return r.sippCPU.Seconds() >= 0.9*r.seconds }

// hold is how long a call lasts from ACK to BYE.
const hold = 10 * time.Millisecond

// drive has SIPp call the server with its scenario uac, at a rate.
func (l *lab) drive(s *server, network string, rate int, each time.Duration) (result, error) {
	calls := int(float64(rate) * each.Seconds())
	stats := filepath.Join(l.dir, "stats.csv")
	_ = os.Remove(stats)
	cmd := l.command(l.sippCPUs, "sipp", "-sn", "uac", s.address, "-i", "127.0.0.1", "-p", "0", "-t", map[string]string{"udp": "u1", "tcp": "t1"}[network],
		"-r", strconv.Itoa(rate), "-m", strconv.Itoa(calls), "-l", strconv.Itoa(10*rate), "-d", strconv.Itoa(int(hold/time.Millisecond)),
		"-buff_size", strconv.Itoa(l.buffer), "-recv_timeout", "10000", "-timeout", strconv.Itoa(int((4*each+10*time.Second)/time.Second))+"s",
		"-nostdin", "-trace_stat", "-stf", stats, "-fd", "1")
	before, err := groupTime(s.cmd.Process.Pid)
	if err != nil {
		return result{}, err
	}
	begun := time.Now()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() < 0) { // that of failed calls is in the statistics
		return result{}, fmt.Errorf("sipp: %w\n%s", err, out)
	}
	after, err := groupTime(s.cmd.Process.Pid)
	if err != nil {
		return result{}, err
	}
	text, err := os.ReadFile(stats)
	if err != nil {
		return result{}, fmt.Errorf("sipp has ended without statistics: %w\n%s", err, out)
	}
	r, err := parseStats(text)
	r.seconds = time.Since(begun).Seconds()
	r.serverCPU, r.sippCPU = after-before, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	return r, err
}

// parseStats reads the last line of SIPp's statistics.
func parseStats(text []byte) (r result, err error) {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	last := strings.Split(string(lines[len(lines)-1]), ";")
	for at, head := range strings.Split(string(lines[0]), ";") {
		if head == "CallRate(C)" && at < len(last) {
			if r.rate, err = strconv.ParseFloat(last[at], 64); err != nil {
				return r, fmt.Errorf("SIPp's statistics: %w", err)
			}
		}
		field := map[string]*int64{"SuccessfulCall(C)": &r.calls, "FailedCall(C)": &r.failed, "Retransmissions(C)": &r.retransmissions}[head]
		if field == nil {
			continue
		}
		if at >= len(last) || len(lines) < 2 {
			return r, errors.New("SIPp's statistics end too soon")
		}
		if *field, err = strconv.ParseInt(last[at], 10, 64); err != nil {
			return r, fmt.Errorf("SIPp's statistics: %w", err)
		}
	}
	return r, nil
}
