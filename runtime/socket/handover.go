package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Handed is a socket that Handover passes on, with the name by which the successor knows it.
type Handed struct {
	Name   string       // not empty, without colons
	Socket syscall.Conn // a *Listener, a *Unixgram, a *net.UDPConn
}

// A fileOwner is a socket whose file may be its own to remove.
type fileOwner interface {
	ownsFile() bool
	setOwnsFile(bool)
}

// Handover starts cmd as the successor of this process, with the given sockets, and waits until it says that it accepts (Inherited,
// then Inheritance.Ready). From then on both accept; Close the listeners here, serve the connections that are open to their end, and exit.
// No connection is lost: the queue of a listener belongs to the processes together. The file of a unix socket is the successor's now.
//
// After a failure, which includes the end of ctx and of the successor before it was ready, the successor has been killed and waited for, and
// everything is as before. After success cmd is the caller's, to Wait for or to leave. cmd must not have ExtraFiles. The error is an *Error.
func Handover(ctx context.Context, cmd *exec.Cmd, sockets ...Handed) error {
	fail := func(op Op, err error) error { return &Error{Op: op, Addr: cmd.Path, Err: err} }
	if err := checkHanded(cmd, sockets); err != nil {
		return fail(OpConfig, err)
	}
	ready, word, err := os.Pipe()
	if err != nil {
		return fail(OpHandover, err)
	}
	defer ready.Close()
	files, err := duplicates(sockets)
	files = append(files, word)
	if err == nil {
		cmd.ExtraFiles, cmd.Env = files, successorEnv(cmd.Environ(), sockets)
		err = cmd.Start()
	}
	for _, f := range files {
		_ = f.Close()
	}
	if err != nil {
		return fail(OpHandover, err)
	}
	if err := await(ctx, ready); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fail(OpHandover, err)
	}
	for _, s := range sockets {
		if f, ok := s.Socket.(fileOwner); ok {
			f.setOwnsFile(false)
		}
	}
	return nil
}

func checkHanded(cmd *exec.Cmd, sockets []Handed) error {
	switch {
	case !inheritable:
		return errors.ErrUnsupported
	case len(cmd.ExtraFiles) > 0:
		return errors.New("the command has ExtraFiles")
	case len(sockets) == 0 || len(sockets) > maxInherited:
		return fmt.Errorf("%d sockets: want 1 to %d", len(sockets), maxInherited)
	}
	for _, s := range sockets {
		if s.Name == "" || strings.ContainsAny(s.Name, ":\x00") || s.Socket == nil {
			return fmt.Errorf("a socket cannot be passed on as %q", s.Name)
		}
	}
	return nil
}

// duplicates returns files of the sockets, also those made before a failure.
func duplicates(sockets []Handed) ([]*os.File, error) {
	var files []*os.File
	for _, s := range sockets {
		raw, err := s.Socket.SyscallConn()
		if err != nil {
			return files, err
		}
		f, err := duplicate(raw, s.Name)
		if err != nil {
			return files, err
		}
		files = append(files, f)
	}
	return files, nil
}

// successorEnv is the environment that Inherited reads.
func successorEnv(env []string, sockets []Handed) []string {
	var names []string
	var owned strings.Builder
	for _, s := range sockets {
		names = append(names, s.Name)
		if f, ok := s.Socket.(fileOwner); ok && f.ownsFile() {
			owned.WriteByte('1')
		} else {
			owned.WriteByte('0')
		}
	}
	n := len(sockets)
	return append(withoutListen(env),
		envCount+"="+strconv.Itoa(n),
		envNames+"="+strings.Join(names, ":"),
		fmt.Sprintf("%s=%d %s", envHandover, firstInherited+n, owned.String()))
}

// withoutListen returns the variables that are not about inherited sockets.
func withoutListen(env []string) []string {
	var kept []string
	for _, v := range env {
		switch name, _, _ := strings.Cut(v, "="); name {
		case envPID, envCount, envNames, envHandover:
		default:
			kept = append(kept, v)
		}
	}
	return kept
}

// await waits for the word of the successor.
func await(ctx context.Context, ready *os.File) error {
	stop := context.AfterFunc(ctx, func() { _ = ready.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := ready.Read(make([]byte, 1))
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the successor ended, or gave up, before it was ready")
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}
