package tree

import (
	"math"
	"unicode/utf8"
	"unsafe"
)

// A Value is one self-describing value. The zero Value is undef. Values are not comparable with ==, which would compare addresses: use
// [Value.Equal].
//
// It takes 24 octets and owns no more than one pointer: strings are held by the address of their first octet, their length is in num.
type Value struct {
	_    [0]func()
	ptr  unsafe.Pointer // *List, *Map or *Scalar; first octet of a string
	num  uint64         // int64, uint64, bits of a float64, 0 or 1 of a bool, length of a string
	form form
}

// A form is a Kind and, in the upper octet, a Mark. With one field more the compiler would keep values in memory rather than in registers.
type form uint16

const markShift = 8

// own returns the kind of v itself, kindShared for a shared slot.
func (v Value) own() Kind { return Kind(v.form) }

// A Mark tells apart what most programs need not tell apart: the forms of undef, the kinds of references.
type Mark uint8

// The marks of a Value.
const (
	MarkAbsent     Mark = 1 << iota // undef: an element of a list that was never assigned, or the shared undef outside of lists
	MarkImmortal                    // undef: the shared undef as an element of a list
	MarkWeak                        // reference: does not keep alive what it refers to
	MarkOverloaded                  // reference: the class of what it refers to overloads operators
	MarkGiven                       // undef: it is there, where the zero Value stands for nothing; codecs ignore it
)

// Undef returns an undef that is there: in a field that may be absent, the zero Value says that it is.
func Undef() Value { return Value{form: form(MarkGiven) << markShift} }

// IsZero reports whether v is the zero Value: not even an undef that is there.
func (v Value) IsZero() bool { return v.form == 0 }

// Bool returns b as a Value.
func Bool(b bool) Value {
	if b {
		return Value{form: form(KindBool), num: 1}
	}
	return Value{form: form(KindBool)}
}

// Int returns i as a Value.
func Int(i int64) Value { return Value{form: form(KindInt), num: uint64(i)} }

// Uint returns u as a Value, of KindInt if an int64 can hold it.
func Uint(u uint64) Value {
	if u <= math.MaxInt64 {
		return Value{form: form(KindInt), num: u}
	}
	return Value{form: form(KindUint), num: u}
}

// Float returns f as a Value.
func Float(f float64) Value { return Value{form: form(KindFloat), num: math.Float64bits(f)} }

// Octets returns a Value of KindBytes with the octets of s.
func Octets(s string) Value { return stringValue(KindBytes, s) }

// Bytes returns a Value of KindBytes with a copy of b.
func Bytes(b []byte) Value { return stringValue(KindBytes, string(b)) }

// Text returns a Value of KindText. A decoder may make one whose octets are not valid UTF-8: Perl knows characters that Unicode does not.
func Text(s string) Value { return stringValue(KindText, s) }

// String returns s as a Perl program would have it: as octets if s is ASCII, which no reader can tell from text, else as text.
func String(s string) Value {
	if isASCII(s) {
		return stringValue(KindBytes, s)
	}
	return stringValue(KindText, s)
}

func stringValue(kind Kind, s string) Value {
	return Value{form: form(kind), ptr: unsafe.Pointer(unsafe.StringData(s)), num: uint64(len(s))}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// WithMark returns v with m as its marks in place of those it has.
func (v Value) WithMark(m Mark) Value {
	v = v.look()
	v.form = v.form&(1<<markShift-1) | form(m)<<markShift
	return v
}

// Mark returns the marks of v.
func (v Value) Mark() Mark { return Mark(v.look().form >> markShift) }

// look returns the value in the Scalar of a shared slot, and any other v itself.
func (v Value) look() Value {
	if v.own() == kindShared {
		return (*Scalar)(v.ptr).value
	}
	return v
}

// Kind returns what v is.
func (v Value) Kind() Kind { return v.look().own() }

// IsUndef reports whether v is undef.
func (v Value) IsUndef() bool { return v.look().own() == KindUndef }

// List returns the list that v refers to, nil if v is something else. The methods of a nil List are those of an empty one.
func (v Value) List() *List {
	if v = v.look(); v.own() == KindList {
		return (*List)(v.ptr)
	}
	return nil
}

// Map returns the map that v refers to, nil if v is something else. The methods of a nil Map are those of an empty one.
func (v Value) Map() *Map {
	if v = v.look(); v.own() == KindMap {
		return (*Map)(v.ptr)
	}
	return nil
}

// Ref returns the scalar that v refers to, nil if v is something else. The methods of a nil Scalar are those of an undef one.
func (v Value) Ref() *Scalar {
	if v = v.look(); v.own() == KindRef {
		return (*Scalar)(v.ptr)
	}
	return nil
}

// Get returns the value of a key of the map v refers to, undef if v is no map or has no such key.
func (v Value) Get(name string) Value {
	found, _ := v.Map().Get(name)
	return found
}

// At returns an element of the list v refers to, undef if v is no list or has no such element.
func (v Value) At(i int) Value { return v.List().At(i) }

// Class returns the name of the class of what v refers to, "" if v is no reference or what it refers to is not blessed.
func (v Value) Class() string {
	switch v = v.look(); v.own() {
	case KindList:
		return (*List)(v.ptr).class
	case KindMap:
		return (*Map)(v.ptr).class
	case KindRef:
		return (*Scalar)(v.ptr).class
	}
	return ""
}

// Identity returns a number that two references have in common exactly if they refer to the same thing, and a shared slot has in common with
// references to its Scalar; 0 for all other values. It holds as long as that thing lives.
func (v Value) Identity() uintptr {
	switch v.own() {
	case KindList, KindMap, KindRef, kindShared:
		return uintptr(v.ptr)
	}
	return 0
}

// raw returns the octets of a value of KindBytes or KindText.
func (v Value) raw() string { return unsafe.String((*byte)(v.ptr), int(v.num)) }
