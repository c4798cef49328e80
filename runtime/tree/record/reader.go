package record

import (
	"slices"

	"github.com/protogen-go/protogen/runtime/line"
	"github.com/protogen-go/protogen/runtime/tree"
)

// A Reader takes the values of keys out of a map. Its methods go on as if nothing were wrong after a fault, which [Reader.Err] returns.
// A method that takes the value of a key expects it to be there: ask [Reader.Has] first for one that may be absent. Every key is
// taken once.
type Reader struct {
	codec   tree.Codec
	value   tree.Value
	m       *tree.Map
	taken   int
	lenient bool // of the value taken next
	path    string
	err     *Error
}

// NewReader returns a Reader of v, of whose images inside the image codec is the codec.
func NewReader(codec tree.Codec, v tree.Value) Reader {
	r := Reader{codec: codec, value: v, m: v.Map()}
	if r.m == nil {
		r.err = &Error{Fault: NotMap, Found: v.Kind()}
	}
	return r
}

// Err returns the first fault, nil if there is none.
func (r *Reader) Err() *Error { return r.err }

// End says that all fields of the message of that name have been read, and reports whether there was no fault.
func (r *Reader) End(message string) bool {
	if r.err != nil && r.err.Fault != NotMap {
		r.err.Message = message
	}
	return r.err == nil
}

// Strange says that the map is none of the messages that it could be. If it is a map, that is a fault.
func (r *Reader) Strange() { r.fail("", Strange) }

// fail notes the first fault.
func (r *Reader) fail(key string, f Fault) {
	if r.err == nil {
		r.err = &Error{Key: r.way(key), Fault: f}
	}
}

// misfit notes that v, at key, is of the wrong kind.
func (r *Reader) misfit(key string, v tree.Value) {
	if r.err == nil {
		r.err = &Error{Key: r.way(key), Fault: BadKind, Found: v.Kind()}
	}
}

// way is the way to a key, from the message.
func (r *Reader) way(key string) string {
	if r.path == "" || key == "" {
		return r.path + key
	}
	return r.path + "." + key
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

// Holds reports whether a key is there with a value other than undef.
func (r *Reader) Holds(key string) bool {
	v, ok := r.m.Get(key)
	return ok && !v.IsUndef()
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

// Known takes a key whose value is known.
func (r *Reader) Known(key string) { r.take(key) }

// Lenient makes the method called next take what a peer may write instead: a number for text, text for a number, anything for a boolean.
func (r *Reader) Lenient() *Reader {
	r.lenient = true
	return r
}

// take is the value of a key, which must be there.
func (r *Reader) take(key string) (v tree.Value, lenient bool) {
	lenient, r.lenient = r.lenient, false
	v, ok := r.m.Get(key)
	if !ok {
		r.fail(key, Missing)
		return tree.Value{}, lenient
	}
	r.taken++
	return v, lenient
}

// Any takes a value of any kind. Undef is marked as given, which tells it from the zero Value of a key that is absent.
func (r *Reader) Any(key string) tree.Value {
	if !r.m.Has(key) {
		r.fail(key, Missing)
	}
	return r.Maybe(key)
}

// Maybe takes a value of any kind, or the zero Value for a key that is absent. Undef is marked as given.
func (r *Reader) Maybe(key string) tree.Value {
	if r.taken == r.m.Len() { // no key is left
		return tree.Value{}
	}
	v, ok := r.m.Get(key)
	if !ok {
		return tree.Value{}
	}
	r.taken++
	if v.IsUndef() {
		return v.WithMark(v.Mark() | tree.MarkGiven)
	}
	return v
}

// Text takes a string.
func (r *Reader) Text(key string) string {
	v, lenient := r.take(key)
	return r.text(key, v, lenient)
}

func (r *Reader) text(key string, v tree.Value, lenient bool) string {
	s, ok := v.Str()
	if k := v.Kind(); !ok || !lenient && k != tree.KindText && k != tree.KindBytes {
		r.misfit(key, v)
		return ""
	}
	return s
}

// Word takes a string that is a word of t.
func (r *Reader) Word(key string, t *line.Token) string {
	s := r.Text(key)
	if r.err == nil && t.Check(s) != 0 {
		r.fail(key, BadValue)
	}
	return s
}

// Choice takes a string that is one of values.
func (r *Reader) Choice(key string, values ...string) string {
	s := r.Text(key)
	if r.err == nil && !slices.Contains(values, s) {
		r.fail(key, BadValue)
	}
	return s
}

// Bytes takes a string of octets, which is copied.
func (r *Reader) Bytes(key string) []byte {
	v, _ := r.take(key)
	s, ok := v.Octets()
	if k := v.Kind(); !ok || k != tree.KindText && k != tree.KindBytes {
		r.misfit(key, v)
		return nil
	}
	return []byte(s)
}

// Int takes an integer between low and high.
func (r *Reader) Int(key string, low, high int64) int64 {
	v, lenient := r.take(key)
	return r.integer(key, v, lenient, low, high)
}

// wide is the bound of integers that have no other.
const wide = 1 << 53

// Number is Int for a number that has no bounds of its own: it lies within ±2^53, which every implementation of numbers holds.
func (r *Reader) Number(key string) int64 { return r.Int(key, -wide, wide) }

func (r *Reader) integer(key string, v tree.Value, lenient bool, low, high int64) int64 {
	n, ok := v.Int()
	switch k := v.Kind(); {
	case k == tree.KindUint, ok && (n < low || n > high):
		r.fail(key, BadValue)
	case !ok, !lenient && k != tree.KindInt:
		r.misfit(key, v)
	default:
		return n
	}
	return 0
}

// Bool takes a boolean, which may be written as Perl writes it: 1 for true; 0, "" or undef for false.
func (r *Reader) Bool(key string) bool {
	v, lenient := r.take(key)
	if !lenient && !isBool(v) {
		r.misfit(key, v)
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

// list takes a list; nil if the value is none.
func (r *Reader) list(key string) (l *tree.List, lenient bool) {
	v, lenient := r.take(key)
	if l = v.List(); l == nil {
		r.misfit(key, v)
	}
	return l, lenient
}

// Values takes a list of values of any kind.
func (r *Reader) Values(key string) []tree.Value {
	l, _ := r.list(key)
	var out []tree.Value
	for _, v := range l.All() {
		out = append(out, v)
	}
	return out
}

// Texts takes a list of strings.
func (r *Reader) Texts(key string) []string {
	l, lenient := r.list(key)
	var out []string
	for _, v := range l.All() {
		out = append(out, r.text(key, v, lenient))
	}
	return out
}

// Words takes a list of words of t.
func (r *Reader) Words(key string, t *line.Token) []string {
	list := r.Texts(key)
	for _, s := range list {
		if r.err == nil && t.Check(s) != 0 {
			r.fail(key, BadValue)
		}
	}
	return list
}

// Numbers takes a list of integers without bounds of their own.
func (r *Reader) Numbers(key string) []int64 { return r.Ints(key, -wide, wide) }

// Ints takes a list of integers between low and high.
func (r *Reader) Ints(key string, low, high int64) []int64 {
	l, lenient := r.list(key)
	var out []int64
	for _, v := range l.All() {
		out = append(out, r.integer(key, v, lenient, low, high))
	}
	return out
}

// Record takes a map and calls read with a Reader of it, which read must not keep.
func (r *Reader) Record(key string, read func(in *Reader)) {
	v, _ := r.take(key)
	r.enter(key, v, read)
}

// Image is Record for a map that travels as octets: an image by the codec of the message itself.
func (r *Reader) Image(key string, read func(in *Reader)) { r.enter(key, r.AnyImage(key), read) }

// AnyImage takes octets that are an image by the codec of the message itself, and returns the value it is of.
func (r *Reader) AnyImage(key string) tree.Value {
	image := r.Bytes(key)
	if r.err != nil {
		return tree.Value{}
	}
	v, err := r.codec.Decode(image)
	if err != nil {
		r.err = &Error{Key: r.way(key), Fault: BadImage, Err: err}
	}
	return v
}

// Records takes a list of maps and calls read with a Reader of each, in order.
func (r *Reader) Records(key string, read func(in *Reader)) {
	l, _ := r.list(key)
	for _, v := range l.All() {
		r.enter(key, v, read)
	}
}

// enter calls read with a Reader of v, which stands at key, unless there is a fault already.
func (r *Reader) enter(key string, v tree.Value, read func(in *Reader)) {
	if r.err != nil {
		return
	}
	in := Reader{codec: r.codec, value: v, m: v.Map(), path: r.way(key)}
	read(&in)
	r.err = in.err
}

// Plain returns the value itself, for a field that may be a string in place of a map; ok is false if it is a map.
func (r *Reader) Plain() (s string, ok bool) {
	if r.m != nil {
		return "", false
	}
	return r.text("", r.value, true), true
}

// Map says that the value must be a map.
func (r *Reader) Map() {
	if r.m == nil {
		r.misfit("", r.value)
	}
}

// Only says that the map must have no other keys than these, which are those of all its fields.
func (r *Reader) Only(keys ...string) {
	if r.taken == r.m.Len() || r.err != nil {
		return
	}
	for k := range r.m.All() {
		if !slices.Contains(keys, k.Name) {
			r.fail(k.Name, UnknownKey)
			return
		}
	}
}

// Others returns the pairs of all keys but these, in their order.
func (r *Reader) Others(keys ...string) []tree.Entry {
	if r.taken == r.m.Len() || r.err != nil {
		return nil
	}
	var out []tree.Entry
	for k, v := range r.m.All() {
		if !slices.Contains(keys, k.Name) {
			out = append(out, tree.Entry{Key: k, Value: v})
		}
	}
	return out
}
