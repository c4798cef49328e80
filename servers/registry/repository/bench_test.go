package repository_test

import (
	"path/filepath"
	"strconv"
	"testing"

	. "github.com/protogen-go/protogen/servers/registry/repository"
	"github.com/protogen-go/protogen/servers/registry/sqlite"
)

func benchmarkWorld(b *testing.B) *Repository {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "registry.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	r, err := New(b.Context(), store, Policy{TLDs: []string{"test"}, PasswordMemory: 64}, nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Enrol(b.Context(), Registrar{ID: "ClientX", Password: "foo-BAR2"}); err != nil {
		b.Fatal(err)
	}
	if _, err := r.CreateDomain(b.Context(), clientX, NewDomain{Name: "a.test"}); err != nil {
		b.Fatal(err)
	}
	return r
}

func BenchmarkCheckDomains(b *testing.B) {
	r := benchmarkWorld(b)
	for b.Loop() {
		if _, err := r.CheckDomains(b.Context(), clientX, []string{"a.test", "b.test", "c.test"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDomainInfo(b *testing.B) {
	r := benchmarkWorld(b)
	for b.Loop() {
		if _, err := r.DomainInfo(b.Context(), clientX, "a.test", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateDomain(b *testing.B) {
	r := benchmarkWorld(b)
	i := 0
	for b.Loop() {
		i++
		if _, err := r.CreateDomain(b.Context(), clientX, NewDomain{Name: "d" + strconv.Itoa(i) + ".test"}); err != nil {
			b.Fatal(err)
		}
	}
}
