package xmlstream

import (
	"fmt"
	"strings"
	"unsafe"
)

// Kind tells tokens apart.
type Kind uint8

const (
	EOF          Kind = iota // the document has ended, well or badly: see [Reader.Err]
	StartElement             // a start tag, or the first half of an empty-element tag
	EndElement               // an end tag, or the second half of an empty-element tag
	Text                     // character data; one stretch of it may come in several tokens
	Comment
	ProcInst

	again // never seen outside: the reader went into an entity
)

// TextInfo is what the reader noticed about a piece of character data while it looked for its end. A set bit may be a false
// alarm, a clear one never is.
type TextInfo uint8

const (
	HasSpace   TextInfo = 1 << iota // white space occurs
	HasHigh                         // characters beyond ASCII occur
	InScratch                       // the string is overwritten by the next call of a Reader method: copy it to keep it
	needDecode                      // references or carriage returns occur
	anyInfo    = HasSpace | HasHigh
)

// Reader is a pull tokenizer over one XML document. The zero value is not usable; see [NewReader]. A Reader belongs to one
// goroutine at a time and may be used for any number of documents, one after the other, without allocating anew.
//
// [Reader.Next] reads a token; the other methods describe the token read last. Once a document turned out to be malformed,
// every Next returns [EOF] and [Reader.Err] says why.
type Reader struct {
	s          string // what is being read: the document, or the replacement text of an entity
	pos        int    // of the first byte not yet read
	start      int    // of the current token
	elem       int    // of the current tag, in stack or right behind its end
	attrs      []Attr
	stack      []open
	binds      []binding
	serial     int // of the latest capture; see binding.used
	ended      int // bindings in scope inside of the element that has just ended
	text       string
	info       TextInfo
	kind       Kind
	pendingEnd bool // an empty-element tag's second half is due
	hasXSI     bool
	sawRoot    bool
	fragment   bool // content is read rather than a document
	used       bool // a document has been read
	unusual    bool // it is a stream, or has a document type declaration

	doc      string // the whole document; of a stream, the window
	base     int    // of a stream: the offset of what the window begins with
	stream   *stream
	spaces   *Spaces
	opts     Options
	err      *SyntaxError
	frames   []frame
	inside   []string // the names of the open elements that began in an entity
	dtd      *doctype
	expanded int // bytes that entities have produced
	scratch  []byte
	order    []int
	memories *[1 << memoryBits]memory // nil until a second document is read
}

// open is an element whose end tag has not been read. It holds no pointers: writing one costs more while garbage is being
// collected, and this is written for every element.
type open struct {
	begin, end int   // its name in the document; of an element out of an entity, end is -1 and begin counts Reader.inside
	colon      int32 // in the name; -1 when there is none
	bind       int32 // the binding of its prefix
	space      int32
	binds      int32 // bindings in scope outside of it
}

// binding is a namespace declaration in scope.
type binding struct {
	prefix string
	uri    string
	space  int
	used   int // the serial of the latest capture under which it resolved a name
}

// frame is the reader's place in the text that refers to the entity being read.
type frame struct {
	s     string
	pos   int
	start int // of the reference
	name  string
	depth int // elements open when the entity began
}

// Attr is an attribute of the current start tag. Namespace declarations are not among them.
type Attr struct {
	Space  int    // number of its namespace
	Value  string // normalised as CDATA (XML 1.0, 3.3.3)
	Info   TextInfo
	Offset int // of its name, in the document

	name  string
	colon int
	uri   string
}

// Local returns the local part of the attribute's name.
func (a *Attr) Local() string { return a.name[a.colon+1:] }

// QName returns the attribute's name as written.
func (a *Attr) QName() string { return a.name }

// URI returns the attribute's namespace, empty for none.
func (a *Attr) URI() string { return a.uri }

// Name returns the attribute's expanded name.
func (a *Attr) Name() Name { return Name{a.uri, a.Local()} }

// IsXSI reports whether the attribute is one of xsi:type, xsi:nil, xsi:schemaLocation and the like.
func (a *Attr) IsXSI() bool { return a.colon > 0 && a.uri == XSISpace }

// firstDepth is for how many open elements there is memory from the beginning.
const firstDepth = 16

// NewReader returns a Reader without a document: call [Reader.Reset] next. spaces may be nil.
func NewReader(spaces *Spaces, opts Options) *Reader {
	return &Reader{spaces: spaces, opts: opts.withDefaults(), stack: make([]open, 0, firstDepth)}
}

// Reset starts on doc, which the Reader reads in place: doc must not change while the Reader or a string it returned is in
// use. A document in another encoding than UTF-8 is converted first, into memory of its own.
func (r *Reader) Reset(doc []byte) {
	r.ResetString(unsafe.String(unsafe.SliceData(doc), len(doc)))
}

// ResetString starts on doc. What the Reader returns are substrings of doc where possible.
func (r *Reader) ResetString(doc string) {
	r.clear()
	if len(doc) > r.opts.MaxDocument {
		r.limit(0, "MaxDocument", r.opts.MaxDocument)
		return
	}
	text, fault := transcode(doc)
	r.doc, r.s = text, text
	switch {
	case fault.text != "":
		r.fail(fault.at, fault.text)
	case len(text) > r.opts.MaxDocument:
		r.limit(0, "MaxDocument", r.opts.MaxDocument)
	case strings.HasPrefix(text, "<?xml") && len(text) > 5 && IsSpace(text[5]):
		r.declaration()
	}
}

// resetFragment starts on content: the inside of an element, in UTF-8.
func (r *Reader) resetFragment(content string) {
	r.clear()
	r.doc, r.s, r.fragment = content, content, true
}

func (r *Reader) clear() {
	if r.used && r.memories == nil {
		r.memories = new([1 << memoryBits]memory)
	}
	r.used = true
	r.stream, r.base, r.unusual = nil, 0, false
	r.doc, r.s, r.pos, r.start = "", "", 0, 0
	r.stack = append(r.stack[:0], open{})[:0] // the current tag has no name until there is one
	r.elem, r.attrs, r.inside = 0, r.attrs[:0], r.inside[:0]
	r.binds = append(r.binds[:0], binding{prefix: "xml", uri: XMLSpace, space: r.spaces.Index(XMLSpace)}, binding{})
	r.serial, r.text, r.info, r.kind = 0, "", 0, EOF
	r.pendingEnd, r.hasXSI, r.sawRoot, r.fragment = false, false, false, false
	r.err, r.frames, r.dtd, r.expanded = nil, r.frames[:0], nil, 0
}

// Next reads a token and returns its kind.
func (r *Reader) Next() Kind {
	if r.pendingEnd {
		r.pendingEnd = false
		return r.closeElement()
	}
	if r.stream != nil {
		return r.nextStreamed()
	}
	return r.next()
}

// next is Next for what is in memory.
func (r *Reader) next() Kind {
	for {
		for r.pos >= len(r.s) {
			if len(r.frames) == 0 {
				return r.finish()
			}
			if !r.leaveEntity() {
				return EOF
			}
		}
		r.start = r.pos
		if r.s[r.pos] == '<' {
			return r.markup()
		}
		if k := r.charData(); k != again {
			return k
		}
	}
}

// NextTag is Next for content in which only elements are expected: white space, comments and processing instructions are
// passed over. It returns [Text] for character data that is more than white space.
func (r *Reader) NextTag() Kind {
	for {
		if !r.pendingEnd && r.stream == nil {
			i := skipSpace(r.s, r.pos)
			r.pos = i
			if s := r.s; i+1 < len(s) && s[i] == '<' { // what nearly always follows, without going through Next
				if s[i+1] == '/' {
					r.start = i
					return r.endTag()
				}
				if class[s[i+1]]&inStart != 0 {
					r.start = i
					return r.startTag()
				}
			}
		}
		switch k := r.Next(); {
		case k == Comment, k == ProcInst:
		case k == Text && r.IsSpace():
		default:
			return k
		}
	}
}

// markup reads what begins with the '<' at r.pos.
func (r *Reader) markup() Kind {
	s, i := r.s, r.pos+1
	if i == len(s) {
		return r.fail(i-1, "'<' at the end of the document")
	}
	switch s[i] {
	case '/':
		return r.endTag()
	case '!':
		return r.declarationOrComment()
	case '?':
		return r.procInst()
	}
	return r.startTag()
}

// finish ends the document.
func (r *Reader) finish() Kind {
	switch {
	case r.err != nil:
	case len(r.stack) > 0:
		r.fail(r.pos, fmt.Sprintf("the document ends inside <%s>", r.Open(len(r.stack)-1)))
	case !r.sawRoot && !r.fragment:
		r.fail(r.pos, "the document has no element")
	}
	r.kind = EOF
	return EOF
}

// fail records the first fault and makes every later token EOF.
func (r *Reader) fail(offset int, text string) Kind {
	if r.starving(offset) {
		r.stream.starved = true
		return EOF
	}
	return r.failAt(r.outer(offset), text)
}

// failAt is fail for an offset of the document.
func (r *Reader) failAt(offset int, text string) Kind {
	if r.err == nil {
		r.err = &SyntaxError{Offset: offset, Text: text}
		r.err.Line, r.err.Column = r.Position(offset)
	}
	r.s, r.pos, r.frames, r.pendingEnd, r.kind = "", 0, r.frames[:0], false, EOF
	return EOF
}

// limit is fail for a limit of [Options].
func (r *Reader) limit(offset int, name string, value int) Kind {
	r.failAt(r.outer(offset), fmt.Sprintf("more than the limit %s allows (%d)", name, value))
	if r.err.Limit == "" {
		r.err.Limit = name
	}
	return EOF
}

// outer turns a place in the text being read into one in the document: inside an entity, that of the reference to it.
func (r *Reader) outer(offset int) int {
	if len(r.frames) > 0 {
		return r.frames[0].start
	}
	return r.base + offset
}

// Err returns nil or a *[SyntaxError].
func (r *Reader) Err() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// Kind returns the kind of the current token.
func (r *Reader) Kind() Kind { return r.kind }

// Offset returns where the current token begins, in bytes of [Reader.Document]. For a token out of an entity it is the place
// of the reference.
func (r *Reader) Offset() int { return r.outer(r.start) }

// End returns where the current token ends.
func (r *Reader) End() int { return r.outer(r.pos) }

// Position returns the line and column of an offset, both from 1; the column counts characters. It reads the document up to
// there, so it is for messages only.
func (r *Reader) Position(offset int) (line, column int) {
	if r.stream != nil {
		return r.placeOf(offset)
	}
	return position(r.doc, offset)
}

// Document returns the document as the Reader sees it: in UTF-8, without a byte order mark.
func (r *Reader) Document() string { return r.doc }

// Source returns the current token as written.
func (r *Reader) Source() string { return r.s[min(r.start, r.pos):r.pos] }

// Depth returns how many elements are open. The current element counts on its start tag and no longer on its end tag.
func (r *Reader) Depth() int { return len(r.stack) }

// Open returns the name, as written, of the open element at depth i, which is from 0 for the root to [Reader.Depth]-1.
func (r *Reader) Open(i int) string { return r.nameOf(&r.stack[i]) }

// nameOf returns the name of e as written. That of an element out of an entity is still in memory right after the end tag.
func (r *Reader) nameOf(e *open) string {
	if e.end < 0 {
		return r.inside[:cap(r.inside)][e.begin]
	}
	return r.doc[e.begin:e.end]
}

// current returns the element of the current tag, which is still in memory right after the end tag.
func (r *Reader) current() *open { return &r.stack[:cap(r.stack)][r.elem] }

// Space returns the number of the namespace of the current tag.
func (r *Reader) Space() int { return int(r.current().space) }

// Local returns the local part of the name of the current tag.
func (r *Reader) Local() string {
	e := r.current()
	return r.nameOf(e)[e.colon+1:]
}

// QName returns the name of the current tag as written.
func (r *Reader) QName() string { return r.nameOf(r.current()) }

// URI returns the namespace of the current tag, empty for none. Its binding, too, is still in memory right after the end tag.
func (r *Reader) URI() string { return r.binds[:cap(r.binds)][r.current().bind].uri }

// Name returns the expanded name of the current tag.
func (r *Reader) Name() Name { return Name{r.URI(), r.Local()} }

// Attrs returns the attributes of the current start tag, valid until the next one.
func (r *Reader) Attrs() []Attr { return r.attrs }

// HasXSI reports whether one of the attributes is in the namespace [XSISpace].
func (r *Reader) HasXSI() bool { return r.hasXSI }

// LookupPrefix returns the namespace bound to prefix where the Reader stands; the empty prefix is the default namespace,
// which is always bound, if to the empty string. On an end tag the declarations of its element still count.
func (r *Reader) LookupPrefix(prefix string) (uri string, ok bool) {
	binds := r.inScope()
	for i := len(binds) - 1; i >= 0; i-- {
		if b := &binds[i]; b.prefix == prefix {
			b.used = r.serial
			return b.uri, true
		}
	}
	return "", false
}

// inScope returns the bindings that count for the current token. What the element of an end tag declared is still in memory,
// behind the end of the slice.
func (r *Reader) inScope() []binding {
	if r.kind == EndElement {
		return r.binds[:r.ended]
	}
	return r.binds
}

// PrefixOf returns a prefix that stands for the namespace uri where the Reader stands; ok is false if there is none.
func (r *Reader) PrefixOf(uri string) (prefix string, ok bool) {
	binds := r.inScope()
	for i := len(binds) - 1; i >= 0; i-- {
		if b := &binds[i]; b.uri == uri {
			if now, _ := r.LookupPrefix(b.prefix); now == uri {
				return b.prefix, true
			}
		}
	}
	return "", false
}

// lookup returns the index of the binding of prefix, or -1.
func (r *Reader) lookup(prefix string) int {
	for i := len(r.binds) - 1; i >= 0; i-- {
		if b := &r.binds[i]; b.prefix == prefix {
			b.used = r.serial
			return i
		}
	}
	return -1
}

// Skip reads through the end tag of the element whose start tag is the current token.
func (r *Reader) Skip() {
	for depth := len(r.stack); ; {
		switch r.Next() {
		case EndElement:
			if len(r.stack) < depth {
				return
			}
		case EOF:
			return
		}
	}
}

// Spaces returns the list by which namespaces are numbered.
func (r *Reader) Spaces() *Spaces { return r.spaces }
