//go:build !bootstrap

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
	"github.com/protogen-go/protogen/servers/registrar"
	"github.com/protogen-go/protogen/servers/sip"
)

// sipAddresses are where SIP servers listen if nobody says otherwise.
var sipAddresses = []string{"udp://127.0.0.1:5060", "tcp://127.0.0.1:5060"}

// manyFlag is a flag that may be given several times.
type manyFlag []string

func (m *manyFlag) String() string     { return strings.Join(*m, ",") }
func (m *manyFlag) Set(v string) error { *m = append(*m, v); return nil }

// serveSIP runs a registrar and proxy, or a plain user agent server.
func serveSIP(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("serve sip", flag.ContinueOnError)
	var f sipServe
	flags.Var(&f.listen, "listen", "address to listen on, as in udp://127.0.0.1:5060, tcp://, tls://, ws:// or wss://; may be repeated")
	flags.BoolVar(&f.answer, "answer", false, "be a plain user agent server: 180 and 200 to INVITE, 200 to BYE, OPTIONS, REGISTER and MESSAGE")
	flags.Var(&f.domains, "domain", "domain whose users register here, beside the addresses listened on; may be repeated")
	flags.StringVar(&f.realm, "realm", "", "what users prove themselves for; empty asks nobody")
	flags.Var(&f.users, "user", "account, as in bob:secret; may be repeated")
	flags.StringVar(&f.tls.CertFile, "tls-cert", "", "PEM file with the server's certificate chain, for tls addresses")
	flags.StringVar(&f.tls.KeyFile, "tls-key", "", "PEM file with its key")
	flags.BoolVar(&f.selfSigned, "self-signed", false, "make a certificate for this run; nobody trusts it")
	flags.StringVar(&f.engine, "engine", loop.EngineGoroutine, "event loop: goroutine, or epoll on Linux")
	flags.BoolVar(&f.verbose, "verbose", false, "log what is refused")
	if rest, err := parse(c, flags, arguments); err != nil {
		return err
	} else if len(rest) > 0 {
		return usagef("unexpected argument %q", rest[0])
	}
	if f.answer && (len(f.domains) > 0 || f.realm != "" || len(f.users) > 0) {
		return usagef("--answer has no users")
	}
	if f.realm != "" && len(f.users) == 0 {
		return usagef("--realm needs users who can prove themselves: say --user")
	}
	return f.run(ctx, c)
}

// sipServe is one run of serve sip.
type sipServe struct {
	listen     manyFlag
	answer     bool
	domains    manyFlag
	realm      string
	users      manyFlag
	tls        socket.TLSConfig
	selfSigned bool
	engine     string
	verbose    bool
}

func (f *sipServe) run(ctx context.Context, c console) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	flags := serveFlags{verbose: f.verbose}
	config := sip.Config{Listen: f.listen, Name: "protogen", Logger: flags.logger(c)}
	if len(config.Listen) == 0 {
		config.Listen = sipAddresses
	}
	var err error
	if config.TLS, err = f.tlsConfig(); err != nil {
		return err
	}
	if config.Engine, err = loop.New(f.engine, loop.Config{Logger: config.Logger}); err != nil {
		return usagef("--engine: %v", err)
	}
	defer config.Engine.Close()
	server, err := f.server(ctx, config)
	if err != nil {
		return err
	}
	for i, a := range server.Addrs() {
		transport, _, _ := strings.Cut(config.Listen[i], "://")
		fmt.Fprintf(c.out, "listening on %s over %s\n", a, transport)
	}
	<-ctx.Done()
	return server.Close()
}

// server makes the server that was asked for.
func (f *sipServe) server(ctx context.Context, config sip.Config) (*sip.Server, error) {
	if f.answer {
		config.Handler, config.Inline = sip.Answerer{}.Methods(), true
		return sip.Listen(ctx, config)
	}
	directory := &registrar.Memory{Accounts: map[string]string{}}
	for _, user := range f.users {
		name, password, ok := strings.Cut(user, ":")
		if !ok || name == "" {
			return nil, usagef("--user %q is no name:password", user)
		}
		directory.Accounts[name] = password
	}
	server, err := registrar.Serve(ctx, config, registrar.Config{Domains: f.domains, Realm: f.realm, Directory: directory})
	if err != nil {
		return nil, err
	}
	return server.Server, nil
}

func (f *sipServe) tlsConfig() (*tls.Config, error) {
	switch {
	case f.selfSigned:
		certificate, err := socket.SelfSigned(selfSignedFor, "localhost", "127.0.0.1", "::1")
		return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, err
	case f.tls.CertFile != "" || f.tls.KeyFile != "":
		config, _, err := f.tls.Server()
		return config, err
	}
	return nil, nil
}

// callSIP sends one request and prints what comes back.
func callSIP(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("call sip", flag.ContinueOnError)
	var f sipCall
	flags.StringVar(&f.from, "from", "sip:protogen@localhost", "who calls")
	flags.StringVar(&f.proxy, "proxy", "", "send the request by way of this URI, as in sip:proxy.example")
	flags.StringVar(&f.user, "user", "", "name of the account, if the server asks")
	flags.StringVar(&f.password, "password", "", "its password")
	flags.StringVar(&f.contact, "contact", "", "of REGISTER: the address to be bound")
	flags.DurationVar(&f.hold, "hold", 0, "of INVITE: how long to stay in the call before BYE; of REGISTER: how long to stay registered, over a flow that is kept alive")
	flags.BoolVar(&f.insecure, "insecure", false, "trust any certificate")
	flags.DurationVar(&f.timeout, "timeout", 35*time.Second, "how long to wait for the final response")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "Usage: call sip METHOD URI [flags]\n\nas in: call sip OPTIONS sip:bob@biloxi.example\n"+
			"       call sip REGISTER sip:biloxi.example --from sip:bob@biloxi.example --user bob --password secret --hold 1h\n\n")
		flags.PrintDefaults()
	}
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return usagef("want a method (OPTIONS, REGISTER, INVITE, ...) and a URI")
	}
	f.method, f.target = strings.ToUpper(rest[0]), rest[1]
	return f.run(ctx, c)
}

// sipCall is one run of call sip.
type sipCall struct {
	method, target, from, proxy, user, password, contact string
	hold, timeout                                        time.Duration
	insecure                                             bool
}

func (f *sipCall) run(ctx context.Context, c console) error {
	req, err := f.request()
	if err != nil {
		return usagef("%v", err)
	}
	config := sip.Config{Name: "protogen", Listen: []string{"udp://:0", "tcp://:0", "ws://:0"}}
	if req.URI.Secure() || len(req.Route) > 0 && req.Route[0].URI.Secure() {
		config.Listen = append(config.Listen, "tls://:0", "wss://:0")
		certificate, err := socket.SelfSigned(selfSignedFor, "localhost")
		if err != nil {
			return err
		}
		config.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, InsecureSkipVerify: f.insecure}
	}
	client, err := sip.NewClient(ctx, config)
	if err != nil {
		return err
	}
	defer client.Close()
	var account *sip.Account
	if f.user != "" {
		account = &sip.Account{Username: f.user, Password: f.password}
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout+f.hold)
	defer cancel()
	switch {
	case f.method == "INVITE":
		err = f.invite(ctx, c, client, req, account)
	case f.method == "REGISTER" && f.hold > 0:
		err = f.stay(ctx, c, client, account)
	default:
		var res *sip.Response
		if res, err = client.DoAs(ctx, req, account); err == nil {
			err = f.show(c, res)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no final response from %s within %v", f.target, f.timeout)
	}
	return err
}

// stay registers and keeps the registration for a while.
func (f *sipCall) stay(ctx context.Context, c console, client *sip.Client, account *sip.Account) error {
	config := sip.Registering{User: f.from, Registrar: f.target, Account: account, Changed: func(_ int, err error) {
		if err != nil {
			fmt.Fprintf(c.out, "lost: %v\n", err)
			return
		}
		fmt.Fprintln(c.out, "registered")
	}}
	if f.proxy != "" {
		config.Proxies = []string{f.proxy}
	}
	registration, err := client.Register(ctx, config)
	if err != nil {
		return err
	}
	select {
	case <-time.After(f.hold):
	case <-ctx.Done():
	}
	return registration.Close(context.WithoutCancel(ctx))
}

// request makes the request.
func (f *sipCall) request() (*sip.Request, error) {
	req, err := sip.NewRequest(f.method, f.target)
	if err != nil {
		return nil, err
	}
	if err := req.From.URI.Set(f.from); err != nil {
		return nil, err
	}
	if f.proxy != "" {
		var route sip.Route
		if err := route.URI.Set(f.proxy); err != nil {
			return nil, err
		}
		route.URI.Params = route.URI.Params.With("lr", "")
		req.Route = []sip.Route{route}
	}
	if f.contact != "" {
		var contact sip.Contact
		if err := contact.URI.Set(f.contact); err != nil {
			return nil, err
		}
		req.Contact = []sip.Contact{contact}
	}
	if f.method == "REGISTER" {
		req.To = req.From
		req.Expires = header.Some[uint32](3600)
	}
	return req, nil
}

// invite holds a call.
func (f *sipCall) invite(ctx context.Context, c console, client *sip.Client, req *sip.Request, account *sip.Account) error {
	req.ContentType.Type, req.ContentType.Subtype, req.Body = "application", "sdp", []byte(sip.DefaultSession)
	if len(req.Contact) == 0 {
		contact, err := client.Contact(ctx, req)
		if err != nil {
			return err
		}
		req.Contact = []sip.Contact{contact}
	}
	call, err := client.Invite(ctx, req, account, func(res *sip.Response) { _ = f.show(c, res) })
	if err != nil {
		return err
	}
	if err := f.show(c, call.Response); err != nil {
		return err
	}
	select {
	case <-time.After(f.hold):
	case <-ctx.Done():
	}
	return call.Bye(context.WithoutCancel(ctx))
}

// show prints the status line of a response; one that is no success is an error.
func (f *sipCall) show(c console, res *sip.Response) error {
	reason := res.Reason
	if reason == "" {
		reason = res.Status.Text()
	}
	fmt.Fprintf(c.out, "%d %s\n", res.Status, reason)
	if res.Status >= 300 {
		return &sip.StatusError{Response: res}
	}
	return nil
}
