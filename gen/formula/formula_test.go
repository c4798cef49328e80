package formula

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/gen/model"
)

// sample is a protocol with a bit of everything that formulas speak of.
func sample() (*model.Protocol, *Scope) {
	client, server := &model.Role{Node: named("client")}, &model.Role{Node: named("server")}
	small, large := int64(1), int64(99)
	address := &model.Type{Node: named("address"), Kind: "struct", Fields: []*model.Field{
		field("host", "text"), {Node: named("port"), Type: "u16be", Optional: true},
	}}
	head := &model.Head{Node: named("command"), Fields: []*model.Field{{Node: named("clTRID"), Type: "text", Optional: true}}}
	login := &model.Message{
		Node: named("login"), From: []*model.Role{client}, Class: "request", Encoding: "headers", Head: head,
		Fields: []*model.Field{
			field("clID", "text"),
			{Node: named("newPW"), Type: "text", Optional: true},
			field("type", "kind"), field("period", "u8"), field("share", "percent"),
			{Node: named("via"), Type: "address", Repeat: "comma"},
			{Node: named("reach"), Type: "address", Optional: true},
			field("services", "[]text"), field("big", "u64be"), field("open", "any"), field("raw", "bytes"), field("sure", "bool"),
		},
	}
	logout := &model.Message{Node: named("logout"), From: []*model.Role{client}, Class: "request", Encoding: "headers", Head: head}
	response := &model.Message{Node: named("response"), From: []*model.Role{server}, Class: "reply", Encoding: "headers"}
	machine := &model.Machine{Node: named("server"), Role: server, Vars: []*model.Var{
		{Node: named("tries"), Type: "int"}, {Node: named("clientID"), Type: "text"}, {Node: named("names"), Type: "[]text"}, {Node: named("last"), Type: "message"},
	}}
	p := &model.Protocol{
		Node: named("sample"), Roles: []*model.Role{client, server},
		Settings: []*model.Setting{
			{Node: named("maxTries"), Type: "int", Value: int64(3)},
			{Node: named("idle"), Type: "duration", Value: 10 * time.Minute},
			{Node: named("codecs"), Type: "texts", Value: []string{"json", "storable"}},
		},
		Types: []*model.Type{
			address,
			{Node: named("kind"), Kind: "enum", Values: []string{"full", "delta"}},
			{Node: named("percent"), Kind: "integer", Min: &small, Max: &large},
		},
		Codes: []*model.Code{
			{Node: named("completed"), Value: 1000}, {Node: named("authError"), Value: 2200}, {Node: named("authErrorClosing"), Value: 2501, Closes: true},
		},
		Heads: []*model.Head{head}, Messages: []*model.Message{login, logout, response}, Machines: []*model.Machine{machine},
	}
	s := ForMachine(p, machine, nil)
	s.Msg, s.Req, s.Result = []*model.Message{login}, []*model.Message{login, logout}, []*model.Message{response}
	s.Error = true
	return p, s
}

func named(name string) model.Node { return model.Node{Name: name} }

func field(name, typ string) *model.Field { return &model.Field{Node: named(name), Type: typ} }

func at(text string) *model.Formula {
	return &model.Formula{Pos: model.Pos{File: "a.cue", Line: 7, Col: 11}, Text: text}
}

func parse(t *testing.T, s *Scope, text string) Expr {
	t.Helper()
	e, found := Parse(at(text), s, nil)
	if len(found) > 0 {
		t.Fatalf("%s\n%s", text, found)
	}
	return e
}

func TestParse(t *testing.T) {
	_, s := sample()
	for text, want := range map[string]string{ // its text again, and its type
		`var.tries+1 >= config.maxTries`:                            "(var.tries + 1) >= config.maxTries: bool",
		`msg.type == "full"`:                                        `msg.type == "full": bool`,
		`msg.clID in config.codecs`:                                 "in(msg.clID, config.codecs): bool",
		`in(msg.clID, "a", "b") && !has(msg.newPW)`:                 `in(msg.clID, "a", "b") && !has(msg.newPW): bool`,
		`200ms + 1h30m`:                                             "200ms + 1h30m0s: duration",
		`min(config.idle * pow(2, min(max(var.tries, 0), 6)), 4s)`:  "min(config.idle * pow(2, min(max(var.tries, 0), 6)), 4s): duration",
		`cond(link.reliable, 0, config.idle)`:                       "cond(link.reliable, 0, config.idle): duration",
		`result.code / 100 % 10 == 5 || closes(result.code)`:        "(((result.code / 100) % 10) == 5) || closes(result.code): bool",
		`msg.via[0].host + "/" + text(msg.via[0].port)`:             `(msg.via[0].host + "/") + text(msg.via[0].port): text`,
		`all(msg.via, it.port > 0) || any(msg.services, it == "x")`: `all(msg.via, it.port > 0) || any(msg.services, it == "x"): bool`,
		`append(init(var.names), last(var.names))`:                  "append(init(var.names), last(var.names)): []text",
		`crc32(msg.raw) & 255`:                                      "crc32(msg.raw) & 255: int",
		`match("[a-z]+", lower(msg.clID))`:                          `match("[a-z]+", lower(msg.clID)): bool`,
		`req.clTRID`:                                                "req.clTRID: text",
		`has(error.clTRID) && error.malformed`:                      "has(error.clTRID) && error.malformed: bool",
		`msg.open.anything[3] == 7`:                                 "msg.open.anything[3] == 7: bool",
		`size(msg.body) + len(msg.head)`:                            "size(msg.body) + len(msg.head): int",
		`code.authError`:                                            "code.authError: code",
		`result`:                                                    "result: message",
		`-7 % 3 << 2`:                                               "(-7 % 3) << 2: int",
	} {
		e := parse(t, s, text)
		if got := e.String() + ": " + e.Type().String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// TestParseFindings has the column of each finding, the rule and the text.
func TestParseFindings(t *testing.T) {
	_, s := sample()
	for text, want := range map[string]string{
		``:                              `a.cue:7:11: error[formula-syntax]: not an expression: expected operand, found 'EOF'`,
		`var.tries +`:                   `a.cue:7:22: error[formula-syntax]: not an expression: expected operand, found 'EOF'`,
		`msg.clID == 'a'`:               `a.cue:7:23: error[formula-syntax]: a text stands in double quotes: "a"`,
		`func() {}`:                     `a.cue:7:18: error[formula-syntax]: not an expression: expected 'EOF', found '{'`,
		`1.5 > 0`:                       `a.cue:7:11: error[formula-syntax]: 1.5: the formula language has integers, texts, durations, true and false`,
		`config.codecs()`:               `a.cue:7:24: error[formula-syntax]: config.codecs is a value, not a function: leave the parentheses out`,
		`var.trys > 0`:                  `a.cue:7:15: error[formula-name]: var has no "trys" (did you mean "tries"?)`,
		`msg.clId == "x"`:               `a.cue:7:15: error[formula-name]: msg (message "login") has no "clId" (did you mean "clID"?)`,
		`req.clID == ""`:                `a.cue:7:15: error[formula-name]: not every message that req may be has "clID": login has it, logout has not`,
		`call.x`:                        `a.cue:7:11: error[formula-name]: call is not known here; msg, req, result, error, var, config, link, peer, code are`,
		`mgs.clID`:                      `a.cue:7:11: error[formula-name]: no name "mgs" (did you mean "msg"?)`,
		`hasprefix("", "")`:             `a.cue:7:11: error[formula-name]: no function "hasprefix" (did you mean "hasPrefix"?)`,
		`var && true`:                   `a.cue:7:11: error[formula-name]: var is no value: name one of its members, such as var.tries, var.clientID, var.names`,
		`serial()`:                      `a.cue:7:11: error[formula-name]: no function "serial"`,
		`len()`:                         `a.cue:7:14: error[formula-call]: len: len(text, bytes, list or map) int`,
		`msg.clID + 1`:                  `a.cue:7:11: error[formula-type]: + takes numbers, and msg.clID is text`,
		`msg.type == "ful"`:             `a.cue:7:20: error[formula-type]: msg.type is never "ful" (did you mean "full"?)`,
		`msg.clID == 1`:                 `a.cue:7:20: error[formula-type]: msg.clID and 1 cannot be compared: text and int`,
		`msg.via == msg.via`:            `a.cue:7:19: error[formula-type]: msg.via and msg.via cannot be compared: []address and []address`,
		`!msg.clID`:                     `a.cue:7:11: error[formula-type]: ! does not take text`,
		`config.idle > 1`:               `a.cue:7:23: error[formula-type]: > takes two of a kind: config.idle is duration, 1 is int`,
		`has(3)`:                        `a.cue:7:11: error[formula-type]: has: 3 is always there (has(optional field, variable, list or text) bool)`,
		`match(msg.clID, "x")`:          `a.cue:7:11: error[formula-type]: match: the pattern is a literal text (match("pattern", text) bool)`,
		`10 / var.tries`:                `a.cue:7:16: error[formula-divide]: var.tries may be zero: write max(1, var.tries), or compare in another way`,
		`10 / msg.reach.port`:           `a.cue:7:16: error[formula-divide]: msg.reach.port may be zero: write max(1, msg.reach.port), or compare in another way`,
		`msg.big + 1`:                   `a.cue:7:19: error[formula-overflow]: msg.big + 1 may be as large as 18446744073709551616, which does not fit int64: bound it with min or max`,
		`var.tries * var.tries > 1`:     `a.cue:7:21: error[formula-overflow]: var.tries * var.tries may be as large as 81129638414606681695789005144064, which does not fit int64: bound it with min or max`,
		`1 << var.tries`:                `a.cue:7:16: error[formula-overflow]: var.tries may lie outside 0 to 62, and so is no number of bits to shift by`,
		`pow(2, var.tries)`:             `a.cue:7:11: error[formula-type]: pow: var.tries may be negative (pow(int, int) int)`,
		`99999999999999999999 > 1`:      `a.cue:7:11: error[formula-overflow]: 99999999999999999999 does not fit int64`,
		"true &&\n  msg.nope":           `a.cue:8:7: error[formula-name]: msg (message "login") has no "nope" (did you mean "type"?)`,
		`closes(3)`:                     `a.cue:7:11: error[formula-type]: closes: 3 is int, not one of the protocol's codes (closes(code) bool)`,
		strings.Repeat("(", 5000) + `1`: `a.cue:7:11: error[formula-syntax]: the formula is longer than 4096 octets`,
	} {
		e, found := Parse(at(text), s, nil)
		if e != nil {
			t.Errorf("%s: parsed as %s", text, e)
		}
		if got := strings.TrimSuffix(found.String(), "\n"); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestParseWant(t *testing.T) {
	_, s := sample()
	_, found := Parse(at(`msg.clID`), s, BoolType)
	want := "a.cue:7:11: error[formula-type]: msg.clID is text, and this must be bool\n"
	if diff := cmp.Diff(want, found.String()); diff != "" {
		t.Error(diff)
	}
	if _, found := Parse(at(`0`), s, DurationType); len(found) > 0 {
		t.Errorf("0 is no duration: %v", found)
	}
}

func TestScopes(t *testing.T) {
	p, _ := sample()
	login, response := p.Messages[0], p.Messages[2]
	for _, tt := range []struct {
		name, text string
		scope      *Scope
		fails      bool
	}{
		{"a message names its fields alone", `len(clID) >= 3 && has(clTRID)`, ForMessage(p, login, nil), false},
		{"what a reply derives", `cond(has(req.clTRID), req.clTRID, serial())`, ForMessage(p, response, nil), false},
		{"what only some requests have", `has(req.clID)`, ForMessage(p, response, nil), false},
		{"what no request has", `has(req.nothing)`, ForMessage(p, response, nil), true},
		{"a head's fields", `len(clTRID) > 2`, ForHead(p, p.Heads[0], nil), false},
		{"a struct's fields", `port > 0 && host != ""`, ForStruct(p, p.Types[0]), false},
		{"a limit knows no message", `msg.clID == ""`, For(p, nil), true},
		{"a limit knows no variable", `var.tries > 0`, For(p, nil), true},
		{"a timer knows variables", `var.tries > 0`, ForMachine(p, p.Machines[0], nil), false},
	} {
		if _, found := Parse(at(tt.text), tt.scope, nil); len(found) > 0 != tt.fails {
			t.Errorf("%s: %v", tt.name, found)
		}
	}
}

func TestFieldTypes(t *testing.T) {
	p, s := sample()
	p.Messages[0].Fields = append(p.Messages[0].Fields, field("status", ""))
	s.Fields = func(m *model.Message, f *model.Field) *Type {
		if m.Name == "login" && f.Name == "status" {
			return TextType
		}
		return nil
	}
	if _, found := Parse(at(`msg.status > 1`), s, nil); len(found) == 0 {
		t.Error("the schema's type is not used")
	}
}

func TestInterval(t *testing.T) {
	_, s := sample()
	for text, want := range map[string]string{
		`msg.period`:                "0..255",
		`msg.share`:                 "1..99",
		`msg.reach.port`:            "0..65535",
		`msg.period - 256`:          "-256..-1",
		`msg.share * -2`:            "-198..-2",
		`1000 / msg.share`:          "10..1000",
		`(msg.share - 50) % 7`:      "-6..6",
		`msg.period & 15`:           "0..15",
		`msg.period | 256`:          "0..511",
		`msg.period >> 4`:           "0..15",
		`max(msg.period, 1)`:        "1..255",
		`min(msg.period, 1)`:        "0..1",
		`cond(msg.sure, 5, -5)`:     "-5..5",
		`pow(2, min(msg.share, 6))`: "2..64",
		`^msg.period`:               "-9223372036854775808..9223372036854775807",
		`result.code / 100 % 10`:    "0..9",
		`code.completed`:            "1000..1000",
	} {
		e := parse(t, s, text)
		if got := e.Type().Min.String() + ".." + e.Type().Max.String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestWalkAndVariables(t *testing.T) {
	_, s := sample()
	e := parse(t, s, `has(var.last) && len(var.names) + var.tries > -1 && msg.via[var.tries].host == var.clientID`)
	var got []string
	for _, v := range Variables(e) {
		got = append(got, v.Name)
	}
	if diff := cmp.Diff([]string{"last", "names", "tries", "clientID"}, got); diff != "" {
		t.Error(diff)
	}
}
