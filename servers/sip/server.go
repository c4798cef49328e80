package sip

import (
	"context"
	"fmt"
	"maps"
	"net"
	"runtime/debug"
	"slices"
	"strings"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A Handler answers requests. An ACK comes to it too, with a Responder that cannot respond.
type Handler interface {
	ServeSIP(w *Responder, r *Request)
}

// HandlerFunc makes a function a Handler.
type HandlerFunc func(w *Responder, r *Request)

// ServeSIP implements Handler.
func (f HandlerFunc) ServeSIP(w *Responder, r *Request) { f(w, r) }

// Methods is a Handler that has one for each method. What else comes has been refused by Config.Ability, whose methods these are unless it
// says others.
type Methods map[string]Handler

// ServeSIP implements Handler.
func (m Methods) ServeSIP(w *Responder, r *Request) {
	if h := m[r.Method]; h != nil {
		h.ServeSIP(w, r)
	} else if r.Method != "ACK" {
		_ = w.Reply(wire.CodeMethodNotAllowed)
	}
}

// Allow are the methods that are served, sorted, those of the stack itself included.
func (m Methods) Allow() []string {
	list := slices.Collect(maps.Keys(m))
	if _, invites := m["INVITE"]; invites {
		list = append(list, "ACK", "CANCEL")
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// A Server answers requests on its legs. Make one with Listen.
type Server struct{ stack *stack }

// Listen makes a server and begins to serve. It serves until Close.
func Listen(ctx context.Context, c Config) (*Server, error) {
	s, err := newStack(ctx, c)
	if err == nil {
		err = s.attach()
	}
	if err != nil {
		return nil, err
	}
	return &Server{s}, nil
}

// Addrs are the local addresses of the legs, in the order of Config.Listen.
func (s *Server) Addrs() []net.Addr {
	var list []net.Addr
	for _, l := range s.stack.legs {
		if a, err := l.carrier.Master(); err == nil {
			list = append(list, a)
		}
	}
	return list
}

// Client is a client that sends from the server's legs: what a user agent or a proxy needs, which is both.
func (s *Server) Client() *Client { return &Client{s.stack} }

// Stats reports what the server has done and holds.
func (s *Server) Stats() Stats { return s.stack.Stats() }

// Wait waits until the server is closed, or ctx ends.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-s.stack.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the server: its sockets are closed, transactions end without another word, and the contexts of handlers are cancelled.
func (s *Server) Close() error { return s.stack.close() }

// Invited implements wire.TransactionHandler.
func (s *stack) Invited(t *transaction.Transaction, m *Request) { s.serve(t, m) }

// Requested implements wire.TransactionHandler.
func (s *stack) Requested(t *transaction.Transaction, m *Request) {
	if m.Method == "CANCEL" {
		s.cancel(t, m)
		return
	}
	s.serve(t, m)
}

// serve has a request answered, by the stack itself or by the handler.
func (s *stack) serve(t *transaction.Transaction, m *Request) {
	w := &Responder{stack: s, id: t.ID(), link: t.Link(), method: methodName(m.Method), request: m, running: true}
	if s.reliable && m.Method == wire.MethodPRACK {
		s.acknowledge(w, m, t.Received())
		return
	}
	if res := s.config.Ability.Refuse(m); res != nil {
		_ = w.Respond(res)
		return
	}
	if !s.config.Ability.Proxy && s.merges.merged(m) {
		_ = w.Reply(wire.CodeLoopDetected)
		return
	}
	if m.Method == "INVITE" {
		w.key = s.inviteKey(m)
		s.invites.add(w)
	}
	s.handle(w, m, t.Received())
}

// methodName is a method that outlives the message it stands in.
func methodName(method string) string {
	switch method {
	case wire.MethodINVITE:
		return wire.MethodINVITE
	case wire.MethodACK:
		return wire.MethodACK
	case wire.MethodBYE:
		return wire.MethodBYE
	}
	return strings.Clone(method)
}

// handle runs the handler: here, or on a goroutine with a copy of the request, behind the ACKs of its call.
func (s *stack) handle(w *Responder, m *Request, octets []byte) {
	if s.config.Inline {
		defer func() { w.leave(m, octets) }()
		s.config.Handler.ServeSIP(w, m)
		return
	}
	req, err := clone(m, octets)
	if err != nil {
		return
	}
	w.mu.Lock()
	w.own(req, octets)
	w.running = false
	terminate := w.terminate
	w.mu.Unlock()
	if terminate {
		_ = w.Reply(wire.CodeRequestTerminated)
	}
	leave, ok := s.handlers.begin(s.seed, w.link.Addr().Addr(), int64(s.config.MaxHandlers))
	if !ok {
		_ = w.Reply(wire.CodeServiceUnavailable)
		return
	}
	before, end := s.acks.after(req.CallID), func() {}
	if req.Method == wire.MethodACK {
		end = s.acks.begin(req.CallID)
	}
	go func() {
		defer leave()
		defer end()
		defer s.confine(w)
		if before != nil {
			<-before
		}
		s.config.Handler.ServeSIP(w, req)
	}()
}

// confine ends a panic of a handler's: the peer gets a 500, the log all of it.
func (s *stack) confine(w *Responder) {
	if v := recover(); v != nil {
		s.config.Logger.Error("handler panicked", "method", w.method, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		_ = w.Reply(wire.CodeServerInternalError)
	}
}

// Late implements wire.TransactionHandler: the handler has not answered for a while.
func (s *stack) Late(t *transaction.Transaction) {
	if w := s.invites.byID(t.ID()); w != nil {
		w.trying()
	}
}

// Stray implements transaction.Program: an ACK to a 2xx, which is its own transaction, or a response that comes too late.
func (s *stack) Stray(m transaction.Message, from transaction.Link) {
	req, ok := m.(*Request)
	if !ok {
		return
	}
	s.acked(&req.MessageHead)
	w := &Responder{stack: s, link: from, method: methodName(req.Method), request: req, answered: true}
	if s.config.Inline {
		s.handle(w, req, nil)
	} else if b, err := req.AppendMessage(nil); err == nil {
		s.handle(w, req, b)
	}
}

// Acknowledged implements wire.TransactionHandler.
func (s *stack) Acknowledged(t *transaction.Transaction, m *Request) { s.Stray(m, t.Link()) }

// Unacknowledged implements wire.TransactionHandler.
func (s *stack) Unacknowledged(*transaction.Transaction) { s.counters.unacknowledged.Add(1) }

// Full implements transaction.Program.
func (s *stack) Full(m transaction.Message, from transaction.Link) {
	if req, ok := m.(*Request); ok {
		s.refuse(req, from, NewResponse(req, wire.CodeServiceUnavailable))
	}
}
