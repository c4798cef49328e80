package emit

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
)

// clientTestFile emits the test of a client that connects again: to a server that says nothing, and then to one that does.
func (e *emitter) clientTestFile() (File, error) {
	machines := e.machines()
	for _, client := range machines {
		setting := client.impatience()
		if !client.dials() || setting == nil {
			continue
		}
		for _, server := range machines {
			if server.listens() {
				return e.file("client_gen_test.go", againTest(server, client, setting))
			}
		}
	}
	return File{Name: "client_gen_test.go"}, nil
}

// impatience is the setting that says how long the client waits before it connects again, nil if no setting alone does.
func (m *machine) impatience() *model.Setting {
	for _, s := range m.States {
		for _, on := range s.After {
			for _, mv := range on.Moves {
				name, isSetting := strings.CutPrefix(on.Timer.After.Text, "config.")
				for _, setting := range m.e.p.Settings {
					if len(mv.Again) > 0 && isSetting && setting.Name == name {
						return setting
					}
				}
			}
		}
	}
	return nil
}

// againTest emits
//
//	// TestDialAgain: a server that does not answer is connected to a second time, with other settings.
//	func TestDialAgain(t *testing.T) {
//		l, err := net.Listen("tcp", "127.0.0.1:0")
//		if err != nil {
//			t.Fatal(err)
//		}
//		server := &Server{Handler: UnimplementedHandler{}}
//		served := make(chan error, 1)
//		go func() {
//			if mute, err := l.Accept(); err == nil {
//				defer mute.Close()
//			}
//			served <- server.Serve(l)
//		}()
//		client, err := Dial(t.Context(), "tcp", l.Addr().String(), &ClientConfig{
//			Handler: UnimplementedHandler{},
//			Config:  Config{SetupWithin: time.Millisecond},
//		})
//		if err != nil {
//			t.Fatal(err)
//		}
//		if err := client.Close(); err != nil {
//			t.Error(err)
//		}
//		if err := server.Close(); err != nil {
//			t.Error(err)
//		}
//		<-served
//	}
func againTest(server, client *machine, setting *model.Setting) jen.Code {
	handler := func(m *machine) pair {
		return pair{jen.Id("Handler"), jen.Id("Unimplemented" + m.handler()).Values()}
	}
	config := []pair{{jen.Id("Config"), jen.Id("Config").Add(inline(pair{jen.Id(setting.Go), jen.Qual("time", "Millisecond")}))}}
	if client.runs() {
		config = append([]pair{handler(client)}, config...)
	}
	failed := func(verb string) jen.Code { return jen.Id("t").Dot(verb).Call(jen.Err()) }
	return documented(doc("Test%s: a server that does not answer is connected to a second time, with other settings.", client.clientName("DialAgain")),
		function("Test"+client.clientName("DialAgain"), block(testParam()), nil,
			jen.List(jen.Id("l"), jen.Err()).Op(":=").Qual("net", "Listen").Call(lit("tcp"), lit("127.0.0.1:0")),
			jen.If(jen.Err().Op("!=").Nil()).Block(failed("Fatal")),
			jen.Id("server").Op(":=").Op("&").Id(server.Go).Add(inline(handler(server))),
			jen.Id("served").Op(":=").Make(jen.Chan().Error(), lit(1)),
			jen.Go().Func().Params().Block(
				jen.If(jen.List(jen.Id("mute"), jen.Err()).Op(":=").Id("l").Dot("Accept").Call(), jen.Err().Op("==").Nil()).Block(
					jen.Defer().Id("mute").Dot("Close").Call()),
				jen.Id("served").Op("<-").Id("server").Dot("Serve").Call(jen.Id("l")),
			).Call(),
			jen.List(jen.Id("client"), jen.Err()).Op(":=").Id(client.clientName("Dial")).Call(
				jen.Id("t").Dot("Context").Call(), lit("tcp"), jen.Id("l").Dot("Addr").Call().Dot("String").Call(),
				jen.Op("&").Id(client.Go+"Config").Add(keyed(config...))),
			jen.If(jen.Err().Op("!=").Nil()).Block(failed("Fatal")),
			jen.If(jen.Err().Op(":=").Id("client").Dot("Close").Call(), jen.Err().Op("!=").Nil()).Block(failed("Error")),
			jen.If(jen.Err().Op(":=").Id("server").Dot("Close").Call(), jen.Err().Op("!=").Nil()).Block(failed("Error")),
			jen.Op("<-").Id("served"),
		))
}
