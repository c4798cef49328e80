package storable_test

import (
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// TestLimits holds each limit against an image that is one over it and one that is not.
func TestLimits(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string { return "\x05\x0b" + strings.Repeat("\x04", depth-1) + "\x05" }
	undefs := func(n int) string {
		return "\x05\x0b\x02" + string(binary.BigEndian.AppendUint32(nil, uint32(n))) + strings.Repeat("\x05", n)
	}
	for name, c := range map[string]struct {
		limits    tree.Limits
		fine, bad string
		want      tree.Fault
	}{
		"depth":    {tree.Limits{MaxDepth: 5}, nested(5), nested(6), tree.TooDeep},
		"elements": {tree.Limits{MaxElements: 50}, undefs(50), undefs(51), tree.TooMany},
		"memory":   {tree.Limits{MaxMemory: 4096}, undefs(100), undefs(160), tree.TooLarge},
		"image":    {tree.Limits{MaxMemory: 4096}, undefs(100), undefs(5000), tree.TooLarge},

		"default depth":    {tree.Limits{}, nested(tree.DefaultMaxDepth), nested(tree.DefaultMaxDepth + 1), tree.TooDeep},
		"default elements": {tree.Limits{}, undefs(tree.DefaultMaxElements), undefs(tree.DefaultMaxElements + 1), tree.TooMany},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codec := storable.Codec{Limits: c.limits}
			if v, err := codec.Decode([]byte(c.fine)); err != nil {
				t.Errorf("%v", err)
			} else if _, err := codec.Append(nil, v); err != nil {
				t.Errorf("%v", err)
			}
			if _, err := codec.Decode([]byte(c.bad)); !errors.Is(err, &tree.Error{Fault: c.want}) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// TestGreedyImages reads images made to cost more than they weigh. It is not parallel: it measures.
func TestGreedyImages(t *testing.T) {
	const size = 1 << 20
	claim := func(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	for name, image := range map[string]string{
		"lists that each claim all the rest": strings.Repeat("\x04\x02"+claim(size/2), size/6),
		"maps that each claim all the rest":  strings.Repeat("\x04\x03"+claim(size/10), size/6),
		"empty maps":                         "\x02" + claim(size/6) + strings.Repeat("\x04\x03"+claim(0), size/6),
		"empty lists":                        "\x02" + claim(size/6) + strings.Repeat("\x04\x02"+claim(0), size/6),
		"lists of one, then of many":         "\x02" + claim(size/50) + strings.Repeat("\x04\x02"+claim(1)+"\x05\x04\x02"+claim(32)+strings.Repeat("\x05", 32), size/100),
		"references":                         "\x02" + claim(size/3) + strings.Repeat("\x04\x05", size/3),
		"one pair over and over":             "\x03" + claim(size/5) + strings.Repeat("\x05"+claim(0), size/5),
		"classes":                            "\x02" + claim(size/10) + strings.Repeat("\x04\x11\x01c\x02"+claim(0), size/10),
		"references back":                    "\x02" + claim(size/6) + strings.Repeat("\x04\x00"+claim(0), size/6),
		"aliases":                            "\x02" + claim(size/6) + "\x05" + strings.Repeat("\x00"+claim(1), size/6-1),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := storable.Network.Decode([]byte("\x05\x0b" + image))
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > memoryLimit {
				t.Errorf("%d octets allocated for an image of %d (%v)", used, len(image), err)
			}
		})
	}
}
