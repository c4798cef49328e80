package main

import (
	"context"
	"path/filepath"

	"github.com/protogen-go/protogen/gen"
)

// schemaFolder is where a package made of schemas alone goes: below out, or beside the specifications' packages.
func schemaFolder(out, pkg string) (string, error) {
	if out != "" {
		return filepath.Join(out, pkg), nil
	}
	root, err := moduleRoot(".")
	if err != nil {
		return "", err
	}
	return relative([]string{filepath.Join(root, "generated", pkg)})[0], nil
}

// generateSchemas brings a package of schemas alone up to date and tells what it did.
func generateSchemas(ctx context.Context, c console, o gen.SchemaOptions) error {
	report, err := gen.RunSchemas(ctx, o)
	if err != nil {
		return err
	}
	return printReport(c, report, o.Out, o.Check, "--xsd ... --package "+o.Package)
}
