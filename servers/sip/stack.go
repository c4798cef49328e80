package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A stack is what servers and clients stand on: legs, transactions, and what goes on above these. It implements
// wire.TransactionHandler and transaction.Transport.
type stack struct {
	config       Config
	engine       loop.Engine
	ownEngine    bool
	legs         []*leg
	transactions *wire.Transactions
	names        names
	tags         tags
	seed         maphash.Seed // of the numbers that stand for keys
	wheel        *loop.Wheel
	repeats      repeats
	invites      invites
	acks         acks
	calls        calls
	flows        flows
	merges       merges
	reliable     bool // provisional responses may be acknowledged
	pracks       pracks
	rests        rests
	secret       [32]byte // behind the tokens of flows
	counters     counters
	handlers     handlers
	closing      chan struct{}
	closed       sync.Once
	ctx          context.Context // of handlers; ends with the stack
	cancelAll    context.CancelCauseFunc
}

// counters are the live form of Stats.
type counters struct{ unreadable, refused, unacknowledged atomic.Uint64 }

// Stats counts what a stack has done since it was made, and what it holds now.
type Stats struct {
	Transactions   transaction.Stats
	Unreadable     uint64 // messages that could not be answered
	Refused        uint64 // requests refused without a transaction
	Unacknowledged uint64 // final responses to INVITEs whose ACK never came
	Repeating      int    // 2xx that wait for their ACK
	Handlers       int64  // at work
}

// Stats reports the stack's counters.
func (s *stack) Stats() Stats {
	c := &s.counters
	return Stats{
		Transactions: s.transactions.Stats(), Unreadable: c.unreadable.Load(), Refused: c.refused.Load(),
		Unacknowledged: c.unacknowledged.Load(), Repeating: s.repeats.len(), Handlers: s.handlers.all.Load(),
	}
}

// newStack makes a stack with the legs of c.
func newStack(ctx context.Context, c Config) (*stack, error) {
	s, err := makeStack(c)
	if err != nil {
		return nil, err
	}
	for _, address := range c.Listen {
		var a listenAddress
		if a, err = parseListen(address); err == nil {
			err = s.openLeg(ctx, a)
		}
		if err != nil {
			break
		}
	}
	for _, pc := range c.Pools {
		if err == nil {
			err = s.addLeg(pc)
		}
	}
	if err == nil && len(s.legs) == 0 {
		err = errors.New("sip: nothing to listen on")
	}
	if err != nil {
		_ = s.close()
		return nil, err
	}
	return s, nil
}

// makeStack makes a stack without legs.
func makeStack(c Config) (*stack, error) {
	s := &stack{config: c.withDefaults(), tags: newTags(), seed: maphash.MakeSeed(), wheel: loop.NewWheel(0), closing: make(chan struct{})}
	s.ctx, s.cancelAll = context.WithCancelCause(context.Background())
	_, _ = rand.Read(s.secret[:])
	s.reliable = has(s.config.Ability.Extensions, reliableTag)
	s.merges = newMerges(64 * s.config.Timers.T1)
	s.engine = s.config.Engine
	if s.engine == nil {
		s.engine, s.ownEngine = loop.NewGoroutines(loop.Config{Logger: s.config.Logger}), true
	}
	var err error
	s.transactions, err = wire.NewTransactions(s, s.config.Timers, transaction.Config{
		Transport: s, MaxTransactions: s.config.MaxTransactions, MaxKept: s.config.MaxKept, Logger: s.config.Logger,
	})
	return s, err
}

// attach begins to read.
func (s *stack) attach() error {
	for _, l := range s.legs {
		if err := l.carrier.Attach(s.engine, l); err != nil {
			_ = s.close()
			return err
		}
	}
	return nil
}

func (s *stack) close() error {
	var errs []error
	s.closed.Do(func() {
		close(s.closing)
		s.cancelAll(ErrClosed)
		if s.transactions != nil {
			s.transactions.Close()
		}
		for _, l := range s.legs {
			errs = append(errs, l.carrier.Close())
		}
		if s.ownEngine {
			errs = append(errs, s.engine.Close())
		}
		s.calls.end(ErrClosed)
	})
	return errors.Join(errs...)
}
