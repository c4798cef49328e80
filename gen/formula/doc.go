// Package formula parses, types, evaluates and reasons about the formulas of a specification: guards, computed sizes,
// constraints and the values that moves assign.
//
// A formula is a Go expression held in a string. It is total and free of side effects, so checks may reason about it and
// emitters may print it in any language:
//
//   - Operators are Go's: || && ! == != < <= > >= + - * / % & | ^ << >>, indexing, and "x in list" besides in(x, list).
//   - Names that are Go keywords are ordinary names (var.tries, msg.type).
//   - Literals are integers, texts in double or back quotes, true, false, and durations such as 200ms or 1h30m.
//   - Names begin with a root: msg (the message that is the input), req (the message that the operation took or that is
//     being answered), result (what the operation gave), call (what the local program passed), error, var, config, link,
//     peer, code. Rules of a message name its fields alone. See [Scope].
//   - The functions are those of [Functions]; there are no others.
//
// Integers are mathematical. Every expression has an interval of possible values ([Type.Min], [Type.Max]); one that may
// leave int64 is refused, and so is division by what may be zero. Nothing wraps and nothing panics: an optional field that
// is absent reads as the zero value of its type, and so does an element outside a list.
//
// [Parse] gives a typed tree, [Walk] visits it, [Eval] computes it (the oracle of emitted code), and [Satisfiable] decides
// whether several conditions can hold at once, with values that show it.
package formula
