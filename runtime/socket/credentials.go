package socket

import (
	"errors"
	"net"
	"syscall"
)

// Credentials tell who is at the other end of a unix socket, by the system's word: the process that connected, or sent the datagram.
// Numbers are as this process sees them; a process of another PID name space is 0.
type Credentials struct{ PID, UID, GID int }

// PeerCredentials returns those of the peer of a unix stream, also below wrappers that have a NetConn method, as a *tls.Conn has. The error
// is an *Error; its cause is errors.ErrUnsupported where the system (everything but Linux) or the connection has none.
func PeerCredentials(nc net.Conn) (Credentials, error) {
	address := nc.RemoteAddr()
	for {
		wrapper, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		nc = wrapper.NetConn()
	}
	fail := func(err error) (Credentials, error) {
		return Credentials{}, newError(OpOption, address.Network(), address.String(), err)
	}
	sc, ok := nc.(syscall.Conn)
	if _, isUnix := nc.LocalAddr().(*net.UnixAddr); !ok || !isUnix {
		return fail(errors.ErrUnsupported)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return fail(err)
	}
	var c Credentials
	if err := control(raw, func(fd uintptr) (err error) { c, err = peerCredentials(fd); return err }); err != nil {
		return fail(err)
	}
	return c, nil
}
