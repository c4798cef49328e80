package session

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Server runs one session per connection it accepts. The zero value is ready; emitted packages wrap it in a Server of
// their own. All methods may be called from any goroutine.
type Server struct {
	mu      sync.Mutex
	engine  loop.Engine
	logger  *slog.Logger // of the engine, behind a loop.Journal
	stopped bool
}

// Serve accepts connections from l and runs service on each of them until Shutdown or Close, and then returns
// [ErrServerClosed]; it closes l. With a config each connection begins with a TLS handshake. Serve may run for
// several listeners at the same time; a connection over the limits is told so by a machine that has words for it ([Spec.Refuses]), and else
// closed at once. The engine, by its name for [loop.New], the limits and the log are those of the first call.
func (s *Server) Serve(l net.Listener, config *tls.Config, engineName string, limits loop.Config, service Service) error {
	engine, logger, err := s.start(engineName, limits, service.Logger)
	if err != nil {
		_ = l.Close()
		return err
	}
	if limits.Logger == nil {
		service.Logger = logger // a log that blocks holds up no session
	}
	serve := loop.Service{
		New: func() loop.Session { return strand{newSession(service)} },
		TLS: config,
	}
	if service.Spec.Refuses {
		serve.Busy = func(error) loop.Session {
			s := newSession(service)
			s.refused = true
			return strand{s}
		}
	}
	err = engine.Serve(l, serve)
	if errors.Is(err, loop.ErrClosed) {
		return ErrServerClosed
	}
	return err
}

// start is the server's engine and its logger, unless the server has been stopped.
func (s *Server) start(name string, limits loop.Config, logger *slog.Logger) (loop.Engine, *slog.Logger, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil, nil, ErrServerClosed
	}
	if s.engine == nil {
		limits.Logger = journaled(cmp.Or(limits.Logger, logger, slog.Default()))
		engine, err := loop.New(name, limits)
		if err != nil {
			return nil, nil, err
		}
		s.engine, s.logger = engine, limits.Logger
	}
	return s.engine, s.logger, nil
}

// journaled is the logger behind a [loop.Journal], whose losses are in [loop.Stats].
func journaled(logger *slog.Logger) *slog.Logger {
	if _, ok := logger.Handler().(*loop.Journal); ok {
		return logger
	}
	return slog.New(loop.NewJournal(logger.Handler(), 0))
}

// stop is the server's engine, if it has one; no new one will be made.
func (s *Server) stop() loop.Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	return s.engine
}

// Shutdown stops accepting, closes idle sessions, lets the others finish the requests they have taken, and waits until all
// are over. Sessions are told a few at a time, at [loop.Config.DrainRate]. When ctx ends first, the remaining connections are
// cut and the context's error is returned. It may be called again: each call waits with the patience of its own context, and
// Close ends them all.
func (s *Server) Shutdown(ctx context.Context) error {
	if engine := s.stop(); engine != nil {
		return engine.Drain(ctx)
	}
	return nil
}

// Close stops accepting, cuts every connection and waits until their sessions are over. Hooks and machines must not call it.
func (s *Server) Close() error {
	if engine := s.stop(); engine != nil {
		return engine.Close()
	}
	return nil
}

// Stats reports the server's counters.
func (s *Server) Stats() loop.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.engine == nil {
		return loop.Stats{}
	}
	return s.engine.Stats()
}
