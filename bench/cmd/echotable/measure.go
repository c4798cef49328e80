//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// A kind is a transport to measure.
type kind struct {
	title   string
	flags   []string // of echo and of load
	size    int      // octets of a payload
	engines []string // the first ones are ours
	cells   []cell
}

// A cell is a load.
type cell struct{ conns, depth int }

// ours is how many of a kind's engines are ours.
const ours = 2

var (
	plain = kind{
		title: "TCP echo: processor time of the server per request, 512 octets, in µs", size: 512,
		engines: []string{"goroutine", "epoll", "bufio", "netpoll", "reactor"},
		cells:   []cell{{1, 1}, {50, 1}, {1000, 1}, {1, 16}, {50, 16}, {1000, 16}},
	}
	secured = kind{
		title: "TLS 1.3 echo: processor time of the server per request, 512 octets, in µs", size: 512, flags: []string{"--tls"},
		engines: []string{"goroutine", "epoll", "bufio"},
		cells:   []cell{{1, 1}, {50, 1}, {50, 16}},
	}
	datagrams = kind{
		title: "UDP echo: processor time of the server per datagram, 500 octets, in µs", size: 500, flags: []string{"--udp"},
		engines: []string{"goroutine", "epoll", "bufio", "batch"},
		cells:   []cell{{1, 1}, {16, 1}, {4, 16}},
	}
)

// echo measures every engine in every cell, once a round.
func (l *lab) echo(k kind) (*table, error) {
	t := &table{title: k.title, format: "%.2f", compared: true, peers: k.engines[ours:]}
	for _, c := range k.cells {
		t.heads = append(t.heads, fmt.Sprintf("%d × %d", c.conns, c.depth))
	}
	samples := map[string][][]float64{}
	for _, engine := range k.engines {
		samples[engine] = make([][]float64, len(k.cells))
	}
	for round := range l.rounds {
		for at, c := range k.cells {
			for i := range k.engines { // every round begins with another one
				engine := k.engines[(i+round)%len(k.engines)]
				r, err := l.once(engine, k, c)
				if err != nil {
					return nil, fmt.Errorf("%s, %d × %d: %w", engine, c.conns, c.depth, err)
				}
				samples[engine][at] = append(samples[engine][at], r.perRequest())
			}
		}
		fmt.Fprintf(os.Stderr, "  round %d of %d\n", round+1, l.rounds)
	}
	for _, engine := range k.engines {
		r := row{name: engine}
		for at := range k.cells {
			r.values = append(r.values, lowerQuartile(samples[engine][at]))
		}
		t.rows = append(t.rows, r)
	}
	return t, nil
}

// attempts is how often a cell is tried: a machine with other work may leave a server no time at all for so long.
const attempts = 5

// once measures a cell with a fresh server.
func (l *lab) once(engine string, k kind, c cell) (result, error) {
	for range attempts {
		s, err := l.serve(engine, k)
		if err != nil {
			return result{}, err
		}
		r, err := l.load(s, k, c, l.each)
		if err = errors.Join(err, s.stop()); err != nil || r.Requests > 0 {
			return r, err
		}
	}
	return result{}, errors.New("no reply in the time measured")
}

// lowerQuartile is the value a quarter of the samples are not above: what disturbs a measurement adds to it.
func lowerQuartile(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[(len(sorted)-1)/4]
}

// allocations counts the objects that the servers allocate when nothing comes or goes but requests.
func (l *lab) allocations() (*table, error) {
	t := &table{title: "Allocations of the server per request or datagram", format: "%.3f"}
	cells := []struct {
		head string
		kind kind
		cell cell
	}{
		{"TCP 50 × 1", plain, cell{50, 1}},
		{"TCP 50 × 16", plain, cell{50, 16}},
		{"TLS 50 × 16", secured, cell{50, 16}},
		{"UDP 4 × 16", datagrams, cell{4, 16}},
	}
	for _, c := range cells {
		t.heads = append(t.heads, c.head)
	}
	for _, engine := range []string{"goroutine", "epoll", "bufio", "netpoll", "batch"} {
		r := row{name: engine}
		for _, c := range cells {
			value := missing
			if slices.Contains(c.kind.engines, engine) {
				var err error
				if value, err = l.mallocs(engine, c.kind, c.cell); err != nil {
					return nil, fmt.Errorf("%s, %s: %w", engine, c.head, err)
				}
			}
			r.values = append(r.values, value)
		}
		t.rows = append(t.rows, r)
	}
	return t, nil
}

// mallocs compares a long run with a short one: what the connections and the start cost is in both. On a machine that keeps the
// server from running the long one may be the shorter: then there is no figure.
func (l *lab) mallocs(engine string, k kind, c cell) (float64, error) {
	s, err := l.serve(engine, k)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	var objects, requests [3]int64
	for run, each := range []time.Duration{l.each, l.each, 4 * l.each} { // the first one fills the pools
		before, err := s.collect()
		if err != nil {
			return 0, err
		}
		r, err := l.load(s, k, c, each)
		if err != nil {
			return 0, err
		}
		after, err := s.collect()
		if err != nil {
			return 0, err
		}
		objects[run], requests[run] = after-before, r.Total
	}
	more := requests[2] - requests[1]
	if more <= 0 {
		return missing, nil
	}
	return max(0, float64(objects[2]-objects[1])/float64(more)), nil
}

// idle measures what a connection that says nothing costs, after it has said one thing.
func (l *lab) idle() (*table, error) {
	t := &table{
		title: "Memory of the server per connection that has been idle for five seconds, in octets, without the kernel's",
		heads: []string{
			fmt.Sprintf("TCP, %d connections", l.options.idle), "after a collection",
			fmt.Sprintf("TLS, %d connections", l.options.idle/5), "after a collection",
		},
		format: "%.0f",
	}
	for _, engine := range plain.engines {
		r := row{name: engine, values: []float64{missing, missing, missing, missing}}
		for i, k := range []kind{plain, secured} {
			if !slices.Contains(k.engines, engine) {
				continue
			}
			var err error
			conns := []int{l.options.idle, l.options.idle / 5}[i]
			if r.values[2*i], r.values[2*i+1], err = l.perConnection(engine, k, conns); err != nil {
				return nil, fmt.Errorf("%s: %w", engine, err)
			}
		}
		t.rows = append(t.rows, r)
	}
	return t, nil
}

// settled is how long connections are idle before they are measured. Ours give back the stacks of their goroutines within four seconds, and
// nobody's memory is a matter of the first moment.
const settled = 5 * time.Second

// perConnection compares the server's memory after some work with that after more connections have come.
func (l *lab) perConnection(engine string, k kind, conns int) (now, collected float64, err error) {
	s, err := l.serve(engine, k)
	if err != nil {
		return 0, 0, err
	}
	defer s.stop()
	if _, err := l.load(s, k, cell{50, 1}, l.each/4); err != nil {
		return 0, 0, err
	}
	if _, err := s.collect(); err != nil {
		return 0, 0, err
	}
	var at [3]int64
	if at[0], err = s.memory(); err != nil {
		return 0, 0, err
	}
	err = l.holding(s, k, cell{conns, 1}, func() error {
		time.Sleep(settled)
		if at[1], err = s.memory(); err != nil {
			return err
		}
		if _, err := s.collect(); err != nil {
			return err
		}
		at[2], err = s.memory()
		return err
	})
	return float64(at[1]-at[0]) / float64(conns), float64(at[2]-at[0]) / float64(conns), err
}
