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
	answer := d.r.NextExpected(c.m.planned().turns[c.state])
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

// planned returns the model's plan.
func (m *Model) planned() *plan {
	if p := m.plan.Load(); p != nil {
		return p
	}
	return m.prepare()
}

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
		if last := &m.Particles[c.state-1]; (last.Max < 0 || c.count < last.Max) && c.take(c.state-1, space, local) {
			c.count++
			return true
		}
	}
	if g := m.planned().next[c.state]; g != nil {
		return c.lookUp(g, space, local)
	}
	for _, i := range m.Next[c.state] {
		p := &m.Particles[i]
		if p.Space == space && p.Local == local && p.Any == nil && !p.Abstract {
			c.Member = -1
		} else if (p.Any == nil && p.Members == nil) || !c.take(i, space, local) {
			continue
		}
		c.follow(i)
		return true
	}
	return c.recover(space, local)
}

// follow goes on to particle i, which may be next.
func (c *Children) follow(i int) {
	if c.count > 0 {
		c.leave()
	}
	c.enter(i)
}

// lookUp is match where much may follow.
func (c *Children) lookUp(g *register, space int, local string) bool {
	next := c.m.Next[c.state]
	before := g.size - len(next)
	if named := g.from(before, space, local); len(named) > 0 {
		c.Member = named[0].member
		c.follow(next[named[0].place-before])
		return true
	}
	for _, place := range g.wildFrom(before) {
		if i := next[place-before]; c.take(i, space, local) {
			c.follow(i)
			return true
		}
	}
	return c.recover(space, local)
}

// take reports whether particle i admits the name, and notes the member.
func (c *Children) take(i, space int, local string) bool {
	p := &c.m.Particles[i]
	if p.Any != nil {
		c.Member = -1
		return p.Any.Allows(space)
	}
	if p.Space == space && p.Local == local && !p.Abstract {
		c.Member = -1
		return true
	}
	if len(p.Members) > maxTurn {
		return c.takeAmong(i, space, local)
	}
	for k := range p.Members {
		if m := &p.Members[k]; m.Space == space && m.Local == local {
			c.Member = k
			return true
		}
	}
	return false
}

// takeAmong is take for a particle with many members.
func (c *Children) takeAmong(i, space int, local string) bool {
	found := c.m.everything().from(i, space, local)
	if len(found) == 0 || found[0].place != i {
		return false
	}
	c.Member = found[0].member
	return true
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
	next := c.m.Next[c.state]
	if g := c.m.planned().next[c.state]; g != nil {
		before := g.size - len(next)
		for _, named := range g.from(before, space, local) {
			if at := named.place - before; c.advance(at, named.member) {
				return true
			}
		}
		for _, place := range g.wildFrom(before) {
			if at := place - before; c.take(next[at], space, local) && c.advance(at, -1) {
				return true
			}
		}
		return c.recover(space, local)
	}
	for at, i := range next {
		if c.take(i, space, local) && c.advance(at, c.Member) {
			return true
		}
	}
	return c.recover(space, local)
}

// advance goes on to the particle at a place in Next if the counts allow it.
func (c *Children) advance(at, member int) bool {
	i := c.m.Next[c.state][at]
	if !c.tally.step(c.m, c.state, at) {
		if !c.tally.over {
			return false
		}
		c.d.faultHere("limit", "groups repeat in groups here, and there are too many ways to count how often; it goes on as if they had begun anew")
		c.tally.over = false
		c.Member = member
		c.enter(i)
		return true
	}
	c.tally.commit()
	c.Member, c.Particle, c.state, c.started = member, i, i+1, true
	return true
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
	best := c.place(space, local)
	if best < 0 {
		return false
	}
	c.take(best, space, local)
	c.Particle = best
	if best >= c.state { // further on: what lies between is missing
		c.enter(best)
	}
	return true
}

// place returns the particle of that name with which to go on: the first one further on, or else the last one; -1 for none.
func (c *Children) place(space int, local string) int {
	if len(c.m.Particles) > maxTurn {
		g := c.m.everything()
		if later := g.from(c.state, space, local); len(later) > 0 {
			return later[0].place
		}
		if any := g.from(0, space, local); len(any) > 0 {
			return any[len(any)-1].place
		}
		return -1
	}
	best := -1
	for i := range c.m.Particles {
		if c.m.Particles[i].Any == nil && c.take(i, space, local) && (best < 0 || best < c.state) {
			best = i
		}
	}
	return best
}

// matchAll is match for an all group.
func (c *Children) matchAll(space int, local string) bool {
	i := c.place(space, local)
	if i < 0 {
		c.unexpected("")
		return false
	}
	c.take(i, space, local)
	if c.met(i) {
		c.unexpected("a second time")
	}
	c.meet(i)
	c.Particle, c.started = i, true
	return true
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
	for _, i := range c.m.planned().required {
		if !c.met(i) {
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
