package check

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// machine is a machine with its moves as a graph.
type machine struct {
	*model.Machine
	edges []*edge          // of every state, in the order written
	out   map[node][]*edge // the same, by the node they leave
	facts map[node]*facts
}

// node is a place that a session can be in: entering a state, before its enter moves, or resting in it.
type node struct {
	state   *model.State
	resting bool
}

// String returns the state's name.
func (n node) String() string { return n.state.Name }

// edge is a move that an input of a state may cause, or the silent step from entering a state to resting in it.
type edge struct {
	from  *model.State
	in    formula.Input
	index int // among the input's moves
	move  *model.Move
	guard formula.Expr // nil when the move has none, or one that does not parse
	never bool         // the guard cannot hold
}

// source is the node that e leaves.
func (e *edge) source() node { return node{e.from, e.in.Kind != formula.Enter} }

// target is the node that e leads to.
func (e *edge) target() node {
	if e.move.To == nil {
		return node{e.from, true}
	}
	return node{e.move.To, false}
}

// ends reports whether the session is over after e.
func (e *edge) ends() bool { return e.move.Close || e.move.To != nil && e.move.To.Final }

// path is the place of e's input in machine m, as findings and accept entries name it.
func (e *edge) path(m *machine) string { return m.Name + "." + e.from.Name + "." + e.in.Name() }

// String returns e as a line of a witness.
func (e *edge) String() string {
	guard := ""
	if e.move.When != nil {
		guard = " when " + e.move.When.Text
	}
	return fmt.Sprintf("%s: %s%s → %s", e.from.Name, e.in.Name(), guard, e.target())
}

// silent is the step from entering s to resting there, nil when s has an enter move that is always made.
func silent(s *model.State) *edge {
	if slices.ContainsFunc(s.Enter, func(v *model.Move) bool { return v.When == nil }) {
		return nil
	}
	return &edge{from: s, in: formula.Input{Kind: formula.Enter}, move: &model.Move{}}
}

// transient reports whether entering s always leads on to another state at once.
func transient(s *model.State) bool {
	return silent(s) == nil && !slices.ContainsFunc(s.Enter, func(v *model.Move) bool { return v.To == nil })
}

// build makes the graph of m, its guards parsed by parse.
func (m *machine) build(parse func(*model.State, formula.Input, *model.Move) formula.Expr) {
	for _, s := range m.States {
		for _, in := range formula.Inputs(s) {
			for i, v := range in.Moves {
				m.edges = append(m.edges, &edge{from: s, in: in, index: i, move: v, guard: parse(s, in, v)})
			}
		}
		if e := silent(s); e != nil {
			m.edges = append(m.edges, e)
		}
	}
	m.out = map[node][]*edge{}
	for _, e := range m.edges {
		m.out[e.source()] = append(m.out[e.source()], e)
	}
}

// leaving are the edges that can be taken in n. A final state has none.
func (m *machine) leaving(n node) []*edge {
	if n.state.Final {
		return nil
	}
	list := m.out[n]
	if slices.ContainsFunc(list, func(e *edge) bool { return e.never }) {
		list = slices.DeleteFunc(slices.Clone(list), func(e *edge) bool { return e.never })
	}
	return list
}

// start is where a session begins.
func (m *machine) start() node { return node{m.Initial, false} }

// starts are all nodes where a session may begin: a refused connection has one of its own.
func (m *machine) starts() []node {
	if m.Busy == nil {
		return []node{m.start()}
	}
	return []node{m.start(), {m.Busy, false}}
}

// walk visits what can be reached from the node from, nearest first, over the edges that may be taken, and returns the
// edge by which each node was first reached. A walk from the start is one from all starts.
func (m *machine) walk(from node, may func(*edge) bool) map[node]*edge {
	queue := []node{from}
	if from == m.start() {
		queue = m.starts()
	}
	by := map[node]*edge{}
	for _, n := range queue {
		by[n] = nil
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, e := range m.leaving(queue[0]) {
			if _, seen := by[e.target()]; !seen && may(e) {
				by[e.target()] = e
				queue = append(queue, e.target())
			}
		}
	}
	return by
}

func always(*edge) bool { return true }

// trace is the way that by, made by walk, knows to n, as lines of a witness. Silent steps are left out.
func trace(by map[node]*edge, n node) []string {
	var lines []string
	for e := by[n]; e != nil; e = by[e.source()] {
		if e.target().state != e.from || e.in.Moves != nil {
			lines = append(lines, e.String())
		}
	}
	slices.Reverse(lines)
	return lines
}

// way is a shortest way from the start to n.
func (m *machine) way(n node) []string { return trace(m.walk(m.start(), always), n) }
