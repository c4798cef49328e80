package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/replay"
)

// betterClient says why our clients do not say what the recorded ones did.
var betterClient = map[string]string{
	"broadcast": "the recorded client sent along what it had noted for itself when the message went to its own kernel too",
	"subscribe": "as broadcast; and a subscription to every kernel is asked of those that are connected, not of our own",

	"ikc_freezethaw": noSerializer,
	"ikc_ikcfreezer": noSerializer,
	"ikc_yaml":       noSerializer,

	"lite_ikc0": "the recorded client could not ping after this negotiation; it took its connection for broken and began another",
	"lite_ikc":  "our ping is a call like others, and is answered like others",
	"v22_lite":  "as lite_ikc",

	"v22_server": "the recorded client waited for ever for an answer to SETUP; ours begins again with HELLO",
}

// TestReplayClient has our clients do what the recorded clients did, and hear what the recorded servers said. The raw captures have no client to
// replay: a script broke the rules there, and no API of ours lets a program do so.
func TestReplayClient(t *testing.T) {
	verdict := replay.NewVerdict(t, "client", betterClient)
	for _, c := range captures(t) {
		if strings.HasPrefix(c.Name, "raw_") {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newPlayer(t, c)
				said, heard := r.run()
				recorded := append(sent(t, c, "c2s"), toldBy(t, c.Logs["client"], toldStates)...)
				verdict.Judge(t, c.Name, clientLines(append(said, heard...)), clientLines(recorded))
			})
		})
	}
	verdict.Finish(t)
}

// toldStates are what the recorded clients have printed and ours note.
var toldStates = []string{"cb", "hello", "answer", "call", "call list", "post_respond", "responded", "responded list", "IKC/ping"}

var (
	serializers = regexp.MustCompile(`FREEZER=[^;]*`)
	responses   = regexp.MustCompile(`response\d+`)
	hashEvent   = regexp.MustCompile(`event: \{kernel: ([\w*]+), session: (\w+), state: (\w+)\}`)
	receipt     = regexp.MustCompile(`IKC:receipt[^},]*`)
)

// clientLines drops what our client is free to do differently: which serializers it offers, how the states for answers are called, which
// of its names an rsvp has, and which form an event has.
func clientLines(lines []string) []string {
	var all []string
	for _, line := range lines {
		if strings.Contains(line, " FREEZER ") {
			continue
		}
		line = serializers.ReplaceAllString(line, "FREEZER=...")
		line = responses.ReplaceAllString(line, "RESPONSE")
		line = receipt.ReplaceAllString(line, "RESPONSE")
		line = hashEvent.ReplaceAllString(line, "event: poe://$1/$2/$3")
		line = strings.ReplaceAll(line, "rsvp: {kernel: Client,", "rsvp: {kernel: ID,")
		line = strings.ReplaceAll(line, "rsvp: {args: extra, kernel: Client,", "rsvp: {args: extra, kernel: ID,")
		line = strings.ReplaceAll(line, "rsvp: {args: tag, kernel: Client,", "rsvp: {args: tag, kernel: ID,")
		line = strings.ReplaceAll(line, "IKC:answers", "IKC")
		line = strings.ReplaceAll(line, "poe://ADDRESS/", "poe://ID/")
		all = append(all, line)
	}
	return all
}

// An item is a line or a frame of a capture.
type item struct {
	step   replay.Step
	octets []byte // of the line or frame
	line   string
	value  tree.Value // of a frame; undef if it is in another format
}

// cutItems cuts what both ends have sent into items, each at the time its last octet was sent; steps without octets stay.
func cutItems(t *testing.T, c replay.Capture) []item {
	t.Helper()
	type stream struct {
		conn int
		dir  string
	}
	pending := map[stream][]byte{}
	var all []item
	for _, s := range c.Steps {
		if s.Hex == "" {
			all = append(all, item{step: s})
			continue
		}
		at := stream{s.Conn, s.Dir}
		rest := append(pending[at], s.Octets(t)...)
		for len(rest) > 0 {
			it, n := nextItem(rest)
			if n == 0 {
				break
			}
			it.step, it.octets = s, rest[:n:n]
			all = append(all, it)
			rest = rest[n:]
		}
		pending[at] = rest
	}
	return all
}

func nextItem(b []byte) (item, int) {
	if b[0] < '0' || b[0] > '9' {
		line, _, ok := bytes.Cut(b, []byte("\r\n"))
		if !ok {
			return item{}, 0
		}
		return item{line: string(line)}, len(line) + 2
	}
	payload, n, err := frame.Counted{End: "\x00", Max: 1 << 24}.Next(b)
	if err != nil {
		return item{}, 0
	}
	v, err := storable.Network.Decode(payload)
	if err != nil {
		v = tree.Value{}
	}
	return item{value: v}, n
}

// A player plays the clients of a capture.
type player struct {
	t       *testing.T
	capture replay.Capture
	notes   *diary
	clients map[int]*client
	order   []int
	lite    *Lite
	opened  chan *liteOpened // what the Lite client's connect gets
	// translate has, for each rsvp and event of a recorded frame, ours.
	rsvps  [][2]tree.Value
	events [][2]string
	skip   int // lines of the server that answer what we do not ask
}

// A client is one end that connects: a kernel's, or the Lite client's.
type client struct {
	*end
	kernel *Kernel
	iams   int // names that the recorded client has announced in lines of their own, if it has announced fewer than ours
	open   chan struct{}
}

func newPlayer(t *testing.T, c replay.Capture) *player {
	return &player{t: t, capture: c, notes: &diary{}, clients: map[int]*client{}, opened: make(chan *liteOpened)}
}

func (r *player) run() (said, heard []string) {
	items := cutItems(r.t, r.capture)
	var before replay.Step
	for i, it := range items {
		replay.Wait(before, it.step)
		before = it.step
		cl := r.clients[it.step.Conn]
		switch {
		case it.step.Event == "open":
			r.open(it.step.Conn, items[i:])
		case it.step.Event == "eof":
			r.end(cl, it.step.Dir == "c2s")
		case it.step.Event != "":
		case it.step.Dir == "c2s":
			r.act(cl, it, items[i:])
		default:
			r.feed(cl, it)
		}
		r.settle()
	}
	for _, conn := range r.order {
		said = append(said, r.clients[conn].said.items()...)
	}
	r.close()
	return said, r.notes.Entries()
}

// settle lets handlers and calls work, and takes what they send.
func (r *player) settle() {
	synctest.Wait()
	for _, cl := range r.clients {
		cl.flush()
		for cl.iams > 0 && strings.HasPrefix(last(cl.said.items()), "1 IAM ") && cl.count("IAM ") > cl.iams {
			cl.receive([]byte("OK\r\n"))
		}
	}
	synctest.Wait()
}

func last(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return items[len(items)-1]
}

// count counts the lines of a kind that the client has sent.
func (cl *client) count(kind string) int {
	n := 0
	for _, line := range cl.said.items() {
		if strings.HasPrefix(line, "1 "+kind) {
			n++
		}
	}
	return n
}

// end ends a connection as the recorded client or server did.
func (r *player) end(cl *client, first bool) {
	over, _ := cl.push.Ended()
	switch {
	case over || cl.said.ended:
		return
	case !first || r.lite != nil:
		cl.said.add(cl.push.End())
	case r.capture.Name == "v22_server":
		cl.said.add(cl.push.Advance(5 * time.Second)) // what the recorded program had no patience for either
		r.notes.Add(fmt.Sprint("connects again: ", errors.Is(cl.push.Handle().Err(), session.ErrAgain)))
	default:
		if r.capture.Name == "local_kernel" {
			r.loopBack(cl.kernel)
		}
		if err := cl.kernel.Close(); err != nil {
			r.t.Error(err)
		}
		cl.flush()
	}
	cl.said.ended = first
}

// loopBack is what the recorded client sends to itself.
func (r *player) loopBack(k *Kernel) {
	ctx := WithSession(r.t.Context(), "me")
	_, err := k.CallTo(ctx, "poe://"+k.ID()+"/me/hello", "local", Specifier{Session: "me", State: "cb"})
	synctest.Wait()
	if err == nil {
		_, err = k.Post(ctx, "poe://Client/me/answer", "via name")
	}
	synctest.Wait()
	if err != nil {
		r.t.Error(err)
	}
}

func (r *player) close() {
	for _, cl := range r.clients {
		if cl.kernel != nil {
			if err := cl.kernel.Close(); err != nil {
				r.t.Error(err)
			}
		}
	}
	if r.lite != nil {
		if err := r.lite.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			r.t.Error(err)
		}
	}
}

// open begins a connection of the client that announces itself in the items.
func (r *player) open(conn int, items []item) {
	r.order = append(r.order, conn)
	names, classic := announcedBy(items, conn)
	if strings.Contains(r.capture.Name, "lite") {
		r.openLite(conn, classic)
		return
	}
	k := &Kernel{Name: names[0], Aliases: names[1:], Logger: quiet, Config: ikc.Config{Classic: classic}}
	k.OnDisconnect = r.notes.left
	k.SetDefault("Server")
	r.publish(k)
	k.start()
	r.clients[conn] = &client{end: newEnd(conn, ikc.NewClientSession(handler{kernel: k}, k.config())), kernel: k}
}

// announcedBy returns the names that a recorded client announces between its id and its address.
func announcedBy(items []item, conn int) (names []string, classic bool) {
	for _, it := range items {
		if it.step.Conn != conn || it.step.Dir != "c2s" || it.line == "" {
			continue
		}
		if list, ok := strings.CutPrefix(it.line, "SETUP KERNEL="); ok {
			list, _, _ = strings.Cut(list, ";")
			names = strings.Split(list, ",")
			return names[min(1, len(names)-1):max(1, len(names)-1)], false
		}
		if name, ok := strings.CutPrefix(it.line, "IAM "); ok {
			names = append([]string{name}, names...)
		}
		classic = true
	}
	return names[:max(1, len(names)-2)], classic // the id was announced first, then the address
}

// publish publishes what the recorded clients have published.
func (r *player) publish(k *Kernel) {
	r.t.Helper()
	note := func(state string, answer tree.Value) Handler {
		return HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) {
			r.notes.note(state, e.Args...)
			return answer, nil
		})
	}
	ctx := r.t.Context()
	err := k.Publish(ctx, "me", States{"hello": note("hello", tree.String("hi from client")), "answer": note("answer", tree.Value{})})
	for _, session := range []string{"1", "me"} {
		if err == nil {
			err = k.Define(ctx, session, States{"cb": note("cb", tree.Value{}), "cbsize": Func(func(tree.Value) {})})
		}
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// act has the client do what makes it send a frame like the recorded one. Lines it sends by itself.
func (r *player) act(cl *client, it item, later []item) {
	if it.line != "" {
		if serializer, ok := strings.CutPrefix(it.line, "FREEZER "); ok && serializer != "Storable" && offersMore(later[1:]) {
			r.skip++
		}
		return
	}
	if over, _ := cl.push.Ended(); over || it.value.IsUndef() {
		return
	}
	if r.lite != nil {
		select {
		case <-cl.open:
		default:
			r.t.Fatalf("the negotiation is not over: %q", cl.said.items())
		}
		r.actLite(it.value)
	} else {
		r.actKernel(cl.kernel, it.value)
	}
	r.settle()
	r.remember(cl, it.value)
}

// offersMore reports whether a recorded client offers another serializer later on.
func offersMore(items []item) bool {
	return slices.ContainsFunc(items, func(it item) bool { return it.step.Dir == "c2s" && strings.HasPrefix(it.line, "FREEZER ") })
}

// remember notes how our frame calls what the recorded one calls otherwise.
func (r *player) remember(cl *client, recorded tree.Value) {
	rest := cl.said.octets
	var ours tree.Value
	for len(rest) > 0 {
		it, n := nextItem(rest)
		if n == 0 {
			return
		}
		ours = it.value
		rest = rest[n:]
	}
	r.rsvps = append(r.rsvps,
		[2]tree.Value{recorded.Get("rsvp"), ours.Get("rsvp")},
		[2]tree.Value{recorded.Get("params").At(1), ours.Get("params").At(1)}, // of PostRespond
	)
	theirs, _ := recorded.Get("event").Str()
	mine, _ := ours.Get("event").Str()
	if theirs != "" && mine != "" {
		r.events = append(r.events, [2]string{theirs, mine})
	}
}

// feed gives the client what the server has sent, translated.
func (r *player) feed(cl *client, it item) {
	if it.line != "" && r.skip > 0 {
		r.skip--
		return
	}
	m := it.value.Map()
	if m == nil {
		cl.receive(it.octets)
		return
	}
	for _, pair := range r.rsvps {
		if event, _ := m.Get("event"); pair[0].Map() != nil && event.Equal(pair[0]) && pair[1].Map() != nil {
			m.Set("event", pair[1])
		}
	}
	if m.Has("is_error") {
		r.translateReport(m)
	}
	image, err := storable.Network.Append(nil, m.Value())
	if err != nil {
		r.t.Fatal(err)
	}
	octets, err := frame.Counted{End: "\x00", Max: 1 << 24}.Append(nil, image)
	if err != nil {
		r.t.Fatal(err)
	}
	cl.receive(octets)
}

// translateReport names in an error report what we have asked for.
func (r *player) translateReport(m *tree.Map) {
	params, _ := m.Get("params")
	text, ok := params.At(0).Str()
	if !ok {
		return
	}
	for _, pair := range r.events {
		text = strings.ReplaceAll(text, "Request "+pair[0], "Request "+pair[1])
	}
	params.List().Set(0, tree.String(text))
}

// actKernel posts, calls or subscribes.
func (r *player) actKernel(k *Kernel, m tree.Value) {
	r.t.Helper()
	event, rsvp := m.Get("event"), m.Get("rsvp")
	state, _ := event.Get("state").Str()
	answers := slices.ContainsFunc(r.rsvps, func(pair [2]tree.Value) bool { return event.Equal(pair[0]) })
	ctx := WithSession(r.t.Context(), "me")
	var err error
	switch {
	case m.Get("is_error").Truth() || answers || state == "pushcb": // our kernel says so by itself
	case state == "do_you_have":
		spec := specifier(m.Get("params").At(0))
		go func() { _, _ = k.Subscribe(ctx, spec) }()
	case state == "IKC:proxy":
		session, _ := event.Get("session").Str()
		state, _ := m.Get("params").At(0).Str()
		var args []any
		for _, arg := range m.Get("params").At(1).List().All() {
			args = append(args, arg)
		}
		if p := k.Proxy(session); p != nil {
			err = p.Post(ctx, state, args...)
		}
	case rsvp.Map() != nil:
		to := Specifier{}
		to.Session, _ = rsvp.Get("session").Str()
		to.State, _ = rsvp.Get("state").Str()
		to.Args, _ = rsvp.Get("args").Str()
		_, err = k.CallTo(ctx, specifier(event), m.Get("params"), to)
	default:
		_, err = k.Post(ctx, specifier(event), m.Get("params"))
	}
	if err != nil {
		r.t.Errorf("%v: %v", m, err)
	}
}

// specifier is the text form of an event in either form.
func specifier(event tree.Value) string {
	if s, ok := event.Str(); ok {
		return s
	}
	kernel, _ := event.Get("kernel").Str()
	session, _ := event.Get("session").Str()
	state, _ := event.Get("state").Str()
	return strings.TrimSuffix("poe://"+kernel+"/"+session+"/"+state, "/")
}

// liteOpened is a connection of the Lite client once its negotiation is over.
type liteOpened struct {
	liteHandler
	conn *ikc.Conn
	done chan struct{}
}

// Opened notes the connection.
func (h *liteOpened) Opened(ctx context.Context) error {
	h.conn = ikc.ConnFromContext(ctx)
	err := h.liteHandler.Opened(ctx)
	close(h.done)
	return err
}

func (h *liteOpened) Post(m *Message) error          { return h.conn.Post(m) }
func (h *liteOpened) Room(ctx context.Context) error { return h.conn.Room(ctx) }
func (h *liteOpened) Shutdown() error                { return h.conn.Shutdown() }
func (h *liteOpened) Close() error                   { return h.conn.Shutdown() }
func (h *liteOpened) Done() <-chan struct{}          { return h.conn.Done() }
func (h *liteOpened) Err() error                     { return h.conn.Err() }
func (h *liteOpened) names() []string                { return h.conn.Value().([]string) }

// openLite begins a connection, which the client takes when it needs one.
func (r *player) openLite(conn int, classic bool) {
	if r.lite == nil {
		r.lite = newLite(&LiteConfig{Name: "Lite", Logger: quiet}, func(ctx context.Context, _ *Lite) (liteLink, error) {
			select {
			case link := <-r.opened:
				return link, nil
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		})
		r.lite.config.Config.Classic = classic
	}
	link := &liteOpened{liteHandler: liteHandler{r.lite}, done: make(chan struct{})}
	r.clients[conn] = &client{end: newEnd(conn, ikc.NewClientSession(link, r.lite.config.wire())), open: link.done}
	if classic {
		r.clients[conn].iams = 1
	}
	go func() {
		select {
		case <-link.done:
		case <-r.t.Context().Done():
			return
		}
		select {
		case r.opened <- link:
		case <-r.t.Context().Done():
		}
	}()
}

// actLite posts, calls or pings, and notes what comes of it as the recorded program did.
func (r *player) actLite(m tree.Value) {
	event, _ := m.Get("event").Str()
	parts := strings.Split(event, "/")
	spec := strings.Join(parts[len(parts)-2:], "/")
	params := any(m.Get("params"))
	ctx := r.t.Context()
	note := func(what string, values []tree.Value, err error) {
		if err == nil {
			r.notes.note(what, values...)
		}
	}
	switch {
	case m.Get("rsvp").Get("state").String() == `"pong"`:
		go func() { _ = r.lite.Ping(ctx) }()
	case m.Get("wantarray").Truth():
		what := map[string]string{"test/list": "call list"}[spec]
		if what == "" {
			what = spec
		}
		go func() {
			values, err := r.lite.CallList(ctx, spec, params)
			note(what, values, err)
		}()
	case m.Get("rsvp").Map() != nil:
		go func() {
			v, err := r.lite.Call(ctx, spec, params)
			note("call", []tree.Value{v}, err)
		}()
	case spec == "test/respond":
		go func() {
			v, err := r.lite.PostRespond(ctx, spec, m.Get("params").At(0))
			note("post_respond", []tree.Value{v}, err)
		}()
	case spec == "test/back":
		go r.back(ctx, spec, m.Get("params"))
	default:
		go func() { _ = r.lite.Post(ctx, spec, params) }()
	}
}

// back posts and waits for what the handler posts to its sender.
func (r *player) back(ctx context.Context, spec string, params tree.Value) {
	what := "responded"
	if fmt.Sprint(params) == `"qq"` {
		what = "responded list"
	}
	err := r.lite.Post(ctx, spec, params)
	if err != nil {
		return
	}
	v, err := r.lite.Responded(ctx, "answer")
	if err == nil {
		r.notes.note(what, append([]tree.Value{}, elements(v)...)...)
	}
}

func elements(v tree.Value) []tree.Value {
	var all []tree.Value
	for _, element := range v.List().All() {
		all = append(all, element)
	}
	return all
}

// TestReplayRawServers lets our client hear what the recorded servers said to scripts that broke the rules: whatever comes, it ends by itself or
// with the connection.
func TestReplayRawServers(t *testing.T) {
	for _, c := range captures(t) {
		if !strings.HasPrefix(c.Name, "raw_") {
			continue
		}
		for _, classic := range []bool{false, true} {
			t.Run(fmt.Sprint(c.Name, "/classic ", classic), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					k := &Kernel{Name: "Client", Logger: quiet, Config: ikc.Config{Classic: classic}}
					k.start()
					e := newEnd(1, ikc.NewClientSession(handler{kernel: k}, k.config()))
					e.receive(octets(t, c, "s2c"))
					synctest.Wait()
					e.close()
					if over, _ := e.push.Ended(); !over {
						t.Error("the session is not over")
					}
					if err := k.Close(); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}
