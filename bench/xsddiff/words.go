package xsddiff

// attributeWords are values of the attributes that schema documents have, right ones and wrong ones.
var attributeWords = map[string][]string{
	"minOccurs":            {"0", "1", "2", "3", "unbounded", "-1", "10"},
	"maxOccurs":            {"0", "1", "2", "3", "unbounded", "10", "4294967296"},
	"use":                  {"optional", "required", "prohibited", "default"},
	"form":                 {"qualified", "unqualified", ""},
	"elementFormDefault":   {"qualified", "unqualified"},
	"attributeFormDefault": {"qualified", "unqualified"},
	"block":                {"#all", "extension", "restriction", "substitution", "extension restriction", "", "list"},
	"final":                {"#all", "extension", "restriction", "extension restriction", "", "list", "union", "list union restriction"},
	"blockDefault":         {"#all", "extension", "restriction", "substitution", ""},
	"finalDefault":         {"#all", "extension", "restriction", "list", "union", ""},
	"processContents":      {"strict", "lax", "skip"},
	"namespace":            {"##any", "##other", "##local", "##targetNamespace", "##local ##targetNamespace", "http://a.example", "", "##any ##other", "http://a.example ##local"},
	"targetNamespace":      {"http://a.example", "urn:b", ""},
	"abstract":             {"true", "false", "0", "1", "yes"},
	"nillable":             {"true", "false", "0", "1"},
	"mixed":                {"true", "false", "0", "1"},
	"xpath":                {".", "a", "*", ".//a", "./a/b", "a|b", "@a", "a/@b", "//a", "a//b", ".//.", "*:a", "@*", "a/..", "child::a", "attribute::a", ". | a", ".//*", " a ", "a[1]", ""},
	"id":                   {"a", "1a", "b", "a:b"},
	"public":               {"p", "-//A//B", ""},
	"system":               {"s", "http://a.example/s"},
	"source":               {"s"},
	"version":              {"1"},
}

// attributeNames are attributes of schema documents and some that are none.
var attributeNames = []string{
	"minOccurs", "maxOccurs", "use", "form", "block", "final", "processContents", "namespace", "abstract", "nillable", "mixed",
	"id", "fixed", "default", "type", "ref", "name", "base", "value", "substitutionGroup", "xpath", "refer", "itemType", "memberTypes",
	"elementFormDefault", "blockDefault", "finalDefault", "foo", "targetNamespace", "public", "system",
}

// elementAttributes are the attributes that elements of a schema document may have.
var elementAttributes = map[string][]string{
	"schema":         {"elementFormDefault", "attributeFormDefault", "blockDefault", "finalDefault", "targetNamespace", "id", "version"},
	"element":        {"minOccurs", "maxOccurs", "form", "block", "final", "abstract", "nillable", "fixed", "default", "type", "ref", "name", "substitutionGroup", "id"},
	"attribute":      {"use", "form", "fixed", "default", "type", "ref", "name", "id"},
	"complexType":    {"mixed", "abstract", "block", "final", "name", "id"},
	"simpleType":     {"final", "name", "id"},
	"complexContent": {"mixed", "id"},
	"simpleContent":  {"id"},
	"restriction":    {"base", "id"},
	"extension":      {"base", "id"},
	"list":           {"itemType", "id"},
	"union":          {"memberTypes", "id"},
	"group":          {"minOccurs", "maxOccurs", "name", "ref", "id"},
	"sequence":       {"minOccurs", "maxOccurs", "id"},
	"choice":         {"minOccurs", "maxOccurs", "id"},
	"all":            {"minOccurs", "maxOccurs", "id"},
	"any":            {"minOccurs", "maxOccurs", "namespace", "processContents", "id"},
	"anyAttribute":   {"namespace", "processContents", "id"},
	"attributeGroup": {"name", "ref", "id"},
	"key":            {"name", "id"},
	"keyref":         {"name", "refer", "id"},
	"unique":         {"name", "id"},
	"selector":       {"xpath", "id"},
	"field":          {"xpath", "id"},
	"notation":       {"name", "public", "system", "id"},
	"annotation":     {"id"},
	"import":         {"namespace", "id"},
	"minInclusive":   {"value", "fixed", "id"},
	"maxInclusive":   {"value", "fixed", "id"},
	"minExclusive":   {"value", "fixed", "id"},
	"maxExclusive":   {"value", "fixed", "id"},
	"totalDigits":    {"value", "fixed", "id"},
	"fractionDigits": {"value", "fixed", "id"},
	"length":         {"value", "fixed", "id"},
	"minLength":      {"value", "fixed", "id"},
	"maxLength":      {"value", "fixed", "id"},
	"whiteSpace":     {"value", "fixed", "id"},
	"pattern":        {"value", "id"},
	"enumeration":    {"value", "id"},
}

// kindred are elements that stand in the same places; the particles come first.
var kindred = [][]string{
	{"element", "any", "sequence", "choice", "all", "group"},
	{"attribute", "attributeGroup", "anyAttribute"},
	{"restriction", "extension", "list", "union"},
	{"simpleContent", "complexContent", "simpleType", "complexType"},
	{
		"minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "length", "minLength", "maxLength", "totalDigits",
		"fractionDigits", "pattern", "enumeration", "whiteSpace",
	},
	{"key", "unique", "keyref"},
	{"selector", "field"},
	{"include", "import", "redefine"},
	{"annotation", "appinfo", "documentation", "notation"},
}

// builtins are the datatypes, and two names that are none.
var builtins = []string{
	"string", "boolean", "decimal", "float", "double", "duration", "dateTime", "time", "date", "gYearMonth", "gYear", "gMonthDay", "gDay",
	"gMonth", "hexBinary", "base64Binary", "anyURI", "QName", "NOTATION", "normalizedString", "token", "language", "NMTOKEN", "NMTOKENS",
	"Name", "NCName", "ID", "IDREF", "IDREFS", "ENTITY", "ENTITIES", "integer", "nonPositiveInteger", "negativeInteger", "long", "int",
	"short", "byte", "nonNegativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte", "positiveInteger",
	"anySimpleType", "anyType", "anyAtomicType", "nosuch",
}

// instanceAttributes are the attributes that any element of a document may have.
var instanceAttributes = []Attr{
	{"xsi:nil", "true"},
	{"xsi:nil", "false"},
	{"xsi:nil", "yes"},
	{"xsi:type", "xs:string"},
	{"xsi:type", "xs:int"},
	{"xsi:type", "xs:anyType"},
	{"xsi:type", "nosuch"},
	{"xsi:type", "a:b"},
	{"xml:lang", "en"},
	{"xml:space", "preserve"},
	{"foo", "bar"},
	{"id", "a"},
	{"xsi:foo", "bar"},
	{"xsi:schemaLocation", "a b"},
}

// literals are lexical forms near the edges of the datatypes.
var literals = []string{
	"", " ", "0", "-0", "+0", "1", "-1", "00", "01", "+1", "1.", ".1", "1.0", "1e0", "1E+2", "INF", "-INF", "+INF", "NaN", "true", "false", "TRUE",
	"a", "A", "a b", " a", "a ", "a:b", ":a", "1a", "-a", "_", "é", "\U00010000", "a\tb", "http://a.example/%20?q#f", "http://[", "a b c",
	"127", "128", "-128", "-129", "255", "256", "32767", "32768", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296",
	"9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "0.1", "0.10", "10", "100", "99", "1.5",
	"P1Y", "P1M", "P30D", "P1Y2M3DT4H5M6.7S", "-P1D", "PT", "P", "PT0S", "P1DT", "PT36H", "P12M", "P365D",
	"2000-01-01", "2000-02-29", "1900-02-29", "2001-02-29", "0000-01-01", "-0001-01-01", "10000-01-01", "2000-13-01", "2000-01-01Z",
	"2000-01-01+14:00", "2000-01-01+14:01", "2000-01-01T00:00:00", "2000-01-01T24:00:00", "2000-01-01T24:00:01", "2000-01-01T00:00:60",
	"2000-01-01T00:00:00.000Z", "2000-01-01T00:00:00-14:00", "00:00:00", "24:00:00", "23:59:59.999", "23:59:59Z", "2000", "-2000", "20000",
	"02000", "2000-01", "2000-00", "--01", "--01--", "--13", "--01-01", "--02-29", "--02-30", "---01", "---31", "---32",
	"00ff", "0", "0F", "QQ==", "QUI=", "QUJD", "QR==", "Q Q = =", "en", "en-US", "x-klingon", "e", "abcdefghi", "en-", "preserve", "replace", "collapse",
	`\d+`, `[a-z]*`, `[a-z-[aeiou]]`, `\p{Lu}`, `[`, `a{2,1}`, `(a|b)*`, `\i\c*`, `a{,2}`, `[^a]`, `.`, `\.`, `^a$`, `a**`,
}
