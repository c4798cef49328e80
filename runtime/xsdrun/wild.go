package xsdrun

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// AppendAttr appends the current attribute, which a wildcard let through, to list. Where its value begins like a qualified name, the
// declaration of the prefix comes before it, unless list has it: nobody knows whether the value is one.
func (d *Decoder) AppendAttr(list []xmlstream.Attribute) []xmlstream.Attribute {
	at := d.Attr()
	if prefix, _, ok := strings.Cut(at.Value, ":"); ok && prefix != "xml" && xmlstream.IsNCName(prefix) {
		name := xmlstream.Name{Space: xmlstream.XMLNSSpace, Local: prefix}
		has := slices.ContainsFunc(list, func(a xmlstream.Attribute) bool { return a.Name == name })
		if uri, bound := d.resolve(prefix); bound && uri != "" && !has {
			name.Local = d.stable(prefix)
			list = append(list, xmlstream.Attribute{Name: name, Value: d.stable(uri)})
		}
	}
	return append(list, at)
}

// WildAttributes appends into a start tag what the attribute wildcard of a type let through, or could have. Spaces are those of the
// wildcard, and declared the attributes that are declared by themselves.
func (e *Encoder) WildAttributes(attrs []xmlstream.Attribute, of *Attributes, spaces *xmlstream.Spaces, declared map[xmlstream.Name]*Attribute) {
	resolve := func(prefix string) (space string, ok bool) {
		i := slices.IndexFunc(attrs, func(at xmlstream.Attribute) bool {
			return at.Name == xmlstream.Name{Space: xmlstream.XMLNSSpace, Local: prefix}
		})
		if i < 0 {
			return "", false
		}
		return attrs[i].Value, true
	}
	for _, at := range attrs {
		if at.Name.Space != xmlstream.XMLNSSpace {
			e.admitAttribute(at, of, spaces.Index(at.Name.Space), declared[at.Name], resolve)
		}
	}
	e.AnyAttributes(&xmlstream.Any{Attributes: attrs})
}

// admitAttribute records a fault unless the wildcard of a type admits an attribute; known is its declaration, or nil.
func (e *Encoder) admitAttribute(at xmlstream.Attribute, of *Attributes, space int, known *Attribute, resolve Resolver) {
	own := slices.ContainsFunc(of.Uses, func(u AttributeUse) bool { return u.Space == space && u.Local == at.Name.Local })
	switch {
	case own:
		e.Fail(ruleWildAttribute, "the attribute "+at.Name.String()+" has a field of its own")
	case at.Name.Space == xmlstream.XSISpace && isSchemaWord(at.Name.Local), !of.Any.Allows(space):
		e.Fail(ruleWildAttribute, "the attribute "+at.Name.String()+" may not stand here")
	case of.Any.Process == Skip:
	case known == nil && of.Any.Process == Strict:
		e.Fail(ruleWildAttribute, "the attribute "+at.Name.String()+" is not declared")
	case known == nil:
	case known.Fixed != nil && !known.Type.Equal(at.Value, *known.Fixed, resolve):
		e.Fail("cvc-attribute.4", fmt.Sprintf("the attribute %s is %s where the value is fixed as %s", at.Name, quote(at.Value), quote(*known.Fixed)))
	default:
		e.fail(known.Type.Check(at.Value, resolve))
	}
}

// isSchemaWord reports whether an attribute of [xmlstream.XSISpace] may stand on any element, so that no wildcard has to do with it.
func isSchemaWord(local string) bool {
	switch local {
	case "type", "nil", "schemaLocation", "noNamespaceSchemaLocation":
		return true
	}
	return false
}

const ruleWildAttribute = "cvc-complex-type.3.2.2"
