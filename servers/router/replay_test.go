package router

import (
	"maps"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/protogen-go/protogen/generated/proxysession"
	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/replay"
)

// captures are conversations with the Perl router.
func captures(t *testing.T) []replay.Capture {
	t.Helper()
	return replay.Read(t, "../../testdata/proxysession", 10)
}

// framing is that of the connections.
var framing = frame.Counted{End: "\x00", Max: 1 << 24}

// betterRouter says why our router does not do what the recorded one did.
var betterRouter = map[string]string{
	"bad_array":    killed,
	"bad_badtype":  killed,
	"bad_extra":    killed,
	"bad_noid":     killed,
	"bad_payload":  killed,
	"bad_storable": killed,

	"errors": "each of two requests of one id is answered; the sessions of a publisher go when it goes; only the publisher may rescind",
}

const killed = "the recorded process died, and all its connections with it; ours ends the one that the message came on"

// compatibleRouter says it of a router that is compatible.
var compatibleRouter = map[string]string{
	"errors": "each of two requests of one id is answered; the sessions of a publisher go when it goes",
}

// TestReplayServer has our router hear what the recorded programs said.
func TestReplayServer(t *testing.T) {
	for role, compatible := range map[string]bool{"server": false, "compatible": true} {
		reasons := maps.Clone(betterRouter)
		if compatible {
			maps.Copy(reasons, compatibleRouter)
		}
		verdict := replay.NewVerdict(t, role, reasons)
		for _, c := range captures(t) {
			t.Run(role+"/"+c.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := &player{t: t, router: &Router{Compatible: compatible, Logger: quiet}, ends: map[int]*end{}}
					verdict.Judge(t, c.Name, p.play(c), recorded(t, c))
				})
			})
		}
		verdict.Finish(t)
	}
}

// recorded is what the recorded router has sent.
func recorded(t *testing.T, c replay.Capture) []string {
	t.Helper()
	ends := map[int]*end{}
	for _, s := range c.Steps {
		e := ends[s.Conn]
		switch {
		case s.Event == "open":
			ends[s.Conn] = &end{conn: s.Conn}
		case s.Dir == "s2c" && s.Hex != "":
			e.said = append(e.said, s.Octets(t)...)
		case s.Dir == "s2c" && s.Event == "eof" && !e.gone:
			e.ended = true
		case s.Dir == "c2s" && s.Event == "eof":
			e.gone = true
		}
	}
	return transcript(t, ends)
}

// An end is the router's end of a connection.
type end struct {
	conn  int
	push  *session.Push
	said  []byte
	heard []byte // of a frame that has not come whole
	seen  int    // octets of said that have been looked at for deliveries
	gone  bool   // the program has ended the connection
	ended bool   // the router has
	cause error  // why

	// ids are those we gave to deliveries, in order, by the numbers that the recorded router gave.
	ids       map[int64][]int64
	delivered []int64 // not matched with recorded ones yet
	expected  []int64
}

// transcript prints what a router has sent on all connections.
func transcript(t *testing.T, ends map[int]*end) []string {
	t.Helper()
	var all []string
	for conn := 1; conn <= len(ends); conn++ {
		e := ends[conn]
		for _, m := range cut(t, e.said) {
			all = append(all, strconv.Itoa(conn)+" "+show(m))
		}
		if e.ended {
			all = append(all, strconv.Itoa(conn)+" end")
		}
		if e.cause != nil {
			all = append(all, strconv.Itoa(conn)+" cause "+e.cause.Error())
		}
	}
	return all
}

// cut cuts whole frames into messages.
func cut(t *testing.T, octets []byte) []tree.Value {
	t.Helper()
	var all []tree.Value
	for len(octets) > 0 {
		payload, n, err := framing.Next(octets)
		if err != nil {
			t.Fatalf("%q: %v", octets, err)
		}
		m, err := storable.Network.Decode(payload)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
		octets = octets[n:]
	}
	return all
}

// show prints a message and the value in its payload. What a delivery is numbered by is the router's business.
func show(m tree.Value) string {
	if kind, _ := m.Get("type").Str(); kind == "deliver" {
		m.Map().Set("id", tree.String("ID"))
	}
	payload, _ := m.Get("payload").Octets()
	if inner, err := storable.Network.Decode([]byte(payload)); err == nil {
		m.Map().Set("payload", tree.String("image of "+replay.Show(inner, func(s string) string { return s })))
	}
	return replay.Show(m, func(s string) string { return s })
}

// A player plays the router of a capture.
type player struct {
	t      *testing.T
	router *Router
	ends   map[int]*end
}

func (p *player) play(c replay.Capture) []string {
	p.router.start()
	var before replay.Step
	for _, s := range c.Steps {
		replay.Wait(before, s)
		before = s
		e := p.ends[s.Conn]
		switch {
		case s.Event == "open":
			e = &end{conn: s.Conn, ids: map[int64][]int64{}}
			e.push = proxysession.NewServerSession(handler{p.router}, p.router.Config)
			e.said = append(e.said, e.push.Open()...)
			p.ends[s.Conn] = e
		case s.Dir == "c2s" && s.Event == "eof":
			e.gone = true
			e.said = append(e.said, e.push.End()...)
		case s.Dir == "c2s" && s.Hex != "":
			p.feed(e, s.Octets(p.t))
		case s.Dir == "s2c" && s.Hex != "":
			p.expect(e, s.Octets(p.t))
		}
		p.settle()
	}
	lines := transcript(p.t, p.ends)
	if err := p.router.Close(); err != nil {
		p.t.Error(err)
	}
	return lines
}

// feed gives the router what a program has sent, with our ids in results of deliveries.
func (p *player) feed(e *end, octets []byte) {
	e.heard = append(e.heard, octets...)
	for len(e.heard) > 0 {
		payload, n, err := framing.Next(e.heard)
		if err != nil {
			return
		}
		p.receive(e, p.translated(e, payload, e.heard[:n]))
		e.heard = e.heard[n:]
	}
}

func (p *player) receive(e *end, octets []byte) {
	e.said = append(e.said, e.push.Receive(octets)...)
	if over, _ := e.push.Ended(); over && !e.gone {
		e.ended, e.cause = true, e.push.Handle().Err()
	}
}

// translated is a frame, with our id if it is the result of a delivery.
func (p *player) translated(e *end, payload, whole []byte) []byte {
	m, err := storable.Network.Decode(payload)
	if err != nil {
		return whole
	}
	id, _ := m.Get("id").Int()
	if kind, _ := m.Get("type").Str(); kind != "result" || len(e.ids[id]) == 0 {
		return whole
	}
	m.Map().Set("id", tree.Int(e.ids[id][0]))
	e.ids[id] = e.ids[id][1:]
	image, err := storable.Network.Append(nil, m)
	if err != nil {
		p.t.Fatal(err)
	}
	octets, err := framing.Append(nil, image)
	if err != nil {
		p.t.Fatal(err)
	}
	return octets
}

// expect notes the ids of what the recorded router delivered.
func (p *player) expect(e *end, octets []byte) {
	payload, _, err := framing.Next(octets)
	if err != nil {
		return // a part of a large one, no delivery
	}
	m, err := storable.Network.Decode(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	if kind, _ := m.Get("type").Str(); kind == "deliver" {
		id, _ := m.Get("id").Int()
		e.expected = append(e.expected, id)
	}
}

// settle lets the router work, takes what it sends, and matches its deliveries with the recorded ones.
func (p *player) settle() {
	synctest.Wait()
	for _, e := range p.ends {
		p.receive(e, nil)
		fresh := cut(p.t, e.said[e.seen:])
		e.seen = len(e.said)
		for _, m := range fresh {
			if kind, _ := m.Get("type").Str(); kind == "deliver" {
				id, _ := m.Get("id").Int()
				e.delivered = append(e.delivered, id)
			}
		}
		for n := min(len(e.delivered), len(e.expected)); n > 0; n-- {
			e.ids[e.expected[0]] = append(e.ids[e.expected[0]], e.delivered[0])
			e.expected, e.delivered = e.expected[1:], e.delivered[1:]
		}
	}
}
