//go:build !386 && !s390x

package socket_test

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/protogen-go/protogen/runtime/socket"
)

// option reads an option of a socket.
func option(t *testing.T, c any, level, name int) int {
	t.Helper()
	var value int
	err := rawControl(t, c, func(fd uintptr) (err error) {
		value, err = syscall.GetsockoptInt(int(fd), level, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func rawControl(t *testing.T, c any, f func(fd uintptr) error) error {
	t.Helper()
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = f(fd) }); err != nil {
		t.Fatal(err)
	}
	return failed
}

// backlog reads the limit of a listening socket's queue, which the kernel tells as tcpi_sacked.
func backlog(t *testing.T, l *socket.Listener) int {
	t.Helper()
	var info [192]byte
	size := uint32(len(info))
	err := rawControl(t, l, func(fd uintptr) error {
		_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		if errno != 0 {
			return errno
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const sacked = 28 // struct tcp_info: 8 octets, then numbers of 32 bits
	return int(*(*uint32)(unsafe.Pointer(&info[sacked])))
}

func testBacklog(t *testing.T) {
	longest := backlog(t, listen(t, "tcp", "127.0.0.1:0", socket.Options{}))
	if got := backlog(t, listen(t, "tcp", "127.0.0.1:0", socket.Options{Backlog: 3})); got != 3 || longest <= 3 {
		t.Errorf("the backlog is %d, the longest %d", got, longest)
	}
	_, err := socket.Dial(background, "tcp", "127.0.0.1:1", socket.Options{Backlog: 3})
	wantError(t, err, socket.OpConfig, nil, false)
	_, err = socket.ListenPacket(background, "udp", "127.0.0.1:0", socket.Options{Backlog: 3})
	wantError(t, err, socket.OpConfig, nil, false)
}

// testConnectTimeout connects to a listener whose queue is full, and which therefore does not answer.
func testConnectTimeout(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{Backlog: 1})
	for range 2 { // the queue takes one more than it says
		_ = mustDial(t, "tcp", l.Addr().String(), socket.Options{})
	}
	_, err := socket.Dial(background, "tcp", l.Addr().String(), socket.Options{Timeout: 20 * time.Millisecond})
	wantError(t, err, socket.OpConnect, nil, true)
	var se *socket.Error
	if !errors.As(err, &se) || !se.Timeout() {
		t.Errorf("%v is no time-out", err)
	}
}

func TestTCPOptions(t *testing.T) {
	const userTimeout = 0x12
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{KeepAlive: 7 * time.Second, UserTimeout: 9 * time.Second})
	own := mustDial(t, "tcp", l.Addr().String(), socket.Options{KeepAlive: 11 * time.Second, UserTimeout: 13 * time.Second})
	plain := listen(t, "tcp", "127.0.0.1:0", socket.Options{KeepAlive: -1, UserTimeout: -1})
	_ = mustDial(t, "tcp", plain.Addr().String(), socket.Options{})
	for _, test := range []struct {
		name              string
		conn              net.Conn
		alive             bool
		silence, deadline int // seconds, milliseconds
	}{
		{"accepted", accept(t, l), true, 7, 9000},
		{"dialled", own, true, 11, 13000},
		{"default", mustDial(t, "tcp", l.Addr().String(), socket.Options{}), true, 15, 120000},
		{"none", mustDial(t, "tcp", l.Addr().String(), socket.Options{KeepAlive: -1, UserTimeout: -1}), false, 0, 0},
		{"accepted, none", accept(t, plain), false, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := option(t, test.conn, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE) != 0; got != test.alive {
				t.Errorf("keep-alive: %v", got)
			}
			if got := option(t, test.conn, syscall.IPPROTO_TCP, userTimeout); got != test.deadline {
				t.Errorf("user time-out: %d", got)
			}
			if !test.alive {
				return
			}
			for _, name := range []int{syscall.TCP_KEEPIDLE, syscall.TCP_KEEPINTVL} {
				if got := option(t, test.conn, syscall.IPPROTO_TCP, name); got != test.silence {
					t.Errorf("option %d: %d", name, got)
				}
			}
		})
	}
}

func TestReuseOptions(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{ReusePort: true, ReuseAddr: socket.Off})
	if got := option(t, l, syscall.SOL_SOCKET, syscall.SO_REUSEADDR); got != 0 {
		t.Error("SO_REUSEADDR is on")
	}
	twin := listen(t, "tcp", l.Addr().String(), socket.Options{ReusePort: true})
	if twin.Addr().String() != l.Addr().String() {
		t.Error(twin.Addr())
	}
	first := receive(t, "udp", "127.0.0.1:0", socket.Options{ReusePort: true})
	_ = receive(t, "udp", first.LocalAddr().String(), socket.Options{ReusePort: true})
	own := vacant(t, "tcp", "127.0.0.1:0")
	nc := mustDial(t, "tcp", l.Addr().String(), socket.Options{Local: own, ReuseAddr: socket.On, ReusePort: true})
	if option(t, nc, syscall.SOL_SOCKET, syscall.SO_REUSEADDR) == 0 || nc.LocalAddr().String() != own {
		t.Error("the local address is not shared")
	}
}
