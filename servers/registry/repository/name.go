package repository

import (
	"net/netip"
	"strings"
)

const (
	maxName  = 253 // octets of a host name in text form (RFC 1035 section 2.3.4)
	maxLabel = 63
)

// validHostName reports whether name, in lower case, is a host name of at least two labels: letters, digits and hyphens
// (RFC 1123 section 2.1). Two hyphens in the third place are left to A-labels (RFC 5891 section 4.2.3.1), which must be
// such.
func validHostName(name string) bool {
	if len(name) > maxName || !strings.Contains(name, ".") {
		return false
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if !validLabel(label) {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != "" // or it is an address
}

func validLabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	if len(label) > 3 && label[2:4] == "--" {
		return label[:2] == "xn" && validALabel(label)
	}
	return true
}

// zoneOf returns the zone of ours that name lies below, the longest if several do, or "" if none does.
func (p *Policy) zoneOf(name string) string {
	zone := ""
	for _, tld := range p.TLDs {
		if len(tld) > len(zone) && strings.HasSuffix(name, "."+tld) {
			zone = tld
		}
	}
	return zone
}

// registrable reports what, if anything, keeps name from being a domain of this registry: one label below one of its zones.
// The reason is short enough for a check response.
func (p *Policy) registrable(name string) *Error {
	if !validHostName(name) {
		return blame(CodeSyntax, "domain:name", name, "not a domain name")
	}
	zone := p.zoneOf(name)
	if zone == "" {
		return blame(CodePolicy, "domain:name", name, "not below a zone of ours")
	}
	for _, tld := range p.TLDs {
		if name == tld {
			return blame(CodePolicy, "domain:name", name, "a zone of ours")
		}
	}
	if strings.Contains(strings.TrimSuffix(name, "."+zone), ".") {
		return blame(CodePolicy, "domain:name", name, "not directly below a zone")
	}
	return nil
}

// superordinate returns the name of the domain of ours that a host name lies in, or "" for an external host. A host may
// have the very name of its domain.
func (p *Policy) superordinate(host string) string {
	zone := p.zoneOf(host)
	if zone == "" {
		return ""
	}
	label := strings.TrimSuffix(host, "."+zone)
	return label[strings.LastIndexByte(label, '.')+1:] + "." + zone
}

// IP versions of an Address, as host:ipType spells them.
const (
	IPv4 = "v4"
	IPv6 = "v6"
)

// Address is an address of a host.
type Address struct {
	IP string // in the usual text form; stored canonical (RFC 5952)
	// Version is IPv4 or IPv6.
	Version string
}

// canonical returns a with its text in the one form in which addresses are compared, or a refusal.
func (a Address) canonical() (Address, error) {
	ip, err := netip.ParseAddr(a.IP)
	if err != nil || ip.Zone() != "" || ip.Is4() != (a.Version == IPv4) {
		return a, blame(CodeSyntax, "host:addr", a.IP, "not an IP"+a.Version+" address")
	}
	if ip.IsUnspecified() || ip.IsLoopback() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip.Is4In6() {
		return a, blame(CodePolicy, "host:addr", a.IP, "not an address that others can reach")
	}
	return Address{IP: ip.String(), Version: a.Version}, nil
}

func canonicalAddresses(list []Address) ([]Address, error) {
	var out []Address
	for _, a := range list {
		c, err := a.canonical()
		if err != nil {
			return nil, err
		}
		out = appendNew(out, c)
	}
	return out, nil
}
