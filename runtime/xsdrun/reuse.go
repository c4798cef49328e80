package xsdrun

// ReuseAs returns old if it is a *T, and else a new T: Reuse for what an interface holds.
func ReuseAs[T any](old any) *T {
	if p, ok := old.(*T); ok && p != nil {
		return p
	}
	return new(T)
}
