package repository

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Forms of postal information, as contact:postalInfoEnumType spells them.
const (
	PostalInternational = "int" // in ASCII
	PostalLocal         = "loc"
)

// Contact is a person or an organization (RFC 5733).
type Contact struct {
	ID      int64  `json:"-"` // 0 until stored
	Handle  string `json:"-"` // the identifier that the registrar chose: contact:id
	Sponsor string `json:"-"`

	Set        []Status `json:",omitempty"` // the client* and server* values
	Postal     []Postal // one or two of different form
	Voice, Fax Phone    `json:",omitzero"`
	Email      string
	AuthInfo   string
	Disclose   *Disclosure `json:",omitempty"` // nil if the registry's policy stands

	Creator     string
	Created     time.Time
	Updater     string    `json:",omitempty"`
	Updated     time.Time `json:",omitzero"`
	Transferred time.Time `json:",omitzero"`

	Transfer *Transfer `json:",omitempty"` // the latest, nil if there was none
}

// Postal is a name and an address in one form.
type Postal struct {
	Form    string // PostalInternational or PostalLocal
	Name    string
	Org     string `json:",omitempty"`
	Streets []string
	City    string
	State   string `json:",omitempty"` // sp
	Code    string `json:",omitempty"` // pc
	Country string // cc, ISO 3166-1 alpha-2
}

// Phone is a number in the form of RFC 5733 section 2.5, such as "+1.7035555555". The zero value is none.
type Phone struct {
	Number    string
	Extension string `json:",omitempty"`
}

// Disclosure says which elements of a contact its sponsor wants handled otherwise than the registry's policy says
// (RFC 5733 section 2.9).
type Disclosure struct {
	Allow             bool     // the flag: whether the elements may be disclosed
	Name, Org, Addr   []string `json:",omitempty"` // the forms of postal information meant
	Voice, Fax, Email bool     `json:",omitempty"`
}

// ContactInfo is a contact as an info command shows it.
type ContactInfo struct {
	*Contact
	ROID    string
	InForce []Status // all status values in force
}

// ContactUpdate changes a contact. Fields that are nil leave what is there.
type ContactUpdate struct {
	Handle      string
	Add, Remove []Status
	Postal      []PostalChange
	Voice, Fax  *Phone // the zero value removes
	Email       *string
	AuthInfo    *string
	Disclose    *Disclosure
}

// PostalChange changes the postal information of one form, or adds that form. Nil fields leave what is there.
type PostalChange struct {
	Form      string
	Name, Org *string
	Address   *Postal // of which the address counts
}

func (u *ContactUpdate) empty() bool {
	return len(u.Add)+len(u.Remove)+len(u.Postal) == 0 &&
		u.Voice == nil && u.Fax == nil && u.Email == nil && u.AuthInfo == nil && u.Disclose == nil
}

// CheckContacts says of each identifier whether a contact of that name can be created.
func (r *Repository) CheckContacts(ctx context.Context, by Caller, ids []string) ([]Availability, error) {
	if err := r.policy.checks(len(ids)); err != nil {
		return nil, err
	}
	var out []Availability
	err := r.query(ctx, by, func(c *query) error {
		out = make([]Availability, 0, len(ids))
		for _, id := range ids {
			taken, err := stored(c.Contact(id))
			if err != nil {
				return err
			}
			a := Availability{Name: id, Available: !taken}
			if taken {
				a.Reason = "in use"
			}
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

// CreateContact creates in, of which the fields that a registrar can give are taken.
func (r *Repository) CreateContact(ctx context.Context, by Caller, in Contact) (*Contact, error) {
	k := &Contact{
		Handle: in.Handle, Sponsor: by.ID, Creator: by.name(),
		Postal: in.Postal, Voice: in.Voice, Fax: in.Fax, Email: in.Email, AuthInfo: in.AuthInfo, Disclose: in.Disclose,
	}
	if err := k.check(); err != nil {
		return nil, err
	}
	err := r.run(ctx, by, func(c *command) error {
		if taken, err := stored(c.Contact(in.Handle)); err != nil {
			return err
		} else if taken {
			return blame(CodeExists, "contact:id", in.Handle, "the contact exists")
		}
		k.ID, k.Created = 0, c.now
		return c.PutContact(k)
	})
	return k, err
}

// check applies what the schema cannot say of a contact.
func (k *Contact) check() error {
	if len(k.Postal) == 0 || len(k.Postal) > 2 || len(k.Postal) == 2 && k.Postal[0].Form == k.Postal[1].Form {
		return refuse(CodePolicy, "one postalInfo of each type at most, and one at least")
	}
	for i := range k.Postal {
		if err := k.Postal[i].check(); err != nil {
			return err
		}
	}
	local, domain, ok := strings.Cut(k.Email, "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(k.Email, " <>,;") || strings.Contains(domain, "@") {
		return blame(CodeSyntax, "contact:email", k.Email, "not an e-mail address")
	}
	return checkAuthInfo(k.AuthInfo, "contact:pw")
}

func (p *Postal) check() error {
	switch {
	case p.Name == "" || p.City == "":
		return refuse(CodeMissing, "postalInfo without name or city")
	case !isCountry(p.Country):
		return blame(CodeSyntax, "contact:cc", p.Country, "not an ISO 3166-1 country code")
	case p.Form == PostalInternational:
		return p.checkASCII()
	}
	return nil
}

// checkASCII finds what the international form cannot hold.
func (p *Postal) checkASCII() error {
	texts := [][2]string{
		{"contact:name", p.Name},
		{"contact:org", p.Org},
		{"contact:city", p.City},
		{"contact:sp", p.State},
		{"contact:pc", p.Code},
	}
	for _, street := range p.Streets {
		texts = append(texts, [2]string{"contact:street", street})
	}
	for _, t := range texts {
		if strings.ContainsFunc(t[1], func(r rune) bool { return r > '~' }) {
			return blame(CodeSyntax, t[0], t[1], "the international form is in ASCII")
		}
	}
	return nil
}

// ContactInfo shows a contact, which holds personal data, to its sponsor or to whoever knows the authorization information.
func (r *Repository) ContactInfo(ctx context.Context, by Caller, id string, auth *AuthInfo) (*ContactInfo, error) {
	var info *ContactInfo
	err := r.query(ctx, by, func(c *query) error {
		k, err := c.contact(id)
		if err != nil {
			return err
		}
		authorized, err := auth.authorizesContact(&r.policy, k)
		if err != nil {
			return err
		}
		if !authorized && !by.sponsors(k.Sponsor) {
			return blame(CodeAuthorization, "contact:id", id, "another registrar sponsors the contact")
		}
		info = &ContactInfo{Contact: k, ROID: r.policy.roid(kindContact, k.ID)}
		info.InForce, err = k.inForce(c)
		return err
	})
	return info, err
}

// inForce lists the status values of k.
func (k *Contact) inForce(tx Reader) ([]Status, error) {
	list := removeStatus(k.Set, nil)
	if k.Transfer.pending() {
		list = append(list, Status{Value: StatusPendingTransfer})
	}
	linked, err := tx.ContactLinked(k.Handle)
	return completed(list, linked), err
}

// UpdateContact applies u.
func (r *Repository) UpdateContact(ctx context.Context, by Caller, u ContactUpdate) (*Contact, error) {
	var k *Contact
	err := r.run(ctx, by, func(c *command) (err error) {
		var inForce []Status
		if k, inForce, err = c.sponsoredContact(u.Handle); err != nil {
			return err
		}
		if u.empty() {
			return refuse(CodeMissing, "nothing to change")
		}
		if err := by.allowUpdate(inForce, u.Remove); err != nil {
			return err
		}
		if err := by.mayAlter(slices.Concat(u.Remove, u.Add), settable.contact, "contact:status/@s"); err != nil {
			return err
		}
		if err := k.change(&u); err != nil {
			return err
		}
		k.Updater, k.Updated = by.name(), c.now
		return c.PutContact(k)
	})
	return k, err
}

func (k *Contact) change(u *ContactUpdate) error {
	k.Set = addStatus(removeStatus(k.Set, u.Remove), u.Add)
	for _, change := range u.Postal {
		k.changePostal(change)
	}
	if u.Voice != nil {
		k.Voice = *u.Voice
	}
	if u.Fax != nil {
		k.Fax = *u.Fax
	}
	if u.Email != nil {
		k.Email = *u.Email
	}
	if u.AuthInfo != nil {
		k.AuthInfo = *u.AuthInfo
	}
	if u.Disclose != nil {
		k.Disclose = u.Disclose
	}
	return k.check()
}

func (k *Contact) changePostal(change PostalChange) {
	i := slices.IndexFunc(k.Postal, func(p Postal) bool { return p.Form == change.Form })
	if i < 0 {
		k.Postal = append(k.Postal, Postal{Form: change.Form})
		i = len(k.Postal) - 1
	}
	p := &k.Postal[i]
	if change.Name != nil {
		p.Name = *change.Name
	}
	if change.Org != nil {
		p.Org = *change.Org
	}
	if a := change.Address; a != nil {
		p.Streets, p.City, p.State, p.Code, p.Country = a.Streets, a.City, a.State, a.Code, a.Country
	}
}

// DeleteContact deletes a contact that no domain refers to.
func (r *Repository) DeleteContact(ctx context.Context, by Caller, id string) error {
	return r.run(ctx, by, func(c *command) error {
		k, inForce, err := c.sponsoredContact(id)
		if err != nil {
			return err
		}
		if err := by.allow(inForce, actionDelete); err != nil {
			return err
		}
		if hasStatus(inForce, StatusLinked) {
			return blame(CodeAssociation, "contact:id", id, "a domain refers to the contact")
		}
		return c.Tx.DeleteContact(k)
	})
}

// contact returns a contact, as time has left it.
func (c *command) contact(id string) (*Contact, error) {
	k, err := c.Tx.Contact(id)
	if errors.Is(err, ErrNotFound) {
		return nil, blame(CodeNotFound, "contact:id", id, "no such contact")
	}
	if err != nil {
		return nil, err
	}
	return k, c.settleContact(k)
}

// contact is command.contact for a query, which needs the object settled.
func (c *query) contact(id string) (*Contact, error) {
	k, err := c.Contact(id)
	if errors.Is(err, ErrNotFound) {
		return nil, blame(CodeNotFound, "contact:id", id, "no such contact")
	}
	if err != nil {
		return nil, err
	}
	if due, ok := k.Due(); ok && !due.After(c.now) {
		return nil, &dueError{settle: func(c *command) error { _, err := found(c.contact(id)); return err }}
	}
	return k, nil
}

// sponsoredContact returns a contact that the caller sponsors, with the status values in force.
func (c *command) sponsoredContact(id string) (*Contact, []Status, error) {
	k, err := c.contact(id)
	if err != nil {
		return nil, nil, err
	}
	if !c.by.sponsors(k.Sponsor) {
		return nil, nil, blame(CodeAuthorization, "contact:id", id, "another registrar sponsors the contact")
	}
	inForce, err := k.inForce(c)
	return k, inForce, err
}
