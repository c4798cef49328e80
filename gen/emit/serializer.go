package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// codecFunctions emits how sessions that choose a codec find, use and change it.
func (e *emitter) codecFunctions() []jen.Code {
	return decls{e.codecOf(), e.codecReader(), e.codecWriter()}
}

// codecOf emits
//
//	// codecOf is the codec that the protocol calls name, nil if there is none.
//	func codecOf(name string) tree.Codec {
//		switch name {
//		case "Storable":
//			return storable.Network
//		}
//		return nil
//	}
func (e *emitter) codecOf() jen.Code {
	cases := collect(e.p.Codecs, func(c *model.Codec) jen.Code {
		codec := rt("storable", "Network")
		if c.Kind == "json" {
			codec = rt("tree/jsontree", "Codec").Values()
		}
		return jen.Case(lit(c.Name)).Block(jen.Return(codec))
	})
	return documented(doc("codecOf is the codec that the protocol calls name, nil if there is none."),
		function("codecOf", block(jen.Id("name").String()), block(rt("tree", "Codec")),
			jen.Switch(jen.Id("name")).Block(cases...), jen.Return(jen.Nil())))
}

// codecReader emits
//
//	// decodeMessage reads the message in a frame: a line before there is a codec, a tree after that.
//	func decodeMessage(codec tree.Codec, frame []byte) (Message, error) {
//		if codec == nil {
//			return DecodeLine(frame)
//		}
//		return DecodeTree(codec, frame)
//	}
func (e *emitter) codecReader() jen.Code {
	var plain, coded encoding
	for _, enc := range e.encs {
		if enc.usesCodec() {
			coded = enc
		} else {
			plain = enc
		}
	}
	text := "decodeMessage reads the message in a frame."
	body := block(jen.Return(coded.decode(jen.Id("frame"), jen.Id("codec"))))
	if plain != nil {
		text = "decodeMessage reads the message in a frame: a line before there is a codec, a tree after that."
		body = append(block(
			jen.If(jen.Id("codec").Op("==").Nil()).Block(jen.Return(plain.decode(jen.Id("frame"), jen.Id("codec")))),
		), body...)
	}
	return documented(doc("%s", text),
		function("decodeMessage", block(codecParam(), jen.Id("frame").Index().Byte()), block(jen.Id("Message"), jen.Error()), body...))
}

// codecWriter emits
//
//	// appendMessage appends a message as it stands in a frame.
//	func appendMessage(codec tree.Codec, b []byte, m session.Message) ([]byte, error) {
//		return AppendMessage(codec, b, m.(Message))
//	}
func (e *emitter) codecWriter() jen.Code {
	asked := jen.Id("m").Assert(jen.Id("Message"))
	written := e.encs[0].write(asked, jen.Id("b"), jen.Id("codec"))
	if len(e.encs) > 1 {
		written = jen.Id("AppendMessage").Call(jen.Id("codec"), jen.Id("b"), asked)
	}
	return documented(doc("appendMessage appends a message as it stands in a frame."),
		function("appendMessage", block(codecParam(), jen.Id("b").Index().Byte(), jen.Id("m").Add(rt("session", "Message"))),
			block(jen.Index().Byte(), jen.Error()), jen.Return(written)))
}

// keys emits, for a machine that matches replies with requests,
//
//	// clientKey is what a request and its reply have in common.
//	func clientKey(m session.Message) any {
//		switch m := m.(type) {
//		case *Publish:
//			return m.ID
//		...
//		}
//		return nil
//	}
func (m *machine) keys() []jen.Code {
	if m.By == nil {
		return nil
	}
	var requests []*model.Message
	m.eachCall(func(_ *model.Call, msg *model.Message) { requests = append(requests, msg) })
	messages := append(filter(m.e.p.Messages, func(msg *model.Message) bool {
		for _, r := range requests {
			if r == msg {
				return true
			}
		}
		return false
	}), formula.Replies(m.e.p, requests)...)
	cases := collect(messages, func(msg *model.Message) jen.Code {
		p := m.printer(formula.ForMachine(m.e.p, m.Machine, m.e.msgs.fieldTypes))
		p.scope.Msg = []*model.Message{msg}
		p.roots["msg"] = "m"
		return jen.Case(jen.Op("*").Id(m.e.msgs.of(msg).typ)).Block(jen.Return(p.value(m.By, nil)))
	})
	return block(documented(doc("%sKey is what a request and its reply have in common.", m.short),
		function(m.short+"Key", block(jen.Id("m").Add(rt("session", "Message"))), block(jen.Any()),
			jen.Switch(jen.Id("m").Op(":=").Id("m").Assert(jen.Type())).Block(cases...), jen.Return(jen.Nil()))))
}
