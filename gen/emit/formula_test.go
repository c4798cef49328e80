package emit

import (
	"testing"
	"time"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// formulaPrinter prints formulas in a protocol with settings, variables and codes, but no messages.
func formulaPrinter(found *diag.List) *printer {
	p := &model.Protocol{
		Settings: []*model.Setting{
			{Node: model.Node{Name: "most", Go: "Most"}, Type: "int", Value: int64(3)},
			{Node: model.Node{Name: "name", Go: "Name"}, Type: "text", Value: "x"},
			{Node: model.Node{Name: "idle", Go: "Idle"}, Type: "duration", Value: time.Minute},
			{Node: model.Node{Name: "tongues", Go: "Tongues"}, Type: "texts", Value: []string{"en"}},
			{Node: model.Node{Name: "loud", Go: "Loud"}, Type: "bool", Value: true},
		},
		Codes: []*model.Code{
			{Node: model.Node{Name: "done", Go: "CodeDone"}, Value: 1000},
			{Node: model.Node{Name: "bye", Go: "CodeBye"}, Value: 1500, Closes: true},
		},
	}
	m := &model.Machine{Vars: []*model.Var{
		{Node: model.Node{Name: "tries"}, Type: "int"},
		{Node: model.Node{Name: "who"}, Type: "text"},
		{Node: model.Node{Name: "chosen"}, Type: "[]text"},
		{Node: model.Node{Name: "open"}, Type: "bool"},
	}}
	e := &emitter{p: p, msgs: &messages{codes: &enum{name: "ResultCode"}}}
	scope := formula.ForMachine(p, m, nil)
	scope.Error = true
	return &printer{
		e: e, scope: scope, config: "s.config", vars: "s.vars", session: "s", found: found,
		roots: map[string]string{"error": "e"}, uses: map[string]bool{}, named: map[string]bool{},
	}
}

func TestFormula(t *testing.T) {
	for _, tt := range []struct{ formula, want string }{
		{`var.tries + 1 >= config.most`, `s.vars.Tries+1 >= int64(s.config.Most)`},
		{`(var.tries + 1) * 2 < 9 || !var.open && var.who == ""`, `(s.vars.Tries+1)*2 < 9 || !s.vars.Open && s.vars.Who == ""`},
		{`var.tries - (2 - 1) == 0`, `s.vars.Tries-(2-1) == 0`},
		{`!(var.open && var.who == "") && !!var.open`, `(!s.vars.Open || s.vars.Who != "") && s.vars.Open`},
		{`var.who in config.tongues`, `slices.Contains(s.config.Tongues, s.vars.Who)`},
		{`in(var.who, "a", "b")`, `(s.vars.Who == "a" || s.vars.Who == "b")`},
		{`!all(var.chosen, it in config.tongues)`, `slices.ContainsFunc(s.vars.Chosen, func(it string) bool {
	return !slices.Contains(s.config.Tongues, it)
})`},
		{`any(var.chosen, it == "en")`, `slices.ContainsFunc(s.vars.Chosen, func(it string) bool {
	return it == "en"
})`},
		{`has(var.who) && has(var.chosen)`, `s.vars.Who != "" && len(s.vars.Chosen) != 0`},
		{`!has(var.who) || !has(error.node)`, `s.vars.Who == "" || e.Node == nil`},
		{`has(var.who) == !has(var.chosen)`, `s.vars.Who != "" == (len(s.vars.Chosen) == 0)`},
		{`len(var.who) + count(var.chosen) > 3`, `int64(len(s.vars.Who))+int64(len(s.vars.Chosen)) > 3`},
		{`append(var.chosen, var.who)`, `slices.Concat(s.vars.Chosen, []string{s.vars.Who})`},
		{`rest(init(var.chosen))`, `session.Rest(session.Init(s.vars.Chosen))`},
		{`first(common(var.chosen, config.tongues))`, `session.At(session.Common(s.vars.Chosen, s.config.Tongues), 0)`},
		{`cond(has(link.name), link.name, "")`, `session.Cond(s.LinkName() != "", s.LinkName(), "")`},
		{`error.message == "iam" && config.loud`, `e.Message == "iam" && *s.config.Loud`},
		{`!config.loud`, `!*s.config.Loud`},
		{`first(var.chosen) == last(var.chosen)`, `session.At(s.vars.Chosen, 0) == session.Last(s.vars.Chosen)`},
		{`var.chosen[var.tries] == "x"`, `session.At(s.vars.Chosen, s.vars.Tries) == "x"`},
		{`cond(var.open, "yes", "no")`, `session.Cond(s.vars.Open, "yes", "no")`},
		{`min(2 * config.idle, 90s)`, `min(2*s.config.Idle, 90*time.Second)`},
		{`lower(var.who) == config.name && hasPrefix(var.who, "a")`, `formula.Lower(s.vars.Who) == s.config.Name && strings.HasPrefix(s.vars.Who, "a")`},
		{`match("[a-z]+", var.who) && !match("b", var.who)`, `patterns[0].MatchString(s.vars.Who) && !patterns[1].MatchString(s.vars.Who)`},
		{`pow(2, 3) > crc32(var.who)`, `formula.Pow(2, 3) > int64(crc32.ChecksumIEEE([]byte(s.vars.Who)))`},
		{`text(var.tries) + text(var.who)`, `strconv.FormatInt(int64(s.vars.Tries), 10) + s.vars.Who`},
		{`closes(code.bye)`, `CodeBye.Closes()`},
		{`code.done < 2000`, `int64(CodeDone) < 2000`},
		{`peer.verified && peer.address != ""`, `s.Peer().Verified && s.Peer().Address() != ""`},
		{`link.reliable`, `true`},
		{`error.unknown || error.malformed`, `e.Kind == MessageUnknown || e.Kind == MessageMalformed`},
		{`cond(has(error.node), error.text, "")`, `session.Cond(e.Node != nil, errorText(e), "")`},
	} {
		var found diag.List
		got := goString(formulaPrinter(&found).value(&model.Formula{Text: tt.formula}, nil))
		if len(found) > 0 {
			t.Errorf("%s: %v", tt.formula, found)
		}
		if got != tt.want {
			t.Errorf("%s is printed as\n%s\nwant\n%s", tt.formula, got, tt.want)
		}
	}
}

func TestFormulaRefused(t *testing.T) {
	for _, text := range []string{`var.nobody`, `match(var.who, "a")`, `pow(2, var.tries)`, `has(error.malformed)`} {
		var found diag.List
		formulaPrinter(&found).value(&model.Formula{Text: text, Pos: model.Pos{File: "x.cue", Line: 3, Col: 4}}, nil)
		if !found.HasErrors() || found[0].Pos.Line != 3 {
			t.Errorf("%s is not refused where it stands: %v", text, found)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{0, "time.Duration(0)"},
		{time.Second, "time.Second"},
		{90 * time.Second, "90 * time.Second"},
		{36 * time.Hour, "36 * time.Hour"},
		{1500 * time.Microsecond, "1500 * time.Microsecond"},
		{7, "time.Duration(7)"},
	} {
		if got := goString(duration(tt.d)); got != tt.want {
			t.Errorf("%v is printed as %s, want %s", tt.d, got, tt.want)
		}
	}
}
