package xsd_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// rule is a schema, with documents, that a rule of the recommendation decides about. Its name begins with the rule's.
type rule struct {
	name   string
	valid  bool
	schema string
	files  map[string]string // other schema documents, by name
	docs   []ruleDoc
}

type ruleDoc struct {
	valid bool
	text  string
}

// TestRules has every rule of testdata/rules judged as it says, whatever other engines think of it.
func TestRules(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("testdata", "rules", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := parseRules(string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			for _, r := range rules {
				t.Run(r.name, r.test)
			}
		})
	}
}

func (r rule) test(t *testing.T) {
	set, findings := xsd.Compile([]xsd.Source{{Name: "s.xsd", Data: []byte(r.schema)}}, xsd.Options{Open: func(name string) ([]byte, error) {
		if name == "s.xsd" {
			return []byte(r.schema), nil
		}
		if text, ok := r.files[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}})
	if (set != nil) != r.valid {
		t.Fatalf("the schema is valid: %t, want %t\n%s\n%v", set != nil, r.valid, r.schema, findings)
	}
	for _, d := range r.docs {
		err := set.Schema().Validate([]byte(d.text), xsdrun.Options{})
		if invalid := new(xsdrun.ValidationError); err != nil && !errors.As(err, &invalid) {
			t.Errorf("%s\n%v", d.text, err)
		}
		if (err == nil) != d.valid {
			t.Errorf("%s\nis valid: %t, want %t by\n%s\n%v", d.text, err == nil, d.valid, r.schema, err)
		}
	}
}

// parseRules reads a file of rules: "== name" begins one; "schema valid", "schema invalid" with attributes of xs:schema after
// it, "file NAME" likewise, and "doc valid" or "doc invalid" begin its parts; lines that start with # are remarks where no part has
// begun. A schema that does not write xs:schema itself is put into one. The engine comparison in bench reads the same.
func parseRules(text string) ([]rule, error) {
	var rules []rule
	var part *strings.Builder
	finish := func() {}
	for i, line := range strings.Split(text, "\n") {
		head, rest, _ := strings.Cut(line, " ")
		verdict, attrs, _ := strings.Cut(rest, " ")
		begins := head == "==" || len(rules) > 0 && (head == "schema" || head == "file" || head == "doc")
		if !begins {
			if part != nil {
				part.WriteString(line + "\n")
			} else if line != "" && line[0] != '#' {
				return nil, fmt.Errorf("line %d: %q stands in no part", i+1, line)
			}
			continue
		}
		finish()
		part, finish = nil, func() {}
		if head == "==" {
			rules = append(rules, rule{name: rest, files: map[string]string{}})
			continue
		}
		if head != "file" && verdict != "valid" && verdict != "invalid" {
			return nil, fmt.Errorf("line %d: %q is no verdict", i+1, verdict)
		}
		body, r := &strings.Builder{}, &rules[len(rules)-1]
		part, finish = body, func() { r.add(head, verdict, attrs, strings.TrimRight(body.String(), "\n")) }
	}
	finish()
	return rules, nil
}

// add enters a part of a rule.
func (r *rule) add(head, verdict, attrs, text string) {
	if head == "doc" {
		r.docs = append(r.docs, ruleDoc{verdict == "valid", text})
		return
	}
	if !strings.HasPrefix(text, "<xs:schema") && !strings.HasPrefix(text, "<?xml") {
		text = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" ` + attrs + ">\n" + text + "\n</xs:schema>"
	}
	if head == "schema" {
		r.valid, r.schema = verdict == "valid", text
		return
	}
	r.files[verdict] = text
}
