package tree_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/tree"
)

func Example() {
	type point struct {
		X int `tree:"x"`
		Y int `tree:"y"`
	}
	v, err := tree.Of(point{1, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v, v.Get("x"))

	// A Perl peer may send numbers as strings.
	p, err := tree.As[point](tree.MapOf(tree.Pair("x", tree.String("10")), tree.Pair("y", tree.Int(20))))
	fmt.Println(p, err)
	// Output:
	// {"x": 1, "y": 2} 1
	// {10 20} <nil>
}
