package loop

// readTLS returns what was left over and what could be decrypted behind it. An error may come with octets.
func (p *polled) readTLS(l *loan) (b []byte, owned bool, err error) {
	var cipher loan
	cipher.take()
	defer cipher.done()
	n, err := readFD(uintptr(p.fd), cipher.buf[:cipherTurn])
	if err != nil && !wouldBlock(err) {
		return nil, false, p.opError("read", err)
	}
	b, owned, err = p.parked.read(l, p.rest, cipher.buf[:n], err == nil && n == 0)
	if e := p.flushTLS(0); err == nil { // crypto/tls answers some of what it reads
		err = e
	}
	return b, owned, err
}

func (p *polled) pushTLS(b []byte, counted int) error {
	_, err := p.parked.conn.Write(b)
	if e := p.flushTLS(counted); err == nil {
		err = e
	}
	return err
}

func (p *polled) shutTLS() {
	_ = p.parked.conn.CloseWrite()
	if err := p.flushTLS(0); err != nil {
		p.Abort(err)
	}
}

// flushTLS sends what crypto/tls has written for output of which counted octets are counted already.
func (p *polled) flushTLS(counted int) error {
	t := p.parked
	if t.out == nil {
		p.env.counters.queued.Add(int64(-counted))
		return nil
	}
	err := p.pushRaw(t.out.b, counted)
	t.out.put()
	t.out = nil
	return err
}
