package name

import (
	"fmt"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
)

// Assign gives every element of p that emitted code names its Go name, in [model.Node.Go], and reports those that would
// collide, with one another or with what becomes of the schemas in set (nil for none). It changes nothing else and gives
// the same names every time.
func Assign(p *model.Protocol, set *xsd.Set) diag.List {
	a := assigner{p: p}
	a.declarations()
	a.messages()
	a.machines()
	table, found := Schemas(p, set)
	a.found = append(a.found, found...)
	for _, m := range p.Messages {
		if goName := table.message(m); goName != "" {
			m.Go = goName
		}
	}
	a.found.Sort()
	return a.found
}

// assigner is one run of Assign.
type assigner struct {
	p     *model.Protocol
	types Scope
	found diag.List
}

// take names n and claims the name in s.
func (a *assigner) take(s *Scope, n *model.Node, goName, kind string) {
	n.Go = goName
	a.found = append(a.found, s.Take(goName, fmt.Sprintf("%s %q", kind, n.Name), n.Pos)...)
}

// declarations names what is declared once for the whole protocol. Messages and heads share the package's names with what
// comes from schemas; [Schemas] claims those.
func (a *assigner) declarations() {
	p := a.p
	p.Go = Exported(p.Name)
	var settings Scope
	for _, s := range p.Settings {
		a.take(&settings, &s.Node, Exported(s.Name), "setting")
	}
	for _, r := range p.Roles {
		r.Go = Exported(r.Name)
	}
	for _, f := range p.Frames {
		f.Go = Unexported(f.Name)
	}
	for _, s := range p.Schemas {
		s.Go = ""
		if !s.Bare {
			s.Go = Exported(s.Name)
		}
	}
	for _, t := range p.Types {
		a.take(&a.types, &t.Node, Exported(t.Name), "type")
		a.fields(t.Fields)
	}
	for _, c := range p.Codes {
		c.Go = "Code" + Exported(c.Name)
	}
	for _, h := range p.Heads {
		h.Go = Exported(h.Name) + "Head"
		a.fields(h.Fields)
	}
}

// fields names the fields of one struct.
func (a *assigner) fields(fields []*model.Field) {
	var s Scope
	for _, f := range fields {
		a.take(&s, &f.Node, Exported(f.Name), "field")
	}
}

// messages names messages, the groups they form and the work done on them.
func (a *assigner) messages() {
	for _, m := range a.p.Messages {
		m.Go = Message(m)
		a.fields(m.Fields)
		for _, b := range m.Bind {
			b.Go = Exported(b.Name)
		}
	}
	for _, g := range a.p.Groups {
		g.Go = Exported(g.Name)
	}
	for _, o := range a.p.Operations {
		o.Go = Exported(o.Name)
		for _, out := range o.Gives {
			_, short, _ := strings.Cut(out.Name, ".")
			out.Go = Exported(short)
		}
	}
}

// Message is the Go name of a message: its name, and Request or Response behind it when its class asks for that and the
// name does not say so already. Messages of lines and trees have no payload whose type would want the name.
func Message(m *model.Message) string {
	s := Exported(m.Name)
	switch {
	case m.Encoding == "text" || m.Encoding == "tree":
	case m.Class == "request" && !strings.HasSuffix(s, "Request"):
		return s + "Request"
	case m.Class == "reply" && !strings.HasSuffix(s, "Response"):
		return s + "Response"
	}
	return s
}

// machines names machines and what they hold. A state is a constant of its machine's type, so the names of two machines'
// states differ by the machine's.
func (a *assigner) machines() {
	for _, m := range a.p.Machines {
		m.Go = Exported(m.Name)
		var vars, states Scope
		for _, own := range []string{"id", "peer", "state"} { // in what handlers see of the session
			vars.Take(own, "what every session has", model.Pos{})
		}
		for _, v := range m.Vars {
			a.take(&vars, &v.Node, Unexported(v.Name), "variable")
		}
		for _, t := range m.Timers {
			t.Go = m.Go + "Timer" + Exported(t.Name)
		}
		for _, c := range m.Calls {
			c.Go = Exported(c.Name)
		}
		for _, s := range m.States {
			a.take(&states, &s.Node, m.Go+"State"+Exported(s.Name), "state")
		}
	}
}
