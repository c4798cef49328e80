package record_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/protogen-go/protogen/runtime/line"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/runtime/tree/jsontree"
	"github.com/protogen-go/protogen/runtime/tree/record"
)

var name = line.Token{Name: "name", Class: line.Class{}.Range('a', 'z'), Min: 1, Max: 5}

// card is a map inside of messages.
type card struct {
	Name   string
	Others []tree.Entry
}

func (v *card) read(r *record.Reader) {
	r.Map()
	for r.Next() {
		switch r.Key() {
		case "name":
			v.Name = r.Word(&name)
		default:
			v.Others = append(v.Others, r.Pair())
		}
	}
	r.Need("name")
}

func (v *card) write(w *record.Writer) {
	w.Word("name", &name, v.Name)
	w.Others(v.Others)
}

// place is a map or a string.
type place struct {
	Text string
	Room int64
}

func (v *place) read(r *record.Reader) {
	if s, ok := r.Plain(); ok {
		v.Text = s
		return
	}
	for r.Next() {
		if r.Key() == "room" {
			v.Room = r.Int(1, 9)
		}
	}
	r.Need("room")
}

// note is a message with a field of every kind.
type note struct {
	ID      int64
	Loose   int64
	Text    string
	Color   string
	Bytes   []byte
	Yes     bool
	Truth   bool
	Any     tree.Value
	Card    card
	Image   card
	Inner   tree.Value
	Place   place
	Cards   []card
	Values  []tree.Value
	Texts   []string
	Words   []string
	Numbers []int64
}

func (m *note) read(r *record.Reader) bool {
	for r.Next() {
		switch key := r.Key(); {
		case key == "id":
			m.ID = r.Number()
		case key == "kind":
		case key == "any":
			m.Any = r.Any()
		case !r.Holds(): // all others are optional
		default:
			m.readOptional(r, key)
		}
	}
	r.Need("id")
	return r.End("note")
}

func (m *note) readOptional(r *record.Reader, key string) {
	switch key {
	case "loose":
		m.Loose = r.Lenient().Int(-5, 5)
	case "text":
		m.Text = r.Lenient().Text()
	case "color":
		m.Color = r.Choice("red", "green")
	case "bytes":
		m.Bytes = r.Bytes()
	case "yes":
		m.Yes = r.Bool()
	case "truth":
		m.Truth = r.Lenient().Bool()
	case "card":
		r.Record(m.Card.read)
	case "image":
		r.Image(m.Image.read)
	case "inner":
		m.Inner = r.AnyImage()
	case "place":
		r.Record(m.Place.read)
	case "cards":
		r.Records(func(in *record.Reader) {
			var c card
			c.read(in)
			m.Cards = append(m.Cards, c)
		})
	case "values":
		m.Values = r.Values()
	case "texts":
		m.Texts = r.Texts()
	case "words":
		m.Words = r.Words(&name)
	case "numbers":
		m.Numbers = r.Ints(0, 9)
	default:
		r.Unknown()
	}
}

// decode reads an image as a note.
func decode(codec tree.Codec, image string) (*note, error) {
	v, err := codec.Decode([]byte(image))
	if err != nil {
		return nil, err
	}
	r := record.NewReader(codec, v)
	switch {
	case r.Is("kind", "note"):
		if m := new(note); m.read(&r) {
			return m, nil
		}
	default:
		r.Strange()
	}
	return nil, r.Fault([]byte(image))
}

var equal = cmp.Options{
	cmp.Comparer(func(a, b tree.Value) bool { return a.Equal(b) && a.IsZero() == b.IsZero() }),
	cmp.Comparer(func(a, b error) bool { return a == nil && b == nil || a != nil && b != nil }),
	cmpopts.IgnoreUnexported(record.Error{}),
}

func TestReader(t *testing.T) {
	for _, test := range []struct {
		image string
		want  any
	}{
		{`{"kind":"note","id":1}`, &note{ID: 1}},
		{
			`{"kind":"note","id":1,"loose":"-5","text":7,"color":"red","bytes":"ab","yes":1,"truth":[0],"any":null}`,
			&note{ID: 1, Loose: -5, Text: "7", Color: "red", Bytes: []byte("ab"), Yes: true, Truth: true, Any: tree.Undef()},
		},
		{`{"kind":"note","id":1,"yes":"","truth":"0","text":null,"bytes":null}`, &note{ID: 1}},
		{
			`{"kind":"note","id":1,"card":{"name":"x","more":[1]},"image":"{\"name\":\"y\"}","inner":"3","place":"here"}`,
			&note{
				ID: 1, Card: card{"x", []tree.Entry{tree.Pair("more", tree.ListOf(tree.Int(1)))}}, Image: card{Name: "y"},
				Inner: tree.Int(3), Place: place{Text: "here"},
			},
		},
		{
			`{"kind":"note","id":1,"place":{"room":2},"cards":[{"name":"a"},{"name":"b"}],"values":[1,null],"texts":["",""],"words":["w"],"numbers":[9]}`,
			&note{
				ID: 1, Place: place{Room: 2}, Cards: []card{{Name: "a"}, {Name: "b"}}, Values: []tree.Value{tree.Int(1), {}},
				Texts: []string{"", ""}, Words: []string{"w"}, Numbers: []int64{9},
			},
		},

		{`[]`, &record.Error{Fault: record.NotMap, Found: tree.KindList}},
		{`"note"`, &record.Error{Fault: record.NotMap, Found: tree.KindText}},
		{`{}`, &record.Error{Fault: record.Strange}},
		{`{"kind":"letter"}`, &record.Error{Fault: record.Strange}},
		{`{"kind":["note"]}`, &record.Error{Fault: record.Strange}},
		{`{"kind":"note"}`, &record.Error{Message: "note", Key: "id", Fault: record.Missing}},
		{`{"kind":"note","id":"1"}`, &record.Error{Message: "note", Key: "id", Fault: record.BadKind, Found: tree.KindText}},
		{`{"kind":"note","id":1e300}`, &record.Error{Message: "note", Key: "id", Fault: record.BadKind, Found: tree.KindFloat}},
		{`{"kind":"note","id":9007199254740993}`, &record.Error{Message: "note", Key: "id", Fault: record.BadValue}},
		{`{"kind":"note","id":18446744073709551615}`, &record.Error{Message: "note", Key: "id", Fault: record.BadValue}},
		{`{"kind":"note","id":1,"loose":"6"}`, &record.Error{Message: "note", Key: "loose", Fault: record.BadValue}},
		{`{"kind":"note","id":1,"loose":"six"}`, &record.Error{Message: "note", Key: "loose", Fault: record.BadKind, Found: tree.KindText}},
		{`{"kind":"note","id":1,"text":{}}`, &record.Error{Message: "note", Key: "text", Fault: record.BadKind, Found: tree.KindMap}},
		{`{"kind":"note","id":1,"color":"blue"}`, &record.Error{Message: "note", Key: "color", Fault: record.BadValue}},
		{`{"kind":"note","id":1,"bytes":1}`, &record.Error{Message: "note", Key: "bytes", Fault: record.BadKind, Found: tree.KindInt}},
		{`{"kind":"note","id":1,"yes":"yes"}`, &record.Error{Message: "note", Key: "yes", Fault: record.BadKind, Found: tree.KindText}},
		{`{"kind":"note","id":1,"card":[]}`, &record.Error{Message: "note", Key: "card", Fault: record.BadKind, Found: tree.KindList}},
		{`{"kind":"note","id":1,"card":{"name":"LOUD"}}`, &record.Error{Message: "note", Key: "card.name", Fault: record.BadValue}},
		{`{"kind":"note","id":1,"image":{"name":"y"}}`, &record.Error{Message: "note", Key: "image", Fault: record.BadKind, Found: tree.KindMap}},
		{`{"kind":"note","id":1,"image":"{"}`, &record.Error{Message: "note", Key: "image", Fault: record.BadImage, Err: errors.New("any")}},
		{`{"kind":"note","id":1,"image":"{}"}`, &record.Error{Message: "note", Key: "image.name", Fault: record.Missing}},
		{`{"kind":"note","id":1,"place":{"room":0}}`, &record.Error{Message: "note", Key: "place.room", Fault: record.BadValue}},
		{`{"kind":"note","id":1,"cards":[{"name":"a"},{"name":""}]}`, &record.Error{Message: "note", Key: "cards.name", Fault: record.BadValue}},
		{`{"kind":"note","id":1,"cards":{}}`, &record.Error{Message: "note", Key: "cards", Fault: record.BadKind, Found: tree.KindMap}},
		{`{"kind":"note","id":1,"texts":["a",1]}`, &record.Error{Message: "note", Key: "texts", Fault: record.BadKind, Found: tree.KindInt}},
		{`{"kind":"note","id":1,"words":["A"]}`, &record.Error{Message: "note", Key: "words", Fault: record.BadValue}},
		{`{"kind":"note","id":1,"numbers":[10]}`, &record.Error{Message: "note", Key: "numbers", Fault: record.BadValue}},
		{`{"kind":"note","id":1,"shade":"red"}`, &record.Error{Message: "note", Key: "shade", Fault: record.UnknownKey}},
	} {
		got, err := decode(jsontree.Codec{}, test.image)
		var result any = err
		if err == nil {
			result = got
		}
		if failed := new(record.Error); errors.As(err, &failed) && failed.Found == tree.KindBytes {
			failed.Found = tree.KindText // one kind of string, as far as JSON is concerned
			result = failed
		}
		if diff := cmp.Diff(test.want, result, equal); diff != "" {
			t.Errorf("%s:\n%s", test.image, diff)
		}
	}
}

// TestOctets: a codec that can tell says where in the image the fault is.
func TestOctets(t *testing.T) {
	for _, test := range []struct {
		v    tree.Value
		want string
	}{
		{tree.ListOf(), "not a map at octet 2: list"},
		{tree.MapOf(tree.Pair("kind", tree.String("letter"))), "no message has these keys at octet 2"},
		{tree.MapOf(tree.Pair("kind", tree.String("note"))), "note: id: missing at octet 2"},
		{tree.MapOf(tree.Pair("kind", tree.String("note")), tree.Pair("id", tree.ListOf())), "note: id: of another type at octet 21: list"},
		{
			tree.MapOf(tree.Pair("id", tree.Int(1)), tree.Pair("kind", tree.String("note")), tree.Pair("card", tree.MapOf(tree.Pair("name", tree.String("LOUD"))))),
			"note: card.name: not a value it can have at octet 35",
		},
	} {
		image, err := storable.Network.Append(nil, test.v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(storable.Network, string(image)); err == nil || err.Error() != test.want {
			t.Errorf("%v: %v, want %s", test.v, err, test.want)
		}
	}
}

func TestIs(t *testing.T) {
	v := tree.MapOf(tree.Pair("text", tree.String("a")), tree.Pair("number", tree.String("5")), tree.Pair("yes", tree.Int(1)), tree.Pair("none", tree.Undef()))
	r := record.NewReader(jsontree.Codec{}, v)
	for what, holds := range map[string]bool{
		"text":     r.Is("text", "a") && !r.Is("text", "b") && !r.Is("none", "") && !r.Is("absent", ""),
		"number":   r.IsInt("number", 5) && !r.IsInt("number", 6) && !r.IsInt("absent", 0),
		"bool":     r.IsBool("yes", true) && !r.IsBool("yes", false) && r.IsBool("none", false) && !r.IsBool("absent", false),
		"presence": r.Has("text", "none") && r.Has() && !r.Has("text", "absent"),
	} {
		if !holds {
			t.Error(what)
		}
	}
	if r := record.NewReader(jsontree.Codec{}, tree.Int(1)); r.Has() || r.Has("text") || r.Is("text", "") {
		t.Error("a number has keys")
	}
}

func TestWriter(t *testing.T) {
	for _, test := range []struct {
		name  string
		write func(w *record.Writer)
		want  string
		err   error
	}{
		{"nothing", func(w *record.Writer) {}, `{}`, nil},
		{"scalars", func(w *record.Writer) {
			w.Text("t", "x")
			w.Number("n", 3)
			w.Int("i", 0, 9, 9)
			w.Bool("yes", true)
			w.Bool("no", false)
			w.Any("a", tree.Undef())
			w.Maybe("x", tree.Value{})
			w.Maybe("y", tree.Undef())
			w.Choice("c", "red", "red", "green")
			w.Word("w", &name, "w")
			w.Bytes("b", []byte("b"))
		}, `{"t":"x","n":3,"i":9,"yes":1,"no":0,"a":null,"y":null,"c":"red","w":"w","b":"b"}`, nil},
		{"lists", func(w *record.Writer) {
			w.Texts("t", []string{"x", ""})
			w.Words("w", &name, []string{"a"})
			w.Numbers("n", nil)
			w.Ints("i", 0, 9, []int64{1, 2})
			w.Values("v", []tree.Value{tree.Int(1), tree.Undef()})
			w.Records("r", 2, func(w *record.Writer, i int) { w.Number("at", int64(i)) })
		}, `{"t":["x",""],"w":["a"],"n":[],"i":[1,2],"v":[1,null],"r":[{"at":0},{"at":1}]}`, nil},
		{"inside", func(w *record.Writer) {
			w.Record("r", func(w *record.Writer) {
				w.Number("n", 1)
				w.Record("s", func(w *record.Writer) { w.Number("m", 2) })
			})
			w.Image("i", func(w *record.Writer) { w.Number("n", 1) })
			w.AnyImage("j", tree.ListOf(tree.Int(1)))
			w.Record("c", (&card{"x", []tree.Entry{tree.Pair("o", tree.Int(1))}}).write)
		}, `{"r":{"n":1,"s":{"m":2}},"i":"{\"n\":1}","j":"[1]","c":{"name":"x","o":1}}`, nil},

		{"out of bounds", func(w *record.Writer) { w.Int("i", 0, 9, 10) }, "", &record.Error{Message: "note", Key: "i", Fault: record.BadValue}},
		{"too wide", func(w *record.Writer) { w.Number("i", 1<<60) }, "", &record.Error{Message: "note", Key: "i", Fault: record.BadValue}},
		{"one of a list", func(w *record.Writer) { w.Ints("i", 0, 9, []int64{0, -1}) }, "", &record.Error{Message: "note", Key: "i", Fault: record.BadValue}},
		{"no word", func(w *record.Writer) { w.Words("w", &name, []string{"a", "B"}) }, "", &record.Error{Message: "note", Key: "w", Fault: record.BadValue}},
		{"no choice", func(w *record.Writer) { w.Choice("c", "blue", "red") }, "", &record.Error{Message: "note", Key: "c", Fault: record.BadValue}},
		{"inside a map", func(w *record.Writer) {
			w.Record("r", func(w *record.Writer) { w.Word("w", &name, "") })
			w.AnyImage("i", tree.Int(1))
		}, "", &record.Error{Message: "note", Key: "r.w", Fault: record.BadValue}},
		{"a key that is taken", func(w *record.Writer) {
			w.Number("n", 1)
			w.Others([]tree.Entry{tree.Pair("n", tree.Int(2))})
		}, "", &record.Error{Message: "note", Key: "n", Fault: record.UnknownKey}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := record.NewWriter(jsontree.Codec{}, "note")
			test.write(w)
			got, err := w.Finish([]byte("before"))
			if string(got) != "before"+test.want {
				t.Errorf("got %s", got)
			}
			if diff := cmp.Diff(test.err, err, equal); diff != "" {
				t.Error(diff)
			}
		})
	}
	w := record.NewWriter(storable.Network, "note")
	w.AnyImage("i", tree.Int(1))
	var failed *record.Error
	if b, err := w.Finish(nil); len(b) > 0 || !errors.As(err, &failed) || failed.Fault != record.BadImage || !errors.Is(err, &tree.Error{Fault: tree.Unwritable}) {
		t.Errorf("an image of a number: %q, %v", b, err)
	}
}

func TestValueOf(t *testing.T) {
	for _, test := range []struct {
		x    any
		want tree.Value
	}{
		{tree.Int(1), tree.Int(1)},
		{"é", tree.Text("é")},
		{"\xe9", tree.Octets("\xe9")},
		{true, tree.Bool(true)},
		{1, tree.Int(1)},
		{int64(-1), tree.Int(-1)},
		{[]byte("b"), tree.Octets("b")},
		{[]string{"a"}, tree.ListOf(tree.Octets("a"))},
		{1.5, tree.Value{}},
	} {
		if got := record.ValueOf(test.x); !got.Equal(test.want) {
			t.Errorf("%v is %v", test.x, got)
		}
	}
}

func TestError(t *testing.T) {
	for _, test := range []struct {
		err  record.Error
		want string
	}{
		{record.Error{Fault: record.Strange}, "no message has these keys"},
		{record.Error{Message: "note", Key: "id", Fault: record.Missing}, "note: id: missing"},
		{record.Error{Message: "note", Key: "id", Fault: record.BadKind, Found: tree.KindList}, "note: id: of another type: list"},
		{record.Error{Key: "i", Fault: record.BadImage, Err: errors.New("cut off")}, "i: not an image: cut off"},
		{record.Error{Fault: 99}, "Fault(99)"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Error(got)
		}
		if !errors.Is(&test.err, &record.Error{Fault: test.err.Fault}) || errors.Is(&test.err, &record.Error{Fault: 98}) {
			t.Errorf("%v: errors.Is does not look at the fault", &test.err)
		}
	}
}

// TestAllocations: a message whose fields are scalars is written without any, and read for what decoding it costs.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("a sync.Pool forgets at random under the race detector")
	}
	codec := tree.Codec(storable.Network)
	write := func(b []byte) []byte {
		w := record.NewWriter(codec, "note")
		w.Number("id", 1)
		w.Text("kind", "note")
		w.Text("text", "hello")
		b, err := w.Finish(b)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	image := write(nil)
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { buf = write(buf[:0]) }); n > 0 {
		t.Errorf("writing allocates %v times", n)
	}
	decoding := testing.AllocsPerRun(100, func() { _, _ = codec.Decode(image) })
	if n := testing.AllocsPerRun(100, func() {
		v, _ := codec.Decode(image)
		r := record.NewReader(codec, v)
		var got note
		if !r.Is("kind", "note") || !got.read(&r) || got.ID != 1 || got.Text != "hello" {
			t.Fatal("not read")
		}
	}); n > decoding {
		t.Errorf("reading allocates %v times, decoding %v", n, decoding)
	}
}

// FuzzReader: any image is read or refused; what is refused for its fields says which.
func FuzzReader(f *testing.F) {
	f.Add(`{"kind":"note","id":1,"card":{"name":"x","more":[1]},"image":"{\"name\":\"y\"}"}`)
	f.Add(`{"kind":"note","id":"1","place":{"room":2},"cards":[{"name":"a"}]}`)
	f.Fuzz(func(t *testing.T, image string) {
		_, err := decode(jsontree.Codec{}, image)
		var failed *record.Error
		if errors.As(err, &failed) && (failed.Fault == 0 || failed.Key == "" && failed.Fault > record.Strange && failed.Fault != record.UnknownKey) {
			t.Errorf("%s: %+v", image, failed)
		}
	})
}
