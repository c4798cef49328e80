package xmlstream

// Expected is a start tag that may come next: see [Reader.NextExpected].
type Expected struct {
	head, mask uint64 // the first eight bytes of the name, and which of them there are
	tail       uint64 // the last eight bytes of a longer name
	local      string
	space      int32
	id         int32
}

// Expect prepares a name for [Reader.NextExpected], which answers with id; it must not be negative. The namespace is a
// number of the Reader's [Spaces].
func Expect(space int, local string, id int) Expected {
	e := Expected{local: local, space: int32(space), id: int32(id)}
	for i := range min(len(local), 8) {
		e.head |= uint64(local[i]) << (8 * i)
		e.mask |= 0xFF << (8 * i)
	}
	if len(local) > 8 {
		e.tail = load(local, len(local)-8)
	}
	return e
}

// Answers of [Reader.NextExpected] besides the id of an [Expected].
const (
	Ended      = -1 - iota // the parent's end tag has been read
	Unexpected             // a start tag has been read that is none of those expected
	Unread                 // nothing but white space has been read: call [Reader.NextTag]
)

// NextExpected is [Reader.NextTag] for a program that knows which elements may come next: comparing a tag with the name it
// should have is cheaper than reading it. Only what is written in the usual way is recognised, which is a name with its
// parent's prefix; the answer to anything else is [Unread].
func (r *Reader) NextExpected(names []Expected) int {
	n := len(r.stack)
	if n == 0 || r.pendingEnd || r.unusual && !r.expects() {
		return Unread
	}
	s, i := r.s, skipSpace(r.s, r.pos)
	r.pos = i
	parent := &r.stack[n-1]
	prefix := int(parent.colon) + 1 // bytes of the prefix and its colon
	at := i + 1 + prefix
	if at+8 > len(s) || s[i] != '<' {
		return Unread
	}
	if s[i+1] == '/' {
		r.start = i
		if r.endAt(i, parent) {
			return Ended
		}
		return Unread
	}
	if prefix > 8 || (load(s, i+1)^load(s, parent.begin))<<(64-8*uint(prefix)) != 0 {
		return Unread
	}
	head := load(s, at)
	for k := range names {
		e := &names[k]
		if (head^e.head)&e.mask != 0 {
			continue
		}
		end := at + len(e.local)
		if end >= len(s) || len(e.local) > 8 && !e.is(s, at, end) {
			continue
		}
		if s[end] != '>' {
			if class[s[end]]&(inSpace|inSlash) == 0 {
				continue
			}
			if r.stream != nil {
				return Unread
			}
			return r.expectedTag(e, i, end)
		}
		if e.space != parent.space || end-i > r.opts.MaxName || n >= r.opts.MaxDepth || n == cap(r.stack) {
			return Unread
		}
		r.stack = r.stack[:n+1]
		child := &r.stack[n]
		child.begin, child.end, child.binds = i+1, end, int32(len(r.binds))
		child.colon, child.bind, child.space = parent.colon, parent.bind, parent.space
		r.binds[child.bind].used = r.serial
		r.elem, r.attrs, r.hasXSI = n, r.attrs[:0], false
		r.start, r.pos, r.kind = i, end+1, StartElement
		return int(e.id)
	}
	return Unread
}

// expects makes ready to compare a tag of a document that is read as a stream; false if it has a document type declaration, by
// which attributes may have defaults.
func (r *Reader) expects() bool {
	if r.stream != nil {
		r.ensure()
	}
	return r.dtd == nil
}

// is reports whether s[at:end], which is as long and begins in the same way, is the name.
func (e *Expected) is(s string, at, end int) bool {
	return load(s, end-8) == e.tail && (end-at <= 16 || s[at:end] == e.local)
}

// expectedTag reads the start tag at r.s[begin], whose name ends at r.s[end], as the one expected.
func (r *Reader) expectedTag(e *Expected, begin, end int) int {
	r.start = begin
	colon := r.stack[len(r.stack)-1].colon
	switch {
	case end-begin > r.opts.MaxName || r.openTag(begin+1, end, int(colon)) != StartElement:
		return Unread
	case r.current().space != e.space: // it declares its prefix anew
		return Unexpected
	}
	return int(e.id)
}
