package xsdrun

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// The rules of the standard that what is not a value breaks.
const (
	ruleContent  = "cvc-complex-type.2.4"
	ruleWildcard = "cvc-wildcard.2"
)

// Missing records that a part which must be there is not.
func (e *Encoder) Missing(name string) { e.Fail(ruleContent, name+" is missing") }

// Count records a fault unless the element called name occurs between least and most times; most may be [Unbounded].
func (e *Encoder) Count(name string, n, least, most int) {
	if n < least || most != Unbounded && n > most {
		e.miscounted(name, n, least, most)
	}
}

func (e *Encoder) miscounted(name string, n, least, most int) {
	if n < least {
		e.Fail(ruleContent, fmt.Sprintf("%s occurs %d times; %d is the least", name, n, least))
		return
	}
	e.Fail(ruleContent, fmt.Sprintf("%s occurs %d times; %d is the most", name, n, most))
}

// NotNillable records that an element is nil whose declaration does not allow that.
func (e *Encoder) NotNillable(name string) { e.Fail("cvc-elt.3.1", name+" is not nillable") }

// Choice returns which arm of a choice is set, or -1 when none is. That is a fault unless the choice is optional, and more
// than one arm always is. Names are the arms, for the message.
func (e *Encoder) Choice(names string, optional bool, set ...bool) int {
	arm := -1
	for i, is := range set {
		if is && arm >= 0 {
			e.Fail(ruleContent, "only one of "+names+" may stand here")
			return -1
		}
		if is {
			arm = i
		}
	}
	if arm < 0 && !optional {
		e.Fail(ruleContent, "one of "+names+" is missing")
	}
	return arm
}

// Admit records a fault unless the wildcard admits an element of that name; a nil wildcard admits any.
func (e *Encoder) Admit(w *Wildcard, spaces *xmlstream.Spaces, name xmlstream.Name) {
	if w != nil && !w.Allows(spaces.Index(name.Space)) {
		e.Fail(ruleWildcard, "the element "+name.String()+" may not stand here")
	}
}

// Foreign appends an element that writes itself.
func (e *Encoder) Foreign(v interface {
	AppendXML(b []byte) ([]byte, error)
},
) {
	e.appended(v.AppendXML(e.b))
}
