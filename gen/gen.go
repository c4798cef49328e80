// Package gen runs the generator: it loads a specification, judges and names it, emits Go and brings a folder up to date.
//
// Each stage is a package of its own below this one and can be used alone; gen only orders them and touches the disk.
package gen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/protogen-go/protogen/gen/check"
	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/emit"
	"github.com/protogen-go/protogen/gen/load"
	"github.com/protogen-go/protogen/gen/name"
)

// Options says what Run does. Only Spec and Out are required.
type Options struct {
	Spec  string // the folder of the specification
	Out   string // the folder of the emitted package
	Check bool   // write nothing; report what would change
	// Cache is a folder where Run remembers what it has brought up to date, so that it can answer without loading the
	// specification when nothing has changed since. Empty: no cache.
	Cache string
}

// Report is what Run did, or with Options.Check would have done.
type Report struct {
	Findings diag.List // errors and warnings, sorted; with errors nothing was emitted
	Changed  []string  // files written, new ones included, relative to Options.Out
	Removed  []string  // files deleted: emitted once, by nothing now
	Diff     []byte    // unified, of everything that changed; with Options.Check only
	Cached   bool      // nothing had changed since the last run
}

// Stale reports whether the folder was not what the specification says.
func (r *Report) Stale() bool { return len(r.Changed)+len(r.Removed) > 0 }

// Judge loads the specification in dir and runs every check on it. Its result is nil when it cannot be loaded at all.
func Judge(dir string) (*load.Result, diag.List) { return Assess(load.Load(dir, load.Options{})) }

// Assess runs every check on what a loader of gen/load returned.
func Assess(result *load.Result, findings diag.List) (*load.Result, diag.List) {
	if result == nil || findings.HasErrors() {
		findings.Sort()
		return nil, findings
	}
	findings = append(findings, name.Assign(result.Protocol, result.Schemas)...)
	findings = append(findings, check.Run(result.Protocol, result.Schemas)...)
	findings.Sort()
	return result, findings
}

// Run brings one emitted package up to date. Findings of the specification are in the report, not in the error, which is
// for the disk and for faults of the generator itself.
func Run(ctx context.Context, o Options) (*Report, error) {
	memory := newMemory(o)
	if memory.fresh() {
		return &Report{Cached: true}, nil
	}
	result, findings := Judge(o.Spec)
	report := &Report{Findings: findings}
	if findings.HasErrors() || ctx.Err() != nil {
		return report, ctx.Err()
	}
	files, err := emit.Files(result.Protocol, result.Schemas)
	if err != nil {
		var refused diag.List
		if errors.As(err, &refused) {
			report.Findings = append(report.Findings, refused...)
			report.Findings.Sort()
			return report, nil
		}
		return nil, fmt.Errorf("generate %s: %w", o.Spec, err)
	}
	folder := folder{dir: o.Out, dry: o.Check, report: report}
	if err := folder.update(files); err != nil {
		return nil, err
	}
	if !o.Check || !report.Stale() {
		memory.remember(result.Files, files)
	}
	return report, nil
}

// Specs lists the specifications below root: every folder that holds CUE files, the language's own excluded.
func Specs(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, entry := range entries {
		dir := filepath.Join(root, entry.Name())
		if !entry.IsDir() || entry.Name() == "proto" || entry.Name() == "cue.mod" {
			continue
		}
		if cue, _ := filepath.Glob(filepath.Join(dir, "*.cue")); len(cue) > 0 {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs, nil
}
