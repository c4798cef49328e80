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
	ruleReception = "unspecified-reception"
	ruleStuck     = "pair-stuck"
	ruleUnfired   = "never-exercised"
)

// pairs is V10: it runs two machines against each other, breadth first, with up to maxQueue messages under way each way,
// guards taken to hold or not. Either machine says what happens to every message that comes; from wherever the two get,
// both can get to rest; and every message that a move waits for can come.
func pairs(c *checker) {
	for _, p := range c.p.Pairs {
		if x := c.explore(p); x != nil {
			c.judge(p, x)
		}
	}
}

// Explored says how far the machines of a pair have been run against each other.
type Explored struct {
	Pair           *model.Pair
	Configurations int
	Bound          int  // messages under way each way
	Complete       bool // more messages under way would change nothing: it holds for any queue
}

// String returns what e proves, as a line.
func (e Explored) String() string {
	if e.Complete {
		return fmt.Sprintf("%s: %d configurations, holds for any queue", e.Pair.Name, e.Configurations)
	}
	return fmt.Sprintf("%s: %d configurations, holds for up to %d messages under way each way", e.Pair.Name, e.Configurations, e.Bound)
}

// Explore runs the pairs of p as V10 does and says how far it came. Pairs too large for one message under way are left out.
func Explore(p *model.Protocol) []Explored {
	c := &checker{p: p}
	for _, m := range p.Machines {
		g := &machine{Machine: m}
		g.build(func(*model.State, formula.Input, *model.Move) formula.Expr { return nil })
		c.machines = append(c.machines, g)
	}
	var list []Explored
	for _, pair := range p.Pairs {
		if x := c.explore(pair); x != nil {
			list = append(list, Explored{pair, len(x.order), x.bound, !x.full && x.fault == nil})
		}
	}
	return list
}

// explore runs the machines of a pair with room for one message each way, then for two and so on, until more room changes
// nothing or the next run would be too large. It returns the last run that is whole or has found a fault, nil when there
// is none. A transaction is made by a message, so that the other end is the dialog above it and no machine: it has none.
func (c *checker) explore(p *model.Pair) *exploration {
	a, b := c.machineOf(p.A), c.machineOf(p.B)
	if a == nil || b == nil || a.Per == "transaction" || b.Per == "transaction" {
		return nil
	}
	var last *exploration
	for bound := 1; bound <= maxQueue; bound++ {
		x := newExploration(c.p, a, b, bound)
		x.run()
		if x.truncated {
			break
		}
		if last = x; x.fault != nil || !x.full || len(x.order)*growth > maxConfigs {
			break
		}
	}
	return last
}

func (c *checker) machineOf(m *model.Machine) *machine {
	i := slices.IndexFunc(c.machines, func(x *machine) bool { return x.Machine == m && m.Initial != nil })
	if i < 0 {
		return nil
	}
	return c.machines[i]
}

// judge reports what the exploration found.
func (c *checker) judge(p *model.Pair, x *exploration) {
	if f := x.fault; f != nil {
		c.report("pairs."+p.Name, diag.Diagnostic{
			Pos: f.side.state.Pos, Rule: ruleReception, Ref: f.side.state.Standard,
			Message: fmt.Sprintf("%s state %q may receive %q and says nothing about it", f.machine.Name, f.side.state.Name, f.message.Name),
			Witness: append(x.trace(f.at), fmt.Sprintf("%s, in %q, receives %s    <-- here", f.machine.Name, f.side.state.Name, f.message.Name)),
			Fix:     "name it in on, defer or ignore of that state, or add otherwise",
		})
		return
	}
	if at := x.stuck(); at != nil {
		c.report("pairs."+p.Name, diag.Diagnostic{
			Pos: p.Pos, Rule: ruleStuck,
			Message: fmt.Sprintf("%s in %q and %s in %q can never both come to rest", x.m[0].Name, at.side[0].state.Name, x.m[1].Name, at.side[1].state.Name),
			Witness: x.trace(at), Fix: "let a timer or the peer's end lead on, or say which of the states is idle",
		})
		return
	}
	for i, m := range x.m {
		c.unfired(m, x.m[1-i], x.fired)
	}
}

// unfired warns of messages that m waits for and that its peer never sends it there.
func (c *checker) unfired(m, peer *machine, fired set[*model.On]) {
	flow := m.flow(c.p)
	for _, s := range m.States {
		if flow[node{s, true}] == nil || s.Final {
			continue
		}
		for _, on := range s.On {
			if !fired[on] {
				c.report(m.Name+"."+s.Name+".on."+on.Name, diag.Diagnostic{
					Pos: refPos(&on.Ref, s), Severity: diag.Warning, Rule: ruleUnfired,
					Message: fmt.Sprintf("no run of %q and %q brings %q to state %q", m.Name, peer.Name, on.Name, s.Name),
					Fix:     "ignore it there, or let the peer send it",
				})
			}
		}
	}
}

// standIns maps each operation to the first that ends like it: whose ends have the same effects in every state and send the same.
func standIns(p *model.Protocol, machines [2]*machine) map[*model.Operation]*model.Operation {
	same := map[*model.Operation]*model.Operation{} // effects name operations by themselves: one that starts another is its own
	for _, op := range p.Operations {
		same[op] = op
	}
	first, work := map[string]*model.Operation{}, map[*model.Operation]*model.Operation{}
	for _, op := range p.Operations {
		var b strings.Builder
		for _, msg := range formula.Replies(p, op.Takes) {
			b.WriteString(msg.Name + " ")
		}
		for _, m := range machines {
			for _, s := range m.States {
				var effects []string
				for _, on := range s.Done {
					for _, v := range on.Moves {
						if on.Operation == op {
							effects = append(effects, effect(v, same)+fmt.Sprint(len(v.Send)))
						}
					}
				}
				slices.Sort(effects)
				fmt.Fprint(&b, "|", slices.Compact(effects))
			}
		}
		key := b.String()
		if first[key] == nil {
			first[key] = op
		}
		work[op] = first[key]
	}
	return work
}

// alphabet maps each message to one that both machines treat alike, so that runs need only tell those apart, and lists the
// ones it maps to.
func alphabet(p *model.Protocol, machines [2]*machine, work map[*model.Operation]*model.Operation) (like map[*model.Message]*model.Message, kinds []*model.Message) {
	like = map[*model.Message]*model.Message{}
	first := map[string]*model.Message{}
	for _, msg := range p.Messages {
		var b strings.Builder
		fmt.Fprint(&b, msg.Class, len(msg.From))
		for _, m := range machines {
			b.WriteString(m.treats(p, msg, work))
		}
		key := b.String()
		if first[key] == nil {
			first[key] = msg
			kinds = append(kinds, msg)
		}
		like[msg] = first[key]
	}
	return like, kinds
}

// treats describes all that m does with msg: what comes of it in every state, which calls pass it, which moves send it and
// which operations take it or may give it.
func (m *machine) treats(p *model.Protocol, msg *model.Message, work map[*model.Operation]*model.Operation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "|%s %v", m.Name, formula.Receives(p, m.Machine, msg))
	for _, s := range m.States {
		cell := named(s, msg)
		fmt.Fprintf(&b, "|%d", cell.Does)
		var effects []string
		for _, v := range cell.Move {
			effects = append(effects, effect(v, work))
		}
		slices.Sort(effects)
		fmt.Fprint(&b, slices.Compact(effects))
	}
	for _, call := range m.Calls {
		fmt.Fprint(&b, slices.Contains(formula.Passed(call), msg))
	}
	for _, e := range m.edges {
		for _, s := range e.move.Send {
			fmt.Fprint(&b, s.Message == msg)
		}
	}
	takes, gives := set[*model.Operation]{}, set[*model.Operation]{}
	for _, op := range p.Operations {
		takes[work[op]] = takes[work[op]] || slices.Contains(op.Takes, msg)
		gives[work[op]] = gives[work[op]] || slices.Contains(formula.Replies(p, op.Takes), msg)
	}
	for _, op := range p.Operations {
		fmt.Fprint(&b, takes[op], gives[op])
	}
	return b.String()
}

// effect describes what a move does, its guard and values aside.
func effect(v *model.Move, work map[*model.Operation]*model.Operation) string {
	var b strings.Builder
	if v.To != nil {
		b.WriteString("to " + v.To.Name)
	}
	if v.Run != nil {
		b.WriteString(" run " + work[v.Run].Name)
	}
	for _, t := range v.Start {
		b.WriteString(" start " + t.Name)
	}
	for _, t := range v.Stop {
		b.WriteString(" stop " + t.Name)
	}
	for _, s := range v.Send {
		if s.Message != nil {
			b.WriteString(" send " + s.Message.Name)
		}
	}
	fmt.Fprint(&b, " ", v.Close)
	return b.String()
}
