package storable_test

import (
	"errors"
	"testing"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// TestDecodeReferences reads images in which one thing is reached in several ways.
func TestDecodeReferences(t *testing.T) {
	t.Parallel()
	decode := func(image string) tree.Value {
		t.Helper()
		v, err := storable.Network.Decode([]byte("\x05\x0b" + image))
		if err != nil {
			t.Fatalf("%q: %v", image, err)
		}
		again, err := storable.Network.Append(nil, v)
		if err != nil || string(again) != "\x05\x0b"+image {
			t.Errorf("%q is written as %q, %v", image, again, err)
		}
		return v
	}

	itself := decode("\x04\x00\x00\x00\x00\x00") // $x = \$x
	if s := itself.Ref(); s.Value().Ref() != s {
		t.Errorf("not a reference to itself: %v", itself)
	}

	list := decode("\x02\x00\x00\x00\x02\x08\x85\x04\x00\x00\x00\x00\x01") // [5, \$list[0]]
	list.List().Set(0, tree.Int(7))
	if got := list.At(1).Ref().Value(); !got.Equal(tree.Int(7)) {
		t.Errorf("the reference says %v", got)
	}

	own := decode("\x02\x00\x00\x00\x01\x04\x00\x00\x00\x00\x01") // $list[0] = \$list[0]
	if s := own.At(0).Ref(); s.Value().Ref() != s {
		t.Errorf("not a reference to itself: %v", own)
	}

	variable := decode("\x03\x00\x00\x00\x01\x11\x03Foo\x04\x11\x03Bar\x08\x85\x00\x00\x00\x01k") // a blessed variable with a reference to another
	if slot := variable.Map().Entries()[0].Value.Shared(); slot.Class() != "Foo" || slot.Value().Class() != "Bar" {
		t.Errorf("classes %q and %q", slot.Class(), slot.Value().Class())
	}

	twice := decode("\x02\x00\x00\x00\x02\x04\x11\x01C\x08\x80\x00\x00\x00\x00\x02") // [\$x, $x], $x blessed
	if slot := twice.List().Slots()[1].Shared(); slot == nil || slot != twice.At(0).Ref() || slot.Class() != "C" {
		t.Errorf("%v", twice)
	}
}

// TestDecodeFaults complements the recorded rejects.
func TestDecodeFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		image string
		want  tree.Fault
		at    int
	}{
		"list in a list":         {"\x02\x00\x00\x00\x01\x02\x00\x00\x00\x00", tree.BadType, 7},
		"list as a variable":     {"\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00", tree.BadType, 8},
		"reference without end":  {"\x04\x04", tree.Truncated, 4},
		"tag without end":        {"\x04\x00\x00", tree.Truncated, 4},
		"class twice":            {"\x11\x01A\x11\x01B\x05", tree.BadType, 5},
		"class of a tag":         {"\x02\x00\x00\x00\x01\x11\x01A\x00\x00\x00\x00\x00", tree.BadType, 10},
		"class without end":      {"\x11\x05A", tree.Truncated, 4},
		"blessed code":           {"\x11\x01A\x1a\x0a\x00", tree.Refused, 5},
		"hook in a list":         {"\x02\x00\x00\x00\x01\x13", tree.Refused, 7},
		"tied in a hash":         {"\x03\x00\x00\x00\x01\x0d\x05\x00\x00\x00\x00", tree.Refused, 7},
		"version of a number":    {"\x1d\x01v\x08\x80", tree.BadType, 5},
		"long version":           {"\x1e\x00\x00\x00\x09v", tree.Truncated, 7},
		"key without end":        {"\x03\x00\x00\x00\x01\x05\x00\x00", tree.Truncated, 7 - 4},
		"flags without end":      {"\x19\x00\x00\x00\x00\x01\x05", tree.Truncated, 4},
		"integer without end":    {"\x06\x00\x00", tree.Truncated, 3},
		"netint without end":     {"\x09\x00\x00", tree.Truncated, 3},
		"text longer than image": {"\x17\x05abc", tree.Truncated, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := storable.Network.Decode([]byte("\x05\x0b" + c.image))
			var got *tree.Error
			if !errors.As(err, &got) || got.Fault != c.want || got.Offset != c.at || got.Codec != storable.Network.Name() {
				t.Errorf("%v %v, want %v at %d", v, err, c.want, c.at)
			}
		})
	}
}

// TestDuplicateKeys lets the last pair count, and keeps what others refer to.
func TestDuplicateKeys(t *testing.T) {
	t.Parallel()
	// {k => [], k => 5, other => the list of the first k}
	image := "\x05\x0b\x03\x00\x00\x00\x03" +
		"\x04\x02\x00\x00\x00\x00\x00\x00\x00\x01k" +
		"\x08\x85\x00\x00\x00\x01k" +
		"\x04\x00\x00\x00\x00\x02\x00\x00\x00\x05other"
	v, err := storable.Network.Decode([]byte(image))
	if err != nil {
		t.Fatal(err)
	}
	if want := tree.MapOf(tree.Pair("k", tree.Int(5)), tree.Pair("other", tree.ListOf())); !v.Equal(want) {
		t.Errorf("%v, want %v", v, want)
	}
}

// TestLocate finds values by the keys that lead to them.
func TestLocate(t *testing.T) {
	t.Parallel()
	v := tree.MapOf(
		tree.Pair("a", tree.Int(5)),
		tree.Pair("m", tree.MapOf(tree.Pair("k", tree.Octets("x")), tree.Pair("l", tree.ListOf(tree.Int(1))))),
	)
	image, err := storable.Network.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	// 0x05 0x0b, hash of 2: smallInt 5 at 7 and "a"; ref at 14, hash of 2 at 15: scalar "x" at 20 and "k", ref at 28 and "l".
	for _, test := range []struct {
		want int
		keys []string
	}{
		{2, nil},
		{2, []string{"none"}},
		{7, []string{"a"}},
		{7, []string{"a", "deeper"}},
		{14, []string{"m"}},
		{14, []string{"m", "none"}},
		{20, []string{"m", "k"}},
		{28, []string{"m", "l"}},
	} {
		if got := storable.Network.Locate(image, test.keys...); got != test.want {
			t.Errorf("%q is at %d, want %d", test.keys, got, test.want)
		}
	}
	for n := range image {
		storable.Network.Locate(image[:n], "m", "k") // whatever it is, it is no image
	}
}
