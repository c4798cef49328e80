package registry

import (
	"context"
	"slices"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// Poll implements [epp.Handler].
func (h *handler) Poll(ctx context.Context, req *epp.PollRequest) (*epp.Response, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	by := caller(ctx, &req.CommandHead)
	if req.Op == epp.PollOpAck {
		id := ""
		if req.MsgID != nil {
			id = *req.MsgID
		}
		queue, err := h.repo.Acknowledge(ctx, by, id)
		if err != nil {
			return nil, refusal(err)
		}
		return &epp.Response{ResponseHead: epp.ResponseHead{MsgQ: remaining(queue)}}, nil
	}
	queue, err := h.repo.Poll(ctx, by)
	if err != nil {
		return nil, refusal(err)
	}
	if queue.Head == nil {
		return &epp.Response{ResponseHead: coded(epp.CodeNoMessages)}, nil
	}
	res := &epp.Response{ResponseHead: coded(epp.CodeAckToDequeue)}
	res.MsgQ = remaining(queue)
	res.MsgQ.QDate = queue.Head.Queued
	res.MsgQ.Msg = &epp.MixedMsg{Lang: english, Content: xmlstream.MixedText(queue.Head.Text)}
	// What the session did not choose at login it is not shown (RFC 5730 section 2.9.1.1): the text must do.
	if space, data := payload(queue.Head); data != nil && slices.Contains(view(ctx).Objects, space) {
		res.Data = []epp.Element{data}
	}
	return res, nil
}

// remaining is the queue as a response counts it: the number of messages and which is the oldest. "The message identifier
// ... at the head of the queue" (RFC 5730 section 2.6); an empty queue is not mentioned.
func remaining(q *repository.Queue) *epp.MsgQ {
	if q.Head == nil {
		return nil
	}
	return &epp.MsgQ{Count: uint64(q.Count), ID: q.Head.MessageID()}
}

// payload is what a message carries, and the namespace of its object.
func payload(m *repository.Message) (string, epp.Element) {
	switch {
	case m.DomainTransfer != nil:
		return spaceDomain, domainTransfer(m.DomainTransfer)
	case m.ContactTransfer != nil:
		return spaceContact, contactTransfer(m.ContactTransfer)
	case m.DomainPending != nil:
		p := m.DomainPending
		return spaceDomain, &epp.DomainPanData{
			Name:   epp.DomainPaName{PaResult: p.Done, Value: p.Object},
			PaTRID: epp.TrID{ClTRID: p.ClTRID, SvTRID: p.SvTRID},
			PaDate: p.Date,
		}
	}
	return "", nil
}
