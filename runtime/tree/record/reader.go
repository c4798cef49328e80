package record

import (
	"slices"
	"strings"

	"github.com/protogen-go/protogen/runtime/line"
	"github.com/protogen-go/protogen/runtime/tree"
)

// A Reader reads a map in one pass: [Reader.Next] comes to its pairs one after another, and the methods without a key read the value of the
// pair come to last. They go on as if nothing were wrong after a fault, which [Reader.Fault] returns; Next then ends the pass.
type Reader struct {
	codec   tree.Codec
	value   tree.Value
	m       *tree.Map    // what value refers to; nil if that is no map
	pairs   []tree.Entry // of m
	passed  int          // how many of them Next has come to
	lenient bool         // of the value read next
	place   []string     // the keys that lead from the message to the map
	err     *Error
}

// NewReader returns a Reader of v, of whose images inside the image codec is the codec.
func NewReader(codec tree.Codec, v tree.Value) Reader {
	r := Reader{codec: codec, value: v, m: v.Map()}
	if r.m == nil {
		r.err = &Error{Fault: NotMap, Found: v.Kind()}
	}
	r.pairs = r.m.Entries()
	return r
}

// Fault returns the first fault, nil if there is none. The image is the one that the value came from: a codec that is a [tree.Locator] tells
// where in it the fault is.
func (r *Reader) Fault(image []byte) *Error {
	if l, ok := r.codec.(tree.Locator); ok && r.err != nil {
		r.err.Offset = l.Locate(image, r.err.keys...)
	}
	return r.err
}

// End says that all fields of the message of that name have been read, and reports whether there was no fault.
func (r *Reader) End(message string) bool {
	if r.err != nil && r.err.Fault != NotMap {
		r.err.Message = message
	}
	return r.err == nil
}

// Strange says that the map is none of the messages that it could be. If it is a map, that is a fault.
func (r *Reader) Strange() { r.note(&Error{Fault: Strange}, nil) }

// Need says that the map must have had the keys.
func (r *Reader) Need(keys ...string) {
	for _, k := range keys {
		if r.err == nil && !r.m.Has(k) {
			r.note(&Error{Fault: Missing}, append(slices.Clip(r.place), k))
		}
	}
}

// Unknown says that no field has the key come to, which is a fault.
func (r *Reader) Unknown() { r.fail(UnknownKey) }

// note notes the first fault, which is at the end of a way of keys.
func (r *Reader) note(err *Error, way []string) {
	if r.err == nil {
		err.keys, err.Key = way, strings.Join(way, ".")
		r.err = err
	}
}

// fail notes a fault of the value that is read.
func (r *Reader) fail(f Fault) { r.note(&Error{Fault: f}, r.way()) }

// misfit notes that v, which is the value that is read or a part of it, is of the wrong kind.
func (r *Reader) misfit(v tree.Value) { r.note(&Error{Fault: BadKind, Found: v.Kind()}, r.way()) }

// way is the way of keys from the message to the value that is read: the map itself before the first pair.
func (r *Reader) way() []string {
	if r.passed == 0 {
		return r.place
	}
	return append(slices.Clip(r.place), r.Key())
}

// Has reports whether the map has all the keys.
func (r *Reader) Has(keys ...string) bool {
	for _, k := range keys {
		if !r.m.Has(k) {
			return false
		}
	}
	return r.m != nil
}

// Is reports whether the value of a key is the text s.
func (r *Reader) Is(key, s string) bool {
	v, ok := r.m.Get(key)
	got, isText := v.Str()
	return ok && isText && got == s
}

// IsInt reports whether the value of a key is the integer n.
func (r *Reader) IsInt(key string, n int64) bool {
	v, ok := r.m.Get(key)
	got, isInt := v.Int()
	return ok && isInt && got == n
}

// IsBool reports whether the value of a key is as true as b.
func (r *Reader) IsBool(key string, b bool) bool {
	v, ok := r.m.Get(key)
	return ok && v.Truth() == b
}

// Next comes to the next pair, and reports whether there is one. There is none after a fault.
func (r *Reader) Next() bool {
	for r.err == nil && r.passed < len(r.pairs) {
		r.passed++
		if !r.pairs[r.passed-1].Key.Absent {
			return true
		}
	}
	return false
}

// Key returns the key of the pair come to.
func (r *Reader) Key() string { return r.pairs[r.passed-1].Key.Name }

// Holds reports whether the value is something else than undef.
func (r *Reader) Holds() bool { return !r.pairs[r.passed-1].Value.IsUndef() }

// Pair returns the pair come to.
func (r *Reader) Pair() tree.Entry {
	v, _ := r.take()
	return tree.Entry{Key: r.pairs[r.passed-1].Key, Value: v}
}

// Lenient makes the method called next take what a peer may write instead: a number for text, text for a number, anything for a boolean.
func (r *Reader) Lenient() *Reader {
	r.lenient = true
	return r
}

// take is the value of the pair come to.
func (r *Reader) take() (v tree.Value, lenient bool) {
	lenient, r.lenient = r.lenient, false
	v = r.pairs[r.passed-1].Value
	if s := v.Shared(); s != nil {
		v = s.Value()
	}
	return v, lenient
}

// Any reads a value of any kind. Undef is marked as given, which tells it from the zero Value of a key that is absent.
func (r *Reader) Any() tree.Value {
	v, _ := r.take()
	if v.IsUndef() {
		return v.WithMark(v.Mark() | tree.MarkGiven)
	}
	return v
}

// Text reads a string.
func (r *Reader) Text() string {
	v, lenient := r.take()
	return r.text(v, lenient)
}

func (r *Reader) text(v tree.Value, lenient bool) string {
	s, ok := v.Str()
	if k := v.Kind(); !ok || !lenient && k != tree.KindText && k != tree.KindBytes {
		r.misfit(v)
		return ""
	}
	return s
}

// Word reads a string that is a word of t.
func (r *Reader) Word(t *line.Token) string {
	s := r.Text()
	if r.err == nil && t.Check(s) != 0 {
		r.fail(BadValue)
	}
	return s
}

// Choice reads a string that is one of values.
func (r *Reader) Choice(values ...string) string {
	s := r.Text()
	if r.err == nil && !slices.Contains(values, s) {
		r.fail(BadValue)
	}
	return s
}

// Bytes reads a string of octets, which is copied.
func (r *Reader) Bytes() []byte {
	v, _ := r.take()
	s, ok := v.Octets()
	if k := v.Kind(); !ok || k != tree.KindText && k != tree.KindBytes {
		r.misfit(v)
		return nil
	}
	return []byte(s)
}

// Int reads an integer between low and high.
func (r *Reader) Int(low, high int64) int64 {
	v, lenient := r.take()
	return r.integer(v, lenient, low, high)
}

// wide is the bound of integers that have no other.
const wide = 1 << 53

// Number is Int for a number that has no bounds of its own: it lies within ±2^53, which every implementation of numbers holds.
func (r *Reader) Number() int64 { return r.Int(-wide, wide) }

func (r *Reader) integer(v tree.Value, lenient bool, low, high int64) int64 {
	n, ok := v.Int()
	switch k := v.Kind(); {
	case k == tree.KindUint, ok && (n < low || n > high):
		r.fail(BadValue)
	case !ok, !lenient && k != tree.KindInt:
		r.misfit(v)
	default:
		return n
	}
	return 0
}

// Bool reads a boolean, which may be written as Perl writes it: 1 for true; 0, "" or undef for false.
func (r *Reader) Bool() bool {
	v, lenient := r.take()
	if !lenient && !isBool(v) {
		r.misfit(v)
		return false
	}
	return v.Truth()
}

// isBool reports whether v is one of the ways to write a boolean.
func isBool(v tree.Value) bool {
	switch v.Kind() {
	case tree.KindUndef, tree.KindBool:
		return true
	case tree.KindInt, tree.KindBytes, tree.KindText:
		s, _ := v.Str()
		return s == "" || s == "0" || s == "1"
	}
	return false
}

// list reads a list; nil if the value is none.
func (r *Reader) list() (l *tree.List, lenient bool) {
	v, lenient := r.take()
	if l = v.List(); l == nil {
		r.misfit(v)
	}
	return l, lenient
}

// Values reads a list of values of any kind.
func (r *Reader) Values() []tree.Value {
	l, _ := r.list()
	var out []tree.Value
	for _, v := range l.All() {
		out = append(out, v)
	}
	return out
}

// Texts reads a list of strings.
func (r *Reader) Texts() []string {
	l, lenient := r.list()
	var out []string
	for _, v := range l.All() {
		out = append(out, r.text(v, lenient))
	}
	return out
}

// Words reads a list of words of t.
func (r *Reader) Words(t *line.Token) []string {
	list := r.Texts()
	for _, s := range list {
		if r.err == nil && t.Check(s) != 0 {
			r.fail(BadValue)
		}
	}
	return list
}

// Numbers reads a list of integers without bounds of their own.
func (r *Reader) Numbers() []int64 { return r.Ints(-wide, wide) }

// Ints reads a list of integers between low and high.
func (r *Reader) Ints(low, high int64) []int64 {
	l, lenient := r.list()
	var out []int64
	for _, v := range l.All() {
		out = append(out, r.integer(v, lenient, low, high))
	}
	return out
}

// Record reads a map: it calls read with a Reader of it, which read must not keep.
func (r *Reader) Record(read func(in *Reader)) {
	v, _ := r.take()
	r.enter(v, read)
}

// Image is Record for a map that travels as octets: an image by the codec of the message itself.
func (r *Reader) Image(read func(in *Reader)) { r.enter(r.AnyImage(), read) }

// AnyImage reads octets that are an image by the codec of the message itself, and returns the value it is of.
func (r *Reader) AnyImage() tree.Value {
	image := r.Bytes()
	if r.err != nil {
		return tree.Value{}
	}
	v, err := r.codec.Decode(image)
	if err != nil {
		r.note(&Error{Fault: BadImage, Err: err}, r.way())
	}
	return v
}

// Records reads a list of maps: it calls read with a Reader of each, in order.
func (r *Reader) Records(read func(in *Reader)) {
	l, _ := r.list()
	for _, v := range l.All() {
		r.enter(v, read)
	}
}

// enter calls read with a Reader of v, which is the value that is read or a part of it, unless there is a fault already.
func (r *Reader) enter(v tree.Value, read func(in *Reader)) {
	if r.err != nil {
		return
	}
	in := Reader{codec: r.codec, value: v, m: v.Map(), place: r.way()}
	in.pairs = in.m.Entries()
	read(&in)
	r.err = in.err
}

// Plain returns the value itself, for a field that may be a string in place of a map; ok is false if it is a map.
func (r *Reader) Plain() (s string, ok bool) {
	if r.m != nil {
		return "", false
	}
	return r.text(r.value, true), true
}

// Map says that the value must be a map.
func (r *Reader) Map() {
	if r.m == nil {
		r.misfit(r.value)
	}
}
