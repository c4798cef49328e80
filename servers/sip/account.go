package sip

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
)

// DefaultNonceLife is how long a nonce is good for.
const DefaultNonceLife = 5 * time.Minute

// Accounts ask for credentials and verify them: RFC 3261 section 22, with the algorithms of RFC 8760. Nothing is remembered of a nonce: it
// carries its time and a proof of its own.
type Accounts struct {
	Realm      string
	Algorithms []string      // those offered, the best first; nil means SHA-256 and MD5
	NonceLife  time.Duration // 0 means DefaultNonceLife
	Proxy      bool          // ask as a proxy does: 407
	// Password is that of a user, and whether there is such a one. An error gets the request a 500. Required.
	Password func(ctx context.Context, username string) (password string, ok bool, err error)

	once sync.Once
	key  [32]byte
}

// Protect is a handler that lets requests through to h when they prove who sends them; ACK and CANCEL cannot be asked to
// (RFC 3261 section 22.1).
func (a *Accounts) Protect(h Handler) Handler {
	return HandlerFunc(func(w *Responder, r *Request) {
		if r.Method == "ACK" || r.Method == "CANCEL" {
			h.ServeSIP(w, r)
			return
		}
		if _, ok := a.Authenticate(w, r); ok {
			h.ServeSIP(w, r)
		}
	})
}

// Authenticate returns who has sent a request. Otherwise the request has been answered: by a challenge, mostly.
func (a *Accounts) Authenticate(w *Responder, r *Request) (username string, ok bool) {
	list := r.Authorization
	if a.Proxy {
		list = r.ProxyAuthorization
	}
	stale := false
	for _, c := range list {
		if c.Arguments.Value("realm") != a.Realm {
			continue
		}
		name := c.Arguments.Value("username")
		password, known, err := a.Password(w.Context(), name)
		switch {
		case err != nil:
			_ = w.Reply(wire.CodeServerInternalError)
			return "", false
		case !known || !Verify(c, r.Method, password):
		case !a.fresh(c.Arguments.Value("nonce")):
			stale = true
		default:
			return name, true
		}
	}
	_ = w.Respond(a.challenge(r, stale))
	return "", false
}

// Verify reports whether credentials prove that their sender knows the password. Whether the nonce is ours is not looked at.
func Verify(c Credentials, method, password string) bool {
	h, _ := digestOf(c.Arguments.Value("algorithm"))
	if h == nil || !strings.EqualFold(c.Scheme, "Digest") {
		return false
	}
	v := c.Arguments.Value
	d := digest{
		hash: h, username: v("username"), realm: v("realm"), nonce: v("nonce"), uri: v("uri"), cnonce: v("cnonce"), nc: v("nc"), qop: v("qop"), method: method,
	}
	if d.qop != "" && d.qop != "auth" {
		return false
	}
	want := d.response(hexOf(h, d.username, d.realm, password))
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(v("response")))) == 1
}

// challenge asks for credentials, once for each algorithm.
func (a *Accounts) challenge(r *Request, stale bool) *Response {
	code := wire.CodeUnauthorized
	if a.Proxy {
		code = wire.CodeProxyAuthenticationRequired
	}
	res := NewResponse(r, code)
	algorithms := a.Algorithms
	if algorithms == nil {
		algorithms = []string{"SHA-256", "MD5"}
	}
	for _, name := range algorithms {
		args := header.Arguments("").With("realm", header.Quote(a.Realm)).With("nonce", header.Quote(a.nonce(time.Now()))).
			With("algorithm", name).With("qop", header.Quote("auth"))
		if stale {
			args = args.With("stale", "true")
		}
		c := Challenge{Scheme: "Digest", Arguments: args}
		if a.Proxy {
			res.ProxyAuthenticate = append(res.ProxyAuthenticate, c)
		} else {
			res.WWWAuthenticate = append(res.WWWAuthenticate, c)
		}
	}
	return res
}

// nonce is a time and the proof that it is ours.
func (a *Accounts) nonce(at time.Time) string {
	a.once.Do(func() { _, _ = rand.Read(a.key[:]) })
	var b [8 + sha256.Size]byte
	binary.BigEndian.PutUint64(b[:], uint64(at.Unix()))
	proof := hmac.New(sha256.New, a.key[:])
	proof.Write(b[:8])
	return base64.RawURLEncoding.EncodeToString(proof.Sum(b[:8])[:24])
}

// fresh reports whether a nonce is ours and not too old.
func (a *Accounts) fresh(nonce string) bool {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 24 {
		return false
	}
	at := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	life := a.NonceLife
	if life == 0 {
		life = DefaultNonceLife
	}
	return hmac.Equal([]byte(nonce), []byte(a.nonce(at))) && time.Since(at) <= life
}
