package xsd

import (
	"sync"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// Name is an expanded name: a namespace URI, empty for none, and a local name.
type Name = xmlstream.Name

// Pos is a place in a schema document. Built-in components have the zero Pos.
type Pos = diag.Pos

// Unbounded is the [Particle] maximum of maxOccurs="unbounded".
const Unbounded = -1

// Element is an element declaration (XML Schema part 1, 3.3).
type Element struct {
	Name     Name
	Pos      Pos
	Doc      string // text of its annotation; empty if there is none
	Global   bool   // declared at the top of a schema document, not inside a type
	Type     Type   // never nil; xs:anyType when the document says nothing
	Nillable bool
	Abstract bool
	Default  *string // as written; nil: none
	Fixed    *string // as written; nil: none
	Block    xsdrun.Derivation
	Final    xsdrun.Derivation
	Head     *Element   // the head of the substitution group it belongs to; nil: none
	Members  []*Element // those that name it as their head, in the order read; their own members are not repeated here
	Identity []*Identity

	node       *node
	substitute sync.Once
	all        []*Element // see substitutes
}

// Attribute is an attribute declaration (XML Schema part 1, 3.2).
type Attribute struct {
	Name    Name
	Pos     Pos
	Doc     string
	Global  bool
	Type    *SimpleType // never nil; xs:anySimpleType when the document says nothing
	Default *string
	Fixed   *string

	node *node
}

// AttributeUse is an attribute that a complex type or attribute group allows (XML Schema part 1, 3.5).
type AttributeUse struct {
	Attribute *Attribute
	Pos       Pos
	Doc       string
	Required  bool
	Default   *string // the use's own, or else the declaration's
	Fixed     *string // the use's own, or else the declaration's

	node       *node
	ownFixed   bool
	ownDefault bool
	prohibited bool
}

// Type is a [*SimpleType] or a [*ComplexType].
type Type interface {
	// TypeName is the expanded name, zero for an anonymous type.
	TypeName() Name
	// TypePos is where the definition begins, zero for a built-in type.
	TypePos() Pos
	// BaseType is what the type is derived from: nil for xs:anyType alone.
	BaseType() Type
}

// Variety tells the three kinds of simple type apart.
type Variety uint8

// The varieties of a simple type (XML Schema part 1, 3.14.1). Any is that of xs:anySimpleType alone.
const (
	Any Variety = iota
	Atomic
	List
	Union
)

// SimpleType is a simple type definition (XML Schema part 1, 3.14): a built-in one or one of a schema document's.
type SimpleType struct {
	Name    Name // zero for an anonymous type
	Pos     Pos
	Doc     string
	Builtin bool // one of the 44 of part 2, or xs:anySimpleType
	Base    Type // xs:anyType for xs:anySimpleType, a *SimpleType for every other
	Variety Variety
	// Primitive is the primitive type an atomic one comes from; nil for the other varieties.
	Primitive *SimpleType
	Item      *SimpleType   // of a list
	Members   []*SimpleType // of a union, in order; a member that is itself a union stays one
	Facets    []*Facet      // those this definition adds to its base, in document order
	Final     xsdrun.Derivation

	node     *node
	original *SimpleType // of a redefinition
	state    buildState
	inForce  *facetsInForce
	members  int  // of a union: its members and theirs
	listed   bool // it is a list or a union with one
	run      *xsdrun.SimpleType
}

// TypeName implements [Type].
func (t *SimpleType) TypeName() Name { return t.Name }

// TypePos implements [Type].
func (t *SimpleType) TypePos() Pos { return t.Pos }

// BaseType implements [Type].
func (t *SimpleType) BaseType() Type { return t.Base }

// Facet is a constraining facet (XML Schema part 2, 4.3).
type Facet struct {
	Kind  string // the element's name: "minLength", "pattern", "enumeration"...
	Value string // as written, white space collapsed unless the facet is a pattern or an enumeration
	Fixed bool   // no derived type may change it
	Pos   Pos
	Doc   string

	node *node
}

// ComplexType is a complex type definition (XML Schema part 1, 3.4).
type ComplexType struct {
	Name     Name // zero for an anonymous type
	Pos      Pos
	Doc      string
	Base     Type // nil for xs:anyType alone
	Method   xsdrun.Derivation
	Abstract bool
	Final    xsdrun.Derivation
	Block    xsdrun.Derivation
	Content  xsdrun.ContentKind
	Simple   *SimpleType // of simple content
	Particle *Particle   // the whole content, what it inherits by extension first; nil when there is none
	Own      *Particle   // of an extension: the part it adds; nil when it adds none
	// Attributes are all uses, those of the base first, each in document order. Prohibited ones are absent.
	Attributes   []*AttributeUse
	AnyAttribute *Wildcard // nil: no others

	node       *node
	original   *ComplexType // of a redefinition
	state      buildState
	broken     bool // a finding has been reported; do not judge what follows from it
	prohibited []*AttributeUse
	inherited  int               // of an extension: how many of Attributes are its base's
	declared   map[Name]*Element // the elements of its own content, for checkConsistent
	locals     []*Element        // those of them that are not global
	fresh      bool              // none of them is one of the types that it extends, nor open
	open       bool              // its content admits elements that it does not name: by wildcards or substitution groups
}

// TypeName implements [Type].
func (t *ComplexType) TypeName() Name { return t.Name }

// TypePos implements [Type].
func (t *ComplexType) TypePos() Pos { return t.Pos }

// BaseType implements [Type].
func (t *ComplexType) BaseType() Type { return t.Base }

// ParticleKind says what a [Particle] is.
type ParticleKind uint8

// The kinds of a particle's term (XML Schema part 1, 3.8 and 3.9).
const (
	ElementParticle ParticleKind = iota
	WildcardParticle
	SequenceParticle
	ChoiceParticle
	AllParticle
)

// Particle is a node of a content model (XML Schema part 1, 3.9): a term and how often it may occur. A particle that may
// not occur at all (maxOccurs="0") is absent from the tree.
type Particle struct {
	Kind     ParticleKind
	Pos      Pos
	Doc      string
	Min      int
	Max      int         // or Unbounded
	Element  *Element    // of ElementParticle; its Global tells a reference from a declaration in place
	Wildcard *Wildcard   // of WildcardParticle
	Group    *Group      // the named group this sequence, choice or all was written in; nil: written in place
	Children []*Particle // of the three groups

	size     int  // leaves below it
	blank    bool // it may stand for no element at all
	expanded bool // one of the choice that a substitution group stands for

	node *node
}

// Wildcard is xs:any or xs:anyAttribute (XML Schema part 1, 3.10).
type Wildcard struct {
	Pos     Pos
	Doc     string
	Process xsdrun.Process
	// Not and Spaces are the namespace constraint, "" standing for no namespace. ##any: Not and no Spaces. ##other: Not
	// and the target namespace and "". A list: its members.
	Not    bool
	Spaces []string
}

// Group is a named model group definition (XML Schema part 1, 3.7).
type Group struct {
	Name     Name
	Pos      Pos
	Doc      string
	Particle *Particle // a sequence, choice or all; Min and Max are 1; nil when it is empty for good

	node     *node
	original *Group // of a redefinition
	state    buildState
}

// AttributeGroup is a named attribute group definition (XML Schema part 1, 3.6).
type AttributeGroup struct {
	Name         Name
	Pos          Pos
	Doc          string
	Attributes   []*AttributeUse
	AnyAttribute *Wildcard

	node     *node
	original *AttributeGroup // of a redefinition
	state    buildState
}

// Notation is a notation declaration (XML Schema part 1, 3.12).
type Notation struct {
	Name   Name
	Pos    Pos
	Doc    string
	Public string
	System string

	node *node
}

// Identity is an identity constraint (XML Schema part 1, 3.11).
type Identity struct {
	Kind  xsdrun.IdentityKind
	Name  Name
	Pos   Pos
	Doc   string
	Refer *Identity // of a keyref

	node     *node
	selector []identityPath
	fields   [][]identityPath
}

// buildState is how far a component is: references between definitions may lead in a circle.
type buildState uint8

const (
	unbuilt buildState = iota
	building
	built
)
