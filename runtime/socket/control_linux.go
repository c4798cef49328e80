package socket

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT, which package syscall does not name on every architecture.
const tcpUserTimeout = 0x12

// soReusePort is SO_REUSEPORT, likewise.
func soReusePort() int {
	if strings.HasPrefix(runtime.GOARCH, "mips") {
		return 0x200
	}
	return 0xf
}

func (o *Options) setUserTimeout(system string, fd uintptr) error {
	if o.UserTimeout < 0 || !strings.HasPrefix(system, "tcp") {
		return nil
	}
	return setInt(fd, syscall.IPPROTO_TCP, tcpUserTimeout, max(int(o.UserTimeout/time.Millisecond), 1))
}

func (o *Options) setCredentials(fd uintptr) error {
	if !o.Credentials {
		return nil
	}
	return setInt(fd, syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1)
}

// setEarlyMode gives the mode to the socket before it has a file: bind(2) makes the file with it, less umask, so that there is no moment
// at which others may connect.
func (o *Options) setEarlyMode(_ string, fd uintptr) error {
	if o.Mode == 0 {
		return nil
	}
	return os.NewSyscallError("fchmod", syscall.Fchmod(int(fd), uint32(o.Mode.Perm())))
}
