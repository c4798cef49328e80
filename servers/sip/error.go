package sip

import (
	"errors"
	"net"
)

// ErrClosed says that the stack has been closed; errors.Is(err, net.ErrClosed) holds.
var ErrClosed error = closedError{}

type closedError struct{}

func (closedError) Error() string { return "sip: closed" }
func (closedError) Unwrap() error { return net.ErrClosed }

// Errors of requests and responses.
var (
	// ErrTimeout says that no final response has come in time.
	ErrTimeout = errors.New("sip: no response")
	// ErrUndelivered says that the transport has failed to send a request.
	ErrUndelivered = errors.New("sip: request not delivered")
	// ErrAnswered says that a request has been answered finally, be it by its CANCEL.
	ErrAnswered = errors.New("sip: answered already")
	// ErrInviting says that an INVITE of the dialog is on its way.
	ErrInviting = errors.New("sip: an INVITE of the dialog is on its way")
	// ErrNoTransport says that no leg leads where a request is to go.
	ErrNoTransport = errors.New("sip: no transport leads there")
)
