package kernel

import (
	"fmt"
	"strings"
)

// Any is the kernel part of a specifier that means every kernel.
const Any = "*"

// Specifier names what a message is for: a state of a session of a kernel. Its text form is
//
//	poe://kernel/session/state?args
//
// in which every part may be missing: poe:/session/state names no kernel, poe:state neither kernel nor session. The scheme
// may be missing too: session/state and //kernel/session/state. The zero value names nothing.
type Specifier struct {
	// Kernel is an id or an alias of a kernel, "" for the default kernel, or [Any].
	Kernel string
	// Session is an alias of a session, or the number of one.
	Session string
	// State is a state of the session.
	State string
	// Args goes to the state as its last argument; "" for none. It is no part of the name.
	Args string
}

// SpecifierError is a text that is no specifier.
type SpecifierError struct{ Text string }

// Error implements error.
func (e *SpecifierError) Error() string { return fmt.Sprintf("kernel: %q is no specifier", e.Text) }

// ParseSpecifier reads the text form of a specifier, in the grammar of POE::Component::IKC::Specifier and with its rule that
// a part "0" is no part. The error is a [*SpecifierError].
func ParseSpecifier(text string) (Specifier, error) {
	line := strings.TrimSuffix(text, "\n")
	if line == "" || line == "0" {
		return Specifier{}, &SpecifierError{text}
	}
	rest, scheme := strings.CutPrefix(line, "poe:")
	name, args, hasArgs := strings.Cut(rest, "?")
	var s Specifier
	ok := false
	if scheme {
		ok = parseScheme(&s, name)
	} else {
		ok = parsePlain(&s, name)
	}
	if !ok || hasArgs && (args == "" || !every(args, isWord)) {
		return Specifier{}, &SpecifierError{text}
	}
	s.Args = args
	s.Kernel, s.Session, s.State = known(s.Kernel), known(s.Session), known(s.State)
	return s, nil
}

// parseScheme reads what stands between "poe:" and "?": [//[kernel]][/session][[/]state].
func parseScheme(s *Specifier, name string) bool {
	if rest, ok := strings.CutPrefix(name, "//"); ok {
		s.Kernel, name = cutBefore(rest, '/')
		if s.Kernel != "" && !isKernel(s.Kernel) {
			return false
		}
	}
	if name == "" {
		return true
	}
	rest, slash := strings.CutPrefix(name, "/")
	if !slash {
		s.State = name
		return every(name, isPart)
	}
	s.Session, name = cutBefore(rest, '/')
	if s.Session == "" {
		return name == ""
	}
	s.State = strings.TrimPrefix(name, "/")
	return every(s.Session, isPart) && every(s.State, isPart)
}

// parsePlain reads a name without the scheme: [//kernel/][session/][state].
func parsePlain(s *Specifier, name string) bool {
	if rest, ok := strings.CutPrefix(name, "//"); ok {
		if s.Kernel, name, ok = strings.Cut(rest, "/"); !ok || !isKernel(s.Kernel) {
			return false
		}
	}
	session, state, ok := strings.Cut(name, "/")
	if !ok {
		s.State = name
		return every(name, isPart)
	}
	s.Session, s.State = session, state
	return session != "" && every(session, isPart) && every(state, isPart)
}

// String is the text form, without Args: what error reports say.
func (s Specifier) String() string {
	b := make([]byte, 0, len("poe:////")+len(s.Kernel)+len(s.Session)+len(s.State))
	b = append(b, "poe:"...)
	if s.Kernel != "" {
		b = append(append(b, "//"...), s.Kernel...)
	}
	if s.Session != "" {
		b = append(append(b, '/'), s.Session...)
	}
	if s.State != "" {
		b = append(append(b, '/'), s.State...)
	}
	return string(b)
}

// isKernel reports whether name may stand as the kernel of a text form: [Any], a name, host:port, or unix:path.
func isKernel(name string) bool {
	if name == Any {
		return true
	}
	before, after, colon := strings.Cut(name, ":")
	switch {
	case !colon:
		return name != "" && every(name, isKernelName)
	case before == "unix" && isSocketName(after):
		return true
	}
	return len(before) > 1 && isAlphanumeric.has(before[0]) && every(before, isHost) && after != "" && every(after, isDigit)
}

// isSocketName reports whether name is a path of a socket as kernels announce it, perhaps with process and descriptor.
func isSocketName(name string) bool {
	path, owner, numbered := strings.Cut(name, ":")
	if path == "" || !every(path, isPath) {
		return false
	}
	process, descriptor, ok := strings.Cut(owner, "-")
	return !numbered || ok && process != "" && descriptor != "" && every(process, isDigit) && every(descriptor, isDigit)
}

// cutBefore splits text at the first c, which stays with the second half.
func cutBefore(text string, c byte) (before, after string) {
	if i := strings.IndexByte(text, c); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// known is part, unless Perl takes it for false.
func known(part string) string {
	if part == "0" {
		return ""
	}
	return part
}

// A class is a set of octets that names are made of.
type class uint8

// The classes of octets.
const (
	isDigit        class = 1 << iota
	isAlphanumeric       // letters and digits
	isWord               // and _
	isPart               // of the name of a session or state
	isKernelName         // of the name of a kernel
	isHost               // of a host
	isPath               // of the path of a socket
	isAnnounced          // of a name that a line can carry
)

// classes are those that each octet belongs to.
var classes = func() (all [1 << 8]class) {
	for c := range all {
		all[c] = classesOf(byte(c))
	}
	return all
}()

func classesOf(c byte) class {
	const inWords = isWord | isPart | isKernelName | isPath | isAnnounced
	switch {
	case '0' <= c && c <= '9':
		return isDigit | isAlphanumeric | isHost | inWords
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return isAlphanumeric | isHost | inWords
	case c == '_':
		return inWords
	case c == '-':
		return isPart | isKernelName | isHost | isPath | isAnnounced
	case c == '.':
		return isKernelName | isHost | isPath | isAnnounced
	case c == ' ':
		return isPart | isKernelName
	case c == ':':
		return isAnnounced
	}
	return 0
}

// has reports whether c belongs to the class.
func (s class) has(c byte) bool { return classes[c]&s != 0 }

// every reports whether all octets of a text belong to a class.
func every(text string, of class) bool {
	for i := range len(text) {
		if !of.has(text[i]) {
			return false
		}
	}
	return true
}
