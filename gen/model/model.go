// Package model is a protocol as the generator sees it: plain ordered structs between the specification text and
// everything that reads it. It does no input or output and imports no other package of the generator.
//
// gen/load fills a [Protocol] from CUE; gen/name gives every exported thing its Go name; gen/check judges it; gen/emit
// prints it. Nothing changes it afterwards, so one Protocol may be read by any number of goroutines.
package model

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Pos is a place in a specification file. The zero Pos is unknown.
type Pos struct {
	File string `json:"file,omitempty"` // as the user would name it
	Line int    `json:"line,omitempty"` // from 1
	Col  int    `json:"col,omitempty"`  // from 1, in bytes
}

// IsValid reports whether p names a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String returns "file:line:col", or what of it is known.
func (p Pos) String() string {
	if !p.IsValid() {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Node is what every element of a specification has: its name, where it stands, what it says of itself and the clause of
// the standard it comes from.
type Node struct {
	Name     string `json:"name,omitempty"`
	Pos      Pos    `json:"-"`
	Doc      string `json:"doc,omitempty"`
	Standard string `json:"standard,omitempty"`
	Go       string `json:"go,omitempty"` // the Go name, set by gen/name
}

// Protocol is one specification: five layers (transport, frame, encoding, message, machine) and what ties them together.
type Protocol struct {
	Node
	Standards  []string     `json:"standards,omitempty"`
	Source     string       `json:"source,omitempty"` // the file that defines it, as emitted headers name it
	Settings   []*Setting   `json:"settings,omitempty"`
	Roles      []*Role      `json:"roles,omitempty"`
	Transports []*Transport `json:"transports,omitempty"`
	Frames     []*Frame     `json:"frames,omitempty"`
	Schemas    []*Schema    `json:"schemas,omitempty"`
	Types      []*Type      `json:"types,omitempty"`
	Codecs     []*Codec     `json:"codecs,omitempty"`
	Codes      []*Code      `json:"codes,omitempty"`
	Heads      []*Head      `json:"heads,omitempty"`
	Messages   []*Message   `json:"messages,omitempty"`
	Groups     []*Group     `json:"groups,omitempty"`
	Operations []*Operation `json:"operations,omitempty"`
	Machines   []*Machine   `json:"machines,omitempty"`
	Pairs      []*Pair      `json:"pairs,omitempty"`
	Scenarios  []*Scenario  `json:"scenarios,omitempty"`
	Accept     []*Accept    `json:"accept,omitempty"`
}

// Setting is a value that the deployment may change: a field of the emitted Config, and "config.name" in formulas.
type Setting struct {
	Node
	Type  string `json:"type"`  // "int", "duration", "text", "bool", "texts"
	Value any    `json:"value"` // int64, time.Duration, string, bool or []string: the default
}

// Duration is the default of a setting of type duration, and 0 of any other.
func (s *Setting) Duration() time.Duration { d, _ := s.Value.(time.Duration); return d }

// Role is one of the parties, such as client and server.
type Role struct {
	Node
	Connects bool `json:"connects,omitempty"` // it makes the connections
}

// Transport is a way to carry the protocol's frames.
type Transport struct {
	Node
	Kind  string `json:"kind"` // "tcp", "tls", "udp", "unix"
	Port  int    `json:"port,omitempty"`
	Frame *Frame `json:"-"`
	Lossy bool   `json:"lossy,omitempty"` // link: "lossy"
}

// Frame says how messages are cut out of a transport's bytes.
type Frame struct {
	Node
	Kind   string   `json:"kind"`             // "length", "counted", "delimited", "datagram", "message", "raw"
	Max    *Formula `json:"max,omitempty"`    // octets of a frame, header included
	Min    *Formula `json:"min,omitempty"`    // octets of a frame at least, header included; nil: an empty payload will do
	Within *Formula `json:"within,omitempty"` // how long a begun frame may take to arrive; nil for ever
	// of length
	Width  int    `json:"width,omitempty"` // octets of the length field
	Little bool   `json:"little,omitempty"`
	Counts string `json:"counts,omitempty"` // "body" or "all": whether the length counts itself
	// of length and counted
	Compression string `json:"compression,omitempty"` // "zlib", or none
	// of counted
	Digits int `json:"digits,omitempty"`
	// of counted and delimited
	End    string   `json:"end,omitempty"`
	Accept []string `json:"accept,omitempty"`
	Split  bool     `json:"split,omitempty"` // an end counts before the rest of a longer one may have come
	// of message
	Size *Formula `json:"size,omitempty"`
}

// Schema is an XSD document that gives xml messages their shape.
type Schema struct {
	Node             // Name is the prefix the standard uses for the namespace
	Namespace string `json:"namespace"`
	File      string `json:"file"`              // relative to the specification's folder
	Bare      bool   `json:"bare,omitempty"`    // its types take no prefix in Go
	Default   bool   `json:"default,omitempty"` // it is the default namespace of what we write
}

// Type is a named shape of a value, used by fields of messages that no XSD describes.
type Type struct {
	Node
	Kind    string   `json:"kind"` // "token", "enum", "struct", "integer"
	Match   string   `json:"match,omitempty"`
	Min     *int64   `json:"min,omitempty"`
	Max     *int64   `json:"max,omitempty"`
	Values  []string `json:"values,omitempty"`
	Unknown string   `json:"unknown,omitempty"` // of enum: "refuse" or "keep"; of struct: "refuse", "ignore" or "keep"
	Plain   string   `json:"plain,omitempty"`   // of struct: the field that a string in place of a map is the value of
	Form    string   `json:"form,omitempty"`
	Fields  []*Field `json:"fields,omitempty"`
}

// Codec is a way to write trees down; Name is what the protocol calls it.
type Codec struct {
	Node
	Kind string `json:"kind"` // "storable", "json"
}

// Code is a reply code: a number with a name, the text it is sent with and its class.
type Code struct {
	Node
	Value  int64  `json:"value"`
	Text   string `json:"text,omitempty"`
	Class  string `json:"class,omitempty"`  // "success", "failure": what a black-box test may take for one another
	Closes bool   `json:"closes,omitempty"` // the sender closes the connection after it
	// Means is what the session itself says with the code: "done" (all went well), "failed" (an operation failed for a
	// reason that is nobody's business), "unimplemented" (the program has no such operation), or nothing.
	Means string `json:"means,omitempty"`
}

// Head is a set of fields that several messages share; in Go a struct that each of them embeds.
type Head struct {
	Node
	Fields []*Field `json:"fields"`
}

// Message is one kind of message.
type Message struct {
	Node
	From     []*Role    `json:"-"`
	Class    string     `json:"class"` // "event", "request", "reply"
	Answers  []*Message `json:"-"`     // of a reply: the requests it answers
	Encoding string     `json:"encoding"`
	Group    *Group     `json:"-"` // the group it belongs to, if any
	Head     *Head      `json:"-"`
	Fields   []*Field   `json:"fields,omitempty"`
	Valid    []*Rule    `json:"valid,omitempty"`
	Examples []*Example `json:"examples,omitempty"`
	// of xml: the element a document begins with, the path below it that makes it this message, and the payloads bound
	// to wildcards on that path.
	Element XMLName `json:"element,omitzero"`
	At      string  `json:"at,omitempty"`
	Bind    []*Bind `json:"bind,omitempty"`
	// of text
	Line       string      `json:"line,omitempty"`
	Parameters *Parameters `json:"parameters,omitempty"` // what {*} in Line stands for
	// of tree: "refuse", "ignore" or "keep"
	Unknown string `json:"unknown,omitempty"`
	// of headers
	Start    string   `json:"start,omitempty"`
	BodySize *Formula `json:"bodySize,omitempty"`
}

// Parameters is how the keyed fields of a text message are written: keys with values, in any order.
type Parameters struct {
	Separator string `json:"separator"` // between parameters
	Assign    string `json:"assign"`    // between a key and its value
	List      string `json:"list"`      // between the values of a field that repeats
}

// XMLName is an expanded name.
type XMLName struct {
	Namespace string `json:"namespace"`
	Local     string `json:"name"`
}

// Bind fills the wildcard at the end of a message's path with one global element.
type Bind struct {
	Node            // Name is the field's name
	Path    string  `json:"path,omitempty"` // below At: the element whose wildcard is bound; empty for the last of At
	Element XMLName `json:"element"`
}

// Field is a part of a message, in wire order where order matters; for xml a projection of the document.
type Field struct {
	Node
	// Type is a scalar ("u16be", "text", "bytes", "int", "bool", "any"), the name of a [Type], "[]T" or "map[text]T"; for
	// xml it is empty and the schema decides.
	Type     string   `json:"type,omitempty"`
	Named    *Type    `json:"-"`             // the Type that Type names, slices and maps looked through
	Key      string   `json:"key,omitempty"` // the wire's name: a path below the document element, a header, a hash key
	Short    string   `json:"short,omitempty"`
	Optional bool     `json:"optional,omitempty"`
	Repeat   string   `json:"repeat,omitempty"` // "no", "lines", "comma"
	Size     *Formula `json:"size,omitempty"`
	Count    *Formula `json:"count,omitempty"`
	When     *Formula `json:"when,omitempty"`
	Is       *Formula `json:"is,omitempty"`
	Valid    *Formula `json:"valid,omitempty"`
	Code     string   `json:"code,omitempty"`  // the reply code that breaking Valid earns
	Wrong    string   `json:"wrong,omitempty"` // what whoever breaks Valid is told
	Image    bool     `json:"image,omitempty"` // of tree: octets that are an image of their own
	Secret   bool     `json:"secret,omitempty"`
	Lenient  bool     `json:"lenient,omitempty"`
}

// Rule is a condition that every message of its kind meets, and the reply code that breaking it earns.
type Rule struct {
	Node
	Rule *Formula `json:"rule"`
	Code string   `json:"code,omitempty"`
}

// Example is a message as it stands on the wire, checked by the generated tests.
type Example struct {
	Node
	Text string `json:"text"`
}

// Group is a family of messages that machines may name as one.
type Group struct {
	Node
	Messages []*Message `json:"-"`
}

// Operation is work that the program does for the session: a Handler method, or one per message of the group it takes.
// Its end is an input of the machine.
type Operation struct {
	Node
	Takes    []*Message `json:"-"` // one message, or a group's
	TakesAll *Group     `json:"-"` // the group, if it was named as one
	Gives    []*Outcome `json:"gives,omitempty"`
	Timeout  *Formula   `json:"timeout,omitempty"`
	Blocking bool       `json:"blocking"`
	Later    bool       `json:"later,omitempty"` // answer: "later"
}

// Outcome is one way an operation can end; the machine sees it as "operation.outcome".
type Outcome struct {
	Node
	// Reply: the handler's own reply answers the request. Otherwise the outcome is one of the codes or errors that the
	// handler's error is classified by.
	Codes []string `json:"codes,omitempty"` // the reply codes that mean this outcome; empty: every other
}

// Machine is the behaviour of one role.
type Machine struct {
	Node
	Role    *Role    `json:"-"`
	Initial *State   `json:"-"`
	Busy    *State   `json:"-"`   // where the session of a refused connection begins; nil: there is none
	Per     string   `json:"per"` // "connection", "transaction"
	Key     *Formula `json:"key,omitempty"`
	Vars    []*Var   `json:"vars,omitempty"`
	Timers  []*Timer `json:"timers,omitempty"`
	Calls   []*Call  `json:"calls,omitempty"`
	Window  *Formula `json:"window,omitempty"` // requests received and not answered; reading pauses beyond it
	Replies string   `json:"replies"`          // "inOrder", "anyOrder"
	// Correlate says which waiting call a reply answers: "none", "fifo" (the oldest that it can answer) or "by": the one
	// that has the same value of By.
	Correlate string   `json:"correlate"`
	By        *Formula `json:"by,omitempty"`
	States    []*State `json:"states"`
}

// Var is a variable of the session.
type Var struct {
	Node
	Type     string `json:"type"` // "int", "text", "bool", "[]text", "message"
	Internal bool   `json:"internal,omitempty"`
}

// Timer is a named clock of the session.
type Timer struct {
	Node
	After *Formula `json:"after"`
}

// Call is something the local program may ask of the session: a method of the emitted client.
type Call struct {
	Node
	Message  *Message `json:"-"` // what is sent; nil for a call that sends nothing by itself
	TakesAll *Group   `json:"-"` // one method per message of the group
}

// State is a state of a machine.
type State struct {
	Node
	Frame   *Frame  `json:"-"`
	Final   bool    `json:"final,omitempty"`
	Idle    bool    `json:"idle,omitempty"` // it may rest here for ever
	Enter   []*Move `json:"enter,omitempty"`
	On      []*On   `json:"on,omitempty"`    // keyed by message or group
	Done    []*On   `json:"done,omitempty"`  // keyed by "operation.outcome"
	Call    []*On   `json:"call,omitempty"`  // keyed by call
	After   []*On   `json:"after,omitempty"` // keyed by timer
	Closed  []*Move `json:"closed,omitempty"`
	Broken  []*Move `json:"broken,omitempty"`  // a message that cannot be read: malformed, invalid or unknown
	Garbled []*Move `json:"garbled,omitempty"` // a frame that cannot be cut: the stream is lost
	Ignore  []*Ref  `json:"ignore,omitempty"`
	Defer   []*Ref  `json:"defer,omitempty"`
	// DeferBroken: a broken message waits too, so that what answers it keeps its place.
	DeferBroken bool    `json:"deferBroken,omitempty"`
	Otherwise   []*Move `json:"otherwise,omitempty"`
}

// Ref is a name in a specification that stands for a message or a group.
type Ref struct {
	Node
	Message *Message `json:"-"`
	Group   *Group   `json:"-"`
}

// Messages are the messages r stands for.
func (r *Ref) Messages() []*Message {
	switch {
	case r.Message != nil:
		return []*Message{r.Message}
	case r.Group != nil:
		return r.Group.Messages
	}
	return nil
}

// On is one input of a state with the moves it may cause: the first whose guard holds.
type On struct {
	Ref                  // of State.On
	Operation *Operation `json:"-"` // of State.Done
	Outcome   *Outcome   `json:"-"` // of State.Done
	CallOf    *Call      `json:"-"` // of State.Call
	Timer     *Timer     `json:"-"` // of State.After
	Moves     []*Move    `json:"moves"`
}

// Move is input, guard, ordered outputs and target, executed to completion.
type Move struct {
	Node
	When    *Formula   `json:"when,omitempty"`
	Set     []*Assign  `json:"set,omitempty"`
	Start   []*Timer   `json:"-"`
	Stop    []*Timer   `json:"-"`
	Send    []*Send    `json:"send,omitempty"`
	Run     *Operation `json:"-"`
	Frame   *Frame     `json:"-"`
	Codec   *Formula   `json:"codec,omitempty"`
	Upgrade string     `json:"upgrade,omitempty"` // "tls"
	Spawn   string     `json:"spawn,omitempty"`
	Resolve bool       `json:"resolve,omitempty"` // the message answers the oldest call of the local program
	Fail    string     `json:"fail,omitempty"`    // every call that waits ends with this error
	Again   []*Change  `json:"again,omitempty"`   // the session ends, and whoever dialled tries again with these settings
	Close   bool       `json:"close,omitempty"`   // the connection closes once what was sent is written
	To      *State     `json:"-"`                 // nil: the state stays
	Ordered bool       `json:"ordered,omitempty"` // it may overlap moves before it on purpose: the first wins
}

// Change gives a setting another value.
type Change struct {
	Setting *Setting `json:"-"`
	Value   any      `json:"value"` // int64, time.Duration, string or bool
}

// Assign sets a variable.
type Assign struct {
	Var   *Var     `json:"-"`
	Value *Formula `json:"value"`
}

// Send is one message sent by a move.
type Send struct {
	Node
	Message *Message `json:"-"`               // nil for a message that is there already: one of the next three
	Reply   bool     `json:"reply,omitempty"` // the reply that the operation gave
	Call    bool     `json:"call,omitempty"`  // what the local program passed
	From    string   `json:"from,omitempty"`  // "var.last": the message held in a variable
	With    []*With  `json:"with,omitempty"`
}

// With gives a field of a sent message its value.
type With struct {
	Node
	Field *Field   `json:"-"` // nil for a code
	Value *Formula `json:"value"`
}

// Formula is a Go expression held in the specification as a string; gen/formula parses and types it.
type Formula struct {
	Pos  Pos    `json:"-"`
	Text string `json:"text"`
}

// Pair names two machines that talk to each other; checks prove them against each other.
type Pair struct {
	Node
	A, B *Machine `json:"-"`
}

// Scenario is an exchange, both documentation and test.
type Scenario struct {
	Node
	Steps []*Step `json:"steps"`
}

// Step is one step of a scenario, told from the client's side.
type Step struct {
	Pos    Pos      `json:"-"`
	Expect *Message `json:"-"`
	Send   *Message `json:"-"`
	// Example is the document that is sent, one of Send's; nil: the message is made of With alone.
	Example *Example `json:"-"`
	// Operation and Outcome say how the program ends the operation that the message starts; nil: with its first outcome.
	Operation *Operation     `json:"-"`
	Outcome   *Outcome       `json:"-"`
	IsRaw     bool           `json:"isRaw,omitempty"` // Raw, which may be empty, is sent
	Raw       string         `json:"raw,omitempty"`
	Frame     *Frame         `json:"-"`              // of Raw; nil: the frame that the session begins with
	Wait      string         `json:"wait,omitempty"` // a timer to let run out
	Closed    bool           `json:"closed,omitempty"`
	With      map[string]any `json:"with,omitempty"`
}

// Accept silences one finding of one rule at one place, with a reason.
type Accept struct {
	Node
	Rule string `json:"rule"`
	At   string `json:"at"`
	Why  string `json:"why"`
}
