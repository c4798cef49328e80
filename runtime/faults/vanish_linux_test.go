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

// A client that is not there any more, which nobody says, is found: by what it does not acknowledge, and by probes when there is nothing to
// acknowledge.
func TestFault12Vanished(t *testing.T) {
	cases := map[string]func(v *visitor){
		"output": func(v *visitor) { v.send("big 100000") },
	}
	if full { // probes are sent once a second at most
		cases["idle"] = func(*visitor) {}
	}
	for name, then := range cases {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, engine string) {
				ended := make(chan error, 10)
				h := open(t, site{
					engine: engine, limits: loop.Config{WriteStall: patience},
					options: socket.Options{KeepAlive: time.Second, UserTimeout: 500 * time.Millisecond},
				}, &desk{ended: func(err error) { ended <- err }})
				v := h.visit()
				v.send("say one")
				v.expect("one")
				v.send("say " + strings.Repeat("x", 10))
				vanish(t, v.Conn.(*net.TCPConn))
				then(v)
				if err := <-ended; !errors.Is(err, syscall.ETIMEDOUT) {
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
