package registry

import "sync"

// sessions counts the sessions of each registrar that this process serves.
type sessions struct {
	limit int

	mu   sync.Mutex
	open map[string]int
}

// begin counts one more session, and reports false if that is one too many. The caller calls end when the session is over.
func (s *sessions) begin(registrar string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[registrar] >= s.limit {
		return false
	}
	s.open[registrar]++
	return true
}

// end counts one session less.
func (s *sessions) end(registrar string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[registrar]--; s.open[registrar] == 0 {
		delete(s.open, registrar)
	}
}
