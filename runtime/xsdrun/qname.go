package xsdrun

import (
	"strconv"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// boundSpace is a namespace that a start tag declares for a qualified name in a value.
type boundSpace struct {
	space, prefix string
}

// DeclareName declares, in the start tag that is being written, a prefix for the namespace of n, which NameValue then writes. A
// name of no namespace needs none; where a default namespace is in force, as defaulted says, it cannot be written.
func (e *Encoder) DeclareName(n xmlstream.Name, defaulted bool) {
	switch n.Space {
	case "":
		if defaulted && n.Local != "" {
			e.Fail("cvc-datatype-valid.1.2.1", "the name "+n.Local+" of no namespace cannot be written where there is a default namespace")
		}
		return
	case xmlstream.XMLSpace:
		return
	}
	b := boundSpace{n.Space, "q" + strconv.Itoa(e.names)}
	e.names++
	e.bound = append(e.bound, b)
	e.Raw(" xmlns:" + b.prefix + `="`)
	escaped, err := xmlstream.AppendAttr(e.b, n.Space)
	if err != nil {
		e.Fail("well-formedness", err.Error())
		return
	}
	e.b = append(escaped, '"')
}

// NameValue appends a qualified name, whose namespace the start tag declares; see [Encoder.DeclareName].
func (e *Encoder) NameValue(t *SimpleType, n xmlstream.Name) {
	prefix := ""
	if n.Space == xmlstream.XMLSpace {
		prefix = "xml:"
	}
	for i := len(e.bound) - 1; i >= 0 && prefix == "" && n.Space != ""; i-- {
		if e.bound[i].space == n.Space {
			prefix = e.bound[i].prefix + ":"
		}
	}
	resolve := func(string) (string, bool) { return n.Space, true }
	if v := t.Check(prefix+n.Local, resolve); v != nil {
		e.fail(v)
		return
	}
	e.Raw(prefix + n.Local)
}
