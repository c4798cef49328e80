package header

// Optional is a value that may be absent, for types whose zero value means something. The zero Optional is absent.
type Optional[T any] struct {
	Value   T
	Present bool
}

// Some is a value that is there.
func Some[T any](value T) Optional[T] { return Optional[T]{value, true} }

// Or is the value, or what else stands for an absent one.
func (o Optional[T]) Or(otherwise T) T {
	if o.Present {
		return o.Value
	}
	return otherwise
}
