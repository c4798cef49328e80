package load

import (
	"fmt"
	"go/token"
	"go/types"
	"regexp"
	"time"

	"cuelang.org/go/cue"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

// protocolName matches what a protocol may be called: it becomes the name of a Go package.
var protocolName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// protocol fills p. Schemas have been read before.
func (l *loader) protocol(p *model.Protocol, n node) {
	l.symbols = newSymbols()
	p.Node = n.describe(n.text("name"))
	p.Standard = ""
	p.Standards = n.texts("standard")
	p.Pos = n.field("name").pos()
	p.Source = l.source.origin(p.Pos.File)
	l.checkPackage(p.Name, n.field("name").valuePos())
	for _, e := range n.entries("config") {
		p.Settings = append(p.Settings, enter(l, l.symbols.settings, e, l.setting(e)))
	}
	for _, e := range n.entries("roles") {
		p.Roles = append(p.Roles, enter(l, l.symbols.roles, e, &model.Role{Node: e.describe(e.name), Connects: e.flag("connects")}))
	}
	for _, e := range n.entries("frames") {
		p.Frames = append(p.Frames, enter(l, l.symbols.frames, e, l.frame(e)))
	}
	for _, e := range n.entries("transports") {
		p.Transports = append(p.Transports, l.transport(e))
	}
	for _, e := range n.entries("codecs") {
		p.Codecs = append(p.Codecs, &model.Codec{Node: e.describe(e.name), Kind: e.text("kind")})
	}
	for _, e := range n.entries("codes") {
		p.Codes = append(p.Codes, enter(l, l.symbols.codes, e, l.code(e)))
	}
	l.types(p, n)
	l.messages(p, n)
	l.operations(p, n)
	l.machines(p, n)
	l.scenarios(p, n)
}

// checkPackage reports a name that no Go package of ours could have.
func (l *loader) checkPackage(name string, pos model.Pos) {
	reserved := ""
	switch {
	case !protocolName.MatchString(name):
		l.findings.Errorf(pos, "bad-name", "protocol %q: a name is small letters and digits and begins with a letter", name)
	case token.IsKeyword(name):
		reserved = "is a keyword of Go"
	case types.Universe.Lookup(name) != nil:
		reserved = "is a name that Go declares everywhere"
	case name == "main":
		reserved = "is the name of programs"
	}
	if reserved != "" {
		l.findings.Add(diag.Diagnostic{
			Pos: pos, Rule: "bad-name", Message: fmt.Sprintf("protocol %q: it names the Go package, and %q %s", name, name, reserved),
			Fix: fmt.Sprintf("name: %q", name+"protocol"),
		})
	}
}

// Bounds of settings: what every implementation of numbers and clocks holds.
const (
	maxInteger  = 1 << 53
	maxDuration = 366 * 24 * time.Hour
)

// setting reads a setting. CUE has checked that its value is of its type, except for durations.
func (l *loader) setting(e entry) *model.Setting {
	s := &model.Setting{Node: e.describe(e.name), Type: e.text("type")}
	if e.field("value").exists() { // else it has been reported
		s.Value = l.settingValue(s.Type, e.node, "value")
	}
	return s
}

// settingValue reads the field of n that holds a value for a setting of that type; nil when it cannot.
func (l *loader) settingValue(typ string, n node, name string) any {
	value := n.field(name)
	switch typ {
	case "int":
		i, err := value.v.Int64()
		if value.v.Kind() != cue.IntKind {
			l.findings.Errorf(value.valuePos(), "bad-value", "%v is no integer", value.v)
		} else if err != nil || i > maxInteger || i < -maxInteger {
			l.findings.Errorf(value.valuePos(), "bad-value", "%v is beyond 2^53", value.v)
		}
		return i
	case "duration":
		text := n.text(name)
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > maxDuration {
			l.findings.Errorf(value.valuePos(), "bad-value", "%q is no duration between 0 and 366 days; write 500ms, 1m30s, 24h", text)
		}
		return d
	case "text":
		return n.text(name)
	case "bool":
		b, err := value.v.Bool()
		if err != nil {
			l.findings.Errorf(value.valuePos(), "bad-value", "%v is neither true nor false", value.v)
		}
		return b
	case "texts":
		return n.texts(name)
	}
	return nil
}

func (l *loader) frame(e entry) *model.Frame {
	return &model.Frame{
		Node:        e.describe(e.name),
		Kind:        e.text("kind"),
		Max:         e.formula("max"),
		Min:         e.formula("min"),
		Within:      e.formula("within"),
		Width:       int(e.number("width")),
		Little:      e.text("order") == "little",
		Counts:      e.text("counts"),
		Digits:      int(e.number("digits")),
		Compression: e.text("compression"),
		End:         e.text("end"),
		Accept:      e.texts("accept"),
		Split:       e.flag("split"),
		Size:        e.formula("size"),
	}
}

func (l *loader) transport(e entry) *model.Transport {
	l.checkName("transport", e)
	return &model.Transport{
		Node:  e.describe(e.name),
		Kind:  e.text("kind"),
		Port:  int(e.number("port")),
		Frame: resolve(l, l.symbols.frames, e.field("frame")),
		Lossy: e.text("link") == "lossy",
	}
}

func (l *loader) code(e entry) *model.Code {
	return &model.Code{
		Node:   e.describe(e.name),
		Value:  e.number("value"),
		Text:   e.text("text"),
		Class:  e.text("class"),
		Closes: e.flag("closes"),
		Means:  e.text("means"),
	}
}
