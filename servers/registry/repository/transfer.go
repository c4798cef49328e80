package repository

import (
	"time"
)

// Transfer states, as eppcom:trStatusType spells them.
const (
	TransferPending         = "pending"
	TransferClientApproved  = "clientApproved"
	TransferClientRejected  = "clientRejected"
	TransferClientCancelled = "clientCancelled"
	TransferServerApproved  = "serverApproved"
	TransferServerCancelled = "serverCancelled"
)

// Transfer is the latest transfer of a domain or contact.
type Transfer struct {
	Status    string
	Requester string    // reID: who asked for the object
	Requested time.Time // reDate
	Actor     string    // acID: who has to act, or has acted
	Acted     time.Time // acDate: when the server will act, or when an action was taken

	// Months are what a domain's registration is extended by; Expires (of a domain) is when it expires once transferred.
	Months  int       `json:",omitempty"`
	Expires time.Time `json:",omitzero"`
}

// pending reports whether t waits for a decision. A nil t does not.
func (t *Transfer) pending() bool { return t != nil && t.Status == TransferPending }

// request checks that a transfer can be asked for, and returns it pending. sponsor and latest are the object's.
func (c *command) request(sponsor string, latest *Transfer, inForce []Status) (*Transfer, error) {
	switch {
	case latest.pending():
		return nil, refuse(CodePendingTransfer, "")
	case c.by.ID == sponsor:
		return nil, refuse(CodeNotTransferable, "the client sponsors the object already")
	}
	if err := c.by.allow(inForce, actionTransfer); err != nil {
		return nil, err
	}
	return &Transfer{
		Status:    TransferPending,
		Requester: c.by.ID,
		Requested: c.now,
		Actor:     sponsor,
		Acted:     c.now.Add(max(c.repo.policy.TransferWait, 0)),
	}, nil
}

// Decision is how a pending transfer ends.
type Decision string

// The decisions, as epp:transferOpType spells them.
const (
	Approve Decision = "approve" // by the losing registrar
	Reject  Decision = "reject"  // by the losing registrar
	Cancel  Decision = "cancel"  // by the requesting registrar
)

// decide checks that the caller may end t this way, and ends it. The object's sponsor is still to be changed.
func (c *command) decide(t *Transfer, d Decision) error {
	if !t.pending() {
		return refuse(CodeNoTransfer, "")
	}
	entitled, status := t.Actor, TransferClientApproved
	switch d {
	case Reject:
		status = TransferClientRejected
	case Cancel:
		entitled, status = t.Requester, TransferClientCancelled
	case Approve:
	default:
		return blame(CodeOption, "epp:transfer/@op", string(d), "no such decision about a transfer")
	}
	if !c.by.sponsors(entitled) {
		return refuse(CodeAuthorization, "not the registrar to "+string(d)+" the transfer")
	}
	t.Status, t.Actor, t.Acted = status, entitled, c.now
	return nil
}

// mayQuery checks that the caller may see t: a party to it may, and whoever knows the authorization information, which
// authorized reports.
func (c *query) mayQuery(sponsor string, t *Transfer, authorized bool) error {
	switch {
	case t == nil:
		if !c.by.sponsors(sponsor) && !authorized {
			return refuse(CodeAuthorization, "not a party to a transfer")
		}
		return refuse(CodeNoTransfer, "no transfer has been requested")
	case c.by.sponsors(sponsor), c.by.ID == t.Requester, c.by.ID == t.Actor, authorized:
		return nil
	}
	return refuse(CodeAuthorization, "not a party to the transfer")
}
