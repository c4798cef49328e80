package xsdrun

// tally is how often the groups around the particle matched last have been repeated. Where the elements so far can be
// divided into repetitions in several ways, a tally holds all of them, as rows: a row has a range of counts for every counter
// around the particle, outermost first, and stands for all their combinations.
type tally struct {
	width int   // of a row: two numbers, least and most, for each counter
	many  int   // how many rows there are
	rows  []int // one after the other
	next  tallyRows
	left  *int // of the document's work; nil for no limit
	over  bool // there is none left
}

// How much work all tallies of a document may be, in rows looked at: so much from the beginning, and so much more for each
// element. Only content models in which groups repeat in groups, and which leave open how often each did, need any to speak of.
const (
	tallyWork        = 1 << 21
	tallyWorkElement = 256
)

// tallyRows are the rows of a step that has not been committed.
type tallyRows struct {
	width, many int
	rows        []int
	work        int // rows looked at
}

// newTally returns a tally for the start of a model: one row without counters. Tallies given back by release are used again.
func (d *Decoder) newTally() *tally {
	if n := len(d.tallies); n > 0 {
		t := d.tallies[n-1]
		d.tallies = d.tallies[:n-1]
		t.width, t.many, t.rows, t.over = 0, 1, t.rows[:0], false
		return t
	}
	return &tally{many: 1, left: &d.tallyLeft}
}

// release takes back a tally whose parent has ended; nil is none.
func (d *Decoder) release(t *tally) {
	if t != nil {
		d.tallies = append(d.tallies, t)
	}
}

// settle makes t what it would be if particle i had been matched after just enough repetitions.
func (t *tally) settle(m *Model, i int) {
	t.many, t.rows = 1, t.rows[:0]
	for _, c := range m.Nests[i] {
		n := max(m.Counters[c].Min, 1)
		t.rows = append(t.rows, n, n)
	}
	t.width = len(t.rows)
}

// step works out the rows after the step from a state to the particle Next[state][at]. It is false if the counts allow no
// such step, and if there is too much to work out.
func (t *tally) step(m *Model, state, at int) bool {
	var from []int
	if state > 0 {
		from = m.Nests[state-1]
	}
	to := m.Nests[m.Next[state][at]]
	n := &t.next
	n.width, n.many, n.rows, n.work = 2*len(to), 0, n.rows[:0], -tallyWorkElement
	for i := range t.many {
		row, taken := t.rows[i*t.width:][:t.width], false
		for _, w := range m.Ways[state][at] {
			if (!w.Else || !taken) && leaves(m, from, row, w.Keep) && n.add(m, from, to, row, w) {
				taken = true
			}
		}
		if n.work > 0 && t.left != nil && n.work > *t.left {
			t.over = true
			return false
		}
	}
	if t.left != nil {
		*t.left = min(*t.left-n.work, tallyWork)
	}
	return n.many > 0
}

// commit makes the latest step.
func (t *tally) commit() {
	t.width, t.many = t.next.width, t.next.many
	t.rows, t.next.rows = t.next.rows, t.rows
}

// final reports whether the counts allow the parent to end.
func (t *tally) final(m *Model, state int) bool {
	if state == 0 {
		return true
	}
	for i := range t.many {
		if leaves(m, m.Nests[state-1], t.rows[i*t.width:][:t.width], 0) {
			return true
		}
	}
	return false
}

// leaves reports whether a row allows the groups inside of the outermost keep to end.
func leaves(m *Model, nest, row []int, keep int) bool {
	for i := keep; i < len(nest); i++ {
		if row[2*i+1] < m.Counters[nest[i]].Min {
			return false
		}
	}
	return true
}

// add appends what a row becomes in one way, if it becomes anything.
func (n *tallyRows) add(m *Model, from, to, row []int, w Way) bool {
	begin := len(n.rows)
	n.rows = append(n.rows, row[:2*w.Keep]...)
	for range to[w.Keep:] {
		n.rows = append(n.rows, 1, 1)
	}
	if w.Again && !again(m.Counters[from[w.Keep-1]], n.rows[begin+2*w.Keep-2:][:2]) {
		n.rows = n.rows[:begin]
		return false
	}
	n.many++
	n.work++
	n.merge()
	return true
}

// again counts one repetition more; false if there are as many as there may be. Beyond the least of an unbounded range there
// is nothing to count.
func again(c Counter, counts []int) bool {
	if c.Max < 0 {
		counts[0], counts[1] = min(counts[0]+1, c.Min), min(counts[1]+1, c.Min)
		return true
	}
	if counts[0] >= c.Max {
		return false
	}
	counts[0], counts[1] = counts[0]+1, min(counts[1]+1, c.Max)
	return true
}

// merge joins the last row with those that differ from it in one counter at most and leave no gap, one after the other.
func (n *tallyRows) merge() {
	for i := n.many - 2; i >= 0; i-- {
		n.work++
		last, row := n.rows[(n.many-1)*n.width:], n.rows[i*n.width:][:n.width]
		if !joins(row, last) {
			continue
		}
		for k := range row {
			if k%2 == 0 {
				last[k] = min(last[k], row[k])
			} else {
				last[k] = max(last[k], row[k])
			}
		}
		copy(row, last)
		n.many--
		n.rows = n.rows[:n.many*n.width]
		if i == n.many-1 {
			continue
		}
		// The joined row becomes the last one, and may join others.
		end := n.rows[(n.many-1)*n.width:]
		for k := range row {
			row[k], end[k] = end[k], row[k]
		}
		i = n.many - 1
	}
}

// joins reports whether two rows together are a row.
func joins(a, b []int) bool {
	differ := false
	for k := 0; k < len(a); k += 2 {
		if a[k] == b[k] && a[k+1] == b[k+1] {
			continue
		}
		if differ || a[k] > b[k+1]+1 || b[k] > a[k+1]+1 {
			return false
		}
		differ = true
	}
	return true
}
