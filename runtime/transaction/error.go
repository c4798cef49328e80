package transaction

import "errors"

// Errors of an engine.
var (
	// ErrFull says that a limit leaves no room for one more transaction.
	ErrFull = errors.New("transaction: too many")
	// ErrGone says that there is no such transaction any more.
	ErrGone = errors.New("transaction: gone")
	// ErrTaken says that another transaction has the same key.
	ErrTaken = errors.New("transaction: key in use")
	// ErrClosed says that the engine has been closed.
	ErrClosed = errors.New("transaction: engine closed")
	// ErrNoKey says that a message which should begin a transaction has not what it is found by.
	ErrNoKey = errors.New("transaction: message without a key")
)
