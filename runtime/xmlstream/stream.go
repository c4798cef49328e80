package xmlstream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"
)

// DefaultMaxText is how large a token of a stream may be unless [Options] says otherwise.
const DefaultMaxText = 16 << 20

// How much of a stream is read at a time, and how much of a text that goes on is made a token of its own.
const (
	streamChunk = 256 << 10
	streamText  = 32 << 10
)

// stream is the source of a document that is not in memory as a whole. The Reader sees a window of it: the names of the open
// elements, one after the other, and then what is to be read. Every window has memory of its own, so that what the Reader has
// returned stays valid.
type stream struct {
	src     io.Reader
	done    bool // nothing more will come
	starved bool // the token being read goes on beyond the window
	total   int  // bytes read
	chunk   int  // bytes read at a time
	data    int  // where what is to be read begins in the window; what stands before it are names
	from    place
	cursor  place // a place in the window that has been worked out
	element place // of the start tag read last
}

// place is an offset with its line and column.
type place struct{ offset, line, column int }

// ResetReader starts on the document that src gives, which the Reader reads as it goes on, keeping no more of it than a token
// needs: [Options] MaxText bounds that. [Reader.Document] is the part that is in memory. [Reader.Raw], [Reader.Mixed] and
// [Reader.Any] are not for streams. An error of src ends the document with a [SyntaxError] that wraps it.
func (r *Reader) ResetReader(src io.Reader) { r.resetReader(src, streamChunk) }

// resetReader is ResetReader that reads so many bytes at a time.
func (r *Reader) resetReader(src io.Reader, chunk int) {
	r.clear()
	start := place{line: 1, column: 1}
	r.stream, r.unusual = &stream{chunk: chunk, from: start, cursor: start}, true
	if sizeOf(src) > int64(r.opts.MaxDocument) {
		r.stream.done = true
		r.limit(0, "MaxDocument", r.opts.MaxDocument)
		return
	}
	utf8, fault := newUTF8Reader(src)
	r.stream.src = utf8
	r.refill()
	for !r.stream.done && (len(r.s) <= len("<?xml") || strings.HasPrefix(r.s, "<?xml") && !strings.Contains(r.s, "?>")) {
		if !r.grow() {
			return
		}
	}
	switch {
	case fault != "":
		r.failAt(0, fault)
	case strings.HasPrefix(r.s, "<?xml") && len(r.s) > 5 && IsSpace(r.s[5]):
		r.declaration()
	}
}

// sizeOf returns how large a source is that says so: one in memory, or a file. It is 0 for any other.
func sizeOf(src io.Reader) int64 {
	switch s := src.(type) {
	case interface{ Len() int }:
		return int64(s.Len())
	case interface{ Stat() (fs.FileInfo, error) }:
		if info, err := s.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	}
	return 0
}

// near is how close to the end of the window a fault may be the window's.
func (r *Reader) near() int { return r.opts.MaxName + 4096 }

// nextStreamed is Next for a stream: a token that does not end in the window is read again when the window is larger.
func (r *Reader) nextStreamed() Kind {
	for {
		r.ensure()
		before := *r
		k := r.next()
		if !r.stream.starved {
			return k
		}
		r.stream.starved = false
		r.restore(&before)
		if !r.grow() {
			return EOF
		}
	}
}

// restore goes back to before the token that could not be read.
func (r *Reader) restore(before *Reader) {
	r.pos, r.start, r.elem, r.kind, r.ended = before.pos, before.start, before.elem, before.kind, before.ended
	r.attrs, r.stack, r.binds = r.attrs[:0], r.stack[:len(before.stack)], r.binds[:len(before.binds)]
	r.pendingEnd, r.hasXSI, r.sawRoot = before.pendingEnd, before.hasXSI, before.sawRoot
	r.dtd, r.expanded = before.dtd, before.expanded
}

// ensure reads on if the window is nearly used up.
func (r *Reader) ensure() {
	if st := r.stream; !st.done && len(r.frames) == 0 && len(r.s)-r.pos < r.near() && r.err == nil {
		r.refill()
	}
}

// grow makes the window larger, for a token that does not fit; false after a fault.
func (r *Reader) grow() bool {
	if st := r.stream; len(r.s)-r.pos > r.opts.MaxText {
		st.done = true // so that the fault stands
		r.limit(r.pos, "MaxText", r.opts.MaxText)
		return false
	}
	r.stream.chunk = max(r.stream.chunk, len(r.s)-r.pos)
	r.refill()
	return r.err == nil
}

// refill makes the next window: the names of the open elements, what has not been read of this one, and a piece of the source.
func (r *Reader) refill() {
	st := r.stream
	if r.kind == StartElement && r.start >= st.data {
		st.element.offset = r.base + r.start
		st.element.line, st.element.column = r.Position(st.element.offset)
	}
	at := place{offset: r.base + r.pos}
	at.line, at.column = r.Position(at.offset)
	names := 0
	for i := range r.stack {
		names += r.stack[i].end - r.stack[i].begin
	}
	rest := r.s[r.pos:]
	window := make([]byte, names+len(rest)+st.chunk)
	names = 0
	for i := range r.stack {
		e := &r.stack[i]
		n := copy(window[names:], r.doc[e.begin:e.end])
		e.begin, e.end = names, names+n
		names += n
	}
	for i := range r.binds {
		b := &r.binds[i]
		b.prefix, b.uri = strings.Clone(b.prefix), strings.Clone(b.uri)
	}
	full := names + copy(window[names:], rest)
	n, err := io.ReadFull(st.src, window[full:])
	st.total += n
	st.data, st.from, st.cursor = names, at, at
	r.base, r.pos, r.start = at.offset-names, names, names
	r.s = view(window[:full+n])
	r.doc = r.s
	switch {
	case err == nil:
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		st.done = true
	default:
		st.done = true
		r.unreadable(err)
	}
	if st.total > r.opts.MaxDocument && r.err == nil {
		st.done = true
		r.limit(r.pos, "MaxDocument", r.opts.MaxDocument)
	}
}

// unreadable ends the document where its source does.
func (r *Reader) unreadable(err error) {
	var fault malformed
	if errors.As(err, &fault) {
		r.fail(len(r.s), string(fault))
		return
	}
	r.fail(len(r.s), "the document cannot be read: "+err.Error())
	r.err.Cause = err
}

// starving reports whether a fault at an offset of the window may be that the window ends: then the token is read again.
func (r *Reader) starving(offset int) bool {
	st := r.stream
	return st != nil && !st.done && len(r.frames) == 0 && r.err == nil &&
		(len(r.s)-offset < r.near() || r.opts.DTD == DTDSkip && strings.HasPrefix(r.s[min(r.pos, len(r.s)):], "<!DOCTYPE"))
}

// unended is fail for a construct that begins at r.pos and whose end is not in sight.
func (r *Reader) unended(text string) Kind {
	if st := r.stream; st != nil && !st.done && len(r.frames) == 0 && r.err == nil {
		st.starved = true
		return EOF
	}
	return r.fail(r.pos, text)
}

// cutText returns where the token of a text ends that goes to the end of the window: a long one is cut where nothing is torn
// apart, a short one is read again with what follows. The end is -1 then.
func (r *Reader) cutText(end int) int {
	st := r.stream
	if end < len(r.s) || st.done || len(r.frames) > 0 {
		return end
	}
	if end-r.pos < streamText {
		st.starved = true
		return -1
	}
	if i := strings.LastIndexByte(r.s[r.pos:end], '&'); i >= 0 && !strings.Contains(r.s[r.pos+i:end], ";") {
		end = r.pos + i
	}
	for end > r.pos && (r.s[end-1] == ']' || r.s[end-1] == '\r' || end < len(r.s) && !utf8.RuneStart(r.s[end])) {
		end--
	}
	if end == r.pos {
		st.starved = true
		return -1
	}
	return end
}

// placeOf is [Reader.Position] for a stream. Of places that have gone by it knows that of the start tag read last.
func (r *Reader) placeOf(offset int) (line, column int) {
	st := r.stream
	switch {
	case offset == st.element.offset && offset < st.from.offset:
		return st.element.line, st.element.column
	case offset < st.from.offset:
		return st.from.line, st.from.column
	case offset < st.cursor.offset:
		st.cursor = st.from
	}
	begin := st.cursor.offset - r.base
	end := max(begin, min(offset-r.base, len(r.doc)))
	line, column = position(r.doc[begin:end], end-begin)
	if line == 1 {
		column += st.cursor.column - 1
	}
	st.cursor = place{r.base + end, line + st.cursor.line - 1, column}
	return st.cursor.line, st.cursor.column
}

// Streaming reports whether the document is read as a stream, so that [Reader.Position] knows the place of the current token, of
// the attributes of the current start tag and of the start tag read last, and none before.
func (r *Reader) Streaming() bool { return r.stream != nil }

// utf8Reader turns a document in another encoding into UTF-8 while it is read.
type utf8Reader struct {
	src    io.Reader
	rest   []byte // read and not decoded
	ready  string // decoded and not given
	decode func(doc []byte) (text string, used int, fault string)
	err    error
}

// sniffed is how much of a document is read to find out its encoding.
const sniffed = 512

// newUTF8Reader finds out how the document of src is encoded, as transcode does, and returns it in UTF-8. The fault is that of a
// declaration that says otherwise.
func newUTF8Reader(src io.Reader) (utf8 io.Reader, fault string) {
	head := make([]byte, sniffed)
	n, err := io.ReadFull(src, head)
	head = head[:n]
	switch {
	case err == nil:
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		src = strings.NewReader("")
	default:
		src = failing{err}
	}
	u := &utf8Reader{src: src, rest: head}
	utf16 := func(order binary.ByteOrder) {
		u.decode = func(doc []byte) (string, int, string) { return pieceOfUTF16(doc, order) }
	}
	switch text := string(head); {
	case strings.HasPrefix(text, "\xEF\xBB\xBF"):
		return io.MultiReader(bytes.NewReader(head[3:]), src), declared(text[3:], "UTF-8").text
	case strings.HasPrefix(text, "\xFF\xFE"):
		u.rest = head[2:]
		utf16(binary.LittleEndian)
	case strings.HasPrefix(text, "\xFE\xFF"):
		u.rest = head[2:]
		utf16(binary.BigEndian)
	case strings.HasPrefix(text, "<\x00?\x00"):
		utf16(binary.LittleEndian)
	case strings.HasPrefix(text, "\x00<\x00?"):
		utf16(binary.BigEndian)
	default:
		return u.asDeclared(text)
	}
	begin, _, _ := u.decode(u.rest)
	return u, declared(begin, "UTF-16").text
}

// asDeclared is newUTF8Reader for a document in which letters are bytes, by what its beginning says.
func (u *utf8Reader) asDeclared(head string) (io.Reader, string) {
	latin1 := func(doc []byte) (string, int, string) { return fromLatin1(string(doc)), len(doc), "" }
	switch encoding := strings.ToUpper(declaredEncoding(head)); encoding {
	case "US-ASCII", "ASCII", "ANSI_X3.4-1968", "ISO646-US":
		u.decode = func(doc []byte) (string, int, string) {
			text := string(doc)
			if fault := checkASCII(text); fault.text != "" {
				return text[:fault.at], len(doc), fault.text
			}
			return text, len(doc), ""
		}
		return u, ""
	case "ISO-8859-1", "LATIN1", "L1", "ISO_8859-1":
		u.decode = latin1
		return u, ""
	}
	_, fault := transcode(head)
	return io.MultiReader(strings.NewReader(head), u.src), fault.text
}

// pieceOfUTF16 decodes the whole characters of doc.
func pieceOfUTF16(doc []byte, order binary.ByteOrder) (text string, used int, fault string) {
	used = len(doc) &^ 1
	if used >= 2 && order.Uint16(doc[used-2:])&0xFC00 == 0xD800 {
		used -= 2
	}
	text, bad := decodeUTF16(string(doc[:used]), order)
	return text, used, bad.text
}

func (u *utf8Reader) Read(p []byte) (int, error) {
	for u.ready == "" {
		if u.err != nil {
			return 0, u.err
		}
		u.decodeMore()
	}
	n := copy(p, u.ready)
	u.ready = u.ready[n:]
	return n, nil
}

// decodeMore decodes the next piece of the source; half a character waits for its other half.
func (u *utf8Reader) decodeMore() {
	piece := make([]byte, streamChunk/4)
	n, err := io.ReadFull(u.src, piece)
	doc := append(u.rest, piece[:n]...)
	text, used, fault := u.decode(doc)
	u.ready, u.rest = text, doc[used:]
	switch {
	case fault != "":
		u.err = malformed(fault)
	case err == nil:
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		u.err = err
	case len(u.rest) > 0:
		u.err = malformed("the document ends inside a UTF-16 character")
	default:
		u.err = io.EOF
	}
}

// malformed is a document that cannot be decoded.
type malformed string

func (m malformed) Error() string { return string(m) }

// failing is a source that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
