package sip

import (
	"crypto/rand"
	"hash/maphash"
	"strconv"

	"github.com/protogen-go/protogen/runtime/transaction"
)

// tags makes the tags of our side: one and the same for all responses of a transaction, without remembering any.
type tags struct{ a, b maphash.Seed }

func newTags() tags { return tags{maphash.MakeSeed(), maphash.MakeSeed()} }

func (t tags) of(id transaction.ID, callID string) string {
	return strconv.FormatUint(maphash.Comparable(t.a, id)^maphash.String(t.b, callID), 36)
}

// magicCookie begins the branches of RFC 3261.
const magicCookie = "z9hG4bK"

// newBranch is a branch that no other transaction has, anywhere.
func newBranch() string { return magicCookie + rand.Text() }
