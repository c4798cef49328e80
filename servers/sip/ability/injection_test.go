package ability_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
)

// hostile are texts that would like to be more than the value they are given as.
var hostile = []string{
	"\r", "\n", "\r\n", "a\r\nVia: SIP/2.0/UDP evil", "a\n b", "a\r\n\r\nbody", "\x00", "a\x00b", "\t", " ", " a", "a ", "a b", "\x7f", "\u0085", "\u2028",
	"\xff", "\xc3(", "é", `"`, `a"b`, `"a"`, `\`, `a\`, `\"`, "'", ",", "a,b", ", <sip:evil@x>", ";", "a;b", ";evil=1", "a;tag=evil", "<", ">", "a>", "<sip:evil@x>",
	"(", ")", "(a", "a)", "*", "@", "a@b@c", "%", "%4", "%0d%0a", ":", "a:b", "[", "]", "[::1", "=", "a=b", "?", "?Via=evil", "/", "//", "#", "&", "SIP/2.0",
	"sip:evil", "Content-Length", "l", "0", "-1", "65536", "1.2.3", ";a=", `;a="`, ";;", ` realm="a", b`, `a="b`, "a=b,", "\ufeff", "a\u00a0", "",
}

// leaves calls visit for every text of a message that a program may set, and what it is called.
func leaves(v reflect.Value, path string, visit func(path string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			visit(path, v)
			return
		}
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				leaves(v.Field(i), path+"."+f.Name, visit)
			}
		}
	}
}

// whole makes a request or response in which every header field is there.
func whole(m maker, response bool) sip.Message {
	method := "INVITE"
	h := m.head(method)
	fillHead(m, reflect.ValueOf(&h).Elem())
	h.CSeq.Method = method
	if response {
		return &sip.Response{Version: "2.0", Status: 200, Reason: "OK", MessageHead: h}
	}
	return &sip.Request{Method: method, URI: uri.URI{Scheme: "sip", User: "a", Password: "b", Host: "c", Port: 5070, Params: ";d=e"}, Version: "2.0", MessageHead: h}
}

// fillHead gives what is empty in a head a value.
func fillHead(m maker, v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *header.Params:
		*x = ";to-tag=1;from-tag=2"
		return
	case *header.Arguments:
		*x = `realm="a", b=c`
		return
	case *uri.URI:
		*x = uri.URI{Scheme: "sip", User: "a", Host: "b", Params: ";c=d", Headers: "e=f"}
		return
	case *header.Fields:
		*x = header.Fields{{Name: "X-A", Value: "b"}}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("1")
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(101)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fillHead(m, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillHead(m, v.Field(i))
			}
		}
	}
}

func trimmed[T ~string](a, b T) bool {
	return strings.Trim(string(a), " \t") == strings.Trim(string(b), " \t")
}

// stands are the places where something else stands for an empty text.
var stands = map[string]bool{"request.Version": true, "response.Version": true, "response.Reason": true}

// TestInjectionAnywhere: a hostile text in any place of any message is refused with an error that names what is wrong, and leaves
// nothing behind; or it is read again as what it was, and everything else as it was.
func TestInjectionAnywhere(t *testing.T) {
	same := cmp.Options{
		cmpopts.IgnoreUnexported(sip.MessageHead{}), cmpopts.EquateEmpty(),
		// Spaces at the ends of a value are none of it: RFC 3261 section 7.3.1.
		cmp.Comparer(trimmed[string]), cmp.Comparer(trimmed[header.Params]), cmp.Comparer(trimmed[header.Arguments]),
	}
	m := maker{rand.New(rand.NewPCG(1, 2))}
	places := 0
	kinds := map[string]int{} // how often a part of that name has been seen
	for _, response := range []bool{false, true} {
		msg := whole(m, response)
		if out, err := msg.AppendMessage(nil); err != nil {
			t.Fatal(err)
		} else if back, err := sip.ParseMessage(out); err != nil || back.Validate() != nil || !cmp.Equal(msg, back, same) {
			t.Fatalf("%q is read as %v, %v:\n%s", out, err, back.Validate(), cmp.Diff(msg, back, same))
		}
		leaves(reflect.ValueOf(msg).Elem(), msg.MessageName(), func(path string, v reflect.Value) {
			places++
			before := reflect.New(v.Type()).Elem()
			before.Set(v)
			kind := path[strings.LastIndexByte(path[:strings.LastIndexByte(path, '.')], '.')+1:]
			kinds[kind]++
			for i, text := range hostile {
				if text == "" && stands[path] || kinds[kind] > 3 && (i+places)%8 != 0 {
					continue // a place like others gets an eighth of them
				}
				v.Set(reflect.ValueOf(text).Convert(v.Type()))
				inject(t, path, text, msg, same)
			}
			v.Set(before)
		})
	}
	if places < 200 {
		t.Errorf("%d places", places)
	}
}

// inject writes msg, which has text at path.
func inject(t *testing.T, path, text string, msg sip.Message, same cmp.Options) {
	t.Helper()
	out, err := msg.AppendMessage([]byte("before"))
	var refused *header.WriteError
	var wrong *uri.WriteError
	switch {
	case err != nil && string(out) != "before":
		t.Errorf("%s = %q: refused with %v and left behind %q", path, text, err, out)
	case err != nil && !errors.As(err, &refused) && !errors.As(err, &wrong):
		t.Errorf("%s = %q: refused with %T: %v", path, text, err, err)
	case err != nil:
	default:
		back, err := sip.ParseMessage(out[len("before"):])
		if err != nil {
			t.Errorf("%s = %q: written as %q: %v", path, text, out, err)
		} else if reflect.DeepEqual(msg, back) {
			return // most are: what follows takes long
		} else if diff := cmp.Diff(msg, back, same); diff != "" {
			t.Errorf("%s = %q: read as\n%s", path, text, diff)
		}
	}
}
