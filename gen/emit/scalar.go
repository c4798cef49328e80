package emit

import (
	"fmt"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
)

// kind is the Go type that holds a value of a simple type.
type kind uint8

const (
	kindString kind = iota
	kindBool
	kindInt8
	kindInt16
	kindInt32
	kindInt64
	kindUint8
	kindUint16
	kindUint32
	kindUint64
	kindFloat32
	kindFloat64
	kindTime
	kindDate
	kindDuration
	kindBytes
	kindList
	kindName
)

// builtinKinds are the kinds of the built-in types that are not held as text. Types without bounds (decimal, integer and
// those that only bound it on one side) stay text: no Go integer holds them all.
var builtinKinds = map[string]kind{
	"boolean": kindBool, "byte": kindInt8, "short": kindInt16, "int": kindInt32, "long": kindInt64,
	"unsignedByte": kindUint8, "unsignedShort": kindUint16, "unsignedInt": kindUint32, "unsignedLong": kindUint64,
	"float": kindFloat32, "double": kindFloat64, "dateTime": kindTime, "date": kindDate, "duration": kindDuration,
	"hexBinary": kindBytes, "base64Binary": kindBytes,
}

// kindOf is the kind that holds values of st.
func kindOf(st *xsd.SimpleType) kind {
	switch st.Variety {
	case xsd.Atomic:
	case xsd.List:
		return kindList
	default:
		return kindString
	}
	b := st.BuiltinBase()
	if p := st.Primitive; p != nil && (p.Name.Local == "QName" || p.Name.Local == "NOTATION") {
		return kindName
	}
	if k, ok := builtinKinds[b.Name.Local]; ok {
		return k
	}
	if st.Primitive != nil && st.Primitive.Name.Local == "decimal" && b.Name.Local != "decimal" && fitsInt64(st) {
		return kindInt64
	}
	return kindString
}

// fitsInt64 reports whether bounds keep the values of an integer type within int64.
func fitsInt64(st *xsd.SimpleType) bool {
	bound := func(kinds ...string) bool {
		for _, k := range kinds {
			if f := st.Effective(k); f != nil {
				_, err := strconv.ParseInt(f.Value, 10, 64)
				return err == nil
			}
		}
		return false
	}
	low := bound("minInclusive", "minExclusive")
	switch st.BuiltinBase().Name.Local {
	case "nonNegativeInteger", "positiveInteger":
		low = true
	}
	high := bound("maxInclusive", "maxExclusive")
	switch st.BuiltinBase().Name.Local {
	case "nonPositiveInteger", "negativeInteger":
		high = true
	}
	return low && high
}

// zeroText is how the zero value of k would be written; empty text for a kind whose zero value is not on the wire.
func (k kind) zeroText() string {
	switch k {
	case kindBool:
		return "false"
	case kindDuration:
		return "PT0S"
	case kindString, kindBytes, kindTime, kindDate, kindList, kindName:
		return ""
	}
	return "0"
}

// scalar is how values of st are held.
func (s *shapes) scalar(st *xsd.SimpleType) *scalar {
	sc := &scalar{st: st, kind: kindOf(st), enum: s.enum(st), union: s.union(st)}
	if sc.kind == kindList {
		sc.item = s.scalar(st.Item)
	}
	sc.zero = s.set.Simple(st).Check(sc.kind.zeroText(), nil) == nil
	return sc
}

// enum is the enumeration that st takes its values from, or nil: the nearest step of its derivation that lists any.
func (s *shapes) enum(st *xsd.SimpleType) *enum {
	for t := st; t != nil && !t.Builtin; t, _ = t.Base.(*xsd.SimpleType) {
		if !name.Enumerates(t) {
			continue
		}
		if e := s.byEnum[t]; e != nil || s.names.Type(t) == "" {
			return e
		}
		k := kindOf(t)
		if k == kindBool || k >= kindFloat32 { // no constants, or none worth a type
			return nil
		}
		e := &enum{name: s.names.Type(t), st: t, kind: k}
		for _, f := range t.Enumeration() {
			c := constant{e.name + name.Suffix(f.Value), f}
			for n := 2; s.names.Scope.Has(c.name); n++ {
				c.name = e.name + name.Suffix(f.Value) + strconv.Itoa(n)
			}
			s.names.Scope.Take(c.name, fmt.Sprintf("the value %q of %s", f.Value, e.name), f.Pos)
			e.values = append(e.values, c)
		}
		s.byEnum[t] = e
		s.enums = append(s.enums, e)
		return e
	}
	return nil
}

// named is the Go type of its own that holds the value, or empty.
func (s *scalar) named() string {
	switch {
	case s.enum != nil:
		return s.enum.name
	case s.union != nil:
		return s.union.name
	}
	return ""
}

// goType is the Go type that holds the value.
func (s *scalar) goType() *jen.Statement {
	switch {
	case s.kind == kindList:
		return jen.Index().Add(s.item.goType())
	case s.named() != "":
		return jen.Id(s.named())
	}
	return s.kind.goType()
}

// goType is the Go type of a kind.
func (k kind) goType() *jen.Statement {
	switch k {
	case kindBool:
		return jen.Bool()
	case kindInt8:
		return jen.Int8()
	case kindInt16:
		return jen.Int16()
	case kindInt32:
		return jen.Int32()
	case kindInt64:
		return jen.Int64()
	case kindUint8:
		return jen.Uint8()
	case kindUint16:
		return jen.Uint16()
	case kindUint32:
		return jen.Uint32()
	case kindUint64:
		return jen.Uint64()
	case kindFloat32:
		return jen.Float32()
	case kindFloat64:
		return jen.Float64()
	case kindTime:
		return jen.Qual("time", "Time")
	case kindDate:
		return rt("xsdrun", "Date")
	case kindDuration:
		return rt("xsdrun", "Duration")
	case kindBytes:
		return jen.Index().Byte()
	case kindName:
		return rt("xmlstream", "Name")
	}
	return jen.String()
}

// verb is the family of Decoder and Encoder calls that read and write a kind, and the Go type those calls take and give.
func (k kind) verb() (verb string, wide kind) {
	switch k {
	case kindBool:
		return "Bool", k
	case kindInt8, kindInt16, kindInt32, kindInt64:
		return "Int", kindInt64
	case kindUint8, kindUint16, kindUint32, kindUint64:
		return "Uint", kindUint64
	case kindFloat32, kindFloat64:
		return "Float", kindFloat64
	case kindTime:
		return "Time", k
	case kindDate:
		return "Date", k
	case kindDuration:
		return "Duration", k
	case kindBytes:
		return "Bytes", k
	case kindList:
		return "List", k
	case kindName:
		return "NameValue", k
	}
	return "Text", kindString
}
