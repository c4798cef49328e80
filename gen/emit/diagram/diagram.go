// Package diagram prints the state machines of a specification as Mermaid or Graphviz text. It is pure: model in, text out,
// the same text for the same model.
package diagram

import (
	"fmt"
	"strings"

	"github.com/protogen-go/protogen/gen/model"
)

// edge is an arrow of a diagram: every input that leads from one state to another, a line of label each.
type edge struct {
	from, to string
	labels   []string
}

// Mermaid prints m as a Mermaid stateDiagram-v2.
func Mermaid(m *model.Machine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: %s\n---\nstateDiagram-v2\n", m.Name)
	if m.Initial != nil {
		fmt.Fprintf(&b, "    [*] --> %s\n", m.Initial.Name)
	}
	if m.Busy != nil {
		fmt.Fprintf(&b, "    [*] --> %s: refused\n", m.Busy.Name)
	}
	for _, e := range edges(m) {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.from, e.to, strings.Join(mermaidLabels(e.labels), "<br/>"))
	}
	for _, s := range m.States {
		if s.Final {
			fmt.Fprintf(&b, "    %s --> [*]\n", s.Name)
		}
	}
	return b.String()
}

// mermaidLabels keeps what Mermaid would read as syntax out of labels.
func mermaidLabels(labels []string) []string {
	escape := strings.NewReplacer(";", "#59;", "#", "#35;", "<", "#lt;", ">", "#gt;", ":", "#58;")
	out := make([]string, len(labels))
	for i, l := range labels {
		out[i] = escape.Replace(l)
	}
	return out
}

// DOT prints m in Graphviz's language.
func DOT(m *model.Machine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %q {\n\trankdir=LR\n\tnode [shape=box style=rounded]\n\tstart [shape=point]\n", m.Name)
	for _, s := range m.States {
		attributes := ""
		if s.Final {
			attributes = " [peripheries=2]"
		}
		fmt.Fprintf(&b, "\t%q%s\n", s.Name, attributes)
	}
	if m.Initial != nil {
		fmt.Fprintf(&b, "\tstart -> %q\n", m.Initial.Name)
	}
	if m.Busy != nil {
		fmt.Fprintf(&b, "\tstart -> %q [label=refused]\n", m.Busy.Name)
	}
	for _, e := range edges(m) {
		fmt.Fprintf(&b, "\t%q -> %q [label=%q]\n", e.from, e.to, strings.Join(e.labels, "\n"))
	}
	b.WriteString("}\n")
	return b.String()
}

// edges collects the arrows of m in the order of its states and their inputs.
func edges(m *model.Machine) []*edge {
	var out []*edge
	index := map[[2]string]*edge{}
	for _, s := range m.States {
		walk(s, func(input string, move *model.Move) {
			to := s.Name
			if move.To != nil {
				to = move.To.Name
			}
			e := index[[2]string{s.Name, to}]
			if e == nil {
				e = &edge{from: s.Name, to: to}
				index[[2]string{s.Name, to}] = e
				out = append(out, e)
			}
			e.labels = append(e.labels, label(input, move))
		})
	}
	return out
}

// walk calls visit for every move of s with the name of the input that causes it.
func walk(s *model.State, visit func(input string, move *model.Move)) {
	list := func(input string, moves []*model.Move) {
		for _, move := range moves {
			visit(input, move)
		}
	}
	table := func(prefix string, ons []*model.On) {
		for _, on := range ons {
			list(prefix+on.Name, on.Moves)
		}
	}
	list("enter", s.Enter)
	table("", s.On)
	table("done ", s.Done)
	table("call ", s.Call)
	table("after ", s.After)
	list("any other", s.Otherwise)
	list("broken", s.Broken)
	list("garbled", s.Garbled)
	list("closed", s.Closed)
}

// label is "input [guard] / what is sent".
func label(input string, move *model.Move) string {
	text := input
	if move.When != nil {
		text += " [" + move.When.Text + "]"
	}
	var out []string
	for _, send := range move.Send {
		out = append(out, sent(send))
	}
	if move.Run != nil {
		out = append(out, "run "+move.Run.Name)
	}
	if move.Close {
		out = append(out, "close")
	}
	if len(out) > 0 {
		text += " / " + strings.Join(out, ", ")
	}
	return text
}

func sent(s *model.Send) string {
	switch {
	case s.Reply:
		return "the reply"
	case s.Message == nil:
		return s.From
	}
	text := s.Message.Name
	for _, with := range s.With {
		if with.Value != nil {
			text += " " + with.Value.Text
		}
	}
	return text
}
