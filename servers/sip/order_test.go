package sip

import "testing"

// What follows an ACK waits for the newest one of its call, and for no other call's.
func TestBehindACK(t *testing.T) {
	t.Parallel()
	var a acks
	if a.after("a") != nil {
		t.Error("waits for nothing")
	}
	first := a.begin("a")
	behindFirst := a.after("a")
	second := a.begin("a")
	behindSecond := a.after("a")
	if a.after("b") != nil {
		t.Error("waits for another call")
	}
	first()
	<-behindFirst
	select {
	case <-behindSecond:
		t.Error("does not wait for the second ACK")
	default:
	}
	if a.after("a") == nil {
		t.Error("the end of the first ACK lets what follows the second through")
	}
	second()
	<-behindSecond
	if a.after("a") != nil || len(a.last) != 0 {
		t.Error("keeps calls whose ACKs have been handled")
	}
}
