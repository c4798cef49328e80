package check

import (
	"fmt"

	"github.com/protogen-go/protogen/gen/diag"
)

const (
	ruleLater = "operation-later"
	ruleAgain = "again-reason"
)

// promises is V21: an operation that answers later runs on the loop and gives something, and a move that has the program connect
// again ends the session and says why.
func promises(c *checker) {
	for _, o := range c.p.Operations {
		problem := ""
		switch {
		case !o.Later:
		case o.Blocking:
			problem = "it may block, so that its handler has no need to return first"
		case len(o.Gives) == 0:
			problem = "it gives nothing"
		case len(o.Takes) == 0:
			problem = "it takes no message that could be answered"
		}
		if problem != "" {
			c.report("operations."+o.Name, diag.Diagnostic{
				Pos: o.Pos, Rule: ruleLater, Ref: o.Standard, Message: fmt.Sprintf("operation %q answers later, and %s", o.Name, problem),
				Fix: "blocking: false and an outcome in gives, or no answer: \"later\"",
			})
		}
	}
	c.each(func(m *machine) {
		for _, e := range m.edges {
			if len(e.move.Again) > 0 && (e.move.Fail == "" || !e.ends()) {
				c.report(e.path(m), diag.Diagnostic{
					Pos: movePos(e), Rule: ruleAgain, Message: "the program is to connect again, and the move does not end the session with a reason",
					Fix: "fail: \"...\", close: true and a final state",
				})
			}
		}
	})
}
