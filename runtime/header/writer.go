package header

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/protogen-go/protogen/runtime/header/uri"
)

// A Writer writes a message at the end of a slice. Its methods check what they are given, each for what may stand at its
// place: nothing that the program passes becomes a separator, another value or another field. The first thing that may not
// be written is kept as the error; what follows does not matter.
//
// A Writer is taken by [NewWriter] and given back by its method Done.
type Writer struct {
	b     []byte
	begin int // of the message
	err   error
	field string
}

// writers wait here for messages.
var writers = sync.Pool{New: func() any { return new(Writer) }}

// NewWriter returns a Writer that appends to b.
func NewWriter(b []byte) *Writer {
	w := writers.Get().(*Writer)
	*w = Writer{b: b, begin: len(b)}
	return w
}

// Done returns the slice with the message behind what it held, or as it was and the first error: a [*WriteError], or one
// that wraps a [*uri.WriteError]. w must not be used any more.
func (w *Writer) Done() ([]byte, error) {
	b, err := w.b, w.err
	if err != nil {
		b = b[:w.begin]
	}
	*w = Writer{}
	writers.Put(w)
	return b, err
}

// WriteError says what cannot be written: Value is not what may stand in Field.
type WriteError struct {
	Field string // the header field; "" for the start line
	Want  string // what may stand there
	Value string
}

func (e *WriteError) Error() string {
	return fmt.Sprintf("header: %s: %.60q is no %s", place(e.Field), e.Value, e.Want)
}

// place is the field, or what a message has before all fields.
func place(field string) string {
	if field == "" {
		return "the start line"
	}
	return field
}

func (w *Writer) fail(want, value string) {
	if w.err == nil {
		w.err = &WriteError{Field: w.field, Want: want, Value: value}
	}
}

// Literal writes text as it is. It is for what the specification says, never for what the program does.
func (w *Writer) Literal(text string) { w.b = append(w.b, text...) }

// Begin begins the header field name.
func (w *Writer) Begin(name string) {
	w.field = name
	w.b = append(append(w.b, name...), ": "...)
}

// End ends a line.
func (w *Writer) End() { w.b = append(w.b, "\r\n"...) }

// check writes text if it is made of octets of class c, at least one.
func (w *Writer) check(c class, want, text string) {
	if !all(text, c) {
		w.fail(want, text)
	}
	w.b = append(w.b, text...)
}

// Token writes a token.
func (w *Writer) Token(text string) { w.check(tokenChar, "token", text) }

// CallID writes a word, or two with "@" between them.
func (w *Writer) CallID(text string) {
	end := skipClass(text, 0, wordChar)
	if end == 0 || end < len(text) && (text[end] != '@' || !all(text[end+1:], wordChar)) {
		w.fail("word or word@word", text)
	}
	w.b = append(w.b, text...)
}

// Word writes text without spaces and controls, not empty.
func (w *Writer) Word(text string) {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] == 0x7f {
			w.fail("word", text)
		}
	}
	if text == "" {
		w.fail("word", text)
	}
	w.b = append(w.b, text...)
}

// Text writes UTF-8 without controls. Whoever reads it does not see spaces at its ends.
func (w *Writer) Text(text string) {
	if skipClass(text, 0, textChar) < len(text) {
		w.fail("text without control characters", text)
	}
	w.b = append(w.b, text...)
}

// Integer writes a number.
func (w *Writer) Integer(n uint64) { w.b = strconv.AppendUint(w.b, n, 10) }

// Decimal writes digits that may have a point among them.
func (w *Writer) Decimal(text string) {
	s := Scanner{text: text}
	s.Decimal()
	if s.rule != "" || s.at < len(text) {
		w.fail("number", text)
	}
	w.b = append(w.b, text...)
}

// Quoted writes text in quotes.
func (w *Writer) Quoted(text string) {
	for i := range len(text) {
		if text[i] == '\r' || text[i] == '\n' {
			w.fail("text in one line", text)
		}
	}
	w.b = appendQuoted(w.b, text)
}

// Comment writes text in parentheses.
func (w *Writer) Comment(text string) {
	s := Scanner{text: "(" + text + ")"}
	w.b = append(w.b, s.text...)
	if s.Comment(); s.rule != "" || s.at < len(s.text) {
		w.fail("comment", text)
	}
}

// Host writes a name, an IPv4 address, or an IPv6 address in brackets.
func (w *Writer) Host(text string) {
	if end := skipHost(text, 0); end != len(text) {
		w.fail("host", text)
	}
	w.b = append(w.b, text...)
}

// Port writes ":" and port, unless that is 0.
func (w *Writer) Port(port uint16) {
	if port != 0 {
		w.b = strconv.AppendUint(append(w.b, ':'), uint64(port), 10)
	}
}

// URI writes a URI. What keeps it from being written is a [*uri.WriteError].
func (w *Writer) URI(u *uri.URI) {
	var err error
	if w.b, err = u.Append(w.b); err != nil && w.err == nil {
		w.err = fmt.Errorf("header: %s: %w", place(w.field), err)
	}
}

// BracketedURI writes a URI in angle brackets.
func (w *Writer) BracketedURI(u *uri.URI) {
	w.b = append(w.b, '<')
	w.URI(u)
	w.b = append(w.b, '>')
}

// NameAddr writes a display name in quotes, unless it is empty, and a URI in angle brackets.
func (w *Writer) NameAddr(display string, u *uri.URI) {
	if display != "" {
		w.Quoted(display)
		w.b = append(w.b, ' ')
	}
	w.BracketedURI(u)
}

// Star writes a star if u is what [Scanner.Star] makes of one. It reports whether it did.
func (w *Writer) Star(u *uri.URI) bool {
	if u.Scheme != "" || u.Opaque != "*" {
		return false
	}
	w.b = append(w.b, '*')
	return true
}

// Params writes parameters.
func (w *Writer) Params(p Params) {
	if p == "" {
		return
	}
	s := Scanner{text: string(p)}
	if s.Params(); s.rule != "" || s.at < len(p) {
		w.fail("list of parameters", string(p))
	}
	w.b = append(w.b, p...)
}

// Arguments writes parameters with commas between them.
func (w *Writer) Arguments(a Arguments) {
	s := Scanner{text: string(a)}
	if s.Arguments(); s.rule != "" || s.at < len(a) {
		w.fail("list of arguments", string(a))
	}
	w.b = append(w.b, a...)
}

// Date writes a date in GMT.
func (w *Writer) Date(t time.Time) { w.b = appendDate(w.b, t) }

// Each writes every element of list as a header field of its own.
func Each[T any](w *Writer, name string, list []T, write func(*T, *Writer)) {
	for i := range list {
		w.Begin(name)
		write(&list[i], w)
		w.End()
	}
}

// Fields writes fields as they are. A value must be of one line and hold no control that is not behind a backslash. A field
// may have none of the names reserved for what is written otherwise.
func (w *Writer) Fields(fields Fields, reserved ...string) {
	for i := range fields {
		f := &fields[i]
		w.field = f.Name
		w.Token(f.Name)
		for _, name := range reserved {
			if EqualFold(f.Name, name) {
				w.fail("field of its own", f.Name)
			}
		}
		w.b = append(w.b, ": "...)
		if !oneLine(f.Value) {
			w.fail("text without control characters", f.Value)
		}
		w.b = append(w.b, f.Value...)
		w.End()
	}
}

// oneLine reports whether value has its controls behind backslashes, and no line end.
func oneLine(value string) bool {
	return skipClass(value, 0, textChar) == len(value) || quotable(value)
}

// Body writes the field that says how long body is, the empty line, and body.
func (w *Writer) Body(name string, body []byte) {
	w.Begin(name)
	w.Integer(uint64(len(body)))
	w.b = append(w.b, "\r\n\r\n"...)
	w.b = append(w.b, body...)
}
