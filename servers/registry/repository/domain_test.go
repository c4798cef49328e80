package repository_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/protogen-go/protogen/servers/registry/repository"
)

func TestCheckDomains(t *testing.T) {
	w := newWorld(t, Policy{TLDs: []string{"com.Example", "example"}})
	w.domain(clientX, "taken.test")
	label := strings.Repeat("a", 63)
	for name, want := range map[string]string{
		"free.test":          "",
		"FREE.Test":          "",
		"taken.test":         "in use",
		"Taken.TEST":         "in use",
		"xn--bcher-kva.test": "",
		"free.co.test":       "",
		"co.test":            "a zone of ours",
		"test":               "not a domain name",
		"a.b.test":           "not directly below a zone",
		"free.example":       "",
		"free.com.example":   "",
		"com.example":        "a zone of ours",
		"free.invalid":       "not below a zone of ours",
		"-free.test":         "not a domain name",
		"free-.test":         "not a domain name",
		"fr--ee.test":        "not a domain name",
		"fr_ee.test":         "not a domain name",
		"free..test":         "not a domain name",
		"free.test.":         "not a domain name",
		"bücher.test":        "not a domain name",
		label + ".test":      "",
		label + "a.test":     "not a domain name",
	} {
		got := must[[]Availability](w)(w.CheckDomains(w.ctx, clientY, []string{name}))[0]
		if got.Name != name || got.Reason != want || len(want) > 32 || got.Available != (want == "") {
			t.Errorf("%s: got %+v, want reason %q", name, got, want)
		}
	}
	_, err := w.CheckDomains(w.ctx, clientY, make([]string, 251))
	refused(t, err, CodePolicy)
}

func TestCreateDomain(t *testing.T) {
	w := newWorld(t, Policy{})
	w.contact(clientX, "jd1234")
	w.domain(clientX, "ns.test")
	w.host(clientX, "ns1.ns.test")
	full := NewDomain{
		Name: "Example.TEST", Nameservers: []string{"NS1.ns.test", "ns1.ns.test"}, Registrant: "jd1234", AuthInfo: "2fooBAR",
		Contacts: []DomainContact{{ID: "jd1234", Role: RoleAdmin}, {ID: "jd1234", Role: RoleTech}},
	}
	d := must[*Domain](w)(w.CreateDomain(w.ctx, clientX, full))
	if want := start.AddDate(0, 12, -1); !d.Expires.Equal(want) { // a leap day has its anniversary on the 28th
		t.Errorf("expires %v, want %v", d.Expires, want)
	}
	info := w.info(clientX, "example.test")
	equal(t, info.Nameservers, []string{"ns1.ns.test"})
	equal(t, info.Contacts, full.Contacts)
	equal(t, values(info.InForce()), []string{StatusOK})
	if info.Name != "example.test" || info.Sponsor != "ClientX" || info.Creator != "ClientX" || !info.Created.Equal(start) || info.AuthInfo != "2fooBAR" {
		t.Errorf("got %+v", info.Domain)
	}
	if info.ROID != "D2-REG" {
		t.Errorf("ROID %s", info.ROID)
	}
	equal(t, w.statuses("ns.test"), []string{StatusInactive})

	for name, c := range map[string]struct {
		change func(*NewDomain)
		code   Code
	}{
		"exists":             {func(n *NewDomain) { n.Name = "example.test" }, CodeExists},
		"not a name":         {func(n *NewDomain) { n.Name = "a b.test" }, CodeSyntax},
		"other zone":         {func(n *NewDomain) { n.Name = "free.example" }, CodePolicy},
		"eleven years":       {func(n *NewDomain) { n.Period = Period{N: 11, Unit: UnitYear} }, CodePolicy},
		"seven months":       {func(n *NewDomain) { n.Period = Period{N: 7, Unit: UnitMonth} }, CodePolicy},
		"unknown host":       {func(n *NewDomain) { n.Nameservers = []string{"ns9.ns.test"} }, CodeNotFound},
		"unknown contact":    {func(n *NewDomain) { n.Contacts = []DomainContact{{ID: "nobody", Role: RoleTech}} }, CodeNotFound},
		"unknown registrant": {func(n *NewDomain) { n.Registrant = "nobody" }, CodeNotFound},
		"long authInfo":      {func(n *NewDomain) { n.AuthInfo = strings.Repeat("x", 256) }, CodePolicy},
		"too many hosts": {func(n *NewDomain) {
			n.Nameservers = strings.Split("a.b c.d e.f g.h i.j k.l m.n o.p q.r s.t u.v w.x y.z a.z", " ")
		}, CodePolicy},
		"key and DS": {func(n *NewDomain) { n.SecDNS = SecDNS{DS: make([]DS, 1), Keys: make([]Key, 1)} }, CodePolicy},
	} {
		n := full
		n.Name = "other.test"
		c.change(&n)
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateDomain(w.ctx, clientX, n)
			refused(t, err, c.code)
			if !w.available("other.test") {
				t.Error("a refused command has left a domain")
			}
		})
	}
}

func TestDomainInfoAuthorization(t *testing.T) {
	w := newWorld(t, Policy{})
	w.contact(clientX, "holder")
	w.domain(clientX, "a.test")
	must[*Domain](w)(w.UpdateDomain(w.ctx, clientX, DomainUpdate{Name: "a.test", Registrant: ptr("holder"), AuthInfo: ptr("secret")}))
	holder := must[*ContactInfo](w)(w.ContactInfo(w.ctx, clientX, "holder", nil)).ROID

	if got := w.info(clientY, "a.test"); got.AuthInfo != "" || got.Authorized || got.Sponsor != "ClientX" {
		t.Errorf("a stranger sees %+v", got)
	}
	for _, auth := range []AuthInfo{{Password: "secret"}, {Password: "2fooBAR", ROID: holder}} {
		got := must[*DomainInfo](w)(w.DomainInfo(w.ctx, clientY, "a.test", &auth))
		if got.AuthInfo != "secret" || !got.Authorized {
			t.Errorf("%+v does not open the domain", auth)
		}
	}
	for _, auth := range []AuthInfo{{Password: "Secret"}, {}, {Password: "secret", ROID: holder}, {Password: "2fooBAR", ROID: "C99-REG"}} {
		_, err := w.DomainInfo(w.ctx, clientY, "a.test", &auth)
		refused(t, err, CodeAuthInfo)
	}
	// A domain without authorization information is opened by nobody, not even with none.
	must[*Domain](w)(w.UpdateDomain(w.ctx, clientX, DomainUpdate{Name: "a.test", AuthInfo: ptr("")}))
	_, err := w.DomainInfo(w.ctx, clientY, "a.test", &AuthInfo{})
	refused(t, err, CodeAuthInfo)
	_, err = w.DomainInfo(w.ctx, clientY, "none.test", nil)
	refused(t, err, CodeNotFound)
}

func TestUpdateDomain(t *testing.T) {
	w := newWorld(t, Policy{})
	w.contact(clientX, "c1")
	w.contact(clientX, "c2")
	w.domain(clientX, "a.test")
	w.host(clientX, "ns1.a.test")
	w.host(clientX, "ns2.a.test")
	hold := Status{Value: StatusClientHold, Text: "Payment overdue."}
	tech := func(id string) []DomainContact { return []DomainContact{{ID: id, Role: RoleTech}} }
	first := DomainUpdate{Name: "A.test", Add: DomainChange{Nameservers: []string{"NS1.a.test"}, Contacts: tech("c1"), Status: []Status{hold}}}
	w.after(time.Hour)
	for range 2 { // a repetition changes nothing
		must[*Domain](w)(w.UpdateDomain(w.ctx, clientX, first))
		got := w.info(clientX, "a.test")
		equal(t, got.Nameservers, []string{"ns1.a.test"})
		equal(t, got.Contacts, tech("c1"))
		equal(t, got.InForce(), []Status{hold})
		if got.Updater != "ClientX" || !got.Updated.Equal(w.now) {
			t.Errorf("updated by %q at %v", got.Updater, got.Updated)
		}
	}
	swap := DomainUpdate{
		Name:       "a.test",
		Add:        DomainChange{Nameservers: []string{"ns2.a.test"}, Contacts: tech("c2")},
		Remove:     DomainChange{Nameservers: []string{"Ns1.a.test"}, Contacts: tech("c1"), Status: []Status{{Value: StatusClientHold}}},
		Registrant: ptr("c1"), AuthInfo: ptr("9newPASS"),
	}
	for range 2 {
		must[*Domain](w)(w.UpdateDomain(w.ctx, clientX, swap))
		got := w.info(clientX, "a.test")
		equal(t, got.Nameservers, []string{"ns2.a.test"})
		equal(t, got.Contacts, tech("c2"))
		equal(t, values(got.InForce()), []string{StatusOK})
		if got.Registrant != "c1" || got.AuthInfo != "9newPASS" {
			t.Errorf("got %+v", got.Domain)
		}
	}
	must[*Domain](w)(w.UpdateDomain(w.ctx, clientX, DomainUpdate{Name: "a.test", Registrant: ptr("")}))
	if got := w.info(clientX, "a.test"); got.Registrant != "" {
		t.Errorf("registrant %q remains", got.Registrant)
	}

	for name, c := range map[string]struct {
		by   Caller
		u    DomainUpdate
		code Code
	}{
		"nothing":           {clientX, DomainUpdate{}, CodeMissing},
		"stranger":          {clientY, first, CodeAuthorization},
		"server status":     {clientX, addStatus("serverHold"), CodePolicy},
		"ok":                {clientX, addStatus(StatusOK), CodePolicy},
		"inactive":          {clientX, addStatus(StatusInactive), CodePolicy},
		"pendingTransfer":   {clientX, addStatus(StatusPendingTransfer), CodePolicy},
		"remove by client":  {clientX, DomainUpdate{Remove: DomainChange{Status: []Status{{Value: "serverHold"}}}}, CodePolicy},
		"client status":     {operator, addStatus(StatusClientHold), CodePolicy},
		"unknown host":      {clientX, DomainUpdate{Add: DomainChange{Nameservers: []string{"ns9.a.test"}}}, CodeNotFound},
		"unknown contact":   {clientX, DomainUpdate{Add: DomainChange{Contacts: tech("c9")}}, CodeNotFound},
		"restore and other": {clientX, DomainUpdate{AuthInfo: ptr("x"), Restore: &Restore{Op: RestoreRequest}}, CodeUse},
		"urgent":            {clientX, DomainUpdate{SecDNS: &SecDNSUpdate{Urgent: true}}, CodeOption},
	} {
		t.Run(name, func(t *testing.T) {
			c.u.Name = "a.test"
			_, err := w.UpdateDomain(w.ctx, c.by, c.u)
			refused(t, err, c.code)
		})
	}
}

func addStatus(value string) DomainUpdate {
	return DomainUpdate{Add: DomainChange{Status: []Status{{Value: value}}}}
}

// A status prohibits its command to the registrar, and not to the registry.
func TestDomainStatusProhibits(t *testing.T) {
	update := func(w *world, by Caller) error {
		_, err := w.UpdateDomain(w.ctx, by, DomainUpdate{Name: "a.test", AuthInfo: ptr("x")})
		return err
	}
	remove := func(w *world, by Caller) error {
		_, err := w.DeleteDomain(w.ctx, by, "a.test")
		return err
	}
	renew := func(w *world, by Caller) error {
		_, err := w.RenewDomain(w.ctx, by, "a.test", w.info(operator, "a.test").Expires, Period{})
		return err
	}
	transfer := func(w *world, _ Caller) error {
		_, err := w.RequestDomainTransfer(w.ctx, clientY, "a.test", Period{}, &AuthInfo{Password: "2fooBAR"})
		return err
	}
	for _, c := range []struct {
		action string
		try    func(*world, Caller) error
	}{{"Update", update}, {"Delete", remove}, {"Renew", renew}, {"Transfer", transfer}} {
		for _, who := range []string{"client", "server"} {
			t.Run(who+c.action, func(t *testing.T) {
				w := newWorld(t, Policy{})
				w.domain(clientX, "a.test")
				setter := clientX
				if who == "server" {
					setter = operator
				}
				u := addStatus(who + c.action + "Prohibited")
				u.Name = "a.test"
				must[*Domain](w)(w.UpdateDomain(w.ctx, setter, u))
				refused(t, c.try(w, clientX), CodeStatus)
				if c.action != "Transfer" {
					w.ok(c.try(w, operator))
					return
				}
				must[*Domain](w)(w.UpdateDomain(w.ctx, setter, DomainUpdate{Name: "a.test", Remove: u.Add}))
				w.ok(c.try(w, clientX))
			})
		}
	}
}

// "Requests to update the object (other than to remove this status) MUST be rejected" (RFC 5731 section 2.3).
func TestClientUpdateProhibitedCanBeRemoved(t *testing.T) {
	w := newWorld(t, Policy{})
	w.domain(clientX, "a.test")
	u := addStatus(StatusClientUpdateProhibited)
	u.Name = "a.test"
	must[*Domain](w)(w.UpdateDomain(w.ctx, clientX, u))
	_, err := w.UpdateDomain(w.ctx, clientX, DomainUpdate{Name: "a.test", AuthInfo: ptr("x")})
	refused(t, err, CodeStatus)
	must[*Domain](w)(w.UpdateDomain(w.ctx, clientX, DomainUpdate{Name: "a.test", Remove: u.Add}))
	equal(t, w.statuses("a.test"), []string{StatusInactive})
}

func TestRenewDomain(t *testing.T) {
	w := newWorld(t, Policy{})
	d := w.domain(clientX, "a.test")
	years := func(n int) Period { return Period{N: n, Unit: UnitYear} }
	_, err := w.RenewDomain(w.ctx, clientX, "a.test", start, years(1))
	refused(t, err, CodeRange)
	_, err = w.RenewDomain(w.ctx, clientY, "a.test", d.Expires, years(1))
	refused(t, err, CodeAuthorization)
	_, err = w.RenewDomain(w.ctx, clientX, "a.test", d.Expires, years(9)) // 2 + 9 > 10
	refused(t, err, CodePolicy)
	got := must[*Domain](w)(w.RenewDomain(w.ctx, clientX, "a.test", d.Expires, Period{N: 96, Unit: UnitMonth}))
	if want := d.Expires.AddDate(8, 0, 0); !got.Expires.Equal(want) {
		t.Errorf("expires %v, want %v", got.Expires, want)
	}
	// A repetition whose answer was lost is caught by the date.
	_, err = w.RenewDomain(w.ctx, clientX, "a.test", d.Expires, years(1))
	refused(t, err, CodeRange)
	if p := w.info(clientX, "a.test").Periods; len(p) != 2 || p[0].Period != PeriodAdd || p[1].Period != PeriodRenew {
		t.Errorf("periods %v", p)
	}
}

func TestDeleteDomain(t *testing.T) {
	w := newWorld(t, Policy{})
	w.domain(clientX, "a.test")
	w.domain(clientX, "b.test")
	w.host(clientX, "ns1.a.test")
	w.serve(clientX, "b.test", "ns1.a.test")
	_, err := w.DeleteDomain(w.ctx, clientX, "a.test")
	refused(t, err, CodeAssociation)
	refused(t, w.DeleteHost(w.ctx, clientX, "ns1.a.test"), CodeAssociation)
	_, err = w.DeleteDomain(w.ctx, clientY, "b.test")
	refused(t, err, CodeAuthorization)

	for _, name := range []string{"b.test", "a.test"} { // in this order, so that ns1 is free
		pending := must[bool](w)(w.DeleteDomain(w.ctx, clientX, name))
		if pending || !w.available(name) {
			t.Errorf("%s: within the add period a deletion is immediate (pending %t)", name, pending)
		}
		if name == "b.test" {
			w.ok(w.DeleteHost(w.ctx, clientX, "ns1.a.test"))
		}
	}
	_, err = w.DeleteDomain(w.ctx, clientX, "a.test")
	refused(t, err, CodeNotFound)
	if got := w.domain(clientY, "a.test"); got.ID != 3 {
		t.Errorf("the new a.test has the identifier %d of an old domain", got.ID)
	}
}

// Of many registrars that ask for one name, one gets it.
func TestCreateDomainRace(t *testing.T) {
	w := newWorld(t, Policy{})
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() {
			by := []Caller{clientX, clientY, clientZ}[i%3]
			_, errs[i] = w.CreateDomain(w.ctx, by, NewDomain{Name: "wanted.test"})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			refused(t, err, CodeExists)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d callers registered the name", won, len(errs))
	}
}
