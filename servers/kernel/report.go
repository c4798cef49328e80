package kernel

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/protogen-go/protogen/runtime/tree"
)

// RemoteError is an error report of another kernel. Reports carry nothing that ties them to a call but the specifier in their
// text: the oldest call to that kernel with the same specifier fails with it.
type RemoteError struct {
	// Text is what the other kernel says, the request included.
	Text string
	// Kernel is the kernel that the request named.
	Kernel string
	// Op is what failed: check, resolve, invocation or request; "" when the other kernel is older than that.
	Op string
}

// Error implements error.
func (e *RemoteError) Error() string { return "kernel: remote: " + e.Text }

// DisconnectedError ends calls to a kernel that has gone.
type DisconnectedError struct {
	Kernel string
	Cause  error // nil when the kernel itself closed the connection
}

// Error implements error.
func (e *DisconnectedError) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("kernel: %s has disconnected", e.Kernel)
	}
	return fmt.Sprintf("kernel: %s has disconnected: %v", e.Kernel, e.Cause)
}

// Unwrap is the cause.
func (e *DisconnectedError) Unwrap() error { return e.Cause }

// fault is why a message could not be delivered.
type fault struct {
	reason, op string
	target     target // with the state that IKC:proxy stands for
	message    *Message
}

// text is what people read.
func (f fault) text() string {
	text := f.reason + ".  Request " + f.target.String()
	if from := readTarget(f.message.From); from.known {
		text += " sent by " + from.String()
	}
	return text
}

// report tells the sender of a message, and our monitors, why it could not be delivered. No report answers a report.
func (k *Kernel) report(p *peer, f fault) {
	text := f.text()
	k.tellError(p, f.target.Kernel, "local-"+f.op, text)
	if f.message.IsError.Truth() {
		return
	}
	var kernel tree.Value
	if f.target.known {
		kernel = tree.String(f.target.Kernel)
	}
	p.reply(&Message{
		Event:   address(Specifier{Kernel: p.id(), Session: sessionIKC, State: stateRemoteError}),
		IsError: tree.Int(1),
		Params:  tree.ListOf(tree.String(text), kernel, tree.String(f.op)),
	})
}

// readReport reads what a report carries: [text, kernel, op], or the text alone from versions before 0.2400.
func readReport(params tree.Value) *RemoteError {
	e := &RemoteError{}
	if list := params.List(); list != nil {
		e.Text, _ = list.At(0).Str()
		e.Kernel, _ = list.At(1).Str()
		e.Op, _ = list.At(2).Str()
	} else {
		e.Text, _ = params.Str()
	}
	return e
}

// remoteError takes the report of a peer.
func (k *Kernel) remoteError(p *peer, params tree.Value) {
	e := readReport(params)
	k.calls.fail(p, requestOf(e.Text), e)
	op := e.Op
	if !strings.HasPrefix(op, "remote-") {
		op = "remote-" + op
	}
	k.tellError(p, e.Kernel, op, e.Text)
}

// requestOf finds the specifier of the request in the text of a report; "" when there is none.
func requestOf(text string) string {
	text, _, _ = strings.Cut(text, " sent by ")
	if _, spec, ok := strings.Cut(text, ".  Request "); ok {
		return spec
	}
	if i := strings.LastIndex(text, "["); i >= 0 { // before 0.2400: reason [spec] sent by [spec]
		return strings.TrimSuffix(text[i+1:], "]")
	}
	return ""
}

// tellError tells monitors of an error with a request to a kernel, which may be us or the peer. What no monitor sees is logged;
// the mistakes of peers are for debugging.
func (k *Kernel) tellError(p *peer, kernel, op, text string) {
	n := Notice{Kind: NoticeError, Op: op, Text: text, Kernel: kernel}
	told := false
	switch kernel {
	case k.id:
		told = k.monitors.tellAll(k.names, n)
	case p.id():
		told = k.monitors.tellAll(p.names, n)
	case "":
		n.Kernel = Any
		fallthrough
	default:
		told = k.monitors.tell(n)
	}
	if !told {
		level := slog.LevelWarn
		if strings.HasPrefix(op, "local-") {
			level = slog.LevelDebug
		}
		k.logger().Log(k.ctx, level, "request failed", "op", op, "kernel", kernel, "err", text)
	}
}
