package storable_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// references is where streams that POE::Filter::Reference has written are kept, and what their frames are.
const references = "../../testdata/reference"

// counted is the framing of POE::Filter::Reference.
var counted = frame.Counted{End: "\x00", Max: 1 << 20}

// cutFrames returns the payloads of a stream.
func cutFrames(t *testing.T, stream []byte) [][]byte {
	t.Helper()
	var payloads [][]byte
	for len(stream) > 0 {
		payload, n, err := counted.Next(stream)
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, payload)
		stream = stream[n:]
	}
	return payloads
}

// TestReferenceStreams cuts what POE::Filter::Reference has written, with several serializers and with compression.
func TestReferenceStreams(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(references, "frames.json"))
	if err != nil {
		t.Fatal(err)
	}
	var streams map[string]struct{ Frames []string }
	if err := json.Unmarshal(text, &streams); err != nil {
		t.Fatal(err)
	}
	for name, want := range streams {
		stream, err := os.ReadFile(filepath.Join(references, name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		payloads := cutFrames(t, stream)
		if len(payloads) != len(want.Frames) {
			t.Fatalf("%s: %d frames, want %d", name, len(payloads), len(want.Frames))
		}
		for i, payload := range payloads {
			whole, err := counted.Append(nil, payload)
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(whole); got != want.Frames[i] {
				t.Errorf("%s: frame %d is %s, want %s", name, i, got, want.Frames[i])
			}
		}
	}
}

// TestReferenceValues reads the values in the frames.
func TestReferenceValues(t *testing.T) {
	t.Parallel()
	one, two, three := tree.Int(1), tree.Int(2), tree.Int(3)
	want := []tree.Value{
		tree.MapOf(
			tree.Pair("event", tree.Octets("poe://S/a/b")),
			tree.Pair("params", tree.ListOf(one, tree.Octets("two"), tree.Octets("3.5"))),
		),
		tree.ListOf(one, two, three),
		tree.Ref(tree.Octets("scalar")),
	}
	for name, compressed := range map[string]bool{"storable": false, "storable_zlib": true} {
		stream, err := os.ReadFile(filepath.Join(references, name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		for i, payload := range cutFrames(t, stream) {
			if compressed {
				payload = inflate(t, payload)
			}
			v, err := storable.Network.Decode(payload)
			if err != nil {
				t.Fatal(err)
			}
			if !v.Equal(want[i]) {
				t.Errorf("%s: %v, want %v", name, v, want[i])
			}
		}
	}
}

func inflate(t *testing.T, payload []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	image, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func deflate(t *testing.T, image []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := w.Write(image)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReferenceLive exchanges frames with POE::Filter::Reference, plain and compressed.
func TestReferenceLive(t *testing.T) {
	t.Parallel()
	needPerl(t, "POE::Filter::Reference")
	const values = 500
	c := storable.Codec{Canonical: true}
	for name, arguments := range map[string][]string{"plain": nil, "compressed": {"Compression", "1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compressed := name == "compressed"
			var stream []byte
			var sent [][]byte
			for seed := range uint64(values) {
				image, err := c.Append(nil, randomTape(seed, int(seed%300)).root())
				if err != nil {
					t.Fatal(err)
				}
				sent = append(sent, image)
				if compressed {
					image = deflate(t, image)
				}
				if stream, err = counted.Append(stream, image); err != nil {
					t.Fatal(err)
				}
			}
			answers := cutFrames(t, talk(t, stream, append([]string{"testdata/reference.pl"}, arguments...)...))
			if len(answers) != len(sent) {
				t.Fatalf("%d answers to %d frames", len(answers), len(sent))
			}
			for i, answer := range answers {
				if compressed {
					answer = inflate(t, answer)
				}
				if !bytes.Equal(answer, sent[i]) {
					t.Fatalf("seed %d: sent\n%x, POE has understood\n%x", i, sent[i], answer)
				}
			}
		})
	}
}
