package registry

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// Namespaces of what a session may choose at login.
const (
	spaceEPP     = "urn:ietf:params:xml:ns:epp-1.0"
	spaceDomain  = "urn:ietf:params:xml:ns:domain-1.0"
	spaceHost    = "urn:ietf:params:xml:ns:host-1.0"
	spaceContact = "urn:ietf:params:xml:ns:contact-1.0"
	spaceSecDNS  = "urn:ietf:params:xml:ns:secDNS-1.1"
	spaceRGP     = "urn:ietf:params:xml:ns:rgp-1.0"
)

// spaces gives the namespace of each prefix that a refusal blames an element by.
var spaces = map[string]string{
	"epp": spaceEPP, "domain": spaceDomain, "host": spaceHost, "contact": spaceContact, "secDNS": spaceSecDNS, "rgp": spaceRGP,
}

// handler answers the commands of sessions.
type handler struct {
	repo     *repository.Repository
	sessions *sessions
}

var _ epp.Handler = (*handler)(nil)

// Handler answers the commands of any number of sessions.
func (r *Registry) Handler() epp.Handler { return &handler{repo: r.repo, sessions: &r.sessions} }

// view is what is known of the session that a command came in: nothing, outside of one.
func view(ctx context.Context) epp.Session {
	if s := epp.SessionFromContext(ctx); s != nil {
		return *s
	}
	return epp.Session{}
}

// caller is who gives a command.
func caller(ctx context.Context, head *epp.CommandHead) repository.Caller {
	return repository.Caller{ID: view(ctx).ClientID, ClTRID: head.ClTRID}
}

// chose reports whether the session chose an extension at login. Responses are extended by nothing else (RFC 5730 section
// 2.7.3).
func chose(ctx context.Context, extension string) bool {
	return slices.Contains(view(ctx).Services, extension)
}

// refusal turns an error of the repository into what goes on the wire. Errors that are no refusals pass: the server answers
// them with 2400 and logs them.
func refusal(err error) error {
	var why *repository.Error
	if !errors.As(err, &why) {
		return err
	}
	code := epp.ResultCode(why.Code)
	if why.Field == "" {
		text := code.Text()
		if why.Reason != "" {
			text += "; " + why.Reason
		}
		return &epp.ResultError{Code: code, Message: text}
	}
	return &epp.ResultError{Code: code, Results: []epp.Result{{
		Code:  code,
		Msg:   epp.Msg{Lang: english, Value: code.Text()},
		Items: []epp.ResultItem{blamed(why)},
	}}}
}

// english is the language of everything that the registry says.
const english = "en"

// blamed is the extValue of a result: the element at fault, as the client sent it, and why.
func blamed(why *repository.Error) *epp.ResultExtValue {
	name, attribute, _ := strings.Cut(why.Field, "/@")
	prefix, _, _ := strings.Cut(name, ":")
	content := "<" + name + " xmlns:" + prefix + `="` + spaces[prefix] + `"`
	if attribute != "" {
		quoted, _ := xmlstream.AppendAttr(nil, why.Value) // it came from a document, so one can hold it
		content += " " + attribute + `="` + string(quoted) + `"/>`
	} else {
		content += ">" + string(xmlstream.MixedText(why.Value)) + "</" + name + ">"
	}
	return &epp.ResultExtValue{
		Value:  epp.ErrValue{Content: xmlstream.Mixed(content)},
		Reason: epp.Msg{Lang: english, Value: why.Reason},
	}
}

// optionError refuses a choice of the schema that this registry does not offer.
func optionError(reason string) error {
	return refusal(&repository.Error{Code: repository.CodeOption, Reason: reason})
}

// plain refuses extensions, for commands that none extends.
func plain(head *epp.CommandHead) error {
	if len(head.Extensions) == 0 {
		return nil
	}
	return foreign(head.Extensions[0])
}

// foreign refuses an extension that does not extend the command it came with.
func foreign(e epp.Element) error {
	return refusal(&repository.Error{Code: repository.CodeExtension, Reason: e.XMLName().Space + " " + e.XMLName().Local + " does not extend this command"})
}

// coded is the head of a response with a code other than 1000.
func coded(code epp.ResultCode) epp.ResponseHead {
	var head epp.ResponseHead
	head.SetCode(code, "")
	return head
}

// reason is why an object is not available.
func reason(a repository.Availability) *epp.Reason {
	if a.Available {
		return nil
	}
	return &epp.Reason{Value: a.Reason}
}

// authInfo is the authorization information of a command: a password, or something of an extension, of which there is none.
func authInfo(pw *epp.PWAuthInfo, ext epp.Element) (*repository.AuthInfo, error) {
	if ext != nil || pw == nil {
		return nil, optionError("authorization information other than a password")
	}
	return &repository.AuthInfo{Password: pw.Value, ROID: pw.ROID}, nil
}

// stated is a status value as it came.
func stated(value, lang, text string) repository.Status {
	if lang == english {
		lang = ""
	}
	return repository.Status{Value: value, Lang: lang, Text: text}
}

// language is a language as it goes.
func language(lang string) string {
	if lang == "" {
		return english
	}
	return lang
}
