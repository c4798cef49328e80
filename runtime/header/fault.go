package header

import (
	"errors"
	"fmt"
	"strings"
)

// The status codes that faults of form earn. SIP has them from HTTP, and its kin have them too.
const (
	StatusBadRequest = 400 // what is written is not what the grammar allows
	StatusTooLarge   = 513 // more than a limit allows
)

// ErrNoMessage is the error for octets that are no message: there is no start line of any kind known.
var ErrNoMessage = errors.New("header: no start line of a message")

// The rules of form that a [Fault] names; a specification's own rules have names of their own.
const (
	RuleStart    = "start-line" // the first line
	RuleLine     = "line"       // a line that is no header field, or does not end as it should
	RuleSyntax   = "syntax"     // a value that the grammar does not allow
	RuleRange    = "range"      // a number over its maximum
	RuleRepeated = "repeated"   // a field that may stand once
	RuleMissing  = "missing"    // a field that must be there
	RuleLength   = "length"     // the length of the body
	RuleLimit    = "limit"      // more than the limits allow
)

// A Fault is one thing that is wrong with a message.
type Fault struct {
	Offset       int    // octets before the place; 0 for what is missing
	Line, Column int    // of the same place, from 1; the column counts octets
	Field        string // the header field, by its full name; "" for the start line and the body
	Rule         string // of form (the Rule constants), or the specification's
	Code         int    // the status code that whoever sent the message deserves
	Text         string // the sentence for people
}

func (f Fault) Error() string {
	where := ""
	if f.Field != "" {
		where = f.Field + ": "
	}
	return fmt.Sprintf("%d:%d: %s%s: %s", f.Line, f.Column, where, f.Rule, f.Text)
}

// ValidationError says that a message was read and is not as it should be.
type ValidationError struct {
	Faults []Fault // in the order they were found, never empty; the first decides what is answered
}

// Code is the status code that the message deserves.
func (e *ValidationError) Code() int { return e.Faults[0].Code }

// Error gives the first fault and the number of the others.
func (e *ValidationError) Error() string {
	var b strings.Builder
	b.WriteString(e.Faults[0].Error())
	switch n := len(e.Faults) - 1; n {
	case 0:
	case 1:
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
