//go:build soak && unix

package faults_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	soakFor  = flag.Duration("soak.for", time.Hour, "how long TestSoak runs, on all engines at the same time")
	soakLoad = flag.Int("soak.load", 50, "its load in per cent of what a server can bear")
)

const (
	soakClients    = 200       // many wait for slow proxies
	soakGoroutines = 30        // of a server that has no connections
	soakSamples    = 120       // of memory, in the whole time
	soakBatches    = 12        // whose means are compared
	soakSlope      = 1         // per cent an hour by which memory may grow, of what the process has from the system
	soakNoise      = 256 << 10 // octets of growth that say nothing
)

// A part of the load a server can bear, half of it unless told otherwise, through proxies that slow down, cut and break connections, for an hour: every error has its reason,
// memory stays what it is, and nothing is left at the end.
func TestSoak(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := newSoak(t, start(t, orders{Engine: engine}))
			capacity := s.calibrate()
			t.Logf("%d requests a second are the most, %d per cent of them are sent", capacity, *soakLoad)
			samples := s.run(capacity * *soakLoad / 100)
			s.settle()
			grown, deviation := growth(samples)
			t.Logf("memory has grown by %.0f octets (give or take %.0f)", grown, 2*deviation)
			if last := samples[len(samples)-1]; grown-2*deviation > max(soakNoise, soakSlope*last.at.Hours()*float64(last.taken)/100) {
				t.Errorf("that is too much: %+v", samples)
			}
			t.Logf("%d requests, %d connections, %d of them broken by a proxy", s.requests.Load(), s.visits.Load(), s.broken.Load())
		})
	}
}

// A soak is a server, its proxies, and what its clients have seen.
type soak struct {
	t       *testing.T
	server  *child
	proxies []*toxicProxy

	requests, visits, broken atomic.Int64
}

func newSoak(t *testing.T, server *child) *soak {
	s := &soak{t: t, server: server}
	for _, x := range toxics {
		s.proxies = append(s.proxies, poison(t, x, server.address))
	}
	return s
}

// calibrate is the number of requests a second that clients without faults can have answered.
func (s *soak) calibrate() int {
	end := time.Now().Add(min(5*time.Second, *soakFor/10))
	begin := time.Now()
	var n atomic.Int64
	var all sync.WaitGroup
	for range soakClients {
		v := s.server.visit()
		all.Go(func() {
			defer v.Close()
			for time.Now().Before(end) {
				if err := s.request(v); err != nil {
					s.t.Errorf("without faults: %v", err)
					return
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	return int(float64(n.Load()) / time.Since(begin).Seconds())
}

// A sample is the server's memory at a time.
type sample struct {
	at          time.Duration
	heap, taken int
}

// run is the time itself. A request may be sent when there is a permit, of which there are perSecond.
func (s *soak) run(perSecond int) (samples []sample) {
	permits, stop := make(chan struct{}, perSecond), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { issue(permits, perSecond, stop) })
	for range soakClients {
		all.Go(func() {
			for s.visit(permits, stop) {
			}
		})
	}
	begin := time.Now()
	tick := time.NewTicker(*soakFor / soakSamples)
	defer tick.Stop()
	for len(samples) < soakSamples {
		<-tick.C
		r := s.server.ask()
		if r.Stats.Panics > 0 {
			s.t.Errorf("%d panics", r.Stats.Panics)
			break
		}
		samples = append(samples, sample{time.Since(begin), r.Heap, r.Sys})
	}
	close(stop)
	all.Wait()
	return samples
}

// issue gives permits, some every 10 ms.
func issue(permits chan<- struct{}, perSecond int, stop <-chan struct{}) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		for range max(1, perSecond/100) {
			select {
			case permits <- struct{}{}:
			default: // nobody has come for the last ones
			}
		}
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}

// visit is one connection, through some proxy. It reports false when the time is over.
func (s *soak) visit(permits <-chan struct{}, stop <-chan struct{}) bool {
	proxy := s.proxies[rand.IntN(len(s.proxies))]
	nc, err := net.DialTimeout("tcp", proxy.l.Addr().String(), patience)
	if err != nil {
		s.t.Errorf("%s: %v", proxy.name, err)
		return false
	}
	defer nc.Close()
	s.visits.Add(1)
	v := newVisitor(s.t, nc)
	for range 1 + rand.IntN(200) {
		select {
		case <-permits:
		case <-stop:
			return false
		}
		_ = nc.SetDeadline(time.Now().Add(patience))
		if err := s.request(v); err != nil {
			s.broken.Add(1)
			if proxy.benign {
				s.t.Errorf("%s: %v", proxy.name, err)
			}
			return !s.t.Failed()
		}
	}
	if rand.IntN(3) == 0 {
		reset(nc)
	}
	return true
}

// request asks for something and looks at the answer.
func (s *soak) request(v *visitor) error {
	text := fmt.Sprint(rand.Uint64())
	ask, want := "say "+text, text
	switch rand.IntN(10) {
	case 0:
		ask = "work " + text
	case 1:
		ask, want = "nonsense", "broken: no such request"
	case 2:
		n := rand.IntN(10_000)
		ask, want = fmt.Sprint("big ", n), strings.Repeat("o", n)
	}
	if _, err := v.Write(frames(ask)); err != nil {
		return err
	}
	got, err := v.next()
	if err == nil && got != want {
		err = fmt.Errorf("%.50q is answered %.50q", ask, got)
	}
	s.requests.Add(1)
	return err
}

// settle demands that nothing is left when everybody has gone.
func (s *soak) settle() {
	var r report
	eventually(s.t, "the last session ends", func() bool {
		r = s.server.ask()
		return r.Stats.Open == 0 && r.Stats.Queued == 0 && r.Goroutines < soakGoroutines
	})
	s.t.Logf("at the end: %+v", r)
}

// growth is by how much memory has grown in all of the time, judged by a line through its last three quarters, and the standard error of that, in
// octets. Samples that are near to one another are alike, so means of batches are looked at.
func growth(samples []sample) (octets, deviation float64) {
	whole := samples[len(samples)-1].at.Hours()
	samples = samples[len(samples)/4:]
	var x, y []float64
	for i := range soakBatches {
		batch := samples[i*len(samples)/soakBatches : (i+1)*len(samples)/soakBatches]
		var at, heap float64
		for _, s := range batch {
			at, heap = at+s.at.Hours(), heap+float64(s.heap)
		}
		x, y = append(x, at/float64(len(batch))), append(y, heap/float64(len(batch)))
	}
	mx, my := mean(x), mean(y)
	var sxx, sxy, rest float64
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	slope := sxy / sxx
	for i := range x {
		d := y[i] - my - slope*(x[i]-mx)
		rest += d * d
	}
	return slope * whole, math.Sqrt(rest/float64(len(x)-2)/sxx) * whole
}

func mean(values []float64) (m float64) {
	for _, v := range values {
		m += v / float64(len(values))
	}
	return m
}
