package main

import (
	"slices"
	"strings"
	"sync"

	"github.com/protogen-go/protogen/gen/xsd"
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
