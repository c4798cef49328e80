package xsdrun_test

// This file is what the emitter writes, by hand: the types, models and codec of a slice of EPP, a domain:create command with
// the secDNS extension (RFC 5730, 5731 and 5910). The tests and benchmarks of the Decoder and Encoder stand on it.

import (
	"sync"

	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

var sampleSpaces = xmlstream.NewSpaces(
	"urn:ietf:params:xml:ns:epp-1.0",
	"urn:ietf:params:xml:ns:domain-1.0",
	"urn:ietf:params:xml:ns:secDNS-1.1",
)

const (
	spaceEpp    = 1
	spaceDomain = 2
	spaceSecDNS = 3
)

var (
	eppTrIDString = &xsdrun.SimpleType{Label: "epp:trIDStringType", Builtin: xsdrun.BuiltinToken, Length: xsdrun.LengthRange(3, 64)}
	eppcomLabel   = &xsdrun.SimpleType{Label: "eppcom:labelType", Builtin: xsdrun.BuiltinToken, Length: xsdrun.LengthRange(1, 255)}
	eppcomClID    = &xsdrun.SimpleType{Label: "eppcom:clIDType", Builtin: xsdrun.BuiltinToken, Length: xsdrun.LengthRange(3, 16)}
	domainPLimit  = &xsdrun.SimpleType{
		Label: "domain:pLimitType", Builtin: xsdrun.BuiltinUnsignedShort, MinInclusive: "1", MaxInclusive: "99",
	}
	domainPUnit = &xsdrun.SimpleType{Label: "domain:pUnitType", Builtin: xsdrun.BuiltinToken, Enumeration: []string{"y", "m"}}
	domainContT = &xsdrun.SimpleType{
		Label: "domain:contactAttrType", Builtin: xsdrun.BuiltinToken, Enumeration: []string{"admin", "billing", "tech"},
	}
	secDNSMaxSigLife = &xsdrun.SimpleType{Label: "secDNS:maxSigLifeType", Builtin: xsdrun.BuiltinInt, MinInclusive: "1"}
	xsNormalized     = xsdrun.BuiltinNormalizedString.Type()
	xsUnsignedShort  = xsdrun.BuiltinUnsignedShort.Type()
	xsUnsignedByte   = xsdrun.BuiltinUnsignedByte.Type()
	xsHexBinary      = xsdrun.BuiltinHexBinary.Type()
)

// sequence returns the model of elements in that order; a name that ends in ? may be absent, in * repeated or absent, in +
// repeated.
func sequence(space int, names ...string) *xsdrun.Model {
	m := &xsdrun.Model{}
	optional := make([]bool, len(names))
	repeated := make([]bool, len(names))
	for i, n := range names {
		switch n[len(n)-1] {
		case '?':
			optional[i] = true
		case '*':
			optional[i], repeated[i] = true, true
		case '+':
			repeated[i] = true
		default:
			n += " "
		}
		m.Particles = append(m.Particles, xsdrun.Particle{Space: space, Local: n[:len(n)-1]})
	}
	for state := range len(names) + 1 {
		var next []int
		if state > 0 && repeated[state-1] {
			next = append(next, state-1)
		}
		i := state
		for ; i < len(names); i++ {
			next = append(next, i)
			if !optional[i] {
				break
			}
		}
		m.Next, m.Final = append(m.Next, next), append(m.Final, i == len(names))
	}
	return m
}

var otherThanEpp = &xsdrun.Wildcard{Process: xsdrun.Strict, Not: true, Spaces: []int{spaceEpp, 0}}

var (
	eppModel     = sequence(spaceEpp, "command")
	commandModel = sequence(spaceEpp, "create", "extension?", "clTRID?")
	createModel  = &xsdrun.Model{
		Particles: []xsdrun.Particle{{Any: otherThanEpp}},
		Next:      [][]int{{0}, nil}, Final: []bool{false, true},
	}
	extensionModel = &xsdrun.Model{
		Particles: []xsdrun.Particle{{Any: otherThanEpp}},
		Next:      [][]int{{0}, {0}}, Final: []bool{false, true},
	}
	domainCreateModel   = sequence(spaceDomain, "name", "period?", "ns?", "registrant?", "contact*", "authInfo")
	domainNSModel       = sequence(spaceDomain, "hostObj+")
	domainAuthInfoModel = sequence(spaceDomain, "pw")
	secDNSCreateModel   = sequence(spaceSecDNS, "maxSigLife?", "dsData+")
	secDNSDataModel     = sequence(spaceSecDNS, "keyTag", "alg", "digestType", "digest", "keyData?")
	domainPeriodAttrs   = &xsdrun.Attributes{Uses: []xsdrun.AttributeUse{{Local: "unit", Type: domainPUnit, Required: true}}}
	domainContactAttrs  = &xsdrun.Attributes{Uses: []xsdrun.AttributeUse{{Local: "type", Type: domainContT}}}
	domainPwAttrs       = &xsdrun.Attributes{Uses: []xsdrun.AttributeUse{{Local: "roid", Type: eppcomLabel}}}
)

// Element is any global element.
type Element interface{ encode(e *xsdrun.Encoder) }

type Epp struct {
	Create     Element
	Extensions []Element
	ClTRID     string

	domain DomainCreate // memory of the element of that kind that was decoded last
	secDNS SecDNSCreate
}

type DomainPUnit string

type DomainPeriod struct {
	Unit  DomainPUnit
	Value uint16
}

type DomainContact struct{ Type, Value string }

type DomainCreate struct {
	Name       string
	Period     *DomainPeriod
	NS         []string
	Registrant string
	Contacts   []DomainContact
	AuthInfo   DomainPw
}

type DomainPw struct{ Value, Roid string }

type SecDNSCreate struct {
	MaxSigLife int32
	DSData     []SecDNSDSData
}

type SecDNSDSData struct {
	KeyTag     uint16
	Alg        uint8
	DigestType uint8
	Digest     []byte
}

func (v *Epp) decode(d *xsdrun.Decoder) {
	*v = Epp{Extensions: v.Extensions[:0], domain: v.domain, secDNS: v.secDNS}
	d.NoAttributes()
	for c := d.Children(eppModel); c.Next(); {
		v.decodeCommand(d)
	}
}

func (v *Epp) decodeCommand(d *xsdrun.Decoder) {
	d.NoAttributes()
	for c := d.Children(commandModel); c.Next(); {
		switch c.Particle {
		case 0:
			for c := d.Children(createModel); c.Next(); {
				v.Create = v.decodeElement(d, otherThanEpp)
			}
		case 1:
			for c := d.Children(extensionModel); c.Next(); {
				v.Extensions = append(v.Extensions, v.decodeElement(d, otherThanEpp))
			}
		case 2:
			v.ClTRID = d.Text(eppTrIDString)
		}
	}
}

func (v *Epp) decodeElement(d *xsdrun.Decoder, w *xsdrun.Wildcard) Element {
	switch d.Space() {
	case spaceDomain:
		if d.Local() == "create" {
			v.domain.decode(d)
			return &v.domain
		}
	case spaceSecDNS:
		if d.Local() == "create" {
			v.secDNS.decode(d)
			return &v.secDNS
		}
	}
	d.Undeclared(w)
	return (*rawElement)(d.Raw())
}

type rawElement xmlstream.RawElement

func (v *rawElement) encode(e *xsdrun.Encoder) { e.Element((*xmlstream.RawElement)(v)) }

func (v *DomainCreate) decode(d *xsdrun.Decoder) {
	old := *v
	*v = DomainCreate{NS: old.NS[:0], Contacts: old.Contacts[:0]}
	d.NoAttributes()
	for c := d.Children(domainCreateModel); c.Next(); {
		switch c.Particle {
		case 0:
			v.Name = d.Text(eppcomLabel)
		case 1:
			v.Period = xsdrun.Reuse(old.Period)
			v.Period.decode(d)
		case 2:
			for c := d.Children(domainNSModel); c.Next(); {
				*xsdrun.Grow(&v.NS) = d.Text(eppcomLabel)
			}
		case 3:
			v.Registrant = d.Text(eppcomClID)
		case 4:
			xsdrun.Grow(&v.Contacts).decode(d)
		case 5:
			for c := d.Children(domainAuthInfoModel); c.Next(); {
				v.AuthInfo.decode(d)
			}
		}
	}
}

func (v *DomainPeriod) decode(d *xsdrun.Decoder) {
	*v = DomainPeriod{}
	for a := d.Attrs(domainPeriodAttrs); a.Next(); {
		v.Unit = DomainPUnit(d.AttrText())
	}
	v.Value = uint16(d.Uint(domainPLimit))
}

func (v *DomainContact) decode(d *xsdrun.Decoder) {
	*v = DomainContact{}
	for a := d.Attrs(domainContactAttrs); a.Next(); {
		v.Type = d.AttrText()
	}
	v.Value = d.Text(eppcomClID)
}

func (v *DomainPw) decode(d *xsdrun.Decoder) {
	*v = DomainPw{}
	for a := d.Attrs(domainPwAttrs); a.Next(); {
		v.Roid = d.AttrText()
	}
	v.Value = d.Text(xsNormalized)
}

func (v *SecDNSCreate) decode(d *xsdrun.Decoder) {
	*v = SecDNSCreate{DSData: v.DSData[:0]}
	d.NoAttributes()
	for c := d.Children(secDNSCreateModel); c.Next(); {
		switch c.Particle {
		case 0:
			v.MaxSigLife = int32(d.Int(secDNSMaxSigLife))
		case 1:
			xsdrun.Grow(&v.DSData).decode(d)
		}
	}
}

func (v *SecDNSDSData) decode(d *xsdrun.Decoder) {
	*v = SecDNSDSData{Digest: v.Digest[:0]}
	d.NoAttributes()
	for c := d.Children(secDNSDataModel); c.Next(); {
		switch c.Particle {
		case 0:
			v.KeyTag = uint16(d.Uint(xsUnsignedShort))
		case 1:
			v.Alg = uint8(d.Uint(xsUnsignedByte))
		case 2:
			v.DigestType = uint8(d.Uint(xsUnsignedByte))
		case 3:
			v.Digest = d.AppendBytes(v.Digest, xsHexBinary)
		case 4:
			d.SkipElement()
		}
	}
}

var decoders = sync.Pool{New: func() any { return xsdrun.NewDecoder(sampleSpaces, xsdrun.Options{}) }}

// unmarshal decodes with a pooled Decoder, as emitted code does.
func unmarshal(doc []byte, v *Epp) error {
	d := decoders.Get().(*xsdrun.Decoder)
	defer decoders.Put(d)
	return decode(d, doc, v)
}

func decode(d *xsdrun.Decoder, doc []byte, v *Epp) error {
	d.Reset(doc)
	if d.Root() {
		if d.Space() == spaceEpp && d.Local() == "epp" {
			v.decode(d)
		} else {
			d.UndeclaredRoot()
		}
	}
	return d.Finish()
}

// AppendXML appends the document.
func (v *Epp) AppendXML(b []byte) ([]byte, error) {
	e := xsdrun.NewEncoder(b)
	e.Raw(`<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><create>`)
	if v.Create == nil {
		e.Fail("cvc-complex-type.2.4.b", "the object is missing")
	} else {
		v.Create.encode(e)
	}
	e.Raw(`</create>`)
	if len(v.Extensions) > 0 {
		e.Raw(`<extension>`)
		for _, x := range v.Extensions {
			x.encode(e)
		}
		e.Raw(`</extension>`)
	}
	if v.ClTRID != "" {
		e.Raw(`<clTRID>`)
		e.Text(eppTrIDString, v.ClTRID)
		e.Raw(`</clTRID>`)
	}
	e.Raw(`</command></epp>`)
	return e.Finish()
}

func (v *DomainCreate) encode(e *xsdrun.Encoder) {
	e.Raw(`<domain:create xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>`)
	e.Text(eppcomLabel, v.Name)
	e.Raw(`</domain:name>`)
	if v.Period != nil {
		e.Raw(`<domain:period unit="`)
		e.AttrText(domainPUnit, string(v.Period.Unit))
		e.Raw(`">`)
		e.Uint(domainPLimit, uint64(v.Period.Value))
		e.Raw(`</domain:period>`)
	}
	if len(v.NS) > 0 {
		e.Raw(`<domain:ns>`)
		for _, ns := range v.NS {
			e.Raw(`<domain:hostObj>`)
			e.Text(eppcomLabel, ns)
			e.Raw(`</domain:hostObj>`)
		}
		e.Raw(`</domain:ns>`)
	}
	if v.Registrant != "" {
		e.Raw(`<domain:registrant>`)
		e.Text(eppcomClID, v.Registrant)
		e.Raw(`</domain:registrant>`)
	}
	for i := range v.Contacts {
		e.Raw(`<domain:contact type="`)
		e.AttrText(domainContT, v.Contacts[i].Type)
		e.Raw(`">`)
		e.Text(eppcomClID, v.Contacts[i].Value)
		e.Raw(`</domain:contact>`)
	}
	e.Raw(`<domain:authInfo><domain:pw>`)
	e.Text(xsNormalized, v.AuthInfo.Value)
	e.Raw(`</domain:pw></domain:authInfo></domain:create>`)
}

func (v *SecDNSCreate) encode(e *xsdrun.Encoder) {
	e.Raw(`<secDNS:create xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1">`)
	if v.MaxSigLife != 0 {
		e.Raw(`<secDNS:maxSigLife>`)
		e.Int(secDNSMaxSigLife, int64(v.MaxSigLife))
		e.Raw(`</secDNS:maxSigLife>`)
	}
	for i := range v.DSData {
		ds := &v.DSData[i]
		e.Raw(`<secDNS:dsData><secDNS:keyTag>`)
		e.Uint(xsUnsignedShort, uint64(ds.KeyTag))
		e.Raw(`</secDNS:keyTag><secDNS:alg>`)
		e.Uint(xsUnsignedByte, uint64(ds.Alg))
		e.Raw(`</secDNS:alg><secDNS:digestType>`)
		e.Uint(xsUnsignedByte, uint64(ds.DigestType))
		e.Raw(`</secDNS:digestType><secDNS:digest>`)
		e.Bytes(xsHexBinary, ds.Digest)
		e.Raw(`</secDNS:digest></secDNS:dsData>`)
	}
	e.Raw(`</secDNS:create>`)
}
