package model_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/model"
)

// protocol is one message that one machine answers with another.
func protocol() *model.Protocol {
	frame := &model.Frame{Node: model.Node{Name: "line"}, Kind: "delimited", End: "\n"}
	client, server := &model.Role{Node: model.Node{Name: "client"}}, &model.Role{Node: model.Node{Name: "server"}}
	ask := &model.Message{Node: model.Node{Name: "ask", Pos: model.Pos{File: "a.cue", Line: 1, Col: 1}}, From: []*model.Role{client}, Class: "request"}
	tell := &model.Message{Node: model.Node{Name: "tell"}, From: []*model.Role{server}, Class: "reply", Answers: []*model.Message{ask}}
	state := &model.State{Node: model.Node{Name: "open"}, Frame: frame}
	state.On = []*model.On{{
		Ref:   model.Ref{Node: model.Node{Name: "ask"}, Message: ask},
		Moves: []*model.Move{{Send: []*model.Send{{Message: tell}}, To: state}},
	}}
	machine := &model.Machine{Node: model.Node{Name: "server"}, Role: server, Initial: state, States: []*model.State{state}}
	return &model.Protocol{
		Node: model.Node{Name: "p"}, Roles: []*model.Role{client, server}, Frames: []*model.Frame{frame},
		Messages: []*model.Message{ask, tell}, Machines: []*model.Machine{machine},
	}
}

// TestJSONNamesReferences: what the model links by pointers, some of them in circles, is in JSON by name.
func TestJSONNamesReferences(t *testing.T) {
	text, err := json.Marshal(protocol())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"name":"tell","class":"reply","encoding":"","from":["server"],"answers":["ask"]`,
		`"initial":"open"`,
		`"name":"ask","moves":[{"send":[{"message":"tell"}],"to":"open"}]`,
		`"frame":"line"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestHash(t *testing.T) {
	hash := func(change func(*model.Protocol)) string {
		p := protocol()
		change(p)
		h, err := p.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	was := hash(func(*model.Protocol) {})
	for name, change := range map[string]func(*model.Protocol){
		"a target":   func(p *model.Protocol) { p.Machines[0].States[0].On[0].Moves[0].To = nil },
		"a doc":      func(p *model.Protocol) { p.Messages[0].Doc = "Asks." },
		"an answer":  func(p *model.Protocol) { p.Messages[1].Answers = nil },
		"the frames": func(p *model.Protocol) { p.Machines[0].States[0].Frame = nil },
	} {
		if hash(change) == was {
			t.Errorf("%s changed and the hash did not", name)
		}
	}
	if hash(func(p *model.Protocol) { p.Messages[0].Pos.Line = 2 }) != was {
		t.Error("a position changed and the hash did too")
	}
}

func TestPos(t *testing.T) {
	for _, tc := range []struct {
		pos  model.Pos
		want string
	}{
		{model.Pos{}, ""},
		{model.Pos{File: "a.cue"}, "a.cue"},
		{model.Pos{File: "a.cue", Line: 3, Col: 14}, "a.cue:3:14"},
	} {
		if got := tc.pos.String(); got != tc.want {
			t.Errorf("%#v is %q, want %q", tc.pos, got, tc.want)
		}
	}
	if a, b := (model.Pos{File: "a.cue", Line: 9, Col: 1}), (model.Pos{File: "a.cue", Line: 10}); a.Compare(b) >= 0 {
		t.Error("line 9 is not before line 10")
	}
}
