package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/protogen-go/protogen/servers/registry/repository"
)

// Seed is what a registry has when it opens. Planting it again changes nothing but what it says otherwise: a registrar that
// exists gets the password and the certificate policy given here.
type Seed struct {
	Registrars []SeedRegistrar `json:"registrars"`
	// TLDs are zones in which names are registered.
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

func (s *Seed) plant(ctx context.Context, repo *repository.Repository) error {
	for _, g := range s.Registrars {
		err := repo.Enrol(ctx, repository.Registrar{ID: g.ID, Password: g.Password, Fingerprints: g.Fingerprints, Names: g.Names})
		if err != nil {
			return fmt.Errorf("registrar %q: %w", g.ID, err)
		}
	}
	return nil
}
