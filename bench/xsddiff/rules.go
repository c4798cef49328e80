package xsddiff

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Rule is a schema, with documents, that a rule of the recommendation decides about.
type Rule struct {
	Name   string
	Valid  bool
	Schema string
	Files  map[string]string // other schema documents, by name
	Docs   []RuleDoc
}

// RuleDoc is a document and whether it is valid by the schema of its rule.
type RuleDoc struct {
	Valid bool
	Text  string
}

// ParseRules reads the notation of gen/xsd/testdata/rules: "== name" begins a rule; "schema valid", "schema invalid" with attributes of
// xs:schema after it, "file NAME" likewise, and "doc valid" or "doc invalid" begin its parts; lines that start with # are
// remarks where no part has begun. A schema that does not write xs:schema itself is put into one.
func ParseRules(text string) ([]Rule, error) {
	var rules []Rule
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
		body := &strings.Builder{}
		part, finish = body, func() {}
		if head == "==" {
			rules = append(rules, Rule{Name: rest, Files: map[string]string{}})
			part = nil
			continue
		}
		if head != "file" && verdict != "valid" && verdict != "invalid" {
			return nil, fmt.Errorf("line %d: %q is no verdict", i+1, verdict)
		}
		r := &rules[len(rules)-1]
		finish = func() {
			switch text := strings.TrimRight(body.String(), "\n"); head {
			case "schema":
				r.Valid, r.Schema = verdict == "valid", schemaText(text, attrs)
			case "file":
				r.Files[verdict] = schemaText(text, attrs)
			default:
				r.Docs = append(r.Docs, RuleDoc{verdict == "valid", text})
			}
		}
	}
	finish()
	return rules, nil
}

func schemaText(text, attrs string) string {
	if strings.HasPrefix(text, "<xs:schema") || strings.HasPrefix(text, "<?xml") || strings.HasPrefix(text, "<!DOCTYPE") {
		return text
	}
	return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" ` + attrs + ">\n" + text + "\n</xs:schema>"
}

// Write puts the rule's documents into a directory and answers them as a case.
func (r Rule) Write(dir, id string) (Case, error) {
	dir = filepath.Join(dir, id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Case{}, err
	}
	c := Case{ID: id, Schemas: []string{filepath.Join(dir, "s.xsd")}}
	files := map[string]string{"s.xsd": r.Schema}
	for name, text := range r.Files {
		files[name] = text
	}
	for i, d := range r.Docs {
		name := fmt.Sprintf("%d.xml", i)
		files[name] = d.Text
		c.Instances = append(c.Instances, filepath.Join(dir, name))
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return Case{}, err
		}
	}
	return c, nil
}
