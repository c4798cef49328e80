package repository

import (
	"context"
	"time"
)

// RequestDomainTransfer asks for a domain of another registrar. Unless somebody decides earlier, the server approves it
// after the policy's TransferWait.
func (r *Repository) RequestDomainTransfer(ctx context.Context, by Caller, name string, period Period, auth *AuthInfo) (*ObjectTransfer, error) {
	months, err := r.policy.months(period)
	if err != nil {
		return nil, err
	}
	return r.domainTransfer(ctx, by, name, func(c *command, d *Domain) error {
		if auth == nil {
			return refuse(CodeMissing, "a transfer needs authorization information")
		}
		if _, err := auth.authorizes(c, &r.policy, d); err != nil {
			return err
		}
		t, err := c.request(d.Sponsor, d.Transfer, d.InForce())
		if err != nil {
			return err
		}
		t.Months = months
		t.Expires = r.policy.extended(d.Expires, months, t.Acted)
		d.Transfer = t
		return c.tellDomainTransfer(d, c.now, "Transfer requested.", d.Sponsor)
	})
}

// DecideDomainTransfer ends a pending transfer. An approved domain takes the hosts below it along.
func (r *Repository) DecideDomainTransfer(ctx context.Context, by Caller, name string, decision Decision) (*ObjectTransfer, error) {
	return r.domainTransfer(ctx, by, name, func(c *command, d *Domain) error {
		loser := d.Sponsor
		if err := c.decide(d.Transfer, decision); err != nil {
			return err
		}
		switch d.Transfer.Status {
		case TransferClientApproved:
			if err := c.handOver(d, c.now); err != nil {
				return err
			}
			return c.tellDomainTransfer(d, c.now, "Transfer approved.", d.Transfer.Requester)
		case TransferClientRejected:
			return c.tellDomainTransfer(d, c.now, "Transfer rejected.", d.Transfer.Requester)
		default:
			return c.tellDomainTransfer(d, c.now, "Transfer cancelled.", loser)
		}
	})
}

// domainTransfer is what commands that change a transfer share.
func (r *Repository) domainTransfer(ctx context.Context, by Caller, name string, f func(*command, *Domain) error) (*ObjectTransfer, error) {
	var t *ObjectTransfer
	err := r.run(ctx, by, func(c *command) error {
		d, err := c.domain(name)
		if err != nil {
			return err
		}
		if err := f(c, d); err != nil {
			return err
		}
		t = d.transfer()
		return c.PutDomain(d)
	})
	return t, err
}

// DomainTransfer shows the latest transfer of a domain to a party of it, or to whoever knows the authorization information.
func (r *Repository) DomainTransfer(ctx context.Context, by Caller, name string, auth *AuthInfo) (*ObjectTransfer, error) {
	var t *ObjectTransfer
	err := r.query(ctx, by, func(c *query) error {
		d, err := c.domain(name)
		if err != nil {
			return err
		}
		authorized, err := auth.authorizes(c, &r.policy, d)
		if err != nil {
			return err
		}
		if err := c.mayQuery(d.Sponsor, d.Transfer, authorized); err != nil {
			return err
		}
		t = d.transfer()
		return nil
	})
	return t, err
}

// transfer is the state of d's transfer for showing.
func (d *Domain) transfer() *ObjectTransfer {
	return &ObjectTransfer{Object: d.Name, Transfer: *d.Transfer}
}

// extended is when a registration expires after an extension at a time, which the policy's maximum cuts short.
func (p *Policy) extended(expires time.Time, months int, at time.Time) time.Time {
	later, limit := addMonths(expires, months), addMonths(at, 12*p.MaxYears)
	if later.Before(limit) {
		return later
	}
	if expires.After(limit) {
		return expires
	}
	return limit
}

// handOver gives d, with the hosts below it, to the requester of its approved transfer.
func (c *command) handOver(d *Domain, at time.Time) error {
	p, t := &c.repo.policy, d.Transfer
	d.Sponsor, d.Transferred = t.Requester, at
	d.Expires = p.extended(d.Expires, t.Months, at)
	t.Expires = d.Expires
	d.Grace = append(d.running(at), Grace{Period: PeriodTransfer, Until: at.Add(p.TransferGrace)})
	hosts, err := c.Subordinates(d.Name)
	if err != nil {
		return err
	}
	for _, name := range hosts {
		h, err := c.Tx.Host(name)
		if err != nil {
			return err
		}
		h.Sponsor, h.Transferred = d.Sponsor, at
		if err := c.PutHost(h); err != nil {
			return err
		}
	}
	return nil
}

// tellDomainTransfer queues the state of d's transfer for registrars.
func (c *command) tellDomainTransfer(d *Domain, at time.Time, text string, registrars ...string) error {
	for _, id := range registrars {
		if err := c.tell(id, at, Message{Text: text, DomainTransfer: d.transfer()}); err != nil {
			return err
		}
	}
	return nil
}
