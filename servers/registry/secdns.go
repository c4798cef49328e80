package registry

import (
	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// secDNS is the DNSSEC data of a message.
func secDNS(m *epp.SecDNSDSOrKey) repository.SecDNS {
	return repository.SecDNS{MaxSigLife: int(m.MaxSigLife), DS: signers(m.DSData), Keys: keys(m.KeyData)}
}

// secDNSUpdate is a change of DNSSEC data.
func secDNSUpdate(m *epp.SecDNSUpdate) *repository.SecDNSUpdate {
	u := &repository.SecDNSUpdate{Urgent: m.Urgent}
	if rem := m.Rem; rem != nil {
		u.RemoveAll = rem.All != nil && *rem.All // false removes nothing
		u.Remove = repository.SecDNS{DS: signers(rem.DSData), Keys: keys(rem.KeyData)}
	}
	if m.Add != nil {
		u.Add = secDNS(m.Add)
	}
	if m.Chg != nil {
		u.MaxSigLife = int(m.Chg.MaxSigLife)
	}
	return u
}

func signers(list []epp.SecDNSDSData) []repository.DS {
	var out []repository.DS
	for _, m := range list {
		d := repository.DS{KeyTag: m.KeyTag, Algorithm: m.Alg, DigestType: m.DigestType, Digest: m.Digest}
		if m.KeyData != nil {
			d.Key = &keys([]epp.SecDNSKeyData{*m.KeyData})[0]
		}
		out = append(out, d)
	}
	return out
}

func keys(list []epp.SecDNSKeyData) []repository.Key {
	var out []repository.Key
	for _, m := range list {
		out = append(out, repository.Key{Flags: m.Flags, Protocol: m.Protocol, Algorithm: m.Alg, PublicKey: m.PubKey})
	}
	return out
}

// secDNSData shows DNSSEC data, nil if there is none.
func secDNSData(s *repository.SecDNS) *epp.SecDNSInfData {
	if len(s.DS) == 0 && len(s.Keys) == 0 {
		return nil
	}
	m := &epp.SecDNSInfData{MaxSigLife: int32(s.MaxSigLife)}
	for _, d := range s.DS {
		data := epp.SecDNSDSData{KeyTag: d.KeyTag, Alg: d.Algorithm, DigestType: d.DigestType, Digest: d.Digest}
		if d.Key != nil {
			data.KeyData = keyData(d.Key)
		}
		m.DSData = append(m.DSData, data)
	}
	for i := range s.Keys {
		m.KeyData = append(m.KeyData, *keyData(&s.Keys[i]))
	}
	return m
}

func keyData(k *repository.Key) *epp.SecDNSKeyData {
	return &epp.SecDNSKeyData{Flags: k.Flags, Protocol: k.Protocol, Alg: k.Algorithm, PubKey: k.PublicKey}
}
