package tree

import "unsafe"

// A Scalar is a variable with one value, something to refer to. Its zero value holds undef. A nil *Scalar reads as undef and must not be
// set.
type Scalar struct {
	value Value
	class string
}

// NewScalar returns a Scalar that holds v.
func NewScalar(v Value) *Scalar { return &Scalar{value: v.look()} }

// Ref returns a reference to a new Scalar that holds v.
func Ref(v Value) Value { return NewScalar(v).Ref() }

// Ref returns a reference to s.
func (s *Scalar) Ref() Value { return Value{form: form(KindRef), ptr: unsafe.Pointer(s)} }

// Slot returns s itself as the element of a list or the value of a map, where it is a variable that others refer to as well. It serves
// decoders: everything else reads and writes values.
func (s *Scalar) Slot() Value { return Value{form: form(kindShared), ptr: unsafe.Pointer(s)} }

// Variable returns the address of what s holds, for decoders that build cycles: everything else calls Set.
func (s *Scalar) Variable() *Value { return &s.value }

// Shared returns the Scalar that a slot is, nil if the slot is a plain value. See [List.Slots] and [Map.Entries].
func (v Value) Shared() *Scalar {
	if v.own() == kindShared {
		return (*Scalar)(v.ptr)
	}
	return nil
}

// Value returns what s holds.
func (s *Scalar) Value() Value {
	if s == nil {
		return Value{}
	}
	return s.value
}

// Set makes s hold v.
func (s *Scalar) Set(v Value) { s.value = v.look() }

// Class returns the name of the class s is blessed into, "" if none.
func (s *Scalar) Class() string {
	if s == nil {
		return ""
	}
	return s.class
}

// Bless sets the name of the class of s; "" is none.
func (s *Scalar) Bless(class string) { s.class = class }
