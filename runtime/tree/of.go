package tree

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A Marshaler is a Go value that knows what it is as a Value.
type Marshaler interface {
	MarshalTree() (Value, error)
}

// Of returns the Value of a Go value:
//
//   - nil and nil pointers, slices and maps are undef;
//   - booleans, integers and floating-point numbers are those; strings are what [String] makes of them;
//   - []byte is octets; other slices and arrays are lists;
//   - maps with keys of a string or integer type are maps, keys sorted;
//   - structs are maps of their exported fields in order: `tree:"name"` gives the key, `tree:"name,omitempty"` leaves out a zero value,
//     `tree:"-"` leaves out the field, an embedded struct without a name adds its fields;
//   - pointers and interfaces are what they hold; a Value is itself; a [Marshaler] or an [encoding.TextMarshaler] is asked.
//
// Functions, channels and complex numbers have no Value, nor has what is nested over [DefaultMaxDepth] levels deep or has over
// [DefaultMaxElements] elements, fields and pairs, each counted as often as it is referred to. The error names the path.
func Of(x any) (Value, error) {
	switch x := x.(type) {
	case nil:
		return Value{}, nil
	case Value:
		return x, nil
	case string:
		return String(x), nil
	case int:
		return Int(int64(x)), nil
	}
	v, err := new(conversion).of(reflect.ValueOf(x), 0)
	if err != nil {
		return Value{}, fmt.Errorf("tree: %w", err)
	}
	return v, nil
}

var (
	valueType           = reflect.TypeFor[Value]()
	marshalerType       = reflect.TypeFor[Marshaler]()
	textMarshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
	unmarshalerType     = reflect.TypeFor[Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (c *conversion) of(x reflect.Value, depth int) (Value, error) {
	if depth > DefaultMaxDepth {
		return Value{}, fmt.Errorf("over %d levels", DefaultMaxDepth)
	}
	if v, done, err := ofMarshaler(x); done {
		return v, err
	}
	switch x.Kind() {
	case reflect.Bool:
		return Bool(x.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Int(x.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return Uint(x.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return Float(x.Float()), nil
	case reflect.String:
		return String(x.String()), nil
	case reflect.Pointer, reflect.Interface:
		if x.IsNil() {
			return Value{}, nil
		}
		return c.of(x.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		return c.ofList(x, depth)
	case reflect.Map:
		return c.ofMap(x, depth)
	case reflect.Struct:
		m := new(Map)
		err := c.addFields(m, x, depth)
		return m.Value(), err
	}
	return Value{}, fmt.Errorf("%v has no value", x.Type())
}

// ofMarshaler asks those that know.
func ofMarshaler(x reflect.Value) (v Value, done bool, err error) {
	t := x.Type()
	nilPointer := t.Kind() == reflect.Pointer && x.IsNil()
	switch {
	case t == valueType:
		return x.Interface().(Value), true, nil
	case nilPointer || t.Kind() == reflect.Interface:
		return Value{}, false, nil
	case t.Implements(marshalerType):
		v, err = x.Interface().(Marshaler).MarshalTree()
		return v, true, err
	case t.Implements(textMarshalerType):
		text, err := x.Interface().(encoding.TextMarshaler).MarshalText()
		return String(string(text)), true, err
	}
	return Value{}, false, nil
}

func (c *conversion) ofList(x reflect.Value, depth int) (Value, error) {
	if x.Kind() == reflect.Slice && x.IsNil() {
		return Value{}, nil
	}
	if x.Kind() == reflect.Slice && x.Type().Elem().Kind() == reflect.Uint8 {
		return Bytes(x.Bytes()), nil
	}
	if err := c.charge(x.Len()); err != nil {
		return Value{}, err
	}
	slots := make([]Value, x.Len())
	for i := range slots {
		v, err := c.of(x.Index(i), depth+1)
		if err != nil {
			return Value{}, fmt.Errorf("[%d]: %w", i, err)
		}
		slots[i] = v.look()
	}
	return ListOf(slots...), nil
}

func (c *conversion) ofMap(x reflect.Value, depth int) (Value, error) {
	if x.IsNil() {
		return Value{}, nil
	}
	if err := c.charge(x.Len()); err != nil {
		return Value{}, err
	}
	entries := make([]Entry, 0, x.Len())
	for pairs := x.MapRange(); pairs.Next(); {
		key, err := c.of(pairs.Key(), depth+1)
		name, ok := key.Str()
		if err != nil || !ok {
			return Value{}, fmt.Errorf("%v is no type of key", x.Type().Key())
		}
		v, err := c.of(pairs.Value(), depth+1)
		if err != nil {
			return Value{}, fmt.Errorf("%s: %w", name, err)
		}
		entries = append(entries, Pair(name, v))
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Key.Name, b.Key.Name) })
	return MapOf(entries...), nil
}

// addFields sets the fields of a struct.
func (c *conversion) addFields(m *Map, x reflect.Value, depth int) error {
	t := x.Type()
	if err := c.charge(t.NumField()); err != nil {
		return err
	}
	for i := range t.NumField() {
		f := fieldOf(t.Field(i))
		switch {
		case f.inline && x.Field(i).Kind() == reflect.Struct:
			if err := c.addFields(m, x.Field(i), depth); err != nil {
				return err
			}
			continue
		case f.name == "" || f.omitEmpty && x.Field(i).IsZero():
			continue
		}
		v, err := c.of(x.Field(i), depth+1)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		m.Set(f.name, v)
	}
	return nil
}

// A field is what the tag of a struct's field says.
type field struct {
	name      string // the key; empty if the field has none
	omitEmpty bool
	inline    bool // an embedded struct whose fields belong to the outer one
}

func fieldOf(f reflect.StructField) field {
	tag, tagged := f.Tag.Lookup("tree")
	name, option, _ := strings.Cut(tag, ",")
	switch {
	case tag == "-" || !f.IsExported() && !f.Anonymous:
		return field{}
	case f.Anonymous && !tagged:
		return field{inline: f.Type.Kind() == reflect.Struct, name: ""}
	case name == "":
		name = f.Name
	}
	return field{name: name, omitEmpty: option == "omitempty"}
}
