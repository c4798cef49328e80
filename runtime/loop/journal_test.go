package loop_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/loop"
)

// A slowLog writes when it may, and remembers what.
type slowLog struct {
	may     chan struct{}
	entered chan struct{}
	err     error

	mu    sync.Mutex
	lines []string
}

func (*slowLog) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }
func (s *slowLog) WithAttrs(attrs []slog.Attr) slog.Handler   { return prefixed{s, attrs[0].String()} }
func (s *slowLog) WithGroup(name string) slog.Handler         { return prefixed{s, name} }

func (s *slowLog) Handle(_ context.Context, r slog.Record) error { return s.write(r.Message) }

func (s *slowLog) write(line string) error {
	s.entered <- struct{}{}
	<-s.may
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	return s.err
}

// prefixed is a slowLog behind WithAttrs or WithGroup.
type prefixed struct {
	*slowLog
	prefix string
}

func (p prefixed) Handle(_ context.Context, r slog.Record) error {
	return p.write(p.prefix + " " + r.Message)
}

// A handler that panics panics for its caller, and the next record is written.
func TestJournalPanic(t *testing.T) {
	s := &slowLog{entered: make(chan struct{})}
	close(s.entered) // sending on it panics
	j := loop.NewJournal(s, 0)
	for range 2 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_ = j.Handle(context.Background(), slog.Record{Message: "x"})
		}()
	}
}

// While a record is being written, others wait in their order up to the limit, whatever logger they come from, and nobody waits with them.
func TestJournal(t *testing.T) {
	s := &slowLog{may: make(chan struct{}), entered: make(chan struct{}, 10), err: errors.New("full")}
	j := loop.NewJournal(s, 3)
	log := slog.New(j)
	var written error
	var writer sync.WaitGroup
	writer.Go(func() { written = j.Handle(context.Background(), slog.Record{Message: "first"}) })
	<-s.entered
	log.Info("second")
	log.With("conn", 7).Info("third")
	log.WithGroup("group").Info("fourth")
	log.Info("too many")
	log.Debug("not wanted")
	if n := j.Dropped(); n != 1 {
		t.Errorf("%d dropped", n)
	}
	close(s.may)
	writer.Wait()
	log.Info("last")
	want := []string{"first", "second", "conn=7 third", "group fourth", "last"}
	if diff := cmp.Diff(want, s.lines); diff != "" {
		t.Error(diff)
	}
	if written != s.err {
		t.Errorf("the first record's error is %v", written)
	}
}
