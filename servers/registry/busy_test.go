package registry

import (
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/loop"
)

// TestBusy: a connection that its peer has one too many of gets a response with code 2502 in place of the greeting, and its end, with either
// engine; a client says that there is no room. The connection before it goes on.
func TestBusy(t *testing.T) {
	for _, engine := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
		t.Run(engine, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			srv := &epp.Server{Handler: epp.UnimplementedHandler{}, Engine: engine, Limits: loop.Config{MaxConnsPerPeer: 1}}
			served := make(chan error, 1)
			go func() { served <- srv.Serve(l) }()
			defer func() {
				_ = srv.Close()
				<-served
			}()
			first, err := epp.Dial(t.Context(), "tcp", l.Addr().String(), &epp.ClientConfig{})
			if err != nil {
				if runtime.GOOS == "linux" {
					t.Fatal(err)
				}
				t.Skipf("no server with this engine: %v", err)
			}
			defer first.Close()

			nc, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			said, err := io.ReadAll(nc)
			if err != nil || len(said) < 4 || int(binary.BigEndian.Uint32(said)) != len(said) {
				t.Fatalf("a refused connection gets %q, %v", said, err)
			}
			m, err := epp.DecodeMessage(said[4:])
			if err != nil {
				t.Fatal(err)
			}
			if r, ok := m.(*epp.Response); !ok || r.Code() != epp.CodeSessionLimit {
				t.Errorf("a refused connection gets %q", said)
			}

			if _, err := epp.Dial(t.Context(), "tcp", l.Addr().String(), &epp.ClientConfig{}); err == nil || !strings.Contains(err.Error(), "no room for another session") {
				t.Errorf("a refused client says %v", err)
			}
			if _, err := first.Hello(t.Context()); err != nil {
				t.Errorf("the first session: %v", err)
			}
		})
	}
}
