package xmlstream

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// says is what a Reader says of a document, adjacent pieces of text as one.
func says(r *Reader) []string {
	var out []string
	text := ""
	flush := func() {
		if text != "" {
			out = append(out, fmt.Sprintf("text %q", text))
		}
		text = ""
	}
	for k := r.Next(); k != EOF; k = r.Next() {
		if k == Text {
			text += r.Text()
			continue
		}
		flush()
		line, column := r.Position(r.Offset())
		s := fmt.Sprintf("%d %d %d:%d depth %d", k, r.Offset(), line, column, r.Depth())
		switch k {
		case StartElement:
			s += " <" + r.Name().String()
			for _, a := range r.Attrs() {
				s += fmt.Sprintf(" %s=%q@%d", a.Name(), a.Value, a.Offset)
			}
		case EndElement:
			s += " >" + r.QName()
		default:
			s += fmt.Sprintf(" %q", r.Text())
		}
		for i := range r.Depth() {
			s += "/" + r.Open(i)
		}
		out = append(out, s)
	}
	flush()
	if err := r.Err(); err != nil {
		out = append(out, err.Error())
	}
	return out
}

// TestStreamSize refuses what says that it is too large before it is read.
func TestStreamSize(t *testing.T) {
	name := filepath.Join(t.TempDir(), "large.xml")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 1<<30); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	doc := strings.NewReader("<r>" + strings.Repeat("a", 1000) + "</r>")
	for _, src := range []io.Reader{file, doc} {
		r := NewReader(nil, Options{MaxDocument: 1000})
		r.ResetReader(src)
		if k := r.Next(); k != EOF {
			t.Errorf("%T: token %d", src, k)
		}
		fault, ok := errors.AsType[*SyntaxError](r.Err())
		if !ok || fault.Limit != "MaxDocument" {
			t.Errorf("%T: %v", src, r.Err())
		}
	}
	if at, err := file.Seek(0, io.SeekCurrent); at != 0 || err != nil {
		t.Errorf("%d bytes of the file were read: %v", at, err)
	}
	if doc.Len() != 1007 {
		t.Errorf("%d bytes of the document are left", doc.Len())
	}
}

// streamDocs are documents, right ones and wrong ones, that have everything that may be torn apart.
var streamDocs = []string{
	`<a/>`, `<a></a>`, ``, `<a`, `<a b="c`, `<a><b></a>`, `x<a/>`, `<a/>x`, `<a/><b/>`, `<a>]]></a>`, `<a>]]&gt;</a>`, "<a>\r\n\r\n\r</a>\r\n",
	`<?xml version="1.0" encoding="UTF-8"?><!-- c --><?p i?><a xmlns="urn:a" xmlns:b="urn:b" b:c="d&amp;e" f='"'>g&#x68;<b:i/><![CDATA[<j>]]>ké一😀</a><!-- l -->`,
	`<!DOCTYPE a [<!ENTITY b "<c>d</c>"><!ATTLIST a e CDATA "f">]><a>&b;g&b;</a>`, `<!DOCTYPE a [<!ENTITY b "&c;">]><a>&b;</a>`,
	`<a xmlns:p="urn:p"><p:b><c xmlns:p="urn:q"><p:d/></c><p:e/></p:b></a>`, `<a><!-- - -- --></a>`, `<a>&undeclared;</a>`, `<a b="1" b="2"/>`, `<p:a/>`,
	"<a>\xff</a>", "<a>\xe4\xb8</a>", `<a>&#0;</a>`, `<a>` + strings.Repeat("<b>x</b> ", 50) + `</a>`,
}

// TestStream reads every document as a stream, in pieces of every small size, and compares with what is read from memory.
func TestStream(t *testing.T) {
	docs := slices.Clone(streamDocs)
	seeds, _ := filepath.Glob("testdata/fuzz/*/*")
	for _, path := range seeds {
		if data, err := os.ReadFile(path); err == nil {
			docs = append(docs, string(data))
		}
	}
	r, s := NewReader(nil, Options{DTD: DTDSkip}), NewReader(nil, Options{DTD: DTDSkip})
	for _, doc := range docs {
		r.ResetString(doc)
		want := says(r)
		for _, chunk := range []int{1, 2, 3, 5, 7, 16, 61, 1 << 10} {
			s.resetReader(strings.NewReader(doc), chunk)
			if diff := cmp.Diff(want, says(s)); diff != "" {
				t.Fatalf("%q in pieces of %d (-memory +stream):\n%s", doc, chunk, diff)
			}
		}
	}
}

// TestStreamLong reads long documents, in which windows come and go.
func TestStreamLong(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(`<r xmlns="urn:r" xmlns:p="urn:p">` + "\n")
	for i := range 250 {
		switch rnd.IntN(6) {
		case 0:
			fmt.Fprintf(&b, `<p:item id="%d"><name>né &amp; %d</name></p:item>`+"\r\n", i, i)
		case 1:
			b.WriteString("<!-- " + strings.Repeat("x", rnd.IntN(3000)) + " -->")
		case 2:
			b.WriteString("<t>" + strings.Repeat("一]\r\n&lt;", rnd.IntN(6000)) + "</t>")
		case 3:
			b.WriteString("<c><![CDATA[" + strings.Repeat("]] >", rnd.IntN(300)) + "]]></c>")
		default:
			fmt.Fprintf(&b, "<v a='%s'/>\n", strings.Repeat("v", rnd.IntN(200)))
		}
	}
	b.WriteString("</r>")
	r, s := NewReader(nil, Options{}), NewReader(nil, Options{})
	r.ResetString(b.String())
	want := says(r)
	for _, chunk := range []int{4 << 10, 100_000, streamChunk} {
		s.resetReader(iotest.HalfReader(strings.NewReader(b.String())), chunk)
		if diff := cmp.Diff(want, says(s)); diff != "" {
			t.Errorf("in pieces of %d (-memory +stream):\n%.2000s", chunk, diff)
		}
	}
}

// TestStreamEncodings reads streams in other encodings than UTF-8.
func TestStreamEncodings(t *testing.T) {
	text := `<?xml version="1.0" encoding="%s"?><a b="é">` + strings.Repeat("ßà", 200_000) + "</a>"
	var big []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + fmt.Sprintf(text, "UTF-16") + "<!-- 😀 -->")) {
		big = append(big, byte(u>>8), byte(u))
	}
	var latin []byte
	for _, c := range fmt.Sprintf(text, "ISO-8859-1") {
		latin = append(latin, byte(c))
	}
	for name, doc := range map[string]string{
		"UTF-16": string(big), "ISO-8859-1": string(latin), "UTF-8": "\xEF\xBB\xBF" + fmt.Sprintf(text, "UTF-8"),
		"unknown": fmt.Sprintf(text, "EBCDIC"), "torn": string(big[:len(big)-41]), "half": string(big[:len(big)-1]),
	} {
		r, s := NewReader(nil, Options{}), NewReader(nil, Options{})
		r.ResetString(doc)
		s.ResetReader(strings.NewReader(doc))
		want, got := says(r), says(s)
		if name == "torn" || name == "half" || name == "unknown" { // what is wrong is found at another place
			want, got = []string{fmt.Sprint(r.Err() != nil)}, []string{fmt.Sprint(s.Err() != nil)}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-memory +stream):\n%.2000s", name, diff)
		}
	}
}

// endless gives one text for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e)
	}
	return n, nil
}

// TestStreamLimits: what does not end is given up, in memory that does not depend on how long it is.
func TestStreamLimits(t *testing.T) {
	for begin, limit := range map[string]string{
		"<a>": "MaxDocument", "<a b='": "MaxText", "<!-- ": "MaxText", "<a><![CDATA[": "MaxText", "<a><b>": "MaxDocument", "<!DOCTYPE a [": "",
	} {
		r := NewReader(nil, Options{MaxText: 1 << 20, MaxDocument: 8 << 20})
		r.ResetReader(io.MultiReader(strings.NewReader(begin), endless("xxxxxxx ")))
		for r.Next() != EOF {
		}
		var fault *SyntaxError
		if !errors.As(r.Err(), &fault) || fault.Limit != limit {
			t.Errorf("%s: %v", begin, r.Err())
		}
	}
	r := NewReader(nil, Options{MaxText: 1 << 20})
	r.ResetReader(io.MultiReader(strings.NewReader("<a>"), endless("text ")))
	r.Next()
	if _, _, ok := r.Content(); !ok || r.Err() == nil {
		t.Errorf("content without end: %v", r.Err())
	}
	broken := errors.New("broken")
	r.ResetReader(io.MultiReader(strings.NewReader("<a>"), iotest.ErrReader(broken)))
	for r.Next() != EOF {
	}
	if !errors.Is(r.Err(), broken) {
		t.Errorf("the error is %v", r.Err())
	}
}
