package transaction

// Message is a message of the protocol: a pointer to one of the structs of an emitted package. What the engine is given is the caller's again when the
// call returns; what it gives to a machine or to the program is valid until they return.
type Message any

// Spec is what the engine needs to know of a protocol. An emitted package has one, as a package-level value that nobody changes.
type Spec struct {
	Machines []MachineSpec // by number

	// Append appends a message as it stands on the wire, or fails when it cannot be written.
	Append func(b []byte, m Message) ([]byte, error)
	// Parse reads a message from what stood on the wire, for one that has had to wait.
	Parse func(b []byte) (Message, error)
}

// MachineSpec is what the engine needs to know of one machine.
type MachineSpec struct {
	Name   string   // in the specification
	Timers []string // names, by number; at most MaxTimers

	// New makes the machine that acts through t. It is called once for every shard.
	New func(t *Transaction) Machine
	// Key appends what all messages of one transaction have in common; nothing says that m is none of this machine's.
	Key func(b []byte, m Message) []byte
	// Begins reports whether a message of the peer may begin a transaction; nil for machines that the program starts.
	Begins func(m Message) bool
}

// Machine is one emitted machine: it takes the inputs of all transactions of its kind in one shard, one at a time. An input that the specification
// gives no meaning in the state ends the transaction with [Transaction.Unexpected].
type Machine interface {
	// Load takes up a transaction and Save leaves it: between the two the machine is that transaction. A new one has zero variables and
	// state 0.
	Load(v *Vars)
	Save(v *Vars)

	// Receive takes a message of the peer; [Transaction.KeepReceived] keeps it.
	Receive(m Message)
	// Called takes a call of the program; what it sends is [Transaction.SendCall].
	Called(call int)
	// Expired takes the end of a timer.
	Expired(timer int)
	// Failed takes the transport's word that something sent has not reached the peer.
	Failed(err error)
}

// The sizes of a record.
const (
	MaxTimers = 6
	MaxInts   = 2
	MaxKept   = 2 // messages
)

// Vars are the state and the variables of a transaction between its inputs, apart from the messages it keeps.
type Vars struct {
	State uint8
	Ints  [MaxInts]int64 // those of type int, and of type bool as 0 and 1
}

// Program is what the engine tells the program on its own. Several goroutines may call at a time; its functions must not block.
type Program interface {
	// Stray brings a message that belongs to no transaction and cannot begin one.
	Stray(m Message, from Link)
	// Full brings a message that would begin a transaction for which there is no room.
	Full(m Message, from Link)
}
