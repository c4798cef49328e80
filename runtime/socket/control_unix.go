//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package socket

import (
	"os"
	"syscall"
)

// inheritable says that descriptors pass from process to process by number.
const inheritable = true

func setInt(fd uintptr, level, option, value int) error {
	return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(int(fd), level, option, value))
}

func (o *Options) setReuse(fd uintptr) error {
	if o.ReuseAddr != Auto {
		on := 0
		if o.ReuseAddr == On {
			on = 1
		}
		if err := setInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, on); err != nil {
			return err
		}
	}
	if o.ReusePort {
		return setInt(fd, syscall.SOL_SOCKET, soReusePort(), 1)
	}
	return nil
}

// listenAgain changes the backlog of a listening socket: package net gives every one the longest there is.
func listenAgain(fd uintptr, backlog int) error {
	return os.NewSyscallError("listen", syscall.Listen(int(fd), backlog))
}

// duplicate returns a file of the same socket, which child processes do not get by accident. Unlike the File methods of package net it
// does not make the socket blocking, which would tie up Accept.
func duplicate(raw syscall.RawConn, name string) (*os.File, error) {
	var file *os.File
	var failed error
	err := raw.Control(func(fd uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		twin, err := syscall.Dup(int(fd))
		if err != nil {
			failed = os.NewSyscallError("dup", err)
			return
		}
		syscall.CloseOnExec(twin)
		file = os.NewFile(uintptr(twin), name)
	})
	if err == nil {
		err = failed
	}
	return file, err
}

// adopt returns a file of a descriptor that this process was started with.
func adopt(fd int, name string) *os.File {
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), name)
}

// lockDir takes the lock of a directory and returns what gives it back. It reports false if somebody else has it, and true with a nil
// unlock if there is nothing to lock, as for a directory that we may not read.
func lockDir(dir string) (unlock func(), ok bool) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, true
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = d.Close()
		return nil, err != syscall.EWOULDBLOCK
	}
	return func() { _ = d.Close() }, true
}
