//go:build linux

package main

import (
	"fmt"
	"os"
	"slices"
)

// measure measures all agents over one transport: every one in every round, beginning with another one each time, so that whatever else
// the machine does meets all of them.
func (l *lab) measure(network string, agents []agent) (*table, error) {
	t := &table{network: network, rates: l.rates, search: !l.noSearch}
	samples := make([][][]float64, len(agents)) // by agent and rate
	highest := make([][]limit, len(agents))
	for i := range samples {
		samples[i] = make([][]float64, len(l.rates))
	}
	for round := range l.rounds {
		for n := range agents {
			i := (n + round) % len(agents)
			for at, rate := range l.rates {
				r, err := l.once(agents[i], network, rate)
				if err != nil {
					return nil, fmt.Errorf("%s, %s, %d calls/s: %w", agents[i].name, network, rate, err)
				}
				samples[i][at] = append(samples[i][at], r.perCall())
			}
			if l.noSearch {
				continue
			}
			found, err := l.search(agents[i], network)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", agents[i].name, network, err)
			}
			highest[i] = append(highest[i], found)
		}
		fmt.Fprintf(os.Stderr, "%s: round %d of %d\n", network, round+1, l.rounds)
	}
	for i, a := range agents {
		r := row{name: a.name}
		for at := range l.rates {
			r.perCall = append(r.perCall, median(samples[i][at]))
		}
		if len(highest[i]) > 0 {
			r.highest = medianLimit(highest[i])
		}
		t.rows = append(t.rows, r)
	}
	return t, nil
}

// once measures one rate with a fresh server.
func (l *lab) once(a agent, network string, rate int) (result, error) {
	s, err := l.start(a, network)
	if err != nil {
		return result{}, err
	}
	defer s.stop()
	return l.drive(s, network, rate, l.each)
}

// A limit is the highest clean rate that was found.
type limit struct {
	rate int  // 0 if none was clean
	open bool // SIPp could not do more
}

// search looks for the highest clean rate in steps of an eighth, each with a fresh server, which shares its processors with a busy loop: one SIPp alone
// cannot call as fast as a server answers.
func (l *lab) search(a agent, network string) (limit, error) {
	var found limit
	if l.pinned {
		loop := l.command(l.serverCPUs, "sh", "-c", "while :; do :; done")
		if err := loop.Start(); err != nil {
			return found, err
		}
		defer func() { _, _ = loop.Process.Kill(), loop.Wait() }()
	}
	for rate := l.first; ; rate += rate / 8 {
		clean := false
		for range tries {
			r, err := l.once(a, network, rate)
			if err != nil {
				return found, err
			}
			found.open = r.exhausted()
			if clean = r.clean(rate, l.bound); clean {
				break
			}
		}
		if !clean {
			return found, nil
		}
		found.rate = rate
	}
}

// tries is how often a rate may fail to be clean before it is taken not to be: whatever else the machine does may spoil one.
const tries = 2

func median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[len(sorted)/2]
}

func medianLimit(samples []limit) limit {
	sorted := slices.SortedFunc(slices.Values(samples), func(a, b limit) int { return a.rate - b.rate })
	return sorted[len(sorted)/2]
}
