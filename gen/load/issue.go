package load

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/protogen-go/protogen/gen/diag"
)

// issue is one error of CUE: the format of its text tells its kind, what is formatted the particulars.
type issue struct {
	err    errors.Error
	format string
	args   []any
	path   []string // of the value, below "spec"
}

// Formats of errors that are told apart.
const (
	formatNoReference = "reference %q not found"
	formatNoSelector  = "undefined field: %s"
	formatNotAllowed  = "field not allowed"
	formatRequired    = "field is required but not present"
	formatMissing     = "required field missing: %s"
)

// report turns the errors of CUE into findings, and notes how to mend them. root is the value they were found in; it does not
// exist for errors of syntax.
func (l *loader) report(err error, root cue.Value) *reporter {
	if l.labels.below == nil {
		l.labels = collectLabels(l.source.syntax)
	}
	r := &reporter{l: l, root: root, labels: l.labels, readable: true}
	issues := r.fresh(err)
	around := r.takeChoices(&issues)
	for i, path := range around { // of a value that is wrong, what stands beside it may be meant for another
		around[i], _ = split(path)
	}
	for _, i := range issues {
		if i.format == formatNotAllowed {
			around = append(around, i.path)
		}
	}
	for _, i := range issues {
		d := r.finding(i)
		missing := d.Rule == "missing-field" || d.Rule == "missing-value"
		r.readable = r.readable && missing
		unsure := (d.Rule == "cue" || d.Rule == "missing-value") && len(l.source.mends) > 0 // our mends may have made it
		if !unsure && !r.follows(i, around) {
			l.add(d)
			r.mend(i)
		}
	}
	if !l.findings.HasErrors() {
		l.findings.Errorf(diag.Pos{File: l.source.slashed()}, "cue", "%v", err)
	}
	return r
}

// fresh is the errors that are not about something that has been mended, and so reported.
func (r *reporter) fresh(err error) []*issue {
	var issues []*issue
	for _, e := range errors.Errors(err) {
		format, args := e.Msg()
		path := e.Path()
		if len(path) > 0 && path[0] == "spec" {
			path = path[1:]
		}
		i := &issue{e, format, args, path}
		if i.format == formatNotAllowed {
			i.path = r.outermost(path)
		}
		if slices.ContainsFunc(places(e), r.l.source.mends.at) {
			r.readable = false
			r.retry(i)
			continue
		}
		issues = append(issues, i)
	}
	return issues
}

// add adds a finding that is not there yet.
func (l *loader) add(d diag.Diagnostic) {
	if !slices.ContainsFunc(l.findings, func(f diag.Diagnostic) bool { return f.Pos == d.Pos && f.Message == d.Message }) {
		l.findings.Add(d)
	}
}

// places is everywhere that an error speaks of.
func places(err errors.Error) []token.Pos {
	return slices.Concat(err.InputPositions(), errors.Positions(err))
}

// reporter words the errors of one evaluation.
type reporter struct {
	l        *loader
	root     cue.Value
	labels   labels
	protocol cue.Value // the definition of a specification; see outermost
	names    []string  // every label of the definitions
	mended   bool      // something was, and the specification is worth another look
	readable bool      // nothing is wrong but that values are missing
}

// mend notes what would mend i, if one can tell.
func (r *reporter) mend(i *issue) {
	at, change := r.place(i), mend{kind: mendValue}
	switch {
	case i.format == formatNotAllowed:
		parent, name := split(i.path)
		change = mend{mendLabel, diag.Nearest(name, slices.Values(r.fields(parent)))}
	case i.format == formatNoSelector:
		at = i.err.Position()
		name := fmt.Sprint(i.args[0])
		_, known := r.labels.at(at, name)
		change = mend{mendReference, diag.Nearest(name, slices.Values(known))}
	case i.format == formatNoReference:
		at = i.err.Position()
		change.text = diag.Nearest(fmt.Sprint(i.args[0]), slices.Values(r.labels.all()))
	case strings.HasPrefix(i.format, "conflicting values") && !slices.ContainsFunc(i.err.InputPositions(), r.l.source.foreign):
		change.text = "_" // the other of two is still there
	case !strings.HasPrefix(i.format, "conflicting values") && !strings.HasPrefix(i.format, "invalid value"):
		return
	}
	if r.l.source.owns(at) && r.l.source.mends.add(at, change) {
		r.mended = true
	}
}

// retry notes that a reference is not mended by the name that we guessed.
func (r *reporter) retry(i *issue) {
	if i.format == formatNoReference || i.format == formatNoSelector {
		r.mended = r.l.source.mends.giveUp(i.err.Position()) || r.mended
	}
}

// outermost is the path of the first thing on the way to path that no definition knows: CUE names only what is in it.
func (r *reporter) outermost(path []string) []string {
	if r.names == nil {
		r.protocol, r.names = definition()
	}
	v := r.protocol
	for n, step := range path {
		switch each := v.LookupPath(cue.MakePath(cue.AnyString)); {
		case v.IncompleteKind() == cue.ListKind:
			v = v.LookupPath(cue.MakePath(cue.AnyIndex))
		case each.Exists():
			v = each
		case slices.Contains(fieldsOf(v), step):
			v = v.LookupPath(cue.MakePath(cue.Str(step).Optional()))
		case slices.Contains(r.names, step): // it may be there on some condition
			return path
		default:
			return path[:n+1]
		}
	}
	return path
}

// takeChoices takes out of issues those about values that must be one of several. CUE reports one for each of the several
// and a heading; they become one finding. It returns the paths of the values.
func (r *reporter) takeChoices(issues *[]*issue) [][]string {
	var order []string
	wanted := map[string][]*issue{}
	*issues = slices.DeleteFunc(*issues, func(i *issue) bool {
		key := strings.Join(i.path, "\x00")
		switch {
		case strings.Contains(i.format, "errors in empty disjunction"):
			order = append(order, key)
			wanted[key] = nil
			return true
		case strings.HasPrefix(i.format, "conflicting values") && slices.Contains(order, key):
			wanted[key] = append(wanted[key], i)
			return true
		}
		return false
	})
	var paths [][]string
	for _, key := range order {
		if group := wanted[key]; len(group) > 0 {
			paths = append(paths, group[0].path)
			d, guess := r.choice(group)
			r.l.add(d)
			r.readable = false
			if at := r.place(group[0]); r.l.source.owns(at) && guess != "" && r.l.source.mends.add(at, mend{mendValue, guess}) {
				r.mended = true
			}
		}
	}
	return paths
}

// choice is the finding for a value that is none of those it may be, and the one that was meant, if that can be told.
func (r *reporter) choice(group []*issue) (d diag.Diagnostic, guess string) {
	var wanted, texts []string
	var got string
	types := false
	for _, i := range group {
		user, other := r.sides(i)
		got = user.value
		types = types || user.typ != "" && user.typ != other.typ
		if types {
			other.value = typeWord(other.typ)
		} else if s, err := strconv.Unquote(other.value); err == nil {
			texts = append(texts, s)
		}
		if !slices.Contains(wanted, other.value) {
			wanted = append(wanted, other.value)
		}
	}
	slices.Sort(wanted)
	rule, suggestion := "bad-value", ""
	if types {
		rule = "wrong-type"
	} else if s, err := strconv.Unquote(got); err == nil {
		suggestion = diag.DidYouMean(s, texts...)
		if near := diag.Nearest(s, slices.Values(texts)); near != "" {
			guess = strconv.Quote(near)
		}
	}
	return diag.Diagnostic{
		Pos: r.pos(group[0]), Rule: rule,
		Message: fmt.Sprintf("%s is %s; it must be %s%s", dotted(group[0].path), got, oneOf(wanted), suggestion),
	}, guess
}

// follows reports whether i is only the consequence of another finding: a field that would be allowed if what is around it
// were right, or a key that could not be computed because a name in it is unknown.
func (r *reporter) follows(i *issue, around [][]string) bool {
	if strings.HasPrefix(i.format, "key value of dynamic field") {
		return true
	}
	return i.format == formatNotAllowed && slices.ContainsFunc(around, func(path []string) bool {
		return len(i.path) > len(path) && slices.Equal(i.path[:len(path)], path)
	})
}

// finding words an error.
func (r *reporter) finding(i *issue) diag.Diagnostic {
	d := diag.Diagnostic{Pos: r.pos(i), Rule: "cue", Message: i.err.Error()}
	switch {
	case i.format == formatNotAllowed:
		parent, name := split(i.path)
		d.Rule = "unknown-field"
		d.Message = fmt.Sprintf("%s has no field %q%s", dotted(parent), name, diag.DidYouMean(name, r.fields(parent)...))
	case i.format == formatRequired:
		parent, name := split(i.path)
		d.Rule, d.Message = "missing-field", fmt.Sprintf("%s needs a field %q", dotted(parent), name)
	case i.format == formatMissing: // a field that others depend on
		d.Rule, d.Message = "missing-field", fmt.Sprintf("%s needs a field \"%v\"", dotted(i.path), i.args[0])
	case i.format == formatNoSelector:
		name := fmt.Sprint(i.args[0])
		kind, known := r.labels.at(i.err.Position(), name)
		d.Rule, d.Message = "unknown-name", fmt.Sprintf("no %s %q%s", kind, name, diag.DidYouMean(name, known...))
	case i.format == formatNoReference:
		name := fmt.Sprint(i.args[0])
		d.Rule = "unknown-name"
		d.Message = fmt.Sprintf("nothing here is called %q%s", name, diag.DidYouMean(name, r.labels.all()...))
	case strings.HasPrefix(i.format, "incomplete value"):
		d.Rule = "missing-value"
		d.Message = fmt.Sprintf("%s has no value yet: it may still be any %v", dotted(i.path), i.args[0])
	case strings.HasPrefix(i.format, "invalid value %v (out of bound"):
		d.Rule = "bad-value"
		d.Message = fmt.Sprintf("%s is %v; it must be %v", dotted(i.path), i.args[0], i.args[1])
	case strings.HasPrefix(i.format, "conflicting values"):
		d.Rule, d.Message = r.conflict(i)
	case strings.HasPrefix(i.format, "import failed"):
		_, missing, _ := strings.Cut(d.Message, "cannot find package ")
		name, _, _ := strings.Cut(missing, ":")
		d.Rule, d.Message = "bad-import", fmt.Sprintf("no package %s here, and nothing is ever fetched", name)
	case !r.root.Exists():
		d.Rule = "syntax"
	}
	return d
}

// conflict words two values for one thing: one of them the definitions', or both the user's.
func (r *reporter) conflict(i *issue) (rule, message string) {
	user, other := r.sides(i)
	if user.typ != other.typ {
		return "wrong-type", fmt.Sprintf("%s is %s; it must be %s", dotted(i.path), user.value, typeWord(other.typ))
	}
	return "bad-value", fmt.Sprintf("%s is both %s and %s", dotted(i.path), user.value, other.value)
}

// side is one of two values that are in conflict.
type side struct{ value, typ string }

// sides tells the user's value from the other: CUE lists their positions in the order in which it names them.
func (r *reporter) sides(i *issue) (user, other side) {
	arg := func(n int) string {
		if n < len(i.args) {
			return brief(fmt.Sprint(i.args[n]))
		}
		return ""
	}
	user, other = side{arg(0), arg(2)}, side{arg(1), arg(3)}
	if in := i.err.InputPositions(); len(in) > 0 && !r.l.source.owns(in[0]) {
		user, other = other, user
	}
	return user, other
}

// brief is a value as a finding shows it: a long one by its beginning.
func brief(value string) string {
	if runes := []rune(value); len(runes) > 40 {
		return string(runes[:37]) + "..."
	}
	return value
}

// place is the first place in a file of the specification that an error speaks of; of a field that is not allowed, its own.
func (r *reporter) place(i *issue) token.Pos {
	if i.format == formatNotAllowed && len(i.path) < len(i.err.Path())-1 {
		return node{r.l, r.lookup(i.path)}.place(false)
	}
	for _, p := range places(i.err) {
		if r.l.source.owns(p) {
			return p
		}
	}
	return token.NoPos
}

// pos is where the user would mend an error: the first place in a file of the specification, or that of the nearest thing
// around it that has one.
func (r *reporter) pos(i *issue) diag.Pos {
	if p := r.place(i); p.IsValid() {
		return r.l.source.position(p)
	}
	for path := i.path; ; path = path[:len(path)-1] {
		if p := (node{r.l, r.lookup(path)}).pos(); p.IsValid() {
			return p
		}
		if len(path) == 0 {
			return diag.Pos{File: r.l.source.slashed()}
		}
	}
}

// lookup is the value at a path below "spec".
func (r *reporter) lookup(path []string) cue.Value {
	v := r.root.LookupPath(cue.ParsePath("spec"))
	for _, step := range path {
		sel := cue.Str(step)
		if n, err := strconv.Atoi(step); err == nil && v.IncompleteKind() == cue.ListKind {
			sel = cue.Index(n)
		}
		v = v.LookupPath(cue.MakePath(sel))
	}
	return v
}

// fields is the names of the fields that the thing at a path may have.
func (r *reporter) fields(path []string) []string { return fieldsOf(r.lookup(path)) }

// fieldsOf is the names of the fields that v has, or may have.
func fieldsOf(v cue.Value) []string {
	it, err := v.Fields(cue.Optional(true))
	if err != nil {
		return nil
	}
	var names []string
	for it.Next() {
		if sel := it.Selector(); sel.IsString() && sel.PkgPath() == "" {
			names = append(names, sel.Unquoted())
		}
	}
	return names
}

// split is the path of a thing without its last step, and that step.
func split(path []string) (parent []string, last string) {
	if len(path) == 0 {
		return nil, "spec"
	}
	return path[:len(path)-1], path[len(path)-1]
}

// dotted is a path as findings show it: "messages.login.fields[2]"; the specification itself is "spec".
func dotted(path []string) string {
	var b strings.Builder
	for _, step := range path {
		switch _, err := strconv.Atoi(step); {
		case err == nil:
			b.WriteString("[" + step + "]")
		case b.Len() > 0:
			b.WriteString("." + step)
		default:
			b.WriteString(step)
		}
	}
	if b.Len() == 0 {
		return "spec"
	}
	return b.String()
}

// oneOf joins alternatives: `"a", "b" or "c"`.
func oneOf(values []string) string {
	if len(values) < 2 {
		return strings.Join(values, "")
	}
	last := len(values) - 1
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

var typeWords = map[string]string{
	"string": "a text", "int": "an integer", "bool": "true or false", "list": "a list", "struct": "a struct", "null": "null",
	"bytes": "bytes", "float": "a number", "number": "a number",
}

// typeWord is CUE's name for a type in words.
func typeWord(typ string) string {
	var words []string
	for _, t := range strings.Split(strings.Trim(typ, "()"), "|") {
		word := typeWords[t]
		if word == "" {
			word = t
		}
		words = append(words, word)
	}
	return oneOf(words)
}
