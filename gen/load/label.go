package load

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

// labels is what the files of a specification call things, for guessing what a misspelt name was to be.
type labels struct {
	below map[string][]string // the labels in the struct of that label: those below "messages" are the messages
	lets  map[let]ast.Expr
	files []*ast.File
}

// let is a name that a file gives to something by let.
type let struct{ file, name string }

// collectLabels reads the labels of the files.
func collectLabels(files []*ast.File) labels {
	s := labels{map[string][]string{}, map[let]ast.Expr{}, files}
	for _, f := range files {
		ast.Walk(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.LetClause:
				s.lets[let{f.Filename, x.Ident.Name}] = x.Expr
			case *ast.Field:
				s.add(x)
			}
			return true
		}, nil)
	}
	return s
}

func (s labels) add(f *ast.Field) {
	parent, _, err := ast.LabelName(f.Label)
	x := f.Value
	for and, ok := x.(*ast.BinaryExpr); ok; and, ok = x.(*ast.BinaryExpr) { // "proto.#Protocol & {...}"
		x = and.Y
	}
	st, ok := x.(*ast.StructLit)
	if err != nil || !ok {
		return
	}
	for _, e := range st.Elts {
		if child, ok := e.(*ast.Field); ok {
			if name, _, err := ast.LabelName(child.Label); err == nil {
				s.below[parent] = append(s.below[parent], name)
			}
		}
	}
}

// all is every name, sorted.
func (s labels) all() []string {
	var names []string
	for _, children := range s.below {
		names = append(names, children...)
	}
	for l := range s.lets {
		names = append(names, l.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// kinds is what findings call the things of a map.
var kinds = map[string]string{
	"roles": "role", "transports": "transport", "frames": "frame", "schemas": "schema", "types": "type", "codes": "code", "heads": "head",
	"messages": "message", "groups": "group", "operations": "operation", "machines": "machine", "states": "state", "timers": "timer",
	"vars": "variable", "calls": "call", "gives": "outcome", "config": "setting",
}

// at says of the selector at pos, whose last name nothing has, what kind of thing it was to name and what things of that
// kind there are: of "M.lgoin", where M is messages, the messages.
func (s labels) at(pos token.Pos, name string) (kind string, known []string) {
	kind, known = "field", s.all()
	for _, f := range s.files {
		if f.Filename != pos.Filename() {
			continue
		}
		ast.Walk(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Pos().Offset() != pos.Offset() {
				return true
			}
			parent := s.last(sel.X)
			if k := kinds[parent]; k != "" {
				kind, known = k, s.below[parent]
			}
			return false
		}, nil)
	}
	return kind, slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == name })
}

// last is the last name of a reference, lets looked through.
func (s labels) last(x ast.Expr) string {
	for range len(s.lets) + 1 { // a let may name a let
		switch y := x.(type) {
		case *ast.SelectorExpr:
			name, _, _ := ast.LabelName(y.Sel)
			return strings.Trim(name, `"`)
		case *ast.Ident:
			named := s.lets[let{y.Pos().Filename(), y.Name}]
			if named == nil {
				return y.Name
			}
			x = named
		default:
			return ""
		}
	}
	return ""
}
