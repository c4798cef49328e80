package router

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/protogen-go/protogen/generated/proxysession"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/runtime/tree/jsontree"
	"github.com/protogen-go/protogen/servers/internal/replay"
)

// TestReplayClient has our clients do what the recorded ones did, and hear what the recorded router said. The other captures have no
// clients to replay: scripts sent what no program would.
func TestReplayClient(t *testing.T) {
	verdict := replay.NewVerdict(t, "client", map[string]string{
		"full": "our publisher describes methods of Go, calls its session by its alias, and answers with what the method returned",
	})
	for _, c := range captures(t) {
		if c.Name != "full" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			p := &caller{t: t, ends: map[int]*clientEnd{}, proxies: map[string]*Proxy{}}
			got := p.play(c)
			verdict.Judge(t, c.Name, got, append(sentByClients(t, c), printed(t, c)...))
		})
	}
	verdict.Finish(t)
}

// sentByClients is what the recorded clients have sent.
func sentByClients(t *testing.T, c replay.Capture) []string {
	t.Helper()
	ends := map[int]*end{}
	for _, s := range c.Steps {
		if s.Event == "open" {
			ends[s.Conn] = &end{conn: s.Conn}
		}
		if s.Dir == "c2s" {
			ends[s.Conn].said = append(ends[s.Conn].said, s.Octets(t)...)
		}
	}
	return transcript(t, ends)
}

// printed is what the recorded programs have printed, as far as ours note the same.
func printed(t *testing.T, c replay.Capture) []string {
	t.Helper()
	var all []string
	for _, text := range append(c.Logs["pub"], c.Logs["sub"]...) {
		v, err := jsontree.Codec{}.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if what, _ := v.At(0).Str(); slices.Contains([]string{"foo", "bar", "listing"}, what) {
			all = append(all, note(v))
		}
	}
	return all
}

func note(v tree.Value) string {
	return "told " + replay.Show(v, func(s string) string { return s })
}

// A clientEnd is a client of ours, and the end of the connection that we play the recorded router on.
type clientEnd struct {
	*end
	client *Client
	wire   net.Conn

	mu      sync.Mutex
	arrived []byte
}

// A caller plays the clients of a capture.
type caller struct {
	t       *testing.T
	ends    map[int]*clientEnd
	proxies map[string]*Proxy
	diary   replay.Diary
}

func (p *caller) play(c replay.Capture) []string {
	var before replay.Step
	for _, s := range c.Steps {
		replay.Wait(before, s)
		before = s
		e := p.ends[s.Conn]
		switch {
		case s.Event == "open":
			p.ends[s.Conn] = p.connect(s.Conn)
		case s.Event == "eof" && s.Dir == "c2s":
			if err := e.client.Close(); err != nil {
				p.t.Error(err)
			}
		case s.Dir == "c2s" && s.Hex != "":
			for _, m := range cut(p.t, s.Octets(p.t)) {
				p.act(e, m)
			}
		case s.Dir == "s2c" && s.Hex != "":
			for _, m := range cut(p.t, s.Octets(p.t)) {
				p.feed(e, m)
			}
		}
		synctest.Wait()
	}
	ends := map[int]*end{}
	for conn, e := range p.ends {
		_ = e.wire.Close()
		synctest.Wait()
		e.said = e.arrived
		ends[conn] = e.end
	}
	return append(transcript(p.t, ends), p.diary.Entries()...)
}

// connect makes a client, and takes what it sends.
func (p *caller) connect(conn int) *clientEnd {
	p.t.Helper()
	ours, theirs := net.Pipe()
	e := &clientEnd{end: &end{conn: conn, ids: map[int64][]int64{}}, client: newClient(quiet), wire: theirs}
	client, err := proxysession.NewClient(p.t.Context(), ours, &proxysession.ClientConfig{Handler: clientHandler{e.client}, Logger: quiet})
	if err != nil {
		p.t.Fatal(err)
	}
	e.client.asking = remote{client}
	go func() {
		for buf := make([]byte, 4096); ; {
			n, err := theirs.Read(buf)
			e.mu.Lock()
			e.arrived = append(e.arrived, buf[:n]...)
			e.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return e
}

// act has the client do what makes it send a message like the recorded one.
func (p *caller) act(e *clientEnd, m tree.Value) {
	e.mu.Lock()
	before := len(e.arrived)
	e.mu.Unlock()
	ctx := p.t.Context()
	to, _ := m.Get("to").Str()
	kind, _ := m.Get("type").Str()
	payload := p.payload(m)
	switch kind {
	case "publish":
		alias, _ := payload.Get("session_alias").Str()
		go func() { _ = e.client.Publish(ctx, alias, p.session()) }()
	case "rescind":
		alias, _ := payload.Get("session_alias").Str()
		go func() { _ = e.client.Rescind(ctx, alias) }()
	case "listing":
		go func() {
			if names, err := e.client.Listing(ctx); err == nil {
				v, _ := tree.Of([]any{"listing", 1, names})
				p.diary.Add(note(v))
			}
		}()
	case "subscribe":
		go func() {
			if proxy, err := e.client.Subscribe(ctx, to); err == nil {
				p.proxies[to] = proxy
			}
		}()
	case "deliver":
		event, _ := payload.Get("event").Str()
		var args []any
		for _, arg := range payload.Get("args").List().All() {
			args = append(args, arg)
		}
		go func() { _, _ = p.proxies[to].Call(ctx, event, args...) }()
	case "result":
		return // it says so by itself
	}
	synctest.Wait()
	theirs, _ := m.Get("id").Int()
	for _, ours := range cut(p.t, e.arrived[before:]) {
		id, _ := ours.Get("id").Int()
		e.ids[theirs] = []int64{id}
	}
}

func (p *caller) payload(m tree.Value) tree.Value {
	p.t.Helper()
	image, ok := m.Get("payload").Octets()
	if !ok {
		return tree.Value{}
	}
	v, err := storable.Network.Decode([]byte(image))
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// session is what is published: methods that note their arguments.
func (p *caller) session() Methods {
	noting := func(name string) func(context.Context, ...tree.Value) {
		return func(_ context.Context, args ...tree.Value) {
			p.diary.Add(note(tree.ListOf(append([]tree.Value{tree.String(name)}, args...)...)))
		}
	}
	return Methods{"foo": noting("foo"), "bar": noting("bar")}
}

// feed gives the client what the router has sent, with the ids and the name of the session that ours uses.
func (p *caller) feed(e *clientEnd, m tree.Value) {
	id, _ := m.Get("id").Int()
	switch kind, _ := m.Get("type").Str(); kind {
	case "result":
		m.Map().Set("id", tree.Int(e.ids[id][0]))
	case "deliver":
		m.Map().Set("to", tree.String("FooSession"))
	}
	image, err := storable.Network.Append(nil, m)
	if err != nil {
		p.t.Fatal(err)
	}
	octets, err := framing.Append(nil, image)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := e.wire.Write(octets); err != nil {
		p.t.Error(err)
	}
}
