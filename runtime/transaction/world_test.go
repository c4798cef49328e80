package transaction_test

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/transaction"
)

// defaults are those of RFC 3261 table 4.
var defaults = settings{t1: 500 * time.Millisecond, t2: 4 * time.Second, t4: 5 * time.Second}

// A side is an engine, the program above it and the transport below, which notes what happens.
type side struct {
	t      *testing.T
	name   string
	engine *transaction.Engine
	begun  time.Time

	mu     sync.Mutex
	events []string
	last   transaction.ID                                         // of the last change of state
	send   func(b []byte, to transaction.Link, id transaction.ID) // nil: nothing arrives

	onInvite, onRequest func(t *transaction.Transaction, m *request)
}

func newSide(t *testing.T, name string, c transaction.Config) *side {
	t.Helper()
	s := &side{t: t, name: name, begun: time.Now()}
	c.Transport, c.Program, c.Logger = s, s, slog.New(slog.NewTextHandler(io.Discard, nil))
	if c.Transition == nil {
		c.Transition = func(m transaction.Transition) {
			s.mu.Lock()
			s.last = m.ID
			s.mu.Unlock()
			if s.onInvite == nil && s.onRequest == nil {
				s.note("%s -> %s", m.From, m.To)
			}
		}
	}
	config := defaults
	var err error
	if s.engine, err = transaction.New(newSpec(&config, s), c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.engine.Close)
	return s
}

func (s *side) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, fmt.Sprintf(format, args...))
}

func (s *side) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	return events
}

// seconds is how long the side has been there.
func (s *side) seconds() string {
	return fmt.Sprintf("%.1f", time.Since(s.begun).Seconds())
}

func (s *side) Send(b []byte, to transaction.Link, id transaction.ID) {
	s.note("send %s", b)
	s.mu.Lock()
	send := s.send
	s.mu.Unlock()
	if send != nil {
		send(b, to, id)
	}
}

func (s *side) Stray(m transaction.Message, _ transaction.Link) { s.note("stray %s", text(m)) }
func (s *side) Full(m transaction.Message, _ transaction.Link)  { s.note("full %s", text(m)) }

func (s *side) invited(t *transaction.Transaction, m *request) {
	s.note("invited %s", m.branch)
	if s.onInvite != nil {
		s.onInvite(t, m)
	}
}

func (s *side) acknowledged(_ *transaction.Transaction, m *request) { s.note("ack %s", m.branch) }
func (s *side) unacknowledged(*transaction.Transaction)             { s.note("no ack") }

func (s *side) late(t *transaction.Transaction) {
	m := parse(t.Octets(serverRequest)).(*request)
	_ = s.engine.Call(t.ID(), callProvisional, &response{100, m.method, m.branch, ""})
}

func (s *side) requested(t *transaction.Transaction, m *request) {
	s.note("requested %s %s", m.method, m.branch)
	if s.onRequest != nil {
		s.onRequest(t, m)
	}
}

func (s *side) rejected(t *transaction.Transaction, m *response) {
	s.note("answered %d", m.status)
	r := parse(t.Octets(clientRequest)).(*request)
	_ = s.engine.Call(t.ID(), callAck, &request{"ACK", r.branch, r.sentBy, m.body})
}

func (s *side) answered(_ *transaction.Transaction, m *response) { s.note("answered %d", m.status) }
func (s *side) timedOut(*transaction.Transaction)                { s.note("timeout") }
func (s *side) failed(*transaction.Transaction)                  { s.note("failed") }

func text(m transaction.Message) string {
	b, _ := appendMessage(nil, m)
	return string(b)
}

func (s *side) receive(m transaction.Message, from transaction.Link) {
	b, _ := appendMessage(nil, m)
	s.engine.Receive(m, b, from)
}

// A lossy link loses, delays and doubles what is sent by chance.
type lossy struct {
	mu    sync.Mutex
	rand  *rand.Rand
	loss  float64
	twice float64
	delay time.Duration // at most
	sent  int
}

func (l *lossy) between(a, b *side) {
	forward := func(to *side) func([]byte, transaction.Link, transaction.ID) {
		return func(octets []byte, link transaction.Link, _ transaction.ID) {
			octets = append([]byte(nil), octets...)
			for _, after := range l.fates() {
				time.AfterFunc(after, func() { to.engine.Receive(parse(octets), octets, link) })
			}
		}
	}
	a.send, b.send = forward(b), forward(a)
}

// fates are the delays after which the copies of a message arrive.
func (l *lossy) fates() (delays []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	for range 1 + btoi(l.rand.Float64() < l.twice) {
		if l.rand.Float64() >= l.loss {
			delays = append(delays, time.Duration(l.rand.Int64N(int64(l.delay)+1)))
		}
	}
	return delays
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
