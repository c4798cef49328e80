package repository

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Host is a name server (RFC 5732). It is internal if its name lies below a zone of this registry, then it belongs to the
// domain that it lies in and has addresses; otherwise it is external and has none.
type Host struct {
	ID            int64  `json:"-"` // 0 until stored
	Name          string `json:"-"` // lower case
	Sponsor       string `json:"-"`
	Superordinate string `json:"-"` // the domain of an internal host

	Set       []Status  `json:",omitempty"` // the client* and server* values
	Addresses []Address `json:",omitempty"`

	Creator     string
	Created     time.Time
	Updater     string    `json:",omitempty"`
	Updated     time.Time `json:",omitzero"`
	Transferred time.Time `json:",omitzero"` // with its domain
}

// HostInfo is a host as an info command shows it.
type HostInfo struct {
	*Host
	ROID    string
	InForce []Status // all status values in force
}

// HostUpdate changes a host. What is removed is removed first.
type HostUpdate struct {
	Name        string
	Add, Remove HostChange
	NewName     string // empty keeps the name
}

// HostChange is what is added to a host or removed from it.
type HostChange struct {
	Addresses []Address
	Status    []Status
}

func (u *HostUpdate) empty() bool {
	return u.NewName == "" && len(u.Add.Addresses)+len(u.Add.Status)+len(u.Remove.Addresses)+len(u.Remove.Status) == 0
}

// CheckHosts says of each name whether a host of that name can be created.
func (r *Repository) CheckHosts(ctx context.Context, by Caller, names []string) ([]Availability, error) {
	if err := r.policy.checks(len(names)); err != nil {
		return nil, err
	}
	var out []Availability
	err := r.query(ctx, by, func(c *query) error {
		out = make([]Availability, 0, len(names))
		for _, name := range names {
			a := Availability{Name: name}
			if !validHostName(fold(name)) {
				a.Reason = "not a host name"
			} else if taken, err := stored(c.Host(fold(name))); err != nil {
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

// CreateHost creates a host. An internal one is created by the sponsor of its domain.
func (r *Repository) CreateHost(ctx context.Context, by Caller, name string, addresses []Address) (*Host, error) {
	var h *Host
	err := r.run(ctx, by, func(c *command) error {
		h = &Host{Sponsor: by.ID, Creator: by.name(), Created: c.now}
		var err error
		if h.Addresses, err = canonicalAddresses(addresses); err != nil {
			return err
		}
		if err := c.nameHost(h, name); err != nil {
			return err
		}
		return c.PutHost(h)
	})
	return h, err
}

// nameHost gives h a new name and the domain that goes with it, and checks that its addresses suit the name.
func (c *command) nameHost(h *Host, name string) error {
	folded := fold(name)
	if !validHostName(folded) {
		return blame(CodeSyntax, "host:name", name, "not a host name")
	}
	if taken, err := stored(c.Tx.Host(folded)); err != nil {
		return err
	} else if taken {
		return blame(CodeExists, "host:name", name, "the host exists")
	}
	h.Name, h.Superordinate = folded, c.repo.policy.superordinate(folded)
	if h.Superordinate != "" {
		d, err := c.domain(h.Superordinate)
		if err != nil {
			return err
		}
		if !c.by.sponsors(d.Sponsor) {
			return blame(CodeAuthorization, "host:name", name, "another registrar sponsors the domain of the host")
		}
		if err := c.by.allow(pendings(d), actionUpdate); err != nil {
			return err
		}
		h.Sponsor = d.Sponsor
	}
	return c.checkAddresses(h)
}

// pendings are the pending status values of d, which bind the hosts below it too (RFC 5732 section 2.3).
func pendings(d *Domain) []Status {
	var list []Status
	if d.Transfer.pending() {
		list = append(list, Status{Value: StatusPendingTransfer})
	}
	if d.Deletion != nil {
		list = append(list, Status{Value: StatusPendingDelete})
	}
	return list
}

// checkAddresses applies the rule about glue: internal hosts need addresses, external hosts must not have any.
func (c *command) checkAddresses(h *Host) error {
	switch {
	case len(h.Addresses) > c.repo.policy.MaxAddresses:
		return refuse(CodePolicy, "too many addresses")
	case h.Superordinate != "" && len(h.Addresses) == 0:
		return blame(CodeMissing, "host:name", h.Name, "a host below a zone of ours needs an address")
	case h.Superordinate == "" && len(h.Addresses) > 0:
		return blame(CodePolicy, "host:addr", h.Addresses[0].IP, "a host outside our zones has no address here")
	}
	return nil
}

// HostInfo shows a host to any registrar.
func (r *Repository) HostInfo(ctx context.Context, by Caller, name string) (*HostInfo, error) {
	var info *HostInfo
	err := r.query(ctx, by, func(c *query) error {
		h, err := c.Host(fold(name))
		if errors.Is(err, ErrNotFound) {
			return blame(CodeNotFound, "host:name", name, "no such host")
		}
		if err != nil {
			return err
		}
		info = &HostInfo{Host: h, ROID: r.policy.roid(kindHost, h.ID), InForce: removeStatus(h.Set, nil)}
		if h.Superordinate != "" {
			d, err := c.domain(h.Superordinate)
			if err != nil {
				return err
			}
			info.InForce = append(info.InForce, pendings(d)...)
		}
		users, err := c.Delegations(h.Name)
		info.InForce = completed(info.InForce, len(users) > 0)
		return err
	})
	return info, err
}

// completed adds the values that say there is nothing else to say: ok when no other is in force, and linked, with which ok
// may stand.
func completed(list []Status, linked bool) []Status {
	if len(list) == 0 {
		list = append(list, Status{Value: StatusOK})
	}
	if linked {
		list = append(list, Status{Value: StatusLinked})
	}
	return list
}

// UpdateHost applies u. Domains that the host serves follow its new name.
func (r *Repository) UpdateHost(ctx context.Context, by Caller, u HostUpdate) (*Host, error) {
	var h *Host
	err := r.run(ctx, by, func(c *command) (err error) {
		var inForce []Status
		if h, inForce, err = c.host(u.Name); err != nil {
			return err
		}
		if u.empty() {
			return refuse(CodeMissing, "nothing to change")
		}
		if err := by.allowUpdate(inForce, u.Remove.Status); err != nil {
			return err
		}
		if err := c.changeHost(h, &u); err != nil {
			return err
		}
		h.Updater, h.Updated = by.name(), c.now
		return c.PutHost(h)
	})
	return h, err
}

func (c *command) changeHost(h *Host, u *HostUpdate) error {
	if err := c.by.mayAlter(slices.Concat(u.Remove.Status, u.Add.Status), settable.host, "host:status/@s"); err != nil {
		return err
	}
	add, err := canonicalAddresses(u.Add.Addresses)
	if err != nil {
		return err
	}
	remove, err := canonicalAddresses(u.Remove.Addresses)
	if err != nil {
		return err
	}
	h.Addresses = appendNew(without(h.Addresses, remove), add...)
	h.Set = addStatus(removeStatus(h.Set, u.Remove.Status), u.Add.Status)
	if u.NewName == "" || fold(u.NewName) == h.Name {
		return c.checkAddresses(h)
	}
	if h.Superordinate == "" {
		// "changing an external host object that has associations with objects that are sponsored by a different
		// client ... MUST fail" (RFC 5732 section 3.2.5).
		users, err := c.Delegations(h.Name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(users, func(id string) bool { return !c.by.sponsors(id) }) {
			return blame(CodeAssociation, "host:name", u.Name, "a domain of another registrar refers to the host")
		}
	}
	return c.nameHost(h, u.NewName)
}

// DeleteHost deletes a host that no domain refers to.
func (r *Repository) DeleteHost(ctx context.Context, by Caller, name string) error {
	return r.run(ctx, by, func(c *command) error {
		h, inForce, err := c.host(name)
		if err != nil {
			return err
		}
		if err := by.allow(inForce, actionDelete); err != nil {
			return err
		}
		if hasStatus(inForce, StatusLinked) {
			return blame(CodeAssociation, "host:name", name, "a domain refers to the host")
		}
		return c.Tx.DeleteHost(h)
	})
}

// host returns a host that the caller sponsors, with the status values in force.
func (c *command) host(name string) (*Host, []Status, error) {
	h, err := c.Tx.Host(fold(name))
	if errors.Is(err, ErrNotFound) {
		return nil, nil, blame(CodeNotFound, "host:name", name, "no such host")
	}
	if err != nil {
		return nil, nil, err
	}
	inForce := removeStatus(h.Set, nil)
	if h.Superordinate != "" {
		d, err := c.domain(h.Superordinate)
		if err != nil {
			return nil, nil, err
		}
		if h, err = c.Tx.Host(h.Name); err != nil { // again: a transfer that was due has changed it too
			return nil, nil, err
		}
		inForce = append(inForce, pendings(d)...)
	}
	if !c.by.sponsors(h.Sponsor) {
		return nil, nil, blame(CodeAuthorization, "host:name", name, "another registrar sponsors the host")
	}
	users, err := c.Delegations(h.Name)
	return h, completed(inForce, len(users) > 0), err
}
