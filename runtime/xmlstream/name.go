package xmlstream

import "slices"

// Namespaces that XML itself binds.
const (
	// XMLSpace is what the prefix xml stands for (Namespaces in XML, 3).
	XMLSpace = "http://www.w3.org/XML/1998/namespace"
	// XMLNSSpace is what the prefix xmlns stands for (Namespaces in XML, 3).
	XMLNSSpace = "http://www.w3.org/2000/xmlns/"
	// XSISpace is the namespace of xsi:type, xsi:nil and the schema location attributes (XML Schema part 1, 2.6).
	XSISpace = "http://www.w3.org/2001/XMLSchema-instance"
)

// Numbers of a [Spaces] that stand for no member of it.
const (
	NoSpace      = 0  // no namespace
	UnknownSpace = -1 // a namespace that is not in the list
)

// Name is an expanded name: a namespace URI, empty for none, and a local part.
type Name struct{ Space, Local string }

// String returns {space}local, or the local part alone when there is no namespace.
func (n Name) String() string {
	if n.Space == "" {
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// Spaces is an immutable numbered list of namespace URIs. Any number of goroutines may use one. A nil *Spaces is the empty
// list.
type Spaces struct {
	uris  []string
	index map[string]int
}

// scanSpaces is how many URIs are worth comparing one by one before a map is faster.
const scanSpaces = 8

// NewSpaces numbers uris 1..n in the order given. The empty string is no namespace and keeps the number [NoSpace] whether or
// not it is listed, though it takes up a number; a URI given twice keeps its first number.
func NewSpaces(uris ...string) *Spaces {
	s := &Spaces{uris: slices.Clone(uris)}
	if len(uris) > scanSpaces {
		s.index = make(map[string]int, len(uris))
		for i, uri := range uris {
			if _, ok := s.index[uri]; !ok {
				s.index[uri] = i + 1
			}
		}
	}
	return s
}

// Index returns the number of uri: [NoSpace] for the empty string, [UnknownSpace] when it is not in the list.
func (s *Spaces) Index(uri string) int {
	if uri == "" {
		return NoSpace
	}
	if s == nil {
		return UnknownSpace
	}
	if s.index != nil {
		if n, ok := s.index[uri]; ok {
			return n
		}
		return UnknownSpace
	}
	for i, u := range s.uris {
		if u == uri {
			return i + 1
		}
	}
	return UnknownSpace
}

// URI returns the namespace numbered i, or the empty string for 0 and for numbers outside the list.
func (s *Spaces) URI(i int) string {
	if s == nil || i < 1 || i > len(s.uris) {
		return ""
	}
	return s.uris[i-1]
}

// Len returns how many namespaces are numbered.
func (s *Spaces) Len() int {
	if s == nil {
		return 0
	}
	return len(s.uris)
}
