package main

import (
	"context"
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
	if len(rest) == 0 {
		if rest, err = specifications(nil); err != nil {
			return err
		}
	}
	findings := diag.List{}
	for _, spec := range rest {
		result, found, err := openSpec(spec)
		if err != nil {
			return err
		}
		_, found = gen.Assess(result, found)
		findings = append(findings, found...)
		if !*asJSON && !found.HasErrors() {
			fmt.Fprintf(c.out, "%s: fine\n", spec)
		}
	}
	if *asJSON {
		if err := printJSON(c.out, findings); err != nil {
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
