package session_test

import (
	"testing"

	"github.com/protogen-go/protogen/runtime/session"
)

// BenchmarkExchange measures what the engine adds to a request: cutting the frame, the exchange, the machine's turn and the
// reply's frame, without a network.
func BenchmarkExchange(b *testing.B) {
	for _, bb := range []struct{ name, request string }{{"by the machine", "hello 1"}, {"by a handler", "order 1 x"}} {
		b.Run(bb.name, func(b *testing.B) {
			push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
			push.Open()
			push.Receive(frames(b, "login 0 me"))
			request := frames(b, bb.request)
			b.ReportAllocs()
			for b.Loop() {
				if len(push.Receive(request)) == 0 {
					b.Fatal("no reply")
				}
			}
		})
	}
}
