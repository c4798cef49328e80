//go:build !linux

package loop

// NewEpoll fails: the engine for masses of idle connections exists on Linux only. The error is ErrNoEpoll.
func NewEpoll(Config) (Engine, error) { return nil, ErrNoEpoll }
