package emit

import (
	"fmt"
	"strings"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// configFile emits the settings of the protocol, and the framings that depend on them.
func (e *emitter) configFile() (File, error) {
	if len(e.p.Machines) == 0 {
		return File{Name: "config_gen.go"}, nil
	}
	var found diag.List
	d := decls{e.configType(), e.configDefaults()}
	d.add(e.configCheck())
	if len(e.machines()) > 0 { // transactions leave framing to their transport
		for _, f := range e.p.Frames {
			d.add(e.frameMethod(f, &found))
		}
	}
	if found.HasErrors() {
		return File{}, found
	}
	return e.file("config_gen.go", d...)
}

// settingTypes are the Go types of settings.
var settingTypes = map[string]func() *jen.Statement{
	"int":      jen.Int,
	"duration": func() *jen.Statement { return jen.Qual("time", "Duration") },
	"text":     jen.String,
	"bool":     jen.Bool,
	"texts":    func() *jen.Statement { return jen.Index().String() },
}

// configType emits
//
//	type Config struct {
//		// Idle is ... Default: 10m.
//		Idle time.Duration
//	}
//
// A bool that is true by default is held by a pointer, so that its zero value can mean that.
func (e *emitter) configType() jen.Code {
	var fields []jen.Code
	for _, s := range e.p.Settings {
		text := sentence(s.Doc) + clause(s.Standard) + settingDefault(s)
		field := jen.Id(s.Go)
		if s.Value == true {
			field.Op("*")
		}
		fields = append(fields, documented(doc("%s", text), field.Add(settingTypes[s.Type]())))
	}
	return documented(doc(`Config is what a deployment may set. The zero value of every field means its default; a negative
		duration means no limit of time.`), jen.Type().Id("Config").Struct(fields...))
}

// settingDefault says what a field is when it is left empty.
func settingDefault(s *model.Setting) string {
	switch v := s.Value.(type) {
	case time.Duration:
		return " Default: " + shortDuration(v) + "."
	case string:
		if v == "" {
			return ""
		}
		return fmt.Sprintf(" Default: %q.", v)
	case []string:
		if len(v) == 0 {
			return ""
		}
		return " Default: " + strings.Join(v, ", ") + "."
	case bool:
		if v {
			return " Default: true, which nil means."
		}
		return ""
	}
	return fmt.Sprintf(" Default: %v.", s.Value)
}

// shortDuration is a duration without the zero parts at its end.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// configDefaults emits
//
//	func (c Config) withDefaults() *Config {
//		if c.Idle == 0 {
//			c.Idle = 10 * time.Minute
//		}
//		return &c
//	}
func (e *emitter) configDefaults() jen.Code {
	var body []jen.Code
	for _, s := range e.p.Settings {
		field := func() *jen.Statement { return jen.Id("c").Dot(s.Go) }
		switch v := s.Value.(type) {
		case time.Duration:
			if v != 0 {
				body = append(body, jen.If(field().Op("==").Lit(0)).Block(field().Op("=").Add(duration(v))))
			}
		case int64:
			if v != 0 {
				body = append(body, jen.If(field().Op("==").Lit(0)).Block(field().Op("=").Lit(int(v))))
			}
		case string:
			if v != "" {
				body = append(body, jen.If(field().Op("==").Lit("")).Block(field().Op("=").Lit(v)))
			}
		case bool:
			if v {
				body = append(body, jen.If(field().Op("==").Nil()).Block(field().Op("=").New(jen.True())))
			}
		case []string:
			if len(v) > 0 {
				items := collect(v, func(x string) jen.Code { return lit(x) })
				list := jen.Code(jen.Values(items...))
				if len(items) > 1 {
					list = lines(items...)
				}
				body = append(body, jen.If(field().Op("==").Nil()).Block(field().Op("=").Index().String().Add(list)))
			}
		}
	}
	body = append(body, jen.Return(jen.Op("&").Id("c")))
	return documented(doc("withDefaults is a copy of c with every empty field set to its default."),
		jen.Func().Params(jen.Id("c").Id("Config")).Id("withDefaults").Params().Op("*").Id("Config").Block(body...))
}

// configCheck emits
//
//	func (c *Config) check() error {
//		if c.Window < 0 {
//			return errors.New("epp: Config.Window is negative")
//		}
//		return nil
//	}
func (e *emitter) configCheck() jen.Code {
	var body []jen.Code
	for _, s := range e.p.Settings {
		if s.Type == "int" {
			body = append(body, jen.If(jen.Id("c").Dot(s.Go).Op("<").Lit(0)).Block(
				jen.Return(jen.Qual("errors", "New").Call(lit(fmt.Sprintf("%s: Config.%s is negative", e.p.Name, s.Go))))))
		}
	}
	return documented(doc("check reports what no server or client can work with."),
		method("c", "Config", "check", nil, block(jen.Error()), append(body, jen.Return(jen.Nil()))...))
}

// frameMethod emits
//
//	// dataUnit is the framing dataUnit. See RFC 5734 4.
//	func (c *Config) dataUnit() frame.Framing {
//		return frame.Length{Width: 4, All: true, Min: 1, Max: c.FrameMax}
//	}
func (e *emitter) frameMethod(f *model.Frame, found *diag.List) jen.Code {
	p := &printer{
		e: e, scope: formula.For(e.p, nil), config: "c", found: found, roots: map[string]string{}, uses: map[string]bool{}, named: map[string]bool{},
	}
	var pairs []pair
	add := func(name string, value jen.Code) { pairs = append(pairs, pair{jen.Id(name), value}) }
	kind := ""
	switch f.Kind {
	case "length":
		kind = "Length"
		add("Width", lit(f.Width))
		if f.Little {
			add("Little", jen.True())
		}
		if f.Counts == "all" {
			add("All", jen.True())
		}
		if least := literalInt(f.Min) - int64(f.Width); least > 0 {
			add("Min", lit(int(least)))
		}
	case "counted":
		kind = "Counted"
		add("Digits", lit(f.Digits))
		add("End", lit(f.End))
	case "delimited":
		kind = "Delimited"
		ends := append([]string{f.End}, filter(f.Accept, func(s string) bool { return s != f.End })...)
		add("Ends", jen.Index().String().Values(collect(ends, func(s string) jen.Code { return lit(s) })...))
		if f.Split {
			add("Split", jen.True())
		}
	case "raw":
		kind = "Raw"
	default:
		found.Errorf(f.Pos, "not-emitted", "frame %q: no framing is emitted for kind %q yet", f.Name, f.Kind)
		return jen.Null()
	}
	if f.Max != nil {
		add("Max", p.plainInt(f.Max))
	}
	framing := rt("frame", kind).Add(inline(pairs...))
	if f.Compression == "zlib" {
		framing = rt("frame", "Compressed").Add(inline(pair{jen.Id("Framing"), framing}, pair{jen.Id("Max"), p.plainInt(f.Max)}))
	}
	return documented(doc("%s is how the stream is cut into frames. %s%s", f.Go, sentence(f.Doc), clause(f.Standard)),
		method("c", "Config", f.Go, nil, block(rt("frame", "Framing")), jen.Return(framing)))
}

// literalInt is the value of a formula that is a number, 0 of any other.
func literalInt(f *model.Formula) int64 {
	var n int64
	if f != nil {
		_, _ = fmt.Sscan(f.Text, &n)
	}
	return n
}
