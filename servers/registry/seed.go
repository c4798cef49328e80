package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/protogen-go/protogen/servers/registry/repository"
)

// Seed is what a registry has when it opens. It creates what is missing, so opening with the same seed again changes nothing:
// a registrar that exists keeps its password, which it may have changed since, and its certificates. Passwords alone can be
// put back, with [Config.ResetPasswords].
type Seed struct {
	Registrars []SeedRegistrar `json:"registrars"`
	// TLDs are zones in which names are registered. The registry remembers them.
	TLDs []string `json:"tlds"`
}

// SeedRegistrar is a registrar of a seed.
type SeedRegistrar struct {
	ID       string `json:"id"`
	Password string `json:"password"`
	// Fingerprints and Names bind the registrar to client certificates, as [repository.Registrar] has it.
	Fingerprints []string `json:"fingerprints,omitempty"`
	Names        []string `json:"names,omitempty"`
}

// ReadSeed reads a seed from JSON such as
//
//	{"registrars": [{"id": "ClientX", "password": "foo-BAR2"}], "tlds": ["test"]}
//
// Members it does not know are errors.
func ReadSeed(r io.Reader) (Seed, error) {
	var s Seed
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Seed{}, fmt.Errorf("registry: seed: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Seed{}, fmt.Errorf("registry: seed: something follows the object")
	}
	return s, nil
}

// plant puts the registrars of a seed into a repository; its zones are in the policy already.
func (s *Seed) plant(ctx context.Context, repo *repository.Repository, resetPasswords bool) error {
	known, err := repo.Registrars(ctx)
	if err != nil {
		return err
	}
	for _, g := range s.Registrars {
		switch {
		case !slices.Contains(known, g.ID):
			err = repo.Enrol(ctx, repository.Registrar{ID: g.ID, Password: g.Password, Fingerprints: g.Fingerprints, Names: g.Names})
		case resetPasswords:
			err = repo.SetPassword(ctx, g.ID, g.Password)
		}
		if err != nil {
			return fmt.Errorf("registrar %q: %w", g.ID, err)
		}
	}
	return nil
}
