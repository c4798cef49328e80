package socket

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// An Op is the step of making a socket that failed.
type Op string

// The steps.
const (
	OpConfig    Op = "config"    // the caller's options make no sense
	OpResolve   Op = "resolve"   // a name has no address, or the resolver did not answer
	OpSocket    Op = "socket"    // no socket
	OpOption    Op = "option"    // an option of the socket
	OpBind      Op = "bind"      // the local address
	OpListen    Op = "listen"    // the listening state
	OpConnect   Op = "connect"   // the peer
	OpHandshake Op = "handshake" // TLS
	OpAccept    Op = "accept"    // taking a connection
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

// newError makes an Error of what package net returned. op is what failed if err does not say.
func newError(op Op, network, address string, err error) *Error {
	e := &Error{Op: op, Addr: network + " " + address, Err: err}
	var dns *net.DNSError
	var sys *os.SyscallError
	var option *optionError
	switch {
	case errors.As(err, &option):
		e.Op = OpOption
	case errors.As(err, &dns):
		e.Op, e.Retry = OpResolve, dns.IsTimeout || dns.IsTemporary
		return e
	case isAddressError(err):
		e.Op = OpConfig
		return e
	case errors.As(err, &sys):
		if named := syscallOp(sys.Syscall); named != "" {
			e.Op = named
		}
	}
	e.Retry = retry(err)
	return e
}

// isAddressError says that an address or a network could not even be read.
func isAddressError(err error) bool {
	var addr *net.AddrError
	var parse *net.ParseError
	var unknown net.UnknownNetworkError
	var invalid net.InvalidAddrError
	return errors.As(err, &addr) || errors.As(err, &parse) || errors.As(err, &unknown) || errors.As(err, &invalid)
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

// retry says whether a failure is of the kind that passes.
func retry(err error) bool {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return passing[errno]
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
	syscall.EHOSTUNREACH: true, syscall.ENETUNREACH: true, syscall.ENETDOWN: true, syscall.ETIMEDOUT: true, syscall.ENOENT: true,
}
