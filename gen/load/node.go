package load

import (
	"slices"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"github.com/protogen-go/protogen/gen/model"
)

// node is a value of a specification that CUE has found valid: its fields have the types that the definitions give them,
// so reading them cannot fail. A node may be absent; then so are all its fields.
type node struct {
	l *loader
	v cue.Value
}

// entry is a field of a map of named things.
type entry struct {
	name string
	node
}

// exists reports whether the node is there.
func (n node) exists() bool { return n.v.Exists() }

// field is the field of that name, which may be absent.
func (n node) field(name string) node {
	return node{n.l, n.v.LookupPath(cue.MakePath(cue.Str(name)))}
}

// text is the value of a text field, "" if it is absent.
func (n node) text(name string) string {
	s, _ := n.field(name).v.String()
	return s
}

// flag is the value of a truth field, false if it is absent.
func (n node) flag(name string) bool {
	b, _ := n.field(name).v.Bool()
	return b
}

// number is the value of an integer field, 0 if it is absent.
func (n node) number(name string) int64 {
	i, _ := n.field(name).v.Int64()
	return i
}

// optional is the value of an integer field, nil if it is absent.
func (n node) optional(name string) *int64 {
	i, err := n.field(name).v.Int64()
	if err != nil {
		return nil
	}
	return &i
}

// list is the elements of a list field.
func (n node) list(name string) []node { return n.field(name).elements() }

// elements is the elements of a list.
func (n node) elements() []node {
	var nodes []node
	it, err := n.v.List()
	if err != nil {
		return nil
	}
	for it.Next() {
		nodes = append(nodes, node{n.l, it.Value()})
	}
	return nodes
}

// texts is the elements of a list of texts.
func (n node) texts(name string) []string {
	var texts []string
	for _, e := range n.list(name) {
		s, _ := e.v.String()
		texts = append(texts, s)
	}
	return texts
}

// entries is the fields of a map of named things, in the order in which they stand in the specification: by file, then by
// place. Things that a comprehension makes all stand in one place and keep the order in which it makes them.
func (n node) entries(name string) []entry {
	it, err := n.field(name).v.Fields()
	if err != nil {
		return nil
	}
	var entries []entry
	for it.Next() {
		entries = append(entries, entry{it.Selector().Unquoted(), node{n.l, it.Value()}})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.pos().Compare(b.pos()) })
	return entries
}

// describe reads what every element has. A thing that is named by a field of its own says so in name.
func (n node) describe(name string) model.Node {
	return model.Node{Name: name, Pos: n.pos(), Doc: n.text("doc"), Standard: n.text("standard")}
}

// formula is the formula in a field, nil if it is absent. A number is a formula that is itself.
func (n node) formula(name string) *model.Formula {
	f := n.field(name)
	if !f.exists() {
		return nil
	}
	text, err := f.v.String()
	if err != nil {
		i, _ := f.v.Int64()
		text = strconv.FormatInt(i, 10)
	}
	return &model.Formula{Pos: f.textPos(), Text: text}
}

// pos is the place of a thing: of its label if it has one, else of its value.
func (n node) pos() model.Pos { return n.l.source.position(n.place(false)) }

// valuePos is the place of a value rather than of its label.
func (n node) valuePos() model.Pos { return n.l.source.position(n.place(true)) }

// textPos is the place of the first character of a text, within its quotes.
func (n node) textPos() model.Pos {
	pos := n.valuePos()
	lit := openingLiteral(n.conjunct())
	if lit == nil || lit.Kind != token.STRING {
		return pos
	}
	info, start, _, err := literal.ParseQuotes(lit.Value, lit.Value)
	if err != nil {
		return pos
	}
	if info.IsMulti() { // the text begins on the next line, behind the indentation of the closing quotes
		pos.Line++
		pos.Col = len(info.Whitespace()) + 1
		return pos
	}
	pos.Col += start
	return pos
}

// openingLiteral is the literal that a text's source begins with.
func openingLiteral(src ast.Node) *ast.BasicLit {
	switch x := src.(type) {
	case *ast.Field:
		return openingLiteral(x.Value)
	case *ast.BasicLit:
		return x
	case *ast.Interpolation:
		if lit, ok := x.Elts[0].(*ast.BasicLit); ok { // `"abc\(`: closed, so that it parses
			return &ast.BasicLit{Kind: token.STRING, Value: closeQuotes(lit.Value)}
		}
	}
	return nil
}

// closeQuotes makes a text literal of the beginning of an interpolated one.
func closeQuotes(beginning string) string {
	hashes := ""
	for len(beginning) > len(hashes) && beginning[len(hashes)] == '#' {
		hashes += "#"
	}
	return hashes + `""` + hashes
}

// place is where the specification's own files say n; nowhere if only the definitions do.
func (n node) place(value bool) token.Pos {
	src := n.conjunct()
	if src == nil {
		return token.NoPos
	}
	if f, ok := src.(*ast.Field); ok && value {
		return f.Value.Pos()
	}
	return src.Pos()
}

// conjunct is the first piece of the user's files that n is made of. CUE keeps the source of every piece that a value was
// unified from; the position of the value itself is often that of the definition.
func (n node) conjunct() ast.Node {
	op, parts := n.v.Expr()
	if op != cue.AndOp {
		parts = []cue.Value{n.v}
	}
	for _, part := range parts {
		if src := part.Source(); src != nil && n.l.source.owns(src.Pos()) {
			return src
		}
	}
	if src := n.v.Source(); src != nil && n.l.source.owns(src.Pos()) {
		return src
	}
	return nil
}
