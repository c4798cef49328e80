package main

import (
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/protogen-go/protogen/gen/xsd"
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
	if s, ok := j.(streamJudge); ok {
		if info, err := f.Stat(); err == nil && info.Size() >= largeFile {
			return s.judgeStream(f), nil, nil
		}
	}
	if doc, err = io.ReadAll(f); err != nil {
		return nil, nil, err
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
