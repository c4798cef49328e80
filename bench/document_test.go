package bench

import (
	_ "embed"
	"encoding/xml"
)

// create is the document that codecs are measured on: a domain:create with secDNS, as clients write it.
//
//go:embed testdata/create.xml
var create []byte

// The types below are what a program declares to have encoding/xml read and write that document.
type (
	document struct {
		XMLName xml.Name `xml:"urn:ietf:params:xml:ns:epp-1.0 epp"`
		Command command  `xml:"urn:ietf:params:xml:ns:epp-1.0 command"`
	}
	command struct {
		Create    createCommand     `xml:"urn:ietf:params:xml:ns:epp-1.0 create"`
		Extension *commandExtension `xml:"urn:ietf:params:xml:ns:epp-1.0 extension,omitempty"`
		ClTRID    string            `xml:"urn:ietf:params:xml:ns:epp-1.0 clTRID,omitempty"`
	}
	createCommand struct {
		Domain domainCreate `xml:"urn:ietf:params:xml:ns:domain-1.0 create"`
	}
	domainCreate struct {
		Name       string          `xml:"urn:ietf:params:xml:ns:domain-1.0 name"`
		Period     *domainPeriod   `xml:"urn:ietf:params:xml:ns:domain-1.0 period,omitempty"`
		NS         *domainNS       `xml:"urn:ietf:params:xml:ns:domain-1.0 ns,omitempty"`
		Registrant string          `xml:"urn:ietf:params:xml:ns:domain-1.0 registrant,omitempty"`
		Contacts   []domainContact `xml:"urn:ietf:params:xml:ns:domain-1.0 contact"`
		AuthInfo   domainAuthInfo  `xml:"urn:ietf:params:xml:ns:domain-1.0 authInfo"`
	}
	domainPeriod struct {
		Unit  string `xml:"unit,attr"`
		Value uint16 `xml:",chardata"`
	}
	domainNS struct {
		HostObjs []string `xml:"urn:ietf:params:xml:ns:domain-1.0 hostObj"`
	}
	domainContact struct {
		Type string `xml:"type,attr,omitempty"`
		ID   string `xml:",chardata"`
	}
	domainAuthInfo struct {
		PW string `xml:"urn:ietf:params:xml:ns:domain-1.0 pw"`
	}
	commandExtension struct {
		SecDNS secDNSCreate `xml:"urn:ietf:params:xml:ns:secDNS-1.1 create"`
	}
	secDNSCreate struct {
		MaxSigLife int32          `xml:"urn:ietf:params:xml:ns:secDNS-1.1 maxSigLife,omitempty"`
		DSData     []secDNSDSData `xml:"urn:ietf:params:xml:ns:secDNS-1.1 dsData"`
	}
	secDNSDSData struct {
		KeyTag     uint16 `xml:"urn:ietf:params:xml:ns:secDNS-1.1 keyTag"`
		Alg        uint8  `xml:"urn:ietf:params:xml:ns:secDNS-1.1 alg"`
		DigestType uint8  `xml:"urn:ietf:params:xml:ns:secDNS-1.1 digestType"`
		Digest     string `xml:"urn:ietf:params:xml:ns:secDNS-1.1 digest"`
	}
)
