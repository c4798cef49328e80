package repository_test

import (
	"encoding/base64"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/protogen-go/protogen/servers/registry/repository"
)

func TestSecDNSUpdate(t *testing.T) {
	one, two := DS{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: []byte{1}}, DS{KeyTag: 2, Algorithm: 13, DigestType: 2, Digest: []byte{2}}
	key := Key{Flags: 257, Protocol: 3, Algorithm: 13, PublicKey: []byte{3}}
	w := newWorld(t, Policy{MaxKeys: 2})
	must[*Domain](w)(w.CreateDomain(w.ctx, clientX, NewDomain{Name: "a.test", SecDNS: SecDNS{DS: []DS{one}}}))
	for _, c := range []struct {
		name string
		u    SecDNSUpdate
		want SecDNS // when code is 0
		code Code
	}{
		{"add", SecDNSUpdate{Add: SecDNS{DS: []DS{two}}, MaxSigLife: 60}, SecDNS{MaxSigLife: 60, DS: []DS{one, two}}, 0},
		{"add again", SecDNSUpdate{Add: SecDNS{DS: []DS{two, two}}}, SecDNS{MaxSigLife: 60, DS: []DS{one, two}}, 0},
		{"too many", SecDNSUpdate{Add: SecDNS{DS: []DS{{KeyTag: 3}}}}, SecDNS{}, CodePolicy},
		{"mixed", SecDNSUpdate{Remove: SecDNS{DS: []DS{one}}, Add: SecDNS{Keys: []Key{key}}}, SecDNS{}, CodePolicy},
		{"remove", SecDNSUpdate{Remove: SecDNS{DS: []DS{one, {KeyTag: 2}}}}, SecDNS{MaxSigLife: 60, DS: []DS{two}}, 0},
		{"replace all", SecDNSUpdate{RemoveAll: true, Add: SecDNS{Keys: []Key{key}, MaxSigLife: 5}}, SecDNS{MaxSigLife: 5, Keys: []Key{key}}, 0},
		{"bad protocol", SecDNSUpdate{Add: SecDNS{Keys: []Key{{Protocol: 1}}}}, SecDNS{}, CodePolicy},
		{"remove key", SecDNSUpdate{Remove: SecDNS{Keys: []Key{key}}, MaxSigLife: 7}, SecDNS{MaxSigLife: 7}, 0},
		{"remove all", SecDNSUpdate{RemoveAll: true}, SecDNS{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.UpdateDomain(w.ctx, clientX, DomainUpdate{Name: "a.test", SecDNS: &c.u})
			if c.code != 0 {
				refused(t, err, c.code)
				return
			}
			w.ok(err)
			if diff := cmp.Diff(c.want, w.info(clientX, "a.test").SecDNS); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// The delegation signer and key are those of RFC 4509 section 2.3, whose owner is dskey.example.com.
func TestVerifyDS(t *testing.T) {
	public, err := base64.StdEncoding.DecodeString("AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := hex.DecodeString("D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A")
	if err != nil {
		t.Fatal(err)
	}
	good := DS{KeyTag: 60485, Algorithm: 5, DigestType: 2, Digest: digest, Key: &Key{Flags: 256, Protocol: 3, Algorithm: 5, PublicKey: public}}
	w := newWorld(t, Policy{VerifyDS: true, TLDs: []string{"example.com"}})
	create := func(name string, ds DS) error {
		_, err := w.CreateDomain(w.ctx, clientX, NewDomain{Name: name, SecDNS: SecDNS{DS: []DS{ds}}})
		return err
	}
	change := func(f func(*DS)) DS { ds := good; f(&ds); return ds }
	refused(t, create("other.example.com", good), CodePolicy)
	refused(t, create("dskey.example.com", change(func(d *DS) { d.KeyTag++ })), CodePolicy)
	refused(t, create("dskey.example.com", change(func(d *DS) { d.DigestType = 1 })), CodePolicy)
	refused(t, create("dskey.example.com", change(func(d *DS) { d.DigestType = 3 })), CodePolicy)
	w.ok(create("dskey.example.com", good))
	w.ok(create("other.example.com", change(func(d *DS) { d.Key = nil }))) // the length is right, more cannot be known
}
