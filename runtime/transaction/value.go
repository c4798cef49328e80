package transaction

// At is the element of list at i, or a zero value outside the list: how formulas index. It must not be changed.
func At[T any](list []T, i int64) *T {
	if i < 0 || i >= int64(len(list)) {
		return new(T)
	}
	return &list[i]
}
