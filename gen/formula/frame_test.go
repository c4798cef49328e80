package formula_test

import (
	"slices"
	"testing"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

func TestFrames(t *testing.T) {
	line, image := &model.Frame{Kind: "delimited"}, &model.Frame{Kind: "counted"}
	word := &model.Message{Encoding: "text"}
	tree := &model.Message{Encoding: "tree"}
	ended := &model.State{Final: true}
	open := &model.State{Frame: image}
	either := &model.State{Closed: []*model.Move{{To: ended}}}
	begin := &model.State{
		On:        []*model.On{{Moves: []*model.Move{{To: open}, {To: either}}}},
		Otherwise: []*model.Move{{Frame: image, To: either}},
	}
	open.Closed = []*model.Move{{To: ended}}
	m := &model.Machine{Initial: begin, States: []*model.State{begin, open, either, ended}}
	p := &model.Protocol{Transports: []*model.Transport{{Frame: line}}, Messages: []*model.Message{word, tree}}
	frames := formula.Frames(p, m)
	for _, test := range []struct {
		state       *model.State
		want        []*model.Frame
		word, image bool
	}{
		{begin, []*model.Frame{line}, true, false},
		{open, []*model.Frame{image}, false, true},
		{either, []*model.Frame{line, image}, true, true},
		{ended, []*model.Frame{image, line}, true, true},
		{&model.State{}, nil, true, true},
	} {
		got := frames[test.state]
		if len(got) != len(test.want) || slices.ContainsFunc(test.want, func(f *model.Frame) bool { return !slices.Contains(got, f) }) {
			t.Errorf("%d frames, want %d", len(got), len(test.want))
		}
		if formula.Carries(p, got, word) != test.word || formula.Carries(p, got, tree) != test.image {
			t.Errorf("%v carries a word %v, a tree %v", got, formula.Carries(p, got, word), formula.Carries(p, got, tree))
		}
	}
	p.Messages = []*model.Message{tree}
	if !formula.Carries(p, []*model.Frame{line}, tree) {
		t.Error("without lines, delimited frames carry all")
	}
}
