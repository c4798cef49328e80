package kernel

import (
	"testing"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// FuzzReceive gives a kernel whatever a peer might send after its introduction. Nothing may panic, and the kernel works for
// others afterwards.
func FuzzReceive(f *testing.F) {
	for _, m := range []tree.Value{
		message("echo"),
		tree.MapOf(tree.Pair("event", tree.String("poe://Server/test/add?x")), tree.Pair("params", tree.ListOf(tree.Int(1)))),
		tree.MapOf(tree.Pair("event", spec("", "IKC", "do_you_have")), tree.Pair("params", tree.ListOf(tree.String("test"))), tree.Pair("rsvp", tree.String("poe:a"))),
		tree.MapOf(tree.Pair("event", spec("", "IKC", "remote_error")), tree.Pair("is_error", tree.Int(1)), tree.Pair("params", tree.String("x [poe:y]"))),
		tree.MapOf(tree.Pair("event", spec("", "test", "IKC:proxy")), tree.Pair("params", tree.ListOf(tree.String("back"), tree.ListOf())), tree.Pair("from", tree.MapOf())),
		tree.MapOf(tree.Pair("event", spec("", "IKC:answers", "response1"))),
	} {
		image, err := storable.Network.Append(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(counted(string(image))))
	}
	f.Add([]byte("0\x00"))
	f.Add([]byte("7\x00\x05\x0b\x02\x7f\xff\xff\xff"))
	k := &Kernel{Name: "Server", Logger: quiet}
	states := States{}
	for name, h := range demoStates() {
		states[name] = Inline(h)
	}
	if err := k.Publish(f.Context(), "test", states); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		p := ikc.NewServerSession(handler{kernel: k}, k.config())
		p.Open()
		p.Receive([]byte(setup))
		p.Receive(octets)
		p.End()
		v, err := k.Call(t.Context(), "poe://Server/test/add", []int{1, 2})
		if err != nil || !v.Equal(tree.Int(3)) {
			t.Errorf("%v, %v", v, err)
		}
	})
}
