package check_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/gen/check"
)

var updateDocs = flag.Bool("update-docs", false, "rewrite docs/checks.md")

const docsHead = `# Checks

Every ` + "`protogen generate`" + ` and ` + "`protogen check`" + ` runs these rules. A finding has a position, a witness (a message, a path, a
table) and an edit that would mend it. A finding that is meant is accepted in the specification, with a reason:

` + "```cue" + `
accept: [{rule: "wait-forever", at: "client.loggingIn", why: "the operator ends it by hand"}]
` + "```" + `

An entry that accepts nothing is a finding itself.

| rule | what it demands | findings |
|---|---|---|
`

// TestDocs keeps docs/checks.md what the rules say.
func TestDocs(t *testing.T) {
	const file = "../../docs/checks.md"
	var b strings.Builder
	b.WriteString(docsHead)
	for _, r := range check.Rules() {
		fmt.Fprintf(&b, "| %s | %s | `%s` |\n", r.Name, r.Doc, strings.Join(r.IDs, "`, `"))
	}
	if *updateDocs {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b.String(), string(have)); d != "" {
		t.Errorf("docs/checks.md is stale; run go test ./gen/check -run TestDocs -update-docs\n%s", d)
	}
}
