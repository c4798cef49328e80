package socket

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"sync"
	"time"
)

// Dial connects. Of the networks, those of tls complete the handshake: the result is a *tls.Conn. A name with several addresses is
// tried as RFC 8305 says. It blocks its goroutine only, and no longer than the context and Options.Timeout allow. The error is an *Error.
func Dial(ctx context.Context, network, address string, o Options) (net.Conn, error) {
	n, o, err := o.prepare(network, address, toConnect)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	nc, err := o.connect(ctx, n, address)
	if err != nil {
		return nil, newError(OpConnect, network, address, err)
	}
	if err := o.sendPreface(ctx, nc); err != nil {
		_ = nc.Close()
		return nil, newError(OpPreface, network, address, err)
	}
	if !n.tls {
		return nc, nil
	}
	tc := tls.Client(nc, ClientTLS(o.TLS, address))
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, newError(OpHandshake, network, address, err)
	}
	return tc, nil
}

func (o *Options) connect(ctx context.Context, n network, address string) (net.Conn, error) {
	if !n.internet() {
		return o.connectUnix(ctx, n, address)
	}
	d := net.Dialer{KeepAliveConfig: o.keepAlive(), ControlContext: o.controlDial, FallbackDelay: -1}
	d.KeepAlive = -1 // KeepAliveConfig rules
	var local endpoint
	if o.Local != "" {
		var err error
		if local, err = o.resolveBound(ctx, n, o.Local); err != nil {
			return nil, err
		}
		d.LocalAddr = local.addr(n)
	}
	peers, err := o.resolvePeers(ctx, n, address, local)
	if err != nil {
		return nil, err
	}
	return race(ctx, peers, o.AttemptDelay, func(ctx context.Context, peer endpoint) (net.Conn, error) {
		return d.DialContext(ctx, n.system(), peer.String())
	})
}

// addr is the endpoint as package net wants a local address.
func (e endpoint) addr(n network) net.Addr {
	var ip net.IP
	if e.ip.IsValid() {
		ip = e.ip.AsSlice()
	}
	if n.base == "udp" {
		return &net.UDPAddr{IP: ip, Port: int(e.port), Zone: e.ip.Zone()}
	}
	return &net.TCPAddr{IP: ip, Port: int(e.port), Zone: e.ip.Zone()}
}

func (o *Options) connectUnix(ctx context.Context, n network, path string) (net.Conn, error) {
	var d net.Dialer
	if o.Local == "" {
		return d.DialContext(ctx, n.base, path)
	}
	if err := checkUnixPath(o.Local); err != nil {
		return nil, &Error{Op: OpConfig, Addr: n.base + " " + o.Local, Err: err}
	}
	d.LocalAddr = &net.UnixAddr{Name: o.Local, Net: n.base}
	nc, err := d.DialContext(ctx, n.base, path)
	if err != nil {
		if bound := newError(OpConnect, n.base, path, err); bound.Op == OpConnect && !isAbstract(o.Local) {
			_ = os.Remove(o.Local) // bound, then not connected
		}
		return nil, err
	}
	c := &boundUnix{UnixConn: nc.(*net.UnixConn), file: socketFile{path: o.Local}}
	c.file.setOwnsFile(true)
	return c, nil
}

// A boundUnix is a connection from a path of our own.
type boundUnix struct {
	*net.UnixConn
	file socketFile
}

// Close closes the connection and removes the file.
func (c *boundUnix) Close() error {
	c.file.remove()
	return c.UnixConn.Close()
}

// A socketFile is the file of a bound unix socket that package net leaves to us.
type socketFile struct {
	path  string
	mu    sync.Mutex
	owned bool // ours to remove
}

// remove removes the file if it is ours, once: the next one of that name is another socket's.
func (f *socketFile) remove() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.owned {
		_ = os.Remove(f.path)
	}
	f.owned = false
}

func (f *socketFile) ownsFile() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.owned
}

func (f *socketFile) setOwnsFile(owned bool) {
	f.mu.Lock()
	f.owned = owned && !isAbstract(f.path)
	f.mu.Unlock()
}

func (o *Options) sendPreface(ctx context.Context, nc net.Conn) error {
	if o.Preface == nil {
		return nil
	}
	deadline, _ := ctx.Deadline()
	if err := nc.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if _, err := nc.Write(o.Preface); err != nil {
		return err
	}
	return nc.SetWriteDeadline(time.Time{})
}
