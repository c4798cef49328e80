package check

import (
	"fmt"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const ruleUnmatched = "reply-unmatched"

// replies is the other half of V9: where a machine matches replies to its calls in order, a reply that comes while a call
// waits resolves it. One that is dropped would leave its call waiting, and give the next reply to the wrong call.
func replies(c *checker) {
	c.each(func(m *machine) {
		if m.Correlate != "fifo" && m.Correlate != "by" {
			return
		}
		w := &waiting{m: m, by: map[asking]*edge{}, table: m.table(c.p)}
		w.explore()
		told := map[*model.Move]bool{}
		for i, s := range m.States {
			if w.asks(s) {
				c.droppedReplies(w, s, w.table.Rows[i], told)
			}
		}
	})
}

// asking is a node, and whether a request that the machine sent may wait there for its reply.
type asking struct {
	node
	waits bool
}

// waiting explores where calls may wait.
type waiting struct {
	m     *machine
	table *Table
	by    map[asking]*edge
}

func (w *waiting) explore() {
	start := asking{w.m.start(), false}
	w.by[start] = nil
	for queue := []asking{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, e := range w.m.leaving(at.node) {
			next := asking{e.target(), (at.waits || sendsRequest(e)) && e.move.Fail == ""}
			if _, seen := w.by[next]; !seen && !e.ends() {
				w.by[next] = e
				queue = append(queue, next)
			}
		}
	}
}

// sendsRequest reports whether e sends a request of the machine's own.
func sendsRequest(e *edge) bool {
	for _, s := range e.move.Send {
		if s.Message != nil && s.Message.Class == "request" {
			return true
		}
		if s.Call && e.in.On != nil && e.in.On.CallOf != nil {
			for _, m := range formula.Passed(e.in.On.CallOf) {
				if m.Class == "request" {
					return true
				}
			}
		}
	}
	return false
}

// asks reports whether a call may wait while the session rests in s.
func (w *waiting) asks(s *model.State) bool {
	_, ok := w.by[asking{node{s, true}, true}]
	return ok
}

// droppedReplies reports what s does with replies that no call gets.
func (c *checker) droppedReplies(w *waiting, s *model.State, row Row, told map[*model.Move]bool) {
	for i, cell := range row.Cells {
		msg := w.table.Messages[i]
		if msg.Class != "reply" {
			continue
		}
		path := w.m.Name + "." + s.Name
		if cell.Does == Ignored {
			c.unmatched(path+".ignore", refPos(cell.Ref, s), s, msg, "is ignored")
			return
		}
		for _, v := range cell.Move {
			if !v.Resolve && v.Fail == "" && !v.Close && !told[v] {
				told[v] = true
				key := ".otherwise"
				if cell.Ref != nil {
					key = ".on." + cell.Ref.Name
				}
				c.unmatched(path+key, v.Pos, s, msg, "resolves none")
			}
		}
	}
}

func (c *checker) unmatched(path string, pos model.Pos, s *model.State, msg *model.Message, what string) {
	c.report(path, diag.Diagnostic{
		Pos: pos, Rule: ruleUnmatched, Ref: s.Standard,
		Message: fmt.Sprintf("state %q: a call may wait here for its reply, and a reply such as %q %s", s.Name, msg.Name, what),
		Fix:     "say resolve: true, or end every call with fail",
	})
}
