package repository_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	. "github.com/protogen-go/protogen/servers/registry/repository"
	"github.com/protogen-go/protogen/servers/registry/sqlite"
)

// start is when every test begins: a leap day, at a time that is no round number.
var start = time.Date(2024, time.February, 29, 12, 34, 56, 789_000_000, time.UTC)

var (
	clientX  = Caller{ID: "ClientX", ClTRID: "ABC-1", SvTRID: "SRV-1"}
	clientY  = Caller{ID: "ClientY", ClTRID: "ABC-2", SvTRID: "SRV-2"}
	clientZ  = Caller{ID: "ClientZ"}
	operator = Caller{Operator: true}
)

// world is a registry in a file of its own, with three registrars and a clock that stands still.
type world struct {
	*Repository
	t   *testing.T
	ctx context.Context
	now time.Time
}

func newWorld(t *testing.T, policy Policy) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "registry.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	policy.TLDs = append(policy.TLDs, "test", "co.test")
	policy.PasswordMemory = 64 // fast, and not for use
	w := &world{t: t, ctx: t.Context(), now: start}
	w.Repository = must[*Repository](w)(New(t.Context(), store, policy, func() time.Time { return w.now }))
	for _, c := range []Caller{clientX, clientY, clientZ} {
		w.ok(w.Enrol(w.ctx, Registrar{ID: c.ID, Password: "foo-BAR2"}))
	}
	return w
}

// after lets time pass.
func (w *world) after(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused demands a refusal with the given code.
func refused(t *testing.T, err error, code Code) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want a refusal with code %d", err, code)
	}
	if refusal.Code != code {
		t.Fatalf("got %v, want code %d", err, code)
	}
}

func must[T any](w *world) func(T, error) T {
	return func(v T, err error) T {
		w.t.Helper()
		w.ok(err)
		return v
	}
}

// contact creates a contact.
func (w *world) contact(by Caller, id string) {
	w.t.Helper()
	_, err := w.CreateContact(w.ctx, by, Contact{
		Handle: id, Email: "jdoe@example.com", AuthInfo: "2fooBAR",
		Postal: []Postal{{Form: PostalInternational, Name: "John Doe", City: "Dulles", Country: "US"}},
	})
	w.ok(err)
}

// domain creates a domain for two years.
func (w *world) domain(by Caller, name string) *Domain {
	w.t.Helper()
	return must[*Domain](w)(w.CreateDomain(w.ctx, by, NewDomain{Name: name, Period: Period{N: 2, Unit: UnitYear}, AuthInfo: "2fooBAR"}))
}

// host creates an internal host.
func (w *world) host(by Caller, name string) {
	w.t.Helper()
	must[*Host](w)(w.CreateHost(w.ctx, by, name, []Address{{IP: "192.0.2.1", Version: IPv4}}))
}

// serve makes hosts the name servers of a domain.
func (w *world) serve(by Caller, domain string, hosts ...string) {
	w.t.Helper()
	must[*Domain](w)(w.UpdateDomain(w.ctx, by, DomainUpdate{Name: domain, Add: DomainChange{Nameservers: hosts}}))
}

func (w *world) info(by Caller, name string) *DomainInfo {
	w.t.Helper()
	return must[*DomainInfo](w)(w.DomainInfo(w.ctx, by, name, nil))
}

// statuses are the status values of a domain.
func (w *world) statuses(name string) []string {
	w.t.Helper()
	return values(w.info(operator, name).InForce())
}

func values(list []Status) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Value)
	}
	return out
}

// available is the answer of a check for one domain.
func (w *world) available(name string) bool {
	w.t.Helper()
	return must[[]Availability](w)(w.CheckDomains(w.ctx, clientZ, []string{name}))[0].Available
}

// drain empties a registrar's queue.
func (w *world) drain(by Caller) []*Message {
	w.t.Helper()
	var list []*Message
	q := must[*Queue](w)(w.Poll(w.ctx, by))
	for q.Count > 0 {
		list = append(list, q.Head)
		count := q.Count
		q = must[*Queue](w)(w.Acknowledge(w.ctx, by, q.Head.MessageID()))
		if q.Count != count-1 {
			w.t.Fatalf("%d messages remain of %d after one was acknowledged", q.Count, count)
		}
	}
	return list
}

func equal[T comparable](t *testing.T, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func ptr[T any](v T) *T { return &v }
