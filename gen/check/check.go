package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/pattern"
	"github.com/protogen-go/protogen/gen/xsd"
)

// Rule is one of the things that Run looks at.
type Rule struct {
	Name string // of its function, as the documentation of the specification language lists it
	Doc  string
	IDs  []string // the rules that its findings carry

	run func(*checker)
}

// Rules returns every rule, in the order they run.
func Rules() []Rule { return slices.Clone(rules) }

var rules = []Rule{
	{"V1", "every name in a formula means something, and the types fit", []string{formula.RuleSyntax, formula.RuleName, formula.RuleType, formula.RuleCall, formula.RuleDivide, formula.RuleOverflow}, formulas},
	{"V2", "every state can be entered", []string{ruleUnreachable}, reachable},
	{"V3", "a final state can be reached from every state", []string{ruleCannotFinish, ruleLivelock}, finish},
	{"V4", "no two guards hold at once unless their order is meant to decide", []string{ruleOverlap, ruleUndecided, ruleDeadMove}, guards},
	{"V5", "every state says what happens to every input", []string{ruleHole, ruleGap, ruleTwice, ruleResultHole, ruleEndHole, ruleCallHole}, exhaustive},
	{"V6", "a timer that can fire is handled, and nothing waits for ever", []string{ruleTimer, ruleForever, ruleTimerDead}, timers},
	{"V7", "a variable is set before it is read", []string{ruleUnset}, variables},
	{"V8", "no moves follow each other for ever without input", []string{ruleEndless}, endless},
	{"V9", "every request gets one reply, and nothing else does", []string{ruleUnasked, ruleUnanswered}, balance},
	{"V9", "a reply that comes reaches the call that waits for it", []string{ruleUnmatched}, replies},
	{"V10", "two machines that talk to each other get on", []string{ruleReception, ruleStuck, ruleUnfired}, pairs},
	{"V12", "no two messages look the same to their receiver", []string{ruleAmbiguous}, tags},
	{"V14", "what is written as a line can be read back", []string{pattern.Rule}, lines},
	{"V15", "nothing is declared that nothing uses", []string{ruleUnused}, unused},
	{"V20", "a tree comes only once a codec is chosen, and that is one of the protocol's", []string{ruleCodecUnset, ruleCodecUnknown}, codecs},
	{"V21", "what answers later can, and what tries again says why", []string{ruleLater, ruleAgain}, promises},
	{"V22", "who is refused is told so, and the connection closed", []string{ruleBusy}, refusals},
	{"V19", "every example is the message it stands for", []string{ruleExample}, examples},
}

// Run applies every rule to p and returns what they find, sorted. set holds the schemas of p's xml messages; with nil, their
// fields have no types and elements beside each other are taken to exclude each other. Run changes nothing.
func Run(p *model.Protocol, set *xsd.Set) diag.List {
	c := &checker{p: p, set: set, fields: formula.SchemaFields(set)}
	for _, m := range p.Machines {
		c.machines = append(c.machines, &machine{Machine: m})
	}
	for _, r := range rules {
		r.run(c)
	}
	return c.result()
}

// checker is what the rules share during one run.
type checker struct {
	p        *model.Protocol
	set      *xsd.Set
	fields   formula.FieldTypes
	machines []*machine
	found    []finding
}

// finding is a diagnostic and the path that an accept entry names.
type finding struct {
	diag.Diagnostic
	path string
}

// report notes a finding at path, such as "server.waitingForCommand.on.login". A finding with no position of its own stands
// where the protocol does.
func (c *checker) report(path string, d diag.Diagnostic) {
	if !d.Pos.IsValid() {
		d.Pos = c.p.Pos
	}
	c.found = append(c.found, finding{d, path})
}

// each calls rule for every machine. One without an initial state, which no specification that was read has, is left out.
func (c *checker) each(rule func(*machine)) {
	for _, m := range c.machines {
		if m.Initial != nil {
			rule(m)
		}
	}
}

// result applies the accept list and returns the findings left over, sorted.
func (c *checker) result() diag.List {
	used := make([]bool, len(c.p.Accept))
	var list diag.List
	for _, f := range c.found {
		if i := c.accepts(f); i >= 0 {
			used[i] = true
			continue
		}
		if acceptable(f.Rule) {
			f.Fix += fmt.Sprintf("; or accept: [{rule: %q, at: %q, why: \"...\"}]", f.Rule, f.path)
		}
		list.Add(f.Diagnostic)
	}
	for i, a := range c.p.Accept {
		if used[i] {
			continue
		}
		message := fmt.Sprintf("nothing at %q breaks the rule %q%s", a.At, a.Rule, c.nearestPath(a))
		if !acceptable(a.Rule) {
			message = fmt.Sprintf("what breaks the rule %q cannot be accepted", a.Rule)
		}
		list.Add(diag.Diagnostic{Pos: a.Pos, Rule: "accept-unused", Message: message, Fix: "remove the entry"})
	}
	list.Sort()
	return list
}

// acceptable reports whether findings of a rule may be accepted: not of V1 and V14, since what means nothing has no Go, nor
// of V19, since the emitted tests hold the examples.
func acceptable(rule string) bool {
	return !slices.ContainsFunc(rules, func(r Rule) bool {
		return (r.Name == "V1" || r.Name == "V14" || r.Name == "V19") && slices.Contains(r.IDs, rule)
	})
}

// accepts is the index of the entry that accepts f, -1 for none. An entry's place covers what is below it.
func (c *checker) accepts(f finding) int {
	if !acceptable(f.Rule) {
		return -1
	}
	return slices.IndexFunc(c.p.Accept, func(a *model.Accept) bool {
		return a.Rule == f.Rule && (a.At == f.path || strings.HasPrefix(f.path, a.At+"."))
	})
}

// nearestPath suggests the place that an unused entry may have meant, or else the rule.
func (c *checker) nearestPath(a *model.Accept) string {
	var paths, ids []string
	for _, f := range c.found {
		if f.Rule == a.Rule {
			paths = append(paths, f.path)
		}
	}
	for _, r := range rules {
		ids = append(ids, r.IDs...)
	}
	return cmp.Or(diag.DidYouMean(a.At, paths...), diag.DidYouMean(a.Rule, ids...))
}

// quoted lists names as messages do: "a", "b" and 3 more.
func quoted(names []string) string {
	const most = 6
	var parts []string
	for _, n := range names[:min(len(names), most)] {
		parts = append(parts, fmt.Sprintf("%q", n))
	}
	text := strings.Join(parts, ", ")
	if extra := len(names) - most; extra > 0 {
		text += fmt.Sprintf(" and %d more", extra)
	}
	return text
}
