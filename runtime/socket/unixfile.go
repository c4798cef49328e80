package socket

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// How long bindFile tries to have a directory for itself.
const (
	lockTries = 100
	lockRest  = 10 * time.Millisecond
)

// bindFile calls open, which binds a socket to path. A file that a dead process left there is removed first; one that somebody answers
// on, and what is no socket, stay. Processes that do so at the same time take turns, by a lock on the directory: else one would take the other's
// new file, bound and not listening yet, for a dead one.
func (o *Options) bindFile(ctx context.Context, n network, path string, open func() error) error {
	if isAbstract(path) {
		return open()
	}
	unlock := waitForDir(ctx, filepath.Dir(path))
	if unlock != nil {
		defer unlock()
	}
	err := open()
	if errors.Is(err, syscall.EADDRINUSE) && removeStale(ctx, n, path) {
		err = open()
	}
	if err != nil || o.Mode == 0 {
		return err
	}
	if err := os.Chmod(path, o.Mode.Perm()); err != nil { // what umask took away
		return &optionError{err}
	}
	return nil
}

// waitForDir locks a directory. A lock that nobody gives back is not waited for for ever: nil.
func waitForDir(ctx context.Context, dir string) (unlock func()) {
	for range lockTries {
		unlock, ok := lockDir(dir)
		if ok {
			return unlock
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lockRest):
		}
	}
	return nil
}

// removeStale removes the file of a unix socket that was left behind, and reports whether it did: nobody may answer there.
func removeStale(ctx context.Context, n network, path string) bool {
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != os.ModeSocket {
		return false
	}
	var d net.Dialer
	nc, err := d.DialContext(ctx, n.base, path)
	if err == nil {
		_ = nc.Close()
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED) && os.Remove(path) == nil
}
