package socket

import (
	"os"
	"strings"
	"syscall"
	"time"
)

// Options of Linux that package syscall does not name on every architecture.
const (
	soReusePort    = 0xf
	tcpUserTimeout = 0x12
)

func (o *Options) setUserTimeout(network string, fd uintptr) error {
	if o.UserTimeout < 0 || !strings.HasPrefix(network, "tcp") {
		return nil
	}
	ms := max(int(o.UserTimeout/time.Millisecond), 1)
	return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, ms))
}

func (o *Options) setListen(network string, fd uintptr) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	if o.ReusePort {
		if err := syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if o.V6Only && network == "tcp6" {
		return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1))
	}
	return nil
}
