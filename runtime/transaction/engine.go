package transaction

import (
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Defaults of Config.
const (
	DefaultMaxTransactions = 1 << 19
	DefaultMaxKept         = 512 << 20 // octets
	DefaultMaxQueue        = 4096
)

// The limits of names.
const (
	maxShards = 1 << idShardBits
	maxIndex  = 1<<idIndexBits - 1
)

// Config says how an engine works. New copies it.
type Config struct {
	Transport Transport // required
	Program   Program   // required

	// Bounds of what there is at a time. Of both, the last eighth is for peers that have no more than an eighth of all transactions: one address,
	// whatever it sends, leaves room for others.
	MaxTransactions int           // 0 means DefaultMaxTransactions
	MaxKept         int64         // octets kept for all of them, beyond which none begins; 0 means DefaultMaxKept
	MaxQueue        int           // messages of peers that wait while a shard is at work, beyond which they are dropped; 0 means DefaultMaxQueue
	Shards          int           // 0 means one for each processor
	Tick            time.Duration // the grain of timers, which fire late by no more; 0 means loop.DefaultTick

	// Transition is told of every change of state; nil means nobody is. It is called as machines are.
	Transition func(Transition)
	Logger     *slog.Logger // nil means slog.Default()
}

// Transition is a change of state.
type Transition struct {
	ID                       ID
	Machine, From, Input, To string
}

// Engine runs the transactions of one protocol over one or several transports. All methods may be called from any goroutine.
type Engine struct {
	spec     *Spec
	config   Config
	seed     maphash.Seed
	epoch    time.Time
	shards   []*shard
	counters counters
}

// New makes an engine.
func New(spec *Spec, c Config) (*Engine, error) {
	switch {
	case c.Transport == nil:
		return nil, errors.New("transaction: no transport")
	case c.Program == nil:
		return nil, errors.New("transaction: no program")
	case c.MaxTransactions < 0 || c.MaxKept < 0 || c.MaxQueue < 0 || c.Shards < 0 || c.Tick < 0:
		return nil, errors.New("transaction: negative limit")
	}
	for i := range spec.Machines {
		if n := len(spec.Machines[i].Timers); n > MaxTimers {
			return nil, fmt.Errorf("transaction: machine %s has %d timers, limit %d", spec.Machines[i].Name, n, MaxTimers)
		}
	}
	orDefault(&c.MaxTransactions, DefaultMaxTransactions)
	orDefault(&c.MaxKept, DefaultMaxKept)
	orDefault(&c.MaxQueue, DefaultMaxQueue)
	orDefault(&c.Tick, loop.DefaultTick)
	orDefault(&c.Shards, runtime.GOMAXPROCS(0))
	orDefault(&c.Logger, slog.Default())
	c.Shards = min(c.Shards, maxShards, c.MaxTransactions)
	e := &Engine{spec: spec, config: c, seed: maphash.MakeSeed(), epoch: time.Now()}
	for i := range c.Shards {
		limit := (c.MaxTransactions + c.Shards - 1 - i) / c.Shards // they add up to the whole
		if limit > maxIndex {
			return nil, fmt.Errorf("transaction: %d transactions in %d shards, limit %d each", c.MaxTransactions, c.Shards, maxIndex)
		}
		e.shards = append(e.shards, newShard(e, i, limit))
	}
	return e, nil
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Hold counts octets that the program keeps for transactions of its peers as kept, so that MaxKept bounds these too; it gives them back when n is
// negative.
func (e *Engine) Hold(n int) { e.counters.kept.Add(int64(n)) }

func (e *Engine) overKept() bool { return e.counters.kept.Load() >= e.config.MaxKept }

// buffers are those of keys and of what the program sends.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 2<<10); return &b }}

// keepBuffer is the capacity of a buffer that is used again.
const keepBuffer = 16 << 10

func getBuffer() *[]byte {
	b := buffers.Get().(*[]byte)
	*b = (*b)[:0]
	return b
}

// Receive takes a message of a peer: it goes to its transaction, begins one, or goes to the program. octets is what stood on the wire, for
// machines that keep it. The link is the way back.
func (e *Engine) Receive(m Message, octets []byte, from Link) {
	in := input{kind: inputReceive, message: m, octets: octets, link: from, buf: getBuffer()}
	for i := range e.spec.Machines {
		if e.setKey(&in, i, m) {
			e.shardOf(in.hash).do(&in)
			return
		}
	}
	in.release()
	e.config.Program.Stray(m, from)
}

// setKey sets an input's machine and key, and reports whether the message is one of the machine's.
func (e *Engine) setKey(in *input, machine int, m Message) bool {
	key := e.spec.Machines[machine].Key(*in.buf, m)
	*in.buf, in.machine, in.key = key, uint8(machine), key
	in.hash = maphash.Bytes(e.seed, key) + uint64(machine)
	return len(key) > 0 && len(key) <= maxPiece
}

func (e *Engine) shardOf(hash uint64) *shard { return e.shards[(hash>>32)%uint64(len(e.shards))] }

// Start begins a transaction of the machine by a call of the program's: its message m leaves along the link. The tag is the
// program's own. What becomes of it the program learns by its operations, perhaps before Start returns.
func (e *Engine) Start(machine, call int, m Message, to Link, tag uint64) (ID, error) {
	in := input{kind: inputStart, call: call, link: to, tag: tag, buf: getBuffer()}
	err := ErrNoKey
	if e.setKey(&in, machine, m) {
		err = in.encode(e.spec, m)
	}
	s := e.shardOf(in.hash)
	if err == nil {
		in.id, err = s.reserve()
	}
	if err != nil {
		in.release()
		return 0, err
	}
	id := in.id
	s.do(&in)
	return id, nil
}

// encode appends the octets of a message to the buffer, behind the key.
func (in *input) encode(spec *Spec, m Message) error {
	b, err := spec.Append(*in.buf, m)
	if err != nil {
		return err
	}
	*in.buf, in.key, in.octets = b, b[:len(in.key):len(in.key)], b[len(in.key):]
	return nil
}

// reserve names a transaction that is about to begin.
func (s *shard) reserve() (ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, ErrClosed
	}
	if s.engine.overKept() {
		s.engine.counters.full.Add(1)
		return 0, ErrFull
	}
	i, use := s.records.take()
	if i == 0 {
		s.engine.counters.full.Add(1)
		return 0, ErrFull
	}
	return makeID(s.number, i, use), nil
}

// Call makes a call of a transaction, with a message to send or nil. It does nothing when the transaction has ended. The error is that of a
// message that cannot be written.
func (e *Engine) Call(id ID, call int, m Message) error {
	in := input{kind: inputCall, id: id, call: call}
	if m != nil {
		in.buf = getBuffer()
		if err := in.encode(e.spec, m); err != nil {
			in.release()
			return err
		}
	}
	e.input(&in)
	return nil
}

// Failed is the transport's word that something sent for a transaction has not reached the peer.
func (e *Engine) Failed(id ID, err error) { e.input(&input{kind: inputFailed, id: id, err: err}) }

// Linked is the transport's word on the connection that was made for a transaction: what follows goes there.
func (e *Engine) Linked(id ID, link Link) { e.input(&input{kind: inputLinked, id: id, link: link}) }

// End ends a transaction without another word.
func (e *Engine) End(id ID) { e.input(&input{kind: inputEnd, id: id}) }

func (e *Engine) input(in *input) {
	if n := in.id.shard(); n < len(e.shards) && in.id != 0 {
		e.shards[n].do(in)
	} else {
		in.release()
	}
}

// Close ends the engine: transactions end without another word, and inputs are ignored from then on. It does not wait for the one that is being
// handled.
func (e *Engine) Close() {
	for _, s := range e.shards {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
	}
}
