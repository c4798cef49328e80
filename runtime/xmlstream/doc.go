// Package xmlstream reads and writes XML held in memory.
//
// [Reader] is a pull tokenizer over one complete document. It is a conforming non-validating processor of XML 1.0 with
// Namespaces in XML 1.0: it refuses every document that is not well-formed, which is what tells it from the tokenizers that
// are merely fast. It never fetches anything, never recurses on the document's nesting, and every dimension in which a
// document can grow has a named limit (see [Options]).
//
// Names are resolved to small numbers as they are read: a [Spaces] lists the namespaces a program knows, and an element or
// attribute carries the number of its namespace. Comparing two names is then comparing an int and a string.
//
// The Append functions are the other direction: they add escaped character data to a byte slice and refuse what XML cannot
// hold. [RawElement], [Mixed] and [Any] keep a piece of a document as it came, with the namespace declarations it needs, so
// that it can be written into another document.
//
// # Memory
//
// What a Reader returns are substrings of the document wherever the document's own bytes say the value. [Reader.Reset]
// reads the caller's bytes in place, so those strings change when the bytes do; [Reader.ResetString] has no such condition.
package xmlstream
