package pattern

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/gen/model"
)

func TestWordOf(t *testing.T) {
	low, high := int64(2), int64(40)
	token := func(match string) *model.Type { return &model.Type{Kind: "token", Match: match} }
	for _, test := range []struct {
		typ  string
		of   *model.Type
		want string // octets, least and most, what the class does not say
	}{
		{"text", nil, `01-09 0b-0c 0e-ff, 1-0, `},
		{"token", nil, `21-7e 80-ff, 1-0, `},
		{"digit", nil, `30-39, 0 to 9`},
		{"int", nil, `2d-2d 30-39, -9007199254740992 to 9007199254740992`},
		{"t", &model.Type{Kind: "integer", Min: &low, Max: &high}, `30-39, 2 to 40`},
		{"t", &model.Type{Kind: "enum", Values: []string{"ab", "c"}}, `61-63, 1-2, (?:ab|c)`},
		{"t", &model.Type{Kind: "enum", Values: []string{"a"}, Unknown: "keep"}, `21-7e 80-ff, 1-0, `},
		{"t", token(`[-:.\w]+`), `2d-2e 30-3a 41-5a 5f-5f 61-7a, 1-0, `},
		{"t", token(`[^,;]*`), `00-2b 2d-3a 3c-ff, 0-0, `},
		{"t", token(`\d`), `30-39, 1-1, `},
		{"t", token(`a+`), `61-61, 1-0, `},
		{"t", token(`(?i)a+`), `41-41 61-61, 0-0, (?:(?i)a+)`},
		{"t", token(`.+`), `00-09 0b-ff, 1-0, `},
		{"t", token(`[a-é]+`), `61-ff, 0-0, (?:[a-é]+)`},
		{"t", token(`\d+\.\d+`), `2e-2e 30-39, 0-0, (?:\d+\.\d+)`},
		{"t", token(`ab|cd*`), `61-64, 0-0, (?:ab|cd*)`},
		{"t", &model.Type{Kind: "token", Match: `[ab]+`, Min: &low, Max: &high}, `61-62, 2-40, `},

		{"any", nil, `a word of a line cannot be of type "any"; text, int, digit, a token, an enum and an integer can`},
		{"t", &model.Type{Kind: "struct"}, `a word of a line cannot be a struct`},
		{"t", token(`(`), "type \"\": match: error parsing regexp: missing closing ): `(`"},
	} {
		w, err := WordOf(nil, &model.Field{Type: test.typ, Named: test.of})
		if got := describe(w, err); got != test.want {
			t.Errorf("%s %+v:\ngot  %s\nwant %s", test.typ, test.of, got, test.want)
		}
	}
}

func describe(w *Word, err error) string {
	if err != nil {
		return err.Error()
	}
	var ranges []string
	for _, r := range w.Ranges() {
		ranges = append(ranges, fmt.Sprintf("%02x-%02x", r[0], r[1]))
	}
	octets := strings.Join(ranges, " ")
	if w.Number {
		return fmt.Sprintf("%s, %d to %d", octets, w.Low, w.High)
	}
	return fmt.Sprintf("%s, %d-%d, %s", octets, w.Min, w.Max, w.Match)
}

func text(name, line string, fields ...*model.Field) *model.Message {
	return &model.Message{Node: model.Node{Name: name}, Encoding: "text", Line: line, Fields: fields}
}

func field(name, typ string, of *model.Type) *model.Field {
	return &model.Field{Node: model.Node{Name: name}, Type: typ, Named: of}
}

// TestLines: patterns come in the order in which they must be tried.
func TestLines(t *testing.T) {
	word := &model.Type{Kind: "token", Match: `[a-z]+`}
	p := &model.Protocol{Messages: []*model.Message{
		text("any", "{a}", field("a", "text", nil)),
		text("say", "SAY {a}", field("a", "text", nil)),
		{Node: model.Node{Name: "not a line"}, Encoding: "tree"},
		text("sayWord", "SAY {a}", field("a", "t", word)),
		text("sayHello", "SAY hello"),
		text("bye", "BYE"),
		text("broken", "BYE {a"),
	}}
	lines, found := Lines(p)
	var names []string
	for _, l := range lines {
		names = append(names, fmt.Sprintf("%s %q %t", l.Message.Name, l.Prefix(), l.Whole()))
	}
	want := []string{`sayHello "SAY hello" true`, `sayWord "SAY " false`, `say "SAY " false`, `bye "BYE" true`, `any "" false`}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if got := found.String(); got != "error[line-pattern]: message \"broken\": the brace before \"a\" is not closed\n" {
		t.Error(got)
	}
}

func TestRegexp(t *testing.T) {
	word := &model.Type{Kind: "token", Match: `a|b`}
	list := field("l", "t", word)
	list.Key, list.Repeat = "L", "comma"
	one := field("o", "digit", nil)
	one.Key = "O"
	m := text("m", "M. {w} {*}", field("w", "t", word), list, one)
	m.Fields[0].Lenient = true
	m.Parameters = &model.Parameters{Separator: ";", Assign: "=", List: ","}
	re := regexp.MustCompile(`\A(?:` + Regexp(nil, m, m.Line) + `)\z`)
	for line, want := range map[string]bool{
		"M. a L=a": true, "M.   b O=7;L=a,b;L=b;": true, "M. a O=7": true, "M. a ": false, "M. a L=a,": false, "Mx a L=a": false, "M. c L=a": false, "M. a L=a;;": false,
	} {
		if re.MatchString(line) != want {
			t.Errorf("%q: %t", line, !want)
		}
	}
}
