package xsdrun

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// program is what a [SimpleType]'s facets come to: the checks, ready to run.
type program struct {
	err       error // the first facet that makes no sense
	white     WhiteSpace
	primitive Builtin
	form      form
	identity  identityForm

	minLen, maxLen int // maxLen is Unbounded for none
	steps          [][]*pattern
	words          []string            // the enumeration of a text type, processed
	wordIndex      map[string]int      // of many words
	values         []*value            // the enumeration of any other type
	valueIndex     map[string]struct{} // the keys of many values
	low, high      integer             // of formInteger
	lowed, highed  bool
	bounds         []bound
	strict         bool // formText: not every text has the form of the type
	plain          bool // formText with no check but the length
	least, most    uint // of plain: lengths that are right, in characters
	bare           bool // formOther with no check but the form
}

// form picks the way in which a value is checked.
type form uint8

const (
	formText    form = iota // derived from string, and anyURI
	formInteger             // derived from integer
	formOther               // any other atomic type
	formList
	formUnion
)

// identityForm tells the types whose values refer to each other, or to the entities of the document.
type identityForm uint8

const (
	identityNone identityForm = iota
	identityID
	identityIDREF
	identityIDREFS
	identityENTITY
	identityInside // of a list or union that may hold one
)

// bound is one of the four bounding facets.
type bound struct {
	facet string
	text  string
	value *value
	allow func(order int) bool
}

// manyWords is how many words are worth comparing one by one.
const manyWords = 8

// compile fills in t.program.
func (t *SimpleType) compile() {
	p := &t.program
	p.primitive = t.Builtin.Primitive()
	p.white = t.WhiteSpace
	switch {
	case t.Variety == VarietyList:
		p.form, p.white = formList, WhiteSpaceCollapse
		t.Item.prepare()
	case t.Variety == VarietyUnion:
		p.form, p.white = formUnion, WhiteSpacePreserve
	case t.Builtin.IsInteger():
		p.form = formInteger
	case p.primitive == BuiltinString || p.primitive == BuiltinAnyURI || p.primitive == BuiltinAnySimpleType:
		p.form = formText
	default:
		p.form = formOther
	}
	if p.white == WhiteSpaceInherit {
		p.white = t.Builtin.whiteSpace()
	}
	p.minLen, p.maxLen = 0, Unbounded
	if t.Length != nil {
		p.minLen, p.maxLen = t.Length.Min, t.Length.Max
	}
	p.identity = t.identityForm()
	for _, step := range t.Patterns[p.inheritSteps(t):] {
		p.addStep(step)
	}
	p.compileBounds(t)
	p.compileEnumeration(t)
	p.strict = p.primitive == BuiltinAnyURI || t.Builtin > BuiltinToken
	free := len(p.steps) == 0 && len(t.Enumeration) == 0
	p.plain = free && p.form == formText && !p.strict
	p.least, p.most = uint(p.minLen), uint(p.maxLen) // Unbounded is the greatest
	p.bare = free && p.form == formOther && t.Length == nil && len(p.bounds) == 0
}

// identityForm says how values of t take part in ID, IDREF and ENTITY.
func (t *SimpleType) identityForm() identityForm {
	switch {
	case t.Variety == VarietyList && t.Item.Builtin == BuiltinIDREF && t.Item.Variety == VarietyAtomic:
		return identityIDREFS
	case t.Variety == VarietyList:
		if t.Item.identityForm() != identityNone {
			return identityInside
		}
	case t.Variety == VarietyUnion:
		for _, m := range t.Members {
			if m.identityForm() != identityNone {
				return identityInside
			}
		}
	case t.Builtin == BuiltinID:
		return identityID
	case t.Builtin == BuiltinIDREF:
		return identityIDREF
	case t.Builtin == BuiltinENTITY:
		return identityENTITY
	}
	return identityNone
}

func (p *program) note(err error) {
	if p.err == nil {
		p.err = err
	}
}

// inheritSteps takes over the steps that the base has compiled, and returns how many those are.
func (p *program) inheritSteps(t *SimpleType) int {
	if t.Base == nil || len(t.Base.Patterns) == 0 || len(t.Base.Patterns) > len(t.Patterns) {
		return 0
	}
	t.Base.prepare()
	n := len(t.Base.Patterns)
	if len(t.Base.program.steps) != n || !slices.EqualFunc(t.Base.Patterns, t.Patterns[:n], slices.Equal[[]string]) {
		return 0
	}
	p.steps = t.Base.program.steps[:n:n]
	return n
}

// addStep compiles the alternatives of one derivation step.
func (p *program) addStep(alternatives []string) {
	var step []*pattern
	for _, s := range alternatives {
		c, err := compilePattern(s)
		if err != nil {
			p.note(fmt.Errorf("pattern %s: %w", quote(s), err))
			continue
		}
		step = append(step, c)
	}
	if len(step) > 0 {
		p.steps = append(p.steps, step)
	}
}

// compileBounds reads the bounding facets, and those that an integer type has by its name.
func (p *program) compileBounds(t *SimpleType) {
	row := builtins[t.Builtin]
	if p.form == formInteger {
		p.lowBound(row.min, 0)
		p.highBound(row.max, 0)
	}
	for _, f := range [...]struct {
		name, text string
		allow      func(int) bool
	}{
		{"minInclusive", t.MinInclusive, func(order int) bool { return order >= 0 }},
		{"minExclusive", t.MinExclusive, func(order int) bool { return order > 0 }},
		{"maxInclusive", t.MaxInclusive, func(order int) bool { return order <= 0 }},
		{"maxExclusive", t.MaxExclusive, func(order int) bool { return order < 0 }},
	} {
		if f.text == "" {
			continue
		}
		text := normalizeText(f.text, p.white)
		v := new(value)
		if fault := p.atomic(v, t, text, nil); fault != nil {
			p.note(fmt.Errorf("%s: %w", f.name, fault))
			continue
		}
		p.bounds = append(p.bounds, bound{f.name, text, v, f.allow})
	}
	if p.form == formInteger {
		p.foldBounds()
	}
}

// foldBounds turns those bounds of an integer that fit into low and high.
func (p *program) foldBounds() {
	p.bounds = slices.DeleteFunc(p.bounds, func(b bound) bool {
		switch b.facet {
		case "minInclusive":
			return p.lowBound(b.text, 0)
		case "minExclusive":
			return p.lowBound(b.text, 1)
		case "maxInclusive":
			return p.highBound(b.text, 0)
		}
		return p.highBound(b.text, -1)
	})
}

// lowBound makes text plus step the least value, unless a greater one is known, and reports whether it could.
func (p *program) lowBound(text string, step int) bool {
	n, form := parseInteger(text, false)
	if form != smallInteger {
		return false
	}
	if step > 0 {
		n, form = n.next()
	}
	if form == smallInteger && (!p.lowed || n.compare(p.low) > 0) {
		p.low, p.lowed = n, true
	}
	return form == smallInteger
}

func (p *program) highBound(text string, step int) bool {
	n, form := parseInteger(text, false)
	if form != smallInteger {
		return false
	}
	if step < 0 {
		n.neg = !n.neg && n.mag != 0
		n, form = n.next()
		n.neg = !n.neg && n.mag != 0
	}
	if form == smallInteger && (!p.highed || n.compare(p.high) < 0) {
		p.high, p.highed = n, true
	}
	return form == smallInteger
}

// next returns n+1.
func (n integer) next() (integer, integerForm) {
	switch {
	case n.neg:
		n.mag--
		n.neg = n.mag != 0
	case n.mag == 1<<64-1:
		return n, bigInteger
	default:
		n.mag++
	}
	return n, smallInteger
}

func (p *program) compileEnumeration(t *SimpleType) {
	for _, text := range t.Enumeration {
		text = normalizeText(text, p.white)
		if p.form == formText {
			p.words = append(p.words, text)
			continue
		}
		v, fault := t.value(text, nil)
		if fault != nil {
			p.note(fmt.Errorf("enumeration %s: %w", quote(text), fault))
			continue
		}
		p.values = append(p.values, v)
	}
	if len(p.words) > manyWords {
		p.wordIndex = make(map[string]int, len(p.words))
		for i, w := range p.words {
			p.wordIndex[w] = i
		}
	}
	if len(p.values) > manyWords {
		p.valueIndex = make(map[string]struct{}, len(p.values))
		for _, v := range p.values {
			p.valueIndex[string(v.appendKey(nil))] = struct{}{}
		}
	}
}

// check judges text, whose white space has been processed. It returns text, or the equal word of the enumeration; of a
// union, what its member made of the text.
func (p *program) check(t *SimpleType, text string, resolve Resolver) (string, *Violation) {
	switch p.form {
	case formText:
		return p.checkText(t, text)
	case formInteger:
		n, f := parseInteger(text, t.Builtin.isUnsigned())
		return text, p.checkInteger(t, text, n, f)
	case formList:
		return text, p.checkList(t, text, resolve)
	case formUnion:
		return p.checkUnion(t, text, resolve)
	}
	return text, p.checkOther(t, text, resolve)
}

// checkText is check for the types derived from string.
func (p *program) checkText(t *SimpleType, text string) (string, *Violation) {
	if p.strict && !isText(t.Builtin, text) {
		return text, p.lexical(t, text)
	}
	if p.minLen > 0 || p.maxLen >= 0 {
		// A text has at least a quarter and at most all of its bytes in characters.
		if n := len(text); (n+3)/4 < p.minLen || p.maxLen >= 0 && n > p.maxLen {
			if v := p.checkLength(t, utf8.RuneCountInString(text), "characters"); v != nil {
				return text, v
			}
		}
	}
	if p.plain {
		return text, nil
	}
	if v := p.checkPatterns(t, text); v != nil {
		return text, v
	}
	if p.words == nil {
		return text, nil
	}
	return p.word(t, text)
}

// word looks text up in the enumeration.
func (p *program) word(t *SimpleType, text string) (string, *Violation) {
	if p.wordIndex != nil {
		if i, ok := p.wordIndex[text]; ok {
			return p.words[i], nil
		}
		return text, p.notEnumerated(t, text)
	}
	for _, w := range p.words {
		if w == text {
			return w, nil
		}
	}
	return text, p.notEnumerated(t, text)
}

func (p *program) notEnumerated(t *SimpleType, text string) *Violation {
	const most = 12
	words := make([]string, 0, most)
	for _, w := range t.Enumeration[:min(len(t.Enumeration), most)] {
		words = append(words, quote(w))
	}
	if len(t.Enumeration) > most {
		words = append(words, "...")
	}
	return &Violation{"cvc-enumeration-valid", fmt.Sprintf("%s is none of the values of %s: %s",
		quote(text), t.describe(), strings.Join(words, ", "))}
}

// lexical is the violation of a text that has not the form of the type.
func (p *program) lexical(t *SimpleType, text string) *Violation {
	rule := "cvc-datatype-valid.1.2.1"
	switch {
	case t.Variety == VarietyList:
		rule = "cvc-datatype-valid.1.2.2"
	case t.Variety == VarietyUnion:
		rule = "cvc-datatype-valid.1.2.3"
	}
	name := "xs:" + t.Builtin.String()
	if t.Variety != VarietyAtomic {
		name = t.describe()
	}
	return &Violation{rule, fmt.Sprintf("%s is no value of %s", quote(text), name)}
}

func (p *program) checkLength(t *SimpleType, n int, unit string) *Violation {
	switch {
	case p.minLen == p.maxLen && n != p.minLen:
		return &Violation{"cvc-length-valid", fmt.Sprintf("%d %s where %s has exactly %d", n, unit, t.describe(), p.minLen)}
	case n < p.minLen:
		return &Violation{"cvc-minLength-valid", fmt.Sprintf("%d %s where %s has at least %d", n, unit, t.describe(), p.minLen)}
	case p.maxLen >= 0 && n > p.maxLen:
		return &Violation{"cvc-maxLength-valid", fmt.Sprintf("%d %s where %s has at most %d", n, unit, t.describe(), p.maxLen)}
	}
	return nil
}

func (p *program) checkPatterns(t *SimpleType, text string) *Violation {
	for i, step := range p.steps {
		matched, given := false, false
		for _, c := range step {
			matches, done := c.match(text)
			if matches {
				matched = true
				break
			}
			given = given || !done
		}
		if matched {
			continue
		}
		alternatives := strings.Join(t.Patterns[min(i, len(t.Patterns)-1)], " | ")
		if given {
			return &Violation{"limit", fmt.Sprintf("it takes more than %d steps to tell whether %s matches the pattern %s of %s",
				maxPatternWork, quote(text), alternatives, t.describe())}
		}
		return &Violation{"cvc-pattern-valid", fmt.Sprintf("%s does not match the pattern %s of %s", quote(text), alternatives, t.describe())}
	}
	return nil
}

// checkInteger judges what parseInteger made of text.
func (p *program) checkInteger(t *SimpleType, text string, n integer, f integerForm) *Violation {
	switch {
	case f == notInteger:
		return p.lexical(t, text)
	case f == bigInteger || len(p.bounds) > 0 || t.TotalDigits > 0 || p.values != nil || p.steps != nil:
		return p.checkBigInteger(t, text, n, f)
	case p.lowed && n.compare(p.low) < 0:
		return &Violation{"cvc-minInclusive-valid", fmt.Sprintf("%s is less than %s, the least value of %s", quote(text), p.low, t.describe())}
	case p.highed && n.compare(p.high) > 0:
		return &Violation{"cvc-maxInclusive-valid", fmt.Sprintf("%s is more than %s, the greatest value of %s", quote(text), p.high, t.describe())}
	}
	return nil
}

// checkBigInteger judges an integer by everything there is.
func (p *program) checkBigInteger(t *SimpleType, text string, n integer, f integerForm) *Violation {
	var v value
	if fault := p.atomic(&v, t, text, nil); fault != nil {
		return fault
	}
	if p.lowed && (f == smallInteger && n.compare(p.low) < 0 || f == bigInteger && v.dec.neg) {
		return &Violation{"cvc-minInclusive-valid", fmt.Sprintf("%s is less than %s, the least value of %s", quote(text), p.low, t.describe())}
	}
	if p.highed && (f == smallInteger && n.compare(p.high) > 0 || f == bigInteger && !v.dec.neg) {
		return &Violation{"cvc-maxInclusive-valid", fmt.Sprintf("%s is more than %s, the greatest value of %s", quote(text), p.high, t.describe())}
	}
	return p.checkValue(t, text, &v)
}

// String returns the decimal form.
func (n integer) String() string {
	b := appendUint(nil, n.mag)
	if n.neg {
		return "-" + string(b)
	}
	return string(b)
}

// checkValue judges a value by its bounds, digits, patterns and enumeration.
func (p *program) checkValue(t *SimpleType, text string, v *value) *Violation {
	for _, b := range p.bounds {
		if order, ok := v.compare(b.value); !ok || !b.allow(order) {
			return &Violation{"cvc-" + b.facet + "-valid", fmt.Sprintf("%s is outside of the %s %s of %s",
				quote(text), b.facet, b.text, t.describe())}
		}
	}
	if p.primitive == BuiltinDecimal {
		if n := v.dec.totalDigits(); t.TotalDigits > 0 && n > t.TotalDigits {
			return &Violation{"cvc-totalDigits-valid", fmt.Sprintf("%s has %d digits where %s has at most %d",
				quote(text), n, t.describe(), t.TotalDigits)}
		}
		if n := len(v.dec.frac); t.FractionDigits != nil && n > *t.FractionDigits {
			return &Violation{"cvc-fractionDigits-valid", fmt.Sprintf("%s has %d digits after the point where %s has at most %d",
				quote(text), n, t.describe(), *t.FractionDigits)}
		}
	}
	if fault := p.checkPatterns(t, text); fault != nil {
		return fault
	}
	if t.Enumeration != nil && !p.enumerated(v) {
		return p.notEnumerated(t, text)
	}
	return nil
}

// enumerated reports whether v is one of the values of the enumeration.
func (p *program) enumerated(v *value) bool {
	if p.valueIndex != nil {
		var room [64]byte
		_, ok := p.valueIndex[string(v.appendKey(room[:0]))]
		return ok
	}
	for _, e := range p.values {
		if e.equal(v) {
			return true
		}
	}
	return false
}

// checkOther is check for atomic types that are neither text nor integers.
func (p *program) checkOther(t *SimpleType, text string, resolve Resolver) *Violation {
	var v value
	fault := p.atomic(&v, t, text, resolve)
	if fault != nil {
		return fault
	}
	if t.Length != nil {
		switch p.primitive {
		case BuiltinHexBinary:
			fault = p.checkLength(t, hexLength(text), "octets")
		case BuiltinBase64Binary:
			fault = p.checkLength(t, base64Length(text), "octets")
		}
		if fault != nil {
			return fault
		}
	}
	return p.checkValue(t, text, &v)
}

func (p *program) checkList(t *SimpleType, text string, resolve Resolver) *Violation {
	n := 0
	for item := range Items(text) {
		n++
		if _, fault := t.Item.program.check(t.Item, normalizeText(item, t.Item.program.white), resolve); fault != nil {
			return fault
		}
	}
	if fault := p.checkLength(t, n, "items"); fault != nil {
		return fault
	}
	if fault := p.checkPatterns(t, text); fault != nil || t.Enumeration == nil {
		return fault
	}
	v, fault := t.value(text, resolve)
	if fault == nil && !p.enumerated(v) {
		fault = p.notEnumerated(t, text)
	}
	return fault
}

func (p *program) checkUnion(t *SimpleType, text string, resolve Resolver) (string, *Violation) {
	for _, m := range t.Members {
		m.prepare()
		own := normalizeText(text, m.program.white)
		if m.program.refuses(m, own) {
			continue
		}
		word, fault := m.program.check(m, own, resolve)
		if fault != nil {
			continue
		}
		if fault := p.checkPatterns(t, word); fault != nil {
			return text, fault
		}
		if t.Enumeration != nil {
			v, fault := m.value(word, resolve)
			if fault != nil || !p.enumerated(v) {
				return text, p.notEnumerated(t, text)
			}
		}
		return word, nil
	}
	return text, p.lexical(t, text)
}

// refuses reports whether text is plainly no value of an atomic type, which costs less than being told why. A union asks it of
// each of its members.
func (p *program) refuses(t *SimpleType, text string) bool {
	switch {
	case p.form == formText && p.wordIndex != nil:
		_, ok := p.wordIndex[text]
		return !ok
	case p.form == formText && p.words != nil:
		return !slices.Contains(p.words, text)
	case p.form == formText:
		return p.strict && !isText(t.Builtin, text) || !p.patternsMayMatch(text)
	case p.form == formInteger:
		n, form := parseInteger(text, t.Builtin.isUnsigned())
		return form == notInteger || form == smallInteger && (p.lowed && n.compare(p.low) < 0 || p.highed && n.compare(p.high) > 0)
	case p.form == formOther:
		return !p.patternsMayMatch(text)
	}
	return false
}

// patternsMayMatch reports whether no step of patterns has turned text down.
func (p *program) patternsMayMatch(text string) bool {
	for _, step := range p.steps {
		if !slices.ContainsFunc(step, func(c *pattern) bool { matches, done := c.match(text); return matches || !done }) {
			return false
		}
	}
	return true
}

// member returns the member of the union that text is a value of; of any other type, the type itself.
func (t *SimpleType) member(text string, resolve Resolver) *SimpleType {
	for t.Variety == VarietyUnion {
		i := slices.IndexFunc(t.Members, func(m *SimpleType) bool { return m.Check(text, resolve) == nil })
		if i < 0 {
			return t
		}
		t = t.Members[i]
	}
	return t
}
