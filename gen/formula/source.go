package formula

import (
	"go/scanner"
	"go/token"
	"strings"
	"time"

	"github.com/protogen-go/protogen/gen/model"
)

// source is a formula's text made ready for go/parser, which knows neither our durations nor our names that are Go's
// keywords. What it replaces it replaces by text of the same length, so offsets stay true; names are always read from
// the text as written.
type source struct {
	formula   *model.Formula
	text      string                // for go/parser
	durations map[int]time.Duration // by offset of the literal that stands for it
	in        map[int]bool          // offsets of the == that stand for the operator in
}

// prepare scans f and replaces keywords by blank names, duration literals by numbers and the infix operator in by ==.
func prepare(f *model.Formula) *source {
	s := &source{formula: f, durations: map[int]time.Duration{}, in: map[int]bool{}}
	text := []byte(strings.ReplaceAll(f.Text, "\n", " "))
	var scan scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	scan.Init(file, []byte(string(text)), nil, 0) // go/parser reports what is wrong
	operand := false                              // the token before ends an operand
	for {
		pos, tok, lit := scan.Scan()
		at := file.Offset(pos)
		switch {
		case tok == token.EOF:
			s.text = string(text)
			return s
		case tok == token.INT || tok == token.FLOAT:
			if n := unitLength(text[at+len(lit):]); n > 0 {
				s.duration(text, at, len(lit)+n)
			}
		case tok.IsKeyword():
			blank(text, at, len(lit), '_')
		case tok == token.IDENT && lit == "in" && operand:
			copy(text[at:], "==")
			s.in[at] = true
			operand = false
			continue
		}
		switch tok {
		case token.IDENT, token.INT, token.FLOAT, token.STRING, token.RPAREN, token.RBRACK:
			operand = true
		default:
			operand = tok.IsKeyword()
		}
	}
}

// duration notes the duration literal of n bytes at offset at; a malformed one is left for go/parser to refuse.
func (s *source) duration(text []byte, at, n int) {
	d, err := time.ParseDuration(s.formula.Text[at : at+n])
	if err != nil {
		return
	}
	s.durations[at] = d
	blank(text, at, n, '1')
}

// unitLength is the length of the letters and digits that follow a number at once, as in 1h30m.
func unitLength(rest []byte) int {
	n := 0
	for n < len(rest) && (rest[n] >= 'a' && rest[n] <= 'z' || n > 0 && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.')) {
		n++
	}
	return n
}

func blank(text []byte, at, n int, with byte) {
	for i := at; i < at+n; i++ {
		text[i] = with
	}
}

// name is the text of n bytes at pos as the specification writes it.
func (s *source) name(pos token.Pos, n int) string { return s.formula.Text[int(pos)-1:][:n] }

// position is the place in the specification of the byte at pos.
func (s *source) position(pos token.Pos) model.Pos { return s.offset(int(pos) - 1) }

// offset is the place in the specification of the byte at offset n.
func (s *source) offset(n int) model.Pos {
	at := s.formula.Pos
	if !at.IsValid() {
		return at
	}
	before := s.formula.Text[:min(max(n, 0), len(s.formula.Text))]
	if lines := strings.Count(before, "\n"); lines > 0 {
		at.Line += lines
		at.Col = len(before) - strings.LastIndexByte(before, '\n')
		return at
	}
	at.Col += len(before)
	return at
}
