package socket

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"time"
)

// Defaults of Options.
const (
	DefaultTimeout     = 30 * time.Second // to connect, all addresses of a name together
	DefaultKeepAlive   = 15 * time.Second
	DefaultUserTimeout = 2 * time.Minute // a silent peer must not hold unacknowledged octets for Linux's 15 minutes
)

// Options refine Dial and Listen. The zero value is good.
type Options struct {
	// TLS is the config of the network "tls". Listen needs one with a certificate; for Dial nil means the zero config.
	TLS *tls.Config

	// Local is the address to connect from: "host:port", ":port" or "host:0" for the Internet, a path for unix.
	Local string
	// Timeout bounds Dial, name resolution and TLS handshake included; ctx does so too.
	Timeout time.Duration

	// Mode are the permission bits of a unix socket's file; zero leaves what umask gives. Owner and group are the process's.
	Mode os.FileMode
	// V6Only makes a listener on an IPv6 wildcard refuse IPv4. The network "tcp6" does it always.
	V6Only bool
	// ReusePort lets several processes listen on the same address, where the system can.
	ReusePort bool

	// KeepAlive is the time of silence before, and between, probes; negative means none.
	KeepAlive time.Duration
	// UserTimeout is how long sent octets may stay unacknowledged before the connection breaks, where the system can; negative
	// means as long as the system likes.
	UserTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.KeepAlive == 0 {
		o.KeepAlive = DefaultKeepAlive
	}
	if o.UserTimeout == 0 {
		o.UserTimeout = DefaultUserTimeout
	}
	return o
}

// Dial connects. The networks are "tcp", "tcp4", "tcp6", "tls" (tcp with a completed handshake: the result is a *tls.Conn) and "unix".
// A name with addresses of both families is tried as RFC 8305 says. The error is an *Error.
func Dial(ctx context.Context, network, address string, o Options) (net.Conn, error) {
	o = o.withDefaults()
	stream := transport(network)
	if stream == "" {
		return nil, newError(OpConfig, network, address, net.UnknownNetworkError(network))
	}
	local, err := localAddr(stream, o.Local)
	if err != nil {
		return nil, newError(OpConfig, network, o.Local, err)
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	d := net.Dialer{LocalAddr: local, KeepAlive: o.KeepAlive, ControlContext: o.controlDial}
	nc, err := d.DialContext(ctx, stream, address)
	if err != nil {
		return nil, newError(OpConnect, network, address, err)
	}
	if network != "tls" {
		return nc, nil
	}
	tc := tls.Client(nc, ClientTLS(o.TLS, address))
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, newError(OpHandshake, network, address, err)
	}
	return tc, nil
}

// transport is the network below; empty for an unknown one.
func transport(network string) string {
	switch network {
	case "tls":
		return "tcp"
	case "tcp", "tcp4", "tcp6", "unix":
		return network
	}
	return ""
}

func localAddr(network, address string) (net.Addr, error) {
	switch {
	case address == "":
		return nil, nil
	case network == "unix":
		return &net.UnixAddr{Name: address, Net: "unix"}, nil
	}
	return net.ResolveTCPAddr(network, address)
}

// A Listener accepts connections. Its Addr is the bound one: with the port the system chose where 0 was asked for.
type Listener struct {
	net.Listener
	network, address string
	gate             gate
}

// Listen makes a listener. The networks are those of Dial; connections of "tls" have not shaken hands yet. Where the
// Addr is an abstract unix name ("@name") there is no file. The file of a unix socket that no process listens on any more is replaced,
// and removed by Close. The error is an *Error.
func Listen(ctx context.Context, network, address string, o Options) (*Listener, error) {
	o = o.withDefaults()
	stream := transport(network)
	switch {
	case stream == "":
		return nil, newError(OpConfig, network, address, net.UnknownNetworkError(network))
	case network == "tls" && o.TLS == nil:
		return nil, newError(OpConfig, network, address, errors.New("no TLS config"))
	}
	lc := net.ListenConfig{KeepAlive: o.KeepAlive, Control: o.controlListen}
	nl, err := lc.Listen(ctx, stream, address)
	if err != nil && stream == "unix" && removeStale(ctx, address, err) {
		nl, err = lc.Listen(ctx, stream, address)
	}
	if err != nil {
		return nil, newError(OpListen, network, address, err)
	}
	if err := o.setMode(stream, address); err != nil {
		_ = nl.Close()
		return nil, newError(OpOption, network, address, err)
	}
	if network == "tls" {
		nl = tls.NewListener(nl, o.TLS)
	}
	l := &Listener{Listener: nl, network: network, address: address}
	l.gate.init()
	return l, nil
}

// Accept waits for a connection, and while the listener is paused. The error is an *Error that unwraps to net.ErrClosed after Close.
func (l *Listener) Accept() (net.Conn, error) {
	l.gate.wait()
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, newError(OpAccept, l.network, l.address, err)
	}
	l.gate.wait()
	if l.gate.isClosed() {
		_ = nc.Close()
		return nil, newError(OpAccept, l.network, l.address, net.ErrClosed)
	}
	return nc, nil
}

// Pause makes Accept wait until Resume. Connections queue in the system; one that was being accepted waits in Accept.
func (l *Listener) Pause() { l.gate.set(true) }

// Resume undoes Pause.
func (l *Listener) Resume() { l.gate.set(false) }

// Close stops listening and ends waiting calls of Accept.
func (l *Listener) Close() error {
	l.gate.close()
	return l.Listener.Close()
}

// removeStale removes the file of a unix socket that was left behind, and reports whether it did: err must say that the name is taken,
// and nobody may answer there.
func removeStale(ctx context.Context, path string, err error) bool {
	if !errors.Is(err, errAddrInUse) || strings.HasPrefix(path, "@") {
		return false
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != os.ModeSocket {
		return false
	}
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		_ = nc.Close()
		return false
	}
	return errors.Is(err, errConnRefused) && os.Remove(path) == nil
}

// setMode sets the permission bits of a unix socket's file.
func (o *Options) setMode(network, path string) error {
	if network != "unix" || o.Mode == 0 || strings.HasPrefix(path, "@") {
		return nil
	}
	return os.Chmod(path, o.Mode.Perm())
}
