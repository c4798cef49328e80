package socket

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"
)

// An Op is the step of making a socket that failed.
type Op string

// The steps. Where a call of the system, or of its library, fails, the text is the call's name.
const (
	OpConfig    Op = "config"        // the caller's options, network or address make no sense
	OpService   Op = "getservbyname" // the name of a port
	OpResolve   Op = "getaddrinfo"   // a name has no address, or the resolver did not answer
	OpSocket    Op = "socket"        // no socket
	OpOption    Op = "setsockopt"    // an option of the socket, or the mode of its file
	OpBind      Op = "bind"          // the local address
	OpListen    Op = "listen"        // the listening state
	OpConnect   Op = "connect"       // the peer
	OpPreface   Op = "preface"       // what goes before everything else
	OpHandshake Op = "handshake"     // TLS
	OpAccept    Op = "accept"        // taking a connection
	OpInherit   Op = "inherit"       // taking a socket that somebody else opened
	OpHandover  Op = "handover"      // passing sockets on to a successor
)

// An Error is a failure to make a socket. It unwraps to its cause.
type Error struct {
	Op    Op
	Addr  string // network and address, as in "tcp registry.example:700"
	Err   error
	Retry bool // the same call may succeed later: a shortage, a time-out, a peer that is not there now
}

func (e *Error) Error() string { return fmt.Sprintf("socket: %s %s: %v", e.Op, e.Addr, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether the cause was a deadline.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout() || errors.Is(e.Err, context.DeadlineExceeded)
}

// Is reports that a name or a service which cannot be looked up is an address that cannot be had, EADDRNOTAVAIL, besides what the
// cause is.
func (e *Error) Is(target error) bool {
	return target == syscall.EADDRNOTAVAIL && (e.Op == OpResolve || e.Op == OpService)
}

// newError makes an Error of what package net returned. op is what failed if err does not say.
func newError(op Op, network, address string, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	e = &Error{Op: op, Addr: network + " " + address, Err: err}
	var sys *os.SyscallError
	var option *optionError
	switch {
	case errors.As(err, &option):
		e.Op = OpOption
	case isAddressError(err):
		e.Op = OpConfig
		return e
	case errors.As(err, &sys):
		if named := syscallOp(sys.Syscall); named != "" {
			e.Op = named
		}
	}
	e.Retry = retry(e.Op, err)
	return e
}

func syscallOp(name string) Op {
	switch name {
	case "socket":
		return OpSocket
	case "setsockopt", "getsockopt":
		return OpOption
	case "bind":
		return OpBind
	case "listen":
		return OpListen
	case "connect":
		return OpConnect
	case "accept", "accept4":
		return OpAccept
	}
	return ""
}

// retry says whether a failure is of the kind that passes. Of several attempts one is enough.
func retry(op Op, err error) bool {
	var all attempts
	if errors.As(err, &all) {
		return slices.ContainsFunc(all, func(err error) bool { return retry(op, err) })
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return passing[errno] || errno == syscall.ENOENT && op == OpConnect // a server that has not started
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsTimeout || dns.IsTemporary
	}
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	if errors.As(err, &cert) || errors.As(err, &authority) || errors.Is(err, context.Canceled) {
		return false
	}
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// passing are the system's errors that pass: shortages of the machine, and peers and networks that are not there now.
var passing = map[syscall.Errno]bool{
	syscall.EMFILE: true, syscall.ENFILE: true, syscall.ENOBUFS: true, syscall.ENOMEM: true, syscall.EAGAIN: true,
	syscall.EINTR: true, syscall.EADDRINUSE: true, syscall.ECONNREFUSED: true, syscall.ECONNRESET: true, syscall.ECONNABORTED: true,
	syscall.EHOSTUNREACH: true, syscall.ENETUNREACH: true, syscall.ENETDOWN: true, syscall.ETIMEDOUT: true,
}
