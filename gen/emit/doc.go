package emit

import (
	"strings"
)

// docFile writes the package comment: what the protocol is, by which standards, and how its parts are used.
func (e *emitter) docFile() (File, error) {
	var b strings.Builder
	b.WriteString("Package " + e.p.Name + " speaks ")
	if e.p.Doc != "" {
		b.WriteString(lowerFirst(sentence(e.p.Doc)))
	} else {
		b.WriteString("the protocol " + e.p.Name + ".")
	}
	if len(e.p.Standards) > 0 {
		b.WriteString(" It follows " + enumerate(e.p.Standards, "and") + ".")
	}
	if len(e.msgs.list) > 0 {
		b.WriteString("\n\n" + messageDoc)
	}
	if len(e.p.Machines) > 0 {
		b.WriteString("\n\n" + strings.ReplaceAll(machineDoc, "PACKAGE", e.p.Name))
	}
	return e.render("doc.go", comment(b.String()), nil)
}

// messageDoc tells of messages and codecs.
const messageDoc = `[DecodeMessage] reads a document into a [Message], validating it on the way, and the AppendXML method of a message
writes one. [Validate] only judges. What the schemas describe is in types named after elements; an [Element] stands wherever a
schema leaves room for any.`

// machineDoc tells of servers and clients.
const machineDoc = `A server is a [Handler] and a [Server] around it:

	srv := &PACKAGE.Server{Handler: handler, TLSConfig: config}
	err := srv.Serve(listener)

Embed [UnimplementedHandler] and implement what the server can do. A client is one call:

	c, err := PACKAGE.Dial(ctx, "tls", address, &PACKAGE.ClientConfig{})

Both ends can be driven by bytes alone, without a socket; see [NewServerSession].`

// lowerFirst makes the beginning of a sentence small, for use within another. What begins with a word in capitals stays.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' || len(s) > 1 && s[1] == ' ' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
