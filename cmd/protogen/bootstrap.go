//go:build bootstrap

package main

import (
	"context"
	"errors"
)

// A bootstrap build carries no emitted protocol: it can generate one when what is emitted now no longer compiles, because
// the emitter and the runtime have changed together.
var errBootstrap = errors.New("this is a bootstrap build, which generates and checks only")

type eppJudge struct{ schemaOnly bool }

func (eppJudge) judge([]byte) []fault {
	return []fault{{Rule: "bootstrap", Text: errBootstrap.Error()}}
}

func serveEPP(context.Context, console, []string) error { return errBootstrap }

func callEPP(context.Context, console, []string) error { return errBootstrap }
