package xsdrun

import (
	"fmt"
	"strings"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// Children goes through the child elements of the element on which its Decoder stands, by a content model. It is obtained
// from [Decoder.Children].
//
// A document that departs from the model is read on as sensibly as possible: an element that the model does not know is
// skipped, and one that it knows elsewhere is reported and delivered.
type Children struct {
	Particle int // the index in [Model] Particles of the child on which the Decoder stands
	Member   int // the index in the particle's Members; -1 if the child is the particle's own element, or a wildcard's

	d       *Decoder
	m       *Model
	state   int
	count   int    // repetitions of the leaf matched last, where the model counts them
	depth   int    // of the parent
	seen    uint64 // of an all group: the particles met
	more    []bool // the same, from particle 64 on
	tally   *tally // of a model with counters, once a child was read
	started bool   // a child of the model was seen
	texted  bool   // a fault about text was recorded
	mixed   bool
}

// Children begins to go through the children of the element on which d stands. Every call of Next that returns true must be
// followed by a call that reads the child.
func (d *Decoder) Children(m *Model) Children {
	if d.todo || d.special {
		d.settle(m.TypeName)
	}
	return Children{d: d, m: m, depth: d.r.Depth(), Member: -1}
}

// MixedChildren reads mixed content, in which the elements must match the model, and keeps it as it came. The elements
// inside are judged if they are declared globally.
func (d *Decoder) MixedChildren(m *Model) xmlstream.Mixed {
	v := d.declaredValue()
	c := d.Children(m)
	c.mixed = true
	content := d.r.Mixed(func() {
		d.begin()
		switch {
		case !c.match():
			d.SkipElement()
		case d.opts.Known == nil || !d.opts.Known(d):
			d.forget()
			d.laxContent()
		}
	})
	if d.r.Err() == nil {
		c.finish()
	}
	return v.judge(d, content)
}

// Next goes to the next child. It is false when the parent has ended.
func (c *Children) Next() bool {
	d := c.d
	if c.count != 0 || d.r.Depth() != c.depth {
		return c.read()
	}
	turns := c.m.turns.Load()
	if turns == nil {
		turns = c.m.prepare()
	}
	answer := d.r.NextExpected((*turns)[c.state])
	if answer < 0 {
		return c.otherwise(answer)
	}
	d.at, d.todo = d.r.Offset(), len(d.r.Attrs()) != 0
	if d.todo || d.keyed {
		d.begin()
	}
	i := answer >> 1
	c.Particle, c.Member, c.state, c.count, c.started = i, -1, i+1, answer&1, true
	return true
}

// otherwise goes on where none of the elements expected stands.
func (c *Children) otherwise(answer int) bool {
	switch {
	case answer == xmlstream.Ended:
		if c.m.All || c.tally != nil || !c.m.Final[c.state] {
			c.finish()
		}
		return false
	case answer == xmlstream.Unexpected:
		c.d.begin()
		if c.accept() {
			return true
		}
	}
	return c.read()
}

// read is Next without expectations.
func (c *Children) read() bool {
	d := c.d
	for d.r.Depth() > c.depth { // a child that was not read
		if d.r.Next() == xmlstream.EOF {
			return false
		}
	}
	for {
		switch d.r.NextTag() {
		case xmlstream.StartElement:
			d.begin()
			if c.accept() {
				return true
			}
		case xmlstream.EndElement:
			c.finish()
			return false
		case xmlstream.Text:
			c.text()
		case xmlstream.EOF:
			return false
		}
	}
}

// accept is match that skips what it refuses.
func (c *Children) accept() bool {
	if c.match() {
		return true
	}
	c.d.SkipElement()
	return false
}

// prepare works out which elements each state expects: those before the first particle that is not a plain name. Twice the
// particle is the answer, and one more if its repetitions are counted. Where groups are counted nothing is expected.
func (m *Model) prepare() *[][]xmlstream.Expected {
	turns := make([][]xmlstream.Expected, max(len(m.Next), 1))
	shared := map[*int]int{} // states by what may follow: a large choice has the same after each of its members
	for state, next := range m.Next {
		if m.Counters != nil {
			break
		}
		if len(next) == 0 {
			continue
		}
		if same, ok := shared[&next[0]]; ok && len(m.Next[same]) == len(next) {
			turns[state] = turns[same]
			continue
		}
		shared[&next[0]] = state
		for _, i := range next[:min(len(next), maxTurn)] {
			p := &m.Particles[i]
			if p.Any != nil || p.Abstract {
				break
			}
			answer := 2 * i
			if p.Max != 0 {
				answer++
			}
			turns[state] = append(turns[state], xmlstream.Expect(p.Space, p.Local, answer))
		}
	}
	m.turns.Store(&turns)
	return &turns
}

// maxTurn is how many names are expected at most: with more it takes longer to find one among them than to read a tag.
const maxTurn = 32

// text judges character data between the children.
func (c *Children) text() {
	if c.mixed || c.texted {
		return
	}
	c.texted = true
	c.d.fault(c.d.r.Offset(), c.d.path(""), "cvc-complex-type.2.3",
		fmt.Sprintf("text between the elements of <%s>", c.parent()), c.parent())
}

// parent returns the name of the element whose children these are.
func (c *Children) parent() string {
	if r := c.d.r; r.Depth() >= c.depth {
		return r.Open(c.depth - 1)
	}
	return c.d.r.QName() // it has just ended
}

// match finds the particle of the start tag that has just been read. It is false if the model does not know it.
func (c *Children) match() bool {
	m, space, local := c.m, c.d.r.Space(), c.d.r.Local()
	if m.All {
		return c.matchAll(space, local)
	}
	if m.Counters != nil {
		return c.matchCounted(space, local)
	}
	if c.count > 0 {
		if last := &m.Particles[c.state-1]; (last.Max < 0 || c.count < last.Max) && c.take(last, space, local) {
			c.count++
			return true
		}
	}
	for _, i := range m.Next[c.state] {
		p := &m.Particles[i]
		if p.Space == space && p.Local == local && p.Any == nil && !p.Abstract {
			c.Member = -1
		} else if (p.Any == nil && p.Members == nil) || !c.take(p, space, local) {
			continue
		}
		if c.count > 0 {
			c.leave()
		}
		c.enter(i)
		return true
	}
	return c.recover(space, local)
}

// take reports whether the particle admits the name, and notes the member.
func (c *Children) take(p *Particle, space int, local string) bool {
	if p.Any != nil {
		c.Member = -1
		return p.Any.Allows(space)
	}
	if p.Space == space && p.Local == local && !p.Abstract {
		c.Member = -1
		return true
	}
	for i := range p.Members {
		if m := &p.Members[i]; m.Space == space && m.Local == local {
			c.Member = i
			return true
		}
	}
	return false
}

// enter makes particle i the one matched last.
func (c *Children) enter(i int) {
	c.Particle, c.state, c.started, c.count = i, i+1, true, 0
	if c.m.Particles[i].Max != 0 {
		c.count = 1
	}
	if c.tally != nil {
		c.tally.settle(c.m, i)
	}
}

// matchCounted is match for a model that counts the repetitions of groups.
func (c *Children) matchCounted(space int, local string) bool {
	if c.tally == nil {
		c.tally = c.d.newTally()
	}
	for at, i := range c.m.Next[c.state] {
		if c.take(&c.m.Particles[i], space, local) && c.tally.step(c.m, c.state, at) {
			c.tally.commit()
			c.Particle, c.state, c.started = i, i+1, true
			return true
		}
	}
	return c.recover(space, local)
}

// leave records that the counted leaf matched last has not been repeated often enough.
func (c *Children) leave() {
	if p := &c.m.Particles[c.state-1]; c.count < p.Min {
		c.unexpected("")
	}
	c.count = 0
}

// recover records an element that cannot stand here, and finds a place for it if the model has one.
func (c *Children) recover(space int, local string) bool {
	c.unexpected("")
	best := -1
	for i := range c.m.Particles {
		if p := &c.m.Particles[i]; p.Any == nil && c.take(p, space, local) && (best < 0 || best < c.state) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	c.take(&c.m.Particles[best], space, local)
	c.Particle = best
	if best >= c.state { // further on: what lies between is missing
		c.enter(best)
	}
	return true
}

// matchAll is match for an all group.
func (c *Children) matchAll(space int, local string) bool {
	for i := range c.m.Particles {
		if !c.take(&c.m.Particles[i], space, local) {
			continue
		}
		if c.met(i) {
			c.unexpected("a second time")
		}
		c.meet(i)
		c.Particle, c.started = i, true
		return true
	}
	c.unexpected("")
	return false
}

func (c *Children) met(i int) bool {
	if i < 64 {
		return c.seen&(1<<i) != 0
	}
	return i-64 < len(c.more) && c.more[i-64]
}

func (c *Children) meet(i int) {
	if i < 64 {
		c.seen |= 1 << i
		return
	}
	if c.more == nil {
		c.more = make([]bool, len(c.m.Particles)-64)
	}
	c.more[i-64] = true
}

// unexpected records that the child on which the Decoder stands cannot stand here.
func (c *Children) unexpected(how string) {
	d := c.d
	if how != "" {
		how = " " + how
	}
	d.faultHere("cvc-complex-type.2.4.a", fmt.Sprintf("<%s> cannot stand here%s; expected %s", d.r.QName(), how, c.expected()))
}

// finish judges the end of the parent.
func (c *Children) finish() {
	m := c.m
	switch {
	case m.All:
		if c.started || !m.Optional {
			c.finishAll()
		}
		return
	case c.count > 0 && c.count < m.Particles[c.state-1].Min:
	case c.final():
		c.d.release(c.tally)
		return
	}
	c.incomplete()
	c.d.release(c.tally)
}

// final reports whether the parent may end where the model stands, counted leaves apart.
func (c *Children) final() bool {
	return c.m.Final[c.state] && (c.tally == nil || c.tally.final(c.m, c.state))
}

func (c *Children) finishAll() {
	for i := range c.m.Particles {
		if p := &c.m.Particles[i]; !p.Optional && !c.met(i) {
			c.incomplete()
			return
		}
	}
}

// incomplete records that the parent, whose end tag has just been read, lacks children.
func (c *Children) incomplete() {
	name := c.parent()
	c.d.fault(c.d.r.Offset(), c.d.path(name), "cvc-complex-type.2.4.b",
		fmt.Sprintf("<%s> is not complete; expected %s", name, c.expected()), name)
}

// maxExpected is how many names a message lists.
const maxExpected = 12

// expected lists what may come next.
func (c *Children) expected() string {
	if len(c.d.faults) >= c.d.opts.MaxFaults {
		return "" // nobody will read it
	}
	var names []string
	add := func(p *Particle) {
		if p.Any != nil {
			names = append(names, "any element of "+c.spaces(p.Any))
			return
		}
		if !p.Abstract {
			names = append(names, c.label(p.Space, p.Local))
		}
		for i := range p.Members {
			names = append(names, c.label(p.Members[i].Space, p.Members[i].Local))
		}
	}
	end := false
	if c.m.All {
		for i := range c.m.Particles {
			if len(names) <= maxExpected && !c.met(i) {
				add(&c.m.Particles[i])
			}
		}
		end = len(names) == 0
	} else {
		again := c.count > 0 && (c.m.Particles[c.state-1].Max < 0 || c.count < c.m.Particles[c.state-1].Max)
		if again {
			add(&c.m.Particles[c.state-1])
		}
		if c.count == 0 || c.count >= c.m.Particles[c.state-1].Min {
			for at, i := range c.m.Next[c.state] {
				if len(names) > maxExpected {
					break
				}
				if c.tally == nil || c.tally.step(c.m, c.state, at) {
					add(&c.m.Particles[i])
				}
			}
			end = c.final()
		}
	}
	if len(names) > maxExpected {
		names = append(names[:maxExpected], "...")
	}
	if end {
		names = append(names, fmt.Sprintf("the end of <%s>", c.parent()))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// label names an element with the document's prefix, if it has one.
func (c *Children) label(space int, local string) string {
	return c.d.label(space, local)
}

func (d *Decoder) label(space int, local string) string {
	uri := d.r.Spaces().URI(space)
	switch prefix, ok := d.r.PrefixOf(uri); {
	case ok && prefix != "":
		return prefix + ":" + local
	case ok, uri == "":
		return local
	}
	return xmlstream.Name{Space: uri, Local: local}.String()
}

// spaces describes a wildcard's namespace constraint.
func (c *Children) spaces(w *Wildcard) string {
	var uris []string
	for _, s := range w.Spaces {
		if uri := c.d.r.Spaces().URI(s); uri != "" {
			uris = append(uris, uri)
		} else {
			uris = append(uris, "no namespace")
		}
	}
	switch list := strings.Join(uris, " or "); {
	case w.Not && list == "":
		return "any namespace"
	case w.Not:
		return "a namespace other than " + list
	default:
		return list
	}
}
