package storable

import (
	"unsafe"

	"github.com/protogen-go/protogen/runtime/tree"
)

// An arena hands out the parts of a value from few allocations. What it has in reserve is small, as many parts as the rest of a typical
// image needs, so that a value does not keep much that it does not use.
type arena struct {
	lists   []tree.List
	maps    []tree.Map
	scalars []tree.Scalar
	slots   []tree.Value
	entries []tree.Entry
}

// A small and a large block are the first reserves for images that fill them: one allocation instead of four, of 640 and of 1024 octets, for
// which the runtime has size classes.
type (
	smallBlock struct {
		maps    [3]tree.Map
		entries [8]tree.Entry
		lists   [1]tree.List
		slots   [2]tree.Value
	}
	largeBlock struct {
		maps    [4]tree.Map
		entries [13]tree.Entry
		lists   [1]tree.List
		slots   [5]tree.Value
	}
)

// The octets of an image from which on it gets a block.
const (
	smallImage = 160
	largeImage = 208
)

func (a *arena) open(d *decoder) {
	switch n := len(d.src); {
	case n < smallImage:
	case n < largeImage && d.charge(int(unsafe.Sizeof(smallBlock{}))):
		b := new(smallBlock)
		a.maps, a.entries, a.lists, a.slots = b.maps[:], b.entries[:], b.lists[:], b.slots[:]
	case n >= largeImage && d.charge(int(unsafe.Sizeof(largeBlock{}))):
		b := new(largeBlock)
		a.maps, a.entries, a.lists, a.slots = b.maps[:], b.entries[:], b.lists[:], b.slots[:]
	}
}

// mostReserve is the number of parts that are allocated at most when fewer are wanted.
const mostReserve = 32

// cut returns n parts of a reserve, nil if the decoder fails. A reserve that is too small is replaced by one of a part to so many octets
// of the rest of the image.
func cut[T any](d *decoder, reserve *[]T, n, octets int) []T {
	if n > len(*reserve) {
		fill := max(n, min(mostReserve, 1+(len(d.src)-d.at)/octets))
		var part T
		if !d.charge(fill * int(unsafe.Sizeof(part))) {
			return nil
		}
		*reserve = make([]T, fill)
	}
	parts := (*reserve)[:n:n]
	*reserve = (*reserve)[n:]
	return parts
}

// one is cut for a single part.
func one[T any](d *decoder, reserve *[]T, octets int) *T {
	if parts := cut(d, reserve, 1, octets); parts != nil {
		return &parts[0]
	}
	return nil
}

func (a *arena) list(d *decoder) *tree.List     { return one(d, &a.lists, 64) }
func (a *arena) hash(d *decoder) *tree.Map      { return one(d, &a.maps, 64) }
func (a *arena) scalar(d *decoder) *tree.Scalar { return one(d, &a.scalars, 256) }

func (a *arena) elements(d *decoder, n int) []tree.Value { return cut(d, &a.slots, n, 32) }
func (a *arena) pairs(d *decoder, n int) []tree.Entry    { return cut(d, &a.entries, n, 20) }
