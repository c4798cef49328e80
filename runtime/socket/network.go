package socket

import (
	"errors"
	"net"
	"strings"
)

// The families of addresses that a network may be confined to.
const (
	anyFamily byte = 0
	family4   byte = '4'
	family6   byte = '6'
)

// A network is what the name of one says.
type network struct {
	base   string // "tcp", "udp", "unix" or "unixgram"
	family byte
	tls    bool
}

func parseNetwork(name string) (network, error) {
	if name == "unix" || name == "unixgram" {
		return network{base: name}, nil
	}
	n := network{base: name}
	if rest, last := name[:max(len(name)-1, 0)], name[max(len(name)-1, 0):]; last == "4" || last == "6" {
		n.base, n.family = rest, last[0]
	}
	switch n.base {
	case "tls":
		n.base, n.tls = "tcp", true
	case "tcp", "udp":
	default:
		return network{}, net.UnknownNetworkError(name)
	}
	return n, nil
}

// system is package net's name of the network below.
func (n network) system() string {
	if n.family == anyFamily {
		return n.base
	}
	return n.base + string(n.family)
}

func (n network) internet() bool { return n.base == "tcp" || n.base == "udp" }
func (n network) stream() bool   { return n.base == "tcp" || n.base == "unix" }

// maxUnixPath is what fits a socket address of every system we know: Linux has 108 octets with the final zero, the BSDs 104.
const maxUnixPath = 103

// checkUnixPath looks at what the system would call an invalid argument, or cut.
func checkUnixPath(path string) error {
	switch {
	case path == "":
		return errors.New("no path")
	case len(path) > maxUnixPath:
		return errors.New("the path is too long for a socket: chdir, or use a shorter one")
	case strings.ContainsRune(path, 0):
		return errors.New("the path has a zero octet")
	}
	return nil
}

// isAbstract reports whether path is a name without a file.
func isAbstract(path string) bool { return strings.HasPrefix(path, "@") }
