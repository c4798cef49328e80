// Package ability says what a SIP element can do, and refuses requests that ask for more, by RFC 3261 section 8.2: with the
// code and the header fields that the standard has for each case.
package ability

import (
	"slices"
	"strings"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
)

// A Set is what an element can do. The zero Set is a plain user agent server: it knows the methods of RFC 3261, SIP and SIPS
// URIs, session descriptions and text. It may be used concurrently as long as nobody changes it.
type Set struct {
	Methods    []string // that it can do; nil: INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, MESSAGE
	Extensions []string // option tags that it supports; nil: none
	MediaTypes []string // of bodies, "text/*" for all of a type; nil: application/sdp, multipart/*, message/*, text/*
	Encodings  []string // of bodies; nil: identity alone
	Schemes    []string // of Request-URIs; nil: sip and sips
	Proxy      bool     // it forwards: it looks at Proxy-Require and Max-Forwards, and not at what is for user agents
	Registrar  bool     // it keeps bindings: To names a SIP address
	Realm      string   // for which credentials other than Digest are challenged; none if empty
}

var (
	defaultMethods    = []string{sip.MethodINVITE, sip.MethodACK, sip.MethodBYE, sip.MethodCANCEL, sip.MethodOPTIONS, sip.MethodREGISTER, sip.MethodMESSAGE}
	defaultMediaTypes = []string{"application/sdp", "multipart/*", "message/*", "text/*"}
	defaultEncodings  = []string{"identity"}
	defaultSchemes    = []string{"sip", "sips"}
)

func or(list, otherwise []string) []string {
	if list == nil {
		return otherwise
	}
	return list
}

// Judge returns the response that req earns: because it is no valid message, or because it asks for what s cannot do. It is
// nil for a request that may be worked on, and for an ACK, which nobody answers.
func (s *Set) Judge(req *sip.Request) *sip.Response {
	if req.Method == sip.MethodACK {
		return nil
	}
	if err := req.Validate(); err != nil {
		if invalid, ok := err.(*header.ValidationError); ok {
			res := sip.NewResponse(req, sip.Code(invalid.Code()))
			res.Reason = phrase(invalid.Faults[0])
			return res
		}
	}
	return s.Refuse(req)
}

// phrase is what a response says of a fault: the code's own words are for people who do not know what was sent.
func phrase(f header.Fault) string {
	if f.Code != int(sip.CodeBadRequest) {
		return ""
	}
	text := f.Text
	if f.Field != "" {
		text = f.Field + ": " + text
	}
	return sip.CodeBadRequest.Text() + ": " + text
}

// Refuse returns the response to a valid request that asks for what s cannot do, and nil otherwise. The order of the checks is
// the standard's: method, Request-URI, extensions, body.
func (s *Set) Refuse(req *sip.Request) *sip.Response {
	if s.Proxy {
		return s.refuseToForward(req)
	}
	for _, check := range []func(*sip.Request) *sip.Response{s.method, s.scheme, s.binding, s.credentials, s.extensions, s.body, s.accept} {
		if res := check(req); res != nil {
			return res
		}
	}
	return nil
}

// refuseToForward is Refuse of a proxy (RFC 3261 section 16.3).
func (s *Set) refuseToForward(req *sip.Request) *sip.Response {
	if res := s.scheme(req); res != nil {
		return res
	}
	if req.MaxForwards.Present && req.MaxForwards.Value == 0 {
		return sip.NewResponse(req, sip.CodeTooManyHops)
	}
	return s.unsupported(req, req.ProxyRequire)
}

// method refuses methods: those that the standard names with 405, others with 501 (RFC 3261 sections 8.2.1, 21.5.2).
func (s *Set) method(req *sip.Request) *sip.Response {
	able := or(s.Methods, defaultMethods)
	if slices.Contains(able, req.Method) {
		return nil
	}
	code := sip.CodeNotImplemented
	if slices.Contains(standardMethods, req.Method) {
		code = sip.CodeMethodNotAllowed
	}
	res := sip.NewResponse(req, code)
	res.Allow = append(res.Allow, able...)
	return res
}

// standardMethods are those that RFC 3261 and its extensions name.
var standardMethods = []string{
	sip.MethodINVITE, sip.MethodACK, sip.MethodBYE, sip.MethodCANCEL, sip.MethodOPTIONS, sip.MethodREGISTER, sip.MethodINFO, sip.MethodMESSAGE,
	sip.MethodNOTIFY, sip.MethodPRACK, sip.MethodPUBLISH, sip.MethodREFER, sip.MethodSUBSCRIBE, sip.MethodUPDATE,
}

// scheme refuses Request-URIs of unknown schemes (RFC 3261 section 8.2.2.1).
func (s *Set) scheme(req *sip.Request) *sip.Response {
	if slices.ContainsFunc(or(s.Schemes, defaultSchemes), func(scheme string) bool { return strings.EqualFold(scheme, req.URI.Scheme) }) {
		return nil
	}
	return sip.NewResponse(req, sip.CodeUnsupportedURIScheme)
}

// binding refuses a REGISTER for what is no SIP address (RFC 3261 section 10.3).
func (s *Set) binding(req *sip.Request) *sip.Response {
	if !s.Registrar || req.Method != sip.MethodREGISTER || req.To.URI.IsSIP() {
		return nil
	}
	res := sip.NewResponse(req, sip.CodeBadRequest)
	res.Reason = sip.CodeBadRequest.Text() + ": To: there is no SIP address to bind"
	return res
}

// credentials challenges whoever proves himself in a way that s does not know (RFC 3261 section 22.3).
func (s *Set) credentials(req *sip.Request) *sip.Response {
	known := func(c sip.Credentials) bool { return strings.EqualFold(c.Scheme, "Digest") }
	if s.Realm == "" || len(req.Authorization) == 0 || slices.ContainsFunc(req.Authorization, known) {
		return nil
	}
	res := sip.NewResponse(req, sip.CodeUnauthorized)
	res.WWWAuthenticate = []sip.Challenge{{Scheme: "Digest", Arguments: header.Arguments("realm=" + header.Quote(s.Realm))}}
	return res
}

// extensions refuses what s does not support of Require (RFC 3261 section 8.2.2.3).
func (s *Set) extensions(req *sip.Request) *sip.Response {
	if req.Method == sip.MethodCANCEL {
		return nil // Require has no meaning there
	}
	return s.unsupported(req, req.Require)
}

// unsupported is the 420 for those of the option tags that s does not support; nil if it supports all.
func (s *Set) unsupported(req *sip.Request, tags []string) *sip.Response {
	var unknown []string
	for _, tag := range tags {
		if !slices.ContainsFunc(s.Extensions, func(known string) bool { return strings.EqualFold(known, tag) }) {
			unknown = append(unknown, tag)
		}
	}
	if unknown == nil {
		return nil
	}
	res := sip.NewResponse(req, sip.CodeBadExtension)
	res.Unsupported = unknown
	return res
}

// body refuses bodies in types and encodings that s does not know, unless they may be ignored (RFC 3261 section 8.2.3).
func (s *Set) body(req *sip.Request) *sip.Response {
	if len(req.Body) == 0 || strings.EqualFold(req.ContentDisposition.Handling(), "optional") {
		return nil
	}
	types, encodings := or(s.MediaTypes, defaultMediaTypes), or(s.Encodings, defaultEncodings)
	if t := req.ContentType; t.Type != "" && !slices.ContainsFunc(types, func(known string) bool { return covers(known, t.Type, t.Subtype) }) {
		res := sip.NewResponse(req, sip.CodeUnsupportedMediaType)
		res.Accept = ranges(types)
		return res
	}
	for _, encoding := range req.ContentEncoding {
		if !slices.ContainsFunc(encodings, func(known string) bool { return strings.EqualFold(known, encoding) }) {
			res := sip.NewResponse(req, sip.CodeUnsupportedMediaType)
			for _, known := range encodings {
				res.AcceptEncoding = append(res.AcceptEncoding, sip.Preference{Value: known})
			}
			return res
		}
	}
	return nil
}

// accept refuses whoever takes none of the types that s can answer in (RFC 3261 section 21.4.7). Only answers to INVITE and OPTIONS
// have a body to speak of.
func (s *Set) accept(req *sip.Request) *sip.Response {
	if len(req.Accept) == 0 || req.Method != sip.MethodINVITE && req.Method != sip.MethodOPTIONS {
		return nil
	}
	for _, known := range or(s.MediaTypes, defaultMediaTypes) {
		typ, subtype, _ := strings.Cut(known, "/")
		for _, want := range req.Accept {
			if subtype != "*" && covers(want.Type+"/"+want.Subtype, typ, subtype) {
				return nil
			}
		}
	}
	return sip.NewResponse(req, sip.CodeNotAcceptable)
}

// covers reports whether a media range such as "text/*" has a type in it.
func covers(mediaRange, typ, subtype string) bool {
	t, s, _ := strings.Cut(mediaRange, "/")
	return (t == "*" || strings.EqualFold(t, typ)) && (s == "*" || strings.EqualFold(s, subtype))
}

// ranges are media ranges as a header field has them.
func ranges(types []string) (list []sip.MediaType) {
	for _, known := range types {
		typ, subtype, _ := strings.Cut(known, "/")
		list = append(list, sip.MediaType{Type: typ, Subtype: subtype})
	}
	return list
}
