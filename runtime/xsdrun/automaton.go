package xsdrun

import (
	"encoding/binary"
	"errors"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// maxPatternRoom bounds the states of a deterministic automaton that are kept, in words of memory: from there on a text is matched
// by the instructions.
const maxPatternRoom = 1 << 16

// maxPatternWork is how many steps of the instructions one match may take. It is enough for any text that a pattern without nested
// repetitions is asked about; others give up on a text of many kilobytes.
const maxPatternWork = 1 << 23

// pattern is a compiled regular expression, which matches a whole text. It may be used by any number of goroutines.
//
// It is a nondeterministic automaton, of which a deterministic one is made while texts are matched: the states that they lead to,
// and no others.
type pattern struct {
	ascii  [utf8.RuneSelf]uint16 // classes of characters that no set of the pattern tells apart
	bounds []rune                // where the class changes, ascending, from 0
	at     []uint16              // the class from each bound on
	width  int                   // classes

	prog  []instruction
	masks [][]bool // by set: the classes in it
	start *patternState

	mu     sync.Mutex               // guards what follows, and the growth of states
	states map[string]*patternState // by their instructions
	room   int                      // for more of them
	free   *matching                // not in use
}

// patternState is a state of the deterministic automaton.
type patternState struct {
	next   []atomic.Pointer[patternState] // by class; nil: not known yet
	list   []int32                        // the instructions at which the other automaton may be, ascending
	accept bool
}

// deadState is where nothing matches any more.
var deadState = new(patternState)

// instruction is one step of the pattern as a nondeterministic automaton.
type instruction struct {
	op   uint8
	set  int32 // of opSet
	x, y int32 // where to go on; y of opSplit alone
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
	c := &patternCompiler{p: &pattern{states: map[string]*patternState{}, room: maxPatternRoom}, index: map[string]int{}}
	c.p.prog = append(c.p.prog, instruction{op: opMatch})
	start := c.node(root, 0)
	if c.full {
		return nil, errors.New("regular expression: its repetitions make it too large")
	}
	c.classify()
	c.p.prog = append(c.p.prog, instruction{op: opSplit, x: start, y: start}) // the last one is where matching begins
	m := newMatching(c.p)
	m.now.add(c.p, int32(len(c.p.prog)-1))
	c.p.free = m
	c.p.start = c.p.state(m.now.list)
	return c.p, nil
}

type patternCompiler struct {
	p     *pattern
	sets  []runeSet
	index map[string]int // of a set in sets, by its bounds
	full  bool
}

// node appends the instructions of n, which go on to next, and returns where they begin.
func (c *patternCompiler) node(n *regexNode, next int32) int32 {
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
	return c.emit(instruction{op: opSet, set: int32(i), x: next})
}

func (c *patternCompiler) emit(in instruction) int32 {
	c.p.prog = append(c.p.prog, in)
	return int32(len(c.p.prog) - 1)
}

// repeat writes a repetition out: min copies, then as many optional ones as are left, or a loop.
func (c *patternCompiler) repeat(n *regexNode, next int32) int32 {
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

// threads is a set of instructions at which the nondeterministic automaton may be.
type threads struct {
	list  []int32
	mark  []uint32 // by instruction: the round in which it was added
	round uint32
	todo  []int32
	work  int // instructions looked at
}

func newThreads(n int) threads { return threads{mark: make([]uint32, n), round: 1} }

func (t *threads) reset() {
	t.list = t.list[:0]
	if t.round++; t.round == 0 {
		clear(t.mark)
		t.round = 1
	}
}

// add adds instruction i, or what it splits into.
func (t *threads) add(p *pattern, i int32) {
	if t.work++; t.mark[i] == t.round {
		return
	}
	if p.prog[i].op != opSplit {
		t.mark[i] = t.round
		t.list = append(t.list, i)
		return
	}
	t.todo = append(t.todo[:0], i)
	for len(t.todo) > 0 {
		i := t.todo[len(t.todo)-1]
		t.todo = t.todo[:len(t.todo)-1]
		if t.work++; t.mark[i] == t.round {
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

// matching is a match by the instructions.
type matching struct{ now, next threads }

func newMatching(p *pattern) *matching {
	return &matching{now: newThreads(len(p.prog)), next: newThreads(len(p.prog))}
}

// borrow takes memory for a match. The caller holds p.mu.
func (p *pattern) borrow() *matching {
	m := p.free
	if p.free = nil; m == nil {
		m = newMatching(p)
	}
	return m
}

// step works out what a class of characters leads to from the instructions of list, in next.
func (m *matching) step(p *pattern, list []int32, class uint16) {
	m.next.reset()
	for _, i := range list {
		if in := p.prog[i]; in.op == opSet && p.masks[in.set][class] {
			m.next.add(p, in.x)
		}
	}
	m.next.work += len(list)
}

// match reports whether the pattern matches the whole of s. It is not done if that takes more than maxPatternWork.
func (p *pattern) match(s string) (matches, done bool) {
	state, work := p.start, 0
	for i := 0; i < len(s); {
		class, n := p.classAt(s, i)
		next := state.next[class].Load()
		if next == nil {
			if next = p.extend(state, class, &work); next == nil {
				return p.simulate(state, s[i:], work)
			}
			if work > maxPatternWork {
				return false, false
			}
		}
		if next == deadState {
			return false, true
		}
		state = next
		i += n
	}
	return state.accept, true
}

// classAt returns the class of the character at s[i], and its bytes.
func (p *pattern) classAt(s string, i int) (class uint16, n int) {
	if c := s[i]; c < utf8.RuneSelf {
		return p.ascii[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return p.find(r), n
}

// extend works out what a class of characters leads to from a state; nil if there is no room for that.
func (p *pattern) extend(from *patternState, class uint16, work *int) *patternState {
	p.mu.Lock()
	defer p.mu.Unlock()
	if next := from.next[class].Load(); next != nil {
		return next
	}
	m := p.borrow()
	m.next.work = 0
	m.step(p, from.list, class)
	*work += m.next.work
	next := p.state(m.next.list)
	p.free = m
	if next != nil {
		from.next[class].Store(next)
	}
	return next
}

// state returns the state of a set of instructions; nil if there is no room for it. The caller holds p.mu.
func (p *pattern) state(list []int32) *patternState {
	if len(list) == 0 {
		return deadState
	}
	slices.Sort(list)
	key := make([]byte, 0, 4*len(list))
	for _, i := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(i))
	}
	if s, ok := p.states[string(key)]; ok {
		return s
	}
	if p.room -= len(list) + p.width + 8; p.room < 0 && len(p.states) > 0 {
		p.room = 0
		return nil
	}
	s := &patternState{list: slices.Clone(list), next: make([]atomic.Pointer[patternState], p.width), accept: list[0] == 0} // instruction 0 is the match
	p.states[string(key)] = s
	return s
}

// simulate is match from a state on by the instructions.
func (p *pattern) simulate(from *patternState, s string, work int) (matches, done bool) {
	p.mu.Lock()
	m := p.borrow()
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.free = m
		p.mu.Unlock()
	}()
	m.now.list = append(m.now.list[:0], from.list...)
	m.now.work, m.next.work = 0, work
	for i := 0; i < len(s) && len(m.now.list) > 0; {
		class, n := p.classAt(s, i)
		m.step(p, m.now.list, class)
		m.now, m.next = m.next, m.now
		if m.now.work+m.next.work > maxPatternWork {
			return false, false
		}
		i += n
	}
	return slices.Contains(m.now.list, 0), true
}
