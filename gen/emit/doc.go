package emit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/gen/model"
)

// docFile writes the package comment: what the protocol is, by which standards, how its parts are used, and what is not here.
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
	b.WriteString("\n\n" + e.limits())
	return e.render("doc.go", comment(b.String()), nil)
}

// messageDoc tells of messages and codecs.
const messageDoc = `[DecodeMessage] reads a document into a [Message], validating it on the way, and the AppendXML method of a message
writes one. [Validate] only judges. What the schemas describe is in types named after elements; an [Element] stands wherever a
schema leaves room for any.`

// machineDoc tells how one end is used: the one that does work for the other, and the one that asks.
func (e *emitter) machineDoc(m *machine) string {
	in := []string{"PACKAGE", e.p.Name, "DIAL", m.clientName("Dial"), "CONFIG", m.Go + "Config", "NETWORK", e.network()}
	methods := m.methods()
	switch {
	case len(methods) > 0:
	case m.calls():
		return strings.NewReplacer(in...).Replace(clientDoc)
	default:
		return ""
	}
	first := methods[0]
	result := "new(" + e.p.Name + "." + e.msgs.of(first.reply).typ + "), nil"
	if e.msgs.codeHead != nil {
		result = "nil, nil // plain success"
	}
	with := ""
	if e.network() == "tls" {
		with = ", TLSConfig: tlsConfig"
	}
	return strings.NewReplacer(append(in, "SERVER", m.Go, "HANDLER", m.handler(), "METHOD", first.name, "REQUEST", e.msgs.of(first.msg).typ,
		"REPLY", e.msgs.of(first.reply).typ, "RESULT", result, "WITH", with, "PORT", strconv.Itoa(e.port()))...).Replace(serverDoc)
}

// limits tells what the package leaves to others.
func (e *emitter) limits() string {
	var text []string
	if slices.ContainsFunc(e.machines(), (*machine).runs) {
		text = append(text, "What the operations mean is not here: it is the handler's.")
	}
	if e.set != nil {
		text = append(text, `Elements of namespaces other than those of the Namespace constants are refused where a schema insists on knowing
			what stands there, and kept as they came elsewhere.`+strings.ReplaceAll(e.notJudged(), " It ", " The package "))
	}
	return strings.Join(text, " ")
}

// network is what a client dials, in the words of the runtime: the first transport of the specification.
func (e *emitter) network() string {
	if len(e.p.Transports) == 0 {
		return "tcp"
	}
	return e.p.Transports[0].Kind
}

const serverDoc = `A [SERVER] is run with a [HANDLER] behind it, which embeds [UnimplementedHANDLER] and has a method for what it can do:

	type handler struct{ PACKAGE.UnimplementedHANDLER }

	func (handler) METHOD(ctx context.Context, req *PACKAGE.REQUEST) (*PACKAGE.REPLY, error) {
		return RESULT
	}

	srv := &PACKAGE.SERVER{HANDLER: handler{}WITH}
	err := srv.ListenAndServe(ctx, "tcp", ":PORT")

Its sessions can be driven by octets alone too, without a socket; see [NewSERVERSession].`

const clientDoc = `A client is one call:

	c, err := PACKAGE.DIAL(ctx, "NETWORK", address, &PACKAGE.CONFIG{})`

// lowerFirst makes the beginning of a sentence small, for use within another. What begins with a word in capitals stays.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' || len(s) > 1 && s[1] == ' ' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
