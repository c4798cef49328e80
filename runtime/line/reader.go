package line

import (
	"bytes"
	"strconv"
)

// A Reader reads one line as one message after the other, until one fits. Its methods go on as if nothing were wrong after a fault,
// which [Reader.End] reports. Words are copied: nothing that it returns refers to the line.
type Reader struct {
	line    []byte
	end     int // where what is being read ends: the line, or a parameter
	at      int
	message string
	now     Error  // of the message tried now; its Fault is 0 while there is none
	best    Error  // of the messages tried before, the one that went furthest
	key     []byte // of the parameter
	keyAt   int
	word    string // the field read last, and where it ended
	wordEnd int
}

// NewReader returns a Reader of a line, without its end. The line must not change while it is read.
func NewReader(line []byte) Reader { return Reader{line: line, end: len(line)} }

// Begin tries another message: the line from its beginning. It reports whether it begins with literal, which is skipped.
func (r *Reader) Begin(message, literal string) bool {
	if len(r.line) < len(literal) || string(r.line[:len(literal)]) != literal {
		return false
	}
	r.message, r.now, r.key, r.wordEnd = message, Error{}, nil, 0
	r.at, r.end = len(literal), len(r.line)
	return true
}

// End reports whether the message has been read: without a fault, and to the end of the line.
func (r *Reader) End() bool {
	if r.at < len(r.line) {
		r.stop()
	}
	if r.now.Fault != 0 && (r.best.Fault == 0 || r.now.Offset > r.best.Offset) {
		r.best = r.now
	}
	return r.now.Fault == 0
}

// Err returns why the line is none of the messages that were tried: of those it begins like, the one that it is like the longest.
func (r *Reader) Err() *Error {
	if r.best.Fault == 0 {
		return &Error{Fault: Strange}
	}
	err := r.best
	return &err
}

// fail notes the first fault of a message.
func (r *Reader) fail(field string, f Fault) {
	if r.now.Fault == 0 {
		r.now = Error{Message: r.message, Field: field, Fault: f, Offset: r.at}
	}
}

// stop notes that what comes next should not be there: the octet that ended the last word, or else any.
func (r *Reader) stop() {
	if r.wordEnd == r.at && r.wordEnd > 0 {
		r.fail(r.word, BadOctet)
	} else {
		r.fail("", Unexpected)
	}
}

// Literal skips a literal.
func (r *Reader) Literal(literal string) {
	if !bytes.HasPrefix(r.line[r.at:r.end], []byte(literal)) {
		r.stop()
		return
	}
	r.at += len(literal)
}

// Spaces skips any number of spaces.
func (r *Reader) Spaces() {
	for r.at < r.end && r.line[r.at] == ' ' {
		r.at++
	}
}

// cut returns what is left of the line as far as its octets are of the class.
func (r *Reader) cut(k *Class) []byte {
	from := r.at
	for r.at < r.end && k.Has(r.line[r.at]) {
		r.at++
	}
	return r.line[from:r.at]
}

// Word reads the value of a field: as many octets as t has.
func (r *Reader) Word(field string, t *Token) string {
	from := r.at
	word := r.cut(&t.Class)
	if f := fault(t, word); f != 0 {
		if f == TooShort && r.at < r.end {
			f = BadOctet
		} else if f != TooShort {
			r.at = from
		}
		r.fail(field, f)
		return ""
	}
	r.word, r.wordEnd = field, r.at
	return string(word)
}

// digits are the octets of a number.
var digits = Class{}.Range('0', '9')

// Int reads a field that is a number between low and high, in decimal digits with a "-" before them where low allows it, and in no
// more octets than the longer bound has.
func (r *Reader) Int(field string, low, high int64) int64 {
	from := r.at
	if low < 0 && r.at < r.end && r.line[r.at] == '-' {
		r.at++
	}
	r.cut(&digits)
	n, err := strconv.ParseInt(string(r.line[from:r.at]), 10, 64)
	if err != nil || n < low || n > high || r.at-from > max(width(low), width(high)) {
		r.at = from
		r.fail(field, BadNumber)
		return 0
	}
	r.word, r.wordEnd = field, r.at
	return n
}

// wide is the bound of integers that have no other.
const wide = 1 << 53

// Number is Int for a number that has no bounds of its own: it lies within ±2^53, which every implementation of numbers holds.
func (r *Reader) Number(field string) int64 { return r.Int(field, -wide, wide) }

// width is the number of octets that n takes.
func width(n int64) int {
	w := 1
	if n < 0 {
		w++
	}
	for ; n <= -10 || n >= 10; n /= 10 {
		w++
	}
	return w
}

// Parameter goes to the next of the parameters that the rest of the line is: a key, assign and a value, with separators between them. It
// returns false when there is none left. A separator at the end of the line is skipped. What is read next, up to the next call, is
// the value; all of it must be.
func (r *Reader) Parameter(separator, assign string) bool {
	if r.key != nil && r.at < r.end {
		r.stop()
	}
	if r.key != nil {
		r.at = min(len(r.line), r.end+len(separator))
	}
	r.end = len(r.line)
	if r.now.Fault != 0 || r.at == r.end {
		r.key = nil
		return false
	}
	if i := bytes.Index(r.line[r.at:], []byte(separator)); i >= 0 {
		r.end = r.at + i
	}
	n := bytes.Index(r.line[r.at:r.end], []byte(assign))
	if n < 0 {
		r.fail("", UnknownKey)
		return false
	}
	r.key, r.keyAt = r.line[r.at:r.at+n:r.at+n], r.at
	r.at += n + len(assign)
	return true
}

// Key returns the key of the parameter, which is a part of the line.
func (r *Reader) Key() []byte { return r.key }

// Stray says that the message has no parameter of this key.
func (r *Reader) Stray() {
	r.at = r.keyAt
	r.fail("", UnknownKey)
}

// Words reads the value of a parameter that is a list, with separators between its words, and appends them to list. Empty ones are
// left out, but there must be one.
func (r *Reader) Words(field string, t *Token, separator string, list []string) []string {
	end, none := r.end, true
	for r.now.Fault == 0 && r.at < end {
		r.end = end
		if i := bytes.Index(r.line[r.at:end], []byte(separator)); i >= 0 {
			r.end = r.at + i
		}
		if r.at < r.end {
			none = false
			list = append(list, r.Word(field, t))
			if r.at < r.end {
				r.stop()
			}
		}
		r.at = min(end, r.end+len(separator))
	}
	r.end = end
	if none {
		r.fail(field, TooShort)
	}
	return list
}

// Need says that the parameter of a field is missing unless it has been read.
func (r *Reader) Need(field string, read bool) {
	if !read {
		r.fail(field, Missing)
	}
}
