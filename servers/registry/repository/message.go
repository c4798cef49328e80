package repository

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// Message is an entry in a registrar's queue (RFC 5730 section 2.9.2.3). Of the payloads at most one is not nil.
type Message struct {
	ID        int64     `json:"-"`
	Registrar string    `json:"-"` // whose queue
	Queued    time.Time `json:"-"`
	Text      string    // for people, in English

	DomainTransfer  *ObjectTransfer `json:",omitempty"`
	ContactTransfer *ObjectTransfer `json:",omitempty"`
	DomainPending   *PendingResult  `json:",omitempty"`
}

// ObjectTransfer is the state of a transfer when a message was queued.
type ObjectTransfer struct {
	Object   string // name of the domain, identifier of the contact
	Transfer Transfer
}

// PendingResult tells how an action ended that had been answered with 1001 (RFC 5731 section 3.3).
type PendingResult struct {
	Object         string
	Done           bool
	ClTRID, SvTRID string // of the command that began it
	Date           time.Time
}

// Queue is what a poll command shows of a registrar's queue.
type Queue struct {
	Count int      // messages in the queue
	Head  *Message // the oldest; nil when the queue is empty
}

// MessageID returns the identifier of m on the wire.
func (m *Message) MessageID() string { return strconv.FormatInt(m.ID, 10) }

// Poll returns the caller's queue.
func (r *Repository) Poll(ctx context.Context, by Caller) (*Queue, error) {
	q := new(Queue)
	err := r.query(ctx, by, func(c *query) (err error) {
		q.Head, q.Count, err = c.Queue(by.ID)
		return err
	})
	return q, err
}

// Acknowledge removes a message from the caller's queue and returns what remains.
func (r *Repository) Acknowledge(ctx context.Context, by Caller, messageID string) (*Queue, error) {
	if messageID == "" {
		return nil, refuse(CodeMissing, "no msgID")
	}
	unknown := blame(CodeNotFound, "epp:poll/@msgID", messageID, "no such message in the queue")
	id, err := strconv.ParseInt(messageID, 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != messageID {
		return nil, unknown
	}
	q := new(Queue)
	err = r.run(ctx, by, func(c *command) error {
		err := c.DeleteMessage(by.ID, id)
		if errors.Is(err, ErrNotFound) {
			return unknown
		}
		if err != nil {
			return err
		}
		q.Head, q.Count, err = c.Queue(by.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return q, nil
}

// tell queues a message for a registrar.
func (c *command) tell(registrar string, at time.Time, m Message) error {
	m.Registrar, m.Queued = registrar, at
	return c.PutMessage(&m)
}
