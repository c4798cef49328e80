package formula

import "testing"

func TestLower(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "abc": "abc", "aBC-Z9": "abc-z9", "É\xffK": "É\xffk", "\u212a": "\u212a", // KELVIN SIGN is no K
	} {
		if got := Lower(text); got != want {
			t.Errorf("Lower(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestPow(t *testing.T) {
	for _, c := range []struct{ x, y, want int64 }{
		{2, 0, 1}, {2, 10, 1024}, {-3, 3, -27}, {0, 0, 1}, {0, 5, 0}, {2, 62, 1 << 62}, {-2, 63, -1 << 63}, {7, -1, 1},
	} {
		if got := Pow(c.x, c.y); got != c.want {
			t.Errorf("Pow(%d, %d) = %d, want %d", c.x, c.y, got, c.want)
		}
	}
}
