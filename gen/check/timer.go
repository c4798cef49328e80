package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const (
	ruleTimer     = "timer-unhandled"
	ruleForever   = "wait-forever"
	ruleTimerDead = "timer-idle"
)

// timers is V6: which timers may, and which must, run in each state. One that may run is handled there; one that a state
// handles can run there; and a state that waits for the peer has a timer running on every way to it, unless it is idle
// or waits for an operation.
func timers(c *checker) {
	c.each(func(m *machine) {
		for _, s := range m.States {
			if !m.rests(c.p, s) {
				continue
			}
			f := m.flow(c.p)[node{s, true}]
			for _, t := range m.Timers {
				if f.armed[t] && !handles(s, t) {
					c.unhandled(m, s, t)
				}
			}
			c.idleTimers(m, s, f)
			if len(f.sure) == 0 && !s.Idle && len(f.running) == 0 && !m.begins(s) {
				c.forever(m, s)
			}
		}
	})
}

func handles(s *model.State, t *model.Timer) bool {
	return slices.ContainsFunc(s.After, func(on *model.On) bool { return on.Timer == t })
}

func (c *checker) unhandled(m *machine, s *model.State, t *model.Timer) {
	c.report(m.Name+"."+s.Name+".after."+t.Name, diag.Diagnostic{
		Pos: s.Pos, Rule: ruleTimer, Message: fmt.Sprintf("%q can fire in %q, which does not handle it", t.Name, s.Name),
		Witness: m.wayWith(s, t), Fix: fmt.Sprintf("add it to after, or stop it on the way in: stop: [%s]", t.Name), Ref: s.Standard,
	})
}

// wayWith is a shortest way to rest in s with t running.
func (m *machine) wayWith(s *model.State, t *model.Timer) []string {
	var best []string
	for _, e := range m.edges {
		if e.never || !slices.Contains(e.move.Start, t) {
			continue
		}
		in := m.walk(m.start(), always)
		if _, ok := in[e.source()]; !ok {
			continue
		}
		on := m.walk(e.target(), func(e *edge) bool {
			return (!slices.Contains(e.move.Stop, t) || slices.Contains(e.move.Start, t)) && (e.in.Kind != formula.After || e.in.On.Timer != t)
		})
		if _, ok := on[node{s, true}]; !ok {
			continue
		}
		lines := append(trace(in, e.source()), e.String()+" (starts "+t.Name+")")
		lines = append(lines, trace(on, node{s, true})...)
		if best == nil || len(lines) < len(best) {
			best = lines
		}
	}
	return best
}

// idleTimers warns of timers that s handles and that never run there.
func (c *checker) idleTimers(m *machine, s *model.State, f *facts) {
	for _, on := range s.After {
		if on.Timer != nil && !f.armed[on.Timer] {
			c.report(m.Name+"."+s.Name+".after."+on.Name, diag.Diagnostic{
				Pos: refPos(&on.Ref, s), Severity: diag.Warning, Rule: ruleTimerDead,
				Message: fmt.Sprintf("%q never runs in %q", on.Timer.Name, s.Name), Fix: "start it on the way in, or leave it out of after",
			})
		}
	}
}

// forever reports that nothing ends the wait in s. The witness is a way there on which no timer is left running.
func (c *checker) forever(m *machine, s *model.State) {
	c.report(m.Name+"."+s.Name, diag.Diagnostic{
		Pos: s.Pos, Rule: ruleForever, Message: fmt.Sprintf("state %q waits for the peer, and on some way to it no timer runs", s.Name),
		Witness: m.wayWithout(s), Fix: "start a timer on the way in and handle it in after, or say idle: true", Ref: s.Standard,
	})
}

// wayWithout is a shortest way to rest in s with no timer running.
func (m *machine) wayWithout(s *model.State) []string {
	type place struct {
		n     node
		armed string // names of the running timers, in the machine's order
	}
	type step struct {
		before place
		e      *edge
	}
	start := place{m.start(), ""}
	by := map[place]step{start: {}}
	for queue := []place{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at.n == (node{s, true}) && at.armed == "" {
			var lines []string
			for at != start {
				if by[at].e.in.Moves != nil {
					lines = append(lines, by[at].e.String())
				}
				at = by[at].before
			}
			slices.Reverse(lines)
			return lines
		}
		for _, e := range m.leaving(at.n) {
			if e.in.Kind == formula.After && !strings.Contains(at.armed, "."+e.in.On.Timer.Name+".") {
				continue
			}
			next := place{e.target(), m.armedAfter(at.armed, e)}
			if _, seen := by[next]; !seen {
				by[next] = step{at, e}
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// armedAfter is the list of running timers once e is taken.
func (m *machine) armedAfter(armed string, e *edge) string {
	list := ""
	for _, t := range m.Timers {
		runs := strings.Contains(armed, "."+t.Name+".") && !slices.Contains(e.move.Stop, t) && (e.in.Kind != formula.After || e.in.On.Timer != t)
		if runs || slices.Contains(e.move.Start, t) {
			list += "." + t.Name + "."
		}
	}
	return list
}
