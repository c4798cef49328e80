package xsdrun

// ItemOf returns the last of items if it is a *T, and else appends a new T and returns that. *T must be an E.
func ItemOf[T, E any](items *[]E) *T {
	if n := len(*items); n > 0 {
		if p, ok := any((*items)[n-1]).(*T); ok {
			return p
		}
	}
	p := new(T)
	if e, ok := any(p).(E); ok {
		*items = append(*items, e)
	}
	return p
}
