package xsddiff

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// Case is a schema, of one or several root documents, and instances of it; all are paths.
type Case struct {
	ID        string // no tabs, no line ends
	Schemas   []string
	Instances []string
}

// What an engine says of a schema or of an instance.
const (
	Valid    = 'V'
	Invalid  = 'N'
	Unjudged = '-' // an instance of a schema that is refused
	TimedOut = 'T'
)

// Verdict is what an engine says of a case.
type Verdict struct {
	Schema    byte
	Instances string // one letter each
	Message   string // the first complaint, in the engine's words
}

// An Engine judges cases.
type Engine interface {
	Name() string
	Judge([]Case) (map[string]Verdict, error)
}

// Ours is gen/xsd with the interpreter.
type Ours struct{}

// Name implements [Engine].
func (Ours) Name() string { return "protogen" }

// Judge implements [Engine].
func (Ours) Judge(cases []Case) (map[string]Verdict, error) {
	said := make(map[string]Verdict, len(cases))
	for _, c := range cases {
		v, err := judge(c)
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", c.ID, err)
		}
		said[c.ID] = v
	}
	return said, nil
}

func judge(c Case) (Verdict, error) {
	var sources []xsd.Source
	for _, name := range c.Schemas {
		data, err := os.ReadFile(name)
		if err != nil {
			return Verdict{}, err
		}
		sources = append(sources, xsd.Source{Name: name, Data: data})
	}
	set, findings := xsd.Compile(sources, xsd.Options{Open: os.ReadFile})
	if set == nil {
		return Verdict{Invalid, strings.Repeat(string(rune(Unjudged)), len(c.Instances)), firstError(findings)}, nil
	}
	v := Verdict{Schema: Valid}
	for _, name := range c.Instances {
		doc, err := os.ReadFile(name)
		if err != nil {
			return Verdict{}, err
		}
		if err := set.Schema().Validate(doc, xsdrun.Options{XML: xmlstream.Options{DTD: xmlstream.DTDSkip}}); err != nil {
			v.Instances += string(rune(Invalid))
			if v.Message == "" {
				v.Message = err.Error()
			}
		} else {
			v.Instances += string(rune(Valid))
		}
	}
	return v, nil
}

func firstError(findings diag.List) string {
	for _, f := range findings {
		if f.Severity == diag.Error {
			return f.Rule + ": " + f.Message
		}
	}
	return ""
}

// Process is an engine that stands in another process, which reads a case a line: the identifier, the schemas and the
// instances, these joined by bars, with tabs between. It answers with a line of the identifier, the letter of the schema, those of the
// instances, and a message.
type Process struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

// Start runs a command as an engine. Close ends it.
func Start(name string, command ...string) (*Process, error) {
	cmd := exec.Command(command[0], command[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	return &Process{name, cmd, in, lines}, cmd.Start()
}

// Name implements [Engine].
func (p *Process) Name() string { return p.name }

// Judge implements [Engine].
func (p *Process) Judge(cases []Case) (map[string]Verdict, error) {
	var ask bytes.Buffer
	for _, c := range cases {
		fmt.Fprintf(&ask, "%s\t%s\t%s\n", c.ID, strings.Join(c.Schemas, "|"), strings.Join(c.Instances, "|"))
	}
	sent := make(chan error, 1)
	go func() {
		_, err := p.in.Write(ask.Bytes())
		sent <- err
	}()
	said := make(map[string]Verdict, len(cases))
	for range cases {
		if !p.out.Scan() {
			return nil, fmt.Errorf("%s ended: %w", p.name, p.out.Err())
		}
		f := strings.SplitN(p.out.Text(), "\t", 4)
		if len(f) != 4 || len(f[1]) != 1 {
			return nil, fmt.Errorf("%s answers %q", p.name, p.out.Text())
		}
		said[f[0]] = Verdict{f[1][0], f[2], f[3]}
	}
	return said, <-sent
}

// Close ends the process.
func (p *Process) Close() error {
	if err := p.in.Close(); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// xercesJar is where Debian's libxerces2-java is.
const xercesJar = "/usr/share/java/xercesImpl.jar"

// StartXerces builds, in dir, and starts Xerces-J. It needs a JDK and libxerces2-java.
func StartXerces(dir string) (*Process, error) {
	if _, err := os.Stat(xercesJar); err != nil {
		return nil, err
	}
	if out, err := exec.Command("javac", "-cp", xercesJar, "-d", dir, filepath.Join("testdata", "Judge.java")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("javac: %w: %s", err, out)
	}
	return Start("Xerces-J", "java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g", "-cp", dir+":"+xercesJar, "Judge")
}

// StartMono builds, in dir, and starts .NET's System.Xml under Mono. It needs mono-mcs and libmono-system-xml4.0-cil.
func StartMono(dir string) (*Process, error) {
	exe := filepath.Join(dir, "judge.exe")
	if out, err := exec.Command("mcs", "-r:System.Xml.dll", "-out:"+exe, filepath.Join("testdata", "judge.cs")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mcs: %w: %s", err, out)
	}
	return Start("System.Xml", "mono", exe)
}
