package main

import (
	"os"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/load"
)

// openSpec loads a specification: a folder, or a name, which is looked for below the module's specs and then among those
// that this binary carries.
func openSpec(argument string) (*load.Result, diag.List) {
	if info, err := os.Stat(argument); err == nil && info.IsDir() {
		return load.Load(argument, load.Options{})
	}
	if dirs, err := specifications([]string{argument}); err == nil {
		return load.Load(dirs[0], load.Options{})
	}
	return load.Embedded(argument)
}
