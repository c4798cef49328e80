package line

import "strconv"

// A Writer appends one message as a line. Its methods do nothing after an error, which [Writer.Finish] returns.
type Writer struct {
	b       []byte
	begin   int
	message string
	err     *Error
	// of parameters
	separator, assign string
	parameters        int
}

// NewWriter returns a Writer that appends the message of that name to b.
func NewWriter(message string, b []byte) Writer {
	return Writer{b: b, begin: len(b), message: message}
}

// Finish returns the extended slice; on an error, an *Error, it is as it was.
func (w *Writer) Finish() ([]byte, error) {
	if w.err != nil {
		return w.b[:w.begin], w.err
	}
	return w.b, nil
}

func (w *Writer) fail(field string, f Fault) {
	if w.err == nil {
		w.err = &Error{Message: w.message, Field: field, Fault: f, Offset: len(w.b) - w.begin}
	}
}

// Literal writes a literal.
func (w *Writer) Literal(literal string) { w.b = append(w.b, literal...) }

// Word writes the value of a field, which must be a word of t.
func (w *Writer) Word(field string, t *Token, s string) {
	if f := fault(t, s); f != 0 {
		w.fail(field, f)
		return
	}
	w.b = append(w.b, s...)
}

// Int writes the value of a field that is a number between low and high.
func (w *Writer) Int(field string, low, high, n int64) {
	if n < low || n > high {
		w.fail(field, BadNumber)
		return
	}
	w.b = strconv.AppendInt(w.b, n, 10)
}

// Number is Int for a number that has no bounds of its own: it lies within ±2^53.
func (w *Writer) Number(field string, n int64) { w.Int(field, -wide, wide, n) }

// Parameters begins the parameters of the message: with separators between them, and assign between a key and its value.
func (w *Writer) Parameters(separator, assign string) { w.separator, w.assign = separator, assign }

// Key writes the key of a parameter; its value follows.
func (w *Writer) Key(key string) {
	if w.parameters > 0 {
		w.b = append(w.b, w.separator...)
	}
	w.parameters++
	w.b = append(w.b, key...)
	w.b = append(w.b, w.assign...)
}

// Value writes the value of a parameter, which must be a word of t without a separator in it.
func (w *Writer) Value(field string, t *Token, s string) {
	w.apart(field, s, w.separator)
	w.Word(field, t, s)
}

// Values writes the value of a parameter that is a list, with separators between its words; there must be one.
func (w *Writer) Values(field string, t *Token, separator string, list []string) {
	if len(list) == 0 {
		w.fail(field, Missing)
	}
	for i, s := range list {
		if i > 0 {
			w.b = append(w.b, separator...)
		}
		w.apart(field, s, separator)
		w.Value(field, t, s)
	}
}

// apart makes sure that s neither holds a separator nor makes one with what follows it.
func (w *Writer) apart(field, s, separator string) {
	for i := range len(s) {
		for n := 1; n <= len(separator); n++ {
			if end := i + n; end > len(s) || s[i:end] != separator[:n] {
				break
			} else if end == len(s) || n == len(separator) {
				w.fail(field, BadOctet)
				return
			}
		}
	}
}
