package loop

import "fmt"

// The names of the engines, for the flags of programs.
const (
	EngineGoroutine = "goroutine"
	EngineEpoll     = "epoll"
)

// New makes the engine of that name; "" is EngineGoroutine.
func New(name string, config Config) (Engine, error) {
	switch name {
	case "", EngineGoroutine:
		return NewGoroutines(config), nil
	case EngineEpoll:
		return NewEpoll(config)
	}
	return nil, fmt.Errorf("loop: no engine %q: want %q or %q", name, EngineGoroutine, EngineEpoll)
}
