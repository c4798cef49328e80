package storable_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// FuzzDecode reads anything. What can be read can be written in both forms, and reads back the same from then on: Perl's forms lose something
// once (a float becomes digits), never twice.
func FuzzDecode(f *testing.F) {
	for _, im := range readLines[image](f, "images.jsonl") {
		if len(im.Net) < 1000 {
			f.Add(im.Net)
			f.Add(im.Nat)
		}
	}
	for _, r := range readLines[reject](f, "rejects.jsonl") {
		if len(r.Image) < 1000 {
			f.Add(r.Image)
		}
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		v, err := storable.Network.Decode(octets)
		if err != nil {
			var fault *tree.Error
			if !errors.As(err, &fault) || fault.Fault == 0 || fault.Offset < 0 || fault.Offset > len(octets) {
				t.Fatalf("%#v", err)
			}
			return
		}
		for _, c := range []storable.Codec{storable.Network, storable.Native, {Canonical: true, PerlDigits: true}} {
			settles(t, c, v)
		}
		_ = v.String()
	})
}

// settles writes v, reads it and expects that to stay.
func settles(t *testing.T, c storable.Codec, v tree.Value) {
	t.Helper()
	first, err := c.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Decode(first)
	if err != nil {
		t.Fatalf("%v\nof %x\nof %v", err, first, v)
	}
	second, err := c.Append(nil, w)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Fatalf("written as\n%x, then as\n%x", first, second)
	}
	again, err := c.Decode(second)
	if err != nil {
		t.Fatal(err)
	}
	if !w.Identical(again) {
		t.Fatalf("%v, then %v", w, again)
	}
}

// FuzzValue writes any value.
func FuzzValue(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(randomTape(seed, 100).octets)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		v := (&tape{octets: octets}).root()
		for _, c := range []storable.Codec{storable.Network, storable.Native, {Canonical: true, PerlDigits: true}} {
			settles(t, c, v)
		}
		image, err := storable.Native.Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		for n := range image[:min(len(image), 200)] {
			if w, err := storable.Native.Decode(image[:n]); err == nil {
				t.Fatalf("%d octets of %x are %v", n, image, w)
			}
		}
	})
}
