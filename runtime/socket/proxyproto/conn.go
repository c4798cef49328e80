package proxyproto

import (
	"errors"
	"net"
	"sync"

	proxyproto "github.com/pires/go-proxyproto"
)

// A Conn is a connection that began with a header. Its addresses are the client's, and the one that the client connected to; those of
// the connection itself if the header is about no other one.
type Conn struct {
	net.Conn
	header        *proxyproto.Header
	local, remote net.Addr

	mu   sync.Mutex
	rest []byte // arrived with the header
}

func newConn(nc net.Conn, h *proxyproto.Header, rest []byte) *Conn {
	c := &Conn{Conn: nc, header: h, rest: rest, local: nc.LocalAddr(), remote: nc.RemoteAddr()}
	if h.Command.IsProxy() && h.SourceAddr != nil && h.DestinationAddr != nil {
		c.local, c.remote = h.DestinationAddr, h.SourceAddr
	}
	return c
}

// Read reads what comes after the header.
func (c *Conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	if len(c.rest) > 0 {
		n := copy(b, c.rest)
		if c.rest = c.rest[n:]; len(c.rest) == 0 {
			c.rest = nil
		}
		c.mu.Unlock()
		return n, nil
	}
	c.mu.Unlock()
	return c.Conn.Read(b)
}

// RemoteAddr is the client's address.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// LocalAddr is the address that the client connected to.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// Header is what the proxy sent, with what version 2 can tell besides the addresses: the host name of TLS, a client certificate.
func (c *Conn) Header() *proxyproto.Header { return c.header }

// NetConn is the connection to the proxy. What has arrived with the header is not read from there.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// CloseWrite tells the peer that nothing more comes, if the connection can.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
