package loop

// A roster is the list of an engine's members, in no order: a map of them would take twice the memory of a list, which for a connection that is idle
// is a tenth of all. A member knows its position. The core's mu guards it.
type roster struct {
	list []member
}

func (r *roster) len() int { return len(r.list) }

func (r *roster) add(m member) {
	*m.position() = int32(len(r.list))
	r.list = append(r.list, m)
}

// replace gives the position of a member to another one.
func (r *roster) replace(old, m member) {
	*m.position() = *old.position()
	r.list[*old.position()] = m
}

// remove takes out a member; the last of the list comes in its place. It does nothing when the member is not there.
func (r *roster) remove(m member) {
	at, last := int(*m.position()), len(r.list)-1
	if at > last || r.list[at] != m {
		return
	}
	r.list[at] = r.list[last]
	*r.list[at].position() = int32(at)
	r.list[last] = nil
	r.list = r.list[:last]
	if cap(r.list) > keepRoster && last < cap(r.list)/4 {
		r.list = append(make([]member, 0, cap(r.list)/2), r.list...)
	}
}

// keepRoster is the capacity that an engine without connections keeps.
const keepRoster = 64
