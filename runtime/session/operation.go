package session

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"
)

// Run begins an operation for the message the machine is taking; its end comes back as [Operator.Done]. The handler runs
// on a goroutine of its own, or on the loop when the operation is inline or the session is driven by bytes. A timeout of
// 0 or less leaves the handler the time it wants. Loop only.
func (s *Session) Run(operation int, req Message, timeout time.Duration) {
	op := &s.spec.Operations[operation]
	inline := op.Inline || s.inline
	if inline && op.Silent {
		s.inform(operation, req, timeout)
		return
	}
	e := s.current
	if e == nil {
		e = s.newExchange()
		s.exchanges = append(s.exchanges, e)
	}
	e.running, e.operation, e.request = true, operation, req
	e.framing, e.framings, e.codec = s.framing, s.framings, s.codec
	if inline {
		switch err := s.perform(s.inlineContext(e), e, timeout); {
		case err == errLater:
		case err != nil:
			s.shut = true
			s.conn.Abort(err)
		default:
			s.ready = append(s.ready, e)
		}
		return
	}
	ctx := &handlerContext{Context: s.conn.Context(), session: s, view: s.operator.View()}
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

// inlineContext is the context of a handler that runs on the loop: the same for all, but for one that answers later.
func (s *Session) inlineContext(e *exchange) *handlerContext {
	if e != nil && s.spec.Operations[e.operation].Later {
		return &handlerContext{session: s, inline: true, later: e}
	}
	return &s.informed
}

// inform runs a handler on the loop whose end the machine need not know. An error ends the session.
func (s *Session) inform(operation int, req Message, timeout time.Duration) {
	err := s.tryInform(operation, req, timeout)
	if err == nil {
		return
	}
	s.handle.note(err)
	s.shut = true
	s.conn.Abort(err)
}

func (s *Session) tryInform(operation int, req Message, timeout time.Duration) (err error) {
	defer s.confine(&err)
	ctx := context.Context(s.inlineContext(nil))
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	if _, err = s.operator.Perform(ctx, operation, req); err != nil {
		s.report(operation, err)
	}
	return err
}

// confine makes an error of a handler's panic.
func (s *Session) confine(err *error) {
	if v := recover(); v != nil {
		fault := &PanicError{Value: v, Stack: debug.Stack()}
		s.logger().Error("handler panicked", "panic", v, "stack", string(fault.Stack))
		*err = fault
	}
}

// perform runs the handler for e and leaves its reply there, ready to be sent. An error ends the session, and no other.
// Any goroutine: between Run and Done the operation's fields of e belong to it.
func (s *Session) perform(ctx context.Context, e *exchange, timeout time.Duration) (err error) {
	defer s.confine(&err)
	if timeout > 0 && !s.spec.Operations[e.operation].Later {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	res, err := s.operator.Perform(ctx, e.operation, e.request)
	if err == errLater {
		return err
	}
	return s.conclude(e, res, err)
}

// conclude leaves what a handler has returned with e. Any goroutine, as for perform.
func (s *Session) conclude(e *exchange, res Message, err error) error {
	if err == nil {
		err = s.encode(e, res)
	}
	if err == nil {
		return nil
	}
	res, refusal := s.operator.Refuse(e.request, err)
	if !refusal {
		s.report(e.operation, err)
	}
	if res == nil {
		return err
	}
	if err := s.encode(e, res); err != nil {
		s.report(e.operation, err)
		return err
	}
	return nil
}

// errLater is what Perform returns for an operation whose answer comes later.
var errLater = errors.New("session: the answer comes later")

// Later runs begin, which starts work and returns at once, for the operation of ctx. The work ends when answer is called, from
// any goroutine, the first time; ctx of a later answer may be kept until then. Emitted machines call it in Perform and return
// what it returns.
func Later(ctx context.Context, begin func(answer func(res Message, err error))) (Message, error) {
	c, ok := ctx.Value(contextKey{}).(*handlerContext)
	if !ok || c.later == nil {
		return nil, errors.ErrUnsupported
	}
	var once sync.Once
	begin(func(res Message, err error) {
		once.Do(func() {
			if err := c.session.conclude(c.later, res, err); err != nil {
				c.session.conn.Abort(err)
				return
			}
			c.session.mailDone(c.later)
		})
	})
	return nil, errLater
}

// encode makes res the result of e if it can be written.
func (s *Session) encode(e *exchange, res Message) (err error) {
	if res == nil { // it gives nothing
		return nil
	}
	if e.encoded, err = s.spec.frame(e.framing, e.codec, res); err == nil {
		e.result = res
	}
	return err
}

// report logs the failure of an operation that the peer is told nothing of. Any goroutine.
func (s *Session) report(operation int, err error) {
	s.logger().Error("operation failed", "operation", s.spec.Operations[operation].Name, "err", err)
}
