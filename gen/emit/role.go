package emit

import (
	"slices"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// dials reports whether the machine's connections are those that its program makes.
func (m *machine) dials() bool { return name.Dials(m.e.p, m.Machine) }

// listens reports whether the machine's connections are those that its program accepts.
func (m *machine) listens() bool { return m.runs() && !m.dials() }

// isPosted reports whether nobody waits for what the call c sends: it is no request, or the machine does not match replies
// with requests.
func (m *machine) isPosted(c *model.Call) bool {
	requests := slices.ContainsFunc(formula.Passed(c), func(msg *model.Message) bool { return msg.Class == "request" })
	return !requests || m.Correlate == "none"
}

// posts reports whether the program holds sessions of the machine to post to them: it learns of them by operations, and some
// message may be posted.
func (m *machine) posts() bool {
	return m.runs() && slices.ContainsFunc(m.Calls, func(c *model.Call) bool { return m.isPosted(c) && len(formula.Passed(c)) > 0 })
}

// conn is the type by which the program holds a session.
func (m *machine) conn() string {
	if m.only((*machine).posts) {
		return "Conn"
	}
	return m.first().Go + "Conn"
}

// first is the first machine that looks to the program as m does: it runs the same operations, takes the same calls and shows
// the same variables. Such twins share a Handler, a Conn and what handlers see of the session.
func (m *machine) first() *machine {
	for _, other := range m.e.p.Machines {
		if x := (&machine{Machine: other, e: m.e}); other == m.Machine || m.runs() && m.isTwin(x) {
			return x
		}
	}
	return m
}

// isFirst reports whether what twins share is named, and emitted, for m; hasTwin whether it is shared.
func (m *machine) isFirst() bool { return m.first().Machine == m.Machine }

func (m *machine) hasTwin() bool {
	return m.runs() && slices.ContainsFunc(m.e.p.Machines, func(other *model.Machine) bool {
		return other != m.Machine && m.isTwin(&machine{Machine: other, e: m.e})
	})
}

func (m *machine) isTwin(other *machine) bool {
	return slices.Equal(m.operations(), other.operations()) &&
		slices.EqualFunc(m.Calls, other.Calls, func(a, b *model.Call) bool {
			return a.Name == b.Name && a.Message == b.Message && a.TakesAll == b.TakesAll && m.isPosted(a) == other.isPosted(b)
		}) &&
		slices.EqualFunc(m.shown(), other.shown(), func(a, b *model.Var) bool { return a.Name == b.Name && a.Type == b.Type })
}

// inline reports whether some operation of the machine runs on the loop.
func (m *machine) inline() bool {
	return slices.ContainsFunc(m.operations(), func(o *model.Operation) bool { return !o.Blocking })
}

// shown are the variables that handlers see, hidden the machine's own.
func (m *machine) shown() []*model.Var {
	return filter(m.Vars, func(v *model.Var) bool { return !v.Internal })
}

func (m *machine) hidden() []*model.Var {
	return filter(m.Vars, func(v *model.Var) bool { return v.Internal })
}
