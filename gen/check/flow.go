package check

import (
	"maps"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// set is a set.
type set[T comparable] map[T]bool

// facts are what holds in a node: on some way to it (may) or on every way (must).
type facts struct {
	armed   set[*model.Timer]        // timers that may run
	sure    set[*model.Timer]        // timers that must run
	vars    set[*model.Var]          // variables that must have been set
	frames  set[*model.Frame]        // frames that may be in force
	running map[*model.Operation]int // operations that may run: one, or many for two or more
	codec   bool                     // a codec must have been chosen
}

// many is the count of an operation that may run more than once at a time.
const many = 2

func (f *facts) clone() *facts {
	return &facts{maps.Clone(f.armed), maps.Clone(f.sure), maps.Clone(f.vars), maps.Clone(f.frames), maps.Clone(f.running), f.codec}
}

// join adds a way on which g holds; it reports whether anything changed.
func (f *facts) join(g *facts) bool {
	changed := union(f.armed, g.armed)
	changed = union(f.frames, g.frames) || changed
	changed = intersect(f.sure, g.sure) || changed
	changed = intersect(f.vars, g.vars) || changed
	if f.codec && !g.codec {
		f.codec, changed = false, true
	}
	for op, n := range g.running {
		if f.running[op] < n {
			f.running[op] = n
			changed = true
		}
	}
	return changed
}

func union[T comparable](a, b set[T]) bool {
	before := len(a)
	maps.Copy(a, b)
	return len(a) != before
}

func intersect[T comparable](a, b set[T]) bool {
	before := len(a)
	maps.DeleteFunc(a, func(x T, _ bool) bool { return !b[x] })
	return len(a) != before
}

// enabled reports whether e's input can come where f holds: its timer may run, its operation may end.
func (f *facts) enabled(e *edge) bool {
	switch e.in.Kind {
	case formula.After:
		return f.armed[e.in.On.Timer]
	case formula.Done:
		return f.running[e.in.On.Operation] > 0
	}
	return true
}

// after is what holds once e has been taken where f held.
func (f *facts) after(e *edge) *facts {
	g := f.clone()
	stop := e.move.Stop
	if e.in.Kind == formula.After {
		stop = append([]*model.Timer{e.in.On.Timer}, stop...)
	}
	for _, t := range stop {
		delete(g.armed, t)
		delete(g.sure, t)
	}
	for _, t := range e.move.Start {
		g.armed[t], g.sure[t] = true, true
	}
	for _, a := range e.move.Set {
		g.vars[a.Var] = true
	}
	if e.in.Kind == formula.Done && g.running[e.in.On.Operation] == 1 {
		delete(g.running, e.in.On.Operation)
	}
	if op := e.move.Run; op != nil && len(op.Gives) > 0 {
		g.running[op] = min(g.running[op]+1, many)
	}
	g.codec = g.codec || e.move.Codec != nil
	if e.move.Frame != nil {
		g.frames = set[*model.Frame]{e.move.Frame: true}
	}
	if to := e.target(); !to.resting && to.state.Frame != nil {
		g.frames = set[*model.Frame]{to.state.Frame: true}
	}
	return g
}

// flow computes the facts of every node that can be reached; a node that cannot has none.
func (m *machine) flow(p *model.Protocol) map[node]*facts {
	if m.facts != nil {
		return m.facts
	}
	m.facts = map[node]*facts{}
	for _, n := range m.starts() {
		m.facts[n] = m.first(p, n.state)
	}
	for queue := m.starts(); len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		for _, e := range m.leaving(n) {
			if !m.facts[n].enabled(e) {
				continue
			}
			next, to := m.facts[n].after(e), e.target()
			if known := m.facts[to]; known == nil {
				m.facts[to] = next
			} else if !known.join(next) {
				continue
			}
			queue = append(queue, to)
		}
	}
	return m.facts
}

// first is what is known where a session begins in s.
func (m *machine) first(p *model.Protocol, s *model.State) *facts {
	f := &facts{set[*model.Timer]{}, set[*model.Timer]{}, set[*model.Var]{}, set[*model.Frame]{}, map[*model.Operation]int{}, false}
	if s.Frame != nil {
		f.frames[s.Frame] = true
		return f
	}
	for _, t := range p.Transports {
		f.frames[t.Frame] = true
	}
	return f
}
