package example_test

import (
	"fmt"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// A transaction is one of very many that may have to be repeated.
type transaction struct {
	timer loop.Timer
	tries int
	over  chan struct{}
}

// Example_wheel repeats a request until it has been sent three times.
func Example_wheel() {
	wheel := loop.NewWheel(time.Millisecond)
	t := &transaction{over: make(chan struct{})}
	t.timer.Func = func() { // on the wheel's goroutine: it must not block
		t.tries++
		fmt.Println("try", t.tries)
		if t.tries == 3 {
			close(t.over)
			return
		}
		wheel.Arm(&t.timer, 5*time.Millisecond)
	}
	wheel.Arm(&t.timer, 0)
	<-t.over
	fmt.Println("armed:", wheel.Len())
	// Output:
	// try 1
	// try 2
	// try 3
	// armed: 0
}
