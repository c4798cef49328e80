package model

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Hash identifies what the specification says, and the Go names it has been given: the SHA-256 of its JSON form, in hex.
// Positions do not count, so that moving things about changes nothing.
//
// The JSON form of a Protocol is stable: lists are in the order of the model, and whatever refers to a named thing holds
// its name.
func (p *Protocol) Hash() (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// node is what all named things have: it is how others refer to them.
type node interface{ self() *Node }

func (n *Node) self() *Node { return n }

// name is how a thing is referred to; "" for none.
func name[T any, P interface {
	*T
	node
}](thing P,
) string {
	if thing == nil {
		return ""
	}
	return thing.self().Name
}

// names is how things are referred to.
func names[T any, P interface {
	*T
	node
}](things []P,
) []string {
	var list []string
	for _, t := range things {
		list = append(list, name(t))
	}
	return list
}

// MarshalJSON adds the name of the frame.
func (t *Transport) MarshalJSON() ([]byte, error) {
	type plain Transport
	return json.Marshal(struct {
		*plain
		Frame string `json:"frame,omitempty"`
	}{(*plain)(t), name(t.Frame)})
}

// MarshalJSON adds the names of the roles that send the message, of the messages it answers and of its head.
func (m *Message) MarshalJSON() ([]byte, error) {
	type plain Message
	return json.Marshal(struct {
		*plain
		From    []string `json:"from,omitempty"`
		Answers []string `json:"answers,omitempty"`
		Head    string   `json:"head,omitempty"`
	}{(*plain)(m), names(m.From), names(m.Answers), name(m.Head)})
}

// MarshalJSON adds the names of the messages.
func (g *Group) MarshalJSON() ([]byte, error) {
	type plain Group
	return json.Marshal(struct {
		*plain
		Messages []string `json:"messages,omitempty"`
	}{(*plain)(g), names(g.Messages)})
}

// MarshalJSON adds the names of the messages that the operation takes.
func (o *Operation) MarshalJSON() ([]byte, error) {
	type plain Operation
	return json.Marshal(struct {
		*plain
		Takes []string `json:"takes,omitempty"`
	}{(*plain)(o), names(o.Takes)})
}

// MarshalJSON adds the names of the role and of the states that sessions begin in.
func (m *Machine) MarshalJSON() ([]byte, error) {
	type plain Machine
	return json.Marshal(struct {
		*plain
		Role    string `json:"role,omitempty"`
		Initial string `json:"initial,omitempty"`
		Busy    string `json:"busy,omitempty"`
	}{(*plain)(m), name(m.Role), name(m.Initial), name(m.Busy)})
}

// MarshalJSON adds the name of the message or group that the call takes.
func (c *Call) MarshalJSON() ([]byte, error) {
	type plain Call
	takes := name(c.Message)
	if c.TakesAll != nil {
		takes = c.TakesAll.Name
	}
	return json.Marshal(struct {
		*plain
		Takes string `json:"takes,omitempty"`
	}{(*plain)(c), takes})
}

// MarshalJSON adds the name of the frame.
func (s *State) MarshalJSON() ([]byte, error) {
	type plain State
	return json.Marshal(struct {
		*plain
		Frame string `json:"frame,omitempty"`
	}{(*plain)(s), name(s.Frame)})
}

// MarshalJSON adds the names of timers, operation, frame and target.
func (m *Move) MarshalJSON() ([]byte, error) {
	type plain Move
	return json.Marshal(struct {
		*plain
		Start []string `json:"start,omitempty"`
		Stop  []string `json:"stop,omitempty"`
		Run   string   `json:"run,omitempty"`
		Frame string   `json:"frame,omitempty"`
		To    string   `json:"to,omitempty"`
	}{(*plain)(m), names(m.Start), names(m.Stop), name(m.Run), name(m.Frame), name(m.To)})
}

// MarshalJSON adds the name of the variable.
func (a *Assign) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Var   string   `json:"var"`
		Value *Formula `json:"value"`
	}{name(a.Var), a.Value})
}

// MarshalJSON adds the name of the message.
func (s *Send) MarshalJSON() ([]byte, error) {
	type plain Send
	return json.Marshal(struct {
		*plain
		Message string `json:"message,omitempty"`
	}{(*plain)(s), name(s.Message)})
}

// MarshalJSON adds the names of the machines.
func (p *Pair) MarshalJSON() ([]byte, error) {
	type plain Pair
	return json.Marshal(struct {
		*plain
		Machines [2]string `json:"machines"`
	}{(*plain)(p), [2]string{name(p.A), name(p.B)}})
}

// MarshalJSON adds the names of message, example, operation and outcome.
func (s *Step) MarshalJSON() ([]byte, error) {
	type plain Step
	return json.Marshal(struct {
		*plain
		Expect    string `json:"expect,omitempty"`
		Send      string `json:"send,omitempty"`
		Example   string `json:"example,omitempty"`
		Operation string `json:"operation,omitempty"`
		Outcome   string `json:"outcome,omitempty"`
	}{(*plain)(s), name(s.Expect), name(s.Send), name(s.Example), name(s.Operation), name(s.Outcome)})
}
