package line_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/line"
)

// The tokens of the tests.
var (
	name    = line.Token{Name: "name", Class: line.Class{}.Range('a', 'z').Range('-', '-'), Min: 1, Max: 5}
	version = line.Token{Name: "version", Class: line.Class{}.Range('0', '9').Range('.', '.'), Match: regexp.MustCompile(`\A[0-9]+\.[0-9]+\z`)}
)

// note is a message of words: "NOTE {name} {number}: {text}".
type note struct {
	name, text string
	number     int64
}

func (m *note) read(r *line.Reader) bool {
	r.Spaces()
	m.name = r.Word("name", &name)
	r.Literal(" ")
	m.number = r.Int("number", -9, 10)
	r.Literal(": ")
	m.text = r.Word("text", &line.Any)
	return r.End()
}

func (m *note) append(b []byte) ([]byte, error) {
	w := line.NewWriter("note", b)
	w.Literal("NOTE ")
	w.Word("name", &name, m.name)
	w.Literal(" ")
	w.Int("number", -9, 10, m.number)
	w.Literal(": ")
	w.Word("text", &line.Any, m.text)
	return w.Finish()
}

// setup is a message of parameters: "SETUP {*}".
type setup struct {
	Names, Texts []string
	Version      string
	Number       int64
}

func (m *setup) read(r *line.Reader) bool {
	for r.Parameter("; ", "=") {
		switch string(r.Key()) {
		case "NAME":
			m.Names = r.Words("names", &name, ",", m.Names)
		case "TEXT":
			m.Texts = r.Words("texts", &line.Any, "--", m.Texts)
		case "VERSION":
			m.Version = r.Word("version", &version)
		case "NUMBER":
			m.Number = r.Number("number")
		default:
			r.Stray()
		}
	}
	r.Need("names", len(m.Names) > 0)
	return r.End()
}

func (m *setup) append(b []byte) ([]byte, error) {
	w := line.NewWriter("setup", b)
	w.Literal("SETUP ")
	w.Parameters("; ", "=")
	w.Key("NAME")
	w.Values("names", &name, ",", m.Names)
	if len(m.Texts) > 0 {
		w.Key("TEXT")
		w.Values("texts", &line.Any, "--", m.Texts)
	}
	if m.Version != "" {
		w.Key("VERSION")
		w.Value("version", &version, m.Version)
	}
	w.Key("NUMBER")
	w.Number("number", m.Number)
	return w.Finish()
}

// decode reads a line as one of the messages.
func decode(text string) (m any, err *line.Error) {
	r := line.NewReader([]byte(text))
	if r.Begin("note", "NOTE ") {
		if m := new(note); m.read(&r) {
			return m, nil
		}
	}
	if r.Begin("noteless", "NOTE") && r.End() {
		return "noteless", nil
	}
	if r.Begin("setup", "SETUP ") {
		if m := new(setup); m.read(&r) {
			return m, nil
		}
	}
	return nil, r.Err()
}

func TestReader(t *testing.T) {
	for _, test := range []struct {
		text string
		want any
	}{
		{"NOTE abc 7: hello, world", &note{"abc", "hello, world", 7}},
		{"NOTE   a-b -9: \xff", &note{"a-b", "\xff", -9}},
		{"NOTE", "noteless"},
		{"SETUP NAME=a", &setup{Names: []string{"a"}}},
		{"SETUP NAME=a,b; VERSION=1.2; NAME=c; NUMBER=-3; ", &setup{Names: []string{"a", "b", "c"}, Version: "1.2", Number: -3}},
		{"SETUP NAME=,a,,b,", &setup{Names: []string{"a", "b"}}},
		{"SETUP NUMBER=9007199254740992; NAME=z; TEXT=x=y--;", &setup{Names: []string{"z"}, Texts: []string{"x=y", ";"}, Number: 1 << 53}},
		{"SETUP VERSION=1.2; VERSION=3.4; NAME=a", &setup{Names: []string{"a"}, Version: "3.4"}},

		{"", &line.Error{Fault: line.Strange}},
		{"note a 1: x", &line.Error{Fault: line.Strange}},
		{"NOTED", &line.Error{Message: "noteless", Fault: line.Unexpected, Offset: 4}},
		{"NOTE ", &line.Error{Message: "note", Field: "name", Fault: line.TooShort, Offset: 5}},
		{"NOTE A 1: x", &line.Error{Message: "note", Field: "name", Fault: line.BadOctet, Offset: 5}},
		{"NOTE abcdef 1: x", &line.Error{Message: "note", Field: "name", Fault: line.TooLong, Offset: 5}},
		{"NOTE abc:1: x", &line.Error{Message: "note", Field: "name", Fault: line.BadOctet, Offset: 8}},
		{"NOTE abc 11: x", &line.Error{Message: "note", Field: "number", Fault: line.BadNumber, Offset: 9}},
		{"NOTE abc 007: x", &line.Error{Message: "note", Field: "number", Fault: line.BadNumber, Offset: 9}},
		{"NOTE abc -: x", &line.Error{Message: "note", Field: "number", Fault: line.BadNumber, Offset: 9}},
		{"NOTE abc 1: ", &line.Error{Message: "note", Field: "text", Fault: line.TooShort, Offset: 12}},
		{"NOTE abc 1: a\nb", &line.Error{Message: "note", Field: "text", Fault: line.BadOctet, Offset: 13}},
		{"SETUP ", &line.Error{Message: "setup", Field: "names", Fault: line.Missing, Offset: 6}},
		{"SETUP NAME=", &line.Error{Message: "setup", Field: "names", Fault: line.TooShort, Offset: 11}},
		{"SETUP NAME=,", &line.Error{Message: "setup", Field: "names", Fault: line.TooShort, Offset: 12}},
		{"SETUP NAME=a;b", &line.Error{Message: "setup", Field: "names", Fault: line.BadOctet, Offset: 12}},
		{"SETUP NAME=a; ; VERSION=1.2", &line.Error{Message: "setup", Fault: line.UnknownKey, Offset: 14}},
		{"SETUP VERSION=1.2", &line.Error{Message: "setup", Field: "names", Fault: line.Missing, Offset: 17}},
		{"SETUP VERSION=12; NAME=a", &line.Error{Message: "setup", Field: "version", Fault: line.BadForm, Offset: 14}},
		{"SETUP NUMBER=1x; NAME=a", &line.Error{Message: "setup", Field: "number", Fault: line.BadOctet, Offset: 14}},
		{"SETUP NUMBER=; NAME=a", &line.Error{Message: "setup", Field: "number", Fault: line.BadNumber, Offset: 13}},
		{"SETUP NUMBER=9007199254740993; NAME=a", &line.Error{Message: "setup", Field: "number", Fault: line.BadNumber, Offset: 13}},
		{"SETUP NAME=a; COLOR=red", &line.Error{Message: "setup", Fault: line.UnknownKey, Offset: 14}},
	} {
		got, err := decode(test.text)
		var result any = err
		if err == nil {
			result = got
		}
		if diff := cmp.Diff(test.want, result, cmp.AllowUnexported(note{})); diff != "" {
			t.Errorf("%q:\n%s", test.text, diff)
		}
	}
}

func TestWriter(t *testing.T) {
	type message interface {
		append(b []byte) ([]byte, error)
	}
	for _, test := range []struct {
		m    message
		want string
		err  *line.Error
	}{
		{m: &note{"abc", "hello", 7}, want: "NOTE abc 7: hello"},
		{m: &setup{Names: []string{"a", "b"}, Version: "1.0"}, want: "SETUP NAME=a,b; VERSION=1.0; NUMBER=0"},

		{m: &note{"", "x", 0}, err: &line.Error{Message: "note", Field: "name", Fault: line.TooShort, Offset: 5}},
		{m: &note{"a 1: x", "x", 0}, err: &line.Error{Message: "note", Field: "name", Fault: line.BadOctet, Offset: 5}},
		{m: &note{"abcdef", "x", 0}, err: &line.Error{Message: "note", Field: "name", Fault: line.TooLong, Offset: 5}},
		{m: &note{"a", "x", 11}, err: &line.Error{Message: "note", Field: "number", Fault: line.BadNumber, Offset: 7}},
		{m: &note{"a", "x\r\nNOTE b 1: y", 0}, err: &line.Error{Message: "note", Field: "text", Fault: line.BadOctet, Offset: 10}},
		{m: &setup{}, err: &line.Error{Message: "setup", Field: "names", Fault: line.Missing, Offset: 11}},
		{m: &setup{Names: []string{"a,b"}}, err: &line.Error{Message: "setup", Field: "names", Fault: line.BadOctet, Offset: 11}},
		{m: &setup{Names: []string{"a", ""}}, err: &line.Error{Message: "setup", Field: "names", Fault: line.TooShort, Offset: 13}},
		{m: &setup{Names: []string{"a"}, Version: "1"}, err: &line.Error{Message: "setup", Field: "version", Fault: line.BadForm, Offset: 22}},
		// What would end the value, alone or with what follows it.
		{m: &setup{Names: []string{"a"}, Texts: []string{"x; NAME=b"}}, err: &line.Error{Message: "setup", Field: "texts", Fault: line.BadOctet, Offset: 19}},
		{m: &setup{Names: []string{"a"}, Texts: []string{"x;"}}, err: &line.Error{Message: "setup", Field: "texts", Fault: line.BadOctet, Offset: 19}},
		{m: &setup{Names: []string{"a"}, Texts: []string{"x-"}}, err: &line.Error{Message: "setup", Field: "texts", Fault: line.BadOctet, Offset: 19}},
		{m: &setup{Names: []string{"a"}, Texts: []string{"x--y"}}, err: &line.Error{Message: "setup", Field: "texts", Fault: line.BadOctet, Offset: 19}},
	} {
		got, err := test.m.append([]byte("before "))
		if string(got) != "before "+test.want {
			t.Errorf("%+v: got %q", test.m, got)
		}
		var failed *line.Error
		errors.As(err, &failed)
		if diff := cmp.Diff(test.err, failed); diff != "" {
			t.Errorf("%+v:\n%s", test.m, diff)
		}
	}
}

func TestError(t *testing.T) {
	err := error(&line.Error{Message: "note", Field: "name", Fault: line.TooShort, Offset: 5})
	if got := err.Error(); got != "note: name: too short, at octet 5" {
		t.Error(got)
	}
	if got := (&line.Error{Fault: line.Strange}).Error(); got != "no message begins like this, at octet 0" {
		t.Error(got)
	}
	if !errors.Is(err, &line.Error{Fault: line.TooShort}) || errors.Is(err, &line.Error{Fault: line.TooLong}) {
		t.Error("errors.Is does not look at the fault")
	}
	if got := line.Fault(99).String(); got != "Fault(99)" {
		t.Error(got)
	}
}

// TestNoAllocations: a line that is no message costs its error, a message its words.
func TestNoAllocations(t *testing.T) {
	buf := make([]byte, 0, 64)
	m := &note{"abc", "hello", 7}
	if n := testing.AllocsPerRun(100, func() { buf, _ = m.append(buf[:0]) }); n != 0 {
		t.Errorf("writing allocates %v times", n)
	}
	text := []byte("NOTE abc 7: hello")
	var read note
	if n := testing.AllocsPerRun(100, func() {
		r := line.NewReader(text)
		if !r.Begin("note", "NOTE ") || !read.read(&r) {
			t.Fatal("not read")
		}
	}); n > 2 {
		t.Errorf("reading two words allocates %v times", n)
	}
}

// FuzzInjection: whatever the fields hold, what is written is read as the same message, or nothing is written.
func FuzzInjection(f *testing.F) {
	f.Add("abc", int64(7), "hello", "x,y")
	f.Add("a", int64(0), "x; NAME=b", "-,--,;")
	f.Add("a\r", int64(99), "\n", "")
	f.Fuzz(func(t *testing.T, word string, number int64, text, list string) {
		n := &note{word, text, number}
		if b, err := n.append(nil); err == nil {
			if got, err := decode(string(b)); err != nil || *got.(*note) != *n {
				t.Errorf("%q is %+v, %v", b, got, err)
			}
		}
		s := &setup{Names: []string{word}, Texts: slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" }), Number: number}
		if b, err := s.append(nil); err == nil {
			got, err := decode(string(b))
			if err != nil || !slices.Equal(got.(*setup).Names, s.Names) || !slices.Equal(got.(*setup).Texts, s.Texts) || got.(*setup).Number != number {
				t.Errorf("%q is %+v, %v", b, got, err)
			}
		}
	})
}

// FuzzReader: any line is read or refused, and the fault lies within it.
func FuzzReader(f *testing.F) {
	f.Add("NOTE abc 7: hello")
	f.Add("SETUP NAME=a,b; VERSION=1.2; TEXT=--x; ")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := decode(text); err != nil && (err.Offset < 0 || err.Offset > len(text) || err.Fault == 0) {
			t.Errorf("%q: %+v", text, err)
		}
	})
}
