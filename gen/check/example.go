package check

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/pattern"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

const ruleExample = "bad-example"

// examples is V19: an example is the message it is an example of. A document is valid by the schemas, has the message's
// element, path and payloads, and breaks none of the message's rules; a line is of the message's pattern. Examples of other
// encodings are not looked at, nor are documents without schemas.
func examples(c *checker) {
	for _, m := range c.p.Messages {
		misfit := c.misfit
		switch {
		case m.Encoding == "text":
			misfit = c.misfitLine
		case m.Encoding != "xml" || c.set == nil:
			continue
		}
		for _, x := range m.Examples {
			if problem, witness := misfit(m, []byte(x.Text)); problem != "" {
				c.report("messages."+m.Name+".examples."+x.Name, diag.Diagnostic{
					Pos: x.Pos, Rule: ruleExample, Message: fmt.Sprintf("example %q of message %q %s", x.Name, m.Name, problem), Witness: witness,
					Fix: "mend the example, or give it to the message it is", Ref: m.Standard,
				})
			}
		}
	}
}

// misfitLine says why a line is not the message m; the problem is empty if it is.
func (c *checker) misfitLine(m *model.Message, line []byte) (problem string, witness []string) {
	re, err := regexp.Compile(`\A(?:` + pattern.Regexp(c.p, m, m.Line) + `)\z`)
	if err != nil || re.Match(line) { // of a pattern that is wrong others tell
		return "", nil
	}
	return "is not of its line", []string{"the line: " + m.Line}
}

// misfit says why doc is not the message m; the problem is empty if it is.
func (c *checker) misfit(m *model.Message, doc []byte) (problem string, witness []string) {
	if err := c.set.Schema().Validate(doc, xsdrun.Options{}); err != nil {
		return faults(err)
	}
	root := c.tree(doc)
	if absent := c.absent(m, root); absent != "" {
		return "is not that message", []string{absent}
	}
	for _, r := range m.Valid {
		if c.breaks(m, r, root) {
			return "breaks a rule of the message", []string{"rule: " + r.Rule.Text}
		}
	}
	return "", nil
}

// faults words the error of a document that is not well-formed or not valid: a line for each fault, with its place within
// the document.
func faults(err error) (problem string, witness []string) {
	const most = 5
	if syntax, ok := errors.AsType[*xmlstream.SyntaxError](err); ok {
		return "is not well-formed", []string{fmt.Sprintf("%d:%d of the document: %s", syntax.Line, syntax.Column, syntax.Text)}
	}
	invalid, ok := errors.AsType[*xsdrun.ValidationError](err)
	if !ok {
		return "cannot be read", []string{err.Error()}
	}
	for _, f := range invalid.Faults[:min(len(invalid.Faults), most)] {
		witness = append(witness, fmt.Sprintf("%d:%d of the document, %s: %s: %s", f.Line, f.Column, f.Path, f.Rule, f.Text))
	}
	if extra := len(invalid.Faults) - most; extra > 0 {
		witness = append(witness, fmt.Sprintf("and %d more", extra))
	}
	return "is not valid by the schema", witness
}

// element is an element of an example, with what the schemas add: the values of attributes and elements left out.
type element struct {
	name       xmlstream.Name
	declared   *xsd.Element // nil within what a wildcard lets through undeclared
	foreign    bool         // a wildcard let it through
	attributes map[string]string
	text       string
	children   []*element
}

// tree reads a valid document.
func (c *checker) tree(doc []byte) *element {
	r := xmlstream.NewReader(nil, xmlstream.Options{})
	r.Reset(doc)
	top := &element{}
	open := []*element{top}
	for {
		switch last := open[len(open)-1]; r.Next() {
		case xmlstream.StartElement:
			e := c.start(r, last)
			last.children = append(last.children, e)
			open = append(open, e)
		case xmlstream.Text:
			last.text += r.Text()
		case xmlstream.EndElement:
			if last.text == "" && last.declared != nil && last.declared.Default != nil {
				last.text = *last.declared.Default
			}
			open = open[:len(open)-1]
		case xmlstream.EOF:
			return top.children[0]
		}
	}
}

// start makes the element whose start tag r stands on.
func (c *checker) start(r *xmlstream.Reader, parent *element) *element {
	e := &element{name: r.Name(), attributes: map[string]string{}}
	if e.declared = childElement(parent.declared, e.name.Local); e.declared == nil || e.declared.Name != e.name {
		e.declared, e.foreign = c.set.Element(e.name), true
	}
	if e.declared != nil {
		if t, ok := e.declared.Type.(*xsd.ComplexType); ok {
			for _, use := range t.Attributes {
				if use.Default != nil {
					e.attributes[use.Attribute.Name.Local] = *use.Default
				}
			}
		}
	}
	attributes := r.Attrs()
	for i := range attributes {
		if attributes[i].IsXSI() {
			continue
		}
		e.attributes[attributes[i].Local()] = strings.Clone(attributes[i].Value)
	}
	return e
}

// absent names the first thing that makes a document the message m and that root lacks; empty if it has all.
func (c *checker) absent(m *model.Message, root *element) string {
	if root.name.Space != m.Element.Namespace || root.name.Local != m.Element.Local {
		return fmt.Sprintf("it is <%s> of %s, not <%s> of %s", root.name.Local, root.name.Space, m.Element.Local, m.Element.Namespace)
	}
	if len(root.follow(m.At)) == 0 {
		return fmt.Sprintf("it has no %s", m.At)
	}
	for _, b := range m.Bind {
		at := strings.Trim(m.At+"/"+b.Path, "/")
		var held []string
		for _, place := range root.follow(at) {
			for _, child := range place.children {
				if child.foreign {
					held = append(held, child.name.Local+" of "+child.name.Space)
				}
			}
		}
		if want := b.Element.Local + " of " + b.Element.Namespace; len(held) != 1 || held[0] != want {
			if held == nil {
				held = []string{"nothing"}
			}
			return fmt.Sprintf("%s holds %s, not %s alone", at, strings.Join(held, ", "), want)
		}
	}
	return ""
}

// follow returns the elements at a path below e, e itself for the empty one.
func (e *element) follow(path string) []*element {
	found := []*element{e}
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' }) {
		var next []*element
		for _, f := range found {
			for _, child := range f.children {
				if step == child.name.Local || step == "*" && child.foreign {
					next = append(next, child)
				}
			}
		}
		found = next
	}
	return found
}

// breaks reports whether the message in root breaks a rule. A rule that cannot be computed here, because it means nothing
// or concerns values that have no place in formulas, is not broken.
func (c *checker) breaks(m *model.Message, r *model.Rule, root *element) bool {
	rule, found := formula.Parse(r.Rule, formula.ForMessage(c.p, m, c.fields), formula.BoolType)
	if rule == nil || found.HasErrors() {
		return false
	}
	values := map[string]any{}
	for _, f := range m.Fields {
		c.value(values, m, f, root)
	}
	if m.Head != nil {
		for _, f := range m.Head.Fields {
			c.value(values, m, f, root)
		}
	}
	holds, err := formula.EvalBool(rule, formula.Env{"self": values})
	return err == nil && !holds
}

// value sets the value of a field of m, as formulas compute with it, if it is there.
func (c *checker) value(values map[string]any, m *model.Message, f *model.Field, root *element) {
	t := c.fields(m, f)
	if t == nil {
		return
	}
	path, attribute, _ := strings.Cut(f.Key, "@")
	var list []any
	elem := t
	if t.Kind == formula.List {
		elem = t.Elem
	}
	for _, e := range root.follow(path) {
		text, ok := e.text, true
		switch attribute {
		case "":
		case "xmlns":
			text = e.name.Space
		default:
			text, ok = e.attributes[attribute]
		}
		if ok {
			list = append(list, scalar(elem, text))
		}
	}
	switch {
	case t.Kind == formula.List:
		values[f.Name] = list
	case len(list) > 0:
		values[f.Name] = list[0]
	}
}

// scalar is the text of an element or attribute as a value of type t.
func scalar(t *formula.Type, text string) any {
	switch t.Kind {
	case formula.Bool: // of an element that is always empty: that it is there
		text = strings.TrimSpace(text)
		return text == "" || text == "true" || text == "1"
	case formula.Int:
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			return n
		}
	case formula.Struct:
		return map[string]any{}
	}
	return text
}
