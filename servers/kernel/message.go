package kernel

import (
	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/tree"
)

// Message is what passes between kernels: one frame.
type Message = ikc.Request

// Names that the protocol gives a meaning.
const (
	sessionIKC       = "IKC"          // the session that every kernel has
	stateProxy       = "IKC:proxy"    // the state is in params
	stateRemoteError = "remote_error" // takes error reports
	statePing        = "ping"
	stateDoYouHave   = "do_you_have" // is asked who wants to subscribe
)

// target is what a message is for, as its event says it.
type target struct {
	Specifier
	args  tree.Value // what the state gets as its last argument; undef for nothing
	known bool       // the event is a specifier
}

// readTarget reads the event, the rsvp or the from of a message: a text or a map of the parts. Anything else names nothing.
func readTarget(v tree.Value) target {
	switch v.Kind() {
	case tree.KindBytes, tree.KindText:
		text, _ := v.Str()
		return textTarget(text)
	case tree.KindMap:
		m := v.Map()
		return target{
			Specifier: Specifier{Kernel: part(m, "kernel"), Session: part(m, "session"), State: part(m, "state")},
			args:      v.Get("args"),
			known:     true,
		}
	}
	return target{}
}

// textTarget is readTarget of a text.
func textTarget(text string) target {
	s, err := ParseSpecifier(text)
	t := target{Specifier: s, known: err == nil}
	if s.Args != "" {
		t.args = tree.String(s.Args)
	}
	return t
}

// part is a part of a specifier in a map.
func part(m *tree.Map, name string) string {
	v, _ := m.Get(name)
	text, _ := v.Str()
	return known(text)
}

// address is the map form of a specifier.
func address(s Specifier) tree.Value {
	return tree.MapOf(
		tree.Pair("kernel", tree.String(s.Kernel)),
		tree.Pair("session", tree.String(s.Session)),
		tree.Pair("state", tree.String(s.State)),
	)
}
