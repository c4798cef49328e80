package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/protogen-go/protogen/gen/diag"
)

// schemaCacheMax is how many compiled schema sets a batch keeps; the oldest goes first.
const schemaCacheMax = 64

// lineMax is how long a line of a batch may be.
const lineMax = 1 << 20

// task is a line of a batch: an instance to judge, or with none a schema.
type task struct {
	ID       json.RawMessage `json:"id"` // given back as it came
	Schemas  []string        `json:"schemas"`
	Instance string          `json:"instance"`

	err error // why the line is no task
}

// answer is the line printed for a task.
type answer struct {
	ID          json.RawMessage `json:"id"`
	SchemaValid bool            `json:"schema_valid"`
	Valid       bool            `json:"valid"`
	Errors      []fault         `json:"errors"`
}

// validateBatch answers every line of standard input with one line, in order, on as many cores as there are. Invalid
// documents, and lines that are no task, are answers and do not set the exit code.
func validateBatch(ctx context.Context, c console, engine string) error {
	if !slices.Contains([]string{"", engineInterpreted, engineLibxml2}, engine) {
		return usagef("--batch judges with --engine interpreted or libxml2, not %q", engine)
	}
	b := &batch{engine: engine, schemas: map[string]*compiled{}}
	pending := make(chan chan answer, 4*runtime.GOMAXPROCS(0))
	var readErr error
	go func() {
		defer close(pending)
		readErr = b.read(ctx, c.in, pending)
	}()
	out := bufio.NewWriter(c.out)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	var writeErr error
	for next := range pending {
		a := <-next
		if writeErr == nil {
			writeErr = encoder.Encode(a)
		}
		if len(pending) == 0 && writeErr == nil {
			writeErr = out.Flush()
		}
	}
	return errors.Join(readErr, writeErr, out.Flush())
}

// batch judges tasks, several at once.
type batch struct {
	engine  string
	mu      sync.Mutex
	schemas map[string]*compiled
	order   []string
}

// compiled is a schema set that is compiled once, by whoever needs it first.
type compiled struct {
	once     sync.Once
	judge    judge
	findings diag.List
	err      error
}

// read starts a goroutine per line, at most one a core.
func (b *batch) read(ctx context.Context, in io.Reader, pending chan<- chan answer) error {
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, lineMax)
	for number := 1; ctx.Err() == nil && lines.Scan(); number++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var t task
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			t.err = fmt.Errorf("standard input, line %d: %w", number, err)
		}
		result := make(chan answer, 1)
		pending <- result
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			result <- b.answer(t)
		}()
	}
	return errors.Join(ctx.Err(), lines.Err())
}

func (b *batch) answer(t task) answer {
	a := answer{ID: t.ID, Errors: []fault{}}
	if a.ID == nil {
		a.ID = json.RawMessage("null")
	}
	if t.err != nil || len(t.Schemas) == 0 {
		a.Errors = append(a.Errors, fault{Rule: "task", Text: t.trouble()})
		return a
	}
	schema := b.compile(t.Schemas)
	switch {
	case schema.err != nil:
		a.Errors = append(a.Errors, fault{Rule: "schema", Text: schema.err.Error()})
		return a
	case schema.findings.HasErrors():
		a.Errors = append(a.Errors, schemaFaults(schema.findings)...)
		return a
	}
	a.SchemaValid, a.Valid = true, true
	if t.Instance == "" {
		return a
	}
	faults, _, err := judgePath(schema.judge, t.Instance)
	if err != nil {
		faults = []fault{{Rule: "read", Text: err.Error()}}
	}
	a.Errors = append(a.Errors, faults...)
	a.Valid = len(a.Errors) == 0
	return a
}

// trouble says why a line is no task.
func (t task) trouble() string {
	if t.err != nil {
		return t.err.Error()
	}
	return `no "schemas": {"id": "...", "schemas": ["a.xsd"], "instance": "x.xml"}`
}

func (b *batch) compile(paths []string) *compiled {
	key := strings.Join(paths, "\x00")
	b.mu.Lock()
	entry := b.schemas[key]
	if entry == nil {
		entry = &compiled{}
		b.schemas[key] = entry
		b.order = append(b.order, key)
		if len(b.order) > schemaCacheMax {
			delete(b.schemas, b.order[0])
			b.order = b.order[1:]
		}
	}
	b.mu.Unlock()
	entry.once.Do(func() { entry.judge, entry.findings, entry.err = schemaJudge(paths, b.engine) })
	return entry
}

func schemaFaults(findings diag.List) []fault {
	var faults []fault
	for _, f := range findings {
		if f.Severity == diag.Error {
			faults = append(faults, fault{Line: f.Pos.Line, Column: f.Pos.Col, Path: f.Pos.File, Rule: f.Rule, Text: f.Message})
		}
	}
	return faults
}
