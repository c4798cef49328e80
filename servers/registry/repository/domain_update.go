package repository

import (
	"context"
	"slices"
)

// DomainUpdate changes a domain. What is removed is removed first. Adding what is there and removing what is not has no
// effect, so that a command whose answer was lost can be repeated (RFC 5730 section 2).
type DomainUpdate struct {
	Name        string
	Add, Remove DomainChange
	Registrant  *string // nil leaves it, empty removes it
	AuthInfo    *string // nil leaves it, empty removes it
	SecDNS      *SecDNSUpdate
	Restore     *Restore // of RFC 3915; excludes every other change
}

// DomainChange is what is added to a domain or removed from it.
type DomainChange struct {
	Nameservers []string
	Contacts    []DomainContact
	Status      []Status
}

func (h *DomainChange) empty() bool {
	return len(h.Nameservers) == 0 && len(h.Contacts) == 0 && len(h.Status) == 0
}

func (u *DomainUpdate) empty() bool {
	return u.Add.empty() && u.Remove.empty() && u.Registrant == nil && u.AuthInfo == nil && u.SecDNS == nil
}

// UpdateDomain applies u.
func (r *Repository) UpdateDomain(ctx context.Context, by Caller, u DomainUpdate) (*Domain, error) {
	if u.AuthInfo != nil {
		if err := checkAuthInfo(*u.AuthInfo, "domain:pw"); err != nil {
			return nil, err
		}
	}
	var d *Domain
	err := r.run(ctx, by, func(c *command) (err error) {
		if d, err = c.domain(u.Name); err != nil {
			return err
		}
		if !by.sponsors(d.Sponsor) {
			return blame(CodeAuthorization, "domain:name", u.Name, "another registrar sponsors the domain")
		}
		switch {
		case u.Restore != nil && !u.empty():
			err = refuse(CodeUse, "a restore changes nothing else")
		case u.Restore != nil:
			err = c.restore(d, u.Restore)
		case u.empty():
			err = refuse(CodeMissing, "nothing to change")
		default:
			err = c.change(d, &u)
		}
		if err != nil {
			return err
		}
		d.Updater, d.Updated = by.name(), c.now
		return c.PutDomain(d)
	})
	return d, err
}

// change applies u to d.
func (c *command) change(d *Domain, u *DomainUpdate) error {
	if err := c.by.allowUpdate(d.InForce(), u.Remove.Status); err != nil {
		return err
	}
	altered := slices.Concat(u.Remove.Status, u.Add.Status)
	if err := c.by.mayAlter(altered, settable.domain, "domain:status/@s"); err != nil {
		return err
	}
	d.Set = addStatus(removeStatus(d.Set, u.Remove.Status), u.Add.Status)
	d.Contacts = appendNew(without(d.Contacts, u.Remove.Contacts), u.Add.Contacts...)
	d.Nameservers = appendNew(without(d.Nameservers, foldAll(u.Remove.Nameservers)), foldAll(u.Add.Nameservers)...)
	if u.Registrant != nil {
		d.Registrant = *u.Registrant
	}
	if u.AuthInfo != nil {
		d.AuthInfo = *u.AuthInfo
	}
	if u.SecDNS != nil {
		if err := d.SecDNS.apply(u.SecDNS); err != nil {
			return err
		}
	}
	return c.checkDomain(d)
}

func foldAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = fold(name)
	}
	return out
}
