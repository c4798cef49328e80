package xsdrun

import (
	"fmt"
	"slices"
)

// Order goes through the items of a repeated group while an [Encoder] writes them, and has the Encoder refuse what the group's
// content model has no place for. It is obtained from [Encoder.Order].
type Order struct {
	e     *Encoder
	m     *Model
	state int    // as in [Model]: the particle written last, plus one
	count int    // repetitions of a leaf that the model counts
	tally *tally // of a model with counters
}

// Order begins to judge the order of items by the model of their group.
func (e *Encoder) Order(m *Model) Order {
	o := Order{e: e, m: m}
	if m.Counters != nil {
		o.tally = &tally{many: 1}
	}
	return o
}

// Next judges the item that is about to be written. Particles are the indexes in [Model] Particles of its element or wildcard.
func (o *Order) Next(particles ...int) {
	if o.e.err != nil || o.again(particles) {
		return
	}
	if o.count == 0 || o.count >= o.m.Particles[o.state-1].Min {
		for at, i := range o.m.Next[o.state] {
			if slices.Contains(particles, i) && (o.tally == nil || o.tally.step(o.m, o.state, at)) {
				o.enter(i)
				return
			}
		}
	}
	o.e.Fail("cvc-complex-type.2.4.a", fmt.Sprintf("%s cannot stand here", o.m.Particles[particles[0]].word()))
}

// again counts one repetition more of the leaf that was written last; it is false if that leaf is another or has been repeated as
// often as it may be.
func (o *Order) again(particles []int) bool {
	if o.count == 0 || !slices.Contains(particles, o.state-1) {
		return false
	}
	if most := o.m.Particles[o.state-1].Max; most >= 0 && o.count >= most {
		return false
	}
	o.count++
	return true
}

// enter makes particle i the one written last.
func (o *Order) enter(i int) {
	o.state, o.count = i+1, 0
	if o.m.Particles[i].Max != 0 {
		o.count = 1
	}
	if o.tally != nil {
		o.tally.commit()
	}
}

// End judges that no item follows.
func (o *Order) End() {
	counted := o.count == 0 || o.count >= o.m.Particles[o.state-1].Min
	if o.e.err != nil || counted && o.m.Final[o.state] && (o.tally == nil || o.tally.final(o.m, o.state)) {
		return
	}
	if o.state == 0 {
		o.e.Fail("cvc-complex-type.2.4.b", "there must be items")
		return
	}
	o.e.Fail("cvc-complex-type.2.4.b", fmt.Sprintf("more must follow %s", o.m.Particles[o.state-1].word()))
}

// word names a particle in a message.
func (p *Particle) word() string {
	if p.Any != nil {
		return "an element of a wildcard"
	}
	return p.Local
}
