package name

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/gen/model"
)

// ownOfHeaders are what an emitted package declares if its messages are headers; Decoder, Message and the names of tests are
// claimed with those of messages.
var ownOfHeaders = []string{"Code", "Framing", "FuzzParseMessage", "ParseMessage", "fieldNames"}

// usesHeaders reports whether messages of p are headers.
func usesHeaders(p *model.Protocol) bool {
	return slices.ContainsFunc(p.Messages, func(m *model.Message) bool { return m.Encoding == "headers" })
}

// claimHeaders claims the names of what becomes of the values and fields of messages that are headers.
func claimHeaders(p *model.Protocol, claim func(what string, pos model.Pos, names ...string)) {
	claim("a declaration that every package has", model.Pos{}, ownOfHeaders...)
	for _, t := range p.Types {
		what := fmt.Sprintf("type %q", t.Name)
		switch {
		case t.Kind == "struct" && t.Form != "uri":
			claim(what, t.Pos, t.Go)
		case t.Kind == "enum":
			for _, v := range t.Values {
				claim(what, t.Pos, t.Go+Exported(v))
			}
		}
	}
	for _, h := range p.Heads {
		for _, f := range h.Fields {
			if f.Key != "" {
				claim(fmt.Sprintf("header field %q", f.Name), f.Pos, "field"+f.Go)
			}
		}
	}
	for _, m := range p.Messages {
		if m.Class == "reply" {
			claim(fmt.Sprintf("message %q", m.Name), m.Pos, "New"+m.Go)
		}
	}
}
