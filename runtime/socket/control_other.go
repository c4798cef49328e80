//go:build !linux

package socket

import "errors"

// setUserTimeout leaves the time-out to the system, which has no such option.
func (o *Options) setUserTimeout(string, uintptr) error { return nil }

func (o *Options) setCredentials(uintptr) error {
	if o.Credentials {
		return errors.ErrUnsupported
	}
	return nil
}

// setEarlyMode leaves the mode to the time after bind(2).
func (o *Options) setEarlyMode(string, uintptr) error { return nil }
