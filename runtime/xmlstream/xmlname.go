package xmlstream

// XMLName returns the element's name.
func (e *RawElement) XMLName() Name { return e.Name }
