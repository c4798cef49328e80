package transaction

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// An inputKind says what an input is.
type inputKind uint8

const (
	inputReceive inputKind = iota
	inputStart
	inputCall
	inputFailed
	inputLinked
	inputTick
	inputEnd
)

// An input is what happens to a shard. The message, and the octets of inputReceive, belong to whoever brings it.
type input struct {
	kind    inputKind
	machine uint8
	call    int
	id      ID
	hash    uint64
	tag     uint64
	link    Link
	key     []byte // in buf
	octets  []byte // in buf, but for inputReceive
	message Message
	err     error
	buf     *[]byte // of buffers, or nil
	waits   bool    // it outlives the call that brought it
}

// wait makes an input that outlives the call which brought it. A message is kept as it is now, which may not be as it stood on the wire: a transport notes
// in it where it has come from.
func (in *input) wait(spec *Spec) {
	in.waits = true
	if in.kind == inputReceive {
		b, err := spec.Append(nil, in.message)
		if err != nil { // it can be read but not written
			b = bytes.Clone(in.octets)
		}
		in.octets, in.message = b, nil
	}
}

// release gives the input's buffer back.
func (in *input) release() {
	if in.buf != nil && cap(*in.buf) <= keepBuffer {
		buffers.Put(in.buf)
	}
	in.buf = nil
}

// A shard is a part of an engine's transactions, and the strand that runs their machines.
type shard struct {
	engine *Engine
	number int

	mu      sync.Mutex
	running bool
	closed  bool
	queue   []input
	spare   []input // the array of queue that is not in use
	records records // chunks and what is in them belong to the strand

	// Owned by the strand.
	machines []Machine
	views    []*Transaction // those the machines act through
	index    index
	crowd    crowd
	store    store
	wheel    wheel
	due      []uint32
	clock    *time.Timer
	clockAt  int64 // the tick it is set for; 0 when it is not
}

func newShard(e *Engine, number, limit int) *shard {
	s := &shard{engine: e, number: number}
	s.records.init(limit)
	s.wheel = wheel{records: &s.records}
	for i := range e.spec.Machines {
		t := &Transaction{shard: s}
		s.views = append(s.views, t)
		s.machines = append(s.machines, e.spec.Machines[i].New(t))
	}
	return s
}

// do handles an input here and now, with whatever comes meanwhile; or leaves it to the goroutine that is at work on the shard.
func (s *shard) do(in *input) {
	if in.kind == inputReceive && s.busy() {
		runtime.Gosched() // whoever is at work may be done then; a message that waits must be written and read once more
	}
	if s.claim(in) {
		s.handle(in)
		in.release()
		s.rest()
	} else if !in.waits {
		in.release()
	}
}

func (s *shard) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// claim reports whether the caller may work on the shard; if not, the input has been left to whoever does.
func (s *shard) claim(in *input) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return false
	case !s.running:
		s.running = true
		return true
	case in.kind == inputReceive && len(s.queue) >= s.engine.config.MaxQueue:
		s.engine.counters.dropped.Add(1)
		return false
	}
	in.wait(s.engine.spec)
	s.queue = append(s.queue, *in)
	return false
}

// rest handles what has come while an input was handled.
func (s *shard) rest() {
	for {
		s.mu.Lock()
		batch := s.queue
		if len(batch) == 0 || s.closed {
			s.running = false
			s.mu.Unlock()
			return
		}
		s.queue, s.spare = s.spare, nil
		s.mu.Unlock()
		for i := range batch {
			s.handle(&batch[i])
			batch[i].release()
		}
		clear(batch)
		s.mu.Lock()
		if cap(batch) <= keepQueue {
			s.spare = batch[:0]
		}
		s.mu.Unlock()
	}
}

// keepQueue is the number of waiting inputs for which room is kept.
const keepQueue = 16

// handle handles one input. A panic is that transaction's end.
func (s *shard) handle(in *input) {
	var at uint32
	defer func() {
		if v := recover(); v != nil {
			s.engine.counters.faults.Add(1)
			s.engine.config.Logger.Error("transaction panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			for _, t := range s.views {
				t.forget()
			}
			if at != 0 && s.records.at(at).use%2 == 1 {
				s.remove(at)
			}
		}
		s.setClock()
	}()
	switch in.kind {
	case inputReceive:
		if in.waits {
			var err error
			if in.message, err = s.engine.spec.Parse(in.octets); err != nil {
				s.engine.counters.faults.Add(1)
				return
			}
		}
		s.receive(in, &at)
	case inputStart:
		s.start(in, &at)
	case inputTick:
		s.expire(&at)
	default:
		if at = s.find(in.id); at != 0 {
			s.other(in, at)
		}
	}
	if at != 0 {
		s.settle(at, s.engine.present())
	}
}

// settle ends the timers of a transaction that are due, and puts what is left of it to rest.
func (s *shard) settle(i uint32, present int64) {
	use := s.records.at(i).use
	for use%2 == 1 && s.records.at(i).use == use {
		if !s.fire(i, instant(present)) {
			s.wheel.arm(i, present)
			return
		}
	}
}

// find is the record of a transaction; 0 when that has ended.
func (s *shard) find(id ID) uint32 {
	i := id.index()
	if i == 0 || int(i/recordsPerChunk) >= len(s.records.chunks) || s.records.chunks[i/recordsPerChunk] == nil {
		return 0
	}
	if rec := s.records.at(i); rec.use != id.use() || rec.use%2 == 0 {
		return 0
	}
	return i
}

// lookup finds a transaction by its key.
func (s *shard) lookup(in *input) uint32 {
	for i := s.index.first(in.hash); i != 0; {
		rec := s.records.at(i)
		if rec.kind == in.machine && bytes.Equal(s.store.get(rec.key), in.key) {
			return i
		}
		i = rec.chain
	}
	return 0
}

// receive gives a message to the transaction it belongs to, or begins one.
func (s *shard) receive(in *input, at *uint32) {
	i := s.lookup(in)
	if i == 0 {
		begins := s.engine.spec.Machines[in.machine].Begins
		if begins == nil || !begins(in.message) {
			s.engine.config.Program.Stray(in.message, in.link)
			return
		}
		if i = s.begin(in); i == 0 {
			s.engine.counters.full.Add(1)
			s.engine.config.Program.Full(in.message, in.link)
			return
		}
	}
	*at = i
	m := s.load(i)
	s.views[in.machine].received = in.octets
	m.Receive(in.message)
	s.save(i, m)
}

// begin makes a record for a message of a peer's.
func (s *shard) begin(in *input) uint32 {
	peer := s.crowd.counter(s.engine.seed, &in.link)
	s.mu.Lock()
	if s.engine.overKept() || s.crowded(peer) {
		s.mu.Unlock()
		return 0
	}
	i, use := s.records.take()
	s.mu.Unlock()
	if i != 0 {
		s.enter(i, use, in)
		s.records.at(i).peer = peer
		s.crowd.count(peer, 1)
	}
	return i
}

// enter fills a record and makes it found.
func (s *shard) enter(i, use uint32, in *input) {
	rec := s.records.at(i)
	before := s.store.size
	*rec = record{use: use, kind: in.machine, hash: in.hash, link: in.link, tag: in.tag, key: s.store.put(in.key)}
	s.index.add(&s.records, i)
	s.engine.counters.kept.Add(s.store.size - before)
	s.engine.counters.open.Add(1)
	s.engine.counters.begun.Add(1)
}

// start begins a transaction of the program's.
func (s *shard) start(in *input, at *uint32) {
	i, use := in.id.index(), in.id.use()
	taken := s.lookup(in) != 0
	s.enter(i, use, in)
	*at = i
	m := s.load(i)
	if taken {
		m.Failed(ErrTaken)
	} else {
		s.views[in.machine].call = in.octets
		m.Called(in.call)
	}
	s.save(i, m)
}

// other handles an input of a transaction that is there.
func (s *shard) other(in *input, i uint32) {
	rec := s.records.at(i)
	if in.kind == inputLinked {
		rec.link = in.link
		return
	}
	m := s.load(i)
	switch in.kind {
	case inputCall:
		s.views[rec.kind].call = in.octets
		m.Called(in.call)
	case inputFailed:
		m.Failed(in.err)
	case inputEnd:
		s.views[rec.kind].End()
	}
	s.save(i, m)
}

// load makes a record's machine be the transaction.
func (s *shard) load(i uint32) Machine {
	rec := s.records.at(i)
	t, m := s.views[rec.kind], s.machines[rec.kind]
	t.index, t.rec, t.ended = i, rec, false
	m.Load(&rec.vars)
	return m
}

// save puts the transaction to rest, or to its end.
func (s *shard) save(i uint32, m Machine) {
	rec := s.records.at(i)
	t := s.views[rec.kind]
	m.Save(&rec.vars)
	t.forget()
	if t.ended {
		s.remove(i)
	}
}

// remove forgets a transaction.
func (s *shard) remove(i uint32) {
	rec := s.records.at(i)
	s.wheel.remove(i)
	s.index.remove(&s.records, i)
	s.crowd.count(rec.peer, -1)
	before := s.store.size
	s.store.drop(&rec.key)
	for k := range rec.kept {
		s.store.drop(&rec.kept[k])
	}
	s.engine.counters.kept.Add(s.store.size - before)
	s.engine.counters.open.Add(-1)
	s.mu.Lock()
	s.records.give(i)
	s.mu.Unlock()
}

// expire ends the timers that are due.
func (s *shard) expire(at *uint32) {
	s.clockAt = 0
	present := s.engine.present()
	s.due = s.wheel.advance(present, s.due[:0])
	for _, i := range s.due {
		*at = i
		s.settle(i, present)
	}
	*at = 0
	if cap(s.due) > keepDue {
		s.due = nil
	}
}

// keepDue is the number of transactions with timers due at once for which room is kept.
const keepDue = 4096

// fire ends the timer of a record that was due first, and reports whether there was one.
func (s *shard) fire(i uint32, present tick) bool {
	rec := s.records.at(i)
	first := -1
	for k, due := range rec.due {
		if due != 0 && !present.before(due) && (first < 0 || due.before(rec.due[first])) {
			first = k
		}
	}
	if first < 0 {
		return false
	}
	rec.due[first] = 0
	m := s.load(i)
	m.Expired(first)
	s.save(i, m)
	return true
}

// setClock sets the clock for the tick at which the wheel must be looked at.
func (s *shard) setClock() {
	next := s.wheel.upcoming()
	if next == 0 || s.clockAt != 0 && s.clockAt <= next {
		return
	}
	s.clockAt = next
	d := time.Duration(next)*s.engine.config.Tick - time.Since(s.engine.epoch)
	if s.clock == nil {
		s.clock = time.AfterFunc(d, func() { s.do(&input{kind: inputTick}) })
		return
	}
	s.clock.Reset(d)
}
