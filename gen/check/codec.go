package check

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

const (
	ruleCodecUnset   = "codec-unset"
	ruleCodecUnknown = "codec-unknown"
)

// codecs is V20: on every way to a state that trees may come to, a codec has been chosen, and what is chosen, as far as
// literals and the defaults of settings tell, is one of the protocol's.
func codecs(c *checker) {
	c.each(func(m *machine) {
		for _, e := range m.edges {
			if e.move.Codec != nil {
				c.knownCodec(m, e)
			}
		}
		c.codecBeforeTrees(m)
	})
}

// knownCodec reports names in the formula of e's codec that no codec of the protocol has.
func (c *checker) knownCodec(m *machine, e *edge) {
	x, _ := formula.Parse(e.move.Codec, formula.ForInput(c.p, m.Machine, e.from, e.in, c.fields), nil)
	if x == nil {
		return
	}
	var known []string
	for _, codec := range c.p.Codecs {
		known = append(known, codec.Name)
	}
	formula.Walk(x, func(x formula.Expr) bool {
		for _, name := range namedBy(x) {
			if name != "" && !slices.Contains(known, name) {
				c.report(e.path(m), diag.Diagnostic{
					Pos: x.Pos(), Rule: ruleCodecUnknown, Message: fmt.Sprintf("%s is %q, and the protocol has no codec of that name%s", x, name, diag.DidYouMean(name, known...)),
					Fix: fmt.Sprintf("codecs: %q: {kind: \"...\"}", name),
				})
			}
		}
		return true
	})
}

// namedBy are the texts that x is known to be before anything runs: a literal, or the default of a setting.
func namedBy(x formula.Expr) []string {
	var value any
	switch x := x.(type) {
	case *formula.Lit:
		value = x.Value
	case *formula.Member:
		if x.Setting == nil {
			return nil
		}
		value = x.Setting.Value
	}
	switch v := value.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	}
	return nil
}

// codecBeforeTrees reports the states of m that a tree may come to without a codec.
func (c *checker) codecBeforeTrees(m *machine) {
	flow := m.flow(c.p)
	for _, s := range m.States {
		f := flow[node{s, true}]
		if f == nil || f.codec || s.Final || transient(s) {
			continue
		}
		i := slices.IndexFunc(c.p.Messages, func(msg *model.Message) bool {
			return msg.Encoding == "tree" && formula.Receives(c.p, m.Machine, msg) && m.carried(c.p, s, msg)
		})
		if i < 0 {
			continue
		}
		by := m.walk(m.start(), func(e *edge) bool { return e.move.Codec == nil })
		c.report(m.Name+"."+s.Name, diag.Diagnostic{
			Pos: s.Pos, Rule: ruleCodecUnset, Ref: s.Standard,
			Message: fmt.Sprintf("%s state %q may receive %q, a tree, before a codec is chosen", m.Name, s.Name, c.p.Messages[i].Name),
			Witness: trace(by, node{s, true}), Fix: "choose one with use: codec: in every move that leads there, or a frame that carries no trees",
		})
	}
}
