package repository

import (
	"slices"
	"strings"
)

// Status values of objects, as the standards spell them.
const (
	StatusOK       = "ok"
	StatusInactive = "inactive" // of a domain: it has no name servers
	StatusLinked   = "linked"   // of a host or contact: a domain refers to it

	StatusPendingDelete   = "pendingDelete"
	StatusPendingTransfer = "pendingTransfer"

	StatusClientHold               = "clientHold"
	StatusClientDeleteProhibited   = "clientDeleteProhibited"
	StatusClientRenewProhibited    = "clientRenewProhibited"
	StatusClientTransferProhibited = "clientTransferProhibited"
	StatusClientUpdateProhibited   = "clientUpdateProhibited"
)

// Status is a status value of an object with the text that was given with it.
type Status struct {
	Value string
	Lang  string `json:",omitempty"` // of Text; empty for English
	Text  string `json:",omitempty"`
}

// The actions that status values can prohibit: "client" or "server" before it and "Prohibited" after it.
const (
	actionDelete   = "Delete"
	actionRenew    = "Renew"
	actionTransfer = "Transfer"
	actionUpdate   = "Update"
)

// settable lists the actions whose prohibition can be set on each kind of object, and whether hold can.
var settable = struct{ domain, host, contact []string }{
	domain:  []string{"DeleteProhibited", "Hold", "RenewProhibited", "TransferProhibited", "UpdateProhibited"},
	host:    []string{"DeleteProhibited", "UpdateProhibited"},
	contact: []string{"DeleteProhibited", "TransferProhibited", "UpdateProhibited"},
}

func hasStatus(list []Status, value string) bool {
	return slices.ContainsFunc(list, func(s Status) bool { return s.Value == value })
}

// prohibits returns the status value among those in force that prohibits an action, or "". A pending action prohibits every
// other one (RFC 5731 section 2.3, and the same in RFC 5732 and RFC 5733).
func prohibits(inForce []Status, action string) string {
	for _, s := range inForce {
		switch s.Value {
		case StatusPendingDelete, StatusPendingTransfer, "client" + action + "Prohibited", "server" + action + "Prohibited":
			return s.Value
		}
	}
	return ""
}

// allow refuses an action that a status in force prohibits. The registry's operator is held by pending actions alone.
func (c Caller) allow(inForce []Status, action string) error {
	why := prohibits(inForce, action)
	if why == "" || c.Operator && !strings.HasPrefix(why, "pending") {
		return nil
	}
	return refuse(CodeStatus, "status "+why)
}

// allowUpdate is allow for an update, which clientUpdateProhibited does not stop when the update removes it.
func (c Caller) allowUpdate(inForce, removed []Status) error {
	if hasStatus(removed, StatusClientUpdateProhibited) {
		inForce = removeStatus(inForce, []Status{{Value: StatusClientUpdateProhibited}})
	}
	return c.allow(inForce, actionUpdate)
}

// mayAlter refuses status values that c must not set or remove: registrars alter client* values, the operator server*
// values, and the server itself all others. field is the element that holds them.
func (c Caller) mayAlter(changed []Status, kinds []string, field string) error {
	mine := "client"
	if c.Operator {
		mine = "server"
	}
	for _, s := range changed {
		if rest, ok := strings.CutPrefix(s.Value, mine); !ok || !slices.Contains(kinds, rest) {
			return blame(CodePolicy, field, s.Value, "not a status that the client may set or remove")
		}
	}
	return nil
}

// addStatus returns list with the given values in force. Setting a value that is set replaces its text; by RFC 5730
// section 2 repeating a command has no further effect.
func addStatus(list, add []Status) []Status {
	list = append(removeStatus(list, add), add...)
	slices.SortFunc(list, func(a, b Status) int { return strings.Compare(a.Value, b.Value) })
	return slices.CompactFunc(list, func(a, b Status) bool { return a.Value == b.Value })
}

// removeStatus returns a copy of list without the given values. Removing a value that is not set has no effect.
func removeStatus(list, gone []Status) []Status {
	var out []Status
	for _, s := range list {
		if !hasStatus(gone, s.Value) {
			out = append(out, s)
		}
	}
	return out
}

// appendNew appends those values that list does not hold yet.
func appendNew[T comparable](list []T, values ...T) []T {
	for _, v := range values {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// without returns a copy of list that lacks the given values.
func without[T comparable](list []T, gone []T) []T {
	var out []T
	for _, v := range list {
		if !slices.Contains(gone, v) {
			out = append(out, v)
		}
	}
	return out
}
