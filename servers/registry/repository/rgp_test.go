package repository_test

import (
	"testing"
	"time"

	. "github.com/protogen-go/protogen/servers/registry/repository"
)

// deleted is a world where ClientX has deleted a.test a year after it was registered for two.
func deleted(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, Policy{})
	w.domain(clientX, "a.test")
	w.after(365 * Day)
	if pending := must[bool](w)(w.DeleteDomain(w.ctx, clientX, "a.test")); !pending {
		t.Fatal("deleted at once after the add period")
	}
	return w
}

// period is the one period of a.test that is running.
func (w *world) period() string {
	w.t.Helper()
	list := w.info(operator, "a.test").Periods
	if len(list) != 1 {
		w.t.Fatalf("periods %v", list)
	}
	return list[0].Period
}

func (w *world) restore(by Caller, op string, report *Report) error {
	_, err := w.UpdateDomain(w.ctx, by, DomainUpdate{Name: "a.test", Restore: &Restore{Op: op, Report: report}})
	return err
}

var report = &Report{PreData: "before", PostData: "<b>after</b>", Reason: "an error", Statements: []string{"one", "two"}}

func TestDeletionTakesItsTime(t *testing.T) {
	w := deleted(t)
	equal(t, w.statuses("a.test"), []string{StatusInactive, StatusPendingDelete})
	for _, c := range []struct {
		wait   time.Duration
		period string
	}{{0, PeriodRedemption}, {30*Day - time.Millisecond, PeriodRedemption}, {time.Millisecond, PeriodPendingDelete}, {5*Day - time.Millisecond, PeriodPendingDelete}} {
		w.after(c.wait)
		if got := w.period(); got != c.period || w.available("a.test") {
			t.Errorf("%v after the deletion: %s, want %s", w.now.Sub(start)-365*Day, got, c.period)
		}
	}
	w.after(time.Millisecond)
	if !w.available("a.test") {
		t.Error("not purged")
	}
	m := w.drain(clientX)
	if len(m) != 1 || m[0].DomainPending == nil {
		t.Fatalf("told %+v", m)
	}
	if p := m[0].DomainPending; p.Object != "a.test" || !p.Done || p.ClTRID != "ABC-1" || p.SvTRID != "SRV-1" || !p.Date.Equal(w.now) {
		t.Errorf("told %+v", p)
	}
}

// What nobody looked at for a long time goes through every stage at once.
func TestDeletionWithoutWitness(t *testing.T) {
	w := deleted(t)
	w.after(1000 * Day)
	if n, err := w.Sweep(w.ctx); n != 1 || err != nil {
		t.Fatalf("swept %d, %v", n, err)
	}
	if !w.available("a.test") {
		t.Error("not purged")
	}
}

func TestDeletedDomainStandsStill(t *testing.T) {
	w := deleted(t)
	_, err := w.UpdateDomain(w.ctx, clientX, DomainUpdate{Name: "a.test", AuthInfo: ptr("x")})
	refused(t, err, CodeStatus)
	_, err = w.DeleteDomain(w.ctx, clientX, "a.test")
	refused(t, err, CodeStatus)
	_, err = w.RequestDomainTransfer(w.ctx, clientY, "a.test", Period{}, &AuthInfo{Password: "2fooBAR"})
	refused(t, err, CodeStatus)
	_, err = w.CreateHost(w.ctx, clientX, "ns1.a.test", []Address{{IP: "192.0.2.1", Version: IPv4}})
	refused(t, err, CodeStatus)
	_, err = w.CreateDomain(w.ctx, clientY, NewDomain{Name: "a.test"})
	refused(t, err, CodeExists)
}

func TestRestore(t *testing.T) {
	w := deleted(t)
	refused(t, w.restore(clientY, RestoreRequest, nil), CodeAuthorization)
	refused(t, w.restore(clientX, RestoreReport, report), CodeStatus)
	refused(t, w.restore(clientX, RestoreRequest, report), CodePolicy)
	w.after(10 * Day)
	w.ok(w.restore(clientX, RestoreRequest, nil))
	if p := w.period(); p != PeriodPendingRestore {
		t.Fatalf("period %s", p)
	}
	refused(t, w.restore(clientX, RestoreRequest, nil), CodeStatus)
	refused(t, w.restore(clientX, RestoreReport, nil), CodeMissing)
	w.ok(w.restore(clientX, RestoreReport, report))
	got := w.info(clientX, "a.test")
	equal(t, values(got.InForce()), []string{StatusInactive})
	if len(got.Periods) != 0 || got.Restored.PostData != "<b>after</b>" || len(got.Restored.Statements) != 2 {
		t.Errorf("got %+v", got.Domain)
	}
	refused(t, w.restore(clientX, RestoreRequest, nil), CodeStatus)
}

// A restore that is not reported in time leaves what was left of the redemption period.
func TestRestoreWithoutReport(t *testing.T) {
	w := deleted(t)
	w.after(29 * Day)
	w.ok(w.restore(clientX, RestoreRequest, nil))
	w.after(7 * Day)
	if p := w.period(); p != PeriodRedemption {
		t.Fatalf("period %s", p)
	}
	refused(t, w.restore(clientX, RestoreReport, report), CodeStatus)
	w.after(Day)
	if p := w.period(); p != PeriodPendingDelete {
		t.Fatalf("period %s", p)
	}
	refused(t, w.restore(clientX, RestoreRequest, nil), CodeStatus)
}

// A domain that has expired while it was deleted comes back renewed.
func TestRestoreExpired(t *testing.T) {
	w := newWorld(t, Policy{})
	expires := w.domain(clientX, "a.test").Expires
	w.now = expires.Add(-Day)
	must[bool](w)(w.DeleteDomain(w.ctx, clientX, "a.test"))
	w.after(2 * Day)
	w.ok(w.restore(clientX, RestoreRequest, nil))
	w.ok(w.restore(clientX, RestoreReport, report))
	if got := w.info(clientX, "a.test"); !got.Expires.Equal(expires.AddDate(1, 0, 0)) {
		t.Errorf("expires %v", got.Expires)
	}
}

// An expired domain is renewed by the server, as many times as it takes.
func TestAutoRenew(t *testing.T) {
	w := newWorld(t, Policy{})
	expires := w.domain(clientX, "a.test").Expires
	w.now = expires.AddDate(2, 0, 1)
	got := w.info(clientX, "a.test")
	if want := expires.AddDate(3, 0, 0); !got.Expires.Equal(want) {
		t.Errorf("expires %v, want %v", got.Expires, want)
	}
	if p := w.period(); p != PeriodAutoRenew {
		t.Errorf("period %s", p)
	}
	w.after(44 * Day)
	if p := w.info(clientX, "a.test").Periods; len(p) != 0 {
		t.Errorf("periods %v", p)
	}
}
