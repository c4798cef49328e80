package repository_test

import (
	"testing"

	. "github.com/protogen-go/protogen/servers/registry/repository"
)

func TestCreateHost(t *testing.T) {
	v4, v6 := Address{IP: "192.0.2.1", Version: IPv4}, Address{IP: "2001:DB8:0:0::1", Version: IPv6}
	w := newWorld(t, Policy{})
	w.domain(clientX, "a.test")
	for _, c := range []struct {
		name string
		by   Caller
		addr []Address
		code Code // 0 for success
	}{
		{"ns1.a.test", clientX, []Address{v4, v6, v4}, 0},
		{"NS1.A.test", clientX, []Address{v4}, CodeExists},
		{"a.test", clientX, []Address{v4}, 0}, // a host may be called like its domain
		{"ns.ns1.a.test", clientX, []Address{v4}, 0},
		{"ns2.a.test", clientX, nil, CodeMissing},
		{"ns2.a.test", clientY, []Address{v4}, CodeAuthorization},
		{"ns1.b.test", clientX, []Address{v4}, CodeNotFound},
		{"ns1.example.com", clientY, nil, 0},
		{"ns2.example.com", clientY, []Address{v4}, CodePolicy},
		{"ns_1.example.com", clientY, nil, CodeSyntax},
		{"192.0.2.1", clientY, nil, CodeSyntax},
		{"com", clientY, nil, CodeSyntax},
		{"ns2.a.test", clientX, []Address{{IP: "192.0.2.256", Version: IPv4}}, CodeSyntax},
		{"ns2.a.test", clientX, []Address{{IP: "2001:db8::1", Version: IPv4}}, CodeSyntax},
		{"ns2.a.test", clientX, []Address{{IP: "192.0.2.1", Version: IPv6}}, CodeSyntax},
		{"ns2.a.test", clientX, []Address{{IP: "::ffff:192.0.2.1", Version: IPv6}}, CodePolicy},
		{"ns2.a.test", clientX, []Address{{IP: "fe80::1%eth0", Version: IPv6}}, CodeSyntax},
		{"ns2.a.test", clientX, []Address{{IP: "127.0.0.1", Version: IPv4}}, CodePolicy},
		{"ns2.a.test", clientX, []Address{{IP: "224.0.0.1", Version: IPv4}}, CodePolicy},
	} {
		_, err := w.CreateHost(w.ctx, c.by, c.name, c.addr)
		if c.code != 0 {
			refused(t, err, c.code)
			continue
		}
		w.ok(err)
	}
	got := must[*HostInfo](w)(w.HostInfo(w.ctx, clientZ, "Ns1.a.TEST"))
	equal(t, got.Addresses, []Address{v4, {IP: "2001:db8::1", Version: IPv6}})
	equal(t, values(got.InForce), []string{StatusOK})
	if got.Sponsor != "ClientX" || got.Superordinate != "a.test" || got.ROID != "H1-REG" {
		t.Errorf("got %+v", got)
	}
	equal(t, w.info(clientX, "a.test").Subordinates, []string{"a.test", "ns.ns1.a.test", "ns1.a.test"})

	check := must[[]Availability](w)(w.CheckHosts(w.ctx, clientZ, []string{"NS1.a.test", "ns2.a.test", "-"}))
	for i, want := range []bool{false, true, false} {
		if check[i].Available != want || (check[i].Reason == "") != want {
			t.Errorf("check: %+v", check[i])
		}
	}
	_, err := w.HostInfo(w.ctx, clientX, "none.test")
	refused(t, err, CodeNotFound)
}

func TestUpdateHost(t *testing.T) {
	v4, other := Address{IP: "192.0.2.1", Version: IPv4}, Address{IP: "192.0.2.2", Version: IPv4}
	w := newWorld(t, Policy{})
	w.domain(clientX, "a.test")
	w.domain(clientY, "b.test")
	w.host(clientX, "ns1.a.test")
	must[*Host](w)(w.CreateHost(w.ctx, clientX, "ns1.example.com", nil))
	update := func(by Caller, u HostUpdate) error {
		_, err := w.UpdateHost(w.ctx, by, u)
		return err
	}
	internal, external := HostUpdate{Name: "ns1.a.test"}, HostUpdate{Name: "ns1.example.com"}
	with := func(u HostUpdate, f func(*HostUpdate)) HostUpdate { f(&u); return u }

	refused(t, update(clientX, internal), CodeMissing)
	refused(t, update(clientY, with(internal, func(u *HostUpdate) { u.Add.Addresses = []Address{other} })), CodeAuthorization)
	refused(t, update(clientX, with(internal, func(u *HostUpdate) { u.Remove.Addresses = []Address{v4} })), CodeMissing)
	refused(t, update(clientX, with(external, func(u *HostUpdate) { u.Add.Addresses = []Address{v4} })), CodePolicy)
	refused(t, update(clientX, with(internal, func(u *HostUpdate) { u.Add.Status = []Status{{Value: StatusClientHold}} })), CodePolicy)
	refused(t, update(clientX, with(internal, func(u *HostUpdate) { u.NewName = "ns1.example.com" })), CodeExists)
	refused(t, update(clientX, with(internal, func(u *HostUpdate) { u.NewName = "ns1.b.test" })), CodeAuthorization)
	refused(t, update(clientX, with(internal, func(u *HostUpdate) { u.NewName = "ns1.c.test" })), CodeNotFound)
	refused(t, update(clientX, with(internal, func(u *HostUpdate) { u.NewName = "ns2.example.com" })), CodePolicy) // addresses remain

	prohibited := []Status{{Value: StatusClientUpdateProhibited}}
	w.ok(update(clientX, with(internal, func(u *HostUpdate) {
		u.Add, u.Remove.Addresses = HostChange{Addresses: []Address{other}, Status: prohibited}, []Address{v4}
	})))
	refused(t, update(clientX, with(internal, func(u *HostUpdate) { u.Add.Addresses = []Address{v4} })), CodeStatus)
	w.ok(update(clientX, with(internal, func(u *HostUpdate) { u.Remove.Status = prohibited })))
	if got := must[*HostInfo](w)(w.HostInfo(w.ctx, clientX, "ns1.a.test")); got.Updater != "ClientX" || len(got.Addresses) != 1 || got.Addresses[0] != other {
		t.Errorf("got %+v", got.Host)
	}
}

// A host that is renamed keeps its domains, and finds a new one above it.
func TestRenameHost(t *testing.T) {
	w := newWorld(t, Policy{})
	w.domain(clientX, "a.test")
	w.domain(clientX, "b.test")
	w.host(clientX, "ns1.a.test")
	w.serve(clientX, "b.test", "ns1.a.test")
	must[*Host](w)(w.UpdateHost(w.ctx, clientX, HostUpdate{Name: "ns1.a.test", NewName: "NS9.b.test"}))
	equal(t, w.info(clientX, "b.test").Nameservers, []string{"ns9.b.test"})
	equal(t, w.info(clientX, "b.test").Subordinates, []string{"ns9.b.test"})
	equal(t, w.info(clientX, "a.test").Subordinates, nil)
	_, err := w.HostInfo(w.ctx, clientX, "ns1.a.test")
	refused(t, err, CodeNotFound)
	// out of the registry, which takes its addresses away
	must[*Host](w)(w.UpdateHost(w.ctx, clientX, HostUpdate{
		Name: "ns9.b.test", NewName: "ns9.example.com", Remove: HostChange{Addresses: []Address{{IP: "192.0.2.1", Version: IPv4}}},
	}))
	equal(t, w.info(clientX, "b.test").Nameservers, []string{"ns9.example.com"})
	equal(t, w.info(clientX, "b.test").Subordinates, nil)
}

// "Attempts to update such hosts directly MUST fail with EPP error code 2305" (RFC 5732 section 3.2.5).
func TestRenameExternalHostOfOthers(t *testing.T) {
	w := newWorld(t, Policy{})
	must[*Host](w)(w.CreateHost(w.ctx, clientX, "ns1.example.com", nil))
	w.domain(clientX, "a.test")
	w.serve(clientX, "a.test", "ns1.example.com")
	must[*Host](w)(w.UpdateHost(w.ctx, clientX, HostUpdate{Name: "ns1.example.com", NewName: "ns2.example.com"}))
	w.domain(clientY, "b.test")
	w.serve(clientY, "b.test", "ns2.example.com")
	_, err := w.UpdateHost(w.ctx, clientX, HostUpdate{Name: "ns2.example.com", NewName: "ns3.example.com"})
	refused(t, err, CodeAssociation)
}

func TestDeleteHost(t *testing.T) {
	w := newWorld(t, Policy{})
	must[*Host](w)(w.CreateHost(w.ctx, clientX, "ns1.example.com", nil))
	w.domain(clientY, "a.test")
	w.serve(clientY, "a.test", "ns1.example.com")
	refused(t, w.DeleteHost(w.ctx, clientX, "ns2.example.com"), CodeNotFound)
	refused(t, w.DeleteHost(w.ctx, clientY, "ns1.example.com"), CodeAuthorization)
	refused(t, w.DeleteHost(w.ctx, clientX, "ns1.example.com"), CodeAssociation)
	host := must[*HostInfo](w)(w.HostInfo(w.ctx, clientX, "ns1.example.com"))
	equal(t, values(host.InForce), []string{StatusOK, StatusLinked})
	must[*Domain](w)(w.UpdateDomain(w.ctx, clientY, DomainUpdate{Name: "a.test", Remove: DomainChange{Nameservers: []string{"ns1.example.com"}}}))
	w.ok(w.DeleteHost(w.ctx, clientX, "ns1.example.com"))
}
