//go:build !bootstrap

package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// TestBrokenRuleIsNotWritten: what DecodeMessage refuses by a rule, AppendXML does not write.
func TestBrokenRuleIsNotWritten(t *testing.T) {
	poll := &epp.PollRequest{Poll: epp.Poll{Op: epp.PollOpAck}}
	b, err := poll.AppendXML([]byte("kept"))
	var broken *epp.RuleError
	if !errors.As(err, &broken) || broken.Code != epp.CodeMissingParameter || broken.Message != "poll" {
		t.Errorf("the error is %v", err)
	}
	if string(b) != "kept" {
		t.Errorf("written: %q", b)
	}
}

// TestInvalidIsNotWritten: the error of a value that the schemas refuse is the one that AppendXML documents.
func TestInvalidIsNotWritten(t *testing.T) {
	var refused *xsdrun.EncodeError
	if _, err := (&epp.DomainCheck{}).AppendXML(nil); !errors.As(err, &refused) {
		t.Errorf("the error is %v", err)
	}
}

// TestSecretIsNotRepeated: an offending element that holds a secret is not kept for the answer.
func TestSecretIsNotRepeated(t *testing.T) {
	const login = `<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login>%</login><clTRID>EX-0001</clTRID></command></epp>`
	for body, kept := range map[string]bool{
		`<clID>ClientX</clID><pw>short</pw>`: false,
		`<clID>ClientX</clID><pw>foo-BAR2</pw><options><version>9.9</version><lang>en</lang></options>`:    true,
		`<clID>ClientX</clID><options><e:pw xmlns:e="urn:ietf:params:xml:ns:epp-1.0">foo</e:pw></options>`: false,
		`<clID>X</clID>`: true,
	} {
		_, err := epp.DecodeMessage([]byte(strings.Replace(login, "%", body, 1)))
		var refused *epp.MessageError
		if !errors.As(err, &refused) {
			t.Fatalf("%s: %v", body, err)
		}
		if (refused.Node != nil) != kept {
			t.Errorf("%s: the offender is %v", body, refused.Node)
		}
	}
}

// TestNoMessage: of a valid document that is no message the error says where it leaves the way to any.
func TestNoMessage(t *testing.T) {
	for doc, want := range map[string]string{
		`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0">
  <command><create>
    <d:check xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><d:name>example.com</d:name></d:check>
  </create></command></epp>`: "epp: 3:5: /epp/command/create/d:check is no message; domain:create, host:create or contact:create could stand there",
		`<check xmlns="urn:ietf:params:xml:ns:domain-1.0"><name>example.com</name></check>`: "epp: 1:1: /check is no message; epp could stand there",
	} {
		_, err := epp.DecodeMessage([]byte(doc))
		if err == nil || err.Error() != want {
			t.Errorf("%s\nthe error is %v\nwant %s", doc, err, want)
		}
	}
}

// TestStateString: what is no state has a name all the same.
func TestStateString(t *testing.T) {
	if got := epp.ServerState(200).String(); got != "ServerState(200)" {
		t.Errorf("got %q", got)
	}
}
