package sip

import (
	"context"
	"hash/maphash"
	"strconv"
	"strings"
	"sync"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A Responder answers one request. Its methods may be called from any goroutine, also after the handler has returned.
type Responder struct {
	stack   *stack
	id      transaction.ID // 0 for an ACK
	link    transaction.Link
	method  string
	request *Request
	key     uint64 // of an INVITE, see inviteKey; 0 for others

	mu        sync.Mutex
	answered  bool
	dialog    header.Params      // of the To field, with our tag: what the responses have in common
	sent      bool               // a provisional response
	ctx       context.Context    // made when somebody asks
	cancelled context.CancelFunc // of ctx
	ended     bool               // ctx is to be one that has ended
	onCancel  func()
	left      bool   // the peer has cancelled
	held      int    // octets counted for our copy of the request
	rseq      uint32 // of the last provisional response that is to be acknowledged
	running   bool   // the handler runs inline: the request is not ours
	terminate bool   // it was cancelled meanwhile
}

// Respond sends a response: any number of provisional ones, then a final one. A To tag is added where there is none. A 2xx to an
// INVITE is repeated until its ACK comes. The error is ErrAnswered, or that of a response that cannot be written. res is not kept.
func (w *Responder) Respond(res *Response) error {
	s := w.stack
	if !w.claim(res) {
		return ErrAnswered
	}
	if res.Status > 100 && res.To.Tag() == "" {
		w.tag(res)
	}
	if res.Server == "" {
		res.Server = s.config.Name
	}
	if res.Status > 100 && res.Status < 300 && len(res.RecordRoute) == 0 {
		res.RecordRoute = w.recorded()
	}
	if w.method != "INVITE" || res.Status < 200 || res.Status >= 300 {
		return w.send(res)
	}
	s.repeat(res, w.link) // first, since the ACK may be here before send returns
	err := w.send(res)
	if err != nil {
		s.acked(&res.MessageHead)
	}
	return err
}

// tag sets our tag in a response, whose To field has otherwise the parameters of the request's.
func (w *Responder) tag(res *Response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if before := res.To.Params; before != "" || w.dialog == "" {
		res.To.SetTag(w.stack.tags.of(w.id, res.CallID))
		if before == "" {
			w.dialog = res.To.Params
		}
		return
	}
	res.To.Params = w.dialog
}

// recorded are the proxies that want to see the dialog which a response makes (RFC 3261 section 12.1.1).
func (w *Responder) recorded() []Route {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.request == nil || w.method != "INVITE" && w.method != "SUBSCRIBE" && w.method != "REFER" {
		return nil
	}
	return w.request.RecordRoute
}

// Forward sends a response of somebody else's as a proxy does (RFC 3261 section 16.7): as it is, without its topmost Via, which was ours. A
// 2xx to an INVITE is not repeated, and others may follow it.
func (w *Responder) Forward(res *Response) error {
	if len(res.Via) < 2 {
		return nil // it was for us
	}
	c := *res
	c.Via = res.Via[1:]
	if !w.claim(&c) && (w.method != "INVITE" || c.Status < 200 || c.Status >= 300) {
		return ErrAnswered
	}
	return w.send(&c)
}

// claim reports whether nothing final has been sent, and notes what is about to be.
func (w *Responder) claim(res *Response) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answered {
		return false
	}
	w.answered, w.sent = res.Status >= 200, true
	return true
}

// send gives a response to the transaction.
func (w *Responder) send(res *Response) error {
	s := w.stack
	final := res.Status >= 200
	var err error
	switch {
	case !final:
		err = s.transactions.Provide(w.id, res)
	case res.Status < 300:
		err = s.transactions.Succeed(w.id, res)
	default:
		err = s.transactions.Fail(w.id, res)
	}
	if final && err == nil {
		w.end()
	} else if final {
		w.mu.Lock()
		w.answered = false // it has not left: another one may
		w.mu.Unlock()
	}
	return err
}

// end frees what was kept for the request.
func (w *Responder) end() {
	if w.key != 0 {
		w.stack.invites.remove(w)
	}
	w.mu.Lock()
	w.ended = true
	w.stack.transactions.Hold(-w.held)
	w.held = 0
	cancelled := w.cancelled
	w.mu.Unlock()
	if cancelled != nil {
		cancelled()
	}
}

// leave ends the use of a request that is valid no longer: what may still have to be answered gets a copy.
func (w *Responder) leave(m *Request, octets []byte) {
	w.mu.Lock()
	w.request, w.running = nil, false
	if !w.answered {
		if c, err := clone(m, octets); err == nil {
			w.own(c, octets)
		}
	}
	terminate := w.terminate
	w.mu.Unlock()
	if terminate {
		_ = w.Reply(wire.CodeRequestTerminated)
	}
}

// requestSize is about what a copy of a request takes beside its octets.
const requestSize = 4 << 10

// own makes a copy of the request ours until it is answered. The mutex is held.
func (w *Responder) own(req *Request, octets []byte) {
	w.request = req
	if !w.answered {
		w.held = len(octets) + requestSize
		w.stack.transactions.Hold(w.held)
	}
}

// Reply sends a response of a code with nothing else in it.
func (w *Responder) Reply(code Code) error {
	w.mu.Lock()
	req := w.request
	w.mu.Unlock()
	if req == nil {
		return ErrAnswered
	}
	res := responses.Get().(*Response)
	defer responses.Put(res)
	res.Answer(req, code)
	if code == wire.CodeServiceUnavailable {
		res.RetryAfter = header.Some(wire.RetryAfter{Seconds: uint32(w.stack.config.RetryAfter.Seconds())})
	}
	return w.Respond(res)
}

// responses are those that Reply makes.
var responses = sync.Pool{New: func() any { return new(Response) }}

// Context ends when the request has been answered or cancelled, or the server is closed.
func (w *Responder) Context() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil {
		ctx, cancel := context.WithCancel(w.stack.ctx)
		w.ctx, w.cancelled = ctx, cancel
		if w.ended {
			cancel()
		}
	}
	return w.ctx
}

// OnCancel has f called when the peer cancels an INVITE, in place of the answer 487 that the stack gives by itself. f must not block. It
// is for proxies, which pass the CANCEL on. When the CANCEL has come before, and has been answered, f is called at once.
func (w *Responder) OnCancel(f func()) {
	w.mu.Lock()
	w.onCancel = f
	late := w.left
	w.mu.Unlock()
	if late {
		f()
	}
}

// Link is the way to the peer: the transport, the address, the connection.
func (w *Responder) Link() transaction.Link { return w.link }

// Transport is "udp", "tcp" or "tls".
func (w *Responder) Transport() string { return string(w.stack.legs[w.link.Transport].proto) }

// trying sends a 100, unless something else has been sent.
func (w *Responder) trying() {
	w.mu.Lock()
	due := !w.sent && w.request != nil
	w.mu.Unlock()
	if due {
		_ = w.Reply(wire.CodeTrying)
	}
}

// invites are the INVITEs that have not been answered, for the CANCELs that may come.
type invites struct {
	mu   sync.Mutex
	keys map[uint64]*Responder
	ids  map[transaction.ID]*Responder
}

// inviteKey is a number for what a CANCEL has in common with its INVITE: RFC 3261 section 9.2. Nobody can find two INVITEs with one number
// without knowing the seed. It is not 0.
func (s *stack) inviteKey(m *Request) uint64 {
	var buf [128]byte
	v := &m.Via[0]
	b := append(append(buf[:0], v.Branch()...), ' ')
	b = append(append(b, strings.ToLower(v.Host)...), ' ')
	return max(maphash.Bytes(s.seed, strconv.AppendUint(b, uint64(v.Port), 10)), 1)
}

func (i *invites) add(w *Responder) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys == nil {
		i.keys, i.ids = map[uint64]*Responder{}, map[transaction.ID]*Responder{}
	}
	i.keys[w.key], i.ids[w.id] = w, w
}

func (i *invites) remove(w *Responder) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys[w.key] == w {
		delete(i.keys, w.key)
	}
	delete(i.ids, w.id)
}

func (i *invites) byKey(key uint64) *Responder {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys[key]
}

func (i *invites) byID(id transaction.ID) *Responder {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.ids[id]
}

// cancel answers a CANCEL: 200 and, for its INVITE, 487; or 481 when there is none to be cancelled.
func (s *stack) cancel(t *transaction.Transaction, m *Request) {
	w := s.invites.byKey(s.inviteKey(m))
	code := wire.CodeOK
	if w == nil {
		code = wire.CodeCallDoesNotExist
	}
	res := NewResponse(m, code)
	if w != nil && res.To.Tag() == "" {
		res.To.SetTag(s.tags.of(w.id, m.CallID)) // that of the INVITE's responses
	} else if res.To.Tag() == "" {
		res.To.SetTag(s.tags.of(t.ID(), m.CallID))
	}
	if w == nil {
		_ = s.transactions.Fail(t.ID(), res)
		return
	}
	_ = s.transactions.Succeed(t.ID(), res)
	w.mu.Lock()
	onCancel, running := w.onCancel, w.running
	w.terminate = running && onCancel == nil
	w.left = true
	w.mu.Unlock()
	switch {
	case onCancel != nil:
		onCancel()
	case !running: // else it ends when the handler has returned
		_ = w.Reply(wire.CodeRequestTerminated)
	}
}
