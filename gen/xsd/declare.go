package xsd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
)

// declare enters one global declaration or definition.
func (c *compiler) declare(n *node) {
	name := Name{Space: n.doc.Namespace, Local: n.get("name")}
	var first *node
	switch n.name.Local {
	case "element":
		e := &Element{Name: name, Pos: n.pos(), Global: true, node: n}
		if first = enter(c.set.elements, name, e); first == nil {
			c.order = append(c.order, e)
		}
	case "attribute":
		a := &Attribute{Name: name, Pos: n.pos(), Global: true, node: n}
		if first = enter(c.set.attributes, name, a); first == nil {
			c.order = append(c.order, a)
		}
	case "simpleType", "complexType":
		t := c.newType(n, name)
		if old, ok := c.set.types[name]; ok {
			first = typeNode(old)
			break
		}
		c.set.types[name] = t
		c.order = append(c.order, t)
	case "group":
		g := &Group{Name: name, Pos: n.pos(), node: n}
		if first = enter(c.groups, name, g); first == nil {
			c.order = append(c.order, g)
		}
	case "attributeGroup":
		g := &AttributeGroup{Name: name, Pos: n.pos(), node: n}
		if first = enter(c.attributeGroups, name, g); first == nil {
			c.order = append(c.order, g)
		}
	case "notation":
		if !n.has("public") && !n.has("system") {
			c.errorf(n, ruleMissing, "xs:notation has neither a public nor a system identifier")
		}
		o := &Notation{Name: name, Pos: n.pos(), Doc: n.documentation(), Public: n.get("public"), System: n.get("system"), node: n}
		if first = enter(c.notations, name, o); first == nil {
			c.order = append(c.order, o)
		}
	}
	if first != nil {
		c.findings.Errorf(n.at("name"), "sch-props-correct", "%s %s is already defined at %s", n.tag(), n.label(name), first.pos())
	}
}

// placed is a component that knows its node.
type placed interface{ at() *node }

func (e *Element) at() *node        { return e.node }
func (a *Attribute) at() *node      { return a.node }
func (g *Group) at() *node          { return g.node }
func (g *AttributeGroup) at() *node { return g.node }
func (o *Notation) at() *node       { return o.node }

// enter adds a component to its table; if the name is taken it returns the node that has it.
func enter[T placed](table map[Name]T, name Name, component T) *node {
	if old, ok := table[name]; ok {
		return old.at()
	}
	table[name] = component
	return nil
}

// typeNode is the node of a type, nil for a built-in one.
func typeNode(t Type) *node {
	switch t := t.(type) {
	case *SimpleType:
		return t.node
	case *ComplexType:
		return t.node
	}
	return nil
}

// newType makes the unbuilt type of an xs:simpleType or xs:complexType.
func (c *compiler) newType(n *node, name Name) Type {
	if n.is("simpleType") {
		t := &SimpleType{Name: name, Pos: n.pos(), node: n}
		c.simple = append(c.simple, t)
		return t
	}
	t := &ComplexType{Name: name, Pos: n.pos(), node: n}
	c.complex = append(c.complex, t)
	return t
}

// replace is one child of xs:redefine: the component of that name in d, or in what d includes, becomes the original
// that the new one refers to by its own name (XML Schema part 1, 4.2.2).
func (c *compiler) replace(n *node, d *document) {
	name := Name{Space: n.doc.Namespace, Local: n.get("name")}
	switch n.name.Local {
	case "simpleType":
		now, _ := c.set.types[name].(*SimpleType)
		if old, ok := originalOf(c, n, now, d); ok {
			t := c.newType(n, name).(*SimpleType)
			t.original = old
			c.replaceType(n, t, now)
		}
	case "complexType":
		now, _ := c.set.types[name].(*ComplexType)
		if old, ok := originalOf(c, n, now, d); ok {
			t := c.newType(n, name).(*ComplexType)
			t.original = old
			c.replaceType(n, t, now)
		}
	case "group":
		if old, ok := originalOf(c, n, c.groups[name], d); ok {
			g := &Group{Name: name, Pos: n.pos(), node: n, original: old}
			c.order[slices.Index(c.order, any(c.groups[name]))] = g
			c.groups[name] = g
		}
	case "attributeGroup":
		if old, ok := originalOf(c, n, c.attributeGroups[name], d); ok {
			g := &AttributeGroup{Name: name, Pos: n.pos(), node: n, original: old}
			c.order[slices.Index(c.order, any(c.attributeGroups[name]))] = g
			c.attributeGroups[name] = g
		}
	}
}

func (c *compiler) replaceType(n *node, t, now Type) {
	name := t.TypeName()
	c.order[slices.Index(c.order, any(now))] = t
	c.set.types[name] = t
	if !n.derivesFromItself(name) {
		c.findings.Errorf(n.at("name"), "src-redefine", "a redefinition of %s must derive from %s itself", n.label(name), n.label(name))
	}
}

// originalOf finds what a redefinition replaces: the component as d defines it, or as a document does that d includes.
// The component in force may itself be a redefinition, if d includes that. Findings are reported.
func originalOf[T redefinable[T]](c *compiler, n *node, now T, d *document) (T, bool) {
	var none T
	if now == none || now.at() == nil {
		c.findings.Errorf(n.at("name"), "src-redefine", "%s defines no %s %s", d.Name, n.tag(), n.get("name"))
		return none, false
	}
	if now.at().doc == n.doc || !d.within(now.at().doc, map[*document]bool{}) {
		word := "defined"
		if now.before() != none {
			word = "redefined"
		}
		c.findings.Errorf(n.at("name"), "sch-props-correct", "%s %s is already %s at %s", n.tag(), n.get("name"), word, now.at().pos())
		return none, false
	}
	for at := now; at != none; at = at.before() {
		if at.at().doc == d {
			return at, true
		}
	}
	return now, true
}

// redefinable is a component that xs:redefine may replace.
type redefinable[T any] interface {
	comparable
	at() *node
	before() T
}

func (t *SimpleType) at() *node                   { return t.node }
func (t *SimpleType) before() *SimpleType         { return t.original }
func (t *ComplexType) at() *node                  { return t.node }
func (t *ComplexType) before() *ComplexType       { return t.original }
func (g *Group) before() *Group                   { return g.original }
func (g *AttributeGroup) before() *AttributeGroup { return g.original }

// replaced is what a component's name means inside the definition from: in that of the component itself, or of one that
// it replaced, the one that this in turn replaced.
func replaced[T redefinable[T]](component T, from *node) T {
	var none T
	for at := component; at != none && at.before() != none; at = at.before() {
		if at.at() == from {
			return at.before()
		}
	}
	return component
}

// derivesFromItself reports whether the base of the type that n defines is the name it defines.
func (n *node) derivesFromItself(name Name) bool {
	at := n
	if content := n.child("simpleContent", "complexContent"); content != nil {
		at = content
	}
	d := at.child("restriction", "extension")
	if d == nil {
		return false
	}
	base, ok := d.expand(d.get("base"))
	return ok && base == name
}

// expand turns a qualified name in n into an expanded one; false if its prefix is not declared.
func (n *node) expand(qname string) (Name, bool) {
	prefix, local, found := strings.Cut(qname, ":")
	if !found {
		prefix, local = "", qname
	}
	space, ok := n.scope.space(prefix)
	if !ok {
		return Name{Local: local}, false
	}
	if space == "" && n.doc.chameleon {
		space = n.doc.Namespace
	}
	return Name{Space: space, Local: local}, true
}

// referenceTo expands a qualified name in n's attribute and checks that its document may refer to that namespace
// (src-resolve). Findings are reported.
func (c *compiler) referenceTo(n *node, attribute, qname string) (Name, bool) {
	name, ok := n.expand(qname)
	if !ok {
		c.findings.Errorf(n.at(attribute), "src-resolve", "the prefix of %q is not declared", qname)
		return name, false
	}
	if name.Space != n.doc.Namespace && name.Space != XSD && !n.doc.imports[name.Space] {
		space := "what has no namespace"
		if name.Space != "" {
			space = "namespace " + name.Space
		}
		c.findings.Add(diag.Diagnostic{
			Pos: n.at(attribute), Rule: "src-resolve", Message: qname + ": this document does not import " + space,
			Fix: `add <import namespace="` + name.Space + `"/>`,
		})
		return name, false
	}
	return name, true
}

// find looks a referenced component up in its table. Findings are reported.
func find[T any](c *compiler, table map[Name]T, n *node, attribute, what string) (T, Name, bool) {
	return findNamed(c, table, n, attribute, n.get(attribute), what)
}

func findNamed[T any](c *compiler, table map[Name]T, n *node, attribute, qname, what string) (T, Name, bool) {
	var none T
	name, ok := c.referenceTo(n, attribute, qname)
	if !ok {
		return none, name, false
	}
	found, ok := table[name]
	if !ok && name.Space != XSD && !slices.ContainsFunc(c.set.Documents, func(d *Document) bool { return d.Namespace == name.Space }) {
		d := diag.Diagnostic{
			Pos: n.at(attribute), Rule: "src-resolve", Message: fmt.Sprintf("there is no %s %s: no schema document of its namespace was found", what, n.label(name)),
			Fix: "add a document with the target namespace " + name.Space,
		}
		for _, u := range c.unread {
			if u.namespace == name.Space {
				d.Witness = append(d.Witness, u.String())
			}
		}
		c.findings.Add(d)
		return none, name, false
	}
	if !ok {
		var known []string
		for k := range maps.Keys(table) {
			if k.Space == name.Space {
				known = append(known, k.Local)
			}
		}
		slices.Sort(known)
		c.findings.Errorf(n.at(attribute), "src-resolve", "there is no %s %s%s", what, n.label(name), diag.DidYouMean(name.Local, known...))
	}
	return found, name, ok
}
