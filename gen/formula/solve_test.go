package formula

import (
	"strings"
	"testing"
)

func TestSatisfiable(t *testing.T) {
	_, s := sample()
	for _, tt := range []struct {
		conditions string // separated by semicolons
		want       Verdict
		model      string
	}{
		{`var.tries + 1 >= config.maxTries; var.tries + 1 < config.maxTries`, Impossible, ""},
		{`var.tries + 1 >= config.maxTries; var.tries < config.maxTries`, Possible, "config.maxTries = 3, var.tries = 2"},
		{`var.tries > 3; var.tries < 4`, Impossible, ""},
		{`var.tries > 3; var.tries < 5; var.tries != 4`, Impossible, ""},
		{`2 * var.tries == 5`, Impossible, ""},
		{`3 - var.tries > 0; var.tries >= 3`, Impossible, ""},
		{`msg.period < 10; var.tries < 10; msg.period + var.tries > 18`, Impossible, ""},
		{`msg.period > 255`, Impossible, ""},
		{`msg.clID == "a"; msg.clID == "b"`, Impossible, ""},
		{`msg.clID == "a"; msg.newPW == msg.clID; msg.newPW != "a"`, Impossible, ""},
		{`msg.clID != "a"; msg.newPW != "b"`, Possible, `msg.clID = "b", msg.newPW = "a"`},
		{`msg.type != "full"; msg.type != "delta"`, Impossible, ""},
		{`!has(msg.newPW); msg.newPW == "secret"`, Impossible, ""},
		{`has(msg.newPW); msg.newPW == ""`, Impossible, ""},
		{`has(msg.services); len(msg.services) < 1`, Impossible, ""},
		{`has(msg.newPW); !has(msg.newPW)`, Impossible, ""},
		{`link.reliable; !link.reliable`, Impossible, ""},
		{`link.reliable; msg.sure != link.reliable`, Possible, "link.reliable = true, msg.sure = false"},
		{`in(msg.clID, "a", "b"); !in(msg.clID, "b", "a", "c")`, Impossible, ""},
		{`in(msg.clID, "a", "b"); msg.clID != "a"`, Possible, `msg.clID = "b"`},
		{`msg.clID in config.codecs; !(msg.clID in config.codecs)`, Impossible, ""},
		{`msg.clID in config.codecs`, Possible, `config.codecs = ["json", "storable"], msg.clID = "json"`},
		{`result.code / 100 % 10 == 5; result.code / 1000 == 2`, Possible, "result.code = 2501 (authErrorClosing)"},
		{`closes(result.code); result.code < 2000`, Impossible, ""},
		{`!closes(result.code); result.code / 100 % 10 == 5`, Impossible, ""},
		{`result.code == code.completed; result.code == code.authError`, Impossible, ""},
		{`cond(link.reliable, msg.sure, !msg.sure); link.reliable; !msg.sure`, Impossible, ""},
		{`config.idle > 5m; config.idle < 1m`, Impossible, ""},
		{`false`, Impossible, ""},
		{`true`, Possible, ""},
		{`!(var.tries > 3 || msg.sure); msg.sure`, Impossible, ""},
		{`msg.period / 16 == 3`, Possible, "msg.period = 48"},
		{`match("[0-9]{9}", msg.clID)`, Undecided, ""},
		{`hasPrefix(msg.clID, "ab"); msg.clID != "ab"; len(msg.clID) < 2`, Undecided, ""},
		{`any(msg.services, it == "b"); len(msg.services) == 1`, Possible, `msg.services = ["b"]`},
	} {
		var list []Expr
		for text := range strings.SplitSeq(tt.conditions, ";") {
			list = append(list, parse(t, s, text))
		}
		verdict, model := Satisfiable(list...)
		var lines []string
		for _, v := range model {
			lines = append(lines, v.String())
		}
		if got := strings.Join(lines, ", "); verdict != tt.want || got != tt.model {
			t.Errorf("%s\n got %v %s\nwant %v %s", tt.conditions, verdict, got, tt.want, tt.model)
		}
	}
}

// TestTautology decides whether guards leave nothing over: the conjunction of their negations is impossible.
func TestTautology(t *testing.T) {
	_, s := sample()
	a, b := parse(t, s, `msg.period < 10 && msg.sure`), parse(t, s, `msg.period >= 10 || !msg.sure`)
	if v, m := Satisfiable(Not(a), Not(b)); v != Impossible {
		t.Errorf("got %v %v", v, m)
	}
	if v, _ := Satisfiable(Not(a)); v != Possible {
		t.Errorf("one guard alone: got %v", v)
	}
}

// FuzzSatisfiable holds the three engines against each other: what is proved impossible has no model, and a model makes
// every condition true.
func FuzzSatisfiable(f *testing.F) {
	for _, text := range []string{
		`var.tries + 1 >= config.maxTries`, `msg.period < 10 && (msg.sure || has(msg.newPW))`, `msg.clID == "a" || msg.type != "full"`,
		`!(msg.period - 3 > 2 * msg.share) && result.code == code.authError`, `cond(msg.sure, msg.period, 3) > 4`, `msg.newPW != msg.clID`,
		`200ms < config.idle`, `in(msg.clID, "x", "y") == msg.sure`, `result.code / 100 % 10 == 5`,
	} {
		f.Add(text)
	}
	_, s := sample()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 {
			return
		}
		e, _ := Parse(at(text), s, BoolType)
		if e == nil || e.Type().Kind != Bool {
			return
		}
		again, found := Parse(at(e.String()), s, BoolType)
		if again == nil || again.String() != e.String() {
			t.Fatalf("%s prints as %s, which is read as %v %v", text, e, again, found)
		}
		yes, model := Satisfiable(e)
		if v, _ := Satisfiable(e, Not(e)); v == Possible {
			t.Errorf("%s and its negation are possible", text)
		}
		given := map[string]any{}
		for _, v := range model {
			given[v.Term.String()] = v.Value
		}
		holds, err := (&evaluator{given: given}).value(e)
		if yes == Possible && (err != nil || holds != true) {
			t.Errorf("%s is %v with its model %v (%v)", text, holds, model, err)
		}
		s := newSearch([]Expr{e})
		if yes == Impossible && s.try(0) {
			t.Errorf("%s is called impossible, and holds with %v", text, s.model())
		}
	})
}
