package interpreter

import (
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
)

// valuesOf are the values of an emitted struct by the names that the specification gives them, what is zero left out.
func valuesOf(fields []*model.Field, v reflect.Value) map[string]any {
	values := map[string]any{}
	for _, f := range fields {
		if at := v.FieldByName(f.Go); at.IsValid() && !at.IsZero() {
			if x := valueOf(f, at); x != nil {
				values[f.Name] = x
			}
		}
	}
	return values
}

func valueOf(f *model.Field, v reflect.Value) any {
	switch x := v.Interface().(type) {
	case time.Time, header.Fields, []byte:
		return x
	case uri.URI:
		return ofURI(f.Named, &x)
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(v.Uint())
	case reflect.Slice:
		var list []any
		for i := range v.Len() {
			list = append(list, valueOf(f, v.Index(i)))
		}
		return list
	}
	if present := v.FieldByName("Present"); present.IsValid() {
		if present.Bool() {
			return valueOf(f, v.FieldByName("Value"))
		}
		return nil
	}
	return valuesOf(f.Named.Fields, v)
}

// plain is v without what is empty.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for key, x := range v {
			if x = plain(x); !isZero(x) {
				m[key] = x
			}
		}
		if len(m) == 0 {
			return nil
		}
		return m
	case []any:
		if len(v) == 0 {
			return nil
		}
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	}
	if x := reflect.ValueOf(v); x.IsValid() && x.Kind() == reflect.Slice && x.Len() == 0 {
		return nil
	}
	return v
}

// maker fills emitted structs with what is likely to be right, and now and then with what is not.
type maker struct {
	*rand.Rand
	hostile bool
}

var (
	fine    = []string{"a", "Z9", "0.5", "1", "z9hG4bK7", "a.example", "192.0.2.1", "[2001:db8::1]", "x@y", "uac", "sip", "tel", ";a=b;tag=1", `;q=0.5;x="a,b"`, "SIP", "2.0", "REGISTER"}
	hostile = []string{
		"", " ", "\t", " a", "a ", "\r", "\n", "\r\n", "a\r\nVia: x", "a\n b", "\x00", "a\x7f", "\xff", "\xc3\x28", "é", "\u2028", "\"", `a"b`, `"a"`, `\`, `a\`, ",", "a,b", ";", "a;b",
		"<", ">", "<a>", "(", ")", "(a", "*", "@", "a@b@c", "%", "%41", "%4", ":", "a:b", "[", "]", "[::1", "=", "a=b", "?", "/", " ;a", ";", ";;", ";a=", `;a="`, `a="b, c=d`, "a=b, ", "007", "1.2.3", "65536",
		"To", "Content-Length", "l", ";tag", ";q=2", ";expires=+1", ";expires=4294967296", "\ufeffa", "a\u00a0",
	}
)

func (m maker) text() string {
	if m.hostile && m.IntN(8) == 0 {
		return hostile[m.IntN(len(hostile))]
	}
	if m.hostile || m.IntN(20) == 0 {
		return fine[m.IntN(len(fine))]
	}
	return "1" // which may stand nearly everywhere
}

// fill sets every field of v that can be set, or leaves it as it is.
func (m maker) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(m.Int64N(4e9), 0).UTC()))
		return
	case uri.URI:
		m.fillURI(v)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(m.text())
		if _, params := v.Interface().(header.Params); params && !m.hostile {
			v.SetString([]string{"", ";a=b;tag=1", ";q=0.5", ";to-tag=1;from-tag=2"}[m.IntN(4)])
		}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint([]uint64{0, 1, 42, 200, 65535, 1 << 31}[m.IntN(6)] & (1<<v.Type().Bits() - 1))
	case reflect.Bool:
		v.SetBool(m.IntN(2) == 0)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), m.IntN(3), 3))
		for i := range v.Len() {
			m.fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() && (v.NumField() < 20 && !m.hostile || m.IntN(4) > 0) {
				m.fill(v.Field(i))
			}
		}
	}
}

func (m maker) fillURI(v reflect.Value) {
	u, err := uri.Parse([]string{"sip:a@b", "sips:b:5061;lr?x=y", "tel:+1-2;ext=3", "http://x/?y", "sip:[2001:db8::1]"}[m.IntN(5)])
	if err == nil {
		v.Set(reflect.ValueOf(u))
	}
	if m.hostile && m.IntN(4) == 0 {
		m.fill(v.Field(m.IntN(v.NumField())))
	}
}
