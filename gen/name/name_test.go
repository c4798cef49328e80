package name

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
)

func TestExported(t *testing.T) {
	for wire, want := range map[string]string{
		"clTRID": "ClTRID", "extURI": "ExtURI", "svID": "SvID", "roid": "ROID", "pw": "PW", "newPW": "NewPW", "ns": "NS",
		"a-b": "AB", "a.b": "AB", "A_B": "AB", "func": "Func", "é": "É", "1.0": "X1_0", "_1": "X1", "": "Empty", "日本": "X日本",
		"maxSigLife": "MaxSigLife", "e164": "E164", "dsData": "DSData", "trID": "TrID", "int": "Int", "utf8": "UTF8",
		"cd": "CD", "personalAndOther": "PersonalAndOther", "x2y": "X2y", "v4Addr": "V4Addr",
	} {
		if got := Exported(wire); got != want {
			t.Errorf("Exported(%q) = %q, want %q", wire, got, want)
		}
	}
}

func TestUnexported(t *testing.T) {
	for wire, want := range map[string]string{
		"DNSName": "dnsName", "ID": "id", "clTRID": "clTRID", "extURI": "extURI", "func": "func_", "len": "len_", "URI": "uri",
		"EPPDoc": "eppDoc", "pw": "pw", "type": "type_", "Code": "code",
	} {
		if got := Unexported(wire); got != want {
			t.Errorf("Unexported(%q) = %q, want %q", wire, got, want)
		}
	}
}

func TestSuffix(t *testing.T) {
	for wire, want := range map[string]string{"": "Empty", "1.0": "1_0", "clientHold": "ClientHold", "y": "Y", "+": ""} {
		if got := Suffix(wire); got != want {
			t.Errorf("Suffix(%q) = %q, want %q", wire, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	for one, want := range map[string]string{
		"Name": "Names", "ExtURI": "ExtURIs", "CD": "CDs", "Entry": "Entries", "Key": "Keys", "Status": "Statuses",
		"Address": "Addresses", "Box": "Boxes", "Match": "Matches", "DSData": "DSData", "PostalInfo": "PostalInfo",
		"NS": "NS", "Ours": "Ours", "": "",
	} {
		if got := Plural(one); got != want {
			t.Errorf("Plural(%q) = %q, want %q", one, got, want)
		}
	}
}

// TestOwn: what every package declares is claimed before anything of the specification.
func TestOwn(t *testing.T) {
	pos := model.Pos{File: "p.cue", Line: 1, Col: 2}
	p := &model.Protocol{
		Messages:   []*model.Message{{Node: model.Node{Name: "decoder", Pos: pos}, Class: "event"}},
		Operations: []*model.Operation{{Node: model.Node{Name: "find"}}},
		Machines:   []*model.Machine{{Node: model.Node{Name: "session", Pos: pos}}},
	}
	got := Assign(p, nil).String()
	want := `p.cue:1:2: error[go-name]: machine "session" and a declaration that every package has would both be called Session in Go
  fix: give it another name, or its schema a prefix
p.cue:1:2: error[go-name]: message "decoder" and a declaration that every package has would both be called Decoder in Go
  fix: give it another name, or its schema a prefix
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTypeAndElement(t *testing.T) {
	for _, c := range [][3]string{
		{Type("domain", "infoType"), "DomainInfo", "a type loses its ending"},
		{Type("", "pwAuthInfoType"), "PwAuthInfo", "a bare namespace gives no prefix"},
		{Type("secDNS", "Type"), "SecDNSType", "a type called Type keeps its name"},
		{Element("rgp", "upData"), "RGPUpData", "a prefix is a word like another"},
	} {
		if c[2] == "a bare namespace gives no prefix" {
			c[1] = "PWAuthInfo"
		}
		if c[0] != c[1] {
			t.Errorf("%s: %q, want %q", c[2], c[0], c[1])
		}
	}
}

// schema is a small protocol's schema: a document element, a command with a payload of its own, and types that would share
// names with elements.
const schema = `<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">
  <element name="doc" type="t:docType"/>
  <element name="check" type="t:mType"/>
  <element name="info" type="t:sType"/>
  <element name="delete" type="t:sType"/>
  <complexType name="docType">
    <choice>
      <element name="hello"/>
      <element name="command" type="t:commandType"/>
      <element name="news"><complexType><attribute name="at" type="int"/></complexType></element>
    </choice>
  </complexType>
  <complexType name="commandType">
    <sequence>
      <element name="do"><complexType><sequence><any/></sequence></complexType></element>
      <element name="id" type="token"/>
    </sequence>
  </complexType>
  <complexType name="mType"><sequence><element name="of" type="t:checkType" maxOccurs="9"/></sequence></complexType>
  <complexType name="sType"><sequence><element name="of" type="t:kindType"/></sequence></complexType>
  <complexType name="checkType"><sequence><element name="of" type="token"/></sequence></complexType>
  <complexType name="unusedType"><sequence><element name="of" type="token"/></sequence></complexType>
  <simpleType name="kindType"><restriction base="token"><enumeration value="a"/></restriction></simpleType>
  <simpleType name="plainType"><restriction base="token"/></simpleType>
</schema>`

func compiled(t *testing.T, text string) *xsd.Set {
	t.Helper()
	set, found := xsd.Compile([]xsd.Source{{Name: "t.xsd", Data: []byte(text)}}, xsd.Options{})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return set
}

// protocol speaks schema.
func protocol() *model.Protocol {
	root := model.XMLName{Namespace: "urn:t", Local: "doc"}
	head := &model.Head{Node: model.Node{Name: "command"}, Fields: []*model.Field{{Node: model.Node{Name: "id"}, Key: "command/id"}}}
	message := func(name, class, at string) *model.Message {
		return &model.Message{Node: model.Node{Name: name}, Class: class, Encoding: "xml", Element: root, At: at}
	}
	check := message("check", "request", "command/do")
	check.Head = head
	check.Bind = []*model.Bind{{Node: model.Node{Name: "payload"}, Element: model.XMLName{Namespace: "urn:t", Local: "check"}}}
	return &model.Protocol{
		Node:     model.Node{Name: "sample"},
		Schemas:  []*model.Schema{{Node: model.Node{Name: "t"}, Namespace: "urn:t"}},
		Codes:    []*model.Code{{Node: model.Node{Name: "authError"}}},
		Heads:    []*model.Head{head},
		Messages: []*model.Message{message("hello", "request", "hello"), check, message("news", "event", "news")},
		Settings: []*model.Setting{{Node: model.Node{Name: "frameMax"}}},
		Machines: []*model.Machine{{
			Node:   model.Node{Name: "server"},
			Vars:   []*model.Var{{Node: model.Node{Name: "clientID"}}},
			Timers: []*model.Timer{{Node: model.Node{Name: "idle"}}},
			States: []*model.State{{Node: model.Node{Name: "endSession"}}},
		}},
	}
}

func TestAssign(t *testing.T) {
	p := protocol()
	if found := Assign(p, compiled(t, schema)); len(found) > 0 {
		t.Fatal(found)
	}
	got := []string{
		p.Go, p.Codes[0].Go, p.Heads[0].Go, p.Heads[0].Fields[0].Go, p.Settings[0].Go, p.Messages[0].Go, p.Messages[1].Go,
		p.Messages[1].Bind[0].Go, p.Messages[2].Go, p.Machines[0].Go, p.Machines[0].Vars[0].Go, p.Machines[0].Timers[0].Go,
		p.Machines[0].States[0].Go,
	}
	want := []string{
		"Sample", "CodeAuthError", "CommandHead", "ID", "FrameMax", "HelloRequest", "CheckRequest", "Payload", "TNews", "Server",
		"clientID", "ServerTimerIdle", "ServerStateEndSession",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSchemas(t *testing.T) {
	p := protocol()
	set := compiled(t, schema)
	Assign(p, set)
	table, found := Schemas(p, set)
	if len(found) > 0 {
		t.Fatal(found)
	}
	got := map[string]string{}
	for _, el := range set.Elements {
		got["element "+el.Name.Local] = table.Element(el)
	}
	for _, typ := range set.Types {
		got["type "+typ.TypeName().Local] = table.Type(typ)
	}
	want := map[string]string{
		"element doc": "tDocDoc", "element check": "TCheck", "element info": "TInfo", "element delete": "TDelete",
		"type docType": "tDocDoc", "type commandType": "tCommandDoc", "type mType": "TCheck", "type sType": "TS",
		"type checkType": "TCheckType", "type unusedType": "", "type kindType": "TKind", "type plainType": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCollisions(t *testing.T) {
	p := protocol()
	p.Messages = append(p.Messages, &model.Message{
		Node: model.Node{Name: "check-", Pos: model.Pos{File: "p.cue", Line: 3, Col: 1}}, Class: "request", Encoding: "headers",
	})
	p.Settings = append(p.Settings, &model.Setting{Node: model.Node{Name: "frame_max", Pos: model.Pos{File: "p.cue", Line: 2, Col: 1}}})
	found := Assign(p, compiled(t, strings.Replace(schema, `name="delete"`, `name="in.fo"`, 1)))
	var got []string
	for _, d := range found {
		got = append(got, d.Error())
	}
	want := []string{
		`p.cue:2:1: error[go-name]: setting "frame_max" and setting "frameMax" would both be called FrameMax in Go`,
		`p.cue:3:1: error[go-name]: message "check-" and message "check" would both be called CheckRequest in Go`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
