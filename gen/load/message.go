package load

import (
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/model"
)

// types reads the named shapes of values.
func (l *loader) types(p *model.Protocol, n node) {
	entries := n.entries("types")
	for _, e := range entries {
		p.Types = append(p.Types, enter(l, l.symbols.types, e, &model.Type{
			Node:    e.describe(e.name),
			Kind:    e.text("kind"),
			Match:   e.text("match"),
			Min:     e.optional("min"),
			Max:     e.optional("max"),
			Values:  e.texts("values"),
			Unknown: e.text("unknown"),
			Plain:   e.text("plain"),
			Form:    e.text("form"),
		}))
	}
	for i, e := range entries {
		p.Types[i].Fields = l.fields(e.node)
	}
}

// messages reads heads, messages and groups. Messages refer to each other and to groups, so they are all entered first.
func (l *loader) messages(p *model.Protocol, n node) {
	for _, e := range n.entries("heads") {
		p.Heads = append(p.Heads, enter(l, l.symbols.heads, e, &model.Head{Node: e.describe(e.name), Fields: l.fields(e.node)}))
	}
	type pair struct {
		*model.Message
		entry
	}
	var messages []pair
	for _, e := range n.entries("messages") {
		m := l.message(e)
		if !e.flag("enabled") {
			m = nil
		}
		if enter(l, l.symbols.messages, e, m) != nil {
			p.Messages = append(p.Messages, m)
			messages = append(messages, pair{m, e})
		}
	}
	l.groups(p, n)
	for _, m := range messages {
		for _, a := range m.list("answers") {
			m.Answers = append(m.Answers, l.ref(a).Messages()...)
		}
	}
}

// message reads a message, except for the messages that it answers.
func (l *loader) message(e entry) *model.Message {
	m := &model.Message{
		Node:     e.describe(e.name),
		From:     resolveAll(l, l.symbols.roles, e.list("from")),
		Class:    e.text("class"),
		Encoding: e.text("encoding"),
		Head:     resolve(l, l.symbols.heads, e.field("head")),
		Fields:   l.fields(e.node),
		Element:  xmlName(e.field("element")),
		At:       e.text("at"),
		Line:     e.text("line"),
		Unknown:  e.text("unknown"),
		Start:    e.text("start"),
		BodySize: e.field("body").formula("size"),
	}
	if ps := e.field("parameters"); ps.exists() {
		m.Parameters = &model.Parameters{Separator: ps.text("separator"), Assign: ps.text("assign"), List: ps.text("list")}
	}
	for _, b := range e.entries("bind") {
		l.checkName("payload", b)
		m.Bind = append(m.Bind, &model.Bind{Node: b.describe(b.name), Path: b.text("path"), Element: xmlName(b.node)})
	}
	for _, r := range e.list("valid") {
		rule := &model.Rule{Node: r.describe(""), Rule: r.formula("rule")}
		if code := resolve(l, l.symbols.codes, r.field("code")); code != nil {
			rule.Code = code.Name
		}
		m.Valid = append(m.Valid, rule)
	}
	for _, x := range e.entries("examples") {
		text, _ := x.v.String()
		m.Examples = append(m.Examples, &model.Example{Node: model.Node{Name: x.name, Pos: x.pos()}, Text: text})
	}
	return m
}

func xmlName(n node) model.XMLName {
	return model.XMLName{Namespace: n.text("namespace"), Local: n.text("name")}
}

// groups reads groups. A group may hold groups; those must not go round.
func (l *loader) groups(p *model.Protocol, n node) {
	nodes := map[*model.Group]node{}
	for _, e := range n.entries("groups") {
		g := enter(l, l.symbols.groups, e, &model.Group{Node: e.describe(e.name)})
		p.Groups = append(p.Groups, g)
		nodes[g] = e.node
		if _, clash := l.symbols.messages.names[g.Name]; clash {
			l.findings.Errorf(g.Pos, "name-clash", "group %q has the name of a message; one name must not stand for both", g.Name)
		}
	}
	done, open := map[*model.Group]bool{}, map[*model.Group]bool{}
	var fill func(g *model.Group)
	fill = func(g *model.Group) {
		if done[g] || open[g] {
			return
		}
		open[g] = true
		for _, member := range nodes[g].list("messages") {
			ref := l.ref(member)
			if ref.Group != nil {
				fill(ref.Group)
				if open[ref.Group] {
					l.findings.Errorf(ref.Pos, "group-cycle", "group %q is part of itself", ref.Group.Name)
				}
			}
			for _, m := range ref.Messages() {
				if !slices.Contains(g.Messages, m) {
					g.Messages = append(g.Messages, m)
				}
			}
		}
		open[g], done[g] = false, true
	}
	for _, g := range p.Groups {
		fill(g)
		for _, m := range g.Messages {
			if m.Group == nil || len(m.Group.Messages) > len(g.Messages) {
				m.Group = g // the narrowest
			}
		}
	}
}

// ref reads the name of a message or of a group.
func (l *loader) ref(n node) *model.Ref {
	name, _ := n.v.String()
	ref := &model.Ref{Node: model.Node{Name: name, Pos: n.valuePos()}}
	ref.Message, ref.Group = l.family(name, ref.Pos)
	return ref
}

// refs reads names of messages and groups. Disabled messages are left out.
func (l *loader) refs(nodes []node) []*model.Ref {
	var refs []*model.Ref
	for _, n := range nodes {
		if ref := l.ref(n); len(ref.Messages()) > 0 {
			refs = append(refs, ref)
		}
	}
	return refs
}

// fields reads the fields of a message, a head or a type.
func (l *loader) fields(n node) []*model.Field {
	var fields []*model.Field
	for _, f := range n.list("fields") {
		field := &model.Field{
			Node:     f.describe(f.text("name")),
			Type:     f.text("type"),
			Key:      f.text("key"),
			Short:    f.text("short"),
			Optional: f.flag("optional"),
			Repeat:   f.text("repeat"),
			Size:     f.formula("size"),
			Count:    f.formula("count"),
			When:     f.formula("when"),
			Is:       f.formula("is"),
			Valid:    f.formula("valid"),
			Wrong:    f.text("wrong"),
			Image:    f.flag("image"),
			Secret:   f.flag("secret"),
			Lenient:  f.flag("lenient"),
		}
		if code := resolve(l, l.symbols.codes, f.field("code")); code != nil {
			field.Code = code.Name
		}
		field.Named = l.symbols.types.names[elementType(field.Type)]
		if !named.MatchString(field.Name) {
			l.findings.Errorf(f.field("name").valuePos(), "bad-name", "field %q: a name is letters and digits and begins with a small letter", field.Name)
		}
		fields = append(fields, field)
	}
	return fields
}

// elementType is the type that a slice or map is of, or the type itself.
func elementType(typ string) string {
	typ = strings.TrimPrefix(typ, "[]")
	return strings.TrimPrefix(typ, "map[text]")
}
