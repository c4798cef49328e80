package kernel

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/runtime/tree/jsontree"
	"github.com/protogen-go/protogen/servers/internal/replay"
)

// betterServer says why our server does not do what the recorded one did.
var betterServer = map[string]string{
	"ikc_freezethaw": noSerializer,
	"ikc_ikcfreezer": noSerializer,
	"ikc_yaml":       noSerializer,

	"raw_frame_array":       diedOf + "a frame that is no hash",
	"raw_frame_scalar":      diedOf + "a frame that is no hash",
	"raw_frame_badstorable": diedOf + "a frame that is no image",
	"raw_frame_zero":        diedOf + "an empty frame",
	"raw_frame_oom":         diedOf + "seven octets that claim two thousand million elements, or spent a minute on them",
	"raw_handler_die":       diedOf + "what a handler dies of; our caller gets a report",

	"raw_frame_crlf":     wedged,
	"raw_frame_garbage":  wedged,
	"raw_frame_huge_len": wedged,

	"raw_ikc_badlines":  "the recorded server could not answer a kernel that the rsvp calls by a name it had not announced; our answers go where the call came from",
	"raw_ikc_noiam":     "as raw_ikc_badlines",
	"raw_ikc_pipelined": "the recorded server lost count of lines that came at once; ours answers each",
	"raw_split_crlf":    "the recorded server took CR and LF in two segments for two lines",

	"raw_native":      "a float that was sent as one comes back in all its digits, of which the recorded server dropped some",
	"server_push":     "our rsvp has the id of our kernel, which is unique, and the recorded one its name",
	"v22_both_errors": "the recorded server is version 0.2200; our reports are those of 0.2402",
	"v22_server":      "the recorded server is version 0.2200 and does not know SETUP",
}

const (
	noSerializer = "only Storable is spoken: the others are not needed, and one of them evaluates what it is sent"
	diedOf       = "the recorded process died of "
	wedged       = "the recorded server waited for ever for a frame it could understand; ours ends the connection"
)

// TestReplayServer has our server hear what the recorded clients said, at the same times.
func TestReplayServer(t *testing.T) {
	verdict := replay.NewVerdict(t, "server", betterServer)
	for _, c := range captures(t) {
		t.Run(c.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, told := serveCapture(t, c)
				verdict.Judge(t, c.Name, append(got, told...), append(sent(t, c, "s2c"), toldBy(t, c.Logs["server"], notedStates)...))
			})
		})
	}
	verdict.Finish(t)
}

// notedStates are the states whose Perl counterparts print their arguments.
var notedStates = []string{"log", "echo", "respond", "back", "noreturn", "connect", "time"}

// toldBy reads what handlers have printed, of the states that are noted.
func toldBy(t *testing.T, printed, states []string) []string {
	t.Helper()
	var all []string
	for _, text := range printed {
		v, err := jsontree.Codec{}.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if state, _ := v.At(0).Str(); slices.Contains(states, state) {
			all = append(all, "told "+plainValue(v))
		}
	}
	return all
}

// serveCapture plays the server.
func serveCapture(t *testing.T, c replay.Capture) (said, heard []string) {
	k := &Kernel{Name: "Server", Logger: quiet, Config: ikc.Config{Classic: classicServer(t, c)}}
	if bytes.Contains(octets(t, c, "s2c"), []byte("Ikc")) {
		k.Aliases = []string{"Ikc"}
	}
	notes := &diary{}
	k.OnDisconnect = notes.left
	publishRecorded(t, k, notes)
	ends := map[int]*end{}
	var order []int
	var before replay.Step
	for _, s := range c.Steps {
		replay.Wait(before, s)
		before = s
		switch {
		case s.Event == "open":
			k.start()
			ends[s.Conn] = newEnd(s.Conn, ikc.NewServerSession(handler{kernel: k}, k.config()))
			order = append(order, s.Conn)
		case s.Dir == "c2s" && s.Hex != "":
			ends[s.Conn].receive(s.Octets(t))
		case s.Dir == "c2s" && s.Event == "eof":
			ends[s.Conn].close()
		}
		synctest.Wait()
		for _, e := range ends {
			e.flush()
		}
	}
	for _, conn := range order {
		said = append(said, ends[conn].said.items()...)
	}
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	return said, notes.Entries()
}

// octets is all that one end has sent.
func octets(t *testing.T, c replay.Capture, dir string) []byte {
	t.Helper()
	var all []byte
	for _, s := range c.Steps {
		if s.Dir == dir {
			all = append(all, s.Octets(t)...)
		}
	}
	return all
}

// classicServer reports whether the recorded server knew the old negotiation only: it has refused a SETUP, and not for its serializers.
func classicServer(t *testing.T, c replay.Capture) bool {
	t.Helper()
	if strings.HasSuffix(c.Name, "_ikcsrv") {
		return true
	}
	return c.Name == "ikc0_client_ikc_server"
}

// publishRecorded publishes what the recorded server has published.
func publishRecorded(t *testing.T, k *Kernel, notes *diary) {
	t.Helper()
	noting := func(state string, then HandlerFunc) Handler {
		return HandlerFunc(func(ctx context.Context, e *Event) (tree.Value, error) {
			notes.note(state, e.Args...)
			if then == nil {
				return tree.Value{}, nil
			}
			return then(ctx, e)
		})
	}
	first := HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) { return e.Arg(0), nil })
	states := States{
		"log":      noting("log", nil),
		"echo":     noting("echo", first),
		"noreturn": noting("noreturn", nil),
		"respond": HandlerFunc(func(ctx context.Context, e *Event) (tree.Value, error) {
			notes.note("respond", e.Arg(0).At(0), e.Arg(0).At(1))
			_, err := k.Send(WithSession(ctx, "test"), e.Kernel, &Message{
				Event: e.Arg(0).At(1), Params: tree.MapOf(tree.Pair("got", e.Arg(0).At(0))), From: k.sender(ctx),
			})
			return tree.Value{}, err
		}),
		"back": noting("back", func(_ context.Context, e *Event) (tree.Value, error) {
			return tree.Value{}, e.Reply("answer", "for", e.Arg(0))
		}),
		"back_later": HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) {
			time.AfterFunc(200*time.Millisecond, func() { _ = e.Reply("answer", "later", e.Arg(0)) })
			return tree.Value{}, nil
		}),
		"identity": first,
		"add":      Func(func(a, b int) int { return a + b }),
		"list": HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) {
			return e.List(tree.Int(1), tree.String("two"), tree.MapOf(tree.Pair("three", tree.Int(3))))
		}),
		"fail":   Func(func() { panic("the recorded handler dies here") }),
		"fetchQ": first,
		"slow":   first,
		"stop":   Func(func() { go func() { _ = k.Shutdown(context.Background()) }() }),
		"push":   HandlerFunc(func(ctx context.Context, e *Event) (tree.Value, error) { return push(ctx, k, e) }),
		"retract_echo": HandlerFunc(func(ctx context.Context, _ *Event) (tree.Value, error) {
			return tree.Int(1), k.Retract(ctx, "test", "echo")
		}),
		"republish": HandlerFunc(func(ctx context.Context, _ *Event) (tree.Value, error) {
			return tree.Int(1), k.Publish(ctx, "test", States{"echo": noting("echo", first)})
		}),
	}
	timeserver := States{"connect": noting("connect", nil), "time": noting("time", nil)}
	for session, states := range map[string]States{"test": states, "timeserver": timeserver} {
		if err := k.Publish(t.Context(), session, states); err != nil {
			t.Fatal(err)
		}
	}
}

// push is what the recorded server does when it is asked to push: it calls the client, and posts when the answer has come.
func push(ctx context.Context, k *Kernel, e *Event) (tree.Value, error) {
	client, _ := e.Arg(0).Str()
	err := k.Define(ctx, "1", States{"pushcb": Func(func(tree.Value) {
		ctx := WithSession(context.Background(), "test")
		_, _ = k.Post(ctx, "poe://"+client+"/me/answer", "pushed")
		_, _ = k.Post(ctx, "poe://"+client+"/me/unpub", "x")
	})})
	if err == nil {
		_, err = k.CallTo(ctx, "poe://"+client+"/me/hello", map[string]string{"from": "server"}, Specifier{Session: "1", State: "pushcb"})
	}
	return tree.Value{}, err
}
