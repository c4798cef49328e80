package kernel

import (
	"errors"
	"fmt"
	"syscall"
)

// channelText is why a connection has ended, as POE::Component::IKC tells it: [errno] text, with 0 for the end of the stream.
func channelText(why error) string {
	var errno syscall.Errno
	switch {
	case why == nil:
		return "[0] "
	case errors.As(why, &errno):
		return fmt.Sprintf("[%d] %s", int(errno), errno.Error())
	}
	return "[0] " + why.Error()
}
