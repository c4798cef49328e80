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
	for _, enc := range e.encs {
		b.WriteString("\n\n" + enc.about())
	}
	for _, dials := range []bool{false, true} {
		for _, m := range e.machines() {
			if text := e.machineDoc(m); text != "" && m.dials() == dials {
				b.WriteString("\n\n" + text)
			}
		}
	}
	b.WriteString("\n\n" + e.limits())
	return e.render("doc.go", comment(b.String()), nil)
}

// machineDoc tells how one end is used: the one that does work for the other, and the one that asks.
func (e *emitter) machineDoc(m *machine) string {
	in := []string{"PACKAGE", e.p.Name, "DIAL", m.clientName("Dial"), "CONFIG", m.Go + "Config", "NETWORK", e.network()}
	methods := m.methods()
	switch {
	case m.dials() && len(methods) > 0:
		return strings.NewReplacer(append(in, "{}", "{Handler: handler{}}")...).Replace(clientDoc)
	case m.dials():
		return strings.NewReplacer(in...).Replace(clientDoc)
	case len(methods) == 0:
		return ""
	}
	with := ""
	if e.network() == "tls" {
		with = ", TLSConfig: tlsConfig"
	}
	first := shown(methods)
	return strings.NewReplacer(append(in, "SERVER", m.Go, "HANDLER", m.handler(), "METHOD", first.name, "ARGUMENTS", e.shownArguments(first),
		"RESULTS", e.shownResults(first), "VALUE", e.shownValue(first), "WITH", with, "PORT", strconv.Itoa(e.port()))...).Replace(serverDoc)
}

// shown is the method of a handler that the package comment shows: the first that takes a message and gives one at once, or else the
// first of all.
func shown(methods []handlerMethod) handlerMethod {
	i := slices.IndexFunc(methods, func(h handlerMethod) bool { return h.msg != nil && h.reply != nil && !h.o.Later })
	return methods[max(i, 0)]
}

// shownArguments are those of a method as users write them.
func (e *emitter) shownArguments(h handlerMethod) string {
	if h.msg == nil {
		return "ctx context.Context"
	}
	return "ctx context.Context, req *" + e.p.Name + "." + e.msgs.of(h.msg).typ
}

// shownResults are the results of a method as users write them.
func (e *emitter) shownResults(h handlerMethod) string {
	if h.reply == nil {
		return "error"
	}
	return "(*" + e.p.Name + "." + e.msgs.of(h.reply).typ + ", error)"
}

// shownValue is what a method returns that has nothing to say.
func (e *emitter) shownValue(h handlerMethod) string {
	switch {
	case h.reply == nil:
		return "nil"
	case e.msgs.codeHead != nil:
		return "nil, nil // plain success"
	}
	return "new(" + e.p.Name + "." + e.msgs.of(h.reply).typ + "), nil"
}

// limits tells what the package leaves to others.
func (e *emitter) limits() string {
	var text []string
	if slices.ContainsFunc(e.machines(), (*machine).runs) {
		text = append(text, "What the operations mean is not here: it is the handler's.")
	}
	if e.set != nil {
		text = append(text, `Elements of namespaces other than those of the Namespace constants are refused where a schema insists on knowing
			what stands there, and kept as they came elsewhere.`)
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

	func (handler) METHOD(ARGUMENTS) RESULTS {
		return VALUE
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
