//go:build unix

package faults_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// long skips a test that takes longer than others have patience for.
func long(t *testing.T) {
	t.Helper()
	if !full {
		t.Skip("takes its time: needs the build tag faults")
	}
}

// A process out of descriptors lives and does not spin, serves those it has, and takes the others when some are free.
func TestFault25Descriptors(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		c := start(t, orders{Engine: engine, Files: 64})
		var clients []*visitor
		for i := range 200 {
			v := c.visit()
			v.send(fmt.Sprint("say ", i))
			clients = append(clients, v)
		}
		clients[0].expect("0")
		begin, before := time.Now(), c.ask()
		for before.Stats.AcceptErrors == 0 {
			begin, before = time.Now(), c.ask()
		}
		for range 50 { // while accepting is at a loss
			clients[0].send("say here")
			clients[0].expect("here")
		}
		<-time.After(time.Duration(scale(100, 2000)) * time.Millisecond)
		after := c.ask()
		// One pause is 50 ms, plus one for each connection that ends.
		if n, most := after.Stats.AcceptErrors-before.Stats.AcceptErrors, uint64(time.Since(begin)/(50*time.Millisecond))+2; n > most {
			t.Errorf("accepting was tried %d times in %v, want at most %d", n, time.Since(begin), most)
		}
		if after.Stats.Open > 64 {
			t.Errorf("%d connections with 64 descriptors", after.Stats.Open)
		}
		t.Logf("CPU in %v of shortage: %v", time.Since(begin), after.CPU-before.CPU)
		for i, v := range clients { // each that ends makes room for another
			if i > 0 {
				v.expect(fmt.Sprint(i))
			}
			_ = v.Close()
		}
		if err := c.end(); err != nil {
			t.Error(err)
		}
	})
}

// A process that was stopped finds that all its timers have run out. What came in meanwhile counts first.
func TestFault34Stopped(t *testing.T) {
	long(t)
	const idle = 2 * time.Second
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := start(t, orders{Engine: engine, Idle: idle})
			var busy []*visitor
			for range 100 {
				v := c.visit()
				v.send("say one")
				v.expect("one")
				busy = append(busy, v)
			}
			c.signal(syscall.SIGSTOP)
			for _, v := range busy {
				v.send("say two")
			}
			<-time.After(30 * time.Second)
			c.signal(syscall.SIGCONT)
			for _, v := range busy {
				v.expect("two")
			}
			for _, v := range busy { // and then silence counts
				v.expect("late: idle")
				v.expectEnd()
			}
		})
	}
}

// SIGTERM under load: every request that was taken is answered, everybody hears the end, and the process ends well.
func TestFault35Terminate(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		c := start(t, orders{Engine: engine})
		var idle []*visitor
		for range 20 {
			v := c.visit()
			v.send("say one")
			v.expect("one")
			idle = append(idle, v)
		}
		var answered atomic.Int64
		var clients sync.WaitGroup
		loaded := make(chan struct{}, 1000)
		for range 8 {
			v := c.visit()
			go func() {
				for requests := bytes.Repeat(frames("work it", "say it"), 8); ; {
					if _, err := v.Write(requests); err != nil {
						return
					}
				}
			}()
			clients.Go(func() {
				defer v.Close()
				for n := 0; ; n++ {
					got, err := v.next()
					if err == io.EOF {
						return
					}
					if err != nil || got != "it" {
						t.Errorf("got %q, %v", got, err)
						return
					}
					answered.Add(1)
					if n == 100 {
						loaded <- struct{}{}
					}
				}
			})
		}
		for range 8 {
			<-loaded
		}
		c.signal(syscall.SIGTERM)
		for _, v := range idle {
			v.expectEnd()
			_ = v.Close()
		}
		clients.Wait()
		last := c.await("gone")
		if got, want := answered.Load(), last.Served-int64(len(idle)); got != want {
			t.Errorf("%d answers to %d requests that were taken", got, want)
		}
		if err := c.end(); err != nil {
			t.Error(err)
		}
	})
}

// A second SIGTERM does not wait for anybody.
func TestFault35TerminateTwice(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		c := start(t, orders{Engine: engine})
		v, idle := c.visit(), c.visit()
		idle.send("say one")
		idle.expect("one")
		v.send("say one", "work hang")
		v.expect("one")
		for c.ask().Served < 3 {
		}
		c.signal(syscall.SIGTERM)
		idle.expectEnd()
		c.signal(syscall.SIGTERM)
		c.await("gone")
		if rest, _ := io.ReadAll(v); len(rest) > 0 {
			t.Errorf("%q after the end", rest)
		}
		if err := c.end(); err != nil {
			t.Error(err)
		}
	})
}

// Servers follow one another under load: no client is refused, reset or left without its answer, and the old ones go.
func TestFault36Reload(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		for _, network := range []string{"tcp", "unix"} {
			address := ""
			if network == "unix" {
				address = filepath.Join(t.TempDir(), "socket")
			}
			c := start(t, orders{Engine: engine, Network: network, Address: address})
			stop := make(chan struct{})
			var visits atomic.Int64
			var clients sync.WaitGroup
			for range 4 {
				clients.Go(func() {
					for way := 0; ; way = 3 - way { // ask, or leave at once
						select {
						case <-stop:
							return
						default:
						}
						if err := visitBriefly(c.host, way&^1); err != nil {
							t.Errorf("visit %d: %v", visits.Load(), err)
							return
						}
						visits.Add(1)
					}
				})
			}
			times := scale(5, 100)
			pid := c.command.Process.Pid
			for range times {
				before := visits.Load()
				if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
					t.Fatal(err)
				}
				pid = c.await("ready").PID
				eventually(t, "clients come", func() bool { return visits.Load() > before+50 || t.Failed() })
			}
			close(stop)
			clients.Wait()
			if err := c.end(); err != nil { // the pipe has ended: so have all processes
				t.Error(err)
			}
			t.Logf("%d visits to %d servers", visits.Load(), times+1)
		}
	})
}

// ownLoopback is an address that no other program's ports are at, where all of 127.0.0.0/8 is the loopback: a port that is free for a moment is
// not taken by another test.
var ownLoopback = func() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, byte(pid>>14) | 1, byte(pid >> 7 & 0x7f), byte(pid&0x7f) + 1}).String()
}()

// A server that was killed starts again at once, at the same address, and finds nothing in its way.
func TestFault37Kill(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		for _, network := range []string{"tcp", "unix"} {
			address := net.JoinHostPort(ownLoopback, "0")
			if network == "unix" {
				address = filepath.Join(t.TempDir(), "socket")
			}
			for range 3 {
				c := start(t, orders{Engine: engine, Network: network, Address: address})
				address = c.address
				var clients []*visitor
				for range 10 {
					v := c.visit()
					v.send("say here")
					v.expect("here")
					clients = append(clients, v)
				}
				c.signal(syscall.SIGKILL)
				for _, v := range clients {
					_, _ = io.Copy(io.Discard, v)
					_ = v.Close()
				}
				if err := c.end(); err == nil || !strings.Contains(err.Error(), "killed") {
					t.Errorf("the server ended with %v", err)
				}
				if nc, err := net.Dial(network, address); err == nil {
					_ = nc.Close()
					t.Error("somebody listens")
				}
			}
		}
	})
}
