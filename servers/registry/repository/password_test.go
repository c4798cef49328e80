package repository

import (
	"strings"
	"testing"
)

func TestPasswordHash(t *testing.T) {
	h := newPasswordHash(64, 1)
	stored, err := h.sum(t.Context(), "", "foo-BAR2")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := h.sum(t.Context(), "", "foo-BAR2"); again == stored || strings.Contains(stored, "foo") {
		t.Errorf("hashes %s and %s", stored, again)
	}
	// A hash keeps the cost it was made with.
	for password, want := range map[string]bool{"foo-BAR2": true, "foo-BAR": false, "": false} {
		if got, err := newPasswordHash(128, 1).verify(t.Context(), "", stored, password); got != want || err != nil {
			t.Errorf("%q: %t, %v", password, got, err)
		}
	}
	if got, err := h.verify(t.Context(), "", "", ""); got || err != nil {
		t.Errorf("nobody's password: %t, %v", got, err)
	}
	parts := strings.Split(stored, "$")
	for _, damaged := range []string{
		"foo-BAR2",
		strings.Replace(stored, "argon2id", "argon2i", 1),
		strings.Replace(stored, "v=19", "v=16", 1),
		strings.Replace(stored, "m=64", "m=4294967295", 1),
		strings.Replace(stored, "t=2", "t=0", 1),
		strings.Replace(stored, "p=1", "p=0", 1),
		strings.Replace(stored, parts[5], "", 1),
		strings.Replace(stored, parts[4], "!", 1),
	} {
		if ok, err := h.verify(t.Context(), "", damaged, "foo-BAR2"); ok || err == nil {
			t.Errorf("%s: %t, %v", damaged, ok, err)
		}
	}
}

func TestCountries(t *testing.T) {
	if n := len(strings.Fields(countries)); n != 249 {
		t.Errorf("%d countries", n)
	}
	for code, want := range map[string]bool{"DE": true, "de": true, "XX": false, "D": false, "": false, "DEU": false, "E ": false, " D": false} {
		if isCountry(code) != want {
			t.Errorf("%q", code)
		}
	}
}
