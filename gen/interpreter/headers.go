package interpreter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/runtime/header"
)

// Headers interprets the messages of a protocol that are start lines with header fields and a body. It may be used by several
// goroutines.
type Headers struct {
	p        *model.Protocol
	head     *model.Head
	messages []*model.Message // those first that begin with a literal
	names    *header.Names
}

// NewHeaders makes an interpreter for p, whose names need not have been assigned. The error says why p has no messages of headers.
func NewHeaders(p *model.Protocol) (*Headers, error) {
	h := &Headers{p: p}
	for _, m := range p.Messages {
		if m.Encoding != "headers" || m.Head == nil || h.head != nil && m.Head != h.head {
			return nil, fmt.Errorf("interpreter: message %q: not of headers, or without the head of the others", m.Name)
		}
		h.head = m.Head
		h.messages = append(h.messages, m)
	}
	if h.head == nil {
		return nil, fmt.Errorf("interpreter: protocol %q has no messages", p.Name)
	}
	slices.SortStableFunc(h.messages, func(a, b *model.Message) int { return len(first(b)) - len(first(a)) })
	var names []header.Name
	for i, f := range h.head.Fields {
		if f.Key != "" {
			names = append(names, header.Name{Field: i + 1, Name: f.Key, Short: f.Short})
		}
	}
	h.names = header.NewNames(names...)
	return h, nil
}

// first is the literal that a start line begins with.
func first(m *model.Message) string {
	before, _, _ := strings.Cut(m.Start, "{")
	before, _, _ = strings.Cut(before, " ")
	return before
}

// inside is the last literal of a start line that is not at its beginning.
func inside(m *model.Message) (text string) {
	for i, part := range startParts(m.Start) {
		if i > 0 && part[0] != '{' && part != " " {
			text = part
		}
	}
	return text
}

// startParts cuts a start line's pattern into fields in braces, single spaces and what is between them.
func startParts(pattern string) (parts []string) {
	for pattern != "" {
		size := strings.IndexAny(pattern[1:], " {") + 1
		switch {
		case pattern[0] == '{':
			size = strings.IndexByte(pattern, '}') + 1
		case pattern[0] == ' ':
			size = 1
		}
		if size == 0 {
			size = len(pattern)
		}
		parts, pattern = append(parts, pattern[:size]), pattern[size:]
	}
	return parts
}

// A Message is one that was read, or is to be written.
type Message struct {
	Model *model.Message
	// Values are what the fields of the message and of its head hold, by the names that the specification gives them: int64, string,
	// []byte, [time.Time], [header.Fields], a map like this one for a structure or a URI, []any for a list. What is absent may be missing
	// or zero.
	Values map[string]any
	// Broken are the header fields that could not be read.
	Broken header.Fields

	h      *Headers
	faults []header.Fault
}

// NewMessage is a message with values, which it keeps, and gives those parameters that the specification names.
func (h *Headers) NewMessage(m *model.Message, values map[string]any) *Message {
	h.unpackAll(m.Fields, values)
	h.unpackAll(h.head.Fields, values)
	return &Message{Model: m, Values: values, h: h}
}

// Decode reads a message. It refuses nothing that a message can hold: see [Message.Validate]. The error is
// [header.ErrNoMessage].
func (h *Headers) Decode(data []byte) (*Message, error) {
	r := header.NewReader()
	defer r.Free()
	if err := r.Reset(slices.Clone(data)); err != nil {
		return nil, err
	}
	for _, m := range h.messages {
		if r.Is(first(m), inside(m)) {
			msg := h.NewMessage(m, map[string]any{})
			h.readStart(r, msg)
			h.readHead(r, msg)
			return msg, nil
		}
	}
	return nil, header.ErrNoMessage
}

func (h *Headers) readStart(r *header.Reader, msg *Message) {
	s := r.Start()
	for _, part := range startParts(msg.Model.Start) {
		switch {
		case part[0] == '{':
			f := fieldOf(msg.Model.Fields, part)
			msg.Values[f.Name] = h.read(f, s)
		case part == " ":
			s.One()
		default:
			s.Literal(part)
		}
	}
	r.StartDone()
}

// fieldOf is the field that a pattern names in braces.
func fieldOf(fields []*model.Field, braced string) *model.Field {
	for _, f := range fields {
		if "{"+f.Name+"}" == braced {
			return f
		}
	}
	return &model.Field{}
}

func (h *Headers) readHead(r *header.Reader, msg *Message) {
	var others header.Fields
	for r.Next(h.names) {
		if r.Field() == 0 {
			r.Keep(&others)
			continue
		}
		h.readField(r, msg, h.head.Fields[r.Field()-1], &others)
	}
	body := r.Body()
	for _, f := range h.head.Fields {
		switch {
		case f.Key == "" && f.Type == "headers":
			msg.Values[f.Name] = others
		case f.Key == "" && f.Type == "bytes":
			msg.Values[f.Name] = body
		}
	}
	msg.faults, msg.Broken = r.Found(nil, nil)
}

// readField reads one header field.
func (h *Headers) readField(r *header.Reader, msg *Message, f *model.Field, others *header.Fields) {
	read := func(v *any, s *header.Scanner) { *v = h.read(f, s) }
	list, _ := msg.Values[f.Name].([]any)
	var one any
	switch {
	case h.isLength(msg.Model, f):
		r.Length(f.Key)
	case f.Repeat == "comma":
		msg.Values[f.Name] = header.List(r, f.Key, list, read)
	case f.Repeat == "lines":
		msg.Values[f.Name] = header.Lines(r, f.Key, list, read)
	case f.Lenient:
		if header.Lenient(r, f.Key, others, &one, read) {
			msg.Values[f.Name] = one
		}
	case header.One(r, f.Key, &one, read):
		msg.Values[f.Name] = one
	}
}

// isLength reports whether f says how long the body is.
func (h *Headers) isLength(m *model.Message, f *model.Field) bool {
	return m.BodySize != nil && m.BodySize.Text == f.Name && slices.Contains(h.head.Fields, f)
}

// Append writes the message behind b. The error is a [*header.WriteError] or what is wrong with a URI; b is then as it was.
func (m *Message) Append(b []byte) ([]byte, error) {
	w := header.NewWriter(b)
	for _, part := range startParts(m.Model.Start) {
		if part[0] == '{' {
			f := fieldOf(m.Model.Fields, part)
			m.h.write(f, m.start(f), w)
			continue
		}
		w.Literal(part)
	}
	w.End()
	m.writeHead(w)
	return w.Done()
}

// start is the value of a field of the start line, or what stands for an empty one: the constant that the specification gives, or the
// text of the code before it.
func (m *Message) start(f *model.Field) any {
	v := m.Values[f.Name]
	if !isZero(v) {
		return v
	}
	if text, ok := constant(f); ok {
		return text
	}
	if i := slices.Index(m.Model.Fields, f); f.Type == "text" && i > 0 && m.Model.Fields[i-1].Type == "code" {
		for _, c := range m.h.p.Codes {
			if c.Value == m.Values[m.Model.Fields[i-1].Name] {
				return c.Text
			}
		}
	}
	return v
}

func (m *Message) writeHead(w *header.Writer) {
	var others header.Fields
	var body []byte
	var length *model.Field
	for _, f := range m.h.head.Fields {
		v := m.Values[f.Name]
		switch {
		case m.h.isLength(m.Model, f):
			length = f
		case f.Key == "" && f.Type == "headers":
			others, _ = v.(header.Fields)
		case f.Key == "":
			body, _ = v.([]byte)
		case !m.h.there(f, v):
		default:
			for _, one := range values(v) {
				w.Begin(f.Key)
				m.h.write(f, one, w)
				w.End()
			}
		}
	}
	if length != nil {
		w.Fields(others, slices.DeleteFunc([]string{length.Key, length.Short}, func(name string) bool { return name == "" })...)
		w.Body(length.Key, body)
	}
}

// values are the values of a list, or the one that v is.
func values(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
