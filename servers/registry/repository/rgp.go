package repository

import (
	"slices"
	"time"
)

// Periods of RFC 3915, as rgp:statusValueType spells them.
const (
	PeriodAdd            = "addPeriod"
	PeriodAutoRenew      = "autoRenewPeriod"
	PeriodRenew          = "renewPeriod"
	PeriodTransfer       = "transferPeriod"
	PeriodRedemption     = "redemptionPeriod"
	PeriodPendingRestore = "pendingRestore"
	PeriodPendingDelete  = "pendingDelete"
)

// Grace is a period and when it ends.
type Grace struct {
	Period string
	Until  time.Time
}

// Deletion is where a deleted domain stands on its way to the purge.
type Deletion struct {
	Period  string    // PeriodRedemption, PeriodPendingRestore or PeriodPendingDelete
	Until   time.Time // when the period ends
	Deleted time.Time
	// Left is what remained of the redemption period when a restore was requested.
	Left           time.Duration `json:",omitempty"`
	ClTRID, SvTRID string        // of the delete command
}

// Restore operations, as rgp:rgpOpType spells them.
const (
	RestoreRequest = "request"
	RestoreReport  = "report"
)

// Restore asks for a deleted domain back, or reports why.
type Restore struct {
	Op     string
	Report *Report // of RestoreReport
}

// Report is a restore report (RFC 3915 section 4.2.5). Texts may hold markup; they are kept as they came.
type Report struct {
	PreData, PostData string // registration data before deletion and at the time of the report
	Deleted, Restored time.Time
	Reason            string
	Statements        []string
	Other             string `json:",omitempty"`
}

// running returns the grace periods that have not ended.
func (d *Domain) running(now time.Time) []Grace {
	return slices.DeleteFunc(slices.Clone(d.Grace), func(g Grace) bool { return !g.Until.After(now) })
}

// periods lists what RFC 3915 shows of d, each period once.
func (d *Domain) periods(now time.Time) []Grace {
	if d.Deletion != nil {
		return []Grace{{Period: d.Deletion.Period, Until: d.Deletion.Until}}
	}
	list := d.running(now)
	slices.SortStableFunc(list, func(a, b Grace) int { return b.Until.Compare(a.Until) })
	var out []Grace
	for _, g := range list {
		if !slices.ContainsFunc(out, func(o Grace) bool { return o.Period == g.Period }) {
			out = append(out, g)
		}
	}
	return out
}

// restore takes a step of bringing d back.
func (c *command) restore(d *Domain, s *Restore) error {
	stage := ""
	if d.Deletion != nil {
		stage = d.Deletion.Period
	}
	switch {
	case s.Op == RestoreRequest && s.Report != nil:
		return refuse(CodePolicy, "the report comes after the request")
	case s.Op == RestoreReport && s.Report == nil:
		return refuse(CodeMissing, "no restore report")
	case s.Op == RestoreRequest && stage == PeriodRedemption:
		d.Deletion.Left = d.Deletion.Until.Sub(c.now)
		d.Deletion.Period, d.Deletion.Until = PeriodPendingRestore, c.now.Add(c.repo.policy.PendingRestore)
		return nil
	case s.Op == RestoreReport && stage == PeriodPendingRestore:
		d.Deletion, d.Restored = nil, s.Report // if it has expired meanwhile, it is due for renewal
		return nil
	}
	return refuse(CodeStatus, "the domain is not in the period for a restore "+s.Op)
}

// Due is when time will next change d.
func (d *Domain) Due() time.Time {
	due := d.Expires
	if d.Deletion != nil {
		due = d.Deletion.Until
	}
	if d.Transfer.pending() && d.Transfer.Acted.Before(due) {
		due = d.Transfer.Acted
	}
	return due
}

// settleDomain applies to d, in order, what time has brought, and stores it. It reports whether d is still there.
func (c *command) settleDomain(d *Domain) (bool, error) {
	changed := false
	for {
		at := d.Due()
		if at.After(c.now) {
			break
		}
		changed = true
		switch {
		case d.Transfer.pending() && at.Equal(d.Transfer.Acted):
			if err := c.approveByServer(d, at); err != nil {
				return false, err
			}
		case d.Deletion == nil:
			d.Expires = addMonths(d.Expires, 12)
			d.Grace = append(d.running(at), Grace{Period: PeriodAutoRenew, Until: at.Add(c.repo.policy.AutoRenewGrace)})
		case d.Deletion.Period == PeriodRedemption:
			d.Deletion.Period, d.Deletion.Until = PeriodPendingDelete, at.Add(max(c.repo.policy.PendingDelete, 0))
		case d.Deletion.Period == PeriodPendingRestore:
			d.Deletion.Period, d.Deletion.Until = PeriodRedemption, at.Add(d.Deletion.Left)
		default:
			return false, c.purge(d, at)
		}
	}
	if !changed {
		return true, nil
	}
	return true, c.PutDomain(d)
}

// approveByServer completes a transfer that nobody decided, and tells both registrars.
func (c *command) approveByServer(d *Domain, at time.Time) error {
	loser := d.Sponsor
	d.Transfer.Status = TransferServerApproved
	if err := c.handOver(d, at); err != nil {
		return err
	}
	return c.tellDomainTransfer(d, at, "Transfer approved by the server.", loser, d.Transfer.Requester)
}

// purge removes a deleted domain for good, and tells the registrar whose deletion was answered as pending.
func (c *command) purge(d *Domain, at time.Time) error {
	if del := d.Deletion; del.SvTRID != "" {
		done := &PendingResult{Object: d.Name, Done: true, ClTRID: del.ClTRID, SvTRID: del.SvTRID, Date: at}
		if err := c.tell(d.Sponsor, at, Message{Text: "Domain deleted.", DomainPending: done}); err != nil {
			return err
		}
	}
	return c.DeleteDomain(d)
}
