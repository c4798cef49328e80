package header

import "slices"

// A Verdict gathers what is wrong with a message: the faults that reading it found, and then the rules that it breaks. The
// order is what decides the answer: faults of the start line and rules about it come first, so that a message of another
// version is answered as one. The zero Verdict has found nothing.
type Verdict struct {
	faults []Fault
	start  int // how many of them are about the start line
}

// Begin begins with the faults of a [Reader], which are copied.
func (v *Verdict) Begin(faults []Fault) {
	*v = Verdict{}
	if len(faults) == 0 {
		return
	}
	v.faults = append(v.faults, faults...)
	slices.SortStableFunc(v.faults, func(a, b Fault) int { return rank(a) - rank(b) })
	for v.start < len(v.faults) && v.faults[v.start].Rule == RuleStart {
		v.start++
	}
}

// rank puts faults of the start line first.
func rank(f Fault) int {
	if f.Rule == RuleStart {
		return 0
	}
	return 1
}

// Start notes a rule about the start line, unless that could not be read.
func (v *Verdict) Start(ok bool, rule string, code int, text string) {
	if ok || v.start > 0 && v.faults[v.start-1].Rule == RuleStart {
		return
	}
	v.faults = slices.Insert(v.faults, v.start, Fault{Line: 1, Column: 1, Rule: rule, Code: code, Text: text})
	v.start++
}

// Need notes that the field called name is missing, unless it is there or could not be read.
func (v *Verdict) Need(there bool, name string, code int) {
	if !there && !v.about(name) {
		v.faults = append(v.faults, Fault{Line: 1, Column: 1, Field: name, Rule: RuleMissing, Code: code, Text: "there is no " + name})
	}
}

// Rule notes a rule about the fields called names, unless one of them could not be read.
func (v *Verdict) Rule(ok bool, rule string, code int, text string, names ...string) {
	if ok || slices.ContainsFunc(names, v.about) {
		return
	}
	field := ""
	if len(names) > 0 {
		field = names[0]
	}
	v.faults = append(v.faults, Fault{Line: 1, Column: 1, Field: field, Rule: rule, Code: code, Text: text})
}

// about reports whether something is wrong with the field called name already.
func (v *Verdict) about(name string) bool {
	return slices.ContainsFunc(v.faults, func(f Fault) bool { return f.Field == name })
}

// Err is nil, or a [*ValidationError] with all faults.
func (v *Verdict) Err() error {
	if len(v.faults) == 0 {
		return nil
	}
	return &ValidationError{Faults: v.faults}
}
