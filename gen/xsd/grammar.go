package xsd

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// form is one way a schema element may look: xs:element at the top of a schema document is not the xs:element of a
// sequence. The forms together are the schema for schemas (XML Schema part 1, appendix A).
type form struct {
	name    string // "element:local"; the tag is what stands before the colon
	attrs   string // space separated "name=kind", with "!" after the name of one that must be there
	content string // what it may hold; see parseContent

	attributes []attributeRule
	model      *contentRule
}

func (f *form) tag() string { tag, _, _ := strings.Cut(f.name, ":"); return tag }

// attributeRule is an attribute that a form allows.
type attributeRule struct {
	name     string
	kind     string // of the table valueKinds
	required bool
}

const (
	occursAttrs = " minOccurs=count maxOccurs=bound"
	facetFree   = "minExclusive | minInclusive | maxExclusive | maxInclusive | totalDigits | fractionDigits | length | minLength | maxLength | enumeration | whiteSpace | pattern"
	attrDecls   = "(attribute:local | attributeGroup:ref)*, anyAttribute?"
	anyGroup    = "(group:ref | all | choice | sequence)?"
	nested      = "annotation?, (element:local | group:ref | choice | sequence | any)*"
	flat        = "annotation?"
)

// grammarTable lists the forms. Every one also allows the attribute id (but for those of annotations) and attributes of
// foreign namespaces.
var grammarTable = []*form{
	{
		name:    "schema",
		attrs:   "targetNamespace=namespace version=token finalDefault=finalAll blockDefault=block attributeFormDefault=form elementFormDefault=form",
		content: "(include | import | redefine | annotation)*, ((simpleType:top | complexType:top | group:top | attributeGroup:top | element:top | attribute:top | notation), annotation*)*",
	},
	{name: "include", attrs: "schemaLocation!=uri", content: flat},
	{name: "import", attrs: "namespace=uri schemaLocation=uri", content: flat},
	{name: "redefine", attrs: "schemaLocation!=uri", content: "(annotation | simpleType:top | complexType:top | group:top | attributeGroup:top)*"},
	{name: "annotation", content: "(appinfo | documentation)*"},
	{name: "appinfo", attrs: "source=uri", content: "#any"},
	{name: "documentation", attrs: "source=uri", content: "#any"},

	{name: "element:top", attrs: "name!=name type=qname substitutionGroup=qname default=string fixed=string nillable=boolean abstract=boolean final=final block=block", content: "annotation?, (simpleType | complexType)?, (unique | key | keyref)*"},
	{name: "element:local", attrs: "name=name ref=qname type=qname default=string fixed=string nillable=boolean block=block form=form" + occursAttrs, content: "annotation?, (simpleType | complexType)?, (unique | key | keyref)*"},
	{name: "element:all", attrs: "name=name ref=qname type=qname default=string fixed=string nillable=boolean block=block form=form minOccurs=zeroOne maxOccurs=zeroOne", content: "annotation?, (simpleType | complexType)?, (unique | key | keyref)*"},
	{name: "attribute:top", attrs: "name!=name type=qname default=string fixed=string", content: "annotation?, simpleType?"},
	{name: "attribute:local", attrs: "name=name ref=qname type=qname use=use default=string fixed=string form=form", content: "annotation?, simpleType?"},
	{name: "notation", attrs: "name!=name public=token system=uri", content: flat},

	{name: "complexType:top", attrs: "name!=name mixed=boolean abstract=boolean final=final block=final", content: "annotation?, (simpleContent | complexContent | (" + anyGroup + ", " + attrDecls + "))"},
	{name: "complexType", attrs: "mixed=boolean", content: "annotation?, (simpleContent | complexContent | (" + anyGroup + ", " + attrDecls + "))"},
	{name: "simpleContent", content: "annotation?, (restriction:simpleContent | extension:simpleContent)"},
	{name: "complexContent", attrs: "mixed=boolean", content: "annotation?, (restriction:complexContent | extension:complexContent)"},
	{name: "restriction:simpleContent", attrs: "base!=qname", content: "annotation?, simpleType?, (" + facetFree + ")*, " + attrDecls},
	{name: "extension:simpleContent", attrs: "base!=qname", content: "annotation?, " + attrDecls},
	{name: "restriction:complexContent", attrs: "base!=qname", content: "annotation?, " + anyGroup + ", " + attrDecls},
	{name: "extension:complexContent", attrs: "base!=qname", content: "annotation?, " + anyGroup + ", " + attrDecls},

	{name: "simpleType:top", attrs: "name!=name final=finalSimple", content: "annotation?, (restriction | list | union)"},
	{name: "simpleType", attrs: "final=finalSimple", content: "annotation?, (restriction | list | union)"},
	{name: "restriction", attrs: "base=qname", content: "annotation?, simpleType?, (" + facetFree + ")*"},
	{name: "list", attrs: "itemType=qname", content: "annotation?, simpleType?"},
	{name: "union", attrs: "memberTypes=qnames", content: "annotation?, simpleType*"},

	{name: "group:top", attrs: "name!=name", content: "annotation?, (all:group | choice:group | sequence:group)"},
	{name: "group:ref", attrs: "ref!=qname" + occursAttrs, content: flat},
	{name: "all", attrs: "minOccurs=zeroOne maxOccurs=one", content: "annotation?, element:all*"},
	{name: "all:group", content: "annotation?, element:all*"},
	{name: "choice", attrs: strings.TrimSpace(occursAttrs), content: nested},
	{name: "choice:group", content: nested},
	{name: "sequence", attrs: strings.TrimSpace(occursAttrs), content: nested},
	{name: "sequence:group", content: nested},
	{name: "any", attrs: "namespace=namespaces processContents=process" + occursAttrs, content: flat},
	{name: "anyAttribute", attrs: "namespace=namespaces processContents=process", content: flat},
	{name: "attributeGroup:top", attrs: "name!=name", content: "annotation?, " + attrDecls},
	{name: "attributeGroup:ref", attrs: "ref!=qname", content: flat},

	{name: "unique", attrs: "name!=name", content: "annotation?, selector, field, field*"},
	{name: "key", attrs: "name!=name", content: "annotation?, selector, field, field*"},
	{name: "keyref", attrs: "name!=name refer!=qname", content: "annotation?, selector, field, field*"},
	{name: "selector", attrs: "xpath!=string", content: flat},
	{name: "field", attrs: "xpath!=string", content: flat},

	{name: "minExclusive", attrs: "value!=string fixed=boolean", content: flat},
	{name: "minInclusive", attrs: "value!=string fixed=boolean", content: flat},
	{name: "maxExclusive", attrs: "value!=string fixed=boolean", content: flat},
	{name: "maxInclusive", attrs: "value!=string fixed=boolean", content: flat},
	{name: "totalDigits", attrs: "value!=positive fixed=boolean", content: flat},
	{name: "fractionDigits", attrs: "value!=count fixed=boolean", content: flat},
	{name: "length", attrs: "value!=count fixed=boolean", content: flat},
	{name: "minLength", attrs: "value!=count fixed=boolean", content: flat},
	{name: "maxLength", attrs: "value!=count fixed=boolean", content: flat},
	{name: "whiteSpace", attrs: "value!=whiteSpace fixed=boolean", content: flat},
	{name: "enumeration", attrs: "value!=string", content: flat},
	{name: "pattern", attrs: "value!=string", content: flat},
}

// grammar is grammarTable by name, its columns parsed.
var grammar = sync.OnceValue(func() map[string]*form {
	forms := make(map[string]*form, len(grammarTable))
	for _, f := range grammarTable {
		for field := range strings.FieldsSeq(f.attrs) {
			name, kind, _ := strings.Cut(field, "=")
			plain, required := strings.CutSuffix(name, "!")
			f.attributes = append(f.attributes, attributeRule{plain, kind, required})
		}
		if tag := f.tag(); tag != "appinfo" && tag != "documentation" {
			f.attributes = append(f.attributes, attributeRule{"id", "id", false})
		}
		if f.content != "#any" {
			f.model = parseContent(f.content)
		}
		forms[f.name] = f
	}
	return forms
})

// contentRule is the content of a form as a position automaton over form names.
type contentRule struct {
	forms []string // by position
	next  [][]int  // next[0] are the positions a content may begin with, next[p+1] those that may follow p
	final []bool   // by the same index
}

// expected lists, for a message, what may stand after state.
func (r *contentRule) expected(state int) string {
	var tags []string
	for _, p := range r.next[state] {
		tag, _, _ := strings.Cut(r.forms[p], ":")
		if tag = "xs:" + tag; !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	if len(tags) > 6 {
		tags = append(tags[:6:6], fmt.Sprintf("%d others", len(tags)-6))
	}
	switch n := len(tags); n {
	case 0:
		return "nothing"
	case 1:
		return tags[0]
	default:
		return strings.Join(tags[:n-1], ", ") + " or " + tags[n-1]
	}
}

// contentParser reads the notation of the content column: names, "," for sequence, "|" for choice, "?" and "*" after an
// item, parentheses.
type contentParser struct {
	text string
	rule *contentRule
}

// fragment is a piece of a content rule on its way to an automaton.
type fragment struct {
	first, last []int
	empty       bool
}

func parseContent(text string) *contentRule {
	p := &contentParser{text: text, rule: &contentRule{next: make([][]int, 1), final: make([]bool, 1)}}
	f := p.sequence()
	p.rule.next[0] = f.first
	p.rule.final[0] = f.empty
	for _, q := range f.last {
		p.rule.final[q+1] = true
	}
	return p.rule
}

func (p *contentParser) skip(c byte) bool {
	p.text = strings.TrimLeft(p.text, " ")
	if p.text == "" || p.text[0] != c {
		return false
	}
	p.text = p.text[1:]
	return true
}

func (p *contentParser) sequence() fragment {
	f := p.choice()
	for p.skip(',') {
		g := p.choice()
		p.link(f.last, g.first)
		if f.empty {
			f.first = slices.Concat(f.first, g.first)
		}
		if g.empty {
			g.last = slices.Concat(f.last, g.last)
		}
		f = fragment{f.first, g.last, f.empty && g.empty}
	}
	return f
}

func (p *contentParser) choice() fragment {
	f := p.item()
	for p.skip('|') {
		g := p.item()
		f = fragment{slices.Concat(f.first, g.first), slices.Concat(f.last, g.last), f.empty || g.empty}
	}
	return f
}

func (p *contentParser) item() fragment {
	var f fragment
	if p.skip('(') {
		f = p.sequence()
		p.skip(')')
	} else {
		p.text = strings.TrimLeft(p.text, " ")
		end := strings.IndexAny(p.text, " ,|()?*")
		if end < 0 {
			end = len(p.text)
		}
		n := len(p.rule.forms)
		p.rule.forms = append(p.rule.forms, p.text[:end])
		p.rule.next = append(p.rule.next, nil)
		p.rule.final = append(p.rule.final, false)
		p.text = p.text[end:]
		f = fragment{[]int{n}, []int{n}, false}
	}
	switch {
	case p.skip('?'):
		f.empty = true
	case p.skip('*'):
		f.empty = true
		p.link(f.last, f.first)
	}
	return f
}

func (p *contentParser) link(from, to []int) {
	for _, q := range from {
		for _, n := range to {
			if !slices.Contains(p.rule.next[q+1], n) {
				p.rule.next[q+1] = append(p.rule.next[q+1], n)
			}
		}
	}
}
