package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/protogen-go/protogen/gen"
)

// watchEvery is how often generate --watch looks for edits.
const watchEvery = 250 * time.Millisecond

func generate(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	checkOnly := flags.Bool("check", false, "write nothing; print a diff and fail when generated code is stale")
	watch := flags.Bool("watch", false, "stay and regenerate after every edit")
	out := flags.String("out", "", "folder that holds the emitted packages (default: generated, beside go.mod)")
	var schemas schemaFlag
	flags.Var(&schemas, "xsd", "XSD file to make a package of, with no specification; repeat it for several")
	pkg := flags.String("package", "", "with --xsd: the name of the package")
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	if *checkOnly && *watch {
		return usagef("--check and --watch exclude each other")
	}
	if len(schemas) > 0 || *pkg != "" {
		if len(schemas) == 0 || *pkg == "" || len(rest) > 0 || *watch {
			return usagef("a package of schemas takes --xsd FILE.xsd... --package NAME [--out DIR] [--check]")
		}
		folder, err := schemaFolder(*out, *pkg)
		if err != nil {
			return err
		}
		return generateSchemas(ctx, c, gen.SchemaOptions{Schemas: schemas, Package: *pkg, Out: folder, Check: *checkOnly})
	}
	specs, err := specifications(rest)
	if err != nil {
		return err
	}
	g := generation{console: c, specs: specs, out: *out, check: *checkOnly}
	if *watch {
		return g.watch(ctx)
	}
	return g.run(ctx)
}

// generation is one call of generate.
type generation struct {
	console
	specs []string
	out   string
	check bool
}

func (g generation) run(ctx context.Context) error {
	failed := false
	for _, spec := range g.specs {
		ok, err := g.one(ctx, spec)
		if err != nil {
			return err
		}
		failed = failed || !ok
	}
	if failed {
		return errFindings
	}
	return nil
}

// one brings one package up to date and tells what it did; false means findings.
func (g generation) one(ctx context.Context, spec string) (bool, error) {
	out, err := g.folder(spec)
	if err != nil {
		return false, err
	}
	cache, err := os.UserCacheDir()
	if err == nil {
		cache = filepath.Join(cache, "protogen")
	}
	report, err := gen.Run(ctx, gen.Options{Spec: spec, Out: out, Check: g.check, Cache: cache})
	if err != nil {
		return false, err
	}
	err = printReport(g.console, report, out, g.check, spec)
	if errors.Is(err, errFindings) {
		return false, nil
	}
	return err == nil, err
}

// printReport tells what became of the package in out; errFindings for findings, or for stale code that was only looked at. What
// to give generate to bring it up to date is for the message.
func printReport(c console, report *gen.Report, out string, check bool, what string) error {
	if err := report.Findings.Fprint(c.err); err != nil {
		return err
	}
	if report.Findings.HasErrors() {
		return errFindings
	}
	if check {
		if _, err := c.out.Write(report.Diff); err != nil {
			return err
		}
		if report.Stale() {
			fmt.Fprintf(c.err, "%s is stale: run protogen generate %s\n", out, what)
			return errFindings
		}
		return nil
	}
	for _, name := range report.Changed {
		fmt.Fprintf(c.out, "wrote %s\n", filepath.Join(out, name))
	}
	for _, name := range report.Removed {
		fmt.Fprintf(c.out, "removed %s\n", filepath.Join(out, name))
	}
	return nil
}

// folder is where the package of the specification goes.
func (g generation) folder(spec string) (string, error) {
	full, err := filepath.Abs(spec) // so that "." has a name
	if err != nil {
		return "", err
	}
	name := filepath.Base(full)
	if g.out != "" {
		return filepath.Join(g.out, name), nil
	}
	root, err := moduleRoot(full)
	if err != nil {
		return "", err
	}
	return relative([]string{filepath.Join(root, "generated", name)})[0], nil
}

// watch regenerates until ctx ends. Findings do not end it: the next edit may mend them.
func (g generation) watch(ctx context.Context) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	seen := ""
	for {
		if now := g.stamp(); now != seen {
			seen = now
			if err := g.run(ctx); err != nil && err != errFindings {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// stamp changes when any file of the specifications does.
func (g generation) stamp() string {
	var b strings.Builder
	for _, spec := range g.specs {
		_ = filepath.WalkDir(spec, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				if info, err := entry.Info(); err == nil {
					fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano())
				}
			}
			return nil
		})
	}
	return b.String()
}

// specifications turns arguments into folders: a path is taken as it is, a name is looked up below specs; none means all.
func specifications(arguments []string) ([]string, error) {
	if len(arguments) == 0 {
		root, err := moduleRoot(".")
		if err != nil {
			return nil, err
		}
		found, err := gen.Specs(filepath.Join(root, "specs"))
		if err != nil {
			return nil, usagef("no specifications: %v", err)
		}
		return relative(found), nil
	}
	specs := make([]string, len(arguments))
	for i, argument := range arguments {
		specs[i] = argument
		if info, err := os.Stat(argument); err == nil && info.IsDir() {
			continue
		}
		root, err := moduleRoot(".")
		if err != nil {
			return nil, err
		}
		specs[i] = filepath.Join(root, "specs", argument)
		if info, err := os.Stat(specs[i]); err != nil || !info.IsDir() {
			return nil, usagef("no specification %q: neither a folder nor a name below %s", argument, filepath.Join(root, "specs"))
		}
	}
	return relative(specs), nil
}

// relative shortens paths for diagnostics where the working directory allows it.
func relative(paths []string) []string {
	here, err := os.Getwd()
	if err != nil {
		return paths
	}
	for i, path := range paths {
		full, err := filepath.Abs(path)
		if err != nil {
			continue
		}
		if short, err := filepath.Rel(here, full); err == nil && !strings.HasPrefix(short, "..") {
			paths[i] = short
		}
	}
	return paths
}

// moduleRoot is the nearest folder at or above path that holds a go.mod, or path's own parent's parent when there is none:
// specs/NAME stands beside generated/NAME.
func moduleRoot(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for dir := full; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", usagef("no go.mod at or above %s: generated code belongs to a Go module (go mod init), or say --out DIR", full)
		}
	}
}
