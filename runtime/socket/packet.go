package socket

import (
	"context"
	"net"
)

// ListenPacket makes a datagram socket that receives from everybody. The networks are those of udp, whose result is a *net.UDPConn,
// and "unixgram", whose result is a *Unixgram. (Dial makes one that is connected to a peer.) The file of a unix socket is treated as
// Listen does. The error is an *Error.
func ListenPacket(ctx context.Context, network, address string, o Options) (net.PacketConn, error) {
	n, o, err := o.prepare(network, address, toReceive)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	var pc net.PacketConn
	err = o.bind(ctx, n, address, func(system, address string) (err error) {
		pc, err = o.listenConfig().ListenPacket(ctx, system, address)
		return err
	})
	if uc, ok := pc.(*net.UnixConn); ok {
		u := &Unixgram{UnixConn: uc, socketFile: socketFile{path: address}}
		u.setOwnsFile(true)
		pc = u
	}
	if err != nil {
		if pc != nil {
			_ = pc.Close()
		}
		return nil, newError(OpBind, network, address, err)
	}
	return pc, nil
}

// A Unixgram is a bound unix datagram socket. All methods are for any goroutine.
type Unixgram struct {
	*net.UnixConn
	socketFile
}

// Close closes the socket and removes its file, if ListenPacket made it.
func (u *Unixgram) Close() error {
	u.remove()
	return u.UnixConn.Close()
}
