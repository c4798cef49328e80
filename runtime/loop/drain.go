package loop

import (
	"context"
	"math/rand/v2"
	"time"
)

// drainStep is how often Drain tells some more sessions to leave.
const drainStep = 10 * time.Millisecond

// Drain implements Engine.
func (e *core) Drain(ctx context.Context) error {
	conns := e.stop()
	err := e.dismiss(ctx, conns)
	if err == nil {
		err = e.await(ctx, func() bool { return e.members.len() == 0 })
	}
	if err != nil {
		e.cut(err)
	}
	return err
}

// dismiss tells the sessions to take their leave: in random order, and no more at a time than Config.DrainRate says, because those who
// leave come back, here or elsewhere, and should not do so all at once. Half of the time that ctx leaves is enough for all.
// Packet sockets carry the conversations of others, and go last.
func (e *core) dismiss(ctx context.Context, conns []*Conn) error {
	var packets []*Conn
	streams := conns[:0]
	for _, c := range conns {
		if _, ok := c.session.(packetEvents); ok {
			packets = append(packets, c)
		} else {
			streams = append(streams, c)
		}
	}
	rand.Shuffle(len(streams), func(i, j int) { streams[i], streams[j] = streams[j], streams[i] })
	if err := e.dismissSlowly(ctx, streams); err != nil {
		return err
	}
	if len(packets) == 0 {
		return nil
	}
	if err := e.await(ctx, func() bool { return e.members.len() <= len(packets) }); err != nil {
		return err
	}
	for _, c := range packets {
		c.drain()
	}
	return nil
}

func (e *core) dismissSlowly(ctx context.Context, conns []*Conn) error {
	step := max(1, e.config.DrainRate*int(drainStep/time.Millisecond)/1000)
	if deadline, ok := ctx.Deadline(); ok {
		steps := max(1, int(time.Until(deadline)/2/drainStep))
		step = max(step, (len(conns)+steps-1)/steps)
	}
	for {
		for _, c := range conns[:min(step, len(conns))] {
			c.drain()
		}
		if len(conns) <= step {
			return nil
		}
		conns = conns[step:]
		select {
		case <-time.After(drainStep):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
