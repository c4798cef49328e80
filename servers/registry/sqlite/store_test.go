package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/servers/registry/repository"
)

var now = time.Date(2026, time.March, 1, 12, 0, 0, 5_000_000, time.UTC)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func update(t *testing.T, s *Store, f func(repository.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s *Store, f func(repository.Reader) error) {
	t.Helper()
	if err := s.View(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// objects are one of each kind, linked.
func objects() (*repository.Registrar, *repository.Contact, *repository.Host, *repository.Domain) {
	transfer := &repository.Transfer{Status: repository.TransferPending, Requester: "ClientY", Requested: now, Actor: "ClientX", Acted: now.Add(time.Hour)}
	return &repository.Registrar{ID: "ClientX", Password: "hash", Names: []string{"x.example"}},
		&repository.Contact{
			Handle: "jd1234", Sponsor: "ClientX", Email: "a@example.com", AuthInfo: "pw", Creator: "ClientX", Created: now, Transfer: transfer,
			Postal:   []repository.Postal{{Form: "int", Name: "John", Streets: []string{"1", "2"}, City: "Dulles", Country: "US"}},
			Disclose: &repository.Disclosure{Name: []string{"int"}},
		},
		&repository.Host{Name: "ns.example.com", Sponsor: "ClientX", Creator: "ClientX", Created: now, Set: []repository.Status{{Value: "clientUpdateProhibited", Text: "t"}}},
		&repository.Domain{
			Name: "a.test", Sponsor: "ClientX", Registrant: "jd1234", Nameservers: []string{"ns.example.com"},
			Contacts: []repository.DomainContact{{ID: "jd1234", Role: "tech"}, {ID: "jd1234", Role: "admin"}},
			AuthInfo: "pw", Creator: "ClientX", Created: now, Expires: now.AddDate(1, 0, 0), Transfer: transfer,
			Grace:    []repository.Grace{{Period: "addPeriod", Until: now}},
			Deletion: &repository.Deletion{Period: "redemptionPeriod", Until: now, Deleted: now, ClTRID: "c", SvTRID: "s"},
			SecDNS:   repository.SecDNS{MaxSigLife: 1, DS: []repository.DS{{KeyTag: 1, Digest: []byte{1, 2}}}},
		}
}

// What is put is what is got, in another process too; and a path may hold what a URL would not.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a registry?#%20.db")
	registrar, contact, host, domain := objects()
	s := open(t, path)
	update(t, s, func(tx repository.Tx) error {
		return errors.Join(tx.PutZone("test"), tx.PutZone("co.test"), tx.PutZone("test"), tx.PutRegistrar(registrar), tx.PutContact(contact), tx.PutHost(host), tx.PutDomain(domain))
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	view(t, open(t, path), func(tx repository.Reader) error {
		r, err1 := tx.Registrar("ClientX")
		c, err2 := tx.Contact("jd1234")
		h, err3 := tx.Host("ns.example.com")
		d, err4 := tx.Domain("a.test")
		zones, err5 := tx.Zones()
		registrars, err6 := tx.Registrars()
		for _, diff := range []string{
			cmp.Diff([]string{"co.test", "test"}, zones), cmp.Diff([]string{"ClientX"}, registrars),
			cmp.Diff(registrar, r), cmp.Diff(contact, c), cmp.Diff(host, h), cmp.Diff(domain, d),
		} {
			if diff != "" {
				t.Errorf("-put +got\n%s", diff)
			}
		}
		return errors.Join(err1, err2, err3, err4, err5, err6)
	})
}

// A file of an earlier version is brought up to date, and loses nothing.
func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(migrations[0] + `INSERT INTO registrar VALUES ('ClientX', '{}'); PRAGMA user_version = 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	update(t, s, func(tx repository.Tx) error { return tx.PutZone("test") })
	view(t, s, func(tx repository.Reader) error {
		_, err := tx.Registrar("ClientX")
		return err
	})
}

func TestOpenRefuses(t *testing.T) {
	for _, path := range []string{"", ":memory:", t.TempDir(), filepath.Join(t.TempDir(), "none", "registry.db")} {
		if s, err := Open(t.Context(), path); err == nil {
			s.Close()
			t.Errorf("opened %q", path)
		}
	}
	path := filepath.Join(t.TempDir(), "newer.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), path); err == nil {
		s.Close()
		t.Error("opened the file of a newer program")
	}
}

func TestUpdateIsAtomic(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "registry.db"))
	registrar, contact, _, _ := objects()
	stop := errors.New("stop")
	err := s.Update(t.Context(), func(tx repository.Tx) error {
		if err := errors.Join(tx.PutRegistrar(registrar), tx.PutContact(contact)); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	view(t, s, func(tx repository.Reader) error {
		if _, err := tx.Registrar("ClientX"); !errors.Is(err, repository.ErrNotFound) {
			t.Errorf("the registrar is there: %v", err)
		}
		return nil
	})
}

// A view sees one moment, whatever is committed meanwhile.
func TestViewIsSnapshot(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "registry.db"))
	registrar, _, host, _ := objects()
	update(t, s, func(tx repository.Tx) error { return tx.PutRegistrar(registrar) })
	view(t, s, func(tx repository.Reader) error {
		if _, err := tx.Host(host.Name); !errors.Is(err, repository.ErrNotFound) {
			t.Fatalf("before: %v", err)
		}
		update(t, s, func(tx repository.Tx) error { return tx.PutHost(host) })
		if _, err := tx.Host(host.Name); !errors.Is(err, repository.ErrNotFound) {
			t.Errorf("after: %v", err)
		}
		return nil
	})
	view(t, s, func(tx repository.Reader) error {
		_, err := tx.Host(host.Name)
		return err
	})
}

// The file itself refuses links to what is not there, and removing what is linked.
func TestLinksAreChecked(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "registry.db"))
	registrar, contact, host, domain := objects()
	update(t, s, func(tx repository.Tx) error {
		return errors.Join(tx.PutRegistrar(registrar), tx.PutContact(contact), tx.PutHost(host), tx.PutDomain(domain))
	})
	for name, f := range map[string]func(repository.Tx) error{
		"sponsor": func(tx repository.Tx) error {
			return tx.PutHost(&repository.Host{Name: "x.example", Sponsor: "Nobody"})
		},
		"superordinate": func(tx repository.Tx) error {
			return tx.PutHost(&repository.Host{Name: "x.b.test", Sponsor: "ClientX", Superordinate: "b.test"})
		},
		"name server": func(tx repository.Tx) error {
			return tx.PutDomain(&repository.Domain{Name: "b.test", Sponsor: "ClientX", Nameservers: []string{"x.example"}})
		},
		"registrant": func(tx repository.Tx) error {
			return tx.PutDomain(&repository.Domain{Name: "b.test", Sponsor: "ClientX", Registrant: "x"})
		},
		"taken name": func(tx repository.Tx) error {
			return tx.PutDomain(&repository.Domain{Name: "a.test", Sponsor: "ClientX"})
		},
		"stale object": func(tx repository.Tx) error {
			return tx.PutContact(&repository.Contact{ID: 99, Handle: "x", Sponsor: "ClientX"})
		},
		"host in use": func(tx repository.Tx) error { return tx.DeleteHost(host) },
		"contact":     func(tx repository.Tx) error { return tx.DeleteContact(contact) },
		"message":     func(tx repository.Tx) error { return tx.PutMessage(&repository.Message{Registrar: "Nobody"}) },
	} {
		if err := s.Update(t.Context(), f); err == nil || errors.Is(err, repository.ErrNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	update(t, s, func(tx repository.Tx) error {
		return errors.Join(tx.DeleteDomain(domain), tx.DeleteHost(host), tx.DeleteContact(contact))
	})
}

func TestDue(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "registry.db"))
	registrar, contact, _, _ := objects()
	update(t, s, func(tx repository.Tx) error {
		err := errors.Join(tx.PutRegistrar(registrar), tx.PutContact(contact))
		for i, name := range []string{"c.test", "b.test", "a.test"} {
			err = errors.Join(err, tx.PutDomain(&repository.Domain{Name: name, Sponsor: "ClientX", Expires: now.Add(time.Duration(i) * time.Millisecond)}))
		}
		return err
	})
	for _, c := range []struct {
		at                time.Duration
		limit             int
		domains, contacts []string
	}{
		{-time.Millisecond, 9, nil, nil},
		{0, 9, []string{"c.test"}, nil},
		{time.Hour, 2, []string{"c.test", "b.test"}, []string{"jd1234"}},
	} {
		view(t, s, func(tx repository.Reader) error {
			domains, err1 := tx.DueDomains(now.Add(c.at), c.limit)
			contacts, err2 := tx.DueContacts(now.Add(c.at), c.limit)
			if diff := cmp.Diff(c.domains, domains) + cmp.Diff(c.contacts, contacts); diff != "" {
				t.Errorf("%v: -want +got\n%s", c.at, diff)
			}
			return errors.Join(err1, err2)
		})
	}
}
