package xsdrun

import (
	"fmt"
	"slices"
	"strings"
)

// DefaultMaxFaults is how many faults of one document are kept unless [Options] says otherwise.
const DefaultMaxFaults = 100

// Fault is one thing that is wrong with a document.
type Fault struct {
	Offset       int    // in bytes of the document's UTF-8 form, byte order mark excluded
	Line, Column int    // of the same place, from 1; the column counts characters
	Path         string // of the element or attribute, such as "/epp/command/create/@id", with the document's prefixes
	Rule         string // of the standard, such as "cvc-minLength-valid" or "cvc-complex-type.2.4.a"
	Text         string // the sentence for people
	Node         string // the name of the element or attribute at fault, as the document has it
}

func (f Fault) Error() string {
	return fmt.Sprintf("%d:%d: %s: %s: %s", f.Line, f.Column, f.Path, f.Rule, f.Text)
}

// ValidationError says that a document is well-formed but does not conform to its schema.
type ValidationError struct {
	Faults    []Fault // by position; never empty
	Truncated bool    // more were found than [Options] MaxFaults
}

// Error gives the first fault and the number of the others.
func (e *ValidationError) Error() string {
	if len(e.Faults) == 0 {
		return "invalid document"
	}
	var b strings.Builder
	b.WriteString(e.Faults[0].Error())
	switch n := len(e.Faults) - 1; {
	case n == 0:
	case e.Truncated:
		fmt.Fprintf(&b, " (and %d or more others)", n)
	case n == 1:
		b.WriteString(" (and 1 other)")
	default:
		fmt.Fprintf(&b, " (and %d others)", n)
	}
	return b.String()
}

// Unwrap returns the faults, each as an error.
func (e *ValidationError) Unwrap() []error {
	errs := make([]error, len(e.Faults))
	for i := range e.Faults {
		errs[i] = e.Faults[i]
	}
	return errs
}

// Violation says why a text is not a value of a simple type. It is the part of a [Fault] that does not depend on a document.
type Violation struct {
	Rule string // of the standard: cvc-datatype-valid.1.2.1, cvc-pattern-valid, ...
	Text string
}

func (v *Violation) Error() string { return v.Rule + ": " + v.Text }

// sorted puts faults into document order and gives them their lines, unless they have them.
func sorted(faults []Fault, position func(offset int) (line, column int)) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.Offset - b.Offset })
	for i := range faults {
		if f := &faults[i]; f.Line == 0 {
			f.Line, f.Column = position(f.Offset)
		}
	}
	return faults
}

// quote returns s as messages show it.
func quote(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most)]); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}
