package kernel

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// patience is how long a test waits for anything before it takes it for lost.
const patience = time.Minute

// counted is a frame around an image.
func counted(image string) string { return strconv.Itoa(len(image)) + "\x00" + image }

// imageOf is the image of a value.
func imageOf(t *testing.T, v tree.Value) string {
	t.Helper()
	b, err := storable.Network.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const setup = "SETUP KERNEL=raw;FREEZER=Storable;PID=1\r\n"

// TestHostile sends what kills or wedges the original, one connection for each: it ends that connection at most, with an error
// that says why, and the kernel goes on.
func TestHostile(t *testing.T) {
	faulty := func(fault tree.Fault) error { return &tree.Error{Fault: fault} }
	deep := "\x05\x0b" + strings.Repeat("\x04", 100_000)
	for name, c := range map[string]attack{
		"nothing":                  {"", false, nil},
		"half of HELLO":            {"HEL", false, nil},
		"HELLO":                    {"HELLO\r\n", false, nil},
		"HELLO IKC1":               {"HELLO IKC1\r\n", false, nil},
		"rubbish for HELLO":        {"GET / HTTP/1.1\r\n\r\n", false, nil},
		"bad SETUP":                {"SETUP KERNEL=;NONSENSE\r\n", false, nil},
		"unknown freezer":          {"SETUP KERNEL=raw;FREEZER=No::Such::Module\r\n", false, nil},
		"freezer that runs code":   {"SETUP KERNEL=raw;FREEZER=POE::Component::IKC::Freezer\r\n", false, nil},
		"a line without end":       {strings.Repeat("x", 5000), true, cut(frame.TooLong)},
		"octets of no line":        {strings.Repeat("\x00\xff", 40) + "\n", false, nil},
		"too many names":           {"SETUP KERNEL=" + strings.Repeat("k,", 100) + "k;FREEZER=Storable\r\n", false, nil},
		"a list for a hash":        {setup + counted("\x05\x0b\x02\x00\x00\x00\x00"), true, named("not a map at octet 2")},
		"a scalar for a hash":      {setup + counted("\x05\x0b\x0a\x01x"), true, named("not a map at octet 2")},
		"an empty frame":           {setup + "0\x00", true, is(faulty(tree.Truncated))},
		"no image":                 {setup + counted("no image at all"), true, as[*tree.Error]},
		"garbage before a length":  {setup + "xx" + counted(imageOf(t, message("echo"))), true, cut(frame.BadLength)},
		"CR LF before a length":    {setup + "\r\n" + counted(imageOf(t, message("echo"))), true, cut(frame.BadLength)},
		"a length beyond all":      {setup + strings.Repeat("9", 40) + "\x00", true, cut(frame.BadLength)},
		"a frame that is too long": {setup + "99999999\x00", true, cut(frame.TooLong)},
		"2^31 elements":            {setup + counted("\x05\x0b\x02\x7f\xff\xff\xff"), true, is(faulty(tree.Truncated))},
		"2^31 pairs":               {setup + counted("\x05\x0b\x03\x7f\xff\xff\xff"), true, is(faulty(tree.Truncated))},
		"100000 references":        {setup + counted(deep), true, is(faulty(tree.TooDeep))},
		"code":                     {setup + counted("\x05\x0b\x04\x1a\x0a\x03{1}"), true, is(faulty(tree.Refused))},
		"a hook":                   {setup + counted("\x05\x0b\x13\x00\x01A\x00"), true, is(faulty(tree.Refused))},
		"a torn frame":             {setup + "500\x00\x05\x0b", false, nil},
		"keys that do not exist":   {setup + counted(imageOf(t, tree.MapOf(tree.Pair("bogus", tree.Int(1)), tree.Pair("event", tree.String("poe:/test/log"))))), false, nil},
		"values of bad types": {setup + counted(imageOf(t, tree.MapOf(tree.Pair("event", tree.Float(1.5)), tree.Pair("from", tree.Int(1)),
			tree.Pair("rsvp", tree.ListOf()), tree.Pair("wantarray", tree.MapOf()), tree.Pair("is_error", tree.ListOf())))), false, nil},
	} {
		for _, engine := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
			t.Run(name+"/"+engine, func(t *testing.T) {
				t.Parallel()
				if _, err := loop.New(engine, loop.Config{}); err != nil {
					t.Skip(err)
				}
				c.run(t, engine)
			})
		}
	}
}

// attack is what a hostile peer sends, and what becomes of its connection.
type attack struct {
	send string
	ends bool             // the server closes the connection
	why  func(error) bool // because of that
}

func (a attack) run(t *testing.T, engine string) {
	ended := make(chan error, 2)
	k := &Kernel{Name: "Server", Engine: engine, Logger: quiet, Hooks: session.Hooks{Closed: func(_ uint64, cause error) { ended <- cause }}}
	demo(t, k)
	address := serve(t, k, "tcp")
	nc := dialed(t, address)
	if _, err := io.WriteString(nc, a.send); err != nil {
		t.Fatal(err)
	}
	if !a.ends {
		works(t, address)
		nc.Close()
		<-ended
		return
	}
	if _, err := io.Copy(io.Discard, nc); err != nil && !isReset(err) {
		t.Errorf("the connection stays: %v", err)
	}
	if cause := <-ended; !a.why(cause) {
		t.Errorf("it ended because of %v", cause)
	}
	works(t, address)
}

// is matches an error.
func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

// cut matches an error of the framing.
func cut(kind frame.Kind) func(error) bool { return is(&frame.Error{Kind: kind}) }

// as matches errors of a type.
func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// named matches an error by its text.
func named(text string) func(error) bool {
	return func(err error) bool {
		var m *ikc.MessageError
		return errors.As(err, &m) && strings.Contains(err.Error(), text)
	}
}

func isReset(err error) bool { return strings.Contains(err.Error(), "reset") }

func dialed(t *testing.T, address string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return nc
}

// works calls the server as a good client does.
func works(t *testing.T, address string) {
	t.Helper()
	l, err := Dial(t.Context(), "tcp", address, &LiteConfig{Logger: quiet})
	if err != nil {
		t.Fatalf("the server is gone: %v", err)
	}
	defer l.Close()
	if v, err := l.Call(t.Context(), "test/add", []int{1, 2}); err != nil || !v.Equal(tree.Int(3)) {
		t.Errorf("the server answers %v, %v", v, err)
	}
}

// TestConnectClose comes and goes before the negotiation has ended, a hundred times.
func TestConnectClose(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet}
	demo(t, k)
	address := serve(t, k, "tcp")
	for i := range 100 {
		nc := dialed(t, address)
		if i%2 == 0 {
			if _, err := io.WriteString(nc, "HELLO\r\n"); err != nil {
				t.Fatal(err)
			}
		}
		nc.Close()
	}
	works(t, address)
}

// TestMuteClient is sent away when its time is over, and makes room for others.
func TestMuteClient(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet, Config: ikc.Config{Negotiation: 10 * time.Millisecond}}
	demo(t, k)
	nc := dialed(t, serve(t, k, "tcp"))
	if _, err := io.Copy(io.Discard, nc); err != nil {
		t.Error(err)
	}
}

// TestConcurrencyLimit accepts no more connections than it may until one has ended.
func TestConcurrencyLimit(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet}
	k.Limits.MaxConns = 2
	address := serve(t, k, "tcp")
	greet := func(nc net.Conn) error {
		if _, err := io.WriteString(nc, setup); err != nil {
			return err
		}
		_, err := bufio.NewReader(nc).ReadString('\n')
		return err
	}
	first, second, third := dialed(t, address), dialed(t, address), dialed(t, address)
	for _, nc := range []net.Conn{first, second} {
		if err := greet(nc); err != nil {
			t.Fatal(err)
		}
	}
	greeted := make(chan error, 1)
	go func() { greeted <- greet(third) }()
	select {
	case err := <-greeted:
		t.Errorf("a third connection is served: %v", err)
	default:
	}
	first.Close()
	if err := <-greeted; err != nil {
		t.Errorf("the third is not served after the first has gone: %v", err)
	}
}

// TestOutOfMemory sends images that claim much, and the kernel takes little memory for them.
func TestOutOfMemory(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet}
	demo(t, k)
	address := serve(t, k, "tcp")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		nc := dialed(t, address)
		if _, err := io.WriteString(nc, setup+counted("\x05\x0b\x02\x7f\xff\xff\xff")); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, nc) // until it is cut
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d octets were allocated", used)
	}
	works(t, address)
}

// TestUnanswered ends a call whose state returns nothing by its time, over the wire.
func TestUnanswered(t *testing.T) {
	server, client := &Kernel{Name: "Server", Logger: quiet}, &Kernel{Name: "Client", Logger: quiet}
	demo(t, server)
	defer client.Close()
	if _, err := client.Connect(t.Context(), "tcp", serve(t, server, "tcp")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := client.Call(ctx, "poe://Server/test/noreturn", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
