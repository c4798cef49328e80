package storable_test

import (
	"testing"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// post is a message as IKC programs send it, of 235 octets in network order.
func post() tree.Value {
	return tree.MapOf(
		tree.Pair("event", tree.MapOf(
			tree.Pair("kernel", tree.Octets("Server")),
			tree.Pair("session", tree.Octets("timeserver")),
			tree.Pair("state", tree.Octets("connect")),
		)),
		tree.Pair("from", tree.MapOf(
			tree.Pair("kernel", tree.Octets("host.example.net-5f3a9c10-00001a2b-00000001")),
			tree.Pair("session", tree.Octets("me")),
			tree.Pair("state", tree.Octets("IKC:proxy")),
		)),
		tree.Pair("params", tree.MapOf(
			tree.Pair("n", tree.Int(42)),
			tree.Pair("name", tree.Octets("client number one")),
		)),
	)
}

func BenchmarkDecode(b *testing.B) {
	image, err := storable.Network.Append(nil, post())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(image)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := storable.Network.Decode(image); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	v := post()
	var image []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if image, err = storable.Network.Append(image[:0], v); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(image)))
}
