package xsd

import (
	"slices"
)

// Facets that each primitive type allows (XML Schema part 2, 4.1.5); those of lists and unions as "list" and "union".
var facetsOf = func() map[string][]string {
	const length, bounds = "length minLength maxLength", "minInclusive maxInclusive minExclusive maxExclusive"
	table := map[string]string{"boolean": "pattern whiteSpace", "union": "pattern enumeration"}
	for _, t := range []string{"string", "hexBinary", "base64Binary", "anyURI", "QName", "NOTATION", "list"} {
		table[t] = "pattern enumeration whiteSpace " + length
	}
	for _, t := range []string{"float", "double", "duration", "dateTime", "time", "date", "gYearMonth", "gYear", "gMonthDay", "gDay", "gMonth"} {
		table[t] = "pattern enumeration whiteSpace " + bounds
	}
	table["decimal"] = "pattern enumeration whiteSpace totalDigits fractionDigits " + bounds
	lists := map[string][]string{}
	for t, line := range table {
		lists[t] = words(line)
	}
	return lists
}()

// checkFacets judges the facets that t adds to its base and keeps those that make sense.
func (c *compiler) checkFacets(t *SimpleType) {
	base := t.Base.(*SimpleType)
	var kept []*Facet
	own := map[string]*Facet{}
	for _, f := range t.Facets {
		if !slices.Contains(facetsOf[t.facetClass()], f.Kind) {
			c.errorf(f.node, "cos-applicable-facets", "%s has no facet %s", name(base), f.Kind)
			continue
		}
		if f.Kind == "pattern" || f.Kind == "enumeration" {
			kept = append(kept, f)
			continue
		}
		if own[f.Kind] != nil {
			c.errorf(f.node, "src-single-facet-value", "%s is given twice", f.Kind)
			continue
		}
		own[f.Kind] = f
		if c.checkFacet(f, base) {
			kept = append(kept, f)
		}
	}
	t.Facets = kept
	before := len(c.findings)
	c.checkCounts(t, own)
	c.checkBounds(t, own)
	if len(c.findings) > before { // do without those that contradict one another
		t.Facets = slices.DeleteFunc(t.Facets, func(f *Facet) bool { return own[f.Kind] == f })
		return
	}
	c.checkPatterns(t)
	c.checkEnumeration(t, base)
}

// facetClass is the key of facetsOf for t.
func (t *SimpleType) facetClass() string {
	switch t.Variety {
	case List:
		return "list"
	case Union:
		return "union"
	case Any:
		return "any"
	}
	return t.Primitive.Name.Local
}

// checkFacet judges one facet by that of the base: fixed ones stay, none becomes wider.
func (c *compiler) checkFacet(f *Facet, base *SimpleType) bool {
	switch f.Kind {
	case "minInclusive", "maxInclusive", "minExclusive", "maxExclusive":
		return c.checkBound(f, base)
	}
	old := base.Effective(f.Kind)
	if old == nil {
		return true
	}
	if f.Kind == "whiteSpace" {
		order := []string{"preserve", "replace", "collapse"}
		if slices.Index(order, f.Value) < slices.Index(order, old.Value) {
			c.errorf(f.node, "whiteSpace-valid-restriction", "whiteSpace of %s is %s; it may not become %s", name(base), old.Value, f.Value)
			return false
		}
	} else {
		value, _ := parseCount(f.Value)
		was, _ := parseCount(old.Value)
		wider := value > was
		switch f.Kind {
		case "minLength":
			wider = value < was
		case "length":
			wider = value != was
		}
		if wider {
			c.errorf(f.node, f.Kind+"-valid-restriction", "%s of %s is %s; it may not become %s", f.Kind, name(base), old.Value, f.Value)
			return false
		}
		if value == was { // 0 is -0 and 00
			return true
		}
	}
	if old.Fixed && collapse(f.Value) != collapse(old.Value) {
		c.errorf(f.node, "FixedFacetValue", "%s of %s is fixed at %s", f.Kind, name(base), old.Value)
		return false
	}
	return true
}

// checkBound judges the value of one of the four bounds: a value of the base, within the bounds of the base.
func (c *compiler) checkBound(f *Facet, base *SimpleType) bool {
	if old := base.Effective(f.Kind); old != nil {
		if old.Fixed && c.compare(base, f.Value, old.Value) != 0 {
			c.errorf(f.node, "FixedFacetValue", "%s of %s is fixed at %s", f.Kind, name(base), old.Value)
			return false
		}
		if c.valueIn(base.Primitive, f.Value) == "" && c.compare(base, f.Value, old.Value) == 0 {
			base = base.unbound(f.Kind) // an exclusive bound is no value of the type it bounds
		}
	}
	if fault := c.valueIn(base, f.Value); fault != "" {
		c.errorf(f.node, f.Kind+"-valid-restriction", "%s: %s", f.Kind, fault)
		return false
	}
	return true
}

// unbound is what the type was before it had the facet.
func (t *SimpleType) unbound(kind string) *SimpleType {
	for at := t; ; {
		base, ok := at.Base.(*SimpleType)
		if !ok {
			return at
		}
		if slices.ContainsFunc(at.Facets, func(f *Facet) bool { return f.Kind == kind }) {
			return base
		}
		at = base
	}
}

// checkCounts judges lengths and digits by one another.
func (c *compiler) checkCounts(t *SimpleType, own map[string]*Facet) {
	value := func(kind string) (n int, f *Facet) {
		if f = t.Effective(kind); f == nil {
			return 0, nil
		}
		n, _ = parseCount(f.Value)
		return n, f
	}
	fresh := func(f, g *Facet) *Facet { // the one of the two that t itself has
		if own[f.Kind] == f {
			return f
		}
		if own[g.Kind] == g {
			return g
		}
		return nil
	}
	length, hasLength := value("length")
	least, hasLeast := value("minLength")
	most, hasMost := value("maxLength")
	if hasLeast != nil && hasMost != nil && least > most {
		if f := fresh(hasLeast, hasMost); f != nil {
			c.errorf(f.node, "minLength-less-than-equal-to-maxLength", "minLength is %d, more than maxLength, which is %d", least, most)
		}
	}
	if hasLength != nil {
		for _, other := range []*Facet{hasLeast, hasMost} {
			if other == nil || fresh(hasLength, other) == nil {
				continue
			}
			n, _ := parseCount(other.Value)
			wrong := own[other.Kind] == other && !repeats(other, t) // 4.3.1.4, 1.2 and 2.2
			if other == hasLeast {
				wrong = wrong || n > length
			} else {
				wrong = wrong || n < length
			}
			if wrong {
				c.errorf(fresh(other, hasLength).node, "length-minLength-maxLength", "length %d and %s %d do not go together", length, other.Kind, n)
			}
		}
	}
	total, hasTotal := value("totalDigits")
	fraction, hasFraction := value("fractionDigits")
	if hasTotal != nil && hasFraction != nil && fraction > total {
		if f := fresh(hasFraction, hasTotal); f != nil {
			c.errorf(f.node, "fractionDigits-totalDigits", "fractionDigits is %d, more than totalDigits, which is %d", fraction, total)
		}
	}
}

// repeats reports whether the base of t already has the facet with the same value.
func repeats(f *Facet, t *SimpleType) bool {
	base, ok := t.Base.(*SimpleType)
	if !ok {
		return false
	}
	old := base.Effective(f.Kind)
	if old == nil {
		return false
	}
	n, _ := parseCount(f.Value)
	was, _ := parseCount(old.Value)
	return n == was
}

// checkBounds judges the bounds by one another.
func (c *compiler) checkBounds(t *SimpleType, own map[string]*Facet) {
	for _, side := range []string{"min", "max"} {
		if f := own[side+"Exclusive"]; f != nil && own[side+"Inclusive"] != nil {
			c.errorf(f.node, side+"Inclusive-"+side+"Exclusive", "%sInclusive and %sExclusive exclude each other", side, side)
			return
		}
	}
	for _, low := range []string{"minInclusive", "minExclusive"} {
		for _, high := range []string{"maxInclusive", "maxExclusive"} {
			l, h := t.bound(low), t.bound(high)
			if l == nil || h == nil || own[low] != l && own[high] != h {
				continue
			}
			order := c.compare(t.Base.(*SimpleType), l.Value, h.Value)
			if order > 0 || order == 0 && (low == "minExclusive") != (high == "maxExclusive") {
				at := l
				if own[low] != l || own[high] == h && h.Pos.Compare(l.Pos) > 0 {
					at = h
				}
				c.errorf(at.node, low+"-less-than-"+high, "%s %s and %s %s leave no value", low, l.Value, high, h.Value)
			}
		}
	}
}

// bound is the bound of that kind in force: the nearest one, unless a nearer one of the same side and the other kind
// replaced it.
func (t *SimpleType) bound(kind string) *Facet {
	for at, ok := t, true; ok && at != nil; at, ok = at.Base.(*SimpleType) {
		if at.inForce != nil {
			return at.inForce.bounds[kind]
		}
		for _, f := range at.Facets {
			if f.Kind == kind {
				return f
			}
			if f.Kind[:3] == kind[:3] && len(f.Kind) == len(kind) {
				return nil
			}
		}
	}
	return nil
}

// checkEnumeration judges that every value of the enumeration is one of the base.
func (c *compiler) checkEnumeration(t, base *SimpleType) {
	for _, f := range t.Facets {
		if f.Kind != "enumeration" {
			continue
		}
		if fault := c.check(base, f.Value, f.node); fault != "" {
			c.errorf(f.node, "enumeration-valid-restriction", "enumeration: %s", fault)
			continue
		}
		if t.DerivesFrom(builtin("NOTATION")) {
			if n, ok := f.node.expand(collapse(f.Value)); !ok || c.notations[n] == nil {
				c.errorf(f.node, "enumeration-valid-restriction", "there is no notation %s", f.Value)
			}
		}
	}
}
