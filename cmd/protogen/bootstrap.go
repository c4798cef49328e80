//go:build bootstrap

package main

import (
	"context"
	"errors"

	"github.com/protogen-go/protogen/runtime/tree"
)

// A bootstrap build carries no emitted protocol: it can generate one when what is emitted now no longer compiles, because
// the emitter and the runtime have changed together.
var errBootstrap = errors.New("this is a bootstrap build, which generates and checks only")

type eppJudge struct{ schemaOnly bool }

func (eppJudge) judge([]byte) []fault {
	return []fault{{Rule: "bootstrap", Text: errBootstrap.Error()}}
}

var messageJudges map[string]func(tree.Codec) judge

func serveEPP(context.Context, console, []string) error { return errBootstrap }

func callEPP(context.Context, console, []string) error { return errBootstrap }

func serveIKC(context.Context, console, []string) error { return errBootstrap }

func callIKC(context.Context, console, []string) error { return errBootstrap }

func serveProxySession(context.Context, console, []string) error { return errBootstrap }

func callProxySession(context.Context, console, []string) error { return errBootstrap }

func serveSIP(context.Context, console, []string) error { return errBootstrap }

func callSIP(context.Context, console, []string) error { return errBootstrap }
