package sqlite

import (
	"database/sql"
	"errors"
	"time"

	"github.com/protogen-go/protogen/servers/registry/repository"
)

// registrant is the role under which a domain's registrant is linked.
const registrant = "registrant"

// Zones implements [repository.Reader].
func (r *reader) Zones() ([]string, error) { return r.texts(selectZones) }

// PutZone implements [repository.Tx].
func (w *writer) PutZone(name string) error {
	_, err := w.run(insertZone, name)
	return err
}

// Registrars implements [repository.Reader].
func (r *reader) Registrars() ([]string, error) { return r.texts(selectRegistrars) }

// Registrar implements [repository.Reader].
func (r *reader) Registrar(id string) (*repository.Registrar, error) {
	g := &repository.Registrar{ID: id}
	var body []byte
	if err := r.row(selectRegistrar, id, &body); err != nil {
		return nil, err
	}
	return g, decode(body, g)
}

// PutRegistrar implements [repository.Tx].
func (w *writer) PutRegistrar(g *repository.Registrar) error {
	_, err := w.exec(upsertRegistrar, g, g.ID)
	return err
}

// Domain implements [repository.Reader].
func (r *reader) Domain(name string) (*repository.Domain, error) {
	d := new(repository.Domain)
	var body []byte
	err := r.row(selectDomain, name, &d.ID, &d.Name, &d.Sponsor, &body)
	if err != nil {
		return nil, err
	}
	if err := decode(body, d); err != nil {
		return nil, err
	}
	d.Nameservers, err = r.texts(selectDomainHosts, d.ID)
	if err != nil {
		return nil, err
	}
	err = r.each(selectDomainContacts,
		[]any{d.ID}, func(rows *sql.Rows) error {
			var link repository.DomainContact
			err := rows.Scan(&link.Role, &link.ID)
			if link.Role == registrant {
				d.Registrant = link.ID
			} else {
				d.Contacts = append(d.Contacts, link)
			}
			return err
		})
	return d, err
}

// PutDomain implements [repository.Tx].
func (w *writer) PutDomain(d *repository.Domain) (err error) {
	due := milliseconds(d.Due())
	if d.ID == 0 {
		d.ID, err = w.exec(insertDomain, d, d.Name, d.Sponsor, due)
		if err != nil {
			return err
		}
		return w.linkDomain(d)
	}
	_, err = w.exec(updateDomain, d, d.ID, d.Name, d.Sponsor, due)
	if err != nil {
		return err
	}
	for _, clear := range []string{deleteDomainHosts, deleteDomainContacts} {
		if _, err := w.run(clear, d.ID); err != nil && !errors.Is(err, errNothing) {
			return err
		}
	}
	return w.linkDomain(d)
}

// linkDomain stores the links of d, which has none stored.
func (w *writer) linkDomain(d *repository.Domain) error {
	for i, host := range d.Nameservers {
		if _, err := w.run(insertDomainHost, d.ID, i, host); err != nil {
			return err
		}
	}
	links := d.Contacts
	if d.Registrant != "" {
		links = append([]repository.DomainContact{{ID: d.Registrant, Role: registrant}}, links...)
	}
	for i, link := range links {
		_, err := w.run(insertDomainContact,
			d.ID, i, link.Role, link.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// DeleteDomain implements [repository.Tx].
func (w *writer) DeleteDomain(d *repository.Domain) error {
	_, err := w.run(deleteDomain, d.ID)
	return err
}

// Host implements [repository.Reader].
func (r *reader) Host(name string) (*repository.Host, error) {
	h := new(repository.Host)
	var body []byte
	err := r.row(selectHost,
		name, &h.ID, &h.Name, &h.Sponsor, &h.Superordinate, &body)
	if err != nil {
		return nil, err
	}
	return h, decode(body, h)
}

// PutHost implements [repository.Tx].
func (w *writer) PutHost(h *repository.Host) (err error) {
	var above sql.NullInt64
	if h.Superordinate != "" {
		if err := w.row(selectDomainID, h.Superordinate, &above); errors.Is(err, repository.ErrNotFound) {
			return errNothing
		} else if err != nil {
			return err
		}
	}
	if h.ID == 0 {
		h.ID, err = w.exec(insertHost, h, h.Name, h.Sponsor, above)
		return err
	}
	_, err = w.exec(updateHost, h, h.ID, h.Name, h.Sponsor, above)
	return err
}

// DeleteHost implements [repository.Tx].
func (w *writer) DeleteHost(h *repository.Host) error {
	_, err := w.run(deleteHost, h.ID)
	return err
}

// Subordinates implements [repository.Reader].
func (r *reader) Subordinates(domain string) ([]string, error) {
	return r.texts(selectSubordinates, domain)
}

// Delegations implements [repository.Reader].
func (r *reader) Delegations(host string) ([]string, error) {
	return r.texts(selectDelegations, host)
}

// Contact implements [repository.Reader].
func (r *reader) Contact(id string) (*repository.Contact, error) {
	k := new(repository.Contact)
	var body []byte
	if err := r.row(selectContact, id, &k.ID, &k.Handle, &k.Sponsor, &body); err != nil {
		return nil, err
	}
	return k, decode(body, k)
}

// PutContact implements [repository.Tx].
func (w *writer) PutContact(k *repository.Contact) (err error) {
	var due sql.NullInt64
	if at, ok := k.Due(); ok {
		due = sql.NullInt64{Int64: milliseconds(at), Valid: true}
	}
	if k.ID == 0 {
		k.ID, err = w.exec(insertContact, k, k.Handle, k.Sponsor, due)
		return err
	}
	_, err = w.exec(updateContact, k, k.ID, k.Handle, k.Sponsor, due)
	return err
}

// DeleteContact implements [repository.Tx].
func (w *writer) DeleteContact(k *repository.Contact) error {
	_, err := w.run(deleteContact, k.ID)
	return err
}

// ContactLinked implements [repository.Reader].
func (r *reader) ContactLinked(id string) (linked bool, err error) {
	err = r.row(selectContactLinked, id, &linked)
	return linked, err
}

// Queue implements [repository.Reader].
func (r *reader) Queue(registrar string) (*repository.Message, int, error) {
	count := 0
	if err := r.row(countMessages, registrar, &count); err != nil || count == 0 {
		return nil, 0, err
	}
	m := &repository.Message{Registrar: registrar}
	var queued int64
	var body []byte
	if err := r.row(selectMessage, registrar, &m.ID, &queued, &body); err != nil {
		return nil, 0, err
	}
	m.Queued = time.UnixMilli(queued).UTC()
	return m, count, decode(body, m)
}

// PutMessage implements [repository.Tx].
func (w *writer) PutMessage(m *repository.Message) (err error) {
	m.ID, err = w.exec(insertMessage, m, m.Registrar, milliseconds(m.Queued))
	return err
}

// DeleteMessage implements [repository.Tx].
func (w *writer) DeleteMessage(registrar string, id int64) error {
	_, err := w.run(deleteMessage, id, registrar)
	if errors.Is(err, errNothing) {
		return repository.ErrNotFound
	}
	return err
}

// DueDomains implements [repository.Reader].
func (r *reader) DueDomains(now time.Time, limit int) ([]string, error) {
	return r.texts(selectDueDomains, milliseconds(now), limit)
}

// DueContacts implements [repository.Reader].
func (r *reader) DueContacts(now time.Time, limit int) ([]string, error) {
	return r.texts(selectDueContacts, milliseconds(now), limit)
}
