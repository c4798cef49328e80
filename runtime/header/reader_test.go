package header_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/header"
)

// The numbers of the fields that these tests know.
const (
	fieldTag = iota + 1
	fieldSubject
	fieldNumber
	fieldDate
	fieldProof
	fieldLength
)

var names = header.NewNames(
	header.Name{Field: fieldTag, Name: "Tag", Short: "t"},
	header.Name{Field: fieldSubject, Name: "Subject"},
	header.Name{Field: fieldNumber, Name: "Number"},
	header.Name{Field: fieldDate, Name: "Date"},
	header.Name{Field: fieldProof, Name: "Proof"},
	header.Name{Field: fieldLength, Name: "Length", Short: "l"},
)

// message is what these tests read.
type message struct {
	Start   string
	Tags    []string
	Subject string
	Number  header.Optional[uint8]
	Proofs  []string
	Others  header.Fields
	Body    string
	Faults  []string // "line:column field rule code"
	Broken  header.Fields
}

// parse reads a message as emitted code does.
func parse(r *header.Reader, data []byte) (*message, error) {
	if err := r.Reset(data); err != nil {
		return nil, err
	}
	m := &message{}
	m.Start = r.Start().Text()
	r.StartDone()
	for r.Next(names) {
		switch r.Field() {
		case fieldTag:
			m.Tags = header.List(r, "Tag", m.Tags, header.ReadToken)
		case fieldSubject:
			header.One(r, "Subject", &m.Subject, header.ReadText)
		case fieldNumber:
			header.Maybe(r, "Number", &m.Number, header.ReadNumber[uint8])
		case fieldDate:
			header.Lenient(r, "Date", &m.Others, new(string), header.ReadToken)
		case fieldProof:
			m.Proofs = header.Lines(r, "Proof", m.Proofs, header.ReadText)
		case fieldLength:
			r.Length("Length")
		default:
			r.Keep(&m.Others)
		}
	}
	if len(m.Tags) == 0 {
		m.Tags = nil
	}
	m.Body = string(r.Body())
	faults, broken := r.Found(nil, nil)
	for _, f := range faults {
		m.Faults = append(m.Faults, fmt.Sprintf("%d:%d %s %s %d", f.Line, f.Column, f.Field, f.Rule, f.Code))
	}
	m.Broken = broken
	return m, nil
}

func lines(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

func TestReader(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     message
	}{
		{"least", "GO\n\n", message{Start: "GO"}},
		{"empty lines before", "\n\nGO\n\n", message{Start: "GO"}},
		{"any order, any case, compact names", "GO\nSUBJECT: a\nt: x\nTag: y\ntAG:z\n\n", message{Start: "GO", Subject: "a", Tags: []string{"x", "y", "z"}}},
		{"spaces around colons", "GO\nSubject  :   a b \n\n", message{Start: "GO", Subject: "a b"}},
		{"empty values", "GO\nSubject:\nTag:\nOther:\n\n", message{Start: "GO", Others: header.Fields{{"Other", ""}}}},
		{"lists", "GO\nTag: a , b,c\n\n", message{Start: "GO", Tags: []string{"a", "b", "c"}}},
		{"folds", "GO\nSubject:\n a\n\tb\n  c\nTag: x,\n y\n\n", message{Start: "GO", Subject: "a  \tb    c", Tags: []string{"x", "y"}}},
		{"a body that begins with a space", "GO\nTag: a\n\n b", message{Start: "GO", Tags: []string{"a"}, Body: " b"}},
		{"a fold and a body that looks like folds", "GO\nTag: a,\n b\nLength: 6\n\n \n x", message{Start: "GO", Tags: []string{"a", "b"}, Body: " \r\n x", Faults: []string{"7:3  length 400"}}},
		{"unknown fields in order, as they came", "GO\nx-B: ;;,\nX-a: \"\nx-B: 2\n\n", message{Start: "GO", Others: header.Fields{{"x-B", ";;,"}, {"X-a", `"`}, {"x-B", "2"}}}},
		{"commas of their own", "GO\nProof: a, b\nProof: c\n\n", message{Start: "GO", Proofs: []string{"a, b", "c"}}},
		{"numbers", "GO\nNumber: 007\n\n", message{Start: "GO", Number: header.Some(uint8(7))}},
		{"body by length", "GO\nLength: 3\n\nabcde", message{Start: "GO", Body: "abc"}},
		{"body to the end", "GO\n\nabcde", message{Start: "GO", Body: "abcde"}},
		{"body too short", "GO\nl: 6\n\nabcde", message{Start: "GO", Body: "abcde", Faults: []string{"4:6  length 400"}}},
		{"length twice the same", "GO\nl: 1\nl: 1\n\na", message{Start: "GO", Body: "a", Faults: []string{"3:1 Length repeated 400"}}},
		{"negative length", "GO\nLength: -1\n\na", message{
			Start: "GO", Body: "a", Faults: []string{"2:9 Length syntax 400"}, Broken: header.Fields{{"Length", "-1"}},
		}},
		{"number over its maximum", "GO\nNumber: 256\n\n", message{Start: "GO", Faults: []string{"2:9 Number range 400"}, Broken: header.Fields{{"Number", "256"}}}},
		{"repeated", "GO\nSubject: a\nSubject: b\n\n", message{Start: "GO", Subject: "a", Faults: []string{"3:1 Subject repeated 400"}}},
		{"list with an empty element", "GO\nTag: a,,b\nTag: c\n\n", message{
			Start: "GO", Tags: []string{"c"}, Faults: []string{"2:8 Tag syntax 400"}, Broken: header.Fields{{"Tag", "a,,b"}},
		}},
		{"list with a comma at the end", "GO\nTag: a,\n\n", message{Start: "GO", Faults: []string{"2:8 Tag syntax 400"}, Broken: header.Fields{{"Tag", "a,"}}}},
		{"lenient", "GO\nDate: a b\n\n", message{Start: "GO", Others: header.Fields{{"Date", "a b"}}}},
		{"no field", "GO\nnonsense\nTag: a\n\n", message{Start: "GO", Tags: []string{"a"}, Faults: []string{"2:1  line 400"}}},
		{"a name with a space in it", "GO\nA b: c\n\n", message{Start: "GO", Faults: []string{"2:1  line 400"}}},
		{"a fold behind the start line", "GO\n on\nTag: a\n\n", message{Start: "GO", Tags: []string{"a"}, Faults: []string{"2:1  line 400"}}},
		{"no empty line", "GO\nTag: a\n", message{Start: "GO", Tags: []string{"a"}, Faults: []string{"3:1  line 400"}}},
		{"ends within a line", "GO\nTag: a", message{Start: "GO", Tags: []string{"a"}, Faults: []string{"2:7  line 400"}}},
		{"a control in an unknown field", "GO\nX: a\x00\n\n", message{Start: "GO", Others: header.Fields{{"X", "a\x00"}}, Faults: []string{"2:5 X syntax 400"}}},
		{"a control behind a backslash", "GO\nX: \"\\\x07\"\n\n", message{Start: "GO", Others: header.Fields{{"X", "\"\\\x07\""}}}},
		{"a CR within a line", "GO\nX: a\rTag: b\n\n", message{Start: "GO", Others: header.Fields{{"X", "a\rTag: b"}}, Faults: []string{"2:5 X syntax 400"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r header.Reader
			for range 2 { // the second time in the same memory
				m, err := parse(&r, lines(test.in))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(&test.want, m); diff != "" {
					t.Fatalf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

// TestReaderBareLF: lines that end in LF alone are read, and told of.
func TestReaderBareLF(t *testing.T) {
	m, err := parse(new(header.Reader), []byte("GO\nTag: a,\n b\n\nbody"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, m.Tags); diff != "" || m.Body != "body" {
		t.Errorf("%s, body %q", diff, m.Body)
	}
	if len(m.Faults) == 0 {
		t.Error("nothing is wrong with it")
	}
}

func TestReaderNoMessage(t *testing.T) {
	for _, in := range []string{"", "\r\n", "\r\n\r\n", "\r\n\r\n\r\n\r\n"} {
		if _, err := parse(new(header.Reader), []byte(in)); !errors.Is(err, header.ErrNoMessage) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// TestReaderLimits: what is over a limit costs no memory and is told of.
func TestReaderLimits(t *testing.T) {
	for _, test := range []struct {
		name   string
		limits header.Limits
		in     string
		want   string
	}{
		{"fields", header.Limits{Fields: 3}, "GO\n" + strings.Repeat("X: y\n", 4) + "\n", "5:1  limit 513"},
		{"head", header.Limits{Head: 20}, "GO\nX: y\nX: " + strings.Repeat("y", 20) + "\n\n", "3:1  limit 513"},
		{"elements", header.Limits{Elements: 3}, "GO\nTag: a,b\nTag: c,d\n\n", "3:1 Tag limit 513"},
		{"elements of lines", header.Limits{Elements: 1}, "GO\nProof: a\nProof: b\n\n", "3:1 Proof limit 513"},
		{"body", header.Limits{Body: 3}, "GO\n\nabcd", "3:1  limit 513"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &header.Reader{Limits: test.limits}
			m, err := parse(r, lines(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.want}, m.Faults); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	m, err := parse(new(header.Reader), lines("GO\n"+strings.Repeat("nonsense\n", 100)+"\n"))
	if err != nil || len(m.Faults) != header.DefaultMaxFaults {
		t.Errorf("%d faults, %v", len(m.Faults), err)
	}
}

// TestReaderAllocs: reading into the same memory allocates nothing.
func TestReaderAllocs(t *testing.T) {
	var r header.Reader
	data := lines("GO\nSubject: a\nNumber: 7\nTag: a, b\nLength: 2\nX: y\n\nab")
	tags, others := make([]string, 0, 4), make(header.Fields, 0, 4)
	var subject string
	var number header.Optional[uint8]
	if n := testing.AllocsPerRun(100, func() {
		if err := r.Reset(data); err != nil {
			t.Fatal(err)
		}
		r.Start().Token()
		r.StartDone()
		tags, others = tags[:0], others[:0]
		for r.Next(names) {
			switch r.Field() {
			case fieldTag:
				tags = header.List(&r, "Tag", tags, header.ReadToken)
			case fieldSubject:
				header.One(&r, "Subject", &subject, header.ReadText)
			case fieldNumber:
				header.Maybe(&r, "Number", &number, header.ReadNumber[uint8])
			case fieldLength:
				r.Length("Length")
			default:
				r.Keep(&others)
			}
		}
		r.Body()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]int{"Tag": fieldTag, "TAG": fieldTag, "t": fieldTag, "T": fieldTag, "l": fieldLength, "lengtH": fieldLength, "x": 0, "Tags": 0, "": 0} {
		if got := names.Find(name); got != want {
			t.Errorf("%q is field %d", name, got)
		}
	}
	if new(header.Names).Find("Tag") != 0 {
		t.Error("the zero Names knows a name")
	}
}

func TestFields(t *testing.T) {
	f := header.Fields{{"A", "1"}, {"b", "2"}, {"a", "3"}}
	if v, ok := f.Get("B"); v != "2" || !ok {
		t.Errorf("%q, %v", v, ok)
	}
	var values []string
	for v := range f.Values("a") {
		values = append(values, v)
	}
	if diff := cmp.Diff([]string{"1", "3"}, values); diff != "" {
		t.Error(diff)
	}
	f.Set("a", "4")
	f.Set("c", "5")
	if diff := cmp.Diff(header.Fields{{"a", "4"}, {"b", "2"}, {"c", "5"}}, f); diff != "" {
		t.Error(diff)
	}
	f.Del("B")
	if diff := cmp.Diff(header.Fields{{"c", "5"}}, f.Append(nil, "C", "B")); diff != "" {
		t.Error(diff)
	}
}

// TestVerdict: what decides is the start line before fields, and what could not be read is not told of twice.
func TestVerdict(t *testing.T) {
	var v header.Verdict
	v.Begin([]header.Fault{{Field: "To", Rule: header.RuleSyntax, Code: 400}})
	v.Start(false, "version", 505, "another version")
	v.Need(false, "To", 400)
	v.Need(false, "From", 400)
	v.Rule(false, "rule", 480, "", "To", "From")
	v.Rule(false, "rule", 481, "", "Subject")
	err := v.Err()
	var invalid *header.ValidationError
	if !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range invalid.Faults {
		got = append(got, fmt.Sprint(f.Field, " ", f.Rule, " ", f.Code))
	}
	if diff := cmp.Diff([]string{" version 505", "To syntax 400", "From missing 400", "Subject rule 481"}, got); diff != "" {
		t.Error(diff)
	}
	if invalid.Code() != 505 {
		t.Errorf("the code is %d", invalid.Code())
	}
	v.Begin(nil)
	v.Need(true, "To", 400)
	if err := v.Err(); err != nil {
		t.Error(err)
	}
}

// FuzzReader: nothing panics, faults are within the message, and the fields that were read can be written.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"GO\n\n", "GO\nTag: a,\n b\nSubject:\n\n", "GO\nLength: 3\nX: \"\\\x07\"\n\nabc", "\n\nGO\nt:a\nNumber:300\nDate: x y", "GO\n x\n\n", "GO\r",
	} {
		f.Add(lines(s))
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := new(header.Reader)
		if r.Reset(data) != nil {
			return
		}
		m, err := parse(r, data)
		if err != nil {
			return
		}
		faults, _ := r.Found(nil, nil)
		for _, f := range faults {
			if f.Offset < 0 || f.Offset > len(data) || f.Line < 1 || f.Column < 1 {
				t.Errorf("a fault at %+v of %d octets", f, len(data))
			}
		}
		if len(faults) > 0 {
			return
		}
		w := header.NewWriter(nil)
		w.Token("GO")
		w.End()
		header.Each(w, "Tag", m.Tags, header.WriteToken)
		w.Begin("Subject")
		w.Text(m.Subject)
		w.End()
		w.Fields(m.Others)
		w.Body("Length", []byte(m.Body))
		out, err := w.Done()
		if err != nil {
			t.Fatalf("cannot be written: %v", err)
		}
		again, err := parse(new(header.Reader), out)
		if err != nil || len(again.Faults) > 0 {
			t.Fatalf("%q: %v %v", out, err, again.Faults)
		}
		again.Start, again.Number, again.Proofs = m.Start, m.Number, m.Proofs
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("%q\n%s", out, diff)
		}
	})
}
