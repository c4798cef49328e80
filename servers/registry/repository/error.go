package repository

import (
	"fmt"
	"slices"
)

// Code is a result code of RFC 5730 section 3.
type Code int

// The codes that refusals have.
const (
	CodeUse             Code = 2002 // right command, wrong moment
	CodeMissing         Code = 2003 // a parameter that policy requires is not there
	CodeRange           Code = 2004 // outside the range of values
	CodeSyntax          Code = 2005 // not formed as its standard demands
	CodeOption          Code = 2102 // an option of the protocol that is not implemented
	CodeExtension       Code = 2103 // an extension that is not implemented, or not of this command
	CodeNotTransferable Code = 2106
	CodeAuthentication  Code = 2200 // unknown registrar, wrong password, wrong certificate
	CodeAuthorization   Code = 2201 // not the sponsor
	CodeAuthInfo        Code = 2202 // wrong authorization information
	CodePendingTransfer Code = 2300
	CodeNoTransfer      Code = 2301 // not pending transfer
	CodeExists          Code = 2302
	CodeNotFound        Code = 2303
	CodeStatus          Code = 2304 // a status prohibits it
	CodeAssociation     Code = 2305 // an association prohibits it
	CodePolicy          Code = 2306 // the value is against server policy
	CodeSessionLimit    Code = 2502 // too many sessions, or too many that want to begin; ends this one
)

// Error is a refusal: the command was understood, and the rules say no. Nothing has been changed.
type Error struct {
	Code   Code
	Reason string // why, in a few words of English; empty when the code says it all
	// Field is what is at fault, an element with its usual prefix ("domain:name") or an attribute of one
	// ("domain:status/@s"), and Value what it held: nothing if that is a secret. Field is empty when no single value is at fault.
	Field, Value string
}

// Error says all of it. A secret is never a Value.
func (e *Error) Error() string {
	s := fmt.Sprintf("refused with code %d", e.Code)
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Field != "" {
		s += fmt.Sprintf(" (%s %q)", e.Field, e.Value)
	}
	return s
}

// refuse is a refusal that blames no value.
func refuse(code Code, reason string) *Error { return &Error{Code: code, Reason: reason} }

// secrets are the fields whose values no refusal repeats: it may end in a log or on a screen.
var secrets = []string{"epp:pw", "epp:newPW", "domain:pw", "contact:pw"}

// blame is a refusal because of a value.
func blame(code Code, field, value, reason string) *Error {
	if slices.Contains(secrets, field) {
		value = ""
	}
	return &Error{Code: code, Reason: reason, Field: field, Value: value}
}
