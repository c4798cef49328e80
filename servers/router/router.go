// Package router is a router of POEx::ProxySession: programs connect to it and publish sessions under aliases; other programs
// list them, subscribe to them, and send them events, which the router brings to the publisher and whose results it brings back.
//
//	r := &router.Router{}
//	err := r.Serve(listener)
//
// [Client] is such a program: it publishes the methods of a Go value, and calls those of sessions elsewhere.
//
// What the original does not do: numbers of requests are the router's own on the way to a publisher, so those of two programs
// never meet; when a publisher goes, its sessions go, and events it has not answered fail; only its publisher can rescind a
// session; a message that cannot be read costs the connection it came on and no other.
//
// The parts: the wire is generated/proxysession; request.go answers requests, directory.go knows who has published what,
// delivery.go brings events to publishers and waits for their results, client.go and published.go are the program's side.
package router

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/protogen-go/protogen/generated/proxysession"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
)

const (
	// defaultAnswerWithin is how long a publisher may take to answer; the original waits for ever.
	defaultAnswerWithin = time.Minute
	// defaultMaxPending is how many events one publisher may have to answer.
	defaultMaxPending = 4096
	// defaultMaxSessions is how many sessions one connection may publish.
	defaultMaxSessions = 1024
	// directoryWithin is how long the directory may take when a connection has ended.
	directoryWithin = 10 * time.Second
)

// Router is a router. The zero value works. Set the fields before the first call and leave them alone afterwards; the methods
// may be called from any goroutine.
type Router struct {
	// Directory knows the sessions that are published: a [Memory] of its own.
	Directory Directory
	// Delivery brings events to publishers: the router itself, to those that are connected to it.
	Delivery Delivery
	// Compatible lets any connection rescind any session, as the original does.
	Compatible bool
	// Config holds the protocol's settings.
	Config proxysession.Config
	// Engine names the event loop: loop.EngineGoroutine, which "" means too, or loop.EngineEpoll.
	Engine string
	// Limits bound connections and their buffers; at MaxConns no further connection is accepted until one ends.
	Limits loop.Config
	// Hooks report what sessions do.
	Hooks session.Hooks
	// AnswerWithin is how long a publisher may take to answer an event: 1 minute. After that it has failed.
	AnswerWithin time.Duration
	// MaxPending is how many events one publisher may have to answer: 4096. More of them fail.
	MaxPending int
	// MaxSessions is how many sessions one connection may publish: 1024. More are refused.
	MaxSessions int
	// Logger gets what an operator should know, never the content of messages: slog.Default().
	Logger *slog.Logger

	once    sync.Once
	journal *slog.Logger
	name    string
	memory  Memory
	last    atomic.Uint64
	server  proxysession.Server

	mu    sync.RWMutex
	conns map[uint64]*conn
}

var _ Delivery = (*Router)(nil)

// start makes the router what it is, at its first use.
func (r *Router) start() {
	r.once.Do(func() {
		r.name = rand.Text()
		r.journal = journaled(r.Logger)
		r.conns = map[uint64]*conn{}
		r.server.Handler, r.server.Config, r.server.Logger = handler{r}, r.Config, r.journal
		r.server.Hooks, r.server.Engine, r.server.Limits = r.Hooks, r.Engine, r.Limits
	})
}

// Name is what the router is called in an [Owner]; no two routers have the same.
func (r *Router) Name() string {
	r.start()
	return r.name
}

func (r *Router) directory() Directory {
	if r.Directory != nil {
		return r.Directory
	}
	return &r.memory
}

func (r *Router) delivery() Delivery {
	if r.Delivery != nil {
		return r.Delivery
	}
	return r
}

// logger is the log. A log that hangs must not hold up loops: records queue up behind the one that is being written.
func (r *Router) logger() *slog.Logger { return r.journal }

// journaled is a logger behind a [loop.Journal].
func journaled(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		logger = slog.Default()
	}
	if _, ok := logger.Handler().(*loop.Journal); ok {
		return logger
	}
	return slog.New(loop.NewJournal(logger.Handler(), 0))
}

func (r *Router) answerWithin() time.Duration {
	if r.AnswerWithin > 0 {
		return r.AnswerWithin
	}
	return defaultAnswerWithin
}

func (r *Router) maxPending() int {
	if r.MaxPending > 0 {
		return r.MaxPending
	}
	return defaultMaxPending
}

func (r *Router) maxSessions() int {
	if r.MaxSessions > 0 {
		return r.MaxSessions
	}
	return defaultMaxSessions
}

// Deliver implements [Delivery] for publishers that are connected to this router.
func (r *Router) Deliver(ctx context.Context, p Publication, event []byte, done func(Outcome)) {
	r.mu.RLock()
	c := r.conns[p.Owner.Conn]
	r.mu.RUnlock()
	if p.Owner.Router != r.Name() || c == nil {
		done(failure("Session '%s' doesn't exist", p.Alias))
		return
	}
	made := &delivery{alias: p.Alias, done: done}
	id, ok := c.deliveries.begin(made, r.maxPending(), r.answerWithin())
	if !ok {
		done(failure("Session '%s' is busy", p.Alias))
		return
	}
	if err := c.link.Deliver(ctx, id, p.Name, event); err != nil {
		c.deliveries.end(id, failure("Session '%s' is busy", p.Alias))
	}
}
