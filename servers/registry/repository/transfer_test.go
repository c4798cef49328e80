package repository_test

import (
	"testing"
	"time"

	. "github.com/protogen-go/protogen/servers/registry/repository"
)

// requested is a world where ClientY has asked for a.test of ClientX.
func requested(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, Policy{})
	w.domain(clientX, "a.test")
	w.host(clientX, "ns1.a.test")
	tr := must[*ObjectTransfer](w)(w.RequestDomainTransfer(w.ctx, clientY, "a.test", Period{N: 1, Unit: UnitYear}, &AuthInfo{Password: "2fooBAR"}))
	if x := tr.Transfer; x.Status != TransferPending || x.Requester != "ClientY" || x.Actor != "ClientX" ||
		!x.Requested.Equal(start) || !x.Acted.Equal(start.Add(5*Day)) || !x.Expires.Equal(w.info(clientX, "a.test").Expires.AddDate(1, 0, 0)) {
		t.Errorf("requested: %+v", x)
	}
	return w
}

func TestRequestDomainTransfer(t *testing.T) {
	w := newWorld(t, Policy{})
	w.domain(clientX, "a.test")
	request := func(by Caller, name string, auth *AuthInfo) error {
		_, err := w.RequestDomainTransfer(w.ctx, by, name, Period{}, auth)
		return err
	}
	right := &AuthInfo{Password: "2fooBAR"}
	refused(t, request(clientY, "none.test", right), CodeNotFound)
	refused(t, request(clientY, "a.test", nil), CodeMissing)
	refused(t, request(clientY, "a.test", &AuthInfo{Password: "wrong"}), CodeAuthInfo)
	refused(t, request(clientX, "a.test", right), CodeNotTransferable)
	_, err := w.DomainTransfer(w.ctx, clientX, "a.test", nil)
	refused(t, err, CodeNoTransfer)
	w.ok(request(clientY, "a.test", right))
	refused(t, request(clientY, "a.test", right), CodePendingTransfer)
	refused(t, request(clientZ, "a.test", right), CodePendingTransfer)
}

// While a transfer is pending the domain and the hosts below it stand still.
func TestPendingTransferProhibits(t *testing.T) {
	w := requested(t)
	equal(t, w.statuses("a.test"), []string{StatusInactive, StatusPendingTransfer})
	_, err := w.UpdateDomain(w.ctx, clientX, DomainUpdate{Name: "a.test", AuthInfo: ptr("x")})
	refused(t, err, CodeStatus)
	_, err = w.RenewDomain(w.ctx, clientX, "a.test", w.info(clientX, "a.test").Expires, Period{})
	refused(t, err, CodeStatus)
	_, err = w.DeleteDomain(w.ctx, clientX, "a.test")
	refused(t, err, CodeStatus)
	refused(t, w.DeleteHost(w.ctx, clientX, "ns1.a.test"), CodeStatus)
	_, err = w.CreateHost(w.ctx, clientX, "ns2.a.test", []Address{{IP: "192.0.2.2", Version: IPv4}})
	refused(t, err, CodeStatus)
	host := must[*HostInfo](w)(w.HostInfo(w.ctx, clientX, "ns1.a.test"))
	equal(t, values(host.InForce), []string{StatusPendingTransfer})
}

func TestDecideDomainTransfer(t *testing.T) {
	for _, c := range []struct {
		decision        Decision
		entitled, other Caller
		status, sponsor string
		told            Caller
	}{
		{Approve, clientX, clientY, TransferClientApproved, "ClientY", clientY},
		{Reject, clientX, clientY, TransferClientRejected, "ClientX", clientY},
		{Cancel, clientY, clientX, TransferClientCancelled, "ClientX", clientX},
	} {
		t.Run(string(c.decision), func(t *testing.T) {
			w := requested(t)
			expires := w.info(clientX, "a.test").Expires
			if m := w.drain(clientX); len(m) != 1 || m[0].DomainTransfer == nil || m[0].DomainTransfer.Transfer.Status != TransferPending {
				t.Fatalf("the sponsor was told %+v", m)
			}
			decide := func(by Caller) error {
				_, err := w.DecideDomainTransfer(w.ctx, by, "a.test", c.decision)
				return err
			}
			w.after(time.Hour)
			refused(t, decide(c.other), CodeAuthorization)
			refused(t, decide(clientZ), CodeAuthorization)
			w.ok(decide(c.entitled))
			refused(t, decide(c.entitled), CodeNoTransfer)

			got := w.info(operator, "a.test")
			host := must[*HostInfo](w)(w.HostInfo(w.ctx, clientZ, "ns1.a.test"))
			if got.Sponsor != c.sponsor || host.Sponsor != c.sponsor || got.Transfer.Status != c.status ||
				got.Transfer.Actor != c.entitled.ID || !got.Transfer.Acted.Equal(w.now) {
				t.Errorf("got %+v, transfer %+v, host %+v", got.Domain, got.Transfer, host.Host)
			}
			if c.decision == Approve {
				if want := expires.AddDate(1, 0, 0); !got.Expires.Equal(want) || !got.Transferred.Equal(w.now) || !host.Transferred.Equal(w.now) {
					t.Errorf("approved: %+v", got.Domain)
				}
			}
			m := w.drain(c.told)
			if len(m) != 1 || m[0].DomainTransfer.Transfer.Status != c.status || m[0].DomainTransfer.Object != "a.test" {
				t.Errorf("%s was told %+v", c.told.ID, m)
			}
			for _, quiet := range []Caller{clientX, clientY, clientZ} {
				if m := w.drain(quiet); len(m) != 0 {
					t.Errorf("%s was told %+v", quiet.ID, m)
				}
			}
		})
	}
}

func TestDomainTransferQuery(t *testing.T) {
	w := requested(t)
	query := func(by Caller, auth *AuthInfo) error {
		_, err := w.DomainTransfer(w.ctx, by, "a.test", auth)
		return err
	}
	w.ok(query(clientX, nil))
	w.ok(query(clientY, nil))
	refused(t, query(clientZ, nil), CodeAuthorization)
	w.ok(query(clientZ, &AuthInfo{Password: "2fooBAR"}))
	refused(t, query(clientX, &AuthInfo{Password: "wrong"}), CodeAuthInfo)
}

// Silence approves. Whoever asks first sees it, and it has happened when it was due.
func TestTransferApprovedByServer(t *testing.T) {
	first := map[string]func(*world) error{
		"info": func(w *world) error { _, err := w.DomainInfo(w.ctx, clientZ, "a.test", nil); return err },
		"host": func(w *world) error { _, err := w.HostInfo(w.ctx, clientZ, "ns1.a.test"); return err },
		"update": func(w *world) error {
			_, err := w.UpdateHost(w.ctx, clientY, HostUpdate{Name: "ns1.a.test", Add: HostChange{Addresses: []Address{{IP: "2001:db8::1", Version: IPv6}}}})
			return err
		},
		"sweep": func(w *world) error {
			n, err := w.Sweep(w.ctx)
			if n != 1 {
				w.t.Errorf("%d objects were due", n)
			}
			return err
		},
	}
	for name, ask := range first {
		t.Run(name, func(t *testing.T) {
			w := requested(t)
			w.drain(clientX)
			w.after(5*Day - time.Millisecond)
			equal(t, w.statuses("a.test"), []string{StatusInactive, StatusPendingTransfer})
			w.after(time.Hour)
			w.ok(ask(w))
			got := w.info(clientY, "a.test")
			at := start.Add(5 * Day)
			if got.Sponsor != "ClientY" || got.Transfer.Status != TransferServerApproved || !got.Transferred.Equal(at) {
				t.Errorf("got %+v", got.Domain)
			}
			for _, by := range []Caller{clientX, clientY} {
				m := w.drain(by)
				if len(m) != 1 || m[0].DomainTransfer.Transfer.Status != TransferServerApproved || !m[0].Queued.Equal(at) {
					t.Errorf("%s was told %+v", by.ID, m)
				}
			}
			if n, err := w.Sweep(w.ctx); n != 0 || err != nil {
				t.Errorf("swept %d more, %v", n, err)
			}
		})
	}
}

// No transfer takes a registration further ahead than the policy has it.
func TestTransferExtensionIsCutShort(t *testing.T) {
	w := newWorld(t, Policy{TransferWait: -1})
	must[*Domain](w)(w.CreateDomain(w.ctx, clientX, NewDomain{Name: "a.test", AuthInfo: "x", Period: Period{N: 10, Unit: UnitYear}}))
	expires := w.info(clientX, "a.test").Expires
	must[*ObjectTransfer](w)(w.RequestDomainTransfer(w.ctx, clientY, "a.test", Period{}, &AuthInfo{Password: "x"}))
	got := w.info(clientY, "a.test") // without a wait the server approves at once
	if got.Sponsor != "ClientY" || !got.Expires.Equal(expires) {
		t.Errorf("got %+v", got.Domain)
	}
}

func TestContactTransfer(t *testing.T) {
	right := &AuthInfo{Password: "2fooBAR"}
	w := newWorld(t, Policy{})
	w.contact(clientX, "jd1234")
	_, err := w.RequestContactTransfer(w.ctx, clientY, "jd1234", &AuthInfo{Password: "wrong"})
	refused(t, err, CodeAuthInfo)
	_, err = w.RequestContactTransfer(w.ctx, clientY, "jd1234", nil)
	refused(t, err, CodeMissing)
	for _, c := range []struct {
		decision Decision
		by       Caller
		told     Caller
	}{{Reject, clientX, clientY}, {Cancel, clientY, clientX}, {Approve, clientX, clientY}} {
		must[*ObjectTransfer](w)(w.RequestContactTransfer(w.ctx, clientY, "jd1234", right))
		_, err = w.RequestContactTransfer(w.ctx, clientY, "jd1234", right)
		refused(t, err, CodePendingTransfer)
		refused(t, w.DeleteContact(w.ctx, clientX, "jd1234"), CodeStatus)
		if m := w.drain(clientX); len(m) != 1 || m[0].ContactTransfer.Object != "jd1234" {
			t.Errorf("the sponsor was told %+v", m)
		}
		_, err = w.ContactTransfer(w.ctx, clientZ, "jd1234", nil)
		refused(t, err, CodeAuthorization)
		_, err = w.DecideContactTransfer(w.ctx, clientZ, "jd1234", c.decision)
		refused(t, err, CodeAuthorization)
		must[*ObjectTransfer](w)(w.DecideContactTransfer(w.ctx, c.by, "jd1234", c.decision))
		_, err = w.DecideContactTransfer(w.ctx, c.by, "jd1234", c.decision)
		refused(t, err, CodeNoTransfer)
		if m := w.drain(c.told); len(m) != 1 {
			t.Errorf("%s was told %+v", c.told.ID, m)
		}
	}
	if got := must[*ContactInfo](w)(w.ContactInfo(w.ctx, clientY, "jd1234", nil)); got.Sponsor != "ClientY" || !got.Transferred.Equal(start) {
		t.Errorf("got %+v", got.Contact)
	}
	// and back, by silence
	must[*ObjectTransfer](w)(w.RequestContactTransfer(w.ctx, clientX, "jd1234", right))
	w.drain(clientY)
	w.after(5 * Day)
	if got := must[*ContactInfo](w)(w.ContactInfo(w.ctx, clientX, "jd1234", nil)); got.Sponsor != "ClientX" {
		t.Errorf("got %+v", got.Contact)
	}
	for _, by := range []Caller{clientX, clientY} {
		if m := w.drain(by); len(m) != 1 || m[0].ContactTransfer.Transfer.Status != TransferServerApproved {
			t.Errorf("%s was told %+v", by.ID, m)
		}
	}
}
