package socket

import (
	"context"
	"syscall"
)

const (
	errAddrInUse   = syscall.EADDRINUSE
	errConnRefused = syscall.ECONNREFUSED
)

// An optionError is the failure to set an option of a socket.
type optionError struct{ err error }

func (e *optionError) Error() string { return e.err.Error() }
func (e *optionError) Unwrap() error { return e.err }

func (o *Options) controlDial(_ context.Context, network, _ string, raw syscall.RawConn) error {
	return control(raw, func(fd uintptr) error { return o.setUserTimeout(network, fd) })
}

func (o *Options) controlListen(network, _ string, raw syscall.RawConn) error {
	return control(raw, func(fd uintptr) error {
		if err := o.setListen(network, fd); err != nil {
			return err
		}
		return o.setUserTimeout(network, fd) // accepted sockets inherit it
	})
}

// control runs set on the descriptor.
func control(raw syscall.RawConn, set func(fd uintptr) error) error {
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = set(fd) }); err != nil {
		return err
	}
	if failed != nil {
		return &optionError{failed}
	}
	return nil
}
