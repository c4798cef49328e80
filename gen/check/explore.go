package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// Limits of an exploration. The number of messages under way grows from one until more of them make no difference, or to
// maxQueue; a run with more configurations than maxConfigs, or more than maxKinds kinds of messages, is given up.
const (
	maxQueue   = 4
	maxConfigs = 10000
	growth     = 4   // by how much one message more multiplies them, at least
	maxKinds   = 256 // an octet of a queue tells them apart
)

// side is where one of the two machines is.
type side struct {
	node
	armed   string // its running timers: a bit for each, as text
	running string // its running operations: an octet for each of the protocol's
	over    bool   // it has closed the connection, or is in a final state
}

// config is where both machines are, and what is under way to each.
type config struct {
	side [2]side
	in   [2]string // messages to each machine, an octet each: the index of its kind
}

// arrival is how a configuration was first reached.
type arrival struct {
	before *config
	line   string // what happened, for a witness
}

// fault is a message that came where nothing is said of it.
type fault struct {
	machine *machine
	side    side
	message *model.Message
	at      *config
}

// exploration runs two machines against each other.
type exploration struct {
	p     *model.Protocol
	m     [2]*machine
	like  map[*model.Message]*model.Message
	kinds []*model.Message                      // one of each that are treated alike; a queue holds their indices
	work  map[*model.Operation]*model.Operation // each operation's stand-in: one that ends as it does
	lossy bool
	bound int // messages under way each way

	seen      map[config]*config
	by        map[*config]arrival
	before    map[*config][]*config // reverse edges
	order     []*config
	fired     set[*model.On]
	fault     *fault
	full      bool // some message was not sent because of bound
	truncated bool // it has grown too large
}

func newExploration(p *model.Protocol, a, b *machine, bound int) *exploration {
	x := &exploration{p: p, m: [2]*machine{a, b}, bound: bound, fired: set[*model.On]{}}
	x.seen, x.by, x.before = map[config]*config{}, map[*config]arrival{}, map[*config][]*config{}
	x.work = standIns(p, x.m)
	x.like, x.kinds = alphabet(p, x.m, x.work)
	x.lossy = slices.ContainsFunc(p.Transports, func(t *model.Transport) bool { return t.Lossy })
	return x
}

// run explores, nearest first, until it has seen all, finds a fault, or has seen too much.
func (x *exploration) run() {
	if len(x.kinds) > maxKinds {
		x.truncated = true
		return
	}
	var first config
	for i, m := range x.m {
		first.side[i] = side{node: m.start(), running: strings.Repeat("\x00", len(x.p.Operations))}
	}
	x.reach(nil, first, "")
	for i, m := range x.m {
		if m.Busy != nil {
			refused := first
			refused.side[i].node = node{m.Busy, false}
			x.reach(nil, refused, "")
		}
	}
	for i := 0; i < len(x.order) && x.fault == nil; i++ {
		if len(x.order) > maxConfigs {
			x.truncated = true
			return
		}
		for who := range x.m {
			x.moves(x.order[i], who)
		}
	}
}

// reach notes that next follows from at.
func (x *exploration) reach(at *config, next config, line string) {
	known := x.seen[next]
	if known == nil {
		known = &next
		x.seen[next] = known
		x.by[known] = arrival{at, line}
		x.order = append(x.order, known)
	}
	if at != nil {
		x.before[known] = append(x.before[known], at)
	}
}

// moves makes every move that the machine who can make at at.
func (x *exploration) moves(at *config, who int) {
	s := at.side[who]
	if s.over {
		x.drain(at, who)
		return
	}
	if !s.resting {
		x.inputs(at, who, formula.Enter, nil, at.in[who], "")
		return
	}
	x.receive(at, who)
	for _, kind := range []formula.InputKind{formula.Called, formula.After, formula.Done} {
		x.inputs(at, who, kind, nil, at.in[who], "")
	}
	if at.side[1-who].over && !x.lossy && x.next(at, who) < 0 {
		if len(s.state.Closed) == 0 {
			next := *at
			next.side[who].over = true
			x.reach(at, next, x.m[who].Name+" sees the end")
		}
		x.inputs(at, who, formula.Closed, nil, "", "")
	}
	if x.lossy {
		for i := range at.in[who] {
			next := *at
			next.in[who] = at.in[who][:i] + at.in[who][i+1:]
			x.reach(at, next, x.message(at.in[who][i]).Name+" to "+x.m[who].Name+" is lost")
		}
	}
}

// drain drops what comes to a machine that is over. On a link without connections its final state says what it drops.
func (x *exploration) drain(at *config, who int) {
	if at.in[who] == "" {
		return
	}
	next := *at
	msg := x.message(at.in[who][0])
	next.in[who] = at.in[who][1:]
	if x.lossy && named(at.side[who].state, msg).Does == Nothing {
		x.fault = &fault{x.m[who], at.side[who], msg, at}
		return
	}
	x.reach(at, next, msg.Name+" comes too late")
}

// next is the index of the first message to who that its state does not defer, -1 for none.
func (x *exploration) next(at *config, who int) int {
	for i := range at.in[who] {
		if named(at.side[who].state, x.message(at.in[who][i])).Does != Deferred {
			return i
		}
	}
	return -1
}

// receive takes the next message to who.
func (x *exploration) receive(at *config, who int) {
	i := x.next(at, who)
	if i < 0 {
		return
	}
	s, msg := at.side[who].state, x.message(at.in[who][i])
	rest := at.in[who][:i] + at.in[who][i+1:]
	cell := named(s, msg)
	switch {
	case cell.Does == Ignored:
		next := *at
		next.in[who] = rest
		x.reach(at, next, fmt.Sprintf("%s ignores %s", x.m[who].Name, msg.Name))
	case cell.Does == Moves:
		x.note(s, msg)
		x.inputs(at, who, formula.On, cell.Ref, rest, msg.Name)
	case len(s.Otherwise) > 0:
		x.inputs(at, who, formula.Otherwise, nil, rest, msg.Name)
	default:
		x.fault = &fault{x.m[who], at.side[who], msg, at}
	}
}

// note remembers the inputs of s that a message of msg's kind is for.
func (x *exploration) note(s *model.State, msg *model.Message) {
	for _, on := range s.On {
		if slices.ContainsFunc(on.Messages(), func(m *model.Message) bool { return x.like[m] == msg }) {
			x.fired[on] = true
		}
	}
}

// inputs makes the moves of inputs of that kind; of On, of the input that ref names alone. rest is what is under way to who
// after that, got the message taken.
func (x *exploration) inputs(at *config, who int, kind formula.InputKind, ref *model.Ref, rest, got string) {
	s := at.side[who]
	for _, e := range x.m[who].leaving(s.node) {
		if e.in.Kind != kind || kind == formula.On && &e.in.On.Ref != ref || !x.ready(s, who, e) {
			continue
		}
		next := *at
		next.in[who] = rest
		next.side[who] = x.step(s, who, e)
		line := fmt.Sprintf("%-10s %s: %s", x.m[who].Name, s.state.Name, strings.TrimSpace(e.in.Name()+" "+got))
		if e.in.Moves == nil {
			line = ""
		}
		x.send(at, next, who, e, e.move.Send, line)
	}
}

// ready reports whether e's timer runs, its operation can end, and the one it runs can start.
func (x *exploration) ready(s side, who int, e *edge) bool {
	if op := e.move.Run; op != nil && x.m[who].Replies != "anyOrder" && strings.Trim(s.running, "\x00") != "" {
		return false // one at a time
	}
	switch e.in.Kind {
	case formula.After:
		return strings.Contains(s.armed, "."+e.in.On.Timer.Name+".")
	case formula.Done:
		return s.running[slices.Index(x.p.Operations, x.work[e.in.On.Operation])] > 0
	}
	return true
}

// step is the side after e.
func (x *exploration) step(s side, who int, e *edge) side {
	next := side{node: e.target(), armed: x.m[who].armedAfter(s.armed, e), running: s.running, over: e.ends()}
	if e.in.Kind == formula.Done {
		next.running = x.count(next.running, e.in.On.Operation, -1)
	}
	if e.move.Run != nil {
		next.running = x.count(next.running, e.move.Run, 1)
	}
	if next.over {
		next.armed, next.running = "", strings.Repeat("\x00", len(s.running))
	}
	return next
}

// count notes that n more of op, or of those that end as it does, run. One whose end nobody is told of is not counted.
func (x *exploration) count(running string, op *model.Operation, n int) string {
	if len(op.Gives) == 0 {
		return running
	}
	i := slices.Index(x.p.Operations, x.work[op])
	counts := []byte(running)
	counts[i] = byte(min(max(int(counts[i])+n, 0), many))
	return string(counts)
}

// send sends what is left of a move's messages, each of those that one may be, and reaches what follows.
func (x *exploration) send(at *config, next config, who int, e *edge, left []*model.Send, line string) {
	if len(left) == 0 {
		x.reach(at, next, line)
		return
	}
	choices := x.choices(e, left[0])
	for _, msg := range choices {
		to := next
		if !to.side[1-who].over || x.lossy {
			if len(to.in[1-who]) == x.bound {
				x.full = true
				continue
			}
			to.in[1-who] += string(x.octet(msg))
		}
		x.send(at, to, who, e, left[1:], line+", sends "+msg.Name)
	}
	if len(choices) == 0 { // a message held in a variable, or a reply that no message is
		x.send(at, next, who, e, left[1:], line)
	}
}

// choices are the messages that a move may send, one of each that are treated alike.
func (x *exploration) choices(e *edge, s *model.Send) []*model.Message {
	var list []*model.Message
	switch {
	case s.Message != nil:
		list = []*model.Message{s.Message}
	case s.Reply && e.in.On != nil && e.in.On.Operation != nil:
		list = formula.Replies(x.p, e.in.On.Operation.Takes)
	case s.Call && e.in.On != nil && e.in.On.CallOf != nil:
		list = formula.Passed(e.in.On.CallOf)
	}
	var kinds []*model.Message
	for _, m := range list {
		if k := x.like[m]; !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// octet is the index of a message's kind, as one octet of a queue.
func (x *exploration) octet(m *model.Message) []byte {
	return []byte{byte(slices.Index(x.kinds, x.like[m]))}
}

func (x *exploration) message(octet byte) *model.Message { return x.kinds[octet] }

// stuck is a configuration from which none can be reached where both machines rest: are over, or idle with nothing under
// way. It is the nearest with nothing under way, or else the nearest; nil when there is none.
func (x *exploration) stuck() *config {
	good := x.good()
	var nearest *config
	for _, at := range x.order {
		if good[at] {
			continue
		}
		if at.in[0] == "" && at.in[1] == "" && at.side[0].resting && at.side[1].resting {
			return at
		}
		if nearest == nil {
			nearest = at
		}
	}
	return nearest
}

// good are the configurations from which one can be reached where both machines rest.
func (x *exploration) good() map[*config]bool {
	good := map[*config]bool{}
	var queue []*config
	for _, at := range x.order {
		if x.atRest(at) {
			good[at] = true
			queue = append(queue, at)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, b := range x.before[queue[0]] {
			if !good[b] {
				good[b] = true
				queue = append(queue, b)
			}
		}
	}
	return good
}

func (x *exploration) atRest(at *config) bool {
	for who, s := range at.side {
		if !s.over && (!s.resting || !s.state.Idle || at.in[who] != "") {
			return false
		}
	}
	return true
}

// trace is the way to at.
func (x *exploration) trace(at *config) []string {
	var lines []string
	for ; at != nil; at = x.by[at].before {
		if line := x.by[at].line; line != "" {
			lines = append(lines, line)
		}
	}
	slices.Reverse(lines)
	return lines
}
