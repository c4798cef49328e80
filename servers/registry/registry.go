// Package registry is a domain name registry behind the emitted EPP server: a handler for every command, over the rules of
// package repository and a SQLite file.
//
//	reg, err := registry.Open(ctx, registry.Config{DB: "registry.db", Seed: seed})
//	srv := &epp.Server{Handler: reg.Handler(), TLSConfig: tlsConfig}
//	err = srv.Serve(listener)
//
// The parts: repository has the objects and the rules and knows no XML, sqlite stores them, and this package translates
// between them and messages, one file for each kind of object.
package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/protogen-go/protogen/servers/registry/repository"
	"github.com/protogen-go/protogen/servers/registry/sqlite"
)

const (
	defaultMaxSessions = 10
	defaultSweepEvery  = time.Minute
)

// Config says what registry to open. Fields left zero have the defaults named.
type Config struct {
	// DB is the path of the SQLite file, which is created if need be.
	DB string
	// Policy is what the standards leave to the registry. The zones in force are those of Policy.TLDs, of Seed, and whatever
	// zones the registry had when it was open before.
	Policy repository.Policy
	// Seed is put into the registry when it opens: what is missing is created, what exists is left alone.
	Seed Seed
	// ResetPasswords gives registrars that exist the passwords of Seed. Without it they keep theirs, which they may have
	// changed at a login.
	ResetPasswords bool
	// MaxSessions is how many sessions of one registrar this process serves at a time: 10. One more gets 2502.
	MaxSessions int
	// SweepEvery is how often objects are brought up to date that nobody asks about: 1 minute.
	SweepEvery time.Duration
	// Now is the clock: time.Now.
	Now func() time.Time
	// Logger takes what the operator should know: slog.Default().
	Logger *slog.Logger
}

// Registry is an open registry. Its methods may be called by any number of goroutines.
type Registry struct {
	repo     *repository.Repository
	store    repository.Store
	logger   *slog.Logger
	sessions sessions

	stop context.CancelFunc
	done sync.WaitGroup
}

// Open opens a registry. The caller closes it when the server that uses it has stopped. A registry without registrars, in
// which nobody can log in, is opened with a warning in the log.
func Open(ctx context.Context, cfg Config) (*Registry, error) {
	store, err := sqlite.Open(ctx, cfg.DB)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	r, err := New(ctx, store, cfg)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return r, nil
}

// New opens a registry over a store, which belongs to it from then on; cfg.DB is not used. On an error the store stays the
// caller's.
func New(ctx context.Context, store repository.Store, cfg Config) (*Registry, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.MaxSessions <= 0 {
		cfg.MaxSessions = defaultMaxSessions
	}
	if cfg.SweepEvery <= 0 {
		cfg.SweepEvery = defaultSweepEvery
	}
	policy := cfg.Policy
	policy.TLDs = append(policy.TLDs[:len(policy.TLDs):len(policy.TLDs)], cfg.Seed.TLDs...)
	repo, err := repository.New(ctx, store, policy, cfg.Now)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	if err := cfg.Seed.plant(ctx, repo, cfg.ResetPasswords); err != nil {
		return nil, fmt.Errorf("registry: seed: %w", err)
	}
	if ids, err := repo.Registrars(ctx); err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	} else if len(ids) == 0 {
		cfg.Logger.Warn("registry has no registrars: nobody can log in; a seed creates them")
	}
	r := &Registry{repo: repo, store: store, logger: cfg.Logger, sessions: sessions{limit: cfg.MaxSessions, open: map[string]int{}}}
	sweeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	r.done.Go(func() { r.sweep(sweeping, cfg.SweepEvery) })
	return r, nil
}

// Repository gives the operator's access to the registry's objects, beside the protocol.
func (r *Registry) Repository() *repository.Repository { return r.repo }

// Close ends the registry's own work and closes the store. Commands still under way fail.
func (r *Registry) Close() error {
	r.stop()
	r.done.Wait()
	return r.store.Close()
}

// sweep lets time act on the objects until ctx ends.
func (r *Registry) sweep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n, err := r.repo.Sweep(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.logger.Error("registry sweep failed", "err", err)
		case n > 0:
			r.logger.Info("registry swept", "objects", n)
		}
	}
}
