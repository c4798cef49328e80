package repository

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Day is what the periods of a registry are counted in.
const Day = 24 * time.Hour

// Policy is what the standards leave to the registry. The zero value of a field means its default; a negative duration
// means none. [New] copies it.
type Policy struct {
	// TLDs are the zones in which names are registered, such as "test" or "co.test", without dots at the ends. The zones that
	// the store has are added.
	TLDs []string
	// Suffix ends every repository object identifier (RFC 5730 section 2.8): 1 to 8 letters and digits, "REG" by default.
	Suffix string

	DefaultYears int // of a registration or renewal that names no period: 1
	MaxYears     int // how far ahead a registration may expire: 10

	TransferWait time.Duration // after which a pending transfer is approved by the server: 5 days

	AddGrace       time.Duration // within which a deletion purges a new name at once: 5 days
	RenewGrace     time.Duration // shown as renewPeriod: 5 days
	AutoRenewGrace time.Duration // shown as autoRenewPeriod: 45 days
	TransferGrace  time.Duration // shown as transferPeriod: 5 days

	Redemption     time.Duration // during which a deleted name can be restored: 30 days
	PendingRestore time.Duration // within which a restore must be reported: 7 days
	PendingDelete  time.Duration // between the end of redemption and the purge: 5 days

	MaxChecks      int // names in one check command: 250
	MaxNameservers int // of a domain: 13
	MaxContacts    int // of a domain, registrant aside: 30
	MaxAddresses   int // of a host: 26
	MaxKeys        int // DS or key records of a domain: 16

	// VerifyDS refuses delegation signer data whose digest has not the length of its type, or does not match the key given
	// with it (RFC 4034 section 5.1.4).
	VerifyDS bool

	// PasswordMemory is what argon2id takes to hash one password, in KiB: 19456 (19 MiB), with two passes.
	PasswordMemory int
	// MaxWaitingLogins is how many logins of one source ([Credentials.Source]) wait for their turn while others are checked:
	// 100. One more is refused with 2502.
	MaxWaitingLogins int
}

// suffix is what may end an identifier (eppcom:roidType, in ASCII).
var suffix = regexp.MustCompile(`^[A-Za-z0-9]{1,8}$`)

// validate finds what a policy cannot be.
func (p *Policy) validate() error {
	for _, tld := range p.TLDs {
		for label := range strings.SplitSeq(tld, ".") {
			if !validLabel(label) {
				return fmt.Errorf("repository: policy: %q is not a zone", tld)
			}
		}
	}
	if !suffix.MatchString(p.Suffix) {
		return fmt.Errorf("repository: policy: suffix %q is not 1 to 8 letters and digits", p.Suffix)
	}
	if p.DefaultYears > p.MaxYears {
		return fmt.Errorf("repository: policy: the default of %d years is more than the most, %d", p.DefaultYears, p.MaxYears)
	}
	return nil
}

func (p Policy) withDefaults() Policy {
	p.TLDs = slices.Clone(p.TLDs)
	for i, tld := range p.TLDs {
		p.TLDs[i] = fold(tld)
	}
	if p.Suffix == "" {
		p.Suffix = "REG"
	}
	for _, d := range []struct {
		field *time.Duration
		days  time.Duration
	}{
		{&p.TransferWait, 5},
		{&p.AddGrace, 5},
		{&p.RenewGrace, 5},
		{&p.AutoRenewGrace, 45},
		{&p.TransferGrace, 5},
		{&p.Redemption, 30},
		{&p.PendingRestore, 7},
		{&p.PendingDelete, 5},
	} {
		if *d.field == 0 {
			*d.field = d.days * Day
		}
	}
	for _, n := range []struct {
		field *int
		value int
	}{
		{&p.DefaultYears, 1},
		{&p.MaxYears, 10},
		{&p.MaxChecks, 250},
		{&p.MaxNameservers, 13},
		{&p.MaxContacts, 30},
		{&p.MaxAddresses, 26},
		{&p.MaxKeys, 16},
		{&p.PasswordMemory, 19456},
		{&p.MaxWaitingLogins, 100},
	} {
		if *n.field <= 0 {
			*n.field = n.value
		}
	}
	return p
}
