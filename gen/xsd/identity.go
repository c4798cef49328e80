package xsd

import (
	"strings"

	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// identityPath is one alternative of a selector's or field's XPath.
type identityPath struct {
	descendant bool
	steps      []identityStep
}

// identityStep is one step of an identityPath.
type identityStep struct {
	self      bool
	attribute bool
	name      Name
	anySpace  bool // "*"
	anyLocal  bool // "*" or "prefix:*"
}

// identity builds an identity constraint of e.
func (c *compiler) identity(e *Element, n *node) {
	kinds := map[string]xsdrun.IdentityKind{"unique": xsdrun.Unique, "key": xsdrun.Key, "keyref": xsdrun.KeyRef}
	id := &Identity{
		Kind: kinds[n.name.Local], Name: Name{Space: n.doc.Namespace, Local: n.get("name")},
		Pos: n.pos(), Doc: n.documentation(), node: n,
	}
	if other := c.identities[id.Name]; other != nil {
		c.findings.Errorf(n.at("name"), "sch-props-correct", "identity constraint %s is already defined at %s", id.Name.Local, other.Pos)
	} else {
		c.identities[id.Name] = id
	}
	for _, k := range n.kids {
		switch k.name.Local {
		case "selector":
			id.selector = c.xpath(k, false)
		case "field":
			id.fields = append(id.fields, c.xpath(k, true))
		}
	}
	e.Identity = append(e.Identity, id)
}

// refer resolves what a keyref refers to (c-props-correct).
func (c *compiler) refer(id *Identity) {
	if id.Kind != xsdrun.KeyRef {
		return
	}
	key, name, ok := find(c, c.identities, id.node, "refer", "key")
	switch {
	case !ok:
	case key.Kind == xsdrun.KeyRef:
		c.findings.Errorf(id.node.at("refer"), "c-props-correct", "%s is itself a keyref; a keyref refers to a key or unique", id.node.label(name))
	case len(key.fields) != len(id.fields):
		c.findings.Errorf(id.node.at("refer"), "c-props-correct", "%s has %d fields, this keyref has %d", id.node.label(name), len(key.fields), len(id.fields))
	default:
		id.Refer = key
	}
}

// xpath parses the XPath of a selector or field (c-selector-xpath, c-fields-xpaths).
func (c *compiler) xpath(n *node, field bool) []identityPath {
	p := &pathParser{node: n, text: strings.Trim(n.get("xpath"), " "), field: field}
	paths, fault := p.paths()
	if fault != "" {
		rule := "c-selector-xpath"
		if field {
			rule = "c-fields-xpaths"
		}
		c.findings.Errorf(n.at("xpath"), rule, "%q: %s", n.get("xpath"), fault)
	}
	return paths
}

// pathParser reads the XPath subset of XML Schema part 1, 3.11.6.
type pathParser struct {
	node  *node
	text  string
	field bool
}

func (p *pathParser) skip(token string) bool {
	p.text = strings.TrimLeft(p.text, " \t\r\n")
	rest, ok := strings.CutPrefix(p.text, token)
	if ok {
		p.text = rest
	}
	return ok
}

func (p *pathParser) paths() ([]identityPath, string) {
	var all []identityPath
	for {
		path, fault := p.path()
		if fault != "" {
			return nil, fault
		}
		all = append(all, path)
		if !p.skip("|") {
			break
		}
	}
	if p.text != "" {
		return nil, "unexpected " + p.text
	}
	return all, ""
}

func (p *pathParser) path() (identityPath, string) {
	var path identityPath
	before := p.text
	if p.skip(".") && p.skip("//") {
		path.descendant = true
	} else {
		p.text = before
	}
	for {
		step, fault := p.step()
		if fault != "" {
			return path, fault
		}
		path.steps = append(path.steps, step)
		if !p.skip("/") {
			return path, ""
		}
		if step.attribute {
			return path, "an attribute must be the last step"
		}
	}
}

func (p *pathParser) step() (identityStep, string) {
	var s identityStep
	switch {
	case p.skip("."):
		if strings.HasPrefix(p.text, ".") {
			return s, "there is no step .."
		}
		s.self = true
		return s, ""
	case p.skip("@"):
		s.attribute = true
	case p.axis("attribute"):
		s.attribute = true
	default:
		p.axis("child")
	}
	if s.attribute && !p.field {
		return s, "a selector selects elements, not attributes"
	}
	return s, p.nameTest(&s)
}

// axis reads "child::" or "attribute::".
func (p *pathParser) axis(name string) bool {
	before := p.text
	if p.skip(name) && p.skip("::") {
		return true
	}
	p.text = before
	return false
}

func (p *pathParser) nameTest(s *identityStep) string {
	if p.skip("*") {
		s.anySpace, s.anyLocal = true, true
		return ""
	}
	first := p.ncName()
	if first == "" {
		if p.text == "" {
			return "a name is missing at its end"
		}
		return "expected a name at " + p.text
	}
	s.name.Local = first
	if !strings.HasPrefix(p.text, ":") || strings.HasPrefix(p.text, "::") {
		return ""
	}
	p.text = p.text[1:]
	space, ok := p.node.scope.space(first)
	if !ok {
		return "the prefix " + first + " is not declared"
	}
	s.name.Space = space
	if strings.HasPrefix(p.text, "*") {
		p.text = p.text[1:]
		s.name.Local, s.anyLocal = "", true
		return ""
	}
	if s.name.Local = p.startingNCName(); s.name.Local == "" {
		return "a name is missing after " + first + ":"
	}
	return ""
}

func (p *pathParser) ncName() string {
	p.text = strings.TrimLeft(p.text, " \t\r\n")
	return p.startingNCName()
}

func (p *pathParser) startingNCName() string {
	end := strings.IndexAny(p.text, " \t\r\n:/|@*()[]")
	if end < 0 {
		end = len(p.text)
	}
	name := p.text[:end]
	if !xmlstream.IsNCName(name) {
		return ""
	}
	p.text = p.text[end:]
	return name
}
