package kernel

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
	"github.com/protogen-go/protogen/runtime/tree"
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

// TestSlowloris: a thousand connections that send an octet a second are ended by the deadlines of the negotiation and of a frame, and a
// peer that calls every second meanwhile is answered every time.
func TestSlowloris(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Name: "Server", Logger: quiet}
		demo(t, k)
		l := looptest.Listen()
		served := make(chan error, 1)
		go func() { served <- k.Serve(l) }()
		dial := func(first string) net.Conn {
			nc, err := l.Dial()
			if err == nil {
				_, err = io.WriteString(nc, first)
			}
			if err != nil {
				t.Error(err)
			}
			return nc
		}
		const slow = 1000
		took := make([]chan time.Duration, 2)
		for kind, c := range []struct{ first, then string }{
			{"", "SETUP KERNEL=" + strings.Repeat("k", 500)},
			{setup, "999\x00" + strings.Repeat("x", 500)},
		} {
			took[kind] = make(chan time.Duration, slow)
			for range slow / 2 {
				nc := dial(c.first)
				go func() { took[kind] <- trickle(nc, c.then) }()
			}
		}
		callEverySecond(t, dial(setup), 90)
		for kind, within := range []time.Duration{30 * time.Second, time.Minute} {
			for range slow / 2 {
				if d := <-took[kind]; d < within || d > within+time.Second {
					t.Fatalf("kind %d: ended after %v, not after %v", kind, d, within)
				}
			}
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Error(err)
		}
	})
}

// callEverySecond calls so many times, a second apart, and closes the connection.
func callEverySecond(t *testing.T, nc net.Conn, times int) {
	defer nc.Close()
	m := message("echo")
	m.Map().Set("rsvp", tree.MapOf(tree.Pair("session", tree.String("me")), tree.Pair("state", tree.String("answer"))))
	call := counted(imageOf(t, m))
	in := bufio.NewReader(nc)
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for range times {
		begun := time.Now()
		if _, err := io.WriteString(nc, call); err != nil {
			t.Fatal(err)
		}
		readFrame(t, in)
		if d := time.Since(begun); d > 0 {
			t.Errorf("answered after %v", d)
		}
		<-second.C
	}
}
