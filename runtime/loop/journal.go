package loop

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// DefaultJournal is how many records may wait for a log that is slow or blocked.
const DefaultJournal = 256

// A Journal is a slog.Handler in front of another one, for programs whose work must go on when the log does not: when its disk is full or its reader
// hangs. A record is written by the goroutine that has it, as without a Journal; but while one is being written, the others do not wait for
// it: they queue up, are written in their order by whoever is writing, and those that find the queue full are dropped and counted.
//
// The engine has one in front of Config.Logger. Handlers made by WithAttrs and WithGroup share the queue.
type Journal struct {
	queue *recordQueue
	next  slog.Handler
}

// A recordQueue is what waits to be written.
type recordQueue struct {
	limit   int
	dropped atomic.Uint64

	mu      sync.Mutex
	writing bool
	waiting []entry
}

// An entry is a record and where it is to be written.
type entry struct {
	ctx    context.Context
	record slog.Record
	next   slog.Handler
}

// NewJournal makes a Journal that keeps limit records waiting for next at most; 0 means DefaultJournal.
func NewJournal(next slog.Handler, limit int) *Journal {
	def(&limit, DefaultJournal)
	return &Journal{&recordQueue{limit: limit}, next}
}

// Dropped is the number of records that found the queue full.
func (j *Journal) Dropped() uint64 { return j.queue.dropped.Load() }

// Enabled implements slog.Handler.
func (j *Journal) Enabled(ctx context.Context, level slog.Level) bool {
	return j.next.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (j *Journal) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Journal{j.queue, j.next.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (j *Journal) WithGroup(name string) slog.Handler {
	return &Journal{j.queue, j.next.WithGroup(name)}
}

// Handle implements slog.Handler. The error is that of writing this record here; that of a record which was queued is lost.
func (j *Journal) Handle(ctx context.Context, r slog.Record) error {
	q := j.queue
	if !q.begin(entry{ctx, r, j.next}) {
		return nil
	}
	over := false
	defer func() {
		if !over { // the handler has panicked, which must not be the end of all writing
			q.abandon()
		}
	}()
	err := j.next.Handle(ctx, r)
	for e, more := q.after(); more; e, more = q.after() {
		_ = e.next.Handle(e.ctx, e.record)
	}
	over = true
	return err
}

// begin reports whether the caller is to write e now; else it is queued, or dropped.
func (q *recordQueue) begin(e entry) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case !q.writing:
		q.writing = true
		return true
	case len(q.waiting) >= q.limit:
		q.dropped.Add(1)
	default:
		e.record = e.record.Clone()
		q.waiting = append(q.waiting, e)
	}
	return false
}

// abandon leaves what waits to the next writer.
func (q *recordQueue) abandon() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing = false
}

// after is what to write next, if there is anything.
func (q *recordQueue) after() (e entry, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting, q.writing = nil, false
		return entry{}, false
	}
	e = q.waiting[0]
	q.waiting = q.waiting[1:]
	return e, true
}
