package repository_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/protogen-go/protogen/servers/registry/repository"
)

// Whatever registrars do in whatever order, and however much time passes between, the registry stays consistent and every
// command ends well or with a refusal.
func TestInvariants(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, Policy{})
			r := rand.New(rand.NewPCG(seed, 5730))
			refusals := 0
			for step := range 400 {
				err := w.random(r)
				var refusal *Error
				if errors.As(err, &refusal) {
					refusals++
				} else if err != nil {
					t.Fatalf("step %d: %v", step, err)
				}
				if step%10 == 0 {
					w.consistent()
				}
			}
			if refusals == 0 || refusals == 400 {
				t.Errorf("%d of 400 commands refused: the test tries too little", refusals)
			}
		})
	}
}

var (
	someDomains  = []string{"a.test", "b.test", "c.test"}
	someHosts    = []string{"ns1.a.test", "ns2.a.test", "ns1.b.test", "ns.c.test", "ns1.example.com", "ns2.example.com"}
	someContacts = []string{"one", "two"}
	someStatus   = []string{StatusClientHold, StatusClientDeleteProhibited, StatusClientUpdateProhibited, StatusClientTransferProhibited}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// some is a list of up to two values.
func some[T any](r *rand.Rand, list []T) []T {
	var out []T
	for range r.IntN(3) {
		out = append(out, pick(r, list))
	}
	return out
}

// random gives a command that may well make sense.
func (w *world) random(r *rand.Rand) (err error) {
	by := pick(r, []Caller{clientX, clientY})
	domain, host, contact := pick(r, someDomains), pick(r, someHosts), pick(r, someContacts)
	auth := &AuthInfo{Password: "pw"}
	status := func() []Status {
		if r.IntN(4) > 0 {
			return nil
		}
		return []Status{{Value: pick(r, someStatus)}}
	}
	addresses := []Address{{IP: "192.0.2.1", Version: IPv4}}
	if strings.HasSuffix(host, ".com") {
		addresses = nil
	}
	switch r.IntN(16) {
	case 0, 1:
		_, err = w.CreateDomain(w.ctx, by, NewDomain{Name: domain, AuthInfo: "pw", Registrant: contact, Nameservers: some(r, someHosts)})
	case 2, 3:
		_, err = w.CreateHost(w.ctx, by, host, addresses)
	case 4:
		_, err = w.CreateContact(w.ctx, by, Contact{Handle: contact, Email: "a@example.com", AuthInfo: "pw", Postal: []Postal{{Form: "int", Name: "N", City: "C", Country: "DE"}}})
	case 5, 6:
		_, err = w.UpdateDomain(w.ctx, by, DomainUpdate{
			Name:   domain,
			Add:    DomainChange{Nameservers: some(r, someHosts), Contacts: []DomainContact{{ID: contact, Role: RoleTech}}, Status: status()},
			Remove: DomainChange{Nameservers: some(r, someHosts), Status: status()},
		})
	case 7:
		_, err = w.UpdateHost(w.ctx, by, HostUpdate{Name: host, NewName: pick(r, someHosts)})
	case 8:
		err = w.DeleteHost(w.ctx, by, host)
	case 9:
		err = w.DeleteContact(w.ctx, by, contact)
	case 10:
		_, err = w.DeleteDomain(w.ctx, by, domain)
	case 11, 12:
		_, err = w.RequestDomainTransfer(w.ctx, by, domain, Period{}, auth)
	case 13:
		_, err = w.DecideDomainTransfer(w.ctx, by, domain, pick(r, []Decision{Approve, Reject, Cancel}))
	case 14:
		_, err = w.UpdateDomain(w.ctx, by, DomainUpdate{Name: domain, Restore: &Restore{Op: pick(r, []string{RestoreRequest, RestoreReport})}})
	case 15:
		w.after(time.Duration(r.IntN(40*24)) * time.Hour)
	}
	return err
}

// consistent checks what must hold between objects.
func (w *world) consistent() {
	w.t.Helper()
	sponsors := map[string]string{}
	linked := map[string]bool{}
	for _, name := range someDomains {
		d, err := w.DomainInfo(w.ctx, operator, name, nil)
		if err != nil {
			refused(w.t, err, CodeNotFound)
			continue
		}
		sponsors[name] = d.Sponsor
		for _, object := range append(slices.Clone(d.Nameservers), d.Registrant) {
			linked[object] = true
		}
		for _, c := range d.Contacts {
			linked[c.ID] = true
		}
		status := values(d.InForce())
		if slices.Contains(status, StatusOK) && len(status) > 1 || !d.Expires.After(w.now) && d.Deletion == nil ||
			slices.Contains(status, StatusInactive) != (len(d.Nameservers) == 0) {
			w.t.Errorf("%s: %v, expires %v", name, status, d.Expires)
		}
		if d.Deletion != nil && (len(d.Subordinates) > 0 || slices.Contains(status, StatusPendingTransfer)) {
			w.t.Errorf("%s is deleted with %v, %v", name, d.Subordinates, status)
		}
	}
	for _, name := range someHosts {
		h, err := w.HostInfo(w.ctx, operator, name)
		if err != nil {
			refused(w.t, err, CodeNotFound)
			if linked[name] {
				w.t.Errorf("a domain refers to %s, which does not exist", name)
			}
			continue
		}
		if h.Superordinate != "" && sponsors[h.Superordinate] != h.Sponsor {
			w.t.Errorf("%s is sponsored by %s, its domain by %q", name, h.Sponsor, sponsors[h.Superordinate])
		}
		if (h.Superordinate == "") != (len(h.Addresses) == 0) {
			w.t.Errorf("%s below %q has %v", name, h.Superordinate, h.Addresses)
		}
		if slices.Contains(values(h.InForce), StatusLinked) != linked[name] {
			w.t.Errorf("%s: %v, linked %t", name, h.InForce, linked[name])
		}
	}
	for _, id := range someContacts {
		k, err := w.ContactInfo(w.ctx, operator, id, nil)
		if err != nil {
			refused(w.t, err, CodeNotFound)
		} else if slices.Contains(values(k.InForce), StatusLinked) != linked[id] {
			w.t.Errorf("%s: %v, linked %t", id, k.InForce, linked[id])
		}
	}
}
