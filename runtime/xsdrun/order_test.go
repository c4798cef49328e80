package xsdrun

import "testing"

// TestOrder writes items by the content model (a, b{2,3}, c?)+, in which a may come again after b or c.
func TestOrder(t *testing.T) {
	model := &Model{
		Particles: []Particle{{Local: "a"}, {Local: "b", Min: 2, Max: 3}, {Local: "c"}},
		Next:      [][]int{{0}, {1}, {0, 2}, {0}},
		Final:     []bool{false, false, true, true},
	}
	for items, want := range map[string]string{
		"abb":         "",
		"abbb":        "",
		"abbcabb":     "",
		"abbabbbc":    "",
		"":            "cannot encode /: cvc-complex-type.2.4.b: there must be items",
		"a":           "cannot encode /: cvc-complex-type.2.4.b: more must follow a",
		"ab":          "cannot encode /: cvc-complex-type.2.4.b: more must follow b",
		"abc":         "cannot encode /: cvc-complex-type.2.4.a: c cannot stand here",
		"abbbb":       "cannot encode /: cvc-complex-type.2.4.a: b cannot stand here",
		"abbcc":       "cannot encode /: cvc-complex-type.2.4.a: c cannot stand here",
		"b":           "cannot encode /: cvc-complex-type.2.4.a: b cannot stand here",
		"abbcabbcabb": "",
	} {
		e := NewEncoder(nil)
		o := e.Order(model)
		for _, item := range items {
			o.Next(int(item - 'a'))
		}
		o.End()
		got := ""
		if _, err := e.Finish(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", items, got, want)
		}
	}
}
