package tree

import (
	"iter"
	"unsafe"
)

// A List is an ordered list of values. Its zero value is empty and ready for use. A nil *List reads as empty and must not be changed.
type List struct {
	slots []Value
	class string
}

// ListOf returns a reference to a new List of values, which it keeps.
func ListOf(values ...Value) Value { return (&List{slots: values}).Value() }

// Value returns a reference to l.
func (l *List) Value() Value { return Value{form: form(KindList), ptr: unsafe.Pointer(l)} }

// Len returns the number of elements.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.slots)
}

// At returns an element, undef if there is none of that index.
func (l *List) At(i int) Value {
	if l == nil || i < 0 || i >= len(l.slots) {
		return Value{}
	}
	return l.slots[i].look()
}

// All iterates over the elements.
func (l *List) All() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		for i := range l.Len() {
			if !yield(i, l.slots[i].look()) {
				return
			}
		}
	}
}

// Append adds elements at the end.
func (l *List) Append(values ...Value) {
	for _, v := range values {
		l.slots = append(l.slots, v.look())
	}
}

// Set replaces an element; i must be below Len. A variable that others refer to stays the variable and takes v.
func (l *List) Set(i int, v Value) { assign(&l.slots[i], v) }

// assign puts v into a slot, as Perl assigns to a variable.
func assign(slot *Value, v Value) {
	if s := slot.Shared(); s != nil {
		s.Set(v)
		return
	}
	*slot = v.look()
}

// Slots returns the elements as they are stored, for codecs: see [Value.Shared]. It is l's own slice.
func (l *List) Slots() []Value {
	if l == nil {
		return nil
	}
	return l.slots
}

// Adopt makes slots the elements of l, in place of those it had. The slice belongs to l from then on.
func (l *List) Adopt(slots []Value) { l.slots = slots }

// Class returns the name of the class l is blessed into, "" if none.
func (l *List) Class() string {
	if l == nil {
		return ""
	}
	return l.class
}

// Bless sets the name of the class of l; "" is none.
func (l *List) Bless(class string) { l.class = class }
