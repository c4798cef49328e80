package name

import (
	"fmt"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

// Rule is the rule of every finding that this package makes.
const Rule = "go-name"

// Scope is a set of Go names that must differ: a package's, a struct's. The zero Scope is empty and ready to use. It is
// not safe for concurrent use.
type Scope struct {
	taken map[string]owner
}

// owner is who took a name.
type owner struct {
	what string
	pos  model.Pos
}

// Take claims the Go name for what, such as `message "login"`; a name that is taken is a finding at pos.
func (s *Scope) Take(goName, what string, pos model.Pos) diag.List {
	if other, ok := s.taken[goName]; ok {
		d := diag.Diagnostic{
			Pos: pos, Rule: Rule,
			Message: fmt.Sprintf("%s and %s would both be called %s in Go", what, other.what, goName),
		}
		if other.pos.IsValid() {
			d.Witness = []string{fmt.Sprintf("%s stands at %s", other.what, other.pos)}
		} else {
			d.Fix = "give it another name, or its schema a prefix"
		}
		return diag.List{d}
	}
	if s.taken == nil {
		s.taken = map[string]owner{}
	}
	s.taken[goName] = owner{what, pos}
	return nil
}

// Has reports whether the name is taken.
func (s *Scope) Has(goName string) bool {
	_, ok := s.taken[goName]
	return ok
}
