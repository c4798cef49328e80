package formula

import (
	"fmt"
	"hash/crc32"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Function is one of the functions that formulas may call.
type Function struct {
	Name      string
	Signature string // as users read it
	Doc       string
	Min, Max  int // how many arguments it takes; Max is -1 when there is no limit

	impure bool // it is known where [Scope.Impure] says so only
	each   bool // its second argument is asked of every element of the first
	typ    func(args []Expr) (t *Type, problem string)
	// eval computes the value; nil for the functions that choose which arguments to compute: see evaluator.choose.
	eval func(args []any) (any, error)
}

// Functions returns every function, sorted by name.
func Functions() []*Function {
	var list []*Function
	for _, name := range functionNames() {
		list = append(list, functions[name])
	}
	return list
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

var functions = map[string]*Function{}

func init() {
	for _, f := range []*Function{
		{Name: "len", Signature: "len(text, bytes, list or map) int", Doc: "octets of a text or bytes, elements of a list or map", Min: 1, Max: 1, typ: sized(Text, Bytes, List, Map), eval: length},
		{Name: "size", Signature: "size(text or bytes) int", Doc: "octets on the wire", Min: 1, Max: 1, typ: sized(Text, Bytes), eval: length},
		{Name: "count", Signature: "count(list or map) int", Doc: "elements", Min: 1, Max: 1, typ: sized(List, Map), eval: length},
		{Name: "has", Signature: "has(optional field, variable, list or text) bool", Doc: "whether it is there: present, set, not empty", Min: 1, Max: 1, typ: typeHas},
		{Name: "in", Signature: "in(value, list) or in(value, value...) bool; also value in list", Doc: "whether the value is one of them", Min: 2, Max: -1, typ: typeIn, eval: evalIn},
		{Name: "min", Signature: "min(number...) number", Doc: "the least; all integers or all durations", Min: 1, Max: -1, typ: typeLeast, eval: pick(-1)},
		{Name: "max", Signature: "max(number...) number", Doc: "the greatest; all integers or all durations", Min: 1, Max: -1, typ: typeGreatest, eval: pick(1)},
		{Name: "cond", Signature: "cond(bool, value, value) value", Doc: "the first value if the condition holds, else the second", Min: 3, Max: 3, typ: typeCond},
		{Name: "lower", Signature: "lower(text) text", Doc: "A to Z made small, other characters as they are", Min: 1, Max: 1, typ: fixed(textType, Text), eval: lower},
		{Name: "hasPrefix", Signature: "hasPrefix(text, text) bool", Doc: "whether the first begins with the second", Min: 2, Max: 2, typ: fixed(boolType, Text, Text), eval: hasPrefix},
		{Name: "match", Signature: `match("pattern", text) bool`, Doc: "whether the pattern (Go's regexp, RE2) matches the whole text", Min: 2, Max: 2, typ: typeMatch, eval: match},
		{Name: "crc32", Signature: "crc32(bytes or text) int", Doc: "IEEE 802.3 checksum", Min: 1, Max: 1, typ: typeCRC, eval: crc},
		{Name: "all", Signature: "all(list, condition on it) bool", Doc: "whether the condition holds for every element, called it; true for none", Min: 2, Max: 2, each: true, typ: typeEach},
		{Name: "any", Signature: "any(list, condition on it) bool", Doc: "whether the condition holds for some element, called it; false for none", Min: 2, Max: 2, each: true, typ: typeEach},
		{Name: "first", Signature: "first(list) element", Doc: "the first element, the zero value of an empty list", Min: 1, Max: 1, typ: typeElem, eval: end(true)},
		{Name: "last", Signature: "last(list) element", Doc: "the last element, the zero value of an empty list", Min: 1, Max: 1, typ: typeElem, eval: end(false)},
		{Name: "init", Signature: "init(list) list", Doc: "the list without its last element", Min: 1, Max: 1, typ: typeInit, eval: initial},
		{Name: "rest", Signature: "rest(list) list", Doc: "the list without its first element", Min: 1, Max: 1, typ: typeInit, eval: withoutFirst},
		{Name: "common", Signature: "common(list, list) list", Doc: "the elements of the first that are in the second too", Min: 2, Max: 2, typ: typeCommon, eval: common},
		{Name: "append", Signature: "append(list, element...) list", Doc: "the list with the elements after it", Min: 2, Max: -1, typ: typeAppend, eval: appendAll},
		{Name: "pow", Signature: "pow(int, int) int", Doc: "the first to the power of the second, which is not negative", Min: 2, Max: 2, typ: typePow, eval: pow},
		{Name: "text", Signature: "text(text, int or bytes) text", Doc: "an integer in decimal, bytes as they are", Min: 1, Max: 1, typ: typeText, eval: text},
		{Name: "closes", Signature: "closes(code) bool", Doc: "whether the connection is closed after this reply code", Min: 1, Max: 1, typ: typeCloses},
		{Name: "serial", Signature: "serial() text", Doc: "a text that is unique in the process and across restarts; in what a reply derives only", impure: true, typ: fixed(textType)},
		{Name: "number", Signature: "number() int", Doc: "a whole number that no other message of the session has had, from 0 on; in what a call derives only", impure: true, typ: fixed(lengthType)},
		{Name: "now", Signature: "now() time", Doc: "the time of day; in what a reply derives only", impure: true, typ: fixed(timeType)},
	} {
		functions[f.Name] = f
	}
}

// fixed types a function whose arguments are of the given kinds.
func fixed(result *Type, kinds ...Kind) func([]Expr) (*Type, string) {
	return func(args []Expr) (*Type, string) {
		for i, k := range kinds {
			if t := args[i].Type(); t.Kind != k && t.Kind != Any {
				return nil, fmt.Sprintf("%s is %s, and it takes %s", args[i], t, k)
			}
		}
		return result, ""
	}
}

func sized(kinds ...Kind) func([]Expr) (*Type, string) {
	return func(args []Expr) (*Type, string) {
		if t := args[0].Type(); t.Kind != Any && !slices.Contains(kinds, t.Kind) {
			return nil, fmt.Sprintf("%s is %s", args[0], t)
		}
		return lengthType, ""
	}
}

func typeHas(args []Expr) (*Type, string) {
	switch e := args[0].(type) {
	case *Member, *Index:
		return boolType, ""
	case *Root:
		if e.Type().Kind != Any {
			return boolType, ""
		}
	}
	return nil, fmt.Sprintf("%s is always there", args[0])
}

func typeIn(args []Expr) (*Type, string) {
	x, rest := args[0].Type(), args[1:]
	if !comparable(x) {
		return nil, fmt.Sprintf("%s is %s, which has no ==", args[0], x)
	}
	if t := rest[0].Type(); len(rest) == 1 && t.Kind == List {
		if !x.AssignableTo(t.Elem) {
			return nil, fmt.Sprintf("%s is %s, and the elements of %s are %s", args[0], x, rest[0], t.Elem)
		}
		return boolType, ""
	}
	for _, e := range rest {
		if t := e.Type(); !x.AssignableTo(t) || !comparable(t) {
			return nil, fmt.Sprintf("%s is %s, and %s is %s", args[0], x, e, t)
		}
	}
	return boolType, ""
}

// typeNumbers checks that all arguments are integers or all durations, and returns the kind.
func typeNumbers(args []Expr) (Kind, string) {
	kind := Any
	for _, e := range args {
		switch t := e.Type(); {
		case t.Kind == Any || t.Null:
		case t.Kind != Int && t.Kind != Duration:
			return Any, fmt.Sprintf("%s is %s", e, t)
		case kind != Any && kind != t.Kind:
			return Any, fmt.Sprintf("%s is %s, and another is not", e, t)
		default:
			kind = t.Kind
		}
	}
	if kind == Any && !slices.ContainsFunc(args, func(e Expr) bool { return e.Type().Kind == Any }) {
		kind = Int // literal zeros only
	}
	return kind, ""
}

// typeLeast bounds min from above by its least upper bound.
func typeLeast(args []Expr) (*Type, string)    { return typeExtreme(args, -1) }
func typeGreatest(args []Expr) (*Type, string) { return typeExtreme(args, 1) }

func typeExtreme(args []Expr, sign int) (*Type, string) {
	kind, problem := typeNumbers(args)
	if problem != "" {
		return nil, problem
	}
	low, high := bounds(args[0].Type())
	for _, e := range args[1:] {
		l, h := bounds(e.Type())
		if l.Cmp(low) == sign {
			low = l
		}
		if h.Cmp(high) == sign {
			high = h
		}
	}
	return &Type{Kind: kind, Min: low, Max: high}, ""
}

func typeCond(args []Expr) (*Type, string) {
	if t := args[0].Type(); t.Kind != Bool && t.Kind != Any {
		return nil, fmt.Sprintf("%s is %s, and the condition is bool", args[0], t)
	}
	a, b := args[1].Type(), args[2].Type()
	switch {
	case a.Null && b.Kind == Duration:
		a = b
	case b.Null && a.Kind == Duration:
		b = a
	case !a.AssignableTo(b):
		return nil, fmt.Sprintf("%s is %s and %s is %s", args[1], a, args[2], b)
	}
	if a.Min == nil || b.Min == nil {
		return a, ""
	}
	l1, h1 := bounds(args[1].Type())
	l2, h2 := bounds(args[2].Type())
	low, high := extremes(l1, h1, l2, h2)
	return &Type{Kind: a.Kind, Min: low, Max: high, Code: a.Code && b.Code, codes: slices.Concat(a.codes, b.codes)}, ""
}

func typeMatch(args []Expr) (*Type, string) {
	lit, ok := args[0].(*Lit)
	pattern, isText := "", false
	if ok {
		pattern, isText = lit.Value.(string)
	}
	if !isText {
		return nil, "the pattern is a literal text"
	}
	if _, err := compile(pattern); err != nil {
		return nil, err.Error()
	}
	return fixed(boolType, Text, Text)(args)
}

func compile(pattern string) (*regexp.Regexp, error) { return regexp.Compile("^(?:" + pattern + ")$") }

func typeCRC(args []Expr) (*Type, string) {
	if _, problem := sized(Text, Bytes)(args); problem != "" {
		return nil, problem
	}
	return intRange(zero, power(32, -1)), ""
}

func typeEach(args []Expr) (*Type, string) { return fixed(boolType, List, Bool)(args) }

func typeElem(args []Expr) (*Type, string) {
	if args[0].Type().Kind == List {
		return args[0].Type().Elem.orZero(), ""
	}
	return fixed(anyType, List)(args)
}

func typeInit(args []Expr) (*Type, string) { return fixed(args[0].Type(), List)(args) }

func typeCommon(args []Expr) (*Type, string) {
	a, b := args[0].Type(), args[1].Type()
	if _, problem := fixed(a, List, List)(args); problem != "" || a.Kind == Any || b.Kind == Any {
		return a, problem
	}
	if !a.Elem.AssignableTo(b.Elem) || !comparable(a.Elem) {
		return nil, fmt.Sprintf("%s is %s, and %s is %s", args[0], a, args[1], b)
	}
	return a, ""
}

func typeAppend(args []Expr) (*Type, string) {
	list := args[0].Type()
	if _, problem := fixed(list, List)(args); problem != "" || list.Kind == Any {
		return list, problem
	}
	for _, e := range args[1:] {
		if !e.Type().AssignableTo(list.Elem) {
			return nil, fmt.Sprintf("%s is %s, and the elements are %s", e, e.Type(), list.Elem)
		}
	}
	return list, ""
}

// maxPower is the largest exponent that pow computes: 2^62 is the largest power in int64 of the smallest base.
const maxPower = 62

func typePow(args []Expr) (*Type, string) {
	if _, problem := fixed(intType, Int, Int)(args); problem != "" {
		return nil, problem
	}
	x0, x1 := bounds(args[0].Type())
	y0, y1 := bounds(args[1].Type())
	if y0.Sign() < 0 {
		return nil, fmt.Sprintf("%s may be negative", args[1])
	}
	if y1.Cmp(big.NewInt(maxPower)) > 0 {
		return nil, fmt.Sprintf("%s may exceed %d: write min(%s, …)", args[1], maxPower, args[1])
	}
	most := new(big.Int).Exp(new(big.Int).Abs(farther(x0, x1)), y1, nil)
	if x0.Sign() < 0 {
		return intRange(new(big.Int).Neg(most), most), ""
	}
	return intRange(new(big.Int).Exp(x0, y0, nil), most), ""
}

func typeText(args []Expr) (*Type, string) {
	switch t := args[0].Type(); t.Kind {
	case Text, Bytes, Int, Any:
		return textType, ""
	default:
		return nil, fmt.Sprintf("%s is %s", args[0], t)
	}
}

func typeCloses(args []Expr) (*Type, string) {
	if t := args[0].Type(); len(t.codes) == 0 {
		return nil, fmt.Sprintf("%s is %s, not one of the protocol's codes", args[0], t)
	}
	return boolType, ""
}

func length(args []any) (any, error) {
	switch v := args[0].(type) {
	case nil:
		return int64(0), nil
	case string:
		return int64(len(v)), nil
	case []byte:
		return int64(len(v)), nil
	case []any:
		return int64(len(v)), nil
	case map[string]any:
		return int64(len(v)), nil
	}
	return nil, mismatch(args[0])
}

func mismatch(v any) error { return fmt.Errorf("formula: %T is not what the function takes", v) }

func evalIn(args []any) (any, error) {
	list, ok := args[1].([]any)
	if !ok || len(args) > 2 {
		list = args[1:]
	}
	return slices.ContainsFunc(list, func(v any) bool { return equal(args[0], v) }), nil
}

// pick returns the argument that compares as sign with every other.
func pick(sign int) func([]any) (any, error) {
	return func(args []any) (any, error) {
		best, err := number(args[0])
		if err != nil {
			return nil, err
		}
		span := false
		for _, a := range args {
			n, err := number(a)
			if err != nil {
				return nil, err
			}
			if _, ok := a.(time.Duration); ok {
				span = true
			}
			if n < best == (sign < 0) {
				best = n
			}
		}
		if span {
			return time.Duration(best), nil
		}
		return best, nil
	}
}

func number(v any) (int64, error) {
	switch v := v.(type) {
	case nil:
		return 0, nil
	case int64:
		return v, nil
	case time.Duration:
		return int64(v), nil
	}
	return 0, mismatch(v)
}

func lower(args []any) (any, error) {
	s, err := asText(args[0])
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s), err
}

func asText(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	}
	return "", mismatch(v)
}

func hasPrefix(args []any) (any, error) {
	s, err := asText(args[0])
	if err != nil {
		return nil, err
	}
	prefix, err := asText(args[1])
	return strings.HasPrefix(s, prefix), err
}

func match(args []any) (any, error) {
	pattern, err := asText(args[0])
	if err != nil {
		return nil, err
	}
	re, err := compile(pattern)
	if err != nil {
		return nil, err
	}
	s, err := asText(args[1])
	return re.MatchString(s), err
}

func crc(args []any) (any, error) {
	s, err := asText(args[0])
	return int64(crc32.ChecksumIEEE([]byte(s))), err
}

func end(first bool) func([]any) (any, error) {
	return func(args []any) (any, error) {
		list, err := asList(args[0])
		switch {
		case err != nil || len(list) == 0:
			return nil, err
		case first:
			return list[0], nil
		}
		return list[len(list)-1], nil
	}
}

func asList(v any) ([]any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	}
	return nil, mismatch(v)
}

func initial(args []any) (any, error) {
	list, err := asList(args[0])
	return slices.Clone(list[:max(len(list)-1, 0)]), err
}

func withoutFirst(args []any) (any, error) {
	list, err := asList(args[0])
	return slices.Clone(list[min(len(list), 1):]), err
}

func common(args []any) (any, error) {
	list, err := asList(args[0])
	if err != nil {
		return nil, err
	}
	other, err := asList(args[1])
	return slices.DeleteFunc(slices.Clone(list), func(x any) bool {
		return !slices.ContainsFunc(other, func(y any) bool { return equal(x, y) })
	}), err
}

func appendAll(args []any) (any, error) {
	list, err := asList(args[0])
	return append(slices.Clone(list), args[1:]...), err
}

func pow(args []any) (any, error) {
	x, err := number(args[0])
	if err != nil {
		return nil, err
	}
	y, err := number(args[1])
	if err != nil {
		return nil, err
	}
	z := new(big.Int).Exp(big64(x), big64(y), nil)
	if y < 0 || !z.IsInt64() {
		return nil, errOverflow
	}
	return z.Int64(), nil
}

func text(args []any) (any, error) {
	if n, ok := args[0].(int64); ok {
		return strconv.FormatInt(n, 10), nil
	}
	return asText(args[0])
}
