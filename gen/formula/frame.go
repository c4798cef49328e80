package formula

import (
	"slices"

	"github.com/protogen-go/protogen/gen/model"
)

// Frames are the frames that may be in force in each state of m, whatever its guards say: those that it is entered with, and the
// state's own.
func Frames(p *model.Protocol, m *model.Machine) map[*model.State][]*model.Frame {
	in := map[*model.State][]*model.Frame{}
	queue := []*model.State{}
	enter := func(s *model.State, f *model.Frame) {
		if s.Frame != nil {
			f = s.Frame
		}
		if f != nil && !slices.Contains(in[s], f) {
			in[s] = append(in[s], f)
			queue = append(queue, s)
		}
	}
	for _, t := range p.Transports {
		enter(m.Initial, t.Frame)
		if m.Busy != nil {
			enter(m.Busy, t.Frame)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		for _, f := range slices.Clone(in[s]) {
			for _, input := range Inputs(s) {
				for _, mv := range input.Moves {
					next, to := f, s
					if mv.Frame != nil {
						next = mv.Frame
					}
					if mv.To != nil {
						to = mv.To
					}
					if to != s || mv.Frame != nil {
						enter(to, next)
					}
				}
			}
		}
	}
	return in
}

// Carries reports whether one of the frames may carry the message: where a protocol has messages that are lines of text,
// delimited frames carry those and no others. Without frames nothing is known, and all is carried.
func Carries(p *model.Protocol, frames []*model.Frame, msg *model.Message) bool {
	lines := slices.ContainsFunc(p.Messages, func(m *model.Message) bool { return m.Encoding == "text" })
	return !lines || len(frames) == 0 || slices.ContainsFunc(frames, func(f *model.Frame) bool {
		return f == nil || (f.Kind == "delimited") == (msg.Encoding == "text")
	})
}
