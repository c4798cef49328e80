package pool

import "slices"

// An asked is a request a connection has brought.
type asked struct {
	transaction string
	owed        bool // no final response has been sent
}

// remember notes where a request came in. A request that comes again, or an ACK or CANCEL of the same transaction, is noted once.
func (p *Pool) remember(s *conn, transaction string) {
	if len(transaction) > p.limits.MaxTransaction {
		p.counters.forgotten.Add(1)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := s.askedIndex(transaction); i >= 0 {
		moveToEnd(s.asked, i)
		list := p.requests[transaction]
		moveToEnd(list, slices.Index(list, s))
		return
	}
	if len(s.asked) >= p.limits.MaxTIDList {
		p.dropRequestLocked(s.asked[0].transaction, s)
		s.asked = slices.Delete(s.asked, 0, 1)
		p.counters.forgotten.Add(1)
	}
	s.asked = append(s.asked, asked{transaction, true})
	p.requests[transaction] = append(p.requests[transaction], s)
}

func moveToEnd[T any](list []T, i int) {
	moved := list[i]
	copy(list[i:], list[i+1:])
	list[len(list)-1] = moved
}

func (s *conn) askedIndex(transaction string) int {
	return slices.IndexFunc(s.asked, func(a asked) bool { return a.transaction == transaction })
}

// dropRequestLocked forgets that a transaction's request came in on s; it may have come in on others too.
func (p *Pool) dropRequestLocked(transaction string, s *conn) {
	list := p.requests[transaction]
	if i := slices.Index(list, s); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(p.requests, transaction)
		return
	}
	p.requests[transaction] = list
}

// askedLocked is the connection a transaction's request came in on, the latest if it came on several; nil if none is known.
func (p *Pool) askedLocked(transaction string) *conn {
	if transaction == "" {
		return nil
	}
	list := p.requests[transaction]
	for i := len(list) - 1; i >= 0; i-- {
		if !list[i].closing {
			return list[i]
		}
	}
	return nil
}

// answeredLocked notes a final response.
func (s *conn) answeredLocked(transaction string) {
	if i := s.askedIndex(transaction); i >= 0 {
		s.asked[i].owed = false
	}
}

// owesLocked says whether a request waits for its final response.
func (s *conn) owesLocked() bool {
	return slices.ContainsFunc(s.asked, func(a asked) bool { return a.owed })
}

// forgetLocked forgets all requests of a connection.
func (p *Pool) forgetLocked(s *conn) {
	for _, a := range s.asked {
		p.dropRequestLocked(a.transaction, s)
	}
	s.asked = nil
}
