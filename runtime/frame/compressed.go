package frame

import (
	"bytes"
	"compress/zlib"
	"io"
	"slices"
	"sync"
)

// Compressed is a framing whose payloads are compressed by zlib (RFC 1950), as those of POE::Filter::Reference may be:
//
//	frame.Compressed{Framing: frame.Counted{End: "\x00"}, Max: 16 << 20}
//
// What compression makes of a payload is what the framing's own limits are about. A payload that Next returns has memory of its own; there is no more of
// it allocated than twice what has been inflated so far.
type Compressed struct {
	Framing Framing
	Max     int // octets of the largest payload, inflated; 0 means DefaultMax
}

// inflater is a zlib reader with what it reads from.
type inflater struct {
	src bytes.Reader
	z   io.ReadCloser // nil until it was needed
}

var (
	inflaters = sync.Pool{New: func() any { return new(inflater) }}
	deflaters = sync.Pool{New: func() any { return zlib.NewWriter(io.Discard) }}
)

// Next implements Framing. A payload that is not what zlib makes, or is followed by anything, is a BadBody.
func (c Compressed) Next(buf []byte) ([]byte, int, error) {
	body, n, err := c.Framing.Next(buf)
	if err != nil {
		return nil, 0, err
	}
	payload, err := c.inflate(body)
	if err != nil {
		return nil, 0, err
	}
	return payload, n, nil
}

// inflate returns what body was made of.
func (c Compressed) inflate(body []byte) ([]byte, error) {
	in := inflaters.Get().(*inflater)
	defer func() {
		in.src.Reset(nil)
		inflaters.Put(in)
	}()
	if err := in.reset(body); err != nil {
		return nil, &Error{Kind: BadBody}
	}
	most := limit(c.Max)
	var payload bytes.Buffer
	size, err := payload.ReadFrom(io.LimitReader(in.z, int64(most)+1))
	switch {
	case err == nil && uint64(size) > most:
		return nil, &Error{Kind: TooLong, Size: uint64(size), Limit: most}
	case err != nil || in.src.Len() > 0:
		return nil, &Error{Kind: BadBody}
	}
	return slices.Clip(payload.Bytes()), nil
}

// reset makes the inflater read body.
func (in *inflater) reset(body []byte) (err error) {
	in.src.Reset(body)
	if in.z == nil {
		in.z, err = zlib.NewReader(&in.src)
		return err
	}
	return in.z.(zlib.Resetter).Reset(&in.src, nil)
}

// Append implements Framing.
func (c Compressed) Append(dst, payload []byte) ([]byte, error) {
	if most := limit(c.Max); uint64(len(payload)) > most {
		return dst, &Error{Kind: TooLong, Size: uint64(len(payload)), Limit: most}
	}
	var body bytes.Buffer
	z := deflaters.Get().(*zlib.Writer)
	z.Reset(&body)
	_, err := z.Write(payload)
	if err == nil {
		err = z.Close()
	}
	z.Reset(io.Discard)
	deflaters.Put(z)
	if err != nil { // which a bytes.Buffer never causes
		return dst, &Error{Kind: BadBody}
	}
	return c.Framing.Append(dst, body.Bytes())
}
