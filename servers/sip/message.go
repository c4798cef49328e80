package sip

import (
	"strings"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
)

// The messages and their values, as they are emitted from the specification.
type (
	Message     = wire.Message
	Request     = wire.Request
	Response    = wire.Response
	MessageHead = wire.MessageHead
	Via         = wire.Via
	NameAddr    = wire.NameAddr
	Contact     = wire.Contact
	Route       = wire.Route
	CSeq        = wire.CSeq
	Challenge   = wire.Challenge
	Credentials = wire.Credentials
	Code        = wire.Code
	Timers      = wire.Config
)

// NewResponse makes the answer to a request, see the emitted function.
func NewResponse(req *Request, code Code) *Response { return wire.NewResponse(req, code) }

// clone copies a request that stands on the wire as octets; what the transport has written into its topmost Via is kept.
func clone(req *Request, octets []byte) (*Request, error) {
	m, err := wire.ParseMessage(octets)
	if err != nil {
		return nil, err
	}
	c := m.(*Request)
	if len(c.Via) > 0 && len(req.Via) > 0 {
		c.Via[0].Params = header.Params(strings.Clone(string(req.Via[0].Params)))
	}
	return c, nil
}

// cloneResponse copies a response that stands on the wire as octets.
func cloneResponse(octets []byte) (*Response, error) {
	m, err := wire.ParseMessage(octets)
	if err != nil {
		return nil, err
	}
	return m.(*Response), nil
}
