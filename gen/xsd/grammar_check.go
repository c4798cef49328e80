package xsd

import (
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
)

// The names we give to the constraints that the schema for schemas expresses, after those that users know from other
// processors.
const (
	ruleElement   = "s4s-elt-invalid-content"
	ruleMissing   = "s4s-att-must-appear"
	ruleAttribute = "s4s-att-not-allowed"
	ruleValue     = "s4s-att-invalid-value"
)

// checkGrammar judges a whole document by the schema for schemas.
func (c *compiler) checkGrammar(d *document) {
	if !d.root.is("schema") {
		c.errorf(d.root, "schema-root", "this is <%s>, not the xs:schema of a schema document", d.root.name)
		d.lost = true
		return
	}
	c.checkForm(d.root, grammar()["schema"], map[string]*node{})
}

// checkForm judges n, and all below it, as an element of form f. The map holds the values of id met so far.
func (c *compiler) checkForm(n *node, f *form, ids map[string]*node) {
	n.form = f
	c.checkAttributes(n, f, ids)
	if f.model == nil {
		return
	}
	if text := collapse(n.text); text != "" {
		c.errorf(n, ruleElement, "%s holds no text, but here is %q", n.tag(), shorten(text))
	}
	state := 0
	for _, k := range n.kids {
		next := -1
		for _, p := range f.model.next[state] {
			if tag, _, _ := strings.Cut(f.model.forms[p], ":"); k.is(tag) {
				next = p
				break
			}
		}
		if next < 0 {
			c.errorf(k, ruleElement, "%s may not stand here in %s; expected %s", k.title(), n.tag(), f.model.expected(state))
			n.doc.lost = true
			return
		}
		state = next + 1
		c.checkForm(k, grammar()[f.model.forms[next]], ids)
	}
	if !f.model.final[state] {
		c.errorf(n, ruleElement, "%s is not complete; expected %s", n.tag(), f.model.expected(state))
		n.doc.lost = true
	}
}

// title is the element as messages print it, whatever its namespace.
func (n *node) title() string {
	if n.name.Space == XSD {
		return n.tag()
	}
	return "<" + n.label(n.name) + ">"
}

// checkAttributes judges the attributes of n. One that is wrong is mended as far as one can guess, so that the rest of the
// document can be judged: it gets the name that was meant, or goes away.
func (c *compiler) checkAttributes(n *node, f *form, ids map[string]*node) {
	kept := n.attrs[:0]
	for _, a := range n.attrs {
		if c.checkOne(n, f, &a, ids) {
			kept = append(kept, a)
		}
	}
	n.attrs = kept
	for _, r := range f.attributes {
		if r.required && !n.has(r.name) {
			c.errorf(n, ruleMissing, "%s has no attribute %q", n.tag(), r.name)
			n.doc.lost = true
		}
	}
}

// checkOne judges one attribute and reports whether what is left of it counts.
func (c *compiler) checkOne(n *node, f *form, a *attr, ids map[string]*node) bool {
	at := n.doc.pos(a.offset)
	switch a.name.Space {
	case "":
	case XSD:
		c.findings.Errorf(at, ruleAttribute, "%s has no attribute xs:%s: its attributes have no prefix", n.tag(), a.name.Local)
		return false
	case xmlSpace:
		if a.name.Local == "lang" && !validLanguage(a.value) {
			c.findings.Errorf(at, ruleValue, "%q is not a language", a.value)
		}
		return true
	default:
		return true
	}
	rule := f.attribute(a.name.Local)
	if rule == nil {
		var known []string
		for _, r := range f.attributes {
			known = append(known, r.name)
		}
		c.findings.Errorf(at, ruleAttribute, "%s may not have the attribute %q here%s", n.tag(), a.name.Local, diag.DidYouMean(a.name.Local, known...))
		a.name.Local = diag.Nearest(a.name.Local, slices.Values(known))
		if rule = f.attribute(a.name.Local); rule == nil || n.has(rule.name) || !valueKinds[rule.kind].valid(collapse(a.value)) {
			return false
		}
	}
	if a.name.Local == "id" {
		c.checkID(n, a, ids)
	}
	if kind := valueKinds[rule.kind]; !kind.valid(collapse(a.value)) {
		c.findings.Errorf(at, ruleValue, "%s of %s is %q, which is not %s", a.name.Local, n.tag(), shorten(a.value), kind.what)
		n.doc.lost = n.doc.lost || rule.required && rule.name != "name"
		return rule.name == "name" // others may refer to it all the same
	}
	return true
}

// attribute is the rule for the attribute of that name, nil if the form has none.
func (f *form) attribute(name string) *attributeRule {
	i := slices.IndexFunc(f.attributes, func(r attributeRule) bool { return r.name == name })
	if i < 0 {
		return nil
	}
	return &f.attributes[i]
}

func (c *compiler) checkID(n *node, a *attr, ids map[string]*node) {
	value := collapse(a.value)
	if other := ids[value]; other != nil {
		c.findings.Errorf(n.doc.pos(a.offset), ruleValue, "id %q is already that of %s at line %d", value, other.tag(), other.pos().Line)
		return
	}
	ids[value] = n
}

// shorten cuts a text for a message.
func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// valueKind is a type of attribute values of the schema for schemas.
type valueKind struct {
	what  string // "a number"
	valid func(value string) bool
}

var valueKinds = map[string]valueKind{
	"string":      {"a text", func(string) bool { return true }},
	"token":       {"a token", func(string) bool { return true }},
	"uri":         {"a URI reference", validURI},
	"namespace":   {"a namespace", func(s string) bool { return s != "" && validURI(s) }},
	"name":        {"a name without colon", validNCName},
	"id":          {"a name without colon", validNCName},
	"qname":       {"a qualified name", validQName},
	"qnames":      {"a list of qualified names", func(s string) bool { return every(words(s), validQName) }},
	"boolean":     oneOf("true", "false", "1", "0"),
	"form":        oneOf("qualified", "unqualified"),
	"use":         oneOf("optional", "required", "prohibited"),
	"process":     oneOf("strict", "lax", "skip"),
	"whiteSpace":  oneOf("preserve", "replace", "collapse"),
	"zeroOne":     {"0 or 1", func(s string) bool { n, ok := parseCount(s); return ok && n <= 1 }},
	"one":         {"1", func(s string) bool { n, ok := parseCount(s); return ok && n == 1 }},
	"count":       {"a number from 0", func(s string) bool { _, ok := parseCount(s); return ok }},
	"positive":    {"a number from 1", func(s string) bool { n, ok := parseCount(s); return ok && n > 0 }},
	"bound":       {`a number from 0 or "unbounded"`, func(s string) bool { _, ok := parseCount(s); return ok || s == "unbounded" }},
	"final":       someOf("extension", "restriction"),
	"finalSimple": someOf("list", "union", "restriction"),
	"finalAll":    someOf("extension", "restriction", "list", "union"),
	"block":       someOf("extension", "restriction", "substitution"),
	"namespaces":  {`"##any", "##other" or a list of namespaces, "##targetNamespace" and "##local"`, validNamespaces},
}

func oneOf(allowed ...string) valueKind {
	return valueKind{`one of "` + strings.Join(allowed, `", "`) + `"`, func(s string) bool { return slices.Contains(allowed, s) }}
}

func someOf(allowed ...string) valueKind {
	return valueKind{`"#all" or a list of "` + strings.Join(allowed, `", "`) + `"`, func(s string) bool {
		return s == "#all" || every(words(s), func(w string) bool { return slices.Contains(allowed, w) })
	}}
}

func every(list []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !ok(s) })
}

func validNamespaces(s string) bool {
	if s == "##any" || s == "##other" {
		return true
	}
	return every(words(s), func(w string) bool {
		return w == "##targetNamespace" || w == "##local" || !strings.HasPrefix(w, "##") && validURI(w)
	})
}

func validQName(s string) bool {
	prefix, local, found := strings.Cut(s, ":")
	return validNCName(prefix) && (!found || validNCName(local))
}

// maxCount stands for every number too large to matter: no document has as many elements.
const maxCount = 1 << 40

// parseCount reads a non-negative integer; one beyond maxCount is maxCount.
func parseCount(s string) (n int, ok bool) {
	s = strings.TrimPrefix(s, "+")
	if zeros, ok := strings.CutPrefix(s, "-"); ok {
		return 0, zeros != "" && strings.Trim(zeros, "0") == ""
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		if n = n*10 + int(s[i]-'0'); n > maxCount {
			n = maxCount
		}
	}
	return n, s != ""
}
