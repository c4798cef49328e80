package sip

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// An Account is who we are to servers that ask.
type Account struct{ Username, Password string }

// A StatusError is a final response that is none of class 2.
type StatusError struct{ Response *Response }

func (e *StatusError) Error() string {
	reason := e.Response.Reason
	if reason == "" {
		reason = e.Response.Status.Text()
	}
	return fmt.Sprintf("sip: %d %s", e.Response.Status, reason)
}

// digests are the algorithms of RFC 8760 that we know, the best first.
var digests = []struct {
	name string
	new  func() hash.Hash
}{
	{"SHA-512-256", sha512.New512_256},
	{"SHA-256", sha256.New},
	{"MD5", md5.New},
}

// digestOf finds an algorithm; none named is MD5 (RFC 7616 section 3.3).
func digestOf(name string) (func() hash.Hash, int) {
	if name == "" {
		name = "MD5"
	}
	for i, d := range digests {
		if strings.EqualFold(d.name, name) {
			return d.new, i
		}
	}
	return nil, -1
}

func hexOf(h func() hash.Hash, parts ...string) string {
	sum := h()
	for i, p := range parts {
		if i > 0 {
			sum.Write([]byte{':'})
		}
		sum.Write([]byte(p))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// A digest is what goes into a response to a challenge.
type digest struct {
	hash                                         func() hash.Hash
	username, realm, nonce, uri, cnonce, nc, qop string
	method                                       string
}

// response is RFC 7616 section 3.4.1; secret is the hash of username, realm and password.
func (d *digest) response(secret string) string {
	request := hexOf(d.hash, d.method, d.uri)
	if d.qop == "" {
		return hexOf(d.hash, secret, d.nonce, request)
	}
	return hexOf(d.hash, secret, d.nonce, d.nc, d.cnonce, d.qop, request)
}

// best is the challenge with the best algorithm that we know: RFC 8760 section 2.3.
func best(challenges []Challenge) (Challenge, bool) {
	found, rank := Challenge{}, len(digests)
	for _, c := range challenges {
		if _, i := digestOf(c.Arguments.Value("algorithm")); strings.EqualFold(c.Scheme, "Digest") && i >= 0 && i < rank {
			found, rank = c, i
		}
	}
	return found, rank < len(digests)
}

// answer makes the credentials for a challenge.
func (a *Account) answer(c Challenge, method, uri string) Credentials {
	h, _ := digestOf(c.Arguments.Value("algorithm"))
	d := digest{hash: h, username: a.Username, realm: c.Arguments.Value("realm"), nonce: c.Arguments.Value("nonce"), uri: uri, method: method}
	offered := strings.FieldsFunc(c.Arguments.Value("qop"), func(r rune) bool { return r == ',' || r == ' ' })
	if slices.Contains(offered, "auth") {
		d.qop, d.nc, d.cnonce = "auth", "00000001", rand.Text()
	}
	args := header.Arguments("").
		With("username", header.Quote(d.username)).With("realm", header.Quote(d.realm)).With("nonce", header.Quote(d.nonce)).
		With("uri", header.Quote(uri)).With("response", header.Quote(d.response(hexOf(h, a.Username, d.realm, a.Password))))
	if name := c.Arguments.Value("algorithm"); name != "" {
		args = args.With("algorithm", name)
	}
	if opaque, ok := c.Arguments.Get("opaque"); ok {
		args = args.With("opaque", header.Quote(opaque))
	}
	if d.qop != "" {
		args = args.With("qop", d.qop).With("nc", d.nc).With("cnonce", header.Quote(d.cnonce))
	}
	return Credentials{Scheme: "Digest", Arguments: args}
}

// authorize adds to a request the answers to what a 401 or 407 asks. It reports false when there is nothing we can answer.
func (a *Account) authorize(req *Request, res *Response) bool {
	challenges := res.WWWAuthenticate
	if res.Status == wire.CodeProxyAuthenticationRequired {
		challenges = res.ProxyAuthenticate
	}
	c, ok := best(challenges)
	if !ok {
		return false
	}
	answer := a.answer(c, req.Method, req.URI.String())
	if res.Status == wire.CodeProxyAuthenticationRequired {
		req.ProxyAuthorization = append(req.ProxyAuthorization, answer)
	} else {
		req.Authorization = append(req.Authorization, answer)
	}
	return true
}

// maxChallenges is how many challenges in a row are answered: one of a proxy, one of the server, and one whose nonce was stale.
const maxChallenges = 3

// DoAs is Do with an account: challenges are answered.
func (c *Client) DoAs(ctx context.Context, req *Request, account *Account) (*Response, error) {
	call, res, err := c.do(ctx, req, account, nil, c.try)
	if call != nil {
		call.Close()
	}
	return res, err
}

// An attempt sends a request and waits for its final response.
type attempt func(ctx context.Context, req *Request, progress func(*Response)) (*Call, *Response, error)

// do sends a request, again with credentials when it is challenged, and returns the call that brought the final response.
func (c *Client) do(ctx context.Context, req *Request, account *Account, progress func(*Response), send attempt) (*Call, *Response, error) {
	for challenges := 0; ; challenges++ {
		call, res, err := send(ctx, req, progress)
		if err != nil {
			return nil, nil, err
		}
		asked := res.Status == wire.CodeUnauthorized || res.Status == wire.CodeProxyAuthenticationRequired
		if !asked || account == nil || challenges >= maxChallenges {
			return call, res, nil
		}
		again := *call.request
		again.Via = again.Via[1:]
		again.CSeq.Number++
		if challenges > 0 { // what was answered did not do
			again.Authorization, again.ProxyAuthorization = nil, nil
		}
		if !account.authorize(&again, res) {
			return call, res, nil
		}
		call.Close()
		req = &again
	}
}

// try sends a request to one of its targets after the other, until one answers: RFC 3263 section 4.3.
func (c *Client) try(ctx context.Context, req *Request, progress func(*Response)) (*Call, *Response, error) {
	links, err := c.stack.targets(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	c.complete(req)
	for i, link := range links {
		attempt := *req
		call, err := c.StartAt(&attempt, link)
		if err != nil {
			return nil, nil, err
		}
		res, err := call.final(ctx, progress)
		more := i < len(links)-1 && ctx.Err() == nil
		switch {
		case more && (errors.Is(err, ErrUndelivered) || errors.Is(err, ErrTimeout)), more && err == nil && res.Status == wire.CodeServiceUnavailable:
			call.Close()
		case err != nil:
			call.Close()
			return nil, nil, err
		default:
			return call, res, nil
		}
	}
	return nil, nil, ErrNoTransport
}

// at is the attempt to send along one link.
func (c *Client) at(link transaction.Link) attempt {
	return func(ctx context.Context, req *Request, progress func(*Response)) (*Call, *Response, error) {
		c.complete(req)
		call, err := c.StartAt(req, link)
		if err != nil {
			return nil, nil, err
		}
		res, err := call.final(ctx, progress)
		if err != nil {
			call.Close()
			return nil, nil, err
		}
		return call, res, nil
	}
}

// final waits for the final response.
func (c *Call) final(ctx context.Context, progress func(*Response)) (*Response, error) {
	for {
		res, err := c.Next(ctx)
		switch {
		case err != nil && ctx.Err() != nil && c.request.Method == "INVITE":
			return c.abandon(ctx)
		case err != nil || res.Status >= 200:
			return res, err
		case progress != nil:
			progress(res)
		}
	}
}
