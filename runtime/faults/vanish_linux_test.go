package faults_test

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// A client that is not there any more, which nobody says, is found: by what it does not acknowledge, and when there is nothing to acknowledge, by
// probes, or by the protocol's own timer.
func TestFault12Vanished(t *testing.T) {
	probed := socket.Options{KeepAlive: time.Second, UserTimeout: 500 * time.Millisecond}
	for _, test := range []struct {
		name    string
		slow    bool // probes are sent once a second at most
		options socket.Options
		idle    time.Duration
		ask     string // after it has vanished
		want    error
	}{
		{name: "output", options: probed, ask: "big 100000", want: syscall.ETIMEDOUT},
		{name: "idle", slow: true, options: probed, want: syscall.ETIMEDOUT},
		{name: "timer", idle: 500 * time.Millisecond},
	} {
		if test.slow && !full {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, engine string) {
				ended := make(chan error, 10)
				h := open(t, site{
					engine: engine, limits: loop.Config{WriteStall: patience},
					options: test.options,
				}, &desk{idle: test.idle, ended: func(err error) { ended <- err }})
				v := h.visit()
				v.send("say one")
				v.expect("one")
				v.send("say " + strings.Repeat("x", 10))
				vanish(t, v.Conn.(*net.TCPConn))
				if test.ask != "" {
					v.send(test.ask)
				}
				if err := <-ended; !errors.Is(err, test.want) {
					t.Errorf("the session ended with %v", err)
				}
			})
		})
	}
}

// vanish makes the system drop whatever comes for a socket, as if its host were gone.
func vanish(t *testing.T, nc *net.TCPConn) {
	t.Helper()
	raw, err := nc.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	drop := []syscall.SockFilter{{Code: syscall.BPF_RET | syscall.BPF_K}}
	var failed error
	//lint:ignore SA1019 the way to do it without another module
	err = raw.Control(func(fd uintptr) { failed = syscall.AttachLsf(int(fd), drop) })
	if err = errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
}
