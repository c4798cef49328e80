package sip

import (
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// refuse answers a request without a transaction. An ACK is never answered.
func (s *stack) refuse(req *Request, link transaction.Link, res *Response) {
	s.counters.refused.Add(1)
	if req.Method == "ACK" {
		return
	}
	if res.Status == wire.CodeServiceUnavailable {
		res.RetryAfter = header.Some(wire.RetryAfter{Seconds: uint32(s.config.RetryAfter / time.Second)})
	}
	if res.To.Tag() == "" && !res.To.URI.IsZero() { // there may be no To that can be read
		res.To.SetTag(s.tags.of(0, req.CallID))
	}
	b, err := res.AppendMessage(nil)
	if err != nil {
		s.config.Logger.Debug("refusal cannot be written", "err", err)
		return
	}
	s.Send(b, link, 0)
}

// refuseFrame answers a stream that cannot be cut into messages any more; it is closed then.
func refuseFrame(head []byte, fault *pool.FrameError) []byte {
	m, err := wire.ParseMessage(head)
	if err != nil {
		return nil
	}
	req, ok := m.(*Request)
	if !ok || req.Method == "ACK" {
		return nil
	}
	code := wire.CodeBadRequest
	if fault.Fault == pool.HeaderTooLong || fault.Fault == pool.BodyTooLong {
		code = wire.CodeMessageTooLarge
	}
	b, err := NewResponse(req, code).AppendMessage(nil)
	if err != nil {
		return nil
	}
	return b
}
