package sip

// What tests of the package from outside use of those from inside.

type StreamNet = streamNet

var NewStreamNet = newStreamNet

// Dial is how a pool connects.
var Dial = (*streamNet).dial

type Zone = zone

// NewZone is a resolver that knows addresses.
func NewZone(addrs map[string]string) Zone { return zone{addrs: addrs} }
