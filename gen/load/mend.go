package load

import (
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// CUE looks no further than to the first thing that is wrong around a value: one unknown name hides what else is wrong with
// all that is near. So what has been reported is mended, as well as one can guess, in the syntax that CUE sees, and the
// specification is evaluated again, until that finds nothing new. Every node keeps its position.

// mends are the changes to the specification's files, by file and then by the offset of what is changed.
type mends map[string]map[int]mend

// mend is one change.
type mend struct {
	kind mendKind
	text string // what it becomes; empty: there is no good guess
}

// mendKind says what is changed.
type mendKind uint8

const (
	mendLabel     mendKind = iota // a field's label; without a guess, or where that is taken, the field goes away
	mendReference                 // a reference, the position being that of the name in it that nothing has
	mendValue                     // a value
)

// mark is the text that stands for what we could not guess. What a finding says of it is no news.
const mark = "\uFFFD"

// add notes a change to what stands at pos and reports whether it is new.
func (m mends) add(pos token.Pos, change mend) bool {
	if !pos.IsValid() || m.at(pos) {
		return false
	}
	if m[pos.Filename()] == nil {
		m[pos.Filename()] = map[int]mend{}
	}
	m[pos.Filename()][pos.Offset()] = change
	return true
}

// giveUp turns a guess into none. It reports whether there was one.
func (m mends) giveUp(pos token.Pos) bool {
	change, ok := m[pos.Filename()][pos.Offset()]
	if !ok || change.text == "" {
		return false
	}
	m[pos.Filename()][pos.Offset()] = mend{kind: change.kind}
	return true
}

// at reports whether what stands at pos has been changed.
func (m mends) at(pos token.Pos) bool {
	if !pos.IsValid() {
		return false
	}
	_, changed := m[pos.Filename()][pos.Offset()]
	return changed
}

// parse is how CUE reads files: as they are, then mended.
func (m mends) parse(name string, src any, cfg parser.Config) (*ast.File, error) {
	f, err := parser.ParseFile(name, src, cfg)
	if changes := m[name]; err == nil && len(changes) > 0 {
		astutil.Apply(f, func(c astutil.Cursor) bool { return !mended(c, changes) }, nil)
		dropLets(f)
	}
	return f, err
}

// dropLets removes the lets that nothing refers to any more, which CUE would report.
func dropLets(f *ast.File) {
	for again := true; again; {
		again = false
		used := map[string]bool{}
		ast.Walk(f, func(n ast.Node) bool {
			if let, ok := n.(*ast.LetClause); ok {
				ast.Walk(let.Expr, func(n ast.Node) bool { return note(used, n) }, nil)
				return false
			}
			return note(used, n)
		}, nil)
		astutil.Apply(f, func(c astutil.Cursor) bool {
			let, ok := c.Node().(*ast.LetClause)
			if _, deletable := parentOf(c).(*ast.StructLit); ok && deletable && !used[let.Ident.Name] {
				c.Delete()
				again = true
			}
			return true
		}, nil)
	}
}

// parentOf is the node around the one that c stands on, nil for a file.
func parentOf(c astutil.Cursor) ast.Node {
	if p := c.Parent(); p != nil {
		return p.Node()
	}
	return nil
}

// note notes the name that n is, if it is one.
func note(used map[string]bool, n ast.Node) bool {
	if name, ok := n.(*ast.Ident); ok {
		used[name.Name] = true
	}
	return true
}

// mended makes the change, if there is one, to the node that c stands on. Nothing within a changed node is changed.
func mended(c astutil.Cursor, changes map[int]mend) bool {
	switch x := c.Node().(type) {
	case *ast.Field:
		if change, ok := changes[x.Label.Pos().Offset()]; ok && change.kind == mendLabel {
			return relabel(c, x, change.text)
		}
	case *ast.SelectorExpr:
		for s, ok := x, true; ok; s, ok = s.X.(*ast.SelectorExpr) {
			if change, ok := changes[s.Sel.Pos().Offset()]; ok && change.kind == mendReference {
				return redirect(c, s, change.text)
			}
		}
		return stand(c, x, changes)
	case *ast.Ident, *ast.CallExpr, *ast.IndexExpr, *ast.BasicLit, *ast.UnaryExpr, *ast.Interpolation:
		return stand(c, x.(ast.Expr), changes)
	}
	return false
}

// relabel gives a field the label that it was to have, or removes it.
func relabel(c astutil.Cursor, f *ast.Field, to string) bool {
	parent, ok := parentOf(c).(*ast.StructLit)
	if !ok {
		return false
	}
	taken := to == ""
	for _, e := range parent.Elts {
		if sibling, ok := e.(*ast.Field); ok {
			name, _, _ := ast.LabelName(sibling.Label)
			taken = taken || name == to
		}
	}
	if taken {
		c.Delete()
		return true
	}
	named := ast.NewString(to)
	named.ValuePos = f.Label.Pos()
	f.Label = named
	return false
}

// redirect lets the reference that c stands on name something that is there. In a label it must not meet what is there.
func redirect(c astutil.Cursor, s *ast.SelectorExpr, to string) bool {
	if to == "" || inLabel(c) {
		c.Replace(anything(c, s.Sel.Pos()))
		return true
	}
	name := ast.NewIdent(to)
	name.NamePos = s.Sel.Pos()
	s.Sel = name
	return true
}

// stand puts something else in the place of the value, or of the reference, that x is.
func stand(c astutil.Cursor, x ast.Expr, changes map[int]mend) bool {
	change, ok := changes[x.Pos().Offset()]
	if !ok || !x.Pos().IsValid() || change.kind == mendLabel {
		return false
	}
	if change.text == "" {
		c.Replace(anything(c, x.Pos()))
		return true
	}
	literal, err := parser.ParseExpr("", change.text)
	if err != nil {
		return false
	}
	ast.SetPos(literal, x.Pos())
	c.Replace(literal)
	return true
}

// anything is what fits nearly everywhere: a text where one may stand, else an integer, true, a list or a struct.
func anything(c astutil.Cursor, pos token.Pos) ast.Expr {
	text := ast.NewString(mark)
	text.ValuePos = pos
	if inLabel(c) {
		return text
	}
	all := ast.NewBinExpr(token.OR, &ast.UnaryExpr{OpPos: pos, Op: token.MUL, X: text},
		&ast.BasicLit{ValuePos: pos, Kind: token.INT, Value: "1"}, &ast.BasicLit{ValuePos: pos, Kind: token.TRUE, Value: "true"},
		&ast.ListLit{Lbrack: pos}, &ast.StructLit{Lbrace: pos})
	return &ast.ParenExpr{Lparen: pos, X: all}
}

// inLabel reports whether c stands in the label of a field.
func inLabel(c astutil.Cursor) bool {
	at := c.Node().Pos().Offset()
	for p := c.Parent(); p != nil; p = p.Parent() {
		if f, ok := p.Node().(*ast.Field); ok {
			return at < f.Value.Pos().Offset()
		}
	}
	return false
}
