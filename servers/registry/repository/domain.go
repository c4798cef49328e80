package repository

import (
	"context"
	"errors"
	"time"
)

// Roles of a contact of a domain, as domain:contactAttrType spells them.
const (
	RoleAdmin   = "admin"
	RoleBilling = "billing"
	RoleTech    = "tech"
)

// Domain is a registered name (RFC 5731). Fields that the JSON form leaves out are those by which objects are found or
// linked: a store keeps them apart, so that it can search them and renaming a host renames it in its domains.
type Domain struct {
	ID          int64           `json:"-"` // 0 until stored
	Name        string          `json:"-"` // lower case
	Sponsor     string          `json:"-"`
	Registrant  string          `json:"-"` // a contact, or empty
	Contacts    []DomainContact `json:"-"`
	Nameservers []string        `json:"-"` // hosts, lower case

	Set      []Status `json:",omitempty"` // the client* and server* values; see InForce for all
	AuthInfo string

	Creator     string
	Created     time.Time
	Updater     string    `json:",omitempty"`
	Updated     time.Time `json:",omitzero"`
	Transferred time.Time `json:",omitzero"`
	Expires     time.Time

	Transfer *Transfer `json:",omitempty"` // the latest, nil if there was none
	Grace    []Grace   `json:",omitempty"` // periods begun, among them ended ones
	Deletion *Deletion `json:",omitempty"` // nil unless the name is deleted and not yet purged
	Restored *Report   `json:",omitempty"` // of the latest restore
	SecDNS   SecDNS    `json:",omitzero"`
}

// DomainContact is a contact in a role.
type DomainContact struct {
	ID   string
	Role string // RoleAdmin, RoleBilling or RoleTech
}

// InForce lists the status values of d in order: those set, and those that the server derives from what d is.
func (d *Domain) InForce() []Status {
	list := removeStatus(d.Set, nil)
	if len(d.Nameservers) == 0 {
		list = append(list, Status{Value: StatusInactive})
	}
	if d.Transfer.pending() {
		list = append(list, Status{Value: StatusPendingTransfer})
	}
	if d.Deletion != nil {
		list = append(list, Status{Value: StatusPendingDelete})
	}
	if len(list) == 0 {
		list = append(list, Status{Value: StatusOK})
	}
	return list
}

// DomainInfo is a domain as an info command shows it.
type DomainInfo struct {
	*Domain
	ROID         string
	Subordinates []string // hosts below it
	Periods      []Grace  // of grace or deletion that are running (RFC 3915)
	// Authorized reports whether the caller may see the authorization information; if not, AuthInfo is empty.
	Authorized bool
}

// NewDomain asks for a domain.
type NewDomain struct {
	Name        string
	Period      Period
	Nameservers []string
	Registrant  string
	Contacts    []DomainContact
	AuthInfo    string
	SecDNS      SecDNS
}

// CheckDomains says of each name whether it can be registered.
func (r *Repository) CheckDomains(ctx context.Context, by Caller, names []string) ([]Availability, error) {
	if err := r.policy.checks(len(names)); err != nil {
		return nil, err
	}
	var out []Availability
	err := r.query(ctx, by, func(c *query) error {
		out = make([]Availability, 0, len(names))
		for _, name := range names {
			a := Availability{Name: name}
			if bad := r.policy.registrable(fold(name)); bad != nil {
				a.Reason = bad.Reason
			} else if taken, err := found(c.domain(name)); err != nil {
				return err
			} else if taken {
				a.Reason = "in use"
			}
			a.Available = a.Reason == ""
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

// checks bounds the number of names in a check command.
func (p *Policy) checks(n int) error {
	if n > p.MaxChecks {
		return refuse(CodePolicy, "too many names in one check")
	}
	return nil
}

// found tells whether a lookup by command or query gave an object.
func found[T any](_ *T, err error) (bool, error) {
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Code == CodeNotFound {
		return false, nil
	}
	return err == nil, err
}

// CreateDomain registers a name.
func (r *Repository) CreateDomain(ctx context.Context, by Caller, in NewDomain) (*Domain, error) {
	name := fold(in.Name)
	months, err := r.policy.months(in.Period)
	if err != nil {
		return nil, err
	}
	if bad := r.policy.registrable(name); bad != nil {
		return nil, bad
	}
	if err := checkAuthInfo(in.AuthInfo, "domain:pw"); err != nil {
		return nil, err
	}
	var d *Domain
	err = r.run(ctx, by, func(c *command) error {
		if taken, err := found(c.domain(name)); err != nil {
			return err
		} else if taken {
			return blame(CodeExists, "domain:name", in.Name, "the domain exists")
		}
		d = &Domain{
			Name: name, Sponsor: by.ID, Creator: by.name(),
			Created: c.now, Expires: addMonths(c.now, months),
			Grace:      []Grace{{Period: PeriodAdd, Until: c.now.Add(r.policy.AddGrace)}},
			Registrant: in.Registrant, AuthInfo: in.AuthInfo, SecDNS: in.SecDNS,
		}
		d.Contacts = appendNew(d.Contacts, in.Contacts...)
		for _, host := range in.Nameservers {
			d.Nameservers = appendNew(d.Nameservers, fold(host))
		}
		if err := c.checkDomain(d); err != nil {
			return err
		}
		return c.PutDomain(d)
	})
	return d, err
}

// checkDomain applies what policy says of a domain as a whole, and checks that what it links to exists.
func (c *command) checkDomain(d *Domain) error {
	p := &c.repo.policy
	switch {
	case len(d.Nameservers) > p.MaxNameservers:
		return refuse(CodePolicy, "too many name servers")
	case len(d.Contacts) > p.MaxContacts:
		return refuse(CodePolicy, "too many contacts")
	}
	for _, host := range d.Nameservers {
		if ok, err := stored(c.Host(host)); err != nil {
			return err
		} else if !ok {
			return blame(CodeNotFound, "domain:hostObj", host, "no such host")
		}
	}
	if d.Registrant != "" {
		if ok, err := stored(c.Contact(d.Registrant)); err != nil {
			return err
		} else if !ok {
			return blame(CodeNotFound, "domain:registrant", d.Registrant, "no such contact")
		}
	}
	for _, contact := range d.Contacts {
		if ok, err := stored(c.Contact(contact.ID)); err != nil {
			return err
		} else if !ok {
			return blame(CodeNotFound, "domain:contact", contact.ID, "no such contact")
		}
	}
	return d.SecDNS.check(p, d.Name)
}

// DomainInfo shows a domain. Whoever does not sponsor it and brings no authorization information sees everything but that
// information; wrong information is refused.
func (r *Repository) DomainInfo(ctx context.Context, by Caller, name string, auth *AuthInfo) (*DomainInfo, error) {
	var info *DomainInfo
	err := r.query(ctx, by, func(c *query) error {
		d, err := c.domain(name)
		if err != nil {
			return err
		}
		authorized, err := auth.authorizes(c, &r.policy, d)
		if err != nil {
			return err
		}
		info = &DomainInfo{Domain: d, ROID: r.policy.roid(kindDomain, d.ID), Periods: d.periods(c.now)}
		if info.Authorized = authorized || by.sponsors(d.Sponsor); !info.Authorized {
			d.AuthInfo = ""
		}
		info.Subordinates, err = c.Subordinates(d.Name)
		return err
	})
	return info, err
}

// RenewDomain extends a registration that expires on the given day (UTC).
func (r *Repository) RenewDomain(ctx context.Context, by Caller, name string, expires time.Time, period Period) (*Domain, error) {
	months, err := r.policy.months(period)
	if err != nil {
		return nil, err
	}
	var d *Domain
	err = r.run(ctx, by, func(c *command) (err error) {
		if d, err = c.sponsored(name, actionRenew); err != nil {
			return err
		}
		if day := d.Expires.Format(time.DateOnly); day != expires.Format(time.DateOnly) {
			return blame(CodeRange, "domain:curExpDate", expires.Format(time.DateOnly), "the domain does not expire on that day")
		}
		later := addMonths(d.Expires, months)
		if later.After(addMonths(c.now, 12*r.policy.MaxYears)) {
			return refuse(CodePolicy, "the registration would expire too far ahead")
		}
		d.Expires = later
		d.Grace = append(d.running(c.now), Grace{Period: PeriodRenew, Until: c.now.Add(r.policy.RenewGrace)})
		d.Updater, d.Updated = by.name(), c.now
		return c.PutDomain(d)
	})
	return d, err
}

// DeleteDomain deletes a name: at once within its add period, otherwise after the periods of RFC 3915 section 2, which
// pending reports.
func (r *Repository) DeleteDomain(ctx context.Context, by Caller, name string) (pending bool, err error) {
	err = r.run(ctx, by, func(c *command) error {
		d, err := c.sponsored(name, actionDelete)
		if err != nil {
			return err
		}
		hosts, err := c.Subordinates(d.Name)
		if err != nil {
			return err
		}
		if len(hosts) > 0 {
			return blame(CodeAssociation, "domain:name", name, "hosts exist below the domain")
		}
		if d.Created.Add(r.policy.AddGrace).After(c.now) {
			return c.Tx.DeleteDomain(d)
		}
		d.Grace = nil
		d.Deletion = &Deletion{
			Period: PeriodRedemption, Until: c.now.Add(max(r.policy.Redemption, 0)),
			Deleted: c.now,
		}
		d.Updater, d.Updated = by.name(), c.now
		if pending, err = c.settleDomain(d); err != nil || !pending {
			return err
		}
		d.Deletion.ClTRID, d.Deletion.SvTRID = by.ClTRID, by.SvTRID
		return c.PutDomain(d)
	})
	return pending, err
}

// domain returns a domain, as time has left it.
func (c *command) domain(name string) (*Domain, error) {
	missing := blame(CodeNotFound, "domain:name", name, "no such domain")
	d, err := c.Tx.Domain(fold(name))
	if errors.Is(err, ErrNotFound) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	there, err := c.settleDomain(d)
	if err == nil && !there {
		err = missing
	}
	return d, err
}

// domain is command.domain for a query, which needs the object settled.
func (c *query) domain(name string) (*Domain, error) {
	d, err := c.Domain(fold(name))
	if errors.Is(err, ErrNotFound) {
		return nil, blame(CodeNotFound, "domain:name", name, "no such domain")
	}
	if err == nil && !d.Due().After(c.now) {
		err = &dueError{settle: func(c *command) error { _, err := found(c.domain(name)); return err }}
	}
	return d, err
}

// sponsored returns a domain that the caller may change by an action.
func (c *command) sponsored(name, action string) (*Domain, error) {
	d, err := c.domain(name)
	if err != nil {
		return nil, err
	}
	if !c.by.sponsors(d.Sponsor) {
		return nil, blame(CodeAuthorization, "domain:name", name, "another registrar sponsors the domain")
	}
	return d, c.by.allow(d.InForce(), action)
}
