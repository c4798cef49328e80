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
	ruleUnasked    = "reply-unasked"
	ruleUnanswered = "request-unanswered"
)

// mostOwed bounds the requests that are counted: how one, and how several wait, is all that matters, whatever the window.
const mostOwed = 2

// balance is V9: the product of the machine with the number of requests it owes a reply, and with the operations that work
// on one. A reply is sent only while one is owed (or by an enter move, as a greeting is), and a request that no operation
// works on can still be answered. A transaction answers its one request as often as its standard says, and is left out.
func balance(c *checker) {
	c.each(func(m *machine) {
		if m.Per != "transaction" {
			(&ledger{c: c, m: m, by: map[account]entry{}, table: m.table(c.p)}).explore()
		}
	})
}

// account is a node with what is owed and who works on it. Counts stop at mostOwed.
type account struct {
	node
	owed    int
	working string // an octet for each operation of the protocol: how many run that were given a request
}

// entry is how an account was first reached.
type entry struct {
	before account
	step   *booking
}

// booking is a move as V9 sees it.
type booking struct {
	e       *edge
	request bool // the input is a request
}

// ledger is the exploration of one machine.
type ledger struct {
	c  *checker
	m  *machine
	by map[account]entry

	table *Table
}

func (l *ledger) explore() {
	start := account{l.m.start(), 0, strings.Repeat("\x00", len(l.c.p.Operations))}
	l.by[start] = entry{}
	told := map[*model.Move]bool{}
	for queue := []account{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if l.forgotten(at) && !told[l.by[at].step.e.move] {
			told[l.by[at].step.e.move] = true
			l.unanswered(at)
		}
		for _, b := range l.bookings(at) {
			next, unasked := l.book(at, b)
			if unasked && !told[b.e.move] {
				told[b.e.move] = true
				l.unasked(at, b)
			}
			if _, seen := l.by[next]; !seen {
				l.by[next] = entry{at, b}
				queue = append(queue, next)
			}
		}
	}
}

// bookings are the moves that can be made in at, once as a request and once as another input where a move takes both.
func (l *ledger) bookings(at account) []*booking {
	var list []*booking
	for _, e := range l.m.leaving(at.node) {
		switch e.in.Kind {
		case formula.On, formula.Otherwise:
			requests, others := l.classes(e)
			if requests && at.owed < mostOwed {
				list = append(list, &booking{e, true})
			}
			if others {
				list = append(list, &booking{e, false})
			}
		case formula.Done:
			if i := l.index(e.in.On.Operation); i < 0 || at.working[i] > 0 || !takesRequest(e.in.On.Operation) {
				list = append(list, &booking{e, false})
			}
		default:
			list = append(list, &booking{e, false})
		}
	}
	return list
}

// classes reports whether e's input may be a request, and whether it may be something else.
func (l *ledger) classes(e *edge) (requests, others bool) {
	row := l.table.Rows[slices.Index(l.m.States, e.from)]
	for i, cell := range row.Cells {
		mine := cell.Does == Otherwise && e.in.Kind == formula.Otherwise || cell.Does == Moves && e.in.On != nil && cell.Ref == &e.in.On.Ref
		if mine {
			request := l.table.Messages[i].Class == "request"
			requests, others = requests || request, others || !request
		}
	}
	return requests, others
}

func (l *ledger) index(op *model.Operation) int { return slices.Index(l.c.p.Operations, op) }

// takesRequest reports whether op is given requests, and so owes their replies.
func takesRequest(op *model.Operation) bool {
	return slices.ContainsFunc(op.Takes, func(m *model.Message) bool { return m.Class == "request" })
}

// book makes the move: what is owed and worked on after it, and whether it sends a reply that nobody asked for.
func (l *ledger) book(at account, b *booking) (next account, unasked bool) {
	next = account{b.e.target(), at.owed, at.working}
	broken := b.e.in.Kind == formula.Broken || b.e.in.Kind == formula.Garbled
	if b.request || broken {
		next.owed++
	}
	replied := false
	for _, s := range b.e.move.Send {
		if s.Reply || s.Message != nil && s.Message.Class == "reply" {
			replied = true
			if next.owed--; next.owed < 0 {
				next.owed = 0
				unasked = b.e.in.Kind != formula.Enter
			}
		}
	}
	if broken && !replied {
		next.owed-- // what cannot be read need not be answered
	}
	next.owed = min(next.owed, mostOwed)
	if b.e.in.Kind == formula.Done {
		next.working = l.work(next.working, b.e.in.On.Operation, -1)
	}
	if b.e.move.Run != nil && b.request {
		next.working = l.work(next.working, b.e.move.Run, 1)
	}
	if b.e.ends() {
		next.owed = 0
	}
	return next, unasked
}

// work changes the count of op by n.
func (l *ledger) work(working string, op *model.Operation, n int) string {
	i := l.index(op)
	if i < 0 || !takesRequest(op) {
		return working
	}
	counts := []byte(working)
	counts[i] = byte(min(max(int(counts[i])+n, 0), mostOwed))
	return string(counts)
}

// forgotten reports whether at rests owing more than operations work on, with no way to pay that needs no new request.
func (l *ledger) forgotten(at account) bool {
	if !at.resting || at.state.Final || at.owed <= working(at) || l.by[at].step == nil {
		return false
	}
	seen := map[account]bool{at: true}
	for queue := []account{at}; len(queue) > 0; queue = queue[1:] {
		for _, b := range l.bookings(queue[0]) {
			if b.request || b.e.in.Kind == formula.Broken || b.e.in.Kind == formula.Garbled {
				continue
			}
			next, _ := l.book(queue[0], b)
			if next.owed < at.owed && !b.e.ends() {
				return false
			}
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return true
}

func working(at account) int {
	n := 0
	for _, count := range []byte(at.working) {
		n += int(count)
	}
	return n
}

// trace is the way to at, with what each request opens.
func (l *ledger) trace(at account) []string {
	var lines []string
	for step := l.by[at]; step.step != nil; step = l.by[step.before] {
		if step.step.e.in.Moves != nil {
			lines = append(lines, step.step.String())
		}
	}
	slices.Reverse(lines)
	return lines
}

// String returns b as a line of a witness: the move, and what it sends.
func (b *booking) String() string {
	var sends []string
	for _, s := range b.e.move.Send {
		switch {
		case s.Message != nil:
			sends = append(sends, s.Message.Name)
		case s.Reply:
			sends = append(sends, "the operation's reply")
		}
	}
	line := b.e.String()
	if b.request {
		line += ", a request"
	}
	if sends != nil {
		line += ", sends " + strings.Join(sends, ", ")
	}
	if b.e.move.Run != nil {
		line += ", runs " + b.e.move.Run.Name
	}
	return line
}

func (l *ledger) unasked(at account, b *booking) {
	l.c.report(b.e.path(l.m), diag.Diagnostic{
		Pos: movePos(b.e), Rule: ruleUnasked, Message: fmt.Sprintf("state %q: %s sends a reply when no request waits for one", b.e.from.Name, b.e.in.Name()),
		Witness: append(l.trace(at), b.String()+" <-- here"), Fix: "send it once for each request, or make the message an event",
	})
}

func (l *ledger) unanswered(at account) {
	step := l.by[at].step
	for step.e.in.Moves == nil { // resting after an enter that does nothing
		at = l.by[at].before
		step = l.by[at].step
	}
	l.c.report(step.e.path(l.m), diag.Diagnostic{
		Pos: movePos(step.e), Rule: ruleUnanswered, Message: fmt.Sprintf("state %q: after %s a request stays without reply", step.e.from.Name, step.e.in.Name()),
		Witness: l.trace(at), Fix: "send a reply, run an operation that gives one, or close",
	})
}
