package router

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/protogen-go/protogen/runtime/tree"
)

// clock is a Go value with methods.
type clock struct{ told []string }

func (c *clock) Tell(_ context.Context, what string) string {
	c.told = append(c.told, what)
	return "told " + what
}

func (c *clock) Pair() (int, string)   { return 1, "two" }
func (c *clock) Table() map[string]int { return map[string]int{"a": 1} }
func (c *clock) Fail() error           { return errors.New("secret") }
func (c *clock) Refuse() error         { return Refuse("not now") }
func (c *clock) Nothing()              {}
func (c *clock) Panic(...int)          { panic("test") }

// TestClient publishes the methods of a Go value and calls them through the router.
func TestClient(t *testing.T) {
	r := &Router{Logger: quiet}
	publisher, subscriber := connect(t, r), connect(t, r)
	if err := publisher.Publish(t.Context(), "clock", &clock{}); err != nil {
		t.Fatal(err)
	}
	if list, err := subscriber.Listing(t.Context()); err != nil || !cmp.Equal(list, []string{"clock"}) {
		t.Errorf("%v, %v", list, err)
	}
	p, err := subscriber.Subscribe(t.Context(), "clock")
	if err != nil {
		t.Fatal(err)
	}
	want := []Method{
		{Name: "Fail", Signature: "()"},
		{Name: "Nothing", Signature: "()"},
		{Name: "Pair", Signature: "()", ReturnSignature: "(Int, Str)"},
		{Name: "Panic", Signature: "(@rest)"},
		{Name: "Refuse", Signature: "()"},
		{Name: "Table", Signature: "()", ReturnSignature: "HashRef"},
		{Name: "Tell", Signature: "(Str $arg0?)", ReturnSignature: "Str"},
	}
	if diff := cmp.Diff(want, p.Methods(), cmpopts.IgnoreFields(Method{}, "Traits")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, c := range []struct {
		method string
		args   []any
		want   any
		err    string
	}{
		{"Tell", []any{"time"}, "told time", ""},
		{"Pair", nil, []any{int64(1), "two"}, ""},
		{"Table", nil, map[string]any{"a": int64(1)}, ""},
		{"Nothing", nil, "", ""},
		{"Fail", nil, nil, "router: deliver: Method 'Fail' failed"},
		{"Refuse", nil, nil, "router: deliver: not now"},
		{"Panic", nil, nil, "router: deliver: Method 'Panic' failed"},
		{"Panic", []any{"x"}, nil, "router: deliver: Argument 0: tree: bytes is no int"},
		{"Nosuch", nil, nil, "router: the session has no such method: Nosuch"},
	} {
		v, err := p.Call(t.Context(), c.method, c.args...)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: error %v, want %s", c.method, err, c.err)
			}
			continue
		}
		got, _ := tree.As[any](v)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, -want +got\n%s", c.method, err, diff)
		}
	}
	if err := publisher.Rescind(t.Context(), "clock"); err != nil {
		t.Error(err)
	}
	if _, err := subscriber.Subscribe(t.Context(), "clock"); err == nil || err.Error() != "router: subscribe: Session 'clock' doesn't exist" {
		t.Error(err)
	}
}

// TestPublishTaken leaves the alias to the first, and the second may have another session.
func TestPublishTaken(t *testing.T) {
	r := &Router{Logger: quiet}
	first, second := connect(t, r), connect(t, r)
	if err := first.Publish(t.Context(), "s", &clock{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Client{first, second} {
		var failed *FailedError
		if err := c.Publish(t.Context(), "s", &clock{}); !errors.As(err, &failed) || failed.Text != "Session 's' already exists" {
			t.Errorf("%v", err)
		}
	}
	if err := second.Publish(t.Context(), "other", 17); err == nil {
		t.Error("a number has been published")
	}
	if err := second.Publish(t.Context(), "other", Methods{"f": 17}); err == nil {
		t.Error("a number has been published as a function")
	}
}

// TestUnknownRecipient refuses events for sessions that were not published here.
func TestUnknownRecipient(t *testing.T) {
	c := connect(t, &Router{Logger: quiet})
	if ok, text := said(t, func(f answer) { c.delivered("nobody", nil, f) }); ok || text != "Unknown recipient" {
		t.Errorf("%v %v", ok, text)
	}
}
