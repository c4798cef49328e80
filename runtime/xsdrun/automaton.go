package xsdrun

import (
	"errors"
	"slices"
	"sort"
	"unicode/utf8"
)

// maxAutomatonCells bounds the table of a deterministic automaton; a pattern that needs more is matched by its instructions.
const maxAutomatonCells = 1 << 16

// pattern is a compiled regular expression, which matches a whole text. It is immutable.
type pattern struct {
	ascii  [utf8.RuneSelf]uint16 // classes of characters that no set of the pattern tells apart
	bounds []rune                // where the class changes, ascending, from 0
	at     []uint16              // the class from each bound on

	table  []uint32 // by state times class: the next state plus one, 0 when none; nil when too large
	accept []bool
	width  int // classes

	prog  []instruction
	masks [][]bool // by set: the classes in it
}

// instruction is one step of the pattern as a nondeterministic automaton.
type instruction struct {
	op   uint8
	set  int // of opSet
	x, y int // where to go on; y of opSplit alone
}

const (
	opSet uint8 = iota
	opSplit
	opMatch
)

// compilePattern compiles a regular expression of XML Schema.
func compilePattern(s string) (*pattern, error) {
	root, err := parseRegex(s)
	if err != nil {
		return nil, err
	}
	c := &patternCompiler{index: map[string]int{}}
	c.p.prog = append(c.p.prog, instruction{op: opMatch})
	start := c.node(root, 0)
	if c.full {
		return nil, errors.New("regular expression: its repetitions make it too large")
	}
	c.classify()
	c.p.prog = append(c.p.prog, instruction{op: opSplit, x: start, y: start}) // the last one is where matching begins
	c.determine()
	return &c.p, nil
}

type patternCompiler struct {
	p     pattern
	sets  []runeSet
	index map[string]int // of a set in sets, by its bounds
	full  bool
}

// node appends the instructions of n, which go on to next, and returns where they begin.
func (c *patternCompiler) node(n *regexNode, next int) int {
	if len(c.p.prog) > maxRegexSize {
		c.full = true
	}
	if c.full {
		return next
	}
	switch n.kind {
	case regexSequence:
		for _, sub := range slices.Backward(n.subs) {
			next = c.node(sub, next)
		}
		return next
	case regexChoice:
		begin := c.node(n.subs[len(n.subs)-1], next)
		for _, sub := range slices.Backward(n.subs[:len(n.subs)-1]) {
			begin = c.emit(instruction{op: opSplit, x: c.node(sub, next), y: begin})
		}
		return begin
	case regexRepeat:
		return c.repeat(n, next)
	}
	key := string(n.set)
	i, ok := c.index[key]
	if !ok {
		i = len(c.sets)
		c.sets = append(c.sets, n.set)
		c.index[key] = i
	}
	return c.emit(instruction{op: opSet, set: i, x: next})
}

func (c *patternCompiler) emit(in instruction) int {
	c.p.prog = append(c.p.prog, in)
	return len(c.p.prog) - 1
}

// repeat writes a repetition out: min copies, then as many optional ones as are left, or a loop.
func (c *patternCompiler) repeat(n *regexNode, next int) int {
	sub := n.subs[0]
	if n.max == Unbounded {
		loop := c.emit(instruction{op: opSplit, y: next})
		c.p.prog[loop].x = c.node(sub, loop)
		next = loop
	} else {
		end := next
		for i := n.min; i < n.max && !c.full; i++ {
			next = c.emit(instruction{op: opSplit, x: c.node(sub, next), y: end})
		}
	}
	for i := 0; i < n.min && !c.full; i++ {
		size := len(c.p.prog)
		next = c.node(sub, next)
		if len(c.p.prog) == size { // it matches nothing but the empty text, however often
			break
		}
	}
	return next
}

// classify divides the characters into classes that every set treats alike.
func (c *patternCompiler) classify() {
	cuts := []rune{0}
	for _, s := range c.sets {
		for i := 0; i < len(s); i += 2 {
			cuts = append(cuts, s[i], s[i+1]+1)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	known := map[string]uint16{}
	c.p.masks = make([][]bool, len(c.sets))
	signature := make([]byte, len(c.sets))
	cursor := make([]int, len(c.sets)) // in each set: the first bound not yet passed
	for _, lo := range cuts {
		for i, s := range c.sets {
			for cursor[i] < len(s) && s[cursor[i]+1] < lo {
				cursor[i] += 2
			}
			signature[i] = 0
			if k := cursor[i]; k < len(s) && s[k] <= lo {
				signature[i] = 1
			}
		}
		class, ok := known[string(signature)]
		if !ok {
			class = uint16(len(known))
			known[string(signature)] = class
			for i := range c.sets {
				c.p.masks[i] = append(c.p.masks[i], signature[i] == 1)
			}
		}
		if n := len(c.p.at); n > 0 && c.p.at[n-1] == class {
			continue
		}
		c.p.bounds, c.p.at = append(c.p.bounds, lo), append(c.p.at, class)
	}
	c.p.width = len(known)
	for r := range rune(utf8.RuneSelf) {
		c.p.ascii[r] = c.p.find(r)
	}
}

// find returns the class of r.
func (p *pattern) find(r rune) uint16 {
	return p.at[sort.Search(len(p.bounds), func(i int) bool { return p.bounds[i] > r })-1]
}

// determine builds the deterministic automaton unless it would be too large.
func (c *patternCompiler) determine() {
	p := &c.p
	m := newThreads(len(p.prog))
	m.add(p, len(p.prog)-1)
	states := map[string]uint32{}
	var queue [][]int
	var table []uint32
	intern := func(list []int) uint32 {
		slices.Sort(list)
		key := intKey(list)
		if s, ok := states[key]; ok {
			return s
		}
		s := uint32(len(queue))
		states[key] = s
		queue = append(queue, slices.Clone(list))
		p.accept = append(p.accept, len(list) > 0 && list[0] == 0) // instruction 0 is the match
		return s
	}
	intern(m.list)
	for done := 0; done < len(queue); done++ {
		if (len(table) + p.width) > maxAutomatonCells {
			p.accept = nil
			return
		}
		for class := range p.width {
			m.reset()
			for _, i := range queue[done] {
				if in := p.prog[i]; in.op == opSet && p.masks[in.set][class] {
					m.add(p, in.x)
				}
			}
			next := uint32(0)
			if len(m.list) > 0 {
				next = intern(m.list) + 1
			}
			table = append(table, next)
		}
	}
	p.table = table
}

func intKey(list []int) string {
	b := make([]byte, 0, 4*len(list))
	for _, i := range list {
		b = append(b, byte(i), byte(i>>8), byte(i>>16), byte(i>>24))
	}
	return string(b)
}

// threads is a set of instructions at which the nondeterministic automaton may be.
type threads struct {
	list  []int
	mark  []int // by instruction: the round in which it was added
	round int
	todo  []int
}

func newThreads(n int) *threads { return &threads{mark: make([]int, n), round: 1} }

func (t *threads) reset() {
	t.list = t.list[:0]
	t.round++
}

// add adds instruction i, or what it splits into.
func (t *threads) add(p *pattern, i int) {
	t.todo = append(t.todo[:0], i)
	for len(t.todo) > 0 {
		i := t.todo[len(t.todo)-1]
		t.todo = t.todo[:len(t.todo)-1]
		if t.mark[i] == t.round {
			continue
		}
		t.mark[i] = t.round
		if in := p.prog[i]; in.op == opSplit {
			t.todo = append(t.todo, in.y, in.x)
		} else {
			t.list = append(t.list, i)
		}
	}
}

// match reports whether the pattern matches the whole of s.
func (p *pattern) match(s string) bool {
	if p.table == nil {
		return p.simulate(s)
	}
	state := 0
	for i := 0; i < len(s); {
		var class uint16
		if c := s[i]; c < utf8.RuneSelf {
			class = p.ascii[c]
			i++
		} else {
			r, n := utf8.DecodeRuneInString(s[i:])
			class = p.find(r)
			i += n
		}
		next := p.table[state*p.width+int(class)]
		if next == 0 {
			return false
		}
		state = int(next - 1)
	}
	return p.accept[state]
}

// simulate matches with the instructions, in time proportional to their number and the length of s.
func (p *pattern) simulate(s string) bool {
	now, next := newThreads(len(p.prog)), newThreads(len(p.prog))
	now.add(p, len(p.prog)-1)
	for _, r := range s {
		class := p.find(r)
		next.reset()
		for _, i := range now.list {
			if in := p.prog[i]; in.op == opSet && p.masks[in.set][class] {
				next.add(p, in.x)
			}
		}
		now, next = next, now
		if len(now.list) == 0 {
			return false
		}
	}
	return slices.Contains(now.list, 0)
}
