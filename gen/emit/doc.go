package emit

import (
	"strings"

	"github.com/protogen-go/protogen/gen/model"
)

// docFile writes the package comment: what the protocol is, by which standards, and how its parts are used.
func (e *emitter) docFile() (File, error) {
	var b strings.Builder
	b.WriteString(described("Package "+e.p.Name, &model.Node{Doc: e.p.Doc}, "speaks the protocol "+e.p.Name+"."))
	if len(e.p.Standards) > 0 {
		b.WriteString(" It follows " + enumerate(e.p.Standards, "and") + ".")
	}
	if len(e.msgs.list) > 0 {
		b.WriteString("\n\n" + messageDoc)
	}
	for _, m := range e.machines() {
		if text := e.machineDoc(m); text != "" {
			b.WriteString("\n\n" + text)
		}
	}
	return e.render("doc.go", comment(b.String()), nil)
}

// messageDoc tells of messages and codecs.
const messageDoc = `[DecodeMessage] reads a document into a [Message], validating it on the way, and the AppendXML method of a message
writes one. [Validate] only judges. What the schemas describe is in types named after elements; an [Element] stands wherever a
schema leaves room for any.`

// machineDoc tells how one end is used: the one that does work for the other, and the one that asks.
func (e *emitter) machineDoc(m *machine) string {
	in := strings.NewReplacer("PACKAGE", e.p.Name, "SERVER", m.Go, "HANDLER", m.handler(), "DIAL", m.clientName("Dial"),
		"CONFIG", m.clientName("ClientConfig"), "NETWORK", e.network())
	switch {
	case m.runs():
		return in.Replace(serverDoc)
	case m.calls():
		return in.Replace(clientDoc)
	}
	return ""
}

// network is what a client dials, in the words of the runtime: the first transport of the specification.
func (e *emitter) network() string {
	if len(e.p.Transports) == 0 {
		return "tcp"
	}
	return e.p.Transports[0].Kind
}

const serverDoc = `A [SERVER] is run with a [HANDLER] behind it:

	srv := &PACKAGE.SERVER{HANDLER: handler}
	err := srv.Serve(listener)

Embed [UnimplementedHANDLER] and implement what it can do. Its sessions can be driven by bytes alone too, without a socket; see
[NewSERVERSession].`

const clientDoc = `A client is one call:

	c, err := PACKAGE.DIAL(ctx, "NETWORK", address, &PACKAGE.CONFIG{})`

// lowerFirst makes the beginning of a sentence small, for use within another. What begins with a word in capitals stays.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' || len(s) > 1 && s[1] == ' ' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
