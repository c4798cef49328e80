// Package specs holds the protocol specifications that ship with protogen, and the definitions that every specification
// is written against. The binary carries them, so that they can be imported and generated from without this repository.
package specs

import "embed"

// Module is the CUE module that the folder is.
const Module = "github.com/protogen-go/protogen/specs"

// Proto is the import path of the definitions.
const Proto = Module + "/proto"

// FS is the folder: cue.mod, proto with the definitions, and one folder for each protocol.
//
//go:embed cue.mod/module.cue proto/*.cue epp/*.cue epp/xsd/*.xsd ikc/*.cue proxysession/*.cue sip/*.cue
var FS embed.FS
