package repository

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	passwordPasses  = 2
	passwordThreads = 1
	passwordSalt    = 16 // octets
	passwordSum     = 32 // octets
	// passwordMaxMemory bounds what a stored hash may ask of us, in KiB.
	passwordMaxMemory = 1 << 20
	// passwordParallel bounds how many passwords are hashed at once: each takes the policy's memory and a core.
	passwordParallel = 2
)

// passwordHash hashes passwords with argon2id (RFC 9106) into the usual "$argon2id$v=19$m=,t=,p=$salt$sum" form.
type passwordHash struct {
	memory uint32 // KiB
	turns  *turns
	decoy  string // a hash that no password has been made for
}

// newPasswordHash takes the KiB of a hash, and how many of one source may wait for theirs.
func newPasswordHash(memory, waiting int) passwordHash {
	h := passwordHash{memory: uint32(memory), turns: newTurns(passwordParallel, waiting)}
	h.decoy = h.encode(make([]byte, passwordSalt), make([]byte, passwordSum))
	return h
}

// sum returns the stored form of a password, under a new salt. It waits for a turn of source.
func (h passwordHash) sum(ctx context.Context, source, password string) (string, error) {
	salt := make([]byte, passwordSalt)
	rand.Read(salt) // never fails
	sum, err := h.derive(ctx, source, password, salt, h.memory, passwordPasses, passwordThreads)
	if err != nil {
		return "", err
	}
	return h.encode(salt, sum), nil
}

func (h passwordHash) encode(salt, sum []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.memory, passwordPasses, passwordThreads, b64(salt), b64(sum))
}

// verify reports whether password is the one that stored was made from. It takes as long for an empty stored value, so that
// a registrar that does not exist cannot be told from a wrong password by the clock. It waits for a turn of source.
func (h passwordHash) verify(ctx context.Context, source, stored, password string) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.decoy
	}
	var version, passes int
	var memory uint32
	var threads uint8
	parts := strings.Split(stored, "$") // "", argon2id, version, cost, salt, sum
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("repository: stored password is not an argon2id hash")
	}
	_, err1 := fmt.Sscanf(parts[2], "v=%d", &version)
	_, err2 := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads)
	salt, err3 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err4 := base64.RawStdEncoding.DecodeString(parts[5])
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return false, fmt.Errorf("repository: stored password: %w", err)
		}
	}
	if version != argon2.Version || memory > passwordMaxMemory || passes < 1 || threads < 1 || len(want) != passwordSum {
		return false, fmt.Errorf("repository: stored password: parameters %q not supported", parts[3])
	}
	got, err := h.derive(ctx, source, password, salt, memory, uint32(passes), threads)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func (h passwordHash) derive(ctx context.Context, source, password string, salt []byte, memory, passes uint32, threads uint8) ([]byte, error) {
	if err := h.turns.begin(ctx, source); err != nil {
		return nil, err
	}
	defer h.turns.end()
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, passwordSum), nil
}
