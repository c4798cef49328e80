package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// encoding prints the messages of one encoding: their structs, what reads, judges and writes them, and what formulas see of
// them. Each has files of its own and knows nothing of the others; what is the same for all is in message.go.
type encoding interface {
	// message is the Go view of m, one of the encoding's; nil if it has none, which then is found.
	message(ms *messages, m *model.Message, found *diag.List) *message
	// settle is called once when all messages are known, for what depends on more than one of them.
	settle(ms *messages, found *diag.List)

	// writer emits the method that writes a message, as a part of an interface: its comment and its signature.
	writer() []jen.Code
	// readers emits what reads messages: Decode functions and what they stand on.
	readers() []jen.Code
	// head emits a head of the encoding's messages: its struct, and its methods but for those that sessions use.
	head(h *head) (typ jen.Code, methods []jen.Code)
	// declare emits a message: its struct, nil if another declaration stands for it, and its methods but for MessageName and
	// message.
	declare(m *message) (typ jen.Code, methods []jen.Code)
	// rest emits what stands behind the messages.
	rest() []jen.Code
	// failure is what the encoding adds to the error of its reader.
	failure() failure
	// tests emits the tests of the encoding: of its examples, of the round trip, and the fuzz target.
	tests() []jen.Code

	// decode emits the call that reads the message in frame; its results are a Message and an error. codec is what holds the
	// codec of the session, for encodings that need one.
	decode(frame, codec jen.Code) *jen.Statement
	// write emits the call that appends the message m to b; its results are those of append functions.
	write(m, b, codec jen.Code) *jen.Statement
	// example emits the message that a text of the specification, an expression, shows: a Message and an error.
	example(text jen.Code) *jen.Statement
	// family is the name of the interface of the encoding's messages in a package that has others too, and what such a
	// message is.
	family() (name, what string)
	// usesCodec reports whether messages are read and written by a codec that the session chooses.
	usesCodec() bool
	// about says in the package comment how messages are read and written.
	about() string

	access
}

// access is how the rest of the package reaches the fields of an encoding's messages. Values have the types of formulas:
// string, int64, bool, []byte, time.Time, lists of them, and what only the encoding knows.
type access interface {
	// fieldType is the type that a formula sees; nil if the declared type tells or nothing does.
	fieldType(m *model.Message, f *model.Field) *formula.Type
	// field emits the value of f, a field of m or of its head, recv being the message; the zero value if it is absent.
	field(m *model.Message, f *model.Field, recv jen.Code) jen.Code
	// headField is field for a field of a head, recv being the head or a message that has it.
	headField(h *model.Head, f *model.Field, recv jen.Code) jen.Code
	// assign emits what sets a field.
	assign(m *model.Message, f *model.Field, recv, value jen.Code) []jen.Code
	// assignHead is assign for a field of a head.
	assignHead(h *model.Head, f *model.Field, recv, value jen.Code) []jen.Code
	// unset emits the condition that the program has not given a field its value.
	unset(m *model.Message, f *model.Field, recv jen.Code) jen.Code
	// unsetHead is unset for a field of a head.
	unsetHead(h *model.Head, f *model.Field, recv jen.Code) jen.Code
}

// failure is what an encoding says of the error of its reader, MessageError.
type failure struct {
	unit, holds                 string // what is read: "document"; what else the error holds, as the end of a sentence
	malformed, invalid, unknown string // what the kinds stand for, as the ends of sentences
	causes                      string // what Err may be
	fields                      []jen.Code
	error                       []jen.Code // the body of Error
	rest                        []jen.Code // declarations that follow
}

// encodings are those that can be emitted, in the order of what they emit.
var encodings = []struct {
	name string
	of   func(*emitter) encoding
}{
	{"xml", func(e *emitter) encoding { return xmlEncoding{e} }},
	{"text", newTextEncoding},
	{"tree", newTreeEncoding},
	{"headers", func(e *emitter) encoding { return headersEncoding{e} }},
}

// canEmit reports whether there is a codec for an encoding.
func canEmit(name string) bool {
	for _, x := range encodings {
		if x.name == name {
			return true
		}
	}
	return false
}

// newEncodings are the encodings of e's messages. An emitted package has one way to say that a document is no message, so xml
// and headers are with no other.
func (e *emitter) newEncodings(found *diag.List) {
	e.encodings = map[string]encoding{}
	for _, x := range encodings {
		for _, m := range e.p.Messages {
			if m.Encoding == x.name && e.encodings[x.name] == nil {
				e.encodings[x.name] = x.of(e)
				e.encs = append(e.encs, e.encodings[x.name])
			}
		}
	}
	for _, alone := range []string{"xml", "headers"} {
		if e.encodings[alone] != nil && len(e.encs) > 1 {
			found.Errorf(e.p.Pos, "not-emitted", "protocol %q: messages of %s and of other encodings in one protocol are not emitted", e.p.Name, alone)
		}
	}
}

// encoding is that of a message.
func (e *emitter) encoding(m *model.Message) encoding { return e.encodings[m.Encoding] }

// headEncoding is that of the messages that have a head.
func (e *emitter) headEncoding(h *model.Head) encoding {
	for _, m := range e.p.Messages {
		if m.Head == h {
			return e.encoding(m)
		}
	}
	return nil
}

// usesCodec reports whether any of the messages needs a codec.
func (e *emitter) usesCodec() bool {
	for _, enc := range e.encs {
		if enc.usesCodec() {
			return true
		}
	}
	return false
}

// field emits the value of a field of m, or of its head, that the specification names, recv being the message.
func (e *emitter) field(m *model.Message, f *model.Field, recv jen.Code) jen.Code {
	return e.encoding(m).field(m, f, recv)
}

// headField is field for a field of a head, recv being the head or a message that has it.
func (e *emitter) headField(h *model.Head, f *model.Field, recv jen.Code) jen.Code {
	return e.headEncoding(h).headField(h, f, recv)
}

// assign emits what sets a field of m, recv being the message, to a value of the type that formulas use.
func (e *emitter) assign(m *model.Message, f *model.Field, recv, value jen.Code) []jen.Code {
	return e.encoding(m).assign(m, f, recv, value)
}

// assignHead is assign for a field of a head, recv being the head or a message that has it.
func (e *emitter) assignHead(h *model.Head, f *model.Field, recv, value jen.Code) []jen.Code {
	return e.headEncoding(h).assignHead(h, f, recv, value)
}

// unset emits the condition that the program has not given a field its value.
func (e *emitter) unset(m *model.Message, f *model.Field, recv jen.Code) jen.Code {
	return e.encoding(m).unset(m, f, recv)
}

// unsetHead is unset for a field of a head.
func (e *emitter) unsetHead(h *model.Head, f *model.Field, recv jen.Code) jen.Code {
	return e.headEncoding(h).unsetHead(h, f, recv)
}
