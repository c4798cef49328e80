package record

import (
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/protogen-go/protogen/runtime/line"
	"github.com/protogen-go/protogen/runtime/tree"
)

// A Writer makes one message a map and appends its image. Its methods do nothing after an error, which [Writer.Finish] returns.
type Writer struct {
	codec   tree.Codec
	message string
	entries []tree.Entry // of the map that is being made
	m       tree.Map     // of the message
	path    string
	err     *Error
}

// writers wait here between messages.
var writers = sync.Pool{New: func() any { return new(Writer) }}

// NewWriter returns a Writer of the message of that name, for an image by codec. [Writer.Finish] takes it back.
func NewWriter(codec tree.Codec, message string) *Writer {
	w := writers.Get().(*Writer)
	w.codec, w.message = codec, message
	return w
}

// Finish appends the image to b and returns the extended slice; the Writer must not be used again. The error is an *Error, or that of
// the codec; b then is returned as it was.
func (w *Writer) Finish(b []byte) ([]byte, error) {
	var err error
	if w.err != nil {
		err = w.err
	} else {
		w.m.Adopt(w.entries)
		b, err = w.codec.Append(b, w.m.Value())
		w.m.Adopt(nil)
	}
	clear(w.entries)
	*w = Writer{entries: w.entries[:0]}
	writers.Put(w)
	return b, err
}

// fail notes the first fault.
func (w *Writer) fail(key string, f Fault) {
	if w.err == nil {
		w.err = &Error{Message: w.message, Key: w.path + key, Fault: f}
	}
}

// Any writes a value of any kind. The mark that undef is given is not of the image.
func (w *Writer) Any(key string, v tree.Value) {
	w.entries = append(w.entries, tree.Pair(key, v.WithMark(v.Mark()&^tree.MarkGiven)))
}

// Maybe writes a value of any kind, and nothing for the zero Value.
func (w *Writer) Maybe(key string, v tree.Value) {
	if !v.IsZero() {
		w.Any(key, v)
	}
}

// Text writes a string: as octets where it is ASCII or no UTF-8, and else as text.
func (w *Writer) Text(key, s string) { w.Any(key, text(s)) }

func text(s string) tree.Value {
	if !utf8.ValidString(s) {
		return tree.Octets(s)
	}
	return tree.String(s)
}

// Word writes a string that must be a word of t.
func (w *Writer) Word(key string, t *line.Token, s string) {
	if t.Check(s) != 0 {
		w.fail(key, BadValue)
		return
	}
	w.Text(key, s)
}

// Choice writes a string that must be one of values.
func (w *Writer) Choice(key, s string, values ...string) {
	if !slices.Contains(values, s) {
		w.fail(key, BadValue)
		return
	}
	w.Text(key, s)
}

// Bytes writes a string of octets.
func (w *Writer) Bytes(key string, b []byte) { w.Any(key, tree.Bytes(b)) }

// Int writes an integer, which must be between low and high.
func (w *Writer) Int(key string, low, high, n int64) {
	if n < low || n > high {
		w.fail(key, BadValue)
		return
	}
	w.Any(key, tree.Int(n))
}

// Number is Int for a number that has no bounds of its own: it lies within ±2^53.
func (w *Writer) Number(key string, n int64) { w.Int(key, -wide, wide, n) }

// Bool writes a boolean as every Perl reads it: 1 or 0.
func (w *Writer) Bool(key string, b bool) {
	n := int64(0)
	if b {
		n = 1
	}
	w.Any(key, tree.Int(n))
}

// Values writes a list of values of any kind.
func (w *Writer) Values(key string, list []tree.Value) {
	w.Any(key, tree.ListOf(slices.Clone(list)...))
}

// Texts writes a list of strings.
func (w *Writer) Texts(key string, list []string) {
	values := make([]tree.Value, len(list))
	for i, s := range list {
		values[i] = text(s)
	}
	w.Any(key, tree.ListOf(values...))
}

// Words writes a list of strings that must be words of t.
func (w *Writer) Words(key string, t *line.Token, list []string) {
	for _, s := range list {
		if t.Check(s) != 0 {
			w.fail(key, BadValue)
			return
		}
	}
	w.Texts(key, list)
}

// Ints writes a list of integers, which must be between low and high.
func (w *Writer) Ints(key string, low, high int64, list []int64) {
	values := make([]tree.Value, len(list))
	for i, n := range list {
		if n < low || n > high {
			w.fail(key, BadValue)
		}
		values[i] = tree.Int(n)
	}
	w.Any(key, tree.ListOf(values...))
}

// Numbers is Ints for numbers without bounds of their own.
func (w *Writer) Numbers(key string, list []int64) { w.Ints(key, -wide, wide, list) }

// Record writes a map: write is called to write its fields.
func (w *Writer) Record(key string, write func(w *Writer)) { w.Any(key, w.record(key, write)) }

// Records writes a list of n maps: write is called to write the fields of each.
func (w *Writer) Records(key string, n int, write func(w *Writer, i int)) {
	values := make([]tree.Value, n)
	for i := range values {
		values[i] = w.record(key, func(w *Writer) { write(w, i) })
	}
	w.Any(key, tree.ListOf(values...))
}

// record makes a map of its own of what write writes.
func (w *Writer) record(key string, write func(w *Writer)) tree.Value {
	outer, path := w.entries, w.path
	w.entries, w.path = nil, path+key+"."
	write(w)
	v := tree.MapOf(w.entries...)
	w.entries, w.path = outer, path
	return v
}

// Image writes octets: the image of a map, whose fields write is called to write.
func (w *Writer) Image(key string, write func(w *Writer)) { w.AnyImage(key, w.record(key, write)) }

// AnyImage writes octets: the image of v by the codec of the message itself.
func (w *Writer) AnyImage(key string, v tree.Value) {
	if w.err != nil {
		return
	}
	image, err := w.codec.Append(nil, v)
	if err != nil {
		w.err = &Error{Message: w.message, Key: w.path + key, Fault: BadImage, Err: err}
		return
	}
	w.Bytes(key, image)
}

// Others writes pairs as they are: those that [Reader.Others] returned, or others. A key that a field has already is an error.
func (w *Writer) Others(pairs []tree.Entry) {
	for _, p := range pairs {
		if slices.ContainsFunc(w.entries, func(e tree.Entry) bool { return e.Key.Name == p.Key.Name }) {
			w.fail(p.Key.Name, UnknownKey)
			return
		}
		w.entries = append(w.entries, p)
	}
}

// ValueOf returns x as a value: what the program gives a field of any kind. Of types other than those of a message's fields it is undef.
func ValueOf(x any) tree.Value {
	switch x := x.(type) {
	case tree.Value:
		return x
	case string:
		return text(x)
	case bool:
		return tree.Bool(x)
	case int:
		return tree.Int(int64(x))
	case int64:
		return tree.Int(x)
	case []byte:
		return tree.Bytes(x)
	case []string:
		values := make([]tree.Value, len(x))
		for i, s := range x {
			values[i] = text(s)
		}
		return tree.ListOf(values...)
	}
	return tree.Undef()
}
