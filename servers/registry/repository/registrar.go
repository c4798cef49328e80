package repository

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// Registrar is a client of the registry.
type Registrar struct {
	ID string `json:"-"` // 3 to 16 characters (eppcom:clIDType)

	Password string // an argon2id hash, never the password itself

	// Fingerprints (SHA-256 of the certificate, hexadecimal) and Names (DNS names of the subjectAltName of one that a trusted
	// authority issued) say which client certificates the registrar may log in with; a match in either suffices. With
	// both empty any certificate, or none, will do.
	Fingerprints []string `json:",omitempty"`
	Names        []string `json:",omitempty"`
}

// Credentials are what a registrar logs in with.
type Credentials struct {
	ID       string
	Password string
	// Certificate is what the client showed when TLS began, nil if nothing. TLS has proved that the client has its key;
	// Verified says that it was issued by an authority that the server trusts.
	Certificate *x509.Certificate
	Verified    bool
	// Source says who else waits in the same queue while passwords are checked, such as the address that the login came
	// from. Sources take turns, so that a flood from one delays no other. "" is a source like any.
	Source string
}

// Authenticate checks credentials. A refusal is 2200 and says nothing about what was wrong, and it takes the same time for
// registrars that do not exist; or it is 2502, because too many logins of the source wait ([Policy.MaxWaitingLogins]).
func (r *Repository) Authenticate(ctx context.Context, c Credentials) error {
	var known Registrar
	err := r.store.View(ctx, func(tx Reader) error {
		reg, err := tx.Registrar(c.ID)
		if err == nil {
			known = *reg
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	ok, err := r.hash.verify(ctx, c.Source, known.Password, c.Password)
	if err == nil && !(ok && known.accepts(&c)) {
		err = refuse(CodeAuthentication, "unknown client, wrong password or wrong certificate")
	}
	return err
}

// accepts applies the certificate policy.
func (g *Registrar) accepts(c *Credentials) bool {
	if len(g.Fingerprints) == 0 && len(g.Names) == 0 {
		return true
	}
	if c.Certificate == nil {
		return false
	}
	sum := sha256.Sum256(c.Certificate.Raw)
	if slices.ContainsFunc(g.Fingerprints, func(f string) bool { return strings.EqualFold(f, hex.EncodeToString(sum[:])) }) {
		return true
	}
	return c.Verified && slices.ContainsFunc(g.Names, func(name string) bool {
		return slices.ContainsFunc(c.Certificate.DNSNames, func(san string) bool { return strings.EqualFold(san, name) })
	})
}

// Registrars lists the identifiers of the registrars, in order.
func (r *Repository) Registrars(ctx context.Context) (ids []string, err error) {
	err = r.store.View(ctx, func(tx Reader) (err error) {
		ids, err = tx.Registrars()
		return err
	})
	return ids, err
}

// SetPassword replaces a registrar's password. A registrar that does not exist is ErrNotFound.
func (r *Repository) SetPassword(ctx context.Context, id, password string) error {
	if password == "" {
		return blame(CodeMissing, "epp:newPW", password, "a registrar needs a password")
	}
	hash, err := r.hash.sum(ctx, id, password)
	if err != nil {
		return err
	}
	return r.store.Update(ctx, func(tx Tx) error {
		reg, err := tx.Registrar(id)
		if err != nil {
			return err
		}
		reg.Password = hash
		return tx.PutRegistrar(reg)
	})
}

// Enrol creates a registrar, or gives an existing one the password and the certificate policy of g. Here g.Password is the
// password itself. Enrolling twice with the same values changes nothing.
func (r *Repository) Enrol(ctx context.Context, g Registrar) error {
	if n := len(g.ID); n < 3 || n > 16 {
		return blame(CodeSyntax, "epp:clID", g.ID, "a registrar's identifier has 3 to 16 characters")
	}
	if g.Password == "" {
		return blame(CodeMissing, "epp:clID", g.ID, "a registrar needs a password")
	}
	var old *Registrar
	err := r.store.View(ctx, func(tx Reader) (err error) {
		old, err = tx.Registrar(g.ID)
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	same := false
	if old != nil {
		if same, err = r.hash.verify(ctx, g.ID, old.Password, g.Password); err != nil {
			return err
		}
	}
	if same {
		g.Password = old.Password
	} else if g.Password, err = r.hash.sum(ctx, g.ID, g.Password); err != nil {
		return err
	}
	return r.store.Update(ctx, func(tx Tx) error { return tx.PutRegistrar(&g) })
}
