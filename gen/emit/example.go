package emit

import (
	"github.com/dave/jennifer/jen"
)

// exampleFile emits an example that serves and connects, run by go test and shown by go doc.
func (e *emitter) exampleFile() (File, error) {
	machines := e.machines()
	for _, server := range machines {
		for _, client := range machines {
			if server.listens() && client.dials() {
				return e.file("example_gen_test.go", exampleServer(server, client))
			}
		}
	}
	return File{Name: "example_gen_test.go"}, nil
}

// exampleConfig is how the client of the example connects.
func (m *machine) exampleConfig() jen.Code {
	if !m.runs() {
		return jen.Nil()
	}
	return jen.Op("&").Id(m.Go + "Config").Add(inline(pair{jen.Id("Handler"), jen.Id("Unimplemented" + m.handler()).Values()}))
}

// exampleServer emits
//
//	func ExampleServer() {
//		l, err := net.Listen("tcp", "127.0.0.1:0")
//		if err != nil {
//			fmt.Println(err)
//			return
//		}
//		server := &Server{Handler: UnimplementedHandler{}} // embed it in a handler of your own
//		served := make(chan error, 1)
//		go func() { served <- server.Serve(l) }()
//
//		client, err := Dial(context.Background(), "tcp", l.Addr().String(), nil)
//		if err != nil {
//			fmt.Println(err)
//			return
//		}
//		fmt.Println(client.Err(), client.Close())
//		fmt.Println(server.Shutdown(context.Background()), <-served)
//		// Output:
//		// <nil> <nil>
//		// <nil> session: server closed
//	}
func exampleServer(server, client *machine) jen.Code {
	failed := jen.If(jen.Err().Op("!=").Nil()).Block(jen.Qual("fmt", "Println").Call(jen.Err()), jen.Return())
	background := jen.Qual("context", "Background").Call()
	return function("Example"+server.Go, nil, nil,
		jen.List(jen.Id("l"), jen.Err()).Op(":=").Qual("net", "Listen").Call(lit("tcp"), lit("127.0.0.1:0")),
		failed,
		jen.Id("server").Op(":=").Op("&").Id(server.Go).Add(inline(
			pair{jen.Id("Handler"), jen.Id("Unimplemented" + server.handler()).Values()},
		)).Comment("embed it in a handler of your own"),
		jen.Id("served").Op(":=").Make(jen.Chan().Error(), lit(1)),
		jen.Go().Func().Params().Block(jen.Id("served").Op("<-").Id("server").Dot("Serve").Call(jen.Id("l"))).Call(),
		jen.Line(),
		jen.List(jen.Id("client"), jen.Err()).Op(":=").Id(client.clientName("Dial")).Call(
			background, lit("tcp"), jen.Id("l").Dot("Addr").Call().Dot("String").Call(), client.exampleConfig()),
		failed.Clone(),
		jen.Qual("fmt", "Println").Call(jen.Id("client").Dot("Err").Call(), jen.Id("client").Dot("Close").Call()),
		jen.Qual("fmt", "Println").Call(jen.Id("server").Dot("Shutdown").Call(background), jen.Op("<-").Id("served")),
		jen.Comment("Output:"),
		jen.Comment("<nil> <nil>"),
		jen.Comment("<nil> session: server closed"),
	)
}
