package pool

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"

	"github.com/protogen-go/protogen/runtime/socket"
)

// Ports lists the ports a server tries: the protocol's own, then a range of others, then any. For SIP that is Ports(5060, 5062, 5100).
func Ports(own, first, last uint16) []uint16 {
	ports := []uint16{own}
	for port := int(first); port <= int(last); port++ {
		ports = append(ports, uint16(port))
	}
	return append(ports, 0)
}

// Listen opens the master socket of c.Proto at the first of the ports that is free; 0 stands for any. host is an address, a name, or
// empty for all addresses. The error, of the last port tried, is a *socket.Error.
func (c *Config) Listen(ctx context.Context, host string, ports ...uint16) error {
	err := errors.New("pool: no port to listen on")
	for _, port := range ports {
		if err = c.listen(ctx, net.JoinHostPort(host, strconv.Itoa(int(port)))); !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
	return err
}

func (c *Config) listen(ctx context.Context, address string) error {
	if c.Proto == UDP {
		pc, err := socket.ListenPacket(ctx, "udp", address, socket.Options{})
		if err == nil {
			c.Packet = pc
		}
		return err
	}
	l, err := socket.Listen(ctx, "tcp", address, socket.Options{})
	if err == nil {
		c.Listener = l
	}
	return err
}
