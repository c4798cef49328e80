//go:build !bootstrap

package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/servers/registry"
)

// eppJudge judges EPP messages with the emitted codec: against the schemas, and against the protocol's own rules too unless
// told otherwise.
type eppJudge struct{ schemaOnly bool }

func (j eppJudge) judge(doc []byte) []fault {
	if j.schemaOnly {
		return faultsOf(epp.ValidateElement(doc, files))
	}
	return faultsOf(epp.Validate(doc))
}

func serveEPP(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("serve epp", flag.ContinueOnError)
	var listen listenFlags
	listen.register(flags, ":700")
	db := flags.String("db", "registry.db", "SQLite file of the registry; created if need be")
	seedFile := flags.String("seed", "", "JSON file with registrars and zones; what exists already is left as it is")
	reset := flags.Bool("reset-passwords", false, "give the registrars of --seed the passwords it says, even those that exist")
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("unexpected argument %q", rest[0])
	}
	if err := listen.checkEngine(); err != nil {
		return err
	}
	config, reload, err := listen.tlsConfig()
	if err != nil {
		return err
	}
	seed, err := readSeed(*seedFile)
	if err != nil {
		return err
	}
	logger := listen.logger(c)
	reg, err := registry.Open(ctx, registry.Config{DB: *db, Seed: seed, ResetPasswords: *reset, Logger: logger})
	if err != nil {
		return err
	}
	defer closeRegistry(reg, logger)
	srv := &epp.Server{
		Handler: reg.Handler(), TLSConfig: config, Logger: logger, Engine: listen.engine,
		Limits: loop.Config{MaxConnsPerPeer: listen.perPeer}, Hooks: listen.hooks(logger),
	}
	return listen.run(ctx, c, srv, reload)
}

func closeRegistry(reg *registry.Registry, logger *slog.Logger) {
	if err := reg.Close(); err != nil {
		logger.Error("closing the registry", "err", err)
	}
}

func readSeed(file string) (registry.Seed, error) {
	if file == "" {
		return registry.Seed{}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return registry.Seed{}, err
	}
	defer f.Close()
	seed, err := registry.ReadSeed(f)
	if err != nil {
		return seed, fmt.Errorf("%s: %w", file, err)
	}
	return seed, nil
}
