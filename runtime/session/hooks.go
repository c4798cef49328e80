package session

import "time"

// Hooks report what sessions do, for tracing, metrics and tests. Any of them may be nil. They are called on the loop of
// the session they report: they must be quick and must not block. They never see the content of messages.
type Hooks struct {
	// Opened reports a new session.
	Opened func(id uint64, peer Peer)
	// Transition reports a change of state, before the new state is entered.
	Transition func(Transition)
	// Answered reports the end of an exchange that a request of the peer opened.
	Answered func(Answered)
	// Closed reports the end of a session, exactly once. The cause is nil at a regular end.
	Closed func(id uint64, cause error)
}

// Transition is one change of a machine's state.
type Transition struct {
	Session  uint64 // the session's number
	Machine  string // the names of the specification
	From, To string
	Input    string
}

// Answered is a request that has been answered.
type Answered struct {
	Session uint64
	Request string        // the message's name; "broken" for one that could not be read
	Elapsed time.Duration // from the arrival of the whole request to the end of its exchange
}
