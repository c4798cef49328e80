package transaction_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/transaction"
)

// newcomers are the peers that try a request after a storm. They are several because addresses share counters by chance.
const newcomers = 4

// storm is what many messages do to an engine with room for a thousand transactions, while a bystander has one that was answered before. In the end
// newcomers try; admitted says that there was room for one of them.
func storm(t *testing.T, send func(s *side, i int)) (st transaction.Stats, admitted bool) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t, "", transaction.Config{MaxTransactions: 1000, Shards: 2, Transition: func(transaction.Transition) {}})
		s.onRequest = func(tr *transaction.Transaction, m *request) {
			_ = s.engine.Call(tr.ID(), callSuccess, &response{200, m.method, m.branch, m.body})
		}
		bystander := &request{"BYE", "bystander", "h", "mine"}
		answer := "send 200 BYE bystander mine"
		again := func(what string) {
			t.Helper()
			s.take()
			if s.receive(bystander, from(0)); strings.Join(s.take(), "\n") != answer {
				t.Errorf("%s, the bystander's answer is not the one it had", what)
			}
		}
		s.receive(bystander, from(0))
		s.take()
		for i := range stormSize {
			send(s, i+1)
			if i%(stormSize/10) == 0 {
				again(fmt.Sprintf("after %d messages", i))
			}
		}
		again("at the end")
		for i := range newcomers {
			s.receive(&request{"BYE", fmt.Sprint("new", i), "h", ""}, from(-i))
			admitted = strings.HasPrefix(strings.Join(s.take(), "\n"), "requested") || admitted
		}
		st = s.engine.Stats()
		if st.Open > 1000 || st.Kept > 1000*1100 || st.Faults > 0 {
			t.Errorf("too much is there: %+v", st)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if st := s.engine.Stats(); st.Open != 0 || st.Kept != 0 {
			t.Errorf("left: %+v", st)
		}
	})
	return st, admitted
}

// Distinct branches, each from another address: those for whom there is no room are refused, the others are as before.
func TestStormOfBranches(t *testing.T) {
	st, _ := storm(t, func(s *side, i int) {
		s.receive(&request{"BYE", fmt.Sprint("b", i), "h", ""}, from(i))
		s.take()
	})
	if st.Begun != 1000 || st.Full != stormSize+1+newcomers-1000 {
		t.Errorf("%d begun, %d refused", st.Begun, st.Full)
	}
}

// Distinct branches from one address: it leaves room for newcomers.
func TestStormOfOnePeer(t *testing.T) {
	st, admitted := storm(t, func(s *side, i int) {
		s.receive(&request{"BYE", fmt.Sprint("b", i), "h", ""}, from(1))
		s.take()
	})
	if !admitted || st.Begun < 850 || st.Begun > 900 || st.Full != stormSize+1+newcomers-st.Begun {
		t.Errorf("%d begun, %d refused, newcomers admitted: %v", st.Begun, st.Full, admitted)
	}
}

// One request that comes again and again is one transaction.
func TestStormOfRetransmissions(t *testing.T) {
	st, admitted := storm(t, func(s *side, i int) {
		s.receive(&request{"BYE", "b", "h", ""}, from(1))
		if events := s.take(); len(events) != 1+btoi(i == 1) {
			t.Errorf("the %d. time: %q", i, events)
		}
	})
	if !admitted || st.Begun != 2+newcomers || st.Full != 0 {
		t.Errorf("%d begun, %d refused, newcomers admitted: %v", st.Begun, st.Full, admitted)
	}
}
