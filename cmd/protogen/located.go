package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// fileJudge is a judge to whom it matters where a document lies.
type fileJudge interface {
	judgeFile(path string, doc []byte) []fault
}

// judgeFile judges the document at path.
func judgeFile(j judge, path string, doc []byte) []fault {
	if f, ok := j.(fileJudge); ok {
		return f.judgeFile(path, doc)
	}
	return j.judge(doc)
}

// streamJudge is a judge that can read a document as it goes on.
type streamJudge interface {
	judgeStream(doc io.Reader) []fault
}

// largeFile is the size from which on a file is judged as a stream, by a judge that can.
const largeFile = 32 << 20

// judgePath reads the document at path and judges it. It returns the document, too, unless it was read as a stream.
func judgePath(j judge, path string) (faults []fault, doc []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if s, ok := j.(streamJudge); ok && info.Size() >= largeFile {
		return s.judgeStream(f), nil, nil
	}
	most := int64(xmlstream.DefaultMaxDocument)
	if _, ok := j.(reference); ok {
		most = math.MaxInt64 - 1 // what it accepts is its own business
	}
	if info.Size() <= most {
		doc, err = io.ReadAll(io.LimitReader(f, most+1))
	}
	switch {
	case err != nil:
		return nil, nil, err
	case info.Size() > most || int64(len(doc)) > most:
		return []fault{{Line: 1, Column: 1, Rule: "limit", Text: fmt.Sprintf("more than the limit MaxDocument allows (%d)", most)}}, nil, nil
	}
	return judgeFile(j, path, doc), doc, nil
}

// judgeStream judges a document of any size; it does not follow schema locations.
func (l *located) judgeStream(doc io.Reader) []fault {
	opts := l.xml
	opts.MaxDocument = math.MaxInt
	return faultsOf(l.schema.ValidateReader(doc, xsdrun.Options{XML: opts}))
}

// located judges by schema files, and by those beside a document that its xsi:schemaLocation names for namespaces of which
// the schema files say nothing. Only files are read, nothing is fetched. A schema that cannot be read or is wrong counts as
// absent: the location is a hint (XML Schema part 1, 4.3.2).
type located struct {
	interpreted
	set   *xsd.Set
	paths []string

	mu   sync.Mutex
	last string // the names of the schemas of more
	more interpreted
}

func (l *located) judgeFile(path string, doc []byte) []fault {
	names := l.set.Located(path, doc, l.xml)
	if len(names) == 0 {
		return l.judge(doc)
	}
	return l.with(names).judge(doc)
}

// with is the judge by further schemas; the last one made is kept, since documents of a kind follow one another.
func (l *located) with(names []string) interpreted {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := strings.Join(names, "\x00")
	if key == l.last {
		return l.more
	}
	l.last, l.more = key, l.interpreted
	if set, _, err := compileSet(slices.Concat(l.paths, names)); err == nil && set != nil {
		l.more.schema = set.Schema()
	}
	return l.more
}
