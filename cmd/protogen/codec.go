package main

import (
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/runtime/tree/jsontree"
)

// codecs are the serializers of messages that are trees, by the names that --codec knows.
var codecs = map[string]tree.Codec{"storable": storable.Network, "json": jsontree.Codec{}}

// codecNamed is the codec that --codec names; nil for no name.
func codecNamed(name string) (tree.Codec, error) {
	codec, ok := codecs[name]
	if !ok && name != "" {
		return nil, usagef("no codec %q: storable or json", name)
	}
	return codec, nil
}
