//go:build !bootstrap

package main

import (
	"bytes"
	"errors"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/generated/proxysession"
	"github.com/protogen-go/protogen/runtime/line"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/runtime/tree/record"
)

// messageJudges make the judges of the protocols whose messages are no XML. The codec is that of messages that are trees; nil if the
// user named none.
var messageJudges = map[string]func(codec tree.Codec) judge{
	// One file is one line of the negotiation or, when a codec is named, the body of one frame.
	"ikc": func(codec tree.Codec) judge {
		if codec == nil {
			return messageJudge(func(in []byte) error {
				_, err := ikc.DecodeLine(withoutEnd(in))
				return err
			})
		}
		return messageJudge(func(in []byte) error {
			_, err := ikc.DecodeTree(codec, in)
			return err
		})
	},
	// One file is the body of one frame.
	"proxysession": func(codec tree.Codec) judge {
		if codec == nil {
			codec = codecs["storable"]
		}
		return messageJudge(func(in []byte) error {
			_, err := proxysession.DecodeTree(codec, in)
			return err
		})
	},
	// One file is one message.
	"sip": func(tree.Codec) judge { return sipJudge{} },
}

// withoutEnd is a line without what ends it.
func withoutEnd(in []byte) []byte {
	in, _ = bytes.CutSuffix(in, []byte("\n"))
	in, _ = bytes.CutSuffix(in, []byte("\r"))
	return in
}

// messageJudge judges by an emitted reader.
type messageJudge func(in []byte) error

func (j messageJudge) judge(in []byte) []fault {
	err := j(in)
	if err == nil {
		return nil
	}
	f := fault{Line: 1, Column: 1, Rule: "message", Text: err.Error()}
	var wrongLine *line.Error
	var wrongMap *record.Error
	var wrongImage *tree.Error
	switch {
	case errors.As(err, &wrongLine):
		f.Rule, f.Column, f.Text = "line", wrongLine.Offset+1, wrongLine.Error()
	case errors.As(err, &wrongMap):
		f.Rule, f.Column, f.Text = "map", wrongMap.Offset+1, wrongMap.Error()
	case errors.As(err, &wrongImage):
		f.Rule, f.Column, f.Text = "image", wrongImage.Offset+1, wrongImage.Error()
	}
	return []fault{f}
}
