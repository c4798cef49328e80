package router

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/loop/looptest"
)

// trickle sends an octet a second until the connection ends, and returns how long it took.
func trickle(nc net.Conn, octets string) time.Duration {
	begun := time.Now()
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, nc)
		close(ended)
	}()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for i := range octets {
		if _, err := io.WriteString(nc, octets[i:i+1]); err != nil {
			break
		}
		select {
		case <-second.C:
			continue
		case <-ended:
		}
		break
	}
	<-ended
	return time.Since(begun)
}

// TestSlowloris: a thousand connections that send an octet a second are ended by the deadline of a frame, and a program that asks every
// second meanwhile is answered every time.
func TestSlowloris(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Router{Logger: quiet}
		l := looptest.Listen()
		served := make(chan error, 1)
		go func() { served <- r.Serve(l) }()
		dial := func() net.Conn {
			nc, err := l.Dial()
			if err != nil {
				t.Fatal(err)
			}
			return nc
		}
		const slow, within = 1000, time.Minute
		took := make(chan time.Duration, slow)
		for i := range slow {
			nc := dial()
			octets := []string{"999\x00" + strings.Repeat("x", 500), "0000000999" + strings.Repeat("x", 500)}[i%2]
			go func() { took <- trickle(nc, octets) }()
		}
		askEverySecond(t, dial(), 90)
		for range slow {
			if d := <-took; d > within+time.Second {
				t.Fatalf("ended after %v", d)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Error(err)
		}
	})
}

// askEverySecond asks for the listing so many times, a second apart, and closes the connection.
func askEverySecond(t *testing.T, nc net.Conn, times int) {
	defer nc.Close()
	in := bufio.NewReader(nc)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for i := range times {
		begun := time.Now()
		if _, err := io.WriteString(nc, framed(t, map[string]any{"id": i, "type": "listing"})); err != nil {
			t.Fatal(err)
		}
		readFrame(t, in)
		if d := time.Since(begun); d > 0 {
			t.Errorf("answered after %v", d)
		}
		<-second.C
	}
}
