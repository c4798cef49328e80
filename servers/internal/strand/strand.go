// Package strand runs pieces of work one after another, on no goroutine in particular.
package strand

import "sync"

// Strand runs tasks one after another, in the order they came, on a goroutine that lives only while there are some. It may
// run a few at a time instead. The zero value runs one at a time and takes any number of tasks. Its methods may be called from any
// goroutine.
type Strand struct {
	// Limit is how many tasks may wait; 0 for any number.
	Limit int

	mu      sync.Mutex
	width   int    // how many tasks may run at once; 0 means 1
	tasks   []Task // those before head have been taken
	head    int
	running int // goroutines
}

// Task is one piece of work.
type Task interface {
	// Run does it. It must not panic; it may end its goroutine.
	Run()
}

// Func is a function as a Task.
type Func func()

// Run implements [Task].
func (f Func) Run() { f() }

// idleTasks is room for how many tasks an idle strand keeps.
const idleTasks = 64

// Post queues a task and tells how many wait, or reports false when too many do. It never blocks.
func (s *Strand) Post(t Task) (waiting int, ok bool) {
	s.mu.Lock()
	if s.Limit > 0 && len(s.tasks)-s.head >= s.Limit {
		s.mu.Unlock()
		return 0, false
	}
	s.tasks = append(s.tasks, t)
	waiting = len(s.tasks) - s.head
	start := s.running < max(s.width, 1)
	if start {
		s.running++
	}
	s.mu.Unlock()
	if start {
		go s.work()
	}
	return waiting, true
}

// Run runs a task at once, on the goroutine that calls, if none runs and none waits; otherwise it queues it as Post does. A task
// that is run at once must not block, and must not panic.
func (s *Strand) Run(t Task) (waiting int, ok bool) {
	s.mu.Lock()
	if s.running > 0 || s.head < len(s.tasks) {
		s.mu.Unlock()
		return s.Post(t)
	}
	s.running++
	s.mu.Unlock()
	t.Run()
	s.mu.Lock()
	s.running--
	start := s.head < len(s.tasks) && s.running < max(s.width, 1)
	if start {
		s.running++
	}
	s.mu.Unlock()
	if start {
		go s.work()
	}
	return 0, true
}

// work runs tasks until none is left.
func (s *Strand) work() {
	done := false
	defer func() {
		if !done { // a task has called runtime.Goexit
			go s.work()
		}
	}()
	for t := s.next(); t != nil; t = s.next() {
		t.Run()
	}
	done = true
}

// next takes the oldest Task; nil ends the goroutine that asks.
func (s *Strand) next() Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head == len(s.tasks) || s.running > max(s.width, 1) {
		if s.running--; s.head == len(s.tasks) && cap(s.tasks) > idleTasks {
			s.tasks, s.head = nil, 0
		}
		return nil
	}
	t := s.tasks[s.head]
	s.tasks[s.head] = nil
	s.head++
	switch {
	case s.head == len(s.tasks):
		s.tasks, s.head = s.tasks[:0], 0
	case s.head >= idleTasks && s.head*2 >= len(s.tasks):
		n := copy(s.tasks, s.tasks[s.head:])
		clear(s.tasks[n:])
		s.tasks, s.head = s.tasks[:n], 0
	}
	return t
}

// Waiting is how many tasks wait.
func (s *Strand) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.tasks) - s.head
}

// Widen sets how many tasks may run at once.
func (s *Strand) Widen(width int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.width = max(width, 1); s.running < min(s.width, len(s.tasks)-s.head); s.running++ {
		go s.work()
	}
}
