package transaction

// IsAtLeastVersion1 is named by emitted code that needs this version of the runtime: against an older one it does not
// compile.
const IsAtLeastVersion1 = true
