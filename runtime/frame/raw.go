package frame

// Raw is no framing: whatever has arrived is a frame.
type Raw struct {
	Max int // octets of the largest frame; more is cut into several; 0 means DefaultMax
}

// Next implements Framing.
func (r Raw) Next(buf []byte) ([]byte, int, error) {
	if len(buf) == 0 {
		return nil, 0, ErrMore
	}
	n := int(min(uint64(len(buf)), limit(r.Max)))
	return buf[:n:n], n, nil
}

// Append implements Framing.
func (r Raw) Append(dst, payload []byte) ([]byte, error) {
	if most := limit(r.Max); uint64(len(payload)) > most {
		return dst, &Error{Kind: TooLong, Size: uint64(len(payload)), Limit: most}
	}
	return append(dst, payload...), nil
}
