package registrar

import (
	"context"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header/uri"
	"github.com/protogen-go/protogen/servers/sip"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

// Defaults of Config.
const (
	DefaultExpires     = time.Hour
	DefaultMinExpires  = time.Minute
	DefaultMaxExpires  = 24 * time.Hour
	DefaultMaxBindings = 16
	DefaultFlowTimer   = 2 * time.Minute
	DefaultTimerC      = 181 * time.Second // "MUST be larger than 3 minutes": RFC 3261 section 16.6
)

// flowGrace is how much later than it said a user agent may be: a connection over which users are reached must not be closed because it is idle.
const flowGrace = 15 * time.Second

// Config says what a registrar serves. In each field zero means the default.
type Config struct {
	// Domains are those whose users register here. The addresses that the server listens on are its own domains too.
	Domains []string
	// Realm is what users prove themselves for; empty asks nobody.
	Realm string
	// Directory keeps bindings and accounts; nil means a Memory.
	Directory Directory

	Expires     time.Duration // of a binding that asks for no time
	MinExpires  time.Duration // a binding may not ask for less; 423 then
	MaxExpires  time.Duration // nor gets more
	MaxBindings int           // of a user
	FlowTimer   time.Duration // how long the connection of a user agent that keeps it alive may be silent (RFC 5626)
	TimerC      time.Duration // how long an INVITE that is passed on may ring without another provisional response
}

// A Server is a registrar and proxy at work.
type Server struct {
	*sip.Server
	config   Config
	client   *sip.Client
	accounts *sip.Accounts // ask users; nil when nobody is asked
	relays   *sip.Accounts // ask who wants to go elsewhere
	own      map[string]bool
	seed     maphash.Seed // of what marks our branches
	ready    chan struct{}
}

// Serve begins to serve on the legs of transport, whose Handler, Inline and Ability it sets, and Limits.MinExpire if that is zero, so that
// connections of users who keep them alive stay.
func Serve(ctx context.Context, transport sip.Config, c Config) (*Server, error) {
	s := &Server{config: c.withDefaults(), own: map[string]bool{}, seed: maphash.MakeSeed(), ready: make(chan struct{})}
	if c.Realm != "" {
		s.accounts = &sip.Accounts{Realm: c.Realm, Password: s.config.Directory.Password}
		s.relays = &sip.Accounts{Realm: c.Realm, Password: s.config.Directory.Password, Proxy: true}
	}
	if transport.Limits.MinExpire == 0 {
		transport.Limits.MinExpire = s.config.FlowTimer + flowGrace
	}
	transport.Handler = s
	transport.Inline = false
	transport.Ability = ability.Set{Proxy: true, Registrar: true, Realm: c.Realm}
	server, err := sip.Listen(ctx, transport)
	if err != nil {
		return nil, err
	}
	s.Server, s.client = server, server.Client()
	for _, a := range server.Addrs() {
		s.own[a.String()] = true
	}
	for _, d := range c.Domains {
		s.own[strings.ToLower(d)] = true
	}
	close(s.ready)
	return s, nil
}

func (c Config) withDefaults() Config {
	for field, value := range map[*time.Duration]time.Duration{
		&c.Expires: DefaultExpires, &c.MinExpires: DefaultMinExpires, &c.MaxExpires: DefaultMaxExpires, &c.TimerC: DefaultTimerC, &c.FlowTimer: DefaultFlowTimer,
	} {
		if *field == 0 {
			*field = value
		}
	}
	if c.MaxBindings == 0 {
		c.MaxBindings = DefaultMaxBindings
	}
	if c.Directory == nil {
		c.Directory = &Memory{}
	}
	return c
}

// ServeSIP implements sip.Handler.
func (s *Server) ServeSIP(w *sip.Responder, r *sip.Request) {
	<-s.ready
	flow := s.unroute(r)
	switch {
	case len(r.Route) > 0, flow.flow != "":
		flow.r = s.forwarded(r, r.URI)
		if len(r.Route) > 0 {
			flow.flow = "" // another proxy comes first
		}
		s.proxy(w, r, []target{flow})
	case !s.owns(&r.URI):
		s.leave(w, r)
	case r.Method == "REGISTER":
		s.register(w, r)
	case r.URI.User == "" && r.Method == "OPTIONS":
		s.options(w, r)
	case r.URI.User == "":
		if r.Method != "ACK" {
			_ = w.Reply(wire.CodeMethodNotAllowed)
		}
	default:
		s.deliver(w, r)
	}
}

// owns reports whether a URI is of a domain of ours.
func (s *Server) owns(u *uri.URI) bool {
	if !u.IsSIP() {
		return false
	}
	host := strings.ToLower(u.Host)
	if s.own[host] && u.Port == 0 {
		return true
	}
	port := u.Port
	if port == 0 {
		port = 5060
		if u.Secure() {
			port = 5061
		}
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return s.own[netip.AddrPortFrom(a, port).String()]
	}
	return s.own[host]
}

// user is the name by which the directory knows the user of a URI.
func user(u *uri.URI) string {
	return uri.Unescape(u.User) + "@" + strings.ToLower(u.Host)
}

// options answers for the server itself.
func (s *Server) options(w *sip.Responder, r *sip.Request) {
	res := sip.NewResponse(r, wire.CodeOK)
	res.Allow = []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "MESSAGE"}
	res.Supported = extensions
	_ = w.Respond(res)
}

// leave passes a request on to another domain, for those who may.
func (s *Server) leave(w *sip.Responder, r *sip.Request) {
	if r.Method == "ACK" || inDialog(r) {
		s.proxy(w, r, []target{{r: s.forwarded(r, r.URI)}})
		return
	}
	if s.relays == nil {
		_ = w.Reply(wire.CodeForbidden)
		return
	}
	if _, ok := s.relays.Authenticate(w, r); !ok {
		return
	}
	r.ProxyAuthorization = nil // it was for us
	t := target{r: s.forwarded(r, r.URI)}
	if r.Method == "REGISTER" {
		s.path(w, t.r)
	}
	s.proxy(w, r, []target{t})
}

// inDialog reports whether a request belongs to a dialog, which was let through when it began.
func inDialog(r *sip.Request) bool { return r.To.Tag() != "" }

// deliver passes a request on to where its user has registered.
func (s *Server) deliver(w *sip.Responder, r *sip.Request) {
	list, known, err := s.config.Directory.Bindings(w.Context(), user(&r.URI))
	switch {
	case err != nil:
		_ = w.Reply(wire.CodeServerInternalError)
		return
	case r.Method != "ACK" && !known:
		_ = w.Reply(wire.CodeNotFound)
		return
	}
	branches := s.branches(r, list)
	if len(branches) == 0 {
		if r.Method != "ACK" {
			_ = w.Reply(wire.CodeTemporarilyUnavailable)
		}
		return
	}
	s.proxy(w, r, branches...)
}

// branches are the targets of a user's bindings: those of one user agent make one branch.
func (s *Server) branches(r *sip.Request, list []Binding) (branches [][]target) {
	now, agents := time.Now(), map[string]int{}
	for _, b := range list {
		if !b.Deadline.After(now) {
			continue
		}
		t := target{r: s.forwarded(r, b.URI), flow: b.Flow, only: b.Only}
		t.r.Route = slices.Concat(b.Path, t.r.Route)
		if b.Only || b.Instance != "" {
			t.lost = func() { s.unbind(user(&r.URI), b) }
		}
		if at, known := agents[b.Instance]; known && b.Instance != "" {
			branches[at] = append(branches[at], t)
			continue
		}
		agents[b.Instance] = len(branches)
		branches = append(branches, []target{t})
	}
	return branches
}

// unbind removes a binding whose flow has failed: RFC 5626 section 6.
func (s *Server) unbind(user string, lost Binding) {
	_ = s.config.Directory.Update(context.Background(), user, func(list []Binding) ([]Binding, error) {
		return slices.DeleteFunc(list, func(b Binding) bool {
			return b.replaces(lost) && b.CallID == lost.CallID && b.CSeq == lost.CSeq
		}), nil
	})
}
