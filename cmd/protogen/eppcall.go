//go:build !bootstrap

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/frame"
)

// eppFraming is how --trace cuts frames: RFC 5734 section 4.
var eppFraming = frame.Length{Width: 4, All: true, Max: 16 << 20}

// eppVerbs says what call epp can do, one line each.
const eppVerbs = `hello                      show the greeting
  login                      log in and out again
  check TYPE NAME...         TYPE is domain, host or contact
  info TYPE NAME
  create TYPE NAME [flags]
  delete TYPE NAME
  poll [ack ID]              read the message queue`

// eppCall is one run of call epp.
type eppCall struct {
	console
	dialFlags
	user, password string
	clTRID         string
	create         createFlags
}

// createFlags describe the object to create.
type createFlags struct {
	auth                  string
	years                 uint
	registrant            string
	admin, tech, billing  string
	ns, ip                string
	person, email, street string
	city, country, voice  string
}

func (f *createFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&f.auth, "auth", "", "create domain, contact: authorization information")
	flags.UintVar(&f.years, "years", 1, "create domain: registration period")
	flags.StringVar(&f.registrant, "registrant", "", "create domain: contact of the registrant")
	flags.StringVar(&f.admin, "admin", "", "create domain: administrative contact")
	flags.StringVar(&f.tech, "tech", "", "create domain: technical contact")
	flags.StringVar(&f.billing, "billing", "", "create domain: billing contact")
	flags.StringVar(&f.ns, "ns", "", "create domain: host names, comma separated")
	flags.StringVar(&f.ip, "ip", "", "create host: addresses, comma separated")
	flags.StringVar(&f.person, "name", "", "create contact: name of the person or role")
	flags.StringVar(&f.email, "email", "", "create contact: mail address")
	flags.StringVar(&f.street, "street", "", "create contact: street")
	flags.StringVar(&f.city, "city", "", "create contact: city")
	flags.StringVar(&f.country, "country", "", "create contact: country, two letters")
	flags.StringVar(&f.voice, "voice", "", "create contact: telephone, such as +1.7035555555")
}

func callEPP(ctx context.Context, c console, arguments []string) error {
	e := eppCall{console: c}
	flags := flag.NewFlagSet("call epp", flag.ContinueOnError)
	e.dialFlags.register(flags, "localhost:700")
	flags.StringVar(&e.user, "user", "", "client identifier (clID)")
	flags.StringVar(&e.password, "password", "", "password; or the environment variable EPP_PASSWORD")
	flags.StringVar(&e.clTRID, "cltrid", "", "the client's transaction identifier")
	e.create.register(flags)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: protogen call epp [flags] VERB ...\n  %s\nflags:\n", eppVerbs)
		flags.PrintDefaults()
	}
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usagef("do what?\n  %s", eppVerbs)
	}
	if rest[0] != "hello" {
		if e.password, err = password(e.password, "EPP_PASSWORD"); err != nil {
			return err
		}
		if e.user == "" {
			return usagef("who? say --user")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	return e.run(ctx, rest)
}

func (e *eppCall) run(ctx context.Context, rest []string) error {
	do, err := e.verb(rest)
	if err != nil {
		return err
	}
	nc, err := e.dial(ctx, e.console, eppFraming)
	if err != nil {
		return err
	}
	client, err := epp.NewClient(ctx, nc, nil)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s sent no greeting within %v: does it speak EPP, and %s?", e.address, e.timeout, e.tlsDoubt())
	}
	if err != nil {
		return err
	}
	defer client.Close()
	if rest[0] == "hello" {
		return e.show(client.Greeting())
	}
	if err := e.login(ctx, client, client.Greeting()); err != nil {
		return e.refused(err)
	}
	res, err := do(ctx, client)
	if err != nil {
		return e.refused(err)
	}
	if err := e.show(res); err != nil {
		return err
	}
	_, err = client.Logout(ctx)
	return err
}

// refused prints a result code as a finding; other errors are for the caller.
func (e *eppCall) refused(err error) error {
	var refusal *epp.ResultError
	if !errors.As(err, &refusal) {
		return err
	}
	fmt.Fprintln(e.err, err)
	for _, result := range refusal.Results {
		for _, item := range result.Items {
			if reason, ok := item.(*epp.ResultExtValue); ok {
				fmt.Fprintln(e.err, "  "+reason.Reason.Value)
			}
		}
	}
	return errFindings
}

func (e *eppCall) login(ctx context.Context, client *epp.Client, greeting *epp.Greeting) error {
	menu := greeting.SvcMenu
	_, err := client.Login(ctx, &epp.Login{
		ClID: e.user, PW: e.password,
		Options: epp.CredsOptions{Version: menu.Versions[0], Lang: menu.Langs[0]},
		Svcs:    epp.LoginSvc{ObjURIs: menu.ObjURIs, SvcExtension: menu.SvcExtension},
	}, e.options()...)
	return err
}

func (e *eppCall) options() []epp.CallOption {
	if e.clTRID == "" {
		return nil
	}
	return []epp.CallOption{epp.WithClTRID(e.clTRID)}
}

// exchange is one command and its response.
type exchange func(ctx context.Context, client *epp.Client) (any, error)

// verb finds what to do before anything is dialled, so that a mistyped command costs no connection.
func (e *eppCall) verb(rest []string) (exchange, error) {
	switch rest[0] {
	case "hello":
		return nil, nil
	case "login":
		return func(context.Context, *epp.Client) (any, error) { return "logged in", nil }, nil
	case "poll":
		return e.poll(rest[1:])
	case "check", "info", "create", "delete":
		if err := words(rest, "VERB", "TYPE", "NAME"); err != nil {
			return nil, err
		}
		if rest[0] != "check" && len(rest) > 3 {
			return nil, usagef("%s takes one name, not %q too", rest[0], rest[3])
		}
		if rest[0] == "create" && rest[1] != "host" && e.create.auth == "" {
			return nil, usagef("create %s needs --auth, the object's authorization information", rest[1])
		}
		if do := e.object(rest[0]+" "+rest[1], rest[2:]); do != nil {
			return do, nil
		}
		return nil, usagef("no object type %q: domain, host or contact", rest[1])
	}
	return nil, usagef("no verb %q; there are:\n  %s", rest[0], eppVerbs)
}

// object is the command on objects, nil when there is none of that kind.
func (e *eppCall) object(what string, names []string) exchange {
	name, opts := names[0], e.options()
	table := map[string]exchange{
		"check domain": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.DomainCheck(ctx, &epp.DomainCheck{Names: names}, opts...)
		},
		"check host": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.HostCheck(ctx, &epp.HostCheck{Names: names}, opts...)
		},
		"check contact": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.ContactCheck(ctx, &epp.ContactCheck{IDs: names}, opts...)
		},
		"info domain": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.DomainInfo(ctx, &epp.DomainInfo{Name: epp.DomainInfoName{Value: name}}, opts...)
		},
		"info host": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.HostInfo(ctx, &epp.HostInfo{Name: name}, opts...)
		},
		"info contact": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.ContactInfo(ctx, &epp.ContactInfo{ID: name}, opts...)
		},
		"create domain": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.DomainCreate(ctx, e.create.domain(name), opts...)
		},
		"create host": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.HostCreate(ctx, e.create.host(name), opts...)
		},
		"create contact": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.ContactCreate(ctx, e.create.contact(name), opts...)
		},
		"delete domain": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.DomainDelete(ctx, &epp.DomainDelete{Name: name}, opts...)
		},
		"delete host": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.HostDelete(ctx, &epp.HostDelete{Name: name}, opts...)
		},
		"delete contact": func(ctx context.Context, c *epp.Client) (any, error) {
			return c.ContactDelete(ctx, &epp.ContactDelete{ID: name}, opts...)
		},
	}
	return table[what]
}

func (e *eppCall) poll(rest []string) (exchange, error) {
	message := &epp.Poll{Op: epp.PollOpReq}
	switch {
	case len(rest) == 2 && rest[0] == "ack":
		message = &epp.Poll{Op: epp.PollOpAck, MsgID: &rest[1]}
	case len(rest) > 0:
		return nil, usagef("poll, or poll ack ID")
	}
	return func(ctx context.Context, c *epp.Client) (any, error) { return c.Poll(ctx, message, e.options()...) }, nil
}

func (f *createFlags) domain(name string) *epp.DomainCreate {
	v := &epp.DomainCreate{
		Name: name, Registrant: f.registrant,
		Period:   &epp.DomainPeriod{Unit: epp.DomainPUnitY, Value: uint16(min(f.years, 1<<16-1))},
		AuthInfo: epp.DomainAuthInfo{PW: &epp.PWAuthInfo{Value: f.auth}},
	}
	for _, contact := range []epp.DomainContact{
		{Type: epp.DomainContactAttrAdmin, Value: f.admin},
		{Type: epp.DomainContactAttrTech, Value: f.tech},
		{Type: epp.DomainContactAttrBilling, Value: f.billing},
	} {
		if contact.Value != "" {
			v.Contacts = append(v.Contacts, contact)
		}
	}
	if f.ns != "" {
		v.NS = &epp.DomainNS{HostObjs: strings.Split(f.ns, ",")}
	}
	return v
}

func (f *createFlags) host(name string) *epp.HostCreate {
	v := &epp.HostCreate{Name: name}
	if f.ip == "" {
		return v
	}
	for _, address := range strings.Split(f.ip, ",") {
		version := epp.HostIPV4
		if strings.Contains(address, ":") {
			version = epp.HostIPV6
		}
		v.Addrs = append(v.Addrs, epp.HostAddr{IP: version, Value: address})
	}
	return v
}

func (f *createFlags) contact(id string) *epp.ContactCreate {
	v := &epp.ContactCreate{
		ID: id, Email: f.email,
		PostalInfo: []epp.ContactPostalInfo{{
			Type: epp.ContactPostalInfoEnumInt, Name: f.person,
			Addr: epp.ContactAddr{City: f.city, CC: f.country},
		}},
		AuthInfo: epp.ContactAuthInfo{PW: &epp.PWAuthInfo{Value: f.auth}},
	}
	if f.street != "" {
		v.PostalInfo[0].Addr.Streets = []string{f.street}
	}
	if f.voice != "" {
		v.Voice = &epp.ContactE164{Value: f.voice}
	}
	return v
}

// show prints a response: as JSON, or its codes and the XML of its data.
func (e *eppCall) show(res any) error {
	if e.asJSON {
		return printJSON(e.out, res)
	}
	switch res := res.(type) {
	case string:
		_, err := fmt.Fprintln(e.out, res)
		return err
	case epp.Message:
		return showMessage(e.out, res)
	}
	return printJSON(e.out, res)
}

// showMessage prints a message as the XML it travelled as.
func showMessage(w io.Writer, m epp.Message) error {
	doc, err := m.AppendXML(nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", doc)
	return err
}
