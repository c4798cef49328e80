package session_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/session"
)

// A journal keeps log records as texts: level, message, and the names of the attributes.
type journal struct {
	mu      *sync.Mutex
	records *[]string
	values  *strings.Builder // of all attributes
	attrs   []slog.Attr
}

func newJournal() journal {
	return journal{mu: new(sync.Mutex), records: new([]string), values: new(strings.Builder)}
}

func (j journal) Enabled(context.Context, slog.Level) bool { return true }
func (j journal) WithGroup(string) slog.Handler            { return j }

func (j journal) WithAttrs(attrs []slog.Attr) slog.Handler {
	j.attrs = slices.Concat(j.attrs, attrs)
	return j
}

func (j journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	attrs := slices.Clone(j.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	text := r.Level.String() + " " + r.Message + ":"
	for _, a := range attrs {
		text += " " + a.Key
		fmt.Fprintln(j.values, a.Value)
	}
	*j.records = append(*j.records, text)
	return nil
}

// TestLog: records have constant messages and the attributes of the package comment, and nothing of what messages hold.
func TestLog(t *testing.T) {
	const secret = "hunter2"
	send := []string{
		"login 1 " + secret, "order 2 " + secret, "junk " + secret, "order 3 fail", "order 4 unwritable " + secret, "login 5 " + secret,
	}
	for _, tt := range []struct {
		name   string
		config clerkConfig
		send   []string
		tail   string
		want   []string
	}{
		{
			name: "failures of handlers", send: send,
			want: []string{"ERROR operation failed: session peer operation err", "ERROR operation failed: session peer operation err"},
		},
		{
			name: "defect of a handler", send: append(slices.Clone(send[:2]), "order 9 panic"),
			want: []string{"ERROR handler panicked: session peer panic stack"},
		},
		{
			name: "hole in the specification", config: clerkConfig{intolerant: true}, send: send[:3],
			want: []string{"ERROR input without a move: session peer err"},
		},
		{
			name: "half a frame", send: send[:1], tail: "\x00\x00\x00\x40order 2 " + secret,
			want: []string{"DEBUG stream ended within a frame: session peer octets"},
		},
		{name: "regular end", send: []string{"login 1 " + secret, "order 2 " + secret, "logout 3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := newJournal()
			service := newClerk(echo{}, tt.config)
			service.Logger = slog.New(j)
			push := session.NewPush(service)
			push.SetPeer(looptest.Addr("somebody"), nil)
			push.Open()
			push.Receive(append(frames(t, tt.send...), tt.tail...))
			push.End()
			if diff := cmp.Diff(tt.want, *j.records); diff != "" {
				t.Errorf("the log (-want +got):\n%s", diff)
			}
			if values := j.values.String(); strings.Contains(values, secret) {
				t.Errorf("the log holds what a message held:\n%s", values)
			}
		})
	}
}

// TestLogMore: the records that only a client or a defect of the machine causes.
func TestLogMore(t *testing.T) {
	j := newJournal()
	service := acts{receive: func(s *acts, m session.Message) {
		if m, ok := m.(*reply); ok {
			s.Resolve(m)
			return
		}
		s.Send(&reply{text: "unwritable"})
	}}.service()
	service.Logger = slog.New(j)
	push := session.NewPush(service)
	push.Open()
	push.Receive(frames(t, "reply 1 1000 hunter2", "hello 2"))
	want := []string{
		"DEBUG reply without a request: session peer reply",
		"ERROR message cannot be written: session peer err",
	}
	if diff := cmp.Diff(want, *j.records); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	if strings.Contains(j.values.String(), "hunter2") {
		t.Errorf("the log holds what a message held:\n%s", j.values)
	}
}

// TestLogMachinePanic: the loop logs the panic of a machine, once, to the session's logger when it has none of its own.
func TestLogMachinePanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		service := acts{receive: func(*acts, session.Message) { panic("a machine's defect") }}.service()
		service.Logger = slog.New(j)
		v := (&office{limits: loop.Config{}}).begin(t, service).call(t)
		v.send("order 1 hunter2")
		_, _ = v.Read(make([]byte, 1))
		synctest.Wait()
		j.mu.Lock()
		defer j.mu.Unlock()
		if diff := cmp.Diff([]string{"ERROR session panicked: conn peer panic stack"}, *j.records); diff != "" {
			t.Errorf("the log (-want +got):\n%s", diff)
		}
		if strings.Contains(j.values.String(), "hunter2") {
			t.Errorf("the log holds what a message held:\n%s", j.values)
		}
	})
}
