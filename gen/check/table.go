package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// Table says what every state of a machine does with every message that the machine may receive.
type Table struct {
	Machine  *model.Machine
	Messages []*model.Message
	Rows     []Row
}

// Row is one state of a table. It has a cell for each of the table's messages.
type Row struct {
	State *model.State
	Cells []Cell
}

// Cell is what a state does with a message.
type Cell struct {
	Does Does
	Ref  *model.Ref    // what names the message: itself or a group; nil for Otherwise, Nothing and Foreign
	Move []*model.Move // of Moves and Otherwise
}

// Does says what happens to a message. The zero Does is Nothing: a hole in the specification.
type Does uint8

// What may happen to a message.
const (
	Nothing   Does = iota // the state does not say
	Moves                 // it is an input of the state
	Ignored               // it is dropped
	Deferred              // it waits for another state
	Otherwise             // it is an input that the state does not name
	Foreign               // it cannot come: nobody rests in the state, or the frame in force carries messages of another kind
)

var doesNames = [...]string{"nothing", "on", "ignore", "defer", "otherwise", "–"}

// String returns the key of the specification that says so.
func (d Does) String() string { return doesNames[d] }

// TableOf makes the table of m, which must have passed [Run] without errors of its structure.
func TableOf(p *model.Protocol, m *model.Machine) *Table {
	g := &machine{Machine: m}
	g.build(func(*model.State, formula.Input, *model.Move) formula.Expr { return nil })
	return g.table(p)
}

func (m *machine) table(p *model.Protocol) *Table {
	t := &Table{Machine: m.Machine}
	for _, msg := range p.Messages {
		if formula.Receives(p, m.Machine, msg) {
			t.Messages = append(t.Messages, msg)
		}
	}
	for _, s := range m.States {
		row := Row{State: s}
		for _, msg := range t.Messages {
			cell := named(s, msg)
			if cell.Does == Nothing && (transient(s) || s.Final || !m.carried(p, s, msg)) {
				cell.Does = Foreign
			}
			if cell.Does == Nothing && len(s.Otherwise) > 0 {
				cell = Cell{Otherwise, nil, s.Otherwise}
			}
			row.Cells = append(row.Cells, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// named is what s says of msg by name: by its own name first, then by that of a group it is in.
func named(s *model.State, msg *model.Message) Cell {
	for _, own := range []bool{true, false} {
		names := func(r *model.Ref) bool {
			if own {
				return r.Message == msg
			}
			return r.Message == nil && slices.Contains(r.Messages(), msg)
		}
		for _, on := range s.On {
			if names(&on.Ref) {
				return Cell{Moves, &on.Ref, on.Moves}
			}
		}
		for _, r := range s.Ignore {
			if names(r) {
				return Cell{Ignored, r, nil}
			}
		}
		for _, r := range s.Defer {
			if names(r) {
				return Cell{Deferred, r, nil}
			}
		}
	}
	return Cell{}
}

// carried reports whether a frame that may be in force in s can carry msg.
func (m *machine) carried(p *model.Protocol, s *model.State, msg *model.Message) bool {
	f := m.flow(p)[node{s, true}]
	return f == nil || formula.Carries(p, slices.Collect(maps.Keys(f.frames)), msg)
}

// Lines returns the row as lines "what: messages", one for each thing that happens to some message, holes last.
func (t *Table) Lines(r Row) []string {
	var lines []string
	for _, does := range []Does{Moves, Deferred, Ignored, Otherwise, Nothing} {
		var names []string
		for i, c := range r.Cells {
			if c.Does == does {
				names = append(names, t.Messages[i].Name)
			}
		}
		if len(names) > 0 {
			lines = append(lines, fmt.Sprintf("%-9s  %s", does, strings.Join(names, " ")))
		}
	}
	return lines
}

// String returns the table as text: a line for each message, a column for each state.
func (t *Table) String() string {
	rows := [][]string{{t.Machine.Name}}
	for _, r := range t.Rows {
		rows[0] = append(rows[0], r.State.Name)
	}
	for i, msg := range t.Messages {
		line := []string{msg.Name}
		for _, r := range t.Rows {
			line = append(line, r.Cells[i].Does.String())
		}
		rows = append(rows, line)
	}
	return columns(rows)
}

// columns aligns rows of equal length.
func columns(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], len([]rune(text)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, text := range row {
			line += text + strings.Repeat(" ", widths[i]-len([]rune(text))+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
