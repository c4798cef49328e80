package session

import (
	"context"
	"runtime/debug"
	"time"
)

// Run begins an operation for the message the machine is taking; its end comes back as [Operator.Done]. The handler runs
// on a goroutine of its own, or on the loop when the operation is inline or the session is driven by bytes. A timeout of
// 0 or less leaves the handler the time it wants. Loop only.
func (s *Session) Run(operation int, req Message, timeout time.Duration) {
	e := s.current
	if e == nil {
		e = &exchange{}
		s.exchanges = append(s.exchanges, e)
	}
	e.running, e.operation, e.request = true, operation, req
	e.framing, e.framings = s.framing, s.framings
	ctx := &handlerContext{Context: s.conn.Context(), session: s, view: s.operator.View()}
	if s.spec.Operations[operation].Inline || s.inline {
		if err := s.perform(ctx, e, timeout); err != nil {
			s.shut = true
			s.conn.Abort(err)
			return
		}
		s.ready = append(s.ready, e)
		return
	}
	conn := s.conn
	go func() {
		err := errHandlerExit
		defer func() {
			if err != nil { // the end of an operation must not be lost
				conn.Abort(err)
			}
		}()
		if err = s.perform(ctx, e, timeout); err == nil {
			err = conn.Deliver(e) // fails when too much is posted
		}
	}()
}

// perform runs the handler for e and leaves its reply there, ready to be sent. An error ends the session, and no other.
// Any goroutine: between Run and Done the operation's fields of e belong to it.
func (s *Session) perform(ctx context.Context, e *exchange, timeout time.Duration) (err error) {
	defer func() {
		if v := recover(); v != nil {
			fault := &PanicError{Value: v, Stack: debug.Stack()}
			s.logger().Error("handler panicked", "panic", v, "stack", string(fault.Stack))
			err = fault
		}
	}()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	res, err := s.operator.Perform(ctx, e.operation, e.request)
	if err == nil {
		err = s.encode(e, res)
	}
	if err == nil {
		return nil
	}
	res, refusal := s.operator.Refuse(e.request, err)
	if !refusal {
		s.report(e, err)
	}
	if res == nil {
		return err
	}
	if err := s.encode(e, res); err != nil {
		s.report(e, err)
		return err
	}
	return nil
}

// encode makes res the result of e if it can be written.
func (s *Session) encode(e *exchange, res Message) (err error) {
	if e.encoded, err = s.spec.frame(e.framing, res); err == nil {
		e.result = res
	}
	return err
}

// report logs the failure of an operation that the peer is told nothing of. Any goroutine.
func (s *Session) report(e *exchange, err error) {
	s.logger().Error("operation failed", "operation", s.spec.Operations[e.operation].Name, "err", err)
}
