package session

import "log/slog"

// Service is what runs on a connection: a machine and what it takes from the program around it. Emitted packages make it.
type Service struct {
	Spec *Spec
	// New makes the machine of one session. It is called once per session, before anything else happens to it.
	New    func(*Session) Machine
	Logger *slog.Logger // nil: slog.Default()
	Hooks  Hooks
}
