package repository_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/protogen-go/protogen/servers/registry/repository"
)

// full is a contact with everything in it.
func full() Contact {
	return Contact{
		Handle: "sh8013",
		Postal: []Postal{
			{Form: PostalInternational, Name: "John Doe", Org: "Example Inc.", Streets: []string{"123 Example Dr.", "Suite 100"}, City: "Dulles", State: "VA", Code: "20166-6503", Country: "US"},
			{Form: PostalLocal, Name: "Jörg Dö", City: "Köln", Country: "de"},
		},
		Voice: Phone{Number: "+1.7035555555", Extension: "1234"}, Fax: Phone{Number: "+1.7035555556"},
		Email: "jdoe@example.com", AuthInfo: "2fooBAR",
		Disclose: &Disclosure{Name: []string{PostalInternational}, Voice: true, Email: true},
	}
}

func TestCreateContact(t *testing.T) {
	w := newWorld(t, Policy{})
	must[*Contact](w)(w.CreateContact(w.ctx, clientX, full()))
	got := must[*ContactInfo](w)(w.ContactInfo(w.ctx, clientX, "sh8013", nil))
	want := full()
	want.ID, want.Sponsor, want.Creator, want.Created = 1, "ClientX", "ClientX", start
	if diff := cmp.Diff(&want, got.Contact); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	equal(t, values(got.InForce), []string{StatusOK})
	if got.ROID != "C1-REG" {
		t.Errorf("ROID %s", got.ROID)
	}
	for name, c := range map[string]struct {
		change func(*Contact)
		code   Code
	}{
		"exists":        {func(k *Contact) { k.Handle = "sh8013" }, CodeExists},
		"no postal":     {func(k *Contact) { k.Postal = nil }, CodePolicy},
		"two of a form": {func(k *Contact) { k.Postal[1].Form = PostalInternational }, CodePolicy},
		"not ASCII":     {func(k *Contact) { k.Postal[0].City = "Köln" }, CodeSyntax},
		"no country":    {func(k *Contact) { k.Postal[0].Country = "XX" }, CodeSyntax},
		"half country":  {func(k *Contact) { k.Postal[0].Country = "D " }, CodeSyntax},
		"email":         {func(k *Contact) { k.Email = "jdoe" }, CodeSyntax},
		"two emails":    {func(k *Contact) { k.Email = "a@example.com,b@example.com" }, CodeSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			k := full()
			k.Handle = "other"
			c.change(&k)
			_, err := w.CreateContact(w.ctx, clientX, k)
			refused(t, err, c.code)
		})
	}
	check := must[[]Availability](w)(w.CheckContacts(w.ctx, clientY, []string{"sh8013", "other"}))
	if check[0].Available || check[0].Reason == "" || !check[1].Available || check[1].Reason != "" {
		t.Errorf("check: %+v", check)
	}
}

func TestContactInfoAuthorization(t *testing.T) {
	w := newWorld(t, Policy{})
	w.contact(clientX, "jd1234")
	for _, c := range []struct {
		by   Caller
		auth *AuthInfo
		code Code
	}{
		{clientY, nil, CodeAuthorization},
		{clientY, &AuthInfo{Password: "wrong"}, CodeAuthInfo},
		{clientY, &AuthInfo{Password: "2fooBAR", ROID: "C9-REG"}, CodeAuthInfo},
		{clientY, &AuthInfo{Password: "2fooBAR", ROID: "C1-REG"}, 0},
		{clientY, &AuthInfo{Password: "2fooBAR"}, 0},
		{clientX, nil, 0},
	} {
		_, err := w.ContactInfo(w.ctx, c.by, "jd1234", c.auth)
		if c.code != 0 {
			refused(t, err, c.code)
			continue
		}
		w.ok(err)
	}
	_, err := w.ContactInfo(w.ctx, clientX, "JD1234", nil)
	refused(t, err, CodeNotFound)
}

func TestUpdateContact(t *testing.T) {
	w := newWorld(t, Policy{})
	must[*Contact](w)(w.CreateContact(w.ctx, clientX, full()))
	update := func(by Caller, u ContactUpdate) error {
		u.Handle = "sh8013"
		_, err := w.UpdateContact(w.ctx, by, u)
		return err
	}
	refused(t, update(clientX, ContactUpdate{}), CodeMissing)
	refused(t, update(clientY, ContactUpdate{Email: ptr("x@example.com")}), CodeAuthorization)
	refused(t, update(clientX, ContactUpdate{Email: ptr("x")}), CodeSyntax)
	refused(t, update(clientX, ContactUpdate{Add: []Status{{Value: StatusLinked}}}), CodePolicy)
	refused(t, update(clientX, ContactUpdate{Add: []Status{{Value: "clientRenewProhibited"}}}), CodePolicy)
	w.ok(update(clientX, ContactUpdate{
		Add:    []Status{{Value: StatusClientDeleteProhibited, Text: "keep"}},
		Postal: []PostalChange{{Form: PostalLocal, Name: ptr("Jörg"), Address: &Postal{City: "Bonn", Country: "DE"}}, {Form: PostalInternational, Org: ptr("")}},
		Voice:  &Phone{}, Email: ptr("new@example.com"), AuthInfo: ptr("new"), Disclose: &Disclosure{Allow: true, Fax: true},
	}))
	got := must[*ContactInfo](w)(w.ContactInfo(w.ctx, clientX, "sh8013", nil))
	want := full()
	want.ID, want.Sponsor, want.Creator, want.Created, want.Updater, want.Updated = 1, "ClientX", "ClientX", start, "ClientX", start
	want.Set = []Status{{Value: StatusClientDeleteProhibited, Text: "keep"}}
	want.Postal[0].Org = ""
	want.Postal[1] = Postal{Form: PostalLocal, Name: "Jörg", City: "Bonn", Country: "DE"}
	want.Voice, want.Email, want.AuthInfo = Phone{}, "new@example.com", "new"
	want.Disclose = &Disclosure{Allow: true, Fax: true}
	if diff := cmp.Diff(&want, got.Contact); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	refused(t, w.DeleteContact(w.ctx, clientX, "sh8013"), CodeStatus)
	w.ok(update(clientX, ContactUpdate{Remove: []Status{{Value: StatusClientDeleteProhibited}}}))
	w.ok(w.DeleteContact(w.ctx, clientX, "sh8013"))
	refused(t, w.DeleteContact(w.ctx, clientX, "sh8013"), CodeNotFound)
}

func TestDeleteLinkedContact(t *testing.T) {
	w := newWorld(t, Policy{})
	w.contact(clientX, "jd1234")
	w.domain(clientY, "a.test")
	must[*Domain](w)(w.UpdateDomain(w.ctx, clientY, DomainUpdate{Name: "a.test", Registrant: ptr("jd1234")}))
	got := must[*ContactInfo](w)(w.ContactInfo(w.ctx, clientX, "jd1234", nil))
	equal(t, values(got.InForce), []string{StatusOK, StatusLinked})
	refused(t, w.DeleteContact(w.ctx, clientY, "jd1234"), CodeAuthorization)
	refused(t, w.DeleteContact(w.ctx, clientX, "jd1234"), CodeAssociation)
	must[bool](w)(w.DeleteDomain(w.ctx, clientY, "a.test"))
	w.ok(w.DeleteContact(w.ctx, clientX, "jd1234"))
}
