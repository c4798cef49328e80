package formula

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/protogen-go/protogen/gen/model"
)

// Expr is a typed expression: a [*Lit], [*Root], [*Member], [*Index], [*Unary], [*Binary] or [*Call]. Expressions are
// immutable and may be shared by goroutines.
type Expr interface {
	// Type is the expression's type, never nil.
	Type() *Type
	// Pos is where the expression begins in the specification file.
	Pos() model.Pos
	// String is the expression as text, the same for any two that differ in white space and parentheses only.
	String() string
}

type node struct {
	typ *Type
	pos model.Pos
}

func (n *node) Type() *Type    { return n.typ }
func (n *node) Pos() model.Pos { return n.pos }

// Lit is a literal.
type Lit struct {
	node
	Value any // int64, string, bool or time.Duration
}

// Root is where a name begins. Most roots stand to the left of a [Member] only; msg, req, result, call and error are values
// too.
type Root struct {
	node
	// Name is "msg", "req", "result", "call", "error", "var", "config", "link", "peer", "code"; "self" for the message or
	// struct whose field is named alone; "it" for the element that all and any look at.
	Name string
}

// Member is a named part of a value or of a root. At most one of the pointers is set; none for what every value of the root
// has, such as link.reliable, error.text, or code of a reply.
type Member struct {
	node
	X        Expr
	Name     string
	Optional bool // it may be absent, and then reads as the zero value of its type
	Field    *model.Field
	Bind     *model.Bind
	Var      *model.Var
	Setting  *model.Setting
	Code     *model.Code
}

// Index is an element of a list (I is an int; outside the list it reads as zero) or of a map (I is a text).
type Index struct {
	node
	X, I Expr
}

// Unary is an operator before an operand: "!", "-" or "^".
type Unary struct {
	node
	Op string
	X  Expr
}

// Binary is an operator between operands. Op is Go's, "in" is a [Call].
type Binary struct {
	node
	Op   string
	X, Y Expr
}

// Call is a call of one of the [Functions].
type Call struct {
	node
	Func *Function
	Args []Expr
}

// String implements [Expr].
func (e *Lit) String() string {
	switch v := e.Value.(type) {
	case string:
		return strconv.Quote(v)
	case time.Duration:
		return v.String()
	}
	return fmt.Sprint(e.Value)
}

// String implements [Expr].
func (e *Root) String() string { return e.Name }

// String implements [Expr].
func (e *Member) String() string {
	if r, ok := e.X.(*Root); ok && r.Name == "self" {
		return e.Name
	}
	return e.X.String() + "." + e.Name
}

// String implements [Expr].
func (e *Index) String() string { return e.X.String() + "[" + e.I.String() + "]" }

// String implements [Expr].
func (e *Unary) String() string { return e.Op + operand(e.X) }

// String implements [Expr].
func (e *Binary) String() string { return operand(e.X) + " " + e.Op + " " + operand(e.Y) }

// String implements [Expr].
func (e *Call) String() string {
	args := make([]string, len(e.Args))
	for i, a := range e.Args {
		args[i] = a.String()
	}
	return e.Func.Name + "(" + strings.Join(args, ", ") + ")"
}

func operand(e Expr) string {
	if _, ok := e.(*Binary); ok {
		return "(" + e.String() + ")"
	}
	return e.String()
}

// Walk calls visit for e and, where visit returns true, for every expression inside it, in the order written.
func Walk(e Expr, visit func(Expr) bool) {
	if !visit(e) {
		return
	}
	switch e := e.(type) {
	case *Member:
		Walk(e.X, visit)
	case *Index:
		Walk(e.X, visit)
		Walk(e.I, visit)
	case *Unary:
		Walk(e.X, visit)
	case *Binary:
		Walk(e.X, visit)
		Walk(e.Y, visit)
	case *Call:
		for _, a := range e.Args {
			Walk(a, visit)
		}
	}
}

// Variables returns the session variables that e reads, each once, in the order written.
func Variables(e Expr) []*model.Var {
	var vars []*model.Var
	seen := map[*model.Var]bool{}
	Walk(e, func(e Expr) bool {
		if m, ok := e.(*Member); ok && m.Var != nil && !seen[m.Var] {
			seen[m.Var] = true
			vars = append(vars, m.Var)
		}
		return true
	})
	return vars
}
