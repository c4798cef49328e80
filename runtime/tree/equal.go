package tree

import (
	"slices"
	"unsafe"
)

// Equal reports whether v and w hold the same: the same kinds and contents, classes included, pairs of maps in any order. It does not ask
// which references share what they refer to; see [Value.Identical].
func (v Value) Equal(w Value) bool { return new(comparison).equal(v, w) }

// Identical reports whether v and w are the same in all that this package keeps: as Equal, and pairs in the same order, the same things
// shared, weak or restricted.
func (v Value) Identical(w Value) bool { return (&comparison{strict: true}).equal(v, w) }

// A comparison remembers which things of both sides it has taken for equal, so that it ends in cycles.
type comparison struct {
	strict      bool
	left, right map[unsafe.Pointer]unsafe.Pointer
	pairs       map[[2]unsafe.Pointer]bool
}

func (c *comparison) equal(v, w Value) bool {
	const ignored = form(MarkGiven) << markShift
	if c.strict && v.form&^ignored != w.form&^ignored {
		return false
	}
	if c.strict && v.own() == kindShared && !c.met(v.ptr, w.ptr) {
		return c.scalars((*Scalar)(v.ptr), (*Scalar)(w.ptr))
	}
	if c.strict && v.own() == kindShared {
		return c.left[v.ptr] == w.ptr
	}
	v, w = v.look(), w.look()
	if v.own() != w.own() {
		return false
	}
	switch v.own() {
	case KindBytes, KindText:
		return v.raw() == w.raw()
	case KindList, KindMap, KindRef:
		return c.things(v, w)
	}
	return v.num == w.num
}

// met reports whether a and b were compared before, and notes that they are now. Of the strict comparison it says so too if either was compared with
// something else.
func (c *comparison) met(a, b unsafe.Pointer) bool {
	if !c.strict {
		if c.pairs[[2]unsafe.Pointer{a, b}] {
			return true
		}
		if c.pairs == nil {
			c.pairs = make(map[[2]unsafe.Pointer]bool)
		}
		c.pairs[[2]unsafe.Pointer{a, b}] = true
		return false
	}
	if c.left[a] != nil || c.right[b] != nil {
		return true
	}
	if c.left == nil {
		c.left, c.right = make(map[unsafe.Pointer]unsafe.Pointer), make(map[unsafe.Pointer]unsafe.Pointer)
	}
	c.left[a], c.right[b] = b, a
	return false
}

// things compares what two references of one kind refer to.
func (c *comparison) things(v, w Value) bool {
	if c.met(v.ptr, w.ptr) {
		return !c.strict || c.left[v.ptr] == w.ptr && c.right[w.ptr] == v.ptr
	}
	switch v.own() {
	case KindList:
		a, b := v.List(), w.List()
		return a.class == b.class && slices.EqualFunc(a.slots, b.slots, c.equal)
	case KindMap:
		return c.maps(v.Map(), w.Map())
	}
	return c.scalars(v.Ref(), w.Ref())
}

func (c *comparison) scalars(a, b *Scalar) bool {
	return a.class == b.class && c.equal(a.value, b.value)
}

func (c *comparison) maps(a, b *Map) bool {
	if a.class != b.class || a.Len() != b.Len() {
		return false
	}
	if c.strict {
		return a.restricted == b.restricted && slices.EqualFunc(a.entries, b.entries, func(x, y Entry) bool {
			return x.Key == y.Key && c.equal(x.Value, y.Value)
		})
	}
	for k, x := range a.All() {
		i := b.find(k.Name, k.same)
		if i < 0 || b.entries[i].Key.Absent || !c.equal(x, b.entries[i].Value) {
			return false
		}
	}
	return true
}
