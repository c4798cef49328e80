package tree

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
)

// An Unmarshaler is a Go value that sets itself from a Value. UnmarshalTree is a method of the pointer.
type Unmarshaler interface {
	UnmarshalTree(v Value) error
}

// As returns v as a Go value of type T, as [Convert] does.
func As[T any](v Value) (T, error) {
	var x T
	err := new(conversion).convert(v.look(), reflect.ValueOf(&x).Elem(), 0)
	if err != nil {
		err = fmt.Errorf("tree: %w", err)
	}
	return x, err
}

// Convert returns v as a Go value of type t, the way back of [Of], with the tolerance of Perl: numbers are taken from strings and strings from numbers,
// any value from a reference to a scalar of it, a boolean from anything ([Value.Truth]). Undef is the zero value. Keys a struct has
// no field for are left out. Into an interface without methods go bool, int64, uint64, float64, string, []any, map[string]any and nil. What
// does not fit is an error that names the path; so is what is nested over [DefaultMaxDepth] levels deep, or has over [DefaultMaxElements]
// elements and pairs, each counted as often as it is shared: Go values share nothing, and a short image can hold what is very large then.
func Convert(v Value, t reflect.Type) (reflect.Value, error) {
	x := reflect.New(t).Elem()
	err := new(conversion).convert(v.look(), x, 0)
	if err != nil {
		err = fmt.Errorf("tree: %w", err)
	}
	return x, err
}

var (
	errDepth = errors.New("too deep")
	errMany  = fmt.Errorf("over %d elements", DefaultMaxElements)
)

// A conversion counts the elements and pairs it has come to.
type conversion struct{ many int }

// charge counts n more.
func (c *conversion) charge(n int) error {
	if c.many += n; c.many > DefaultMaxElements {
		return errMany
	}
	return nil
}

// convert sets x, which is a zero value, from v.
func (c *conversion) convert(v Value, x reflect.Value, depth int) error {
	if depth > DefaultMaxDepth {
		return errDepth
	}
	if done, err := convertSelf(v, x); done {
		return err
	}
	switch {
	case v.own() == KindUndef:
		return nil
	case x.Kind() == reflect.Interface && x.NumMethod() == 0:
		plain, err := c.plain(v, depth)
		if err == nil && plain != nil {
			x.Set(reflect.ValueOf(plain))
		}
		return err
	case x.Kind() == reflect.Pointer:
		x.Set(reflect.New(x.Type().Elem()))
		return c.convert(v, x.Elem(), depth+1)
	case v.own() == KindRef:
		return c.convert(v.Ref().Value(), x, depth+1)
	}
	switch x.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		return c.convertMany(v, x, depth)
	}
	return convertOne(v, x)
}

// convertSelf asks those that know.
func convertSelf(v Value, x reflect.Value) (done bool, err error) {
	t := x.Type()
	if t == valueType {
		x.Set(reflect.ValueOf(v))
		return true, nil
	}
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return false, nil
	}
	switch p := reflect.PointerTo(t); {
	case p.Implements(unmarshalerType):
		return true, x.Addr().Interface().(Unmarshaler).UnmarshalTree(v)
	case p.Implements(textUnmarshalerType):
		s, ok := v.Str()
		if !ok {
			return true, misfit(v, t)
		}
		return true, x.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s))
	}
	return false, nil
}

func misfit(v Value, t reflect.Type) error { return fmt.Errorf("%v is no %v", v.own(), t) }

// convertOne sets a boolean, a number or a string.
func convertOne(v Value, x reflect.Value) error {
	ok := false
	switch x.Kind() {
	case reflect.Bool:
		x.SetBool(v.Truth())
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var i int64
		if i, ok = v.Int(); ok && !x.OverflowInt(i) {
			x.SetInt(i)
			return nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		var u uint64
		if u, ok = v.Uint(); ok && !x.OverflowUint(u) {
			x.SetUint(u)
			return nil
		}
	case reflect.Float32, reflect.Float64:
		var f float64
		if f, ok = v.Float(); ok && !x.OverflowFloat(f) {
			x.SetFloat(f)
			return nil
		}
	case reflect.String:
		var s string
		if s, ok = v.Str(); ok {
			x.SetString(s)
			return nil
		}
	}
	if ok {
		return fmt.Errorf("%v is out of the range of %v", v, x.Type())
	}
	return misfit(v, x.Type())
}

// convertMany sets a slice, an array, a map or a struct.
func (c *conversion) convertMany(v Value, x reflect.Value, depth int) error {
	if err := c.charge(v.List().Len() + v.Map().Len()); err != nil {
		return err
	}
	switch {
	case x.Kind() == reflect.Slice && x.Type().Elem().Kind() == reflect.Uint8 && v.own() != KindList:
		octets, ok := v.Octets()
		if !ok {
			return misfit(v, x.Type())
		}
		x.SetBytes([]byte(octets))
		return nil
	case x.Kind() == reflect.Map && v.own() == KindMap:
		return c.convertMap(v.Map(), x, depth)
	case x.Kind() == reflect.Struct && v.own() == KindMap:
		return c.convertFields(v.Map(), x, depth)
	case x.Kind() == reflect.Slice && v.own() == KindList:
		x.Set(reflect.MakeSlice(x.Type(), v.List().Len(), v.List().Len()))
	case x.Kind() == reflect.Array && v.own() == KindList:
		if v.List().Len() != x.Len() {
			return fmt.Errorf("list of %d is no %v", v.List().Len(), x.Type())
		}
	default:
		return misfit(v, x.Type())
	}
	for i, element := range v.List().All() {
		if err := c.convert(element, x.Index(i), depth+1); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func (c *conversion) convertMap(m *Map, x reflect.Value, depth int) error {
	t := x.Type()
	x.Set(reflect.MakeMapWithSize(t, m.Len()))
	for k, v := range m.All() {
		key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		if err := convertOne(Text(k.Name), key); err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
		if err := c.convert(v, value, depth+1); err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
		x.SetMapIndex(key, value)
	}
	return nil
}

func (c *conversion) convertFields(m *Map, x reflect.Value, depth int) error {
	t := x.Type()
	for i := range t.NumField() {
		f := fieldOf(t.Field(i))
		if f.inline {
			if err := c.convertFields(m, x.Field(i), depth); err != nil {
				return err
			}
			continue
		}
		v, ok := m.Get(f.name)
		if f.name == "" || !ok {
			continue
		}
		if err := c.convert(v, x.Field(i), depth+1); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// plain returns what goes into an interface without methods.
func (c *conversion) plain(v Value, depth int) (any, error) {
	switch v.own() {
	case KindBool:
		return v.num != 0, nil
	case KindInt:
		return int64(v.num), nil
	case KindUint:
		return v.num, nil
	case KindFloat:
		f, _ := v.Float()
		return f, nil
	case KindBytes, KindText:
		return v.raw(), nil
	case KindList:
		var list []any
		err := c.convert(v, reflect.ValueOf(&list).Elem(), depth)
		return list, err
	case KindMap:
		var pairs map[string]any
		err := c.convert(v, reflect.ValueOf(&pairs).Elem(), depth)
		return pairs, err
	case KindRef:
		var inner any
		err := c.convert(v.Ref().Value(), reflect.ValueOf(&inner).Elem(), depth+1)
		return inner, err
	}
	return nil, nil
}
