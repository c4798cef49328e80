package session

import "slices"

// At is the element of list at i, the zero value outside the list: how formulas index.
func At[T any](list []T, i int64) T {
	if i < 0 || i >= int64(len(list)) {
		var zero T
		return zero
	}
	return list[i]
}

// Last is the last element of list, the zero value of an empty one.
func Last[T any](list []T) T { return At(list, int64(len(list))-1) }

// Cond is yes if the condition holds, else no.
func Cond[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}

// Init is the list without its last element.
func Init[T any](list []T) []T { return list[:max(len(list)-1, 0)] }

// Rest is the list without its first element.
func Rest[T any](list []T) []T { return list[min(len(list), 1):] }

// Common is a new list of the elements of list that are in other too.
func Common[T comparable](list, other []T) []T {
	var both []T
	for _, x := range list {
		if slices.Contains(other, x) {
			both = append(both, x)
		}
	}
	return both
}
