package xmlstream

import (
	"slices"
	"strings"
)

// doctype is what an internal subset declared.
type doctype struct {
	entities   map[string]*entity
	parameters map[string]*entity
	attributes map[string][]attDef // by element name, as written
	incomplete bool                // something external was not read: later declarations do not count (XML 1.0, 5.1)
}

// attDef declares an attribute.
type attDef struct {
	name      string
	tokenized bool // any type but CDATA: surrounding and repeated spaces are removed
	hasValue  bool
	value     string // the default
}

// doctype reads the document type declaration at r.pos and goes on to the next token.
func (r *Reader) doctype() Kind {
	switch {
	case len(r.stack) > 0 || r.sawRoot || r.fragment:
		return r.fail(r.pos, "a document type declaration after the root element began")
	case r.opts.DTD == DTDRefuse:
		return r.fail(r.pos, "a document type declaration, which is refused here")
	case r.dtd != nil:
		return r.fail(r.pos, "a second document type declaration")
	}
	r.dtd, r.unusual = &doctype{entities: map[string]*entity{}, parameters: map[string]*entity{}, attributes: map[string][]attDef{}}, true
	p := &dtdParser{r: r, s: r.s, i: r.pos + len("<!DOCTYPE"), base: -1}
	p.doctype()
	if p.failed {
		return EOF
	}
	r.text, r.info, r.kind = r.s[r.pos:p.i], 0, ProcInst
	r.pos = p.i
	return ProcInst
}

// dtdParser reads an internal subset. After a fault, which it hands to the Reader, it is at the end of its text, so that
// every loop ends.
type dtdParser struct {
	r      *Reader
	s      string
	i      int
	base   int      // place of the reference in the document, for a parameter entity; -1 for the subset itself
	chain  []string // parameter entities being read
	failed bool
}

func (p *dtdParser) fail(text string) bool {
	if !p.failed {
		at := p.base
		if at < 0 {
			at = p.i
		}
		p.r.fail(at, text)
	}
	p.failed, p.i, p.s = true, 0, ""
	return false
}

// take reads lit if it is next.
func (p *dtdParser) take(lit string) bool {
	if !strings.HasPrefix(p.s[p.i:], lit) {
		return false
	}
	p.i += len(lit)
	return true
}

func (p *dtdParser) want(lit string) bool {
	return p.take(lit) || p.fail("expected "+lit+" in the document type declaration")
}

// space reads white space and reports whether there was any.
func (p *dtdParser) space() bool {
	from := p.i
	p.i = skipSpace(p.s, p.i)
	return p.i > from
}

func (p *dtdParser) wantSpace() bool {
	return p.space() || p.fail("expected white space in the document type declaration")
}

// name reads a Name, colons included.
func (p *dtdParser) name() string {
	end, ok := p.r.entityName(p.s, p.i)
	if !ok {
		p.fail("expected a name in the document type declaration")
		return ""
	}
	name := p.s[p.i:end]
	p.i = end
	return name
}

// token reads an Nmtoken.
func (p *dtdParser) token() bool {
	from := p.i
	for p.i < len(p.s) {
		end := scanNameMore(p.s, p.i)
		if end == p.i {
			if p.s[p.i] != ':' {
				break
			}
			end++
		}
		p.i = end
	}
	return p.i > from || p.fail("expected a name token in the document type declaration")
}

// doctype reads from after <!DOCTYPE.
func (p *dtdParser) doctype() {
	p.wantSpace()
	p.name()
	if p.space() && (strings.HasPrefix(p.s[p.i:], "SYSTEM") || strings.HasPrefix(p.s[p.i:], "PUBLIC")) {
		p.externalID(false)
		p.space()
		p.r.dtd.incomplete = false // the external subset is read after the internal one
	}
	if p.take("[") {
		p.subset(']')
		p.want("]")
		p.space()
	}
	p.want(">")
}

// externalID reads an ExternalID, or a PublicID where public alone is allowed.
func (p *dtdParser) externalID(publicAlone bool) {
	if p.take("SYSTEM") {
		p.wantSpace()
		p.literal("")
		return
	}
	if !p.want("PUBLIC") {
		return
	}
	p.wantSpace()
	p.literal(" \r\n-'()+,./:=?;!*#@$_%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if p.space() && (!publicAlone || p.i < len(p.s) && (p.s[p.i] == '"' || p.s[p.i] == '\'')) {
		p.literal("")
	} else if !publicAlone {
		p.fail("expected a system identifier in the document type declaration")
	}
}

// literal reads a quoted string and returns its inside. Only characters of allowed may occur, unless it is empty.
func (p *dtdParser) literal(allowed string) string {
	if p.i == len(p.s) || p.s[p.i] != '"' && p.s[p.i] != '\'' {
		p.fail("expected a quoted string in the document type declaration")
		return ""
	}
	value, _, ok := strings.Cut(p.s[p.i+1:], p.s[p.i:p.i+1])
	if !ok {
		p.fail("a quoted string without an end")
		return ""
	}
	for i, c := range value {
		if allowed != "" && !strings.ContainsRune(allowed, c) || !IsChar(c) || c == '\uFFFD' && !validRune(value[i:]) {
			p.fail("a character that cannot stand in this literal")
			return ""
		}
	}
	p.i += len(value) + 2
	return value
}

// subset reads declarations up to the byte until, or to the end of a parameter entity when until is 0.
func (p *dtdParser) subset(until byte) {
	for !p.failed {
		p.space()
		switch {
		case p.i == len(p.s):
			if until != 0 {
				p.fail("the document ends inside the document type declaration")
			}
			return
		case p.s[p.i] == until:
			return
		case p.take("%"):
			p.parameter()
		case p.take("<!--"):
			n := strings.Index(p.s[p.i:], "--")
			if n < 0 || !p.charsOK(p.s[p.i:p.i+n]) {
				p.fail("a malformed comment in the document type declaration")
				return
			}
			p.i += n + 2
			p.want(">")
		case p.take("<?"):
			p.procInst()
		case p.take("<!ENTITY"):
			p.entity()
		case p.take("<!ATTLIST"):
			p.attlist()
		case p.take("<!ELEMENT"):
			p.element()
		case p.take("<!NOTATION"):
			p.wantSpace()
			p.name()
			p.wantSpace()
			p.externalID(true)
			p.space()
			p.want(">")
		default:
			p.fail("expected a declaration in the document type declaration")
		}
	}
}

func (p *dtdParser) charsOK(s string) bool {
	for i, c := range s {
		if !IsChar(c) || c == '\uFFFD' && !validRune(s[i:]) {
			return false
		}
	}
	return true
}

func (p *dtdParser) procInst() {
	target := p.name()
	n := strings.Index(p.s[p.i:], "?>")
	if n < 0 || n > 0 && !IsSpace(p.s[p.i]) || strings.EqualFold(target, "xml") || !p.charsOK(p.s[p.i:p.i+n]) {
		p.fail("a malformed processing instruction in the document type declaration")
		return
	}
	p.i += n + 2
}

// parameter reads the reference to a parameter entity, and the entity.
func (p *dtdParser) parameter() {
	at := p.base
	if at < 0 {
		at = p.i - 1
	}
	name := p.name()
	if !p.want(";") {
		return
	}
	dtd := p.r.dtd
	e := dtd.parameters[name]
	switch {
	case e == nil && dtd.incomplete:
		return
	case e == nil:
		p.fail("the parameter entity " + name + " is not declared")
		return
	case e.external:
		dtd.incomplete = true
		return
	case slices.Contains(p.chain, name) || len(p.chain) >= MaxEntityDepth:
		p.fail("the parameter entity " + name + " refers to itself, or too deep")
		return
	}
	if p.r.expanded += len(e.value); p.r.expanded > p.r.opts.MaxExpansion {
		p.r.limit(at, "MaxExpansion", p.r.opts.MaxExpansion)
		p.fail("")
		return
	}
	inner := &dtdParser{r: p.r, s: e.value, base: at, chain: append(p.chain, name)}
	if inner.subset(0); inner.failed {
		p.fail("")
	}
}

// entity reads from after <!ENTITY.
func (p *dtdParser) entity() {
	p.wantSpace()
	table, parameter := p.r.dtd.entities, p.take("%")
	if parameter {
		p.wantSpace()
		table = p.r.dtd.parameters
	}
	name := p.name()
	if strings.Contains(name, ":") {
		p.fail("a colon in the name of an entity")
	}
	p.wantSpace()
	e := &entity{}
	if p.i < len(p.s) && (p.s[p.i] == '"' || p.s[p.i] == '\'') {
		e.value = p.entityValue(p.literal(""))
		p.space()
	} else {
		e.external = true
		p.externalID(false)
		if p.space() && !parameter && p.take("NDATA") {
			p.wantSpace()
			p.name()
			p.space()
			e.unparsed = true
		}
	}
	if p.want(">") && table[name] == nil && !p.r.dtd.incomplete {
		table[name] = e
	}
}

// entityValue returns the replacement text of an entity declared with the literal given: character references are replaced,
// references to entities stay (XML 1.0, 4.5).
func (p *dtdParser) entityValue(literal string) string {
	if p.base < 0 {
		literal = strings.ReplaceAll(strings.ReplaceAll(literal, "\r\n", "\n"), "\r", "\n")
	}
	if strings.Contains(literal, "%") {
		p.fail("'%' in the value of an entity")
		return ""
	}
	b := make([]byte, 0, len(literal))
	for {
		text, rest, ok := strings.Cut(literal, "&")
		b = append(b, text...)
		if !ok {
			return string(b)
		}
		if strings.HasPrefix(rest, "#") {
			c, end := charReference(rest, 1)
			if end < 0 || !IsChar(c) {
				p.fail("a malformed character reference in the value of an entity")
				return ""
			}
			b, literal = appendRune(b, c), rest[end:]
			continue
		}
		end, ok := p.r.entityName(rest, 0)
		if !ok || end == len(rest) || rest[end] != ';' {
			p.fail("'&' that begins no reference in the value of an entity")
			return ""
		}
		b, literal = append(append(b, '&'), rest[:end]...), rest[end:]
	}
}

// attlist reads from after <!ATTLIST.
func (p *dtdParser) attlist() {
	p.wantSpace()
	element := p.name()
	for !p.failed {
		spaced := p.space()
		if p.take(">") {
			return
		}
		if !spaced {
			p.fail("expected white space in the document type declaration")
			return
		}
		def := attDef{name: p.name()}
		p.wantSpace()
		def.tokenized = p.attType()
		p.wantSpace()
		p.attDefault(&def)
		known := slices.ContainsFunc(p.r.dtd.attributes[element], func(d attDef) bool { return d.name == def.name })
		if !known && !p.failed && !p.r.dtd.incomplete {
			p.r.dtd.attributes[element] = append(p.r.dtd.attributes[element], def)
		}
	}
}

// attType reads an AttType and reports whether it is another than CDATA.
func (p *dtdParser) attType() bool {
	if p.take("CDATA") {
		return false
	}
	for _, t := range [...]string{"IDREFS", "IDREF", "ID", "ENTITY", "ENTITIES", "NMTOKENS", "NMTOKEN"} {
		if p.take(t) {
			return true
		}
	}
	notation := p.take("NOTATION")
	if notation {
		p.wantSpace()
	}
	p.want("(")
	for !p.failed {
		p.space()
		if notation {
			p.name()
		} else {
			p.token()
		}
		p.space()
		if p.take(")") {
			break
		}
		p.want("|")
	}
	return true
}

// attDefault reads a DefaultDecl.
func (p *dtdParser) attDefault(def *attDef) {
	if p.take("#REQUIRED") || p.take("#IMPLIED") {
		return
	}
	if p.take("#FIXED") {
		p.wantSpace()
	}
	text := p.literal("")
	if p.failed {
		return
	}
	value, ok := p.r.normalise(text, p.r.outer(max(p.base, 0)))
	if !ok {
		p.fail("")
		return
	}
	if def.tokenized {
		value = collapse(value)
	}
	def.hasValue, def.value = true, value
}

// collapse removes the spaces that a tokenized attribute does not have.
func collapse(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
}

// element reads from after <!ELEMENT.
func (p *dtdParser) element() {
	p.wantSpace()
	p.name()
	p.wantSpace()
	switch {
	case p.take("EMPTY"), p.take("ANY"):
	case p.take("("):
		p.space()
		if p.take("#PCDATA") {
			p.mixed()
		} else {
			p.group(1)
		}
	default:
		p.fail("expected a content model in the document type declaration")
	}
	p.space()
	p.want(">")
}

// mixed reads from after (#PCDATA.
func (p *dtdParser) mixed() {
	names := 0
	for p.space(); !p.failed && p.take("|"); p.space() {
		p.space()
		p.name()
		names++
	}
	if p.want(")"); names > 0 {
		p.want("*")
	} else {
		p.take("*")
	}
}

// group reads a choice or sequence from after its parenthesis.
func (p *dtdParser) group(depth int) {
	if depth > p.r.opts.MaxDepth {
		p.r.limit(max(p.base, p.i), "MaxDepth", p.r.opts.MaxDepth)
		p.fail("")
		return
	}
	separator := byte(0)
	for !p.failed {
		p.space()
		if p.take("(") {
			p.group(depth + 1)
		} else {
			p.name()
			p.repeat()
		}
		p.space()
		if p.take(")") {
			p.repeat()
			return
		}
		if p.i == len(p.s) || p.s[p.i] != '|' && p.s[p.i] != ',' || separator != 0 && p.s[p.i] != separator {
			p.fail("expected one of | , ) in a content model")
			return
		}
		separator = p.s[p.i]
		p.i++
	}
}

// repeat reads ?, * or + if one is next.
func (p *dtdParser) repeat() { _ = p.take("?") || p.take("*") || p.take("+") }

// applyDefaults gives the start tag the attributes that the internal subset says it has by default, and normalises those
// it has by their declared types.
func (r *Reader) applyDefaults(e *open, mark int) bool {
	for _, def := range r.dtd.attributes[r.nameOf(e)] {
		given := slices.IndexFunc(r.attrs, func(a Attr) bool { return a.name == def.name })
		switch {
		case given >= 0:
			if a := &r.attrs[given]; def.tokenized {
				a.Value = collapse(a.Value)
			}
			continue
		case !def.hasValue || r.declares(def.name, mark):
			continue
		case len(r.attrs)+len(r.binds)-mark >= r.opts.MaxAttributes:
			r.limit(r.start, "MaxAttributes", r.opts.MaxAttributes)
			return false
		}
		r.addAttribute(Attr{
			Value: def.value, Info: anyInfo, Offset: r.Offset(), name: def.name,
			colon: strings.IndexByte(def.name, ':'),
		})
	}
	return r.err == nil
}

// declares reports whether the start tag itself holds the namespace declaration of that attribute name.
func (r *Reader) declares(name string, mark int) bool {
	prefix, ok := strings.CutPrefix(name, "xmlns:")
	if !ok && name != "xmlns" {
		return false
	}
	if name == "xmlns" {
		prefix = ""
	}
	return slices.ContainsFunc(r.binds[mark:], func(b binding) bool { return b.prefix == prefix })
}
