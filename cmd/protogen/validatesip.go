//go:build !bootstrap

package main

import (
	"errors"
	"fmt"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

// sipJudge judges SIP messages: one file is a datagram, or a message of a stream.
type sipJudge struct{}

// sipElement is whose refusals are told: a user agent server and registrar that asks for credentials.
var sipElement = ability.Set{Registrar: true, Realm: "protogen"}

func (sipJudge) judge(data []byte) []fault {
	m, err := sip.ParseMessage(data)
	if err != nil {
		return []fault{{Line: 1, Column: 1, Rule: "no-message", Text: err.Error()}}
	}
	var invalid *header.ValidationError
	if !errors.As(m.Validate(), &invalid) {
		return nil
	}
	_, request := m.(*sip.Request)
	faults := make([]fault, len(invalid.Faults))
	for i, f := range invalid.Faults {
		faults[i] = fault{Line: f.Line, Column: f.Column, Path: f.Field, Rule: f.Rule, Text: f.Text + " (to be dropped)"}
		if request {
			faults[i].Code = f.Code
			faults[i].Text = fmt.Sprintf("%s (%d %s)", f.Text, f.Code, sip.Code(f.Code).Text())
		}
	}
	return faults
}

// answer implements answerer: a valid request may still ask for what no plain server can do.
func (sipJudge) answer(data []byte) string {
	m, err := sip.ParseMessage(data)
	if err != nil {
		return ""
	}
	if req, ok := m.(*sip.Request); ok {
		if res := sipElement.Refuse(req); res != nil {
			return fmt.Sprintf("%d %s", res.Status, res.Status.Text())
		}
	}
	return ""
}
