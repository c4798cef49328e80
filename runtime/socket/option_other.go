//go:build !linux

package socket

import "errors"

// setUserTimeout leaves the time-out to the system, which has no such option.
func (o *Options) setUserTimeout(string, uintptr) error { return nil }

func (o *Options) setListen(string, uintptr) error {
	if o.ReusePort || o.V6Only {
		return errors.ErrUnsupported
	}
	return nil
}
