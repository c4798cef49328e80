package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"strings"

	"github.com/protogen-go/protogen/gen/emit/diagram"
	"github.com/protogen-go/protogen/gen/model"
)

func graph(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("graph", flag.ContinueOnError)
	machine := flags.String("machine", "", "the machine to draw (default: all)")
	format := flags.String("format", "mermaid", "mermaid, dot or svg (svg needs Graphviz)")
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("one protocol, please")
	}
	result, findings, err := openSpec(rest[0])
	if err != nil {
		return err
	}
	if findings.HasErrors() {
		return report(c, findings)
	}
	machines, err := pick(result.Protocol.Machines, *machine)
	if err != nil {
		return err
	}
	for _, m := range machines {
		text, err := draw(ctx, m, *format)
		if err != nil {
			return err
		}
		fmt.Fprint(c.out, text)
	}
	return nil
}

// pick returns the machine of that name, or all of them for no name.
func pick(machines []*model.Machine, name string) ([]*model.Machine, error) {
	if name == "" {
		return machines, nil
	}
	var names []string
	for _, m := range machines {
		if m.Name == name {
			return []*model.Machine{m}, nil
		}
		names = append(names, m.Name)
	}
	return nil, usagef("no machine %q; there are: %s", name, strings.Join(names, ", "))
}

func draw(ctx context.Context, m *model.Machine, format string) (string, error) {
	switch format {
	case "mermaid":
		return diagram.Mermaid(m), nil
	case "dot":
		return diagram.DOT(m), nil
	case "svg":
		return svg(ctx, diagram.DOT(m))
	}
	return "", usagef("no format %q: mermaid, dot or svg", format)
}

// svg lays a graph out with Graphviz.
func svg(ctx context.Context, dot string) (string, error) {
	command := exec.CommandContext(ctx, "dot", "-Tsvg")
	command.Stdin = strings.NewReader(dot)
	var out, trouble bytes.Buffer
	command.Stdout, command.Stderr = &out, &trouble
	err := command.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New(`--format svg needs Graphviz's "dot" (Debian: apt-get install graphviz); --format dot and mermaid need nothing`)
	}
	if err != nil {
		return "", fmt.Errorf("dot: %w: %s", err, trouble.String())
	}
	return out.String(), nil
}
