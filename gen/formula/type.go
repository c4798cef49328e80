package formula

import (
	"math/big"
	"strings"

	"github.com/protogen-go/protogen/gen/model"
)

// Kind is the kind of a value. The zero Kind is Any.
type Kind uint8

// The kinds.
const (
	Any      Kind = iota // known only when it runs; fits everywhere
	Bool                 // bool
	Int                  // int64, a mathematical integer within [Type.Min] and [Type.Max]
	Text                 // string
	Bytes                // []byte
	Duration             // time.Duration
	List                 // []any
	Map                  // map[string]any, from text to elements
	Struct               // map[string]any, with named fields
	Message              // map[string]any: a whole message
	Time                 // time.Time
)

var kindNames = [...]string{"any", "bool", "int", "text", "bytes", "duration", "list", "map", "struct", "message", "time"}

// String returns the kind's name in the specification language.
func (k Kind) String() string { return kindNames[k] }

// Type is the type of an expression. Types are immutable.
type Type struct {
	Kind     Kind
	Elem     *Type            // of List and Map
	Struct   *model.Type      // of Struct, if the specification declares it
	Messages []*model.Message // of Message: those it may be; empty: any
	Min, Max *big.Int         // of Int: no value lies outside
	Values   []string         // of Text: the values of an enumeration that refuses all others
	Code     bool             // of Int: a reply code, one of the protocol's codes
	Null     bool             // a literal 0 that may stand for a duration

	codes []*model.Code // of Code: those it may be; nil: unknown
}

// Bounds of the integers. Settings, session variables and numbers written in decimal hold ±2^53, which JSON holds too, so
// that sums and products of a few of them stay within int64.
var (
	maxInt64 = big.NewInt(1<<63 - 1)
	minInt64 = big.NewInt(-1 << 63)
	wide     = big.NewInt(1 << 53)
	negWide  = big.NewInt(-1 << 53)
	zero     = new(big.Int)
	one      = big.NewInt(1)
)

// maxDuration bounds every duration of a setting: a year and a day, in nanoseconds.
const maxDuration = 366 * 24 * 3600 * 1_000_000_000

var (
	anyType      = &Type{Kind: Any}
	boolType     = &Type{Kind: Bool}
	textType     = &Type{Kind: Text}
	bytesType    = &Type{Kind: Bytes}
	timeType     = &Type{Kind: Time}
	durationType = &Type{Kind: Duration, Min: zero, Max: big.NewInt(maxDuration)}
	intType      = &Type{Kind: Int, Min: negWide, Max: wide}
	lengthType   = &Type{Kind: Int, Min: zero, Max: wide}
	messageType  = &Type{Kind: Message}
)

func intRange(low, high *big.Int) *Type { return &Type{Kind: Int, Min: low, Max: high} }

func listOf(elem *Type) *Type { return &Type{Kind: List, Elem: elem} }

// String returns the type as messages print it, such as "[]text".
func (t *Type) String() string {
	switch t.Kind {
	case List:
		return "[]" + t.Elem.String()
	case Map:
		return "map[text]" + t.Elem.String()
	case Struct:
		if t.Struct != nil {
			return t.Struct.Name
		}
	case Int:
		if t.Code {
			return "code"
		}
	}
	return t.Kind.String()
}

// AssignableTo reports whether a value of type t may be given to something of type u.
func (t *Type) AssignableTo(u *Type) bool {
	switch {
	case t.Kind == Any || u.Kind == Any:
		return true
	case t.Null && u.Kind == Duration:
		return true
	case t.Kind != u.Kind:
		return false
	case t.Kind == List || t.Kind == Map:
		return t.Elem.AssignableTo(u.Elem)
	case t.Kind == Struct:
		return t.Struct == u.Struct || t.Struct == nil || u.Struct == nil
	}
	return true
}

// orZero is t of what may be absent: with the zero value among its values.
func (t *Type) orZero() *Type {
	switch {
	case t.Kind == Int && t.Min != nil && (t.Min.Sign() > 0 || t.Max.Sign() < 0):
		u := *t
		u.Min, u.Max = extremes(zero, t.Min, t.Max)
		return &u
	case len(t.Values) > 0:
		u := *t
		u.Values = append([]string{""}, t.Values...)
		return &u
	}
	return t
}

// TypeOf returns the type that a specification writes as text: a scalar ("u16be", "text", "int"...), the name of one of
// p's types, "[]T" or "map[text]T". An empty text is any. ok is false when nothing has that name.
func TypeOf(p *model.Protocol, text string) (t *Type, ok bool) {
	if elem, found := strings.CutPrefix(text, "[]"); found {
		t, ok := TypeOf(p, elem)
		return listOf(t), ok
	}
	if elem, found := strings.CutPrefix(text, "map[text]"); found {
		t, ok := TypeOf(p, elem)
		return &Type{Kind: Map, Elem: t}, ok
	}
	if t, ok := scalars[text]; ok {
		return t, true
	}
	if t, ok := fixedWidth(text); ok {
		return t, true
	}
	for _, d := range p.Types {
		if d.Name == text {
			return declared(d), true
		}
	}
	return anyType, false
}

var scalars = map[string]*Type{
	"": anyType, "any": anyType, "bool": boolType, "bytes": bytesType, "duration": durationType, "time": timeType,
	"text": textType, "token": textType, "quoted": textType, "host": textType, "uri": textType,
	"callID": textType, "word": textType, "comment": textType, "decimal": textType, "params": textType, "arguments": textType, "date": timeType,
	"texts": listOf(textType), "headers": {Kind: Map, Elem: listOf(textType)}, "message": messageType,
	"int": intType, "integer": intType, "digit": intRange(zero, big.NewInt(9)), "code": {Kind: Int, Min: zero, Max: wide, Code: true},
}

// fixedWidth reads "u8", "i16be", "u32le" and their like.
func fixedWidth(text string) (*Type, bool) {
	name := strings.TrimSuffix(strings.TrimSuffix(text, "be"), "le")
	if len(name) < 2 || name[0] != 'u' && name[0] != 'i' {
		return nil, false
	}
	bits, ok := new(big.Int).SetString(name[1:], 10)
	if !ok || bits.Sign() <= 0 || bits.Cmp(big.NewInt(64)) > 0 {
		return nil, false
	}
	n := uint(bits.Uint64())
	if name[0] == 'u' {
		return unsigned(n), true
	}
	return signed(n), true
}

func unsigned(bits uint) *Type { return intRange(zero, power(bits, -1)) }

func signed(bits uint) *Type {
	return intRange(new(big.Int).Neg(power(bits-1, 0)), power(bits-1, -1))
}

// power returns 2^n + d.
func power(n uint, d int64) *big.Int {
	p := new(big.Int).Lsh(one, n)
	return p.Add(p, big.NewInt(d))
}

// declared returns the type of a declaration.
func declared(d *model.Type) *Type {
	switch d.Kind {
	case "struct":
		return &Type{Kind: Struct, Struct: d}
	case "integer":
		t := *intType
		if d.Min != nil {
			t.Min = big.NewInt(*d.Min)
		}
		if d.Max != nil {
			t.Max = big.NewInt(*d.Max)
		}
		return &t
	case "enum":
		if d.Unknown != "keep" {
			return &Type{Kind: Text, Values: d.Values}
		}
	}
	return textType
}
