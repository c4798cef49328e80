package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const ruleUnused = "unused"

// unused is V15: what the specification declares and nothing uses. Its findings are warnings.
func unused(c *checker) {
	u := &usage{named: set[any]{}}
	u.fields(c.p)
	for _, m := range c.machines {
		u.machine(c.p, m)
	}
	u.transports(c.p)
	report := func(does, key string, n model.Node, used bool) {
		if !used {
			c.report(key+"."+n.Name, diag.Diagnostic{
				Pos: n.Pos, Severity: diag.Warning, Rule: ruleUnused, Message: fmt.Sprintf("nothing %s %q", does, n.Name), Fix: "use it or remove it",
			})
		}
	}
	for _, f := range c.p.Frames {
		report("uses the frame", "frames", f.Node, u.named[f])
	}
	for _, t := range c.p.Types {
		report("uses the type", "types", t.Node, u.named[t])
	}
	for _, h := range c.p.Heads {
		report("has the head", "heads", h.Node, u.named[h])
	}
	for _, o := range c.p.Operations {
		report("runs the operation", "operations", o.Node, u.named[o])
	}
	for _, m := range c.machines {
		for _, t := range m.Timers {
			report("starts the timer", m.Name+".timers", t.Node, u.named[t])
		}
		for _, v := range m.Vars {
			report("sets the variable", m.Name+".vars", v.Node, u.named[v])
		}
	}
	c.silentMessages(u, report)
}

// silentMessages reports messages that no machine sends, takes or names.
func (c *checker) silentMessages(u *usage, report func(string, string, model.Node, bool)) {
	if len(c.machines) == 0 {
		return
	}
	for _, m := range c.p.Messages {
		named := u.named[m] || slices.ContainsFunc(c.machines, func(x *machine) bool { return formula.Receives(c.p, x.Machine, m) })
		report("sends or receives the message", "messages", m.Node, named)
	}
}

// usage is what is used somewhere.
type usage struct {
	named set[any]
}

// fields notes what messages, heads and types use.
func (u *usage) fields(p *model.Protocol) {
	each := func(list []*model.Field) {
		for _, f := range list {
			name := strings.TrimPrefix(strings.TrimPrefix(f.Type, "[]"), "map[text]")
			for _, t := range p.Types {
				if t == f.Named || t.Name == name {
					u.named[t] = true
				}
			}
		}
	}
	for _, t := range p.Types {
		each(t.Fields)
	}
	for _, h := range p.Heads {
		each(h.Fields)
	}
	for _, m := range p.Messages {
		each(m.Fields)
		if m.Head != nil {
			u.named[m.Head] = true
		}
	}
}

func (u *usage) transports(p *model.Protocol) {
	for _, t := range p.Transports {
		u.named[t.Frame] = true
	}
}

// machine notes what m's moves and calls use. A move that sends what an operation gave uses every message that answers what
// the operation took.
func (u *usage) machine(p *model.Protocol, m *machine) {
	for _, call := range m.Calls {
		for _, msg := range formula.Passed(call) {
			u.named[msg] = true
		}
	}
	for _, s := range m.States {
		u.named[s.Frame] = true
	}
	for _, e := range m.edges {
		u.named[e.move.Run], u.named[e.move.Frame] = true, true
		for _, t := range e.move.Start {
			u.named[t] = true
		}
		for _, a := range e.move.Set {
			u.named[a.Var] = true
		}
		for _, s := range e.move.Send {
			u.named[s.Message] = true
			if s.Reply && e.in.Kind == formula.Done {
				for _, msg := range formula.Replies(p, e.in.On.Operation.Takes) {
					u.named[msg] = true
				}
			}
		}
	}
}
