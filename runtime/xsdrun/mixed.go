package xsdrun

import "github.com/protogen-go/protogen/runtime/xmlstream"

// MixedOf reads mixed content, in which the elements must match the model, and keeps it as it came. It calls read on the
// start tag of every child with the particle that the child matches; read must read through the child's end tag.
func (d *Decoder) MixedOf(m *Model, read func(particle int)) xmlstream.Mixed {
	v := d.declaredValue()
	c := d.Children(m)
	c.mixed = true
	content := d.r.Mixed(func() {
		d.begin()
		if !c.match() {
			d.SkipElement()
			return
		}
		read(c.Particle)
	})
	if d.r.Err() == nil {
		c.finish()
	}
	return v.judge(d, content)
}
