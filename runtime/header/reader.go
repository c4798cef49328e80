package header

import (
	"fmt"
	"strings"
	"sync"
	"unsafe"
)

// The defaults of [Limits].
const (
	DefaultMaxHead     = 16 << 10
	DefaultMaxBody     = 64 << 10
	DefaultMaxFields   = 256
	DefaultMaxElements = 512
	DefaultMaxFaults   = 16
)

// Limits bound what a message may hold. A zero is the default.
type Limits struct {
	Head     int // octets of the start line and the header fields, with the empty line
	Body     int // octets of the body
	Fields   int // header fields
	Elements int // typed values, one for each element of a list
	Faults   int // that are kept; a message with more has these
}

func (l Limits) filled() Limits {
	fill := func(value *int, otherwise int) {
		if *value <= 0 {
			*value = otherwise
		}
	}
	fill(&l.Head, DefaultMaxHead)
	fill(&l.Body, DefaultMaxBody)
	fill(&l.Fields, DefaultMaxFields)
	fill(&l.Elements, DefaultMaxElements)
	fill(&l.Faults, DefaultMaxFaults)
	return l
}

// A Reader walks a message: its start line, its header fields in the order they stand in, its body. What it returns are
// parts of the message's octets, which must not change as long as that is used.
//
// The zero Reader is ready; [Reader.Reset] makes it read another message in the same memory. It is not for concurrent use.
type Reader struct {
	Limits Limits // in force at the next Reset

	scan   Scanner
	limits Limits
	data   []byte
	text   string // of data; of its copy without folds if it has any
	copied []byte // the memory of that copy
	at     int    // where the next line begins
	start  string
	line   int // where the current one begins

	name, value string
	valueAt     int
	field       int // the number of the current field, 0 for an unknown one

	fields, elements int
	seen             [2]uint64 // by field number: it has been read
	length           int       // the body's, by a header field; -1 unknown
	faults           []Fault
	broken           Fields
}

// readers wait here for messages.
var readers = sync.Pool{New: func() any { return new(Reader) }}

// NewReader returns a Reader for one message.
func NewReader() *Reader { return readers.Get().(*Reader) }

// Free gives r back; what it returned stays good.
func (r *Reader) Free() {
	*r = Reader{faults: r.faults[:0], broken: r.broken[:0]}
	readers.Put(r)
}

// Reset begins with the message data. The error is [ErrNoMessage] if there is no line to begin with, or a [*Fault] of
// [RuleLimit].
func (r *Reader) Reset(data []byte) error {
	r.limits = r.Limits.filled()
	r.data, r.start = data, ""
	r.text = unsafe.String(unsafe.SliceData(data), len(data))
	r.at, r.line, r.fields, r.elements, r.length = 0, 0, 0, 0, -1
	r.seen = [2]uint64{}
	r.faults, r.broken = r.faults[:0], r.broken[:0]
	for strings.HasPrefix(r.text[r.at:], "\r\n") {
		r.at += 2 // RFC 3261 section 7.5
	}
	r.start = r.nextLine()
	if r.start == "" {
		return ErrNoMessage
	}
	return nil
}

// Is reports whether the start line begins with first and has inside in it, in any case.
func (r *Reader) Is(first, inside string) bool {
	line := r.start
	if len(line) < len(first) || !EqualFold(line[:len(first)], first) {
		return false
	}
	for i := len(line) - len(inside); i >= 0; i-- { // it is near the end
		if EqualFold(line[i:i+len(inside)], inside) {
			return true
		}
	}
	return false
}

// Start returns a Scanner of the start line. It is good until the next call of a method of r.
func (r *Reader) Start() *Scanner {
	r.scan.reset(r.start)
	r.valueAt, r.field = r.line, 0
	return &r.scan
}

// StartDone ends the start line and reports whether it is well-formed.
func (r *Reader) StartDone() bool {
	s := &r.scan
	if s.rule == "" && s.at < len(s.text) {
		s.Fail(RuleSyntax, "there is more than there should be")
	}
	if s.rule == "" {
		return true
	}
	r.fault(r.valueAt+s.offset, "", RuleStart, StatusBadRequest, s.wrong)
	return false
}

// nextLine returns the line at r.at, folds made spaces, and goes behind it. It is "" at the end.
func (r *Reader) nextLine() string {
	from := r.at
	size := strings.IndexByte(r.text[from:], '\n')
	if size < 0 {
		r.line, r.at = from, len(r.text)
		if line := r.text[from:]; line != "" || strings.HasSuffix(r.text, "\n") { // and not told of before
			r.fault(len(r.text), "", RuleLine, StatusBadRequest, "the message ends within its head")
		}
		return r.text[from:]
	}
	end := from + size
	r.line, r.at = from, end+1
	if end > from && r.text[end-1] == '\r' {
		end--
	} else {
		r.fault(end, "", RuleLine, StatusBadRequest, "the line ends without CR")
	}
	if end > from && r.at < len(r.text) && isSpace(r.text[r.at]) && r.unfold() {
		r.at = from
		return r.nextLine()
	}
	return r.text[from:end]
}

// unfold makes spaces of all line ends in the head that a space follows, in a copy of the message; offsets stay. The start
// line cannot be folded: it returns false for that.
func (r *Reader) unfold() bool {
	if r.start == "" {
		return false
	}
	if unsafe.StringData(r.text) == unsafe.SliceData(r.copied) && len(r.copied) > 0 {
		return false // done: what is left begins behind the empty line
	}
	r.copied = append(r.copied[:0], r.data...)
	b := r.copied
	for i := r.line; i < len(b); {
		size := strings.IndexByte(r.text[i:], '\n')
		if size < 0 {
			break
		}
		end := i + size
		cr := size > 0 && b[end-1] == '\r'
		if size == 0 || size == 1 && cr {
			break // the empty line
		}
		if i = end + 1; i == len(b) || !isSpace(b[i]) {
			continue
		}
		b[end] = ' '
		if cr {
			b[end-1] = ' '
		}
	}
	r.text = unsafe.String(unsafe.SliceData(b), len(b))
	return true
}

// Next goes to the next header field that is one, and reports whether there is any. Names are looked up in names.
func (r *Reader) Next(names *Names) bool {
	for {
		line := r.nextLine()
		switch {
		case line == "":
			return false
		case r.fields == r.limits.Fields:
			r.fault(r.line, "", RuleLimit, StatusTooLarge, "there are too many header fields")
			r.skipHead()
			return false
		case r.at > r.limits.Head:
			r.fault(r.line, "", RuleLimit, StatusTooLarge, "the head is too long")
			r.skipHead()
			return false
		}
		r.fields++
		if end := skipClass(line, 0, tokenChar); end > 0 {
			colon := end
			if colon < len(line) && line[colon] != ':' {
				colon = skipSpace(line, colon)
			}
			if colon < len(line) && line[colon] == ':' {
				from := skipSpace(line, colon+1)
				r.name, r.value, r.valueAt = line[:end], trimRight(line[from:]), r.line+from
				r.field = names.Find(r.name)
				return true
			}
		}
		r.fault(r.line, "", RuleLine, StatusBadRequest, "the line is no header field")
	}
}

// trimRight is s without spaces at its end.
func trimRight(s string) string {
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// skipHead goes behind the empty line without reading what is before it.
func (r *Reader) skipHead() {
	for r.nextLine() != "" {
		r.fields++
	}
}

// Field is the number of the current field, 0 for one that the table of names does not have.
func (r *Reader) Field() int { return r.field }

// Keep adds the current field to fields as it stands.
func (r *Reader) Keep(fields *Fields) {
	if !oneLine(r.value) {
		r.fault(r.valueAt+skipClass(r.value, 0, textChar), r.name, RuleSyntax, StatusBadRequest, "a control character stands there")
	}
	*fields = append(*fields, Field{r.name, r.value})
}

// quotable reports whether the only controls in value are behind backslashes, and none of them is an end of line.
func quotable(value string) bool {
	for i := range len(value) {
		switch c := value[i]; {
		case c == '\r' || c == '\n':
			return false
		case classes[c]&textChar == 0 && (i == 0 || value[i-1] != '\\'):
			return false
		}
	}
	return true
}

// once notes that the current field has been read. It reports whether that was the first time.
func (r *Reader) once(name string) bool {
	word, bit := &r.seen[r.field>>6&1], uint64(1)<<(r.field&63)
	if *word&bit != 0 {
		r.fault(r.line, name, RuleRepeated, StatusBadRequest, name+" stands more than once")
		return false
	}
	*word |= bit
	return true
}

// Seen reports whether the field of that number has been read.
func (r *Reader) Seen(field int) bool { return r.seen[field>>6&1]&(1<<(field&63)) != 0 }

// done looks at what the Scanner of the current field found.
func (r *Reader) done(name string) bool {
	s := &r.scan
	if s.rule == "" {
		return true
	}
	r.fault(r.valueAt+s.offset, name, s.rule, StatusBadRequest, s.wrong)
	r.broken = append(r.broken, Field{name, r.value})
	return false
}

// One reads a field that may stand once into v, which is zero as long as it has not been read. It reports whether it could.
// name is the field's full name.
func One[T any](r *Reader, name string, v *T, read func(*T, *Scanner)) bool {
	if !r.once(name) {
		return false
	}
	r.scan.reset(r.value)
	read(v, &r.scan)
	r.scan.end(false)
	if !r.done(name) {
		var zero T
		*v = zero
		return false
	}
	return true
}

// Maybe is [One] for a value that may be absent.
func Maybe[T any](r *Reader, name string, v *Optional[T], read func(*T, *Scanner)) bool {
	v.Present = One(r, name, &v.Value, read) || v.Present
	return v.Present
}

// Lenient is [One] for a field that nothing hangs on: one that is not as it should be is kept among others instead.
func Lenient[T any](r *Reader, name string, others *Fields, v *T, read func(*T, *Scanner)) bool {
	faults, broken := len(r.faults), len(r.broken)
	if One(r, name, v, read) {
		return true
	}
	r.faults, r.broken = r.faults[:faults], r.broken[:broken]
	*others = append(*others, Field{r.name, r.value})
	return false
}

// List reads the elements of the current field, which have commas between them, and returns list with them behind it. Of a
// field that is not as it should be no element is added.
func List[T any](r *Reader, name string, list []T, read func(*T, *Scanner)) []T {
	r.seen[r.field>>6&1] |= 1 << (r.field & 63)
	before := len(list)
	s := &r.scan
	s.reset(r.value)
	if r.value == "" {
		return list
	}
	if cap(list) == 0 {
		list = make([]T, 0, min(1+strings.Count(r.value, ","), r.limits.Elements))
	}
	for more := true; more; more = s.end(true) {
		if r.elements == r.limits.Elements {
			r.fault(r.line, name, RuleLimit, StatusTooLarge, "there are too many values")
			return list[:before]
		}
		r.elements++
		var fresh T
		list = append(list, fresh)
		read(&list[len(list)-1], s)
	}
	if !r.done(name) {
		return list[:before]
	}
	return list
}

// Lines is [List] for a field that may be repeated and whose commas are its own business.
func Lines[T any](r *Reader, name string, list []T, read func(*T, *Scanner)) []T {
	if r.elements == r.limits.Elements {
		r.fault(r.line, name, RuleLimit, StatusTooLarge, "there are too many values")
		return list
	}
	r.elements++
	var fresh T
	list = append(list, fresh)
	r.scan.reset(r.value)
	read(&list[len(list)-1], &r.scan)
	r.scan.end(false)
	if !r.done(name) {
		return list[:len(list)-1]
	}
	return list
}

// Length reads the field that says how long the body is.
func (r *Reader) Length(name string) {
	if !r.once(name) {
		return
	}
	r.scan.reset(r.value)
	n := r.scan.Integer(1<<31 - 1)
	r.scan.end(false)
	if r.done(name) {
		r.length = int(n)
	}
}

// Body returns the body: as many octets as the length says, or all that are left. Too few are a fault of [RuleLength].
func (r *Reader) Body() []byte {
	body := r.data[min(r.at, len(r.data)):]
	switch {
	case r.length > len(body):
		r.fault(len(r.data), "", RuleLength, StatusBadRequest, fmt.Sprintf("the body has %d octets of %d", len(body), r.length))
	case r.length >= 0:
		body = body[:r.length:r.length]
	}
	if len(body) > r.limits.Body {
		r.fault(r.at, "", RuleLimit, StatusTooLarge, "the body is too long")
	}
	return body
}

// Found appends what was found wrong to faults, and the fields that could not be read to broken: under their full names,
// as they came.
func (r *Reader) Found(faults []Fault, broken Fields) ([]Fault, Fields) {
	return append(faults, r.faults...), append(broken, r.broken...)
}

func (r *Reader) fault(offset int, field, rule string, code int, text string) {
	if len(r.faults) >= r.limits.Faults {
		return
	}
	before := r.data[:min(offset, len(r.data))]
	line, column := Position(before)
	r.faults = append(r.faults, Fault{Offset: offset, Line: line, Column: column, Field: field, Rule: rule, Code: code, Text: text})
}

// Position is the place behind before, which is the beginning of a message: line and column, from 1.
func Position(before []byte) (line, column int) {
	line, column = 1, 1
	for _, c := range before {
		if column++; c == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}
