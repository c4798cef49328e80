package xmlstream

// Defaults of the limits in [Options].
const (
	DefaultMaxDepth      = 256
	DefaultMaxAttributes = 256
	DefaultMaxName       = 1024
	DefaultMaxDocument   = 64 << 20
	DefaultMaxExpansion  = 1 << 20
)

// DTD says what a [Reader] does with a document type declaration.
type DTD uint8

const (
	// DTDRefuse makes a document type declaration an error. Protocols want this: nothing of theirs needs one.
	DTDRefuse DTD = iota
	// DTDSkip reads the internal subset: it is checked, its general entities may be used and its attribute defaults apply.
	// An external subset and external entities are never fetched, and a reference to one is an error.
	DTDSkip
)

// Options bounds what a [Reader] accepts. The zero value is right for a protocol. A limit of 0 stands for its default; there
// is no way to switch a limit off, only to raise it.
type Options struct {
	DTD DTD

	MaxDepth      int // elements open at once
	MaxAttributes int // attributes of one element, namespace declarations included
	MaxName       int // bytes of one name, prefix included
	MaxText       int // bytes of one token of a stream, and of the text of an element of it that is read as a whole
	MaxDocument   int // bytes of the document, before and after it is turned into UTF-8
	MaxExpansion  int // bytes that all references to declared entities together may produce, and 16 for each reference
}

// withDefaults returns o with every limit set.
func (o Options) withDefaults() Options {
	fill := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	fill(&o.MaxDepth, DefaultMaxDepth)
	fill(&o.MaxAttributes, DefaultMaxAttributes)
	fill(&o.MaxName, DefaultMaxName)
	fill(&o.MaxText, DefaultMaxText)
	fill(&o.MaxDocument, DefaultMaxDocument)
	fill(&o.MaxExpansion, DefaultMaxExpansion)
	return o
}
