// Package xsddiff judges our XML Schema engine by other people's: it changes schemas and documents at random, has every
// engine that the machine happens to have judge the result, and looks at what the others say otherwise.
//
// A majority is no proof. Where two engines agree against us the recommendation decides, and the case is kept, in words of
// our own, as a test of gen/xsd. The engines are processes that read cases from standard input; none of them is needed to
// build or test anything else, and a test without them skips and says so.
package xsddiff
