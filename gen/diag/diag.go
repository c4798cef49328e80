// Package diag is how the generator tells a user what is wrong: findings with a position, a rule, a text in the user's
// terms, a witness that shows it and an edit that would mend it.
//
// Every stage collects its findings in a [List] and goes on, so that one run reports them all.
package diag

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/model"
)

// Pos is a place in a specification file. The zero Pos is unknown.
type Pos = model.Pos

// Severity says how bad a finding is. The zero Severity is Error.
type Severity uint8

// The severities, worst first.
const (
	Error   Severity = iota // nothing is generated
	Warning                 // worth a look; generation goes on
)

var severities = [...]string{Error: "error", Warning: "warning"}

// String returns the word that diagnostics are printed with.
func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return fmt.Sprintf("severity(%d)", s)
}

// MarshalText writes s as its word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severities[:], string(text))
	if i < 0 {
		return fmt.Errorf("diag: no severity %q", text)
	}
	*s = Severity(i)
	return nil
}

// Diagnostic is one finding. Its JSON form is stable.
type Diagnostic struct {
	Pos      Pos      `json:"pos,omitzero"`
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"`              // the rule's name, such as "unknown-field"
	Message  string   `json:"message"`           // one line, in the user's terms
	Witness  []string `json:"witness,omitempty"` // lines that show it: a message, a path, a trace
	Fix      string   `json:"fix,omitempty"`     // the edit we suggest
	Ref      string   `json:"ref,omitempty"`     // the clause of the standard, such as "RFC 5730 2.9.1.1"
}

// Error returns the finding's first line, without witness and fix.
func (d Diagnostic) Error() string {
	var b strings.Builder
	if pos := d.Pos.String(); pos != "" {
		b.WriteString(pos + ": ")
	}
	fmt.Fprintf(&b, "%s[%s]: %s", d.Severity, d.Rule, d.Message)
	if d.Ref != "" {
		fmt.Fprintf(&b, " (%s)", d.Ref)
	}
	return b.String()
}

// text writes the whole finding: its line, then witness and fix, each indented.
func (d Diagnostic) text(b *strings.Builder) {
	b.WriteString(d.Error())
	b.WriteByte('\n')
	for _, line := range d.Witness {
		b.WriteString("  " + line + "\n")
	}
	if d.Fix != "" {
		b.WriteString("  fix: " + d.Fix + "\n")
	}
}

// List is findings in the order they were made; [List.Sort] puts them in the order they are read. A nil List is empty
// and ready to use. It is not safe for concurrent use.
type List []Diagnostic

// Add appends d.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Errorf appends an error of the given rule.
func (l *List) Errorf(pos Pos, rule, format string, args ...any) {
	l.Add(Diagnostic{Pos: pos, Rule: rule, Message: fmt.Sprintf(format, args...)})
}

// Warnf appends a warning of the given rule.
func (l *List) Warnf(pos Pos, rule, format string, args ...any) {
	l.Add(Diagnostic{Pos: pos, Severity: Warning, Rule: rule, Message: fmt.Sprintf(format, args...)})
}

// HasErrors reports whether any finding is an error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Err returns l if it has errors, else nil: warnings alone fail nothing.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return l
}

// Error returns every finding in full, in the list's order.
func (l List) Error() string { return strings.TrimSuffix(l.String(), "\n") }

// String returns every finding in full, each line ended; empty for an empty list.
func (l List) String() string {
	var b strings.Builder
	for _, d := range l {
		d.text(&b)
	}
	return b.String()
}

// Fprint writes every finding in full.
func (l List) Fprint(w io.Writer) error {
	_, err := io.WriteString(w, l.String())
	return err
}

// Unwrap returns the findings one by one, so that errors.As finds a [Diagnostic].
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, d := range l {
		errs[i] = d
	}
	return errs
}

// From returns the findings that err holds: those of a List or a Diagnostic anywhere in its tree, or else one finding of
// the given rule with err's text. A nil error gives none.
func From(err error, rule string) List {
	if err == nil {
		return nil
	}
	if l, ok := errors.AsType[List](err); ok {
		return l
	}
	if d, ok := errors.AsType[Diagnostic](err); ok {
		return List{d}
	}
	return List{{Rule: rule, Message: err.Error()}}
}

// Sort orders l by file, line and column, errors before warnings at one place, then by rule and text, and drops findings
// that say the same of the same place.
func (l *List) Sort() {
	slices.SortStableFunc(*l, compare)
	*l = slices.CompactFunc(*l, func(a, b Diagnostic) bool { return compare(a, b) == 0 })
}

func compare(a, b Diagnostic) int {
	if c := a.Pos.Compare(b.Pos); c != 0 {
		return c
	}
	if a.Severity != b.Severity {
		return int(a.Severity) - int(b.Severity)
	}
	if c := strings.Compare(a.Rule, b.Rule); c != 0 {
		return c
	}
	return strings.Compare(a.Message, b.Message)
}
