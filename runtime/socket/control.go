package socket

import (
	"context"
	"net"
	"syscall"
)

// An optionError is the failure to set an option of a socket.
type optionError struct{ err error }

func (e *optionError) Error() string { return e.err.Error() }
func (e *optionError) Unwrap() error { return e.err }

func (o *Options) keepAlive() net.KeepAliveConfig {
	if o.KeepAlive < 0 {
		return net.KeepAliveConfig{}
	}
	return net.KeepAliveConfig{Enable: true, Idle: o.KeepAlive, Interval: o.KeepAlive}
}

// controlDial sets the options of a socket that is going to connect.
func (o *Options) controlDial(_ context.Context, system, _ string, raw syscall.RawConn) error {
	return control(raw, func(fd uintptr) error {
		if err := o.setUserTimeout(system, fd); err != nil {
			return err
		}
		return o.setReuse(fd)
	})
}

// controlBind sets the options of a socket that is going to be bound, and not connected.
func (o *Options) controlBind(system, address string, raw syscall.RawConn) error {
	return control(raw, func(fd uintptr) error {
		if err := o.setReuse(fd); err != nil {
			return err
		}
		if err := o.setCredentials(fd); err != nil {
			return err
		}
		if err := o.setEarlyMode(address, fd); err != nil {
			return err
		}
		return o.setUserTimeout(system, fd) // accepted sockets inherit it
	})
}

func (o *Options) setBacklog(raw syscall.RawConn) error {
	if o.Backlog == 0 {
		return nil
	}
	return control(raw, func(fd uintptr) error { return listenAgain(fd, o.Backlog) })
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
