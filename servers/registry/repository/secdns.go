package repository

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SecDNS is the DNSSEC data of a domain (RFC 5910): delegation signer data or keys, never both.
type SecDNS struct {
	MaxSigLife int   `json:",omitempty"` // seconds; 0 if the registrar gave none
	DS         []DS  `json:",omitempty"`
	Keys       []Key `json:",omitempty"`
}

// DS is delegation signer data (RFC 4034 section 5).
type DS struct {
	KeyTag     uint16
	Algorithm  uint8
	DigestType uint8
	Digest     []byte
	Key        *Key `json:",omitempty"` // the key it was made from, nil if not given
}

// Key is a DNSKEY (RFC 4034 section 2).
type Key struct {
	Flags     uint16
	Protocol  uint8
	Algorithm uint8
	PublicKey []byte
}

// SecDNSUpdate changes DNSSEC data: first RemoveAll or Remove, then Add, then MaxSigLife (RFC 5910 section 5.2.5).
type SecDNSUpdate struct {
	RemoveAll  bool
	Remove     SecDNS
	Add        SecDNS
	MaxSigLife int  // 0 leaves it
	Urgent     bool // refused with 2102: this registry has no faster way
}

func (d DS) equal(o DS) bool {
	return d.KeyTag == o.KeyTag && d.Algorithm == o.Algorithm && d.DigestType == o.DigestType && bytes.Equal(d.Digest, o.Digest)
}

func (k Key) equal(o Key) bool {
	return k.Flags == o.Flags && k.Protocol == o.Protocol && k.Algorithm == o.Algorithm && bytes.Equal(k.PublicKey, o.PublicKey)
}

// apply changes s by u. Adding what is there and removing what is not has no effect.
func (s *SecDNS) apply(u *SecDNSUpdate) error {
	if u.Urgent {
		return refuse(CodeOption, "urgent updates of secDNS data are not offered")
	}
	if u.RemoveAll {
		*s = SecDNS{}
	}
	s.DS = slices.DeleteFunc(s.DS, func(d DS) bool { return slices.ContainsFunc(u.Remove.DS, d.equal) })
	s.Keys = slices.DeleteFunc(s.Keys, func(k Key) bool { return slices.ContainsFunc(u.Remove.Keys, k.equal) })
	for _, d := range u.Add.DS {
		if !slices.ContainsFunc(s.DS, d.equal) {
			s.DS = append(s.DS, d)
		}
	}
	for _, k := range u.Add.Keys {
		if !slices.ContainsFunc(s.Keys, k.equal) {
			s.Keys = append(s.Keys, k)
		}
	}
	for _, life := range []int{u.Add.MaxSigLife, u.MaxSigLife} {
		if life != 0 {
			s.MaxSigLife = life
		}
	}
	return nil
}

// check applies policy to the data of a domain.
func (s *SecDNS) check(p *Policy, domain string) error {
	switch {
	case len(s.DS) > 0 && len(s.Keys) > 0:
		return refuse(CodePolicy, "dsData and keyData cannot be mixed")
	case len(s.DS) > p.MaxKeys || len(s.Keys) > p.MaxKeys:
		return refuse(CodePolicy, "too many secDNS records")
	}
	for _, k := range s.Keys {
		if k.Protocol != dnskeyProtocol {
			return blame(CodePolicy, "secDNS:protocol", strconv.Itoa(int(k.Protocol)), "not 3 (RFC 4034 section 2.1.2)")
		}
	}
	if !p.VerifyDS {
		return nil
	}
	for _, d := range s.DS {
		if err := d.verify(domain); err != nil {
			return err
		}
	}
	return nil
}

const dnskeyProtocol = 3 // the only value of a DNSKEY's protocol field

// digests are the digest types of delegation signer data that are in use (RFC 4034, RFC 4509, RFC 6605).
var digests = map[uint8]func([]byte) []byte{
	1: func(b []byte) []byte { s := sha1.Sum(b); return s[:] },
	2: func(b []byte) []byte { s := sha256.Sum256(b); return s[:] },
	4: func(b []byte) []byte { s := sha512.Sum384(b); return s[:] },
}

// verify checks the digest against its type and, if the key is there, against the key.
func (d DS) verify(domain string) error {
	digest := digests[d.DigestType]
	if digest == nil {
		return blame(CodePolicy, "secDNS:digestType", strconv.Itoa(int(d.DigestType)), "not a digest type in use")
	}
	text := fmt.Sprintf("%X", d.Digest)
	if len(d.Digest) != len(digest(nil)) {
		return blame(CodePolicy, "secDNS:digest", text, "not the length of its digest type")
	}
	if d.Key == nil {
		return nil
	}
	rdata := d.Key.rdata()
	if d.KeyTag != keyTag(rdata) || d.Algorithm != d.Key.Algorithm || !bytes.Equal(d.Digest, digest(append(wireName(domain), rdata...))) {
		return blame(CodePolicy, "secDNS:digest", text, "not the digest of the key given with it")
	}
	return nil
}

// rdata is k as a DNSKEY record holds it.
func (k *Key) rdata() []byte {
	b := binary.BigEndian.AppendUint16(nil, k.Flags)
	return append(append(b, k.Protocol, k.Algorithm), k.PublicKey...)
}

// keyTag is the algorithm of RFC 4034 appendix B.
func keyTag(rdata []byte) uint16 {
	var sum uint32
	for i, b := range rdata {
		if i%2 == 0 {
			sum += uint32(b) << 8
		} else {
			sum += uint32(b)
		}
	}
	return uint16(sum + sum>>16)
}

// wireName is a valid host name in the form of RFC 1035 section 3.1.
func wireName(name string) []byte {
	var b []byte
	for label := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}
