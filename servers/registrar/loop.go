package registrar

import (
	"hash/maphash"
	"strconv"
	"strings"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/servers/sip"
)

// A request that comes back as it left goes in circles. One that comes back with another target is a spiral, and may: RFC 5393 section 4.2.

// mark is what our branches of a request end in: a digest of all by which it is routed.
func (s *Server) mark(r *sip.Request) string {
	var h maphash.Hash
	h.SetSeed(s.seed)
	write := func(text string) {
		_, _ = h.WriteString(text)
		_ = h.WriteByte(0)
	}
	write(r.URI.String())
	for i := range r.Route {
		write(r.Route[i].URI.String())
	}
	write(r.From.Tag())
	write(r.To.Tag())
	write(r.CallID)
	write(strconv.FormatUint(uint64(r.CSeq.Number), 10))
	write(strings.Join(r.ProxyRequire, ","))
	return "." + strconv.FormatUint(h.Sum64(), 36)
}

// maxBreadth is how many branches a request may have at a time, on all its ways together, if it does not say: RFC 5393 section 5.3.3.
const maxBreadth = 60

const maxBreadthName = "Max-Breadth"

// checkLoop says what a request is refused with that goes in circles, or would have more branches than it may; zero for nothing. It shares
// what the request may have among its branches.
func (s *Server) checkLoop(r *sip.Request, branches [][]target) sip.Code {
	mark := s.mark(r)
	for i := range r.Via {
		if strings.HasSuffix(r.Via[i].Branch(), mark) {
			return wire.CodeLoopDetected
		}
	}
	breadth := uint64(maxBreadth)
	if text, ok := r.Others.Get(maxBreadthName); ok {
		n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return wire.CodeBadRequest
		}
		breadth = n
	}
	if breadth < uint64(len(branches)) {
		return wire.CodeMaxBreadthExceeded
	}
	for i, targets := range branches {
		share := breadth / uint64(len(branches))
		if uint64(i) < breadth%uint64(len(branches)) {
			share++
		}
		for _, t := range targets {
			t.r.Others = append(t.r.Others[:0:0], t.r.Others...)
			t.r.Others.Set(maxBreadthName, strconv.FormatUint(share, 10))
		}
	}
	return 0
}
