package strand

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// TestOrder runs tasks one after another, in the order they were posted, and forgets none of many.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Strand
		var got []int
		const many = 5 * idleTasks
		for i := range many {
			s.Post(Func(func() {
				time.Sleep(time.Millisecond)
				got = append(got, i)
			}))
		}
		if n := s.Waiting(); n < many-1 {
			t.Errorf("%d wait", n)
		}
		time.Sleep(many * time.Millisecond)
		synctest.Wait()
		for i, n := range got {
			if i != n {
				t.Fatalf("task %d runs as number %d", n, i)
			}
		}
		if len(got) != many || s.Waiting() != 0 || cap(s.tasks) > idleTasks {
			t.Errorf("%d tasks ran, %d wait, room for %d is kept", len(got), s.Waiting(), cap(s.tasks))
		}
	})
}

// TestBusy has tasks come as fast as they are done: a strand that is never idle keeps no room for those that are.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Strand
		left, most := 100*idleTasks, 0
		var next Func
		next = func() {
			s.mu.Lock()
			most = max(most, cap(s.tasks))
			s.mu.Unlock()
			if left--; left > 0 {
				s.Post(next)
			}
		}
		s.Post(next)
		s.Post(next)
		synctest.Wait()
		if most > 4*idleTasks {
			t.Errorf("room for %d tasks, of which two wait", most)
		}
	})
}

// TestLimit refuses what is too much.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Strand{Limit: 2}
		work := make(chan struct{})
		for i := range 3 {
			if _, ok := s.Post(Func(func() { <-work })); !ok {
				t.Errorf("task %d is refused", i)
			}
			synctest.Wait() // the first one runs
		}
		if _, ok := s.Post(Func(func() {})); ok {
			t.Error("a third task may wait")
		}
		close(work)
	})
}

// TestWiden runs several tasks at a time, those too that wait already, and one at a time again.
func TestWiden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Strand
		done := make(chan struct{}, 6)
		post := func() {
			for range 6 {
				s.Post(Func(func() {
					time.Sleep(time.Second)
					done <- struct{}{}
				}))
			}
		}
		takes := func(want time.Duration) {
			t.Helper()
			begun := time.Now()
			for range 6 {
				<-done
			}
			if took := time.Since(begun); took != want {
				t.Errorf("6 tasks take %v, not %v", took, want)
			}
			synctest.Wait()
		}
		post()
		takes(6 * time.Second)
		post()
		s.Widen(3)
		takes(2 * time.Second)
		s.Widen(1)
		post()
		takes(6 * time.Second)
	})
}

// TestRun runs a task at once when nothing is before it, and in its turn otherwise.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Strand
		var got []string
		atOnce := false
		s.Run(Func(func() {
			s.Post(Func(func() { got = append(got, "posted meanwhile") }))
			got = append(got, "at once")
			atOnce = true
		}))
		if !atOnce {
			t.Fatal("it does not run at once")
		}
		synctest.Wait()
		work := make(chan struct{})
		s.Post(Func(func() {
			<-work
			got = append(got, "posted")
		}))
		s.Run(Func(func() { got = append(got, "run behind it") }))
		close(work)
		synctest.Wait()
		want := []string{"at once", "posted meanwhile", "posted", "run behind it"}
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	})
}

// TestGoexit goes on after a task that has ended its goroutine.
func TestGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Strand
		ran := false
		s.Post(Func(func() { runtime.Goexit() }))
		s.Post(Func(func() { ran = true }))
		synctest.Wait()
		if !ran {
			t.Error("nothing runs any more")
		}
	})
}
