package interpreter

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/gen/load"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
)

// specified is the interpreter of the SIP that is specified, and its model with the names of what is emitted.
func specified(t testing.TB) (*Headers, *model.Protocol) {
	t.Helper()
	r, found := load.Load("../../specs/sip", load.Options{})
	if found.HasErrors() {
		t.Fatal(found)
	}
	if found := name.Assign(r.Protocol, r.Schemas); found.HasErrors() {
		t.Fatal(found)
	}
	h, err := NewHeaders(r.Protocol)
	if err != nil {
		t.Fatal(err)
	}
	return h, r.Protocol
}

// same reports where what is emitted and what is interpreted differ about one message: in its values, the fields that could not be
// read, the verdict, the octets that are written.
func same(t *testing.T, emitted sip.Message, interpreted *Message) {
	t.Helper()
	fields := append(append([]*model.Field{}, interpreted.Model.Fields...), interpreted.Model.Head.Fields...)
	values := valuesOf(fields, reflect.ValueOf(emitted).Elem())
	interpreted.h.NewMessage(interpreted.Model, values) // which unpacks them
	if diff := cmp.Diff(plain(values), plain(interpreted.Values)); diff != "" {
		t.Errorf("values: -emitted +interpreted:\n%s", diff)
	}
	if diff := cmp.Diff(faults(emitted.Validate()), faults(interpreted.Validate())); diff != "" {
		t.Errorf("verdict: -emitted +interpreted:\n%s", diff)
	}
	a, errA := emitted.AppendMessage(nil)
	b, errB := interpreted.Append(nil)
	if string(a) != string(b) || errText(errA) != errText(errB) {
		t.Errorf("written:\n%q, %v\n%q, %v", a, errA, b, errB)
	}
}

func faults(err error) []header.Fault {
	invalid, ok := errors.AsType[*header.ValidationError](err)
	if !ok {
		return nil
	}
	return invalid.Faults
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// read reads data both ways.
func read(t *testing.T, h *Headers, data []byte) {
	t.Helper()
	emitted, errA := sip.ParseMessage(data)
	interpreted, errB := h.Decode(data)
	if errText(errA) != errText(errB) {
		t.Fatalf("emitted: %v, interpreted: %v", errA, errB)
	}
	if errA != nil {
		return
	}
	if emitted.MessageName() != interpreted.Model.Name {
		t.Fatalf("emitted: %s, interpreted: %s", emitted.MessageName(), interpreted.Model.Name)
	}
	same(t, emitted, interpreted)
}

// TestOwnCorpus: what is emitted agrees with what is specified about the messages of testdata/sip.
func TestOwnCorpus(t *testing.T) {
	corpus(t, "../../testdata/sip/*.sip")
}

// TestTorture does the same with those of RFC 4475, where the suite is there.
func TestTorture(t *testing.T) {
	if _, err := os.Stat("../../../shared/torture"); err != nil {
		t.Skip("skipping RFC 4475: the torture suite is not beside the repository")
	}
	corpus(t, "../../../shared/torture/*/*")
}

func corpus(t *testing.T, pattern string) {
	h, _ := specified(t)
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			read(t, h, data)
		})
	}
}

// TestMade: about messages that a program makes, right ones and wrong ones, both agree: on the verdict, on the octets or the error,
// and on what is read of the octets.
func TestMade(t *testing.T) {
	h, p := specified(t)
	written := 0
	for seed := range uint64(300) {
		m := maker{rand.New(rand.NewPCG(seed, 0)), seed%3 > 0}
		var emitted sip.Message = new(sip.Request)
		if seed%2 == 0 {
			emitted = new(sip.Response)
		}
		m.fill(reflect.ValueOf(emitted).Elem())
		i := 0
		for p.Messages[i].Name != emitted.MessageName() {
			i++
		}
		fields := append(append([]*model.Field{}, p.Messages[i].Fields...), p.Messages[i].Head.Fields...)
		same(t, emitted, h.NewMessage(p.Messages[i], valuesOf(fields, reflect.ValueOf(emitted).Elem())))
		if out, err := emitted.AppendMessage(nil); err == nil {
			written++
			read(t, h, out)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if written < 50 {
		t.Errorf("only %d messages could be written", written)
	}
}

// TestMutated: about the examples of the specification with some octets changed, both agree.
func TestMutated(t *testing.T) {
	h, p := specified(t)
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 500 {
		data := []byte(p.Messages[n%len(p.Messages)].Examples[0].Text)
		for range 1 + r.IntN(6) {
			const octets = "\r\n\t :;,<>\"a0\x00\xff"
			data[r.IntN(len(data))] = octets[r.IntN(len(octets))]
		}
		if read(t, h, data); t.Failed() {
			t.Fatalf("%q", data)
		}
	}
}

// FuzzHeaders: whatever comes, both agree.
func FuzzHeaders(f *testing.F) {
	h, p := specified(f)
	for _, m := range p.Messages {
		for _, x := range m.Examples {
			f.Add([]byte(x.Text))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { read(t, h, data) })
}
