package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"
)

// fault is one thing wrong with a document, as --json prints it.
type fault struct {
	Line   int    `json:"line,omitempty"`   // from 1; 0 unknown
	Column int    `json:"column,omitempty"` // from 1, in characters; 0 unknown
	Path   string `json:"path,omitempty"`
	Rule   string `json:"rule"`
	Text   string `json:"text"`
	Code   int    `json:"code,omitempty"` // the status code that it earns, where the protocol has one
}

// judge is a compiled schema, or a protocol, that documents are validated against. It may be used concurrently.
type judge interface {
	// judge returns what is wrong with doc, in document order; nothing for a valid one.
	judge(doc []byte) []fault
}

// answerer is a judge that knows how a valid message is refused all the same, such as a request for what a plain server cannot do.
type answerer interface {
	// answer is the code and the text of the refusal; empty for none.
	answer(doc []byte) string
}

// verdict is what is printed for one document.
type verdict struct {
	File   string  `json:"file"`
	Valid  bool    `json:"valid"`
	Errors []fault `json:"errors"`
	Answer string  `json:"answer,omitempty"` // of a valid message that would be refused
}

// schemaFlag collects the values of a repeated --schema.
type schemaFlag []string

func (s *schemaFlag) String() string     { return strings.Join(*s, ",") }
func (s *schemaFlag) Set(v string) error { *s = append(*s, v); return nil }

func validate(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("validate", flag.ContinueOnError)
	var schemas schemaFlag
	flags.Var(&schemas, "schema", "XSD file; repeat it for several")
	protocol := flags.String("protocol", "", "judge messages of this protocol")
	schemaOnly := flags.Bool("schema-only", false, "with --protocol: the schemas alone, not the protocol's own rules")
	engine := flags.String("engine", "", "emitted (of --protocol; its default), interpreted (the default of --schema) or libxml2")
	codec := flags.String("codec", "", "with --protocol: files are images by this serializer, storable or json")
	asJSON := flags.Bool("json", false, "print one JSON object per file, every fault included")
	batch := flags.Bool("batch", false, "read {id, schemas, instance} objects, one a line, from standard input")
	files, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	if *batch {
		if len(files) > 0 || *protocol != "" || len(schemas) > 0 {
			return usagef("--batch takes schemas and files from standard input")
		}
		return validateBatch(ctx, c, *engine)
	}
	if len(files) == 0 {
		return usagef("no files")
	}
	j, err := newJudge(c, *protocol, *schemaOnly, schemas, *engine, *codec)
	if err != nil {
		return err
	}
	return validateFiles(c, j, files, *asJSON)
}

// newJudge makes the judge that the flags ask for. Schema errors are printed.
func newJudge(c console, protocol string, schemaOnly bool, schemas []string, engine, codec string) (judge, error) {
	switch {
	case protocol != "" && len(schemas) > 0:
		return nil, usagef("--protocol and --schema exclude each other")
	case protocol != "":
		return protocolJudge(protocol, schemaOnly, engine, codec)
	case len(schemas) == 0:
		return nil, usagef("say --protocol NAME or --schema FILE.xsd")
	case schemaOnly:
		return nil, usagef("--schema-only goes with --protocol")
	case codec != "":
		return nil, usagef("--codec goes with --protocol")
	}
	j, findings, err := schemaJudge(schemas, engine)
	if printErr := findings.Fprint(c.err); err == nil {
		err = printErr
	}
	if err == nil && findings.HasErrors() {
		err = errFindings
	}
	return j, err
}

func validateFiles(c console, j judge, files []string, asJSON bool) error {
	encoder := json.NewEncoder(c.out)
	encoder.SetEscapeHTML(false)
	failed := false
	var unread error
	for _, file := range files {
		faults, doc, err := judgePath(j, file)
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		v := verdict{File: file, Errors: faults}
		v.Valid = len(v.Errors) == 0
		if a, ok := j.(answerer); ok && v.Valid {
			v.Answer = a.answer(doc)
		}
		failed = failed || !v.Valid
		if asJSON {
			if v.Valid {
				v.Errors = []fault{}
			}
			err = encoder.Encode(v)
		} else {
			_, err = fmt.Fprintln(c.out, v)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case unread != nil:
		return unread
	case failed:
		return errFindings
	}
	return nil
}

// String is the line that is printed for v: its first fault stands for all.
func (v verdict) String() string {
	switch {
	case v.Valid && v.Answer != "":
		return v.File + ": valid: refused with " + v.Answer
	case v.Valid:
		return v.File + ": valid"
	}
	f := v.Errors[0]
	text := f.Text
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	return fmt.Sprintf("%s: invalid: %d:%d: %s: %s", v.File, f.Line, f.Column, f.Rule, text)
}
