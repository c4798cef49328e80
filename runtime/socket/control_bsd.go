//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package socket

import "syscall"

func soReusePort() int { return syscall.SO_REUSEPORT }
