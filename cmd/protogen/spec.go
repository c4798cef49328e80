package main

import (
	"io/fs"
	"os"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/load"
	"github.com/protogen-go/protogen/specs"
)

// report prints findings and ends the command.
func report(c console, findings diag.List) error {
	if err := findings.Fprint(c.err); err != nil {
		return err
	}
	return errFindings
}

// openSpec loads a specification: a folder, or a name, which is looked for below the module's specs and then among those
// that this binary carries.
func openSpec(argument string) (*load.Result, diag.List, error) {
	if info, err := os.Stat(argument); err == nil && info.IsDir() {
		result, findings := load.Load(argument, load.Options{})
		return result, findings, nil
	}
	dirs, err := specifications([]string{argument})
	if err == nil {
		result, findings := load.Load(dirs[0], load.Options{})
		return result, findings, nil
	}
	if _, missing := fs.Stat(specs.FS, argument); missing != nil {
		return nil, nil, usagef("no specification %q: neither a folder, nor a name below the module's specs, nor one that this binary carries", argument)
	}
	result, findings := load.Embedded(argument)
	return result, findings, nil
}
