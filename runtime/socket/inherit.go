package socket

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// The environment of a process that inherits sockets. The first three are systemd's (sd_listen_fds(3)), the last is Handover's: the number of
// the descriptor that takes the word that the successor is ready, and for each socket 1 if its file is the successor's to remove, or 0.
const (
	envPID      = "LISTEN_PID"
	envCount    = "LISTEN_FDS"
	envNames    = "LISTEN_FDNAMES"
	envHandover = "PROTOGEN_HANDOVER"
)

const (
	firstInherited = 3    // after standard input, output and error
	maxInherited   = 1024 // sockets; a process has no more descriptors by default
	unnamed        = "unknown"
)

// An Inheritance are the sockets that a process was started with. Listen and ListenPacket take them out, one by one. It is for one goroutine.
type Inheritance struct {
	sockets []inherited
	ready   *os.File    // to a predecessor; nil if there is none
	owners  []fileOwner // whose files are ours to remove from Ready on; until then they are the predecessor's
}

type inherited struct {
	name     string
	file     *os.File // nil once taken
	ownsFile bool     // the socket's, in the file system
}

// Inherited returns the sockets that systemd (a socket unit) or a predecessor (Handover) passed on, none if nobody did. It removes the
// environment variables that say so, lest a child process takes them for its own: a second call finds none. The error is an *Error.
func Inherited() (*Inheritance, error) {
	pid, count, names, handover := os.Getenv(envPID), os.Getenv(envCount), os.Getenv(envNames), os.Getenv(envHandover)
	for _, name := range []string{envPID, envCount, envNames, envHandover} {
		if err := os.Unsetenv(name); err != nil {
			return nil, &Error{Op: OpInherit, Addr: name, Err: err}
		}
	}
	if !inheritable || count == "" || handover == "" && pid != strconv.Itoa(os.Getpid()) {
		return new(Inheritance), nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > maxInherited {
		return nil, &Error{Op: OpInherit, Addr: envCount, Err: fmt.Errorf("%q is no number of sockets up to %d", count, maxInherited)}
	}
	in := new(Inheritance)
	named := strings.Split(names, ":")
	for i := range n {
		name := unnamed
		if i < len(named) && named[i] != "" {
			name = named[i]
		}
		in.sockets = append(in.sockets, inherited{name: name, file: adopt(firstInherited+i, name)})
	}
	if handover == "" {
		return in, nil
	}
	owned, ok := strings.CutPrefix(handover, strconv.Itoa(firstInherited+n)+" ")
	if !ok || len(owned) != n {
		_ = in.Close()
		return nil, &Error{Op: OpInherit, Addr: envHandover, Err: fmt.Errorf("%q does not fit %d sockets", handover, n)}
	}
	in.ready = adopt(firstInherited+n, "ready")
	for i := range in.sockets {
		in.sockets[i].ownsFile = owned[i] == '1'
	}
	return in, nil
}

// Names returns the names of the sockets that have not been taken yet, in order; "unknown" for one without a name. Several may have the
// same name, as all those of one systemd unit do.
func (in *Inheritance) Names() []string {
	var names []string
	for _, s := range in.sockets {
		if s.file != nil {
			names = append(names, s.name)
		}
	}
	return names
}

// Listen takes the first socket of that name, which has to listen on the network. Of the options, those are refused that come late for a
// bound socket. Close leaves the file of a unix socket to systemd, and removes one that a predecessor made. The error is an *Error.
func (in *Inheritance) Listen(name, network string, o Options) (*Listener, error) {
	fail := func(err error) (*Listener, error) { return nil, newError(OpInherit, network, name, err) }
	n, o, err := o.prepare(network, name, toInherit)
	switch {
	case err != nil:
		return nil, err
	case !n.stream():
		return fail(errors.New("datagrams have no connections to accept: ListenPacket receives them"))
	case n.tls && o.TLS == nil:
		return fail(errors.New("no TLS config"))
	}
	s, err := in.take(name)
	if err != nil {
		return fail(err)
	}
	nl, err := net.FileListener(s.file)
	_ = s.file.Close()
	if err != nil {
		return fail(err)
	}
	if err := n.fits(nl.Addr()); err != nil {
		_ = nl.Close()
		return fail(err)
	}
	if tl, ok := nl.(*net.TCPListener); ok {
		nl = &aliveListener{TCPListener: tl, keepAlive: o.keepAlive()}
	}
	l, err := o.newListener(network, nl.Addr().String(), nl)
	if err != nil {
		_ = nl.Close()
		return fail(err)
	}
	if s.ownsFile {
		in.owners = append(in.owners, l)
	}
	return l, nil
}

// ListenPacket takes the first socket of that name, which has to be a datagram socket of the network. See Listen.
func (in *Inheritance) ListenPacket(name, network string, o Options) (net.PacketConn, error) {
	fail := func(err error) (net.PacketConn, error) { return nil, newError(OpInherit, network, name, err) }
	n, _, err := o.prepare(network, name, toInherit)
	switch {
	case err != nil:
		return nil, err
	case n.stream():
		return fail(errors.New("a stream has no datagrams: Listen accepts connections"))
	case o.Backlog != 0 || o.Credentials:
		return fail(errors.New("an inherited datagram socket takes no Backlog or Credentials"))
	}
	s, err := in.take(name)
	if err != nil {
		return fail(err)
	}
	pc, err := net.FilePacketConn(s.file)
	_ = s.file.Close()
	if err != nil {
		return fail(err)
	}
	if err := n.fits(pc.LocalAddr()); err != nil {
		_ = pc.Close()
		return fail(err)
	}
	uc, ok := pc.(*net.UnixConn)
	if !ok {
		return pc, nil
	}
	u := &Unixgram{UnixConn: uc, socketFile: socketFile{path: uc.LocalAddr().String()}}
	if s.ownsFile {
		in.owners = append(in.owners, u)
	}
	return u, nil
}

// take takes the first socket of a name.
func (in *Inheritance) take(name string) (inherited, error) {
	for i := range in.sockets {
		if s := in.sockets[i]; s.name == name && s.file != nil {
			in.sockets[i].file = nil
			return s, nil
		}
	}
	return inherited{}, fmt.Errorf("there is no such socket among %q", in.Names())
}

// fits compares what a socket is with what it is wanted for.
func (n network) fits(a net.Addr) error {
	if a.Network() != n.base {
		return fmt.Errorf("the socket is of %s", a.Network())
	}
	if n.family == anyFamily {
		return nil
	}
	if bound, err := netip.ParseAddrPort(a.String()); err != nil || bound.Addr().Is4() != (n.family == family4) {
		return fmt.Errorf("the socket is bound to %s", a)
	}
	return nil
}

// Ready tells the predecessor, if there is one, that this process accepts: Handover returns there. Call it once, when all is set up. The
// files of unix sockets are this process's from here on.
func (in *Inheritance) Ready() error {
	if in.ready == nil {
		return nil
	}
	_, err := in.ready.Write([]byte{1})
	_ = in.ready.Close()
	in.ready = nil
	if err != nil {
		return &Error{Op: OpInherit, Addr: envHandover, Err: err}
	}
	for _, o := range in.owners {
		o.setOwnsFile(true)
	}
	return nil
}

// Close closes the sockets that nobody took. A predecessor that has not been told Ready takes it for a failure.
func (in *Inheritance) Close() error {
	var failed error
	for i := range in.sockets {
		if f := in.sockets[i].file; f != nil {
			failed = errors.Join(failed, f.Close())
			in.sockets[i].file = nil
		}
	}
	if in.ready != nil {
		failed = errors.Join(failed, in.ready.Close())
		in.ready = nil
	}
	return failed
}

// An aliveListener gives its connections keep-alive, which package net does only for listeners that it makes.
type aliveListener struct {
	*net.TCPListener
	keepAlive net.KeepAliveConfig
}

func (l *aliveListener) Accept() (net.Conn, error) {
	nc, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	if !l.keepAlive.Enable {
		_ = nc.SetKeepAlive(false)
	} else {
		_ = nc.SetKeepAliveConfig(l.keepAlive) // fails on a connection that is broken already, as its first read will
	}
	return nc, nil
}
