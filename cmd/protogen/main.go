// Command protogen generates protocol code from specifications, checks specifications, validates messages, and serves and
// calls the protocols it knows.
//
// Exit codes: 0 fine, 1 findings (an invalid message, stale code, a failed check), 2 usage or input and output.
// Results go to standard output; diagnostics go to standard error as "file:line:col: severity[rule]: text".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// command is one verb of the command line.
type command struct {
	name, arguments, summary string
	run                      func(ctx context.Context, c console, arguments []string) error
}

func commands() []command {
	return []command{
		{"generate", "[SPEC...] [--check] [--watch] [--out DIR] | --xsd FILE.xsd... --package NAME", "bring generated packages up to date with their specifications", generate},
		{"check", "[SPEC...] [--json]", "run every rule on specifications", check},
		{"validate", "--protocol NAME [--codec NAME] | --schema FILE.xsd... [--engine NAME] [--json] [--batch] FILE...", "judge documents and messages", validate},
		{"graph", "PROTOCOL [--machine NAME] [--format mermaid|dot|svg]", "draw state machines", graph},
		{"serve", "PROTOCOL [--listen ADDR] ...", "run the embedded server", serve},
		{"call", "PROTOCOL COMMAND ...", "talk to a server", call},
	}
}

// errFindings ends a command that has already printed what it found.
var errFindings = errors.New("findings")

// usageError is a mistake on the command line.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

func main() {
	os.Exit(run(context.Background(), console{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// interruptible is ctx until the user or the system asks the process to end. Only commands that end in their own time use
// it; the others end as any program does.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

func run(ctx context.Context, c console, arguments []string) int {
	if len(arguments) == 0 || arguments[0] == "help" || arguments[0] == "-h" || arguments[0] == "--help" {
		help(c.out)
		return 0
	}
	for _, command := range commands() {
		if command.name != arguments[0] {
			continue
		}
		err := command.run(ctx, c, arguments[1:])
		var usage usageError
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errFindings):
			return 1
		case errors.As(err, &usage):
			fmt.Fprintf(c.err, "protogen %s: %s\nusage: protogen %s %s\n", command.name, usage.text, command.name, command.arguments)
		default:
			fmt.Fprintf(c.err, "protogen %s: %v\n", command.name, err)
		}
		return 2
	}
	fmt.Fprintf(c.err, "protogen: no command %q\n", arguments[0])
	help(c.err)
	return 2
}

func help(w io.Writer) {
	fmt.Fprint(w, "protogen: protocol code from CUE and XSD specifications\n\n")
	for _, command := range commands() {
		fmt.Fprintf(w, "  protogen %s %s\n        %s\n", command.name, command.arguments, command.summary)
	}
}

// parse reads flags wherever they stand and returns the other arguments; "--" ends the flags. A negative number is no flag.
func parse(c console, flags *flag.FlagSet, arguments []string) ([]string, error) {
	flags.SetOutput(io.Discard) // its texts are printed here
	var rest []string
	for {
		upTo := firstNumber(flags, arguments)
		if err := flags.Parse(arguments[:upTo]); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				flags.SetOutput(c.out)
				flags.Usage()
				return nil, err
			}
			return nil, usagef("%v", err)
		}
		consumed := upTo - flags.NArg()
		switch {
		case consumed > 0 && arguments[consumed-1] == "--":
			return append(rest, arguments[consumed:]...), nil
		case consumed == len(arguments):
			return rest, nil
		}
		rest = append(rest, arguments[consumed])
		arguments = arguments[consumed+1:]
	}
}

// firstNumber is where the first negative number stands among arguments that is not the value of a flag before it.
func firstNumber(flags *flag.FlagSet, arguments []string) int {
	for i, argument := range arguments {
		if strings.HasPrefix(argument, "-") && isNumber(argument) && (i == 0 || !takesValue(flags, arguments[i-1])) {
			return i
		}
	}
	return len(arguments)
}

// takesValue reports whether an argument is a flag whose value is the next one.
func takesValue(flags *flag.FlagSet, argument string) bool {
	name := strings.TrimPrefix(strings.TrimPrefix(argument, "-"), "-")
	f := flags.Lookup(name)
	if f == nil || name == argument {
		return false
	}
	isBool, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !isBool.IsBoolFlag()
}

// isNumber reports whether an argument is a number, or a duration.
func isNumber(argument string) bool {
	if _, err := strconv.ParseFloat(argument, 64); err == nil {
		return true
	}
	_, err := time.ParseDuration(argument)
	return err == nil
}
