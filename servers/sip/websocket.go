package sip

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/socket"
)

// subprotocol is what both ends of a WebSocket must say: RFC 7118 section 3.
const subprotocol = "sip"

// Limits of a WebSocket beside those of pool.Limits.
const (
	webSocketHandshake = 10 * time.Second
	webSocketWrite     = 10 * time.Second
	webSocketPing      = 30 * time.Second // between two pings, which find dead peers
	webSocketQueue     = 64               // messages that wait for a peer to read
)

// webSockets carries messages over WebSocket: one in each message of the other protocol (RFC 7118 section 5). It listens, if it has a
// listener, and connects.
type webSockets struct {
	proto    pool.Proto
	limits   pool.Limits
	listener net.Listener // nil without
	tls      *tls.Config  // of connections that we make
	server   *http.Server
	ctx      context.Context // ends with it
	cancel   context.CancelFunc
	live     sync.WaitGroup

	mu      sync.Mutex
	handler pool.Handler
	flows   pool.Flow // the last one given
	conns   map[pool.Flow]*webSocket
	peers   map[netip.AddrPort]*webSocket // those that we have made
}

func newWebSockets(proto pool.Proto, l net.Listener, config *tls.Config, limits pool.Limits) *webSockets {
	w := &webSockets{proto: proto, limits: limits, listener: l, tls: config, conns: map[pool.Flow]*webSocket{}, peers: map[netip.AddrPort]*webSocket{}}
	w.limits.MaxConns = cmp.Or(limits.MaxConns, pool.DefaultMaxConns)
	w.limits.MaxHeader, w.limits.MaxBody = cmp.Or(limits.MaxHeader, pool.DefaultMaxHeader), cmp.Or(limits.MaxBody, pool.DefaultMaxBody)
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// listenWebSockets opens the listener of a leg.
func listenWebSockets(ctx context.Context, proto pool.Proto, address string, config *tls.Config, limits pool.Limits) (*webSockets, error) {
	if proto == protoWSS && config == nil {
		return nil, errors.New("sip: a wss leg needs Config.TLS")
	}
	l, err := socket.Listen(ctx, "tcp", address, socket.Options{})
	if err != nil {
		return nil, err
	}
	w := newWebSockets(proto, l, config, limits)
	if proto == protoWSS {
		w.listener = tls.NewListener(l, config)
	}
	return w, nil
}

// Attach implements carrier. The engine is of no use: package net/http has its own goroutines.
func (w *webSockets) Attach(_ loop.Engine, h pool.Handler) error {
	w.mu.Lock()
	w.handler = h
	w.mu.Unlock()
	if w.listener == nil {
		return nil
	}
	w.server = &http.Server{Handler: http.HandlerFunc(w.accept), ReadHeaderTimeout: webSocketHandshake, IdleTimeout: webSocketHandshake}
	w.live.Go(func() { _ = w.server.Serve(w.listener) })
	return nil
}

// Master implements carrier.
func (w *webSockets) Master() (net.Addr, error) {
	if w.listener == nil {
		return nil, pool.ErrNoMaster
	}
	return w.listener.Addr(), nil
}

// Alive implements carrier.
func (w *webSockets) Alive(f pool.Flow) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.conns[f] != nil
}

// Hangup implements carrier.
func (w *webSockets) Hangup(f pool.Flow, _ error) {
	w.mu.Lock()
	s := w.conns[f]
	w.mu.Unlock()
	if s != nil {
		_ = s.conn.CloseNow() // which ends the reading
	}
}

// Close implements carrier.
func (w *webSockets) Close() error {
	w.cancel()
	var err error
	if w.server != nil {
		err = w.server.Close()
	} else if w.listener != nil {
		err = w.listener.Close()
	}
	w.live.Wait()
	return err
}

// accept takes a peer's connection.
func (w *webSockets) accept(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	full := len(w.conns) >= w.limits.MaxConns
	w.mu.Unlock()
	if full {
		http.Error(rw, "too many connections", http.StatusServiceUnavailable)
		return
	}
	c, err := websocket.Accept(rw, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		return
	}
	if c.Subprotocol() != subprotocol {
		_ = c.Close(websocket.StatusProtocolError, "the subprotocol is sip")
		return
	}
	addr, _ := netip.ParseAddrPort(r.RemoteAddr)
	s := w.adopt(c, addr)
	s.run()
}

// A webSocket is one connection.
type webSocket struct {
	carrier *webSockets
	conn    *websocket.Conn
	flow    pool.Flow
	addr    netip.AddrPort
	queue   chan outgoing
	gone    chan struct{} // closed at the end
}

// An outgoing is a message that waits to be written.
type outgoing struct {
	data []byte
	done func(pool.Flow, error)
}

func (w *webSockets) adopt(c *websocket.Conn, addr netip.AddrPort) *webSocket {
	c.SetReadLimit(int64(w.limits.MaxHeader + w.limits.MaxBody))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flows++
	s := &webSocket{carrier: w, conn: c, flow: w.flows, addr: addr, queue: make(chan outgoing, webSocketQueue), gone: make(chan struct{})}
	w.conns[s.flow] = s
	return s
}

// run reads until the connection ends.
func (s *webSocket) run() {
	w := s.carrier
	ctx, cancel := context.WithCancel(w.ctx)
	w.live.Go(func() { s.write(ctx) })
	from := pool.From{Proto: w.proto, Addr: s.addr, Flow: s.flow}
	var err error
	for {
		var b []byte
		if _, b, err = s.conn.Read(ctx); err != nil {
			break
		}
		if !s.keepAlive(b) {
			w.handler.Receive(pool.Message{Data: b}, from)
		}
	}
	cancel()
	w.mu.Lock()
	delete(w.conns, s.flow)
	if w.peers[s.addr] == s {
		delete(w.peers, s.addr)
	}
	close(s.gone)
	w.mu.Unlock()
	_ = s.conn.CloseNow()
	if h, ok := w.handler.(pool.FlowHandler); ok {
		h.FlowClosed(s.flow, err)
	}
}

// keepAlive takes a message of empty lines: two are a ping, and answered; one is a pong (RFC 7118 section 6).
func (s *webSocket) keepAlive(b []byte) bool {
	switch string(b) {
	case ping:
		w := s.carrier
		w.Send(w.ctx, pool.Message{Data: []byte(pong)}, pool.Route{Flow: s.flow}, func(pool.Flow, error) {})
	case pong:
		if h, ok := s.carrier.handler.(pool.KeepAliveHandler); ok {
			h.KeptAlive(s.flow)
		}
	default:
		return false
	}
	return true
}

// write writes what is queued, and pings.
func (s *webSocket) write(ctx context.Context) {
	ping := time.NewTicker(webSocketPing)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-s.gone:
			s.drop()
			return
		case o := <-s.queue:
			err = s.writeOne(ctx, o)
		case <-ping.C:
			timed, cancel := context.WithTimeout(ctx, webSocketWrite)
			err = s.conn.Ping(timed)
			cancel()
		}
		if err != nil {
			_ = s.conn.CloseNow() // which ends the reading
		}
	}
}

func (s *webSocket) writeOne(ctx context.Context, o outgoing) error {
	ctx, cancel := context.WithTimeout(ctx, webSocketWrite)
	defer cancel()
	typ := websocket.MessageText
	if !utf8.Valid(o.data) {
		typ = websocket.MessageBinary
	}
	err := s.conn.Write(ctx, typ, o.data)
	o.done(s.flow, err)
	return err
}

// drop fails what is queued at the end.
func (s *webSocket) drop() {
	for {
		select {
		case o := <-s.queue:
			o.done(s.flow, net.ErrClosed)
		default:
			return
		}
	}
}

// Send implements carrier. A connection is made for a request to an address that has none; what is sent meanwhile waits for another.
func (w *webSockets) Send(_ context.Context, m pool.Message, r pool.Route, done func(pool.Flow, error)) {
	o := outgoing{m.Data, done}
	w.mu.Lock()
	s := w.conns[r.Flow]
	if s == nil {
		s = w.peers[r.To.Addr]
	}
	connects := s == nil && r.Flow == 0 && w.ctx.Err() == nil
	if connects {
		w.live.Add(1)
	}
	var err error
	if s != nil {
		select {
		case s.queue <- o: // under the lock, so that nothing is queued after gone
		default:
			err = pool.ErrFull
		}
	}
	w.mu.Unlock()
	switch {
	case connects:
		go w.connect(r.To, o)
	case s == nil:
		done(0, pool.ErrNoConnection)
	case err != nil:
		done(s.flow, err)
	}
}

// connect makes a connection and sends a message by it.
func (w *webSockets) connect(to pool.Destination, o outgoing) {
	defer w.live.Done()
	ctx, cancel := context.WithTimeout(w.ctx, webSocketHandshake)
	defer cancel()
	host := to.Addr.String()
	config := w.tls
	if to.Host != "" && config != nil {
		config = config.Clone()
		config.ServerName = to.Host
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	c, _, err := websocket.Dial(ctx, string(w.proto)+"://"+host, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{subprotocol}})
	if err == nil && c.Subprotocol() != subprotocol {
		_ = c.CloseNow()
		err = errors.New("sip: the peer's WebSocket does not carry SIP")
	}
	if err != nil {
		o.done(0, err)
		return
	}
	s := w.adopt(c, to.Addr)
	s.queue <- o
	w.mu.Lock()
	w.peers[to.Addr] = s
	w.mu.Unlock()
	w.live.Go(s.run)
}
