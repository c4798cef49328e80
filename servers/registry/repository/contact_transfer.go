package repository

import (
	"context"
	"time"
)

// RequestContactTransfer asks for a contact of another registrar, as [Repository.RequestDomainTransfer] does for a domain.
func (r *Repository) RequestContactTransfer(ctx context.Context, by Caller, id string, auth *AuthInfo) (*ObjectTransfer, error) {
	return r.contactTransfer(ctx, by, id, func(c *command, k *Contact) error {
		if auth == nil {
			return refuse(CodeMissing, "a transfer needs authorization information")
		}
		if _, err := auth.authorizesContact(&r.policy, k); err != nil {
			return err
		}
		inForce, err := k.inForce(c)
		if err != nil {
			return err
		}
		if k.Transfer, err = c.request(k.Sponsor, k.Transfer, inForce); err != nil {
			return err
		}
		return c.tellContactTransfer(k, c.now, "Transfer requested.", k.Sponsor)
	})
}

// DecideContactTransfer ends a pending transfer.
func (r *Repository) DecideContactTransfer(ctx context.Context, by Caller, id string, decision Decision) (*ObjectTransfer, error) {
	return r.contactTransfer(ctx, by, id, func(c *command, k *Contact) error {
		loser := k.Sponsor
		if err := c.decide(k.Transfer, decision); err != nil {
			return err
		}
		switch k.Transfer.Status {
		case TransferClientApproved:
			k.Sponsor, k.Transferred = k.Transfer.Requester, c.now
			return c.tellContactTransfer(k, c.now, "Transfer approved.", k.Transfer.Requester)
		case TransferClientRejected:
			return c.tellContactTransfer(k, c.now, "Transfer rejected.", k.Transfer.Requester)
		default:
			return c.tellContactTransfer(k, c.now, "Transfer cancelled.", loser)
		}
	})
}

// contactTransfer is what commands that change a transfer share.
func (r *Repository) contactTransfer(ctx context.Context, by Caller, id string, f func(*command, *Contact) error) (*ObjectTransfer, error) {
	var t *ObjectTransfer
	err := r.run(ctx, by, func(c *command) error {
		k, err := c.contact(id)
		if err != nil {
			return err
		}
		if err := f(c, k); err != nil {
			return err
		}
		t = k.transfer()
		return c.PutContact(k)
	})
	return t, err
}

// ContactTransfer shows the latest transfer of a contact to a party of it, or to whoever knows the authorization information.
func (r *Repository) ContactTransfer(ctx context.Context, by Caller, id string, auth *AuthInfo) (*ObjectTransfer, error) {
	var t *ObjectTransfer
	err := r.query(ctx, by, func(c *query) error {
		k, err := c.contact(id)
		if err != nil {
			return err
		}
		authorized, err := auth.authorizesContact(&r.policy, k)
		if err != nil {
			return err
		}
		if err := c.mayQuery(k.Sponsor, k.Transfer, authorized); err != nil {
			return err
		}
		t = k.transfer()
		return nil
	})
	return t, err
}

// transfer is the state of k's transfer for showing.
func (k *Contact) transfer() *ObjectTransfer {
	return &ObjectTransfer{Object: k.Handle, Transfer: *k.Transfer}
}

// Due is when time will next change k, if it will.
func (k *Contact) Due() (time.Time, bool) {
	if !k.Transfer.pending() {
		return time.Time{}, false
	}
	return k.Transfer.Acted, true
}

// settleContact approves a transfer that nobody decided in time.
func (c *command) settleContact(k *Contact) error {
	at, ok := k.Due()
	if !ok || at.After(c.now) {
		return nil
	}
	loser := k.Sponsor
	k.Transfer.Status = TransferServerApproved
	k.Sponsor, k.Transferred = k.Transfer.Requester, at
	if err := c.tellContactTransfer(k, at, "Transfer approved by the server.", loser, k.Sponsor); err != nil {
		return err
	}
	return c.PutContact(k)
}

// tellContactTransfer queues the state of k's transfer for registrars.
func (c *command) tellContactTransfer(k *Contact, at time.Time, text string, registrars ...string) error {
	for _, id := range registrars {
		if err := c.tell(id, at, Message{Text: text, ContactTransfer: k.transfer()}); err != nil {
			return err
		}
	}
	return nil
}
