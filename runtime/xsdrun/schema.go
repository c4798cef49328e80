package xsdrun

import (
	"sync"
	"sync/atomic"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// Schema is a compiled set of schema documents, ready to be executed. It is immutable once built and may be used by any
// number of goroutines.
//
// The schema compiler builds one for the interpreter; emitted packages carry only the parts their codecs need ([Model],
// [Attributes], [SimpleType]) as package-level values.
type Schema struct {
	Spaces     *xmlstream.Spaces             // every namespace the schema names, numbered
	Elements   map[xmlstream.Name]*Element   // global element declarations
	Attributes map[xmlstream.Name]*Attribute // global attribute declarations
	Types      map[xmlstream.Name]Type       // named types, built-in ones included; what xsi:type may name

	validations sync.Pool // of *validation
}

// Type is a [*SimpleType] or a [*ComplexType].
type Type interface {
	// TypeName is the name of the type as messages print it, such as "domain:periodType"; empty for an anonymous type.
	TypeName() string
	isType()
}

// Derivation is a set of the ways in which one type, or one element, may stand for another: the values of block and final
// (XML Schema part 1, 3.3 and 3.4).
type Derivation uint8

const (
	Extension Derivation = 1 << iota
	Restriction
	Substitution
	List
	Union
)

// Element is an element declaration (XML Schema part 1, 3.3).
type Element struct {
	Name     xmlstream.Name
	Type     Type
	Nillable bool
	Abstract bool
	Default  *string // nil: none
	Fixed    *string // nil: none
	Block    Derivation
	Identity []*Identity
}

// ContentKind says what may stand between a complex type's tags (XML Schema part 1, 3.4.1 {content type}).
type ContentKind uint8

const (
	ContentEmpty ContentKind = iota
	ContentSimple
	ContentElements
	ContentMixed
)

// ComplexType is a complex type definition (XML Schema part 1, 3.4).
type ComplexType struct {
	Name       xmlstream.Name // zero for an anonymous type
	Label      string         // what TypeName returns
	Base       Type           // nil for xs:anyType alone
	Method     Derivation     // Extension or Restriction: how it was derived from Base
	Abstract   bool
	Block      Derivation
	Content    ContentKind
	Simple     *SimpleType // of ContentSimple
	Model      *Model      // of ContentElements and ContentMixed
	Attributes *Attributes // never nil

	// Complete, unless it is nil, fills in Model and Attributes when a document first has an element of the type: most documents
	// have elements of few types.
	Complete func(t *ComplexType)
	complete sync.Once
}

// prepare completes the type.
func (t *ComplexType) prepare() {
	if t.Complete != nil {
		t.complete.Do(func() { t.Complete(t) })
	}
}

// Attributes is what a complex type says of attributes. It must not change after first use, nor be copied.
type Attributes struct {
	Uses []AttributeUse
	Any  *Wildcard // nil: no others; xmlns and the four xsi attributes are always allowed
	// TypeName is the name of the complex type, so that an emitted decoder can tell an xsi:type that says nothing new; zero
	// for an anonymous type. The interpreter does not read it.
	TypeName xmlstream.Name

	index atomic.Pointer[attributeIndex] // worked out at first use
}

// AttributeUse is an attribute of a complex type. Use prohibited never reaches a compiled type.
type AttributeUse struct {
	Space    int // of the [Spaces] the document is read with; 0 is no namespace
	Local    string
	Type     *SimpleType
	Required bool
	Default  *string
	Fixed    *string
}

// Attribute is a global attribute declaration, which a wildcard may ask for.
type Attribute struct {
	Name    xmlstream.Name
	Type    *SimpleType
	Default *string
	Fixed   *string
}

// Process says how content matched by a wildcard is judged (XML Schema part 1, 3.10.1 {process contents}).
type Process uint8

const (
	Strict Process = iota
	Lax
	Skip
)

// Wildcard is xs:any or xs:anyAttribute (XML Schema part 1, 3.10). It must not change after first use, nor be copied.
type Wildcard struct {
	Process Process
	// Not and Spaces are the namespace constraint. ##any: Not is true and Spaces empty. ##other: Not is true and Spaces
	// holds the target namespace and 0. A list: Not is false and Spaces holds its members, 0 standing for ##local.
	Not    bool
	Spaces []int

	index atomic.Pointer[map[int]bool] // of many Spaces, worked out at first use
}

// Model is the content model of a complex type as a position automaton (Glushkov), deterministic by unique particle
// attribution: in every state the next element decides the next particle. State 0 is the start; state i+1 is "particle i
// was matched last". It must not change after first use, nor be copied.
//
// A model with Counters has one state for each particle, however often groups repeat: how often they did is counted.
// Nests says by particle which counters are around it, outermost first. Ways says, by state and by place in Next, in which
// ways the particle may follow; where the ways of one step treat the counters differently, the counts of all are kept,
// until what follows decides.
type Model struct {
	Particles []Particle
	Next      [][]int // by state: the particles that may follow, in schema order
	Final     []bool  // by state: whether the element may end here
	// All marks an xs:all group: Particles may come in any order, each at most once; Next and Final are nil, and
	// Optional says whether the whole group may be absent.
	All      bool
	Optional bool
	// TypeName is the name of the complex type, as in [Attributes].
	TypeName xmlstream.Name

	Counters []Counter
	Nests    [][]int   // by particle
	Ways     [][][]Way // by state and place in Next

	plan     atomic.Pointer[plan]     // worked out at first use
	register atomic.Pointer[register] // of all particles, likewise
}

// Counter is the occurrence range of a group that is counted. Max -1 is unbounded.
type Counter struct{ Min, Max int }

// Way is what a step from particle to particle does to the counters. The step leaves those around the first but for the
// outermost Keep, which must have reached their Min, and enters those around the second but for the same; Again says that
// the innermost of those kept begins another repetition, which must not be beyond its Max. Else marks a way to go only
// where the counts allow none of the ways before it: they lead to counts from which at least as much can follow.
type Way struct {
	Keep  int
	Again bool
	Else  bool
}

// Particle is a leaf of a content model: an element or a wildcard.
type Particle struct {
	Space int    // of an element
	Local string // of an element; empty for a wildcard
	// Min and Max count repetitions of this very leaf, matched without leaving it: the occurrence range of the particle
	// itself. Max 0 stands for 1, and -1 for unbounded; Min 0 stands for 1 unless Max is also set. Leaves that the
	// automaton repeats by edges carry neither.
	Min, Max int
	Optional bool      // of an all group: minOccurs="0"
	Abstract bool      // of an element for which only Members may stand; the interpreter asks Element instead
	Any      *Wildcard // nil for an element
	Element  *Element  // the declaration, for the interpreter; nil in emitted models. A substitution group's members each
	// have an entry of their own in Members.
	Members []Member
}

// Member is an element that may stand for a particle's own: a member of its substitution group.
type Member struct {
	Space   int
	Local   string
	Element *Element // nil in emitted models
}

// IdentityKind tells unique, key and keyref apart.
type IdentityKind uint8

const (
	Unique IdentityKind = iota
	Key
	KeyRef
)

// Identity is an identity constraint of an element (XML Schema part 1, 3.11).
type Identity struct {
	Kind     IdentityKind
	Name     xmlstream.Name
	Selector []IdentityPath
	Fields   [][]IdentityPath // each field is a choice of paths
	Refer    *Identity        // of a KeyRef
}

// IdentityPath is one alternative of a selector or field: the XPath subset of XML Schema part 1, 3.11.6.
type IdentityPath struct {
	Descendant bool // it begins with .//
	Steps      []IdentityStep
}

// IdentityStep is one step of an [IdentityPath].
type IdentityStep struct {
	Self      bool   // "."
	Attribute bool   // "@", the last step of a field only
	AnySpace  bool   // "*"
	Space     int    // of the name, or of "prefix:*"
	Local     string // "*" for any
}
