package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"github.com/protogen-go/protogen/gen"
	"github.com/protogen-go/protogen/gen/diag"
)

func check(_ context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print the findings as one JSON array")
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	specs, err := specifications(rest)
	if err != nil {
		return err
	}
	findings := diag.List{}
	for _, spec := range specs {
		_, found := gen.Judge(spec)
		findings = append(findings, found...)
		if !*asJSON && !found.HasErrors() {
			fmt.Fprintf(c.out, "%s: fine\n", spec)
		}
	}
	if *asJSON {
		encoder := json.NewEncoder(c.out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(findings); err != nil {
			return err
		}
	} else {
		if err := findings.Fprint(c.err); err != nil {
			return err
		}
	}
	if findings.HasErrors() {
		return errFindings
	}
	return nil
}
