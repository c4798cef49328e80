// Command storable compares package runtime/storable with Perl's Storable, which is written in C: the same images, in turns on the same
// machine, in processor time, on one processor, as Perl has no use for more, collection of garbage included. It prints medians as a Markdown
// table. It needs perl.
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

//go:embed measure.pl
var script string

func main() {
	rounds := flag.Int("rounds", 7, "how often each measurement is made; the median is shown")
	each := flag.Duration("time", 300*time.Millisecond, "processor time of each measurement")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	if err := run(os.Stdout, *rounds, *each); err != nil {
		fmt.Fprintln(os.Stderr, "storable:", err)
		os.Exit(1)
	}
}

// A message is a value to measure with.
type message struct {
	name  string
	value tree.Value
}

// messages are what IKC programs send, and a large one.
func messages() []message {
	address := func(kernel, session, state string) tree.Value {
		return tree.MapOf(
			tree.Pair("kernel", tree.Octets(kernel)),
			tree.Pair("session", tree.Octets(session)),
			tree.Pair("state", tree.Octets(state)),
		)
	}
	var rows tree.List
	for i := range 1000 {
		rows.Append(tree.MapOf(tree.Pair("id", tree.Int(int64(i))), tree.Pair("name", tree.Octets("row "+strconv.Itoa(i)))))
	}
	return []message{
		{"small map", tree.MapOf(tree.Pair("n", tree.Int(42)), tree.Pair("s", tree.Octets("0123456789")))},
		{"IKC post", tree.MapOf(
			tree.Pair("event", address("Server", "timeserver", "connect")),
			tree.Pair("from", address("host.example.net-5f3a9c10-00001a2b-00000001", "me", "IKC:proxy")),
			tree.Pair("params", tree.MapOf(tree.Pair("n", tree.Int(42)), tree.Pair("name", tree.Octets("client number one")))),
		)},
		{"1000 maps", rows.Value()},
	}
}

func run(w io.Writer, rounds int, each time.Duration) error {
	fmt.Fprint(w, "| image | octets | work | Go | Perl | Perl / Go |\n|---|--:|---|--:|--:|--:|\n")
	for _, m := range messages() {
		image, err := storable.Network.Append(nil, m.value)
		if err != nil {
			return err
		}
		var decode, encode, thaw, nfreeze []float64
		for range rounds {
			ns, err := measure(each, func() error {
				_, err := storable.Network.Decode(image)
				return err
			})
			if err != nil {
				return err
			}
			decode = append(decode, ns)
			out := make([]byte, 0, len(image))
			ns, err = measure(each, func() error {
				_, err := storable.Network.Append(out, m.value)
				return err
			})
			if err != nil {
				return err
			}
			encode = append(encode, ns)
			t, f, err := perl(image, each)
			if err != nil {
				return err
			}
			thaw, nfreeze = append(thaw, t), append(nfreeze, f)
		}
		row(w, m.name, len(image), "decode, thaw", median(decode), median(thaw))
		row(w, m.name, len(image), "encode, nfreeze", median(encode), median(nfreeze))
	}
	return nil
}

func row(w io.Writer, name string, octets int, work string, ours, theirs float64) {
	fmt.Fprintf(w, "| %s | %d | %s | %.0f ns | %.0f ns | %.1f |\n", name, octets, work, ours, theirs, theirs/ours)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// measure returns the nanoseconds of processor time, of all threads, that work takes once.
func measure(each time.Duration, work func() error) (float64, error) {
	begin, err := processorTime()
	if err != nil {
		return 0, err
	}
	for count := 0; ; {
		for range 200 {
			if err := work(); err != nil {
				return 0, err
			}
		}
		count += 200
		now, err := processorTime()
		if err != nil {
			return 0, err
		}
		if used := now - begin; used >= each {
			return float64(used.Nanoseconds()) / float64(count), nil
		}
	}
}

// processorTime returns the time this process has used.
func processorTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// perl lets Perl measure an image.
func perl(image []byte, each time.Duration) (thaw, nfreeze float64, err error) {
	command := exec.Command("perl", "-e", script, strconv.FormatFloat(each.Seconds(), 'f', -1, 64))
	command.Stdin, command.Stderr = bytes.NewReader(image), os.Stderr
	out, err := command.Output()
	if err == nil {
		_, err = fmt.Sscan(string(out), &thaw, &nfreeze)
	}
	return thaw, nfreeze, err
}
