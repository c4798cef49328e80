package kernel

import (
	"context"
	"strconv"
	"testing"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// benched is a kernel with a session, and the octets of a peer's end to it.
func benched(b *testing.B) (*Kernel, *session.Push) {
	k := &Kernel{Name: "Server", Logger: quiet}
	if err := k.Publish(b.Context(), "test", States{
		"log":  HandlerFunc(func(context.Context, *Event) (tree.Value, error) { return tree.Value{}, nil }),
		"echo": HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) { return e.Arg(0), nil }),
	}); err != nil {
		b.Fatal(err)
	}
	p := ikc.NewServerSession(handler{kernel: k}, k.config())
	p.Open()
	p.Receive([]byte("SETUP KERNEL=raw;FREEZER=Storable;PID=1\r\n"))
	for other := range k.connected() {
		<-other.ready.happening()
	}
	return k, p
}

// framed is many frames of a message.
func framed(b *testing.B, m tree.Value, many int) []byte {
	image, err := storable.Network.Append(nil, m)
	if err != nil {
		b.Fatal(err)
	}
	var out []byte
	for range many {
		out = append(append(strconv.AppendInt(out, int64(len(image)), 10), 0), image...)
	}
	return out
}

// message is a message of some 235 octets, as Perl programs send them.
func message(state string) tree.Value {
	return tree.MapOf(
		tree.Pair("event", tree.String("poe://Server/test/"+state)),
		tree.Pair("from", tree.MapOf(tree.Pair("kernel", tree.String("raw")), tree.Pair("session", tree.String("me")), tree.Pair("state", tree.String("IKC:proxy")))),
		tree.Pair("params", tree.MapOf(tree.Pair("a", tree.Int(1)), tree.Pair("b", tree.ListOf(tree.Int(2), tree.Int(3))))),
	)
}

// batchOf is how many messages come in one read.
const batchOf = 64

// BenchmarkPost is what a message costs from its octets to its handler.
func BenchmarkPost(b *testing.B) {
	k, p := benched(b)
	octets := framed(b, message("log"), batchOf)
	b.SetBytes(int64(len(octets) / batchOf))
	b.ReportAllocs()
	for n := 0; n < b.N; n += batchOf {
		p.Receive(octets)
		if err := k.events.wait(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall is what a call costs from its octets to those of the answer.
func BenchmarkCall(b *testing.B) {
	k, p := benched(b)
	m := message("echo")
	m.Map().Set("rsvp", tree.MapOf(tree.Pair("session", tree.String("me")), tree.Pair("state", tree.String("answer"))))
	octets := framed(b, m, batchOf)
	b.ReportAllocs()
	for n := 0; n < b.N; n += batchOf {
		p.Receive(octets)
		if err := k.events.wait(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
