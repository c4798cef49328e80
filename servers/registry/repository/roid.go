package repository

import "strconv"

// The kinds of objects, as they begin a repository object identifier.
const (
	kindDomain  = "D"
	kindHost    = "H"
	kindContact = "C"
)

// roid is the repository object identifier of an object (RFC 5730 section 2.8): never given twice, even after a deletion,
// because stores do not give an ID twice.
func (p *Policy) roid(kind string, id int64) string {
	return kind + strconv.FormatInt(id, 10) + "-" + p.Suffix
}
