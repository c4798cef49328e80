package sip

import (
	"sync"

	"github.com/protogen-go/protogen/runtime/transaction"
)

// calls are the requests of clients that wait for responses, by the tags of their transactions.
type calls struct {
	mu   sync.Mutex
	list map[uint64]*Call
	last uint64
}

func (c *calls) add(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list == nil {
		c.list = map[uint64]*Call{}
	}
	c.last++
	call.tag = c.last
	c.list[call.tag] = call
}

// begun notes the transaction of a call.
func (c *calls) begun(call *Call, id transaction.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call.id = id
}

// on are the transactions of calls that are bound to a connection and have had no final response.
func (c *calls) on(k flowKey) (list []transaction.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.list {
		l := &call.link
		if l.Name == onlyFlow && l.Transport == k.leg && l.Flow == uint64(k.flow) && !call.settled && call.id != 0 {
			list = append(list, call.id)
		}
	}
	return list
}

func (c *calls) remove(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.list, call.tag)
}

// leave forgets a call that its caller has left: an INVITE only when its final response has come, which may have to be acknowledged.
func (c *calls) leave(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call.left = true
	if call.settled || call.request.Method != "INVITE" {
		delete(c.list, call.tag)
	}
}

// settle notes that a call has come to its end, and reports whether its caller has left it before.
func (c *calls) settle(call *Call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	call.settled = true
	if call.left {
		delete(c.list, call.tag)
	}
	return call.left
}

// of is the call of a tag; nil if nobody waits. Tag 0 is that of transactions that peers have begun.
func (c *calls) of(tag uint64) *Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list[tag]
}

// end fails all of them.
func (c *calls) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.list {
		call.fail(err)
	}
	clear(c.list)
}
