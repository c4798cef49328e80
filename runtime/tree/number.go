package tree

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// Int returns v as an integer and whether it is one: an integer, a float without a fraction, a string of decimal digits with or
// without a sign, or a boolean as 1 or 0.
func (v Value) Int() (int64, bool) {
	v = v.look()
	switch v.own() {
	case KindInt, KindBool:
		return int64(v.num), true
	case KindFloat:
		f := math.Float64frombits(v.num)
		if f != math.Trunc(f) || f < math.MinInt64 || f >= -math.MinInt64 {
			return 0, false
		}
		return int64(f), true
	case KindBytes, KindText:
		i, err := strconv.ParseInt(v.raw(), 10, 64)
		return i, err == nil
	}
	return 0, false
}

// Uint is Int for an integer without a sign.
func (v Value) Uint() (uint64, bool) {
	v = v.look()
	switch v.own() {
	case KindUint:
		return v.num, true
	case KindFloat:
		f := math.Float64frombits(v.num)
		if f != math.Trunc(f) || f < 0 || f >= 1<<64 {
			return 0, false
		}
		return uint64(f), true
	case KindBytes, KindText:
		u, err := strconv.ParseUint(v.raw(), 10, 64)
		return u, err == nil
	}
	i, ok := v.Int()
	return uint64(i), ok && i >= 0
}

// Float returns v as a floating-point number and whether it is one: a number, rounded if need be, a string that is written as one
// ("1e3", "Inf" and "NaN" too), or a boolean as 1 or 0.
func (v Value) Float() (float64, bool) {
	v = v.look()
	switch v.own() {
	case KindInt, KindBool:
		return float64(int64(v.num)), true
	case KindUint:
		return float64(v.num), true
	case KindFloat:
		return math.Float64frombits(v.num), true
	case KindBytes, KindText:
		f, err := strconv.ParseFloat(v.raw(), 64)
		return f, err == nil
	}
	return 0, false
}

// Str returns v as a string and whether it is a scalar that has one: the octets of bytes, the UTF-8 of text, a number as Perl prints it, "1" or ""
// for a boolean.
func (v Value) Str() (string, bool) {
	v = v.look()
	switch v.own() {
	case KindBytes, KindText:
		return v.raw(), true
	case KindInt:
		return strconv.FormatInt(int64(v.num), 10), true
	case KindUint:
		return strconv.FormatUint(v.num, 10), true
	case KindFloat:
		return string(AppendFloat(nil, math.Float64frombits(v.num))), true
	case KindBool:
		if v.num != 0 {
			return "1", true
		}
		return "", true
	}
	return "", false
}

// Octets returns v as a string of octets and whether it can be one: text becomes octets if all its characters are below 256, as in
// Perl. It serves to read an image inside an image.
func (v Value) Octets() (string, bool) {
	s, ok := v.Str()
	if !ok || v.Kind() != KindText || isASCII(s) {
		return s, ok
	}
	octets := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF {
			return "", false
		}
		octets = append(octets, byte(r))
	}
	return string(octets), utf8.ValidString(s)
}

// Truth returns v as Perl's if takes it: undef, false, 0, "" and "0" are false.
func (v Value) Truth() bool {
	v = v.look()
	switch v.own() {
	case KindUndef:
		return false
	case KindBool, KindInt, KindUint:
		return v.num != 0
	case KindFloat:
		return math.Float64frombits(v.num) != 0
	case KindBytes, KindText:
		s := v.raw()
		return s != "" && s != "0"
	}
	return true
}

// AppendFloat appends f as Perl prints it: in 15 digits at most, which is less than a float64 holds.
func AppendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(b, "Inf"...)
	case f == 0:
		return append(b, '0') // -0 too
	}
	return strconv.AppendFloat(b, f, 'g', 15, 64)
}
