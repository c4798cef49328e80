package socket

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// The file of a unix socket has its mode from the first moment, before Listen sets what umask takes away.
func TestEarlyMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	o := Options{Mode: 0o600}
	lc := net.ListenConfig{Control: o.controlBind}
	l, err := lc.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
