package header

import (
	"strconv"
	"time"
)

// The functions from here on have the shape that [One], [List] and [Each] ask for, for values that are no structs.

// ReadToken reads a token.
func ReadToken(v *string, s *Scanner) { *v = s.Token() }

// ReadText reads text that may be empty.
func ReadText(v *string, s *Scanner) { *v = s.Text() }

// ReadCallID reads a word, or two with "@" between them.
func ReadCallID(v *string, s *Scanner) { *v = s.CallID() }

// ReadHost reads a host.
func ReadHost(v *string, s *Scanner) { *v = s.Host() }

// ReadWord reads what is left up to a space.
func ReadWord(v *string, s *Scanner) { *v = s.Word() }

// ReadDecimal reads digits that may have a point among them.
func ReadDecimal(v *string, s *Scanner) { *v = s.Decimal() }

// ReadQuoted reads a quoted string.
func ReadQuoted(v *string, s *Scanner) { *v = s.Quoted() }

// ReadArguments reads parameters with commas between them.
func ReadArguments(v *Arguments, s *Scanner) { *v = s.Arguments() }

// ReadParams reads parameters.
func ReadParams(v *Params, s *Scanner) { *v = s.Params() }

// ReadDate reads a date.
func ReadDate(v *time.Time, s *Scanner) { *v = s.Date() }

// ReadNumber reads a number that its type has room for.
func ReadNumber[T uint8 | uint16 | uint32](v *T, s *Scanner) { *v = T(s.Integer(uint64(^T(0)))) }

// WriteToken writes a token.
func WriteToken(v *string, w *Writer) { w.Token(*v) }

// WriteCallID writes a word, or two with "@" between them.
func WriteCallID(v *string, w *Writer) { w.CallID(*v) }

// WriteHost writes a host.
func WriteHost(v *string, w *Writer) { w.Host(*v) }

// WriteText writes text.
func WriteText(v *string, w *Writer) { w.Text(*v) }

// Number is the value of the parameter called name, a number that its type has room for; ok is false for anything else.
func Number[T uint8 | uint16 | uint32](p Params, name string) (n T, ok bool) {
	value, ok := p.Get(name)
	if !ok || !all(value, digitChar) {
		return 0, false
	}
	s := Scanner{text: value}
	n = T(s.Integer(uint64(^T(0))))
	return n, s.rule == ""
}

// WithNumber is p with a parameter whose value is a number.
func WithNumber[T uint8 | uint16 | uint32](p Params, name string, n T) Params {
	return p.With(name, strconv.FormatUint(uint64(n), 10))
}

// Value is what a parameter is, zero if it is not given.
func Value[T any](value T, _ bool) T { return value }

// Given reports whether a parameter is given.
func Given[T any](_ T, ok bool) bool { return ok }

// At is element i of list, a zero value of its own if there is none.
func At[T any](list []T, i int) *T {
	if i < len(list) {
		return &list[i]
	}
	return new(T)
}
