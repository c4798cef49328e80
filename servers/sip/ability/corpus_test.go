package ability_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

// element is what the corpora are judged by: a user agent server and registrar that asks for credentials.
var element = ability.Set{Registrar: true, Realm: "example.org"}

// judged is what becomes of a message: the status code that it earns, 0 for none; dropped says that it is invalid and a
// response.
type judged struct {
	valid, dropped bool
	code           int
}

// judge reads data both ways that there are, which must agree, and judges it.
func judge(t *testing.T, data []byte) judged {
	t.Helper()
	m, err := sip.ParseMessage(data)
	if err != nil {
		t.Fatalf("refused by the parser: %v", err)
	}
	var d sip.Decoder
	again, err := d.Decode(data)
	if err != nil {
		t.Fatalf("refused by the decoder: %v", err)
	}
	invalid := m.Validate()
	if other := again.Validate(); (other == nil) != (invalid == nil) || other != nil && other.Error() != invalid.Error() {
		t.Fatalf("the parser says %v and the decoder %v", invalid, other)
	}
	req, request := m.(*sip.Request)
	var faults *header.ValidationError
	switch {
	case errors.As(invalid, &faults) && request:
		return judged{code: faults.Code()}
	case invalid != nil:
		return judged{dropped: true}
	}
	out, err := m.AppendMessage(nil)
	if err != nil {
		t.Fatalf("valid and cannot be written: %v", err)
	}
	if back, err := sip.ParseMessage(out); err != nil || back.Validate() != nil {
		t.Fatalf("valid and written as %q, which is not", out)
	}
	if request {
		if res := element.Refuse(req); res != nil {
			return judged{valid: true, code: int(res.Status)}
		}
	}
	return judged{valid: true}
}

// TestOwnCorpus judges the messages of testdata/sip.
func TestOwnCorpus(t *testing.T) {
	const dir = "../../../testdata/sip"
	for _, row := range rows(t, filepath.Join(dir, "index.tsv")) {
		t.Run(row[0], func(t *testing.T) {
			code, err := strconv.Atoi(row[2])
			if err != nil {
				t.Fatal(err)
			}
			got := judge(t, read(t, filepath.Join(dir, row[0])))
			if got.valid != (row[1] == "valid") || got.code != code {
				t.Errorf("%s: %+v", row[3], got)
			}
		})
	}
}

// TestTorture judges the messages of RFC 4475 as the suite's index says, where the suite is there. What a registrar or an answering
// user agent owes is the code; "either" leaves the parser free, and the code is owed if it finds a fault.
func TestTorture(t *testing.T) {
	const dir = "../../../../shared/torture"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("skipping RFC 4475: the torture suite is not beside the repository")
	}
	for _, row := range rows(t, filepath.Join(dir, "index.tsv")) {
		name, parser, stack := row[0], row[5], row[6]
		t.Run(name, func(t *testing.T) {
			data := read(t, filepath.Join(dir, name))
			got := judge(t, data)
			response := strings.HasPrefix(string(data), "SIP/")
			switch {
			case parser == "accept" && !got.valid, parser == "reject" && got.valid:
				t.Errorf("the parser should %s: %+v", parser, got)
			case got.dropped != (response && !got.valid):
				t.Errorf("dropped: %v", got.dropped)
			case !response && !owed(stack, got.code):
				t.Errorf("it owes %q: %+v", stack, got)
			}
		})
	}
}

// owed reports whether a code is one that the index speaks of; 0 is for what is served.
func owed(stack string, code int) bool {
	if code == 0 {
		return strings.Contains(stack, "2xx") || strings.Contains(stack, "ignore") || strings.Contains(stack, "matching")
	}
	return strings.Contains(stack, strconv.Itoa(code))
}

// rows are the rows of a table but for the first.
func rows(t *testing.T, path string) (rows [][]string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(string(read(t, path))), "\n") {
		if i > 0 {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzMessage: whatever comes, both readers and the judge agree, what is valid can be written, and what is written is read as the
// same; an answer can always be written.
func FuzzMessage(f *testing.F) {
	paths, err := filepath.Glob("../../../testdata/sip/*.sip")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no messages: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := sip.ParseMessage(data)
		if err != nil {
			return
		}
		judge(t, data)
		req, ok := m.(*sip.Request)
		if !ok {
			return
		}
		res := element.Judge(req)
		if res == nil {
			res = sip.NewResponse(req, sip.CodeOK)
		}
		out, err := res.AppendMessage(nil)
		if err != nil {
			t.Fatalf("the answer cannot be written: %v", err)
		}
		if back, err := sip.ParseMessage(out); err != nil {
			t.Errorf("the answer %q is no message: %v", out, err)
		} else if _, ok := back.(*sip.Response); !ok {
			t.Errorf("the answer %q is a %s", out, back.MessageName())
		}
	})
}
