package repository

import (
	"crypto/subtle"
	"errors"
)

// maxAuthInfo is the longest authorization password that is kept, in octets. RFC 5731 gives no maximum.
const maxAuthInfo = 255

// AuthInfo is authorization information given with a command.
type AuthInfo struct {
	Password string
	// ROID names the registrant or contact of a domain whose password it is; empty when it is the object's own.
	ROID string
}

// matches compares in constant time. An object without a password is authorized for by nobody (RFC 9154 section 4.3).
func (a *AuthInfo) matches(password string) bool {
	return password != "" && subtle.ConstantTimeCompare([]byte(a.Password), []byte(password)) == 1
}

func checkAuthInfo(password, field string) error {
	if len(password) > maxAuthInfo {
		return blame(CodePolicy, field, password, "longer than 255 octets")
	}
	return nil
}

// authorizes reports whether a opens the domain; it does not when it is nil. Wrong information is a refusal.
func (a *AuthInfo) authorizes(tx Reader, p *Policy, d *Domain) (bool, error) {
	if a == nil {
		return false, nil
	}
	if a.ROID == "" {
		if a.matches(d.AuthInfo) {
			return true, nil
		}
		return false, refuse(CodeAuthInfo, "")
	}
	ids := []string{d.Registrant}
	for _, contact := range d.Contacts {
		ids = appendNew(ids, contact.ID)
	}
	for _, id := range ids {
		contact, err := tx.Contact(id)
		if errors.Is(err, ErrNotFound) {
			continue // no registrant
		}
		if err != nil {
			return false, err
		}
		if p.roid(kindContact, contact.ID) == a.ROID && a.matches(contact.AuthInfo) {
			return true, nil
		}
	}
	return false, refuse(CodeAuthInfo, "")
}

// authorizesContact is authorizes for a contact.
func (a *AuthInfo) authorizesContact(p *Policy, k *Contact) (bool, error) {
	if a == nil {
		return false, nil
	}
	if (a.ROID == "" || a.ROID == p.roid(kindContact, k.ID)) && a.matches(k.AuthInfo) {
		return true, nil
	}
	return false, refuse(CodeAuthInfo, "")
}
