package transaction

import "time"

// Transaction is what a machine acts through: the transaction whose input it is taking. It is valid for the machine it was made for, during
// the calls of Machine's methods.
type Transaction struct {
	shard *shard
	index uint32
	rec   *record
	ended bool

	message  Message // what was encoded last
	encoded  []byte
	call     []byte // what the program passed
	received []byte // what the peer sent
	buf      []byte
}

// forget gives up what was of use for one input only.
func (t *Transaction) forget() { t.message, t.encoded, t.call, t.received = nil, nil, nil, nil }

// ID names the transaction.
func (t *Transaction) ID() ID { return makeID(t.shard.number, t.index, t.rec.use) }

// Tag is the number that the program gave the transaction when it started it.
func (t *Transaction) Tag() uint64 { return t.rec.tag }

// Link is the way to the peer.
func (t *Transaction) Link() Link { return t.rec.link }

// Received are the octets of the message that the peer has sent, valid while it is being received.
func (t *Transaction) Received() []byte { return t.received }

// Send sends a message to the peer.
func (t *Transaction) Send(m Message) {
	if b := t.encode(m); b != nil {
		t.transmit(b)
	}
}

// SendCall sends what the program passed.
func (t *Transaction) SendCall() { t.transmit(t.call) }

// SendKept sends a message that was kept; it does nothing when there is none.
func (t *Transaction) SendKept(slot int) {
	if b := t.shard.store.get(t.rec.kept[slot]); b != nil {
		t.transmit(b)
	}
}

// Keep keeps a message in place of the one that was kept in the slot.
func (t *Transaction) Keep(slot int, m Message) { t.keep(slot, t.encode(m)) }

// KeepCall keeps what the program passed.
func (t *Transaction) KeepCall(slot int) { t.keep(slot, t.call) }

// KeepReceived keeps what the peer sent.
func (t *Transaction) KeepReceived(slot int) { t.keep(slot, t.received) }

// Drop gives up what is kept in the slot.
func (t *Transaction) Drop(slot int) { t.keep(slot, nil) }

// Kept reports whether something is kept in the slot.
func (t *Transaction) Kept(slot int) bool { return t.rec.kept[slot].class != 0 }

// Octets are those of the message kept in the slot, nil when there is none. They are valid until the slot changes.
func (t *Transaction) Octets(slot int) []byte { return t.shard.store.get(t.rec.kept[slot]) }

// StartTimer lets a timer run from now on, whether it ran before or not; it fires after d, or, when d is 0, as soon as the input has been dealt
// with.
func (t *Transaction) StartTimer(timer int, d time.Duration) {
	t.rec.due[timer] = t.shard.engine.after(d)
}

// StopTimer stops a timer.
func (t *Transaction) StopTimer(timer int) { t.rec.due[timer] = 0 }

// Moved says that the machine goes from one state to another because of input; names are the specification's.
func (t *Transaction) Moved(from, input, to string) {
	if hook := t.shard.engine.config.Transition; hook != nil {
		hook(Transition{ID: t.ID(), Machine: t.spec().Name, From: from, Input: input, To: to})
	}
}

// End ends the transaction: nothing is left of it when the input has been dealt with.
func (t *Transaction) End() { t.ended = true }

// Unexpected ends the transaction: the machine has no move for input, which its checked specification rules out.
func (t *Transaction) Unexpected(state, input string) {
	t.shard.engine.counters.faults.Add(1)
	t.shard.engine.config.Logger.Error("input without a move", "machine", t.spec().Name, "state", state, "input", input)
	t.End()
}

func (t *Transaction) spec() *MachineSpec { return &t.shard.engine.spec.Machines[t.rec.kind] }

// encode makes the octets of a message, which are valid until the next one. Nil, which is logged, says that it cannot be written.
func (t *Transaction) encode(m Message) []byte {
	if m == t.message && t.encoded != nil {
		return t.encoded
	}
	b, err := t.shard.engine.spec.Append(t.buf[:0], m)
	if err != nil {
		t.shard.engine.counters.faults.Add(1)
		t.shard.engine.config.Logger.Error("message cannot be written", "machine", t.spec().Name, "err", err)
		return nil
	}
	t.buf, t.message, t.encoded = b, m, b
	return b
}

func (t *Transaction) transmit(b []byte) {
	t.shard.engine.counters.sent.Add(1)
	t.shard.engine.config.Transport.Send(b, t.rec.link, t.ID())
}

// keep replaces what is kept. More than maxPiece octets are not, and never again sent.
func (t *Transaction) keep(slot int, b []byte) {
	s := &t.shard.store
	before := s.size
	s.drop(&t.rec.kept[slot])
	if len(b) > 0 && len(b) <= maxPiece {
		t.rec.kept[slot] = s.put(b)
	}
	t.shard.engine.counters.kept.Add(s.size - before)
}
