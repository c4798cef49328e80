package storable_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// TestAppend shows what Perl's rules make of values that come from Go.
func TestAppend(t *testing.T) {
	t.Parallel()
	const (
		net = "\x05\x0b"
		nat = "\x04\x0b\x0812345678\x04\x08\x08\x08"
	)
	var (
		network   = storable.Network
		native    = storable.Native
		rounded   = storable.Codec{PerlDigits: true}
		canonical = storable.Codec{Canonical: true}
	)
	cyclic := new(tree.Map)
	cyclic.Set("me", cyclic.Value())
	scalar := tree.NewScalar(tree.Int(1))
	aliased := new(tree.List)
	aliased.Adopt([]tree.Value{scalar.Slot(), scalar.Ref(), scalar.Slot()})
	unordered := tree.MapOf(tree.Pair("b", tree.Int(1)), tree.Pair("é", tree.Int(2)), tree.Pair("ж", tree.Int(3)), tree.Pair("a", tree.Int(4)))
	for name, c := range map[string]struct {
		codec storable.Codec
		value tree.Value
		image string
	}{
		"small integer":        {network, tree.Ref(tree.Int(-128)), net + "\x08\x00"},
		"integer":              {network, tree.Ref(tree.Int(math.MinInt32)), net + "\x09\x80\x00\x00\x00"},
		"long integer":         {network, tree.Ref(tree.Int(1 << 31)), net + "\x0a\x0a2147483648"},
		"native integer":       {native, tree.Ref(tree.Int(128)), nat + "\x06\x80\x00\x00\x00\x00\x00\x00\x00"},
		"unsigned":             {native, tree.Ref(tree.Uint(math.MaxUint64)), nat + "\x0a\x1418446744073709551615"},
		"float without rest":   {network, tree.Ref(tree.Float(-3)), net + "\x08\x7d"},
		"minus zero":           {native, tree.Ref(tree.Float(math.Copysign(0, -1))), nat + "\x08\x80"},
		"float":                {network, tree.Ref(tree.Float(1.0 / 3)), net + "\x0a\x120.3333333333333333"},
		"float as Perl":        {rounded, tree.Ref(tree.Float(1.0 / 3)), net + "\x0a\x110.333333333333333"},
		"short float":          {network, tree.Ref(tree.Float(0.1)), net + "\x0a\x030.1"},
		"native float":         {native, tree.Ref(tree.Float(1.5)), nat + "\x07\x00\x00\x00\x00\x00\x00\xf8\x3f"},
		"beyond exact":         {rounded, tree.Ref(tree.Float(1 << 60)), net + "\x0a\x141.15292150460685e+18"},
		"not a number":         {network, tree.Ref(tree.Float(math.NaN())), net + "\x0a\x03NaN"},
		"infinite":             {network, tree.Ref(tree.Float(math.Inf(-1))), net + "\x0a\x04-Inf"},
		"true":                 {network, tree.ListOf(tree.Bool(true), tree.Bool(false)), net + "\x02\x00\x00\x00\x02\x0f\x10"},
		"undef that is there":  {network, tree.ListOf(tree.Undef(), tree.Value{}), net + "\x02\x00\x00\x00\x02\x05\x05"},
		"text":                 {network, tree.Ref(tree.String("é")), net + "\x17\x02\xc3\xa9"},
		"long text":            {native, tree.Ref(tree.Text(strings.Repeat("é", 128))), nat + "\x18\x00\x01\x00\x00" + strings.Repeat("é", 128)},
		"map":                  {network, tree.MapOf(tree.Pair("k", tree.Int(1))), net + "\x03\x00\x00\x00\x01\x08\x81\x00\x00\x00\x01k"},
		"text keys":            {canonical, unordered, net + "\x19\x00\x00\x00\x00\x04\x08\x84\x00\x00\x00\x00\x01a\x08\x81\x00\x00\x00\x00\x01b\x08\x82\x02\x00\x00\x00\x01\xe9\x08\x83\x01\x00\x00\x00\x02ж"},
		"cycle":                {network, cyclic.Value(), net + "\x03\x00\x00\x00\x01\x04\x00\x00\x00\x00\x00\x00\x00\x00\x02me"},
		"one variable, thrice": {network, aliased.Value(), net + "\x02\x00\x00\x00\x03\x08\x81\x04\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01"},
		"reference twice":      {network, tree.Ref(tree.Ref(tree.Int(0))), net + "\x04\x08\x80"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.codec.Append([]byte("before"), c.value)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != "before"+c.image {
				t.Errorf("got\n%q, want\n%q", got[len("before"):], c.image)
			}
		})
	}
}

// TestAppendErrors checks that what was there stays when a value cannot be written.
func TestAppendErrors(t *testing.T) {
	t.Parallel()
	deep := tree.ListOf()
	for range tree.DefaultMaxDepth {
		deep = tree.ListOf(deep)
	}
	for name, c := range map[string]struct {
		value tree.Value
		want  tree.Error
	}{
		"no reference": {tree.Int(5), tree.Error{Fault: tree.Unwritable, Offset: 2}},
		"undef":        {tree.Value{}, tree.Error{Fault: tree.Unwritable, Offset: 2}},
		"too deep":     {deep, tree.Error{Fault: tree.TooDeep, Offset: 2 + 6*tree.DefaultMaxDepth}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := []byte("before")
			got, err := storable.Network.Append(before, c.value)
			var fault *tree.Error
			if !errors.As(err, &fault) || fault.Fault != c.want.Fault || fault.Offset != c.want.Offset {
				t.Errorf("%v, want %v", err, &c.want)
			}
			if !bytes.Equal(got, before) {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestManyClasses goes beyond what one octet says of lengths and numbers of classes.
func TestManyClasses(t *testing.T) {
	t.Parallel()
	var list tree.List
	for range 2 {
		for i := range 300 {
			m := new(tree.Map)
			m.Bless("C" + strings.Repeat("x", i))
			list.Append(m.Value())
		}
	}
	settles(t, storable.Network, list.Value())
	settles(t, storable.Native, list.Value())
	image, err := storable.Network.Append(nil, list.Value())
	if err != nil {
		t.Fatal(err)
	}
	v, err := storable.Network.Decode(image)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Identical(list.Value()) {
		t.Error("other classes")
	}
}

func TestAllocations(t *testing.T) {
	v := post()
	image, err := storable.Network.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	if len(image) != 235 {
		t.Errorf("%d octets", len(image))
	}
	if race {
		t.Skip("SKIPPED: pools drop things at random under the race detector")
	}
	out := make([]byte, 0, len(image))
	if n := testing.AllocsPerRun(1000, func() { _, _ = storable.Network.Append(out, v) }); n != 0 {
		t.Errorf("Append: %v allocations", n)
	}
	if n := testing.AllocsPerRun(1000, func() { _, _ = storable.Network.Decode(image) }); n > 2 {
		t.Errorf("Decode: %v allocations", n)
	}
}
