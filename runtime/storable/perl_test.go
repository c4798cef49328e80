package storable_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os/exec"
	"strconv"
	"testing"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// needPerl skips a test, aloud, where there is no Perl with a module.
func needPerl(t testing.TB, module string) {
	t.Helper()
	if err := exec.Command("perl", "-M"+module, "-e", "1").Run(); err != nil {
		t.Skipf("SKIPPED: the live tests against %s need perl and that module (Debian: perl libpoe-perl): %v", module, err)
	}
}

// talk runs a Perl script with input and returns what it prints.
func talk(t testing.TB, input []byte, arguments ...string) []byte {
	t.Helper()
	perl := exec.Command("perl", arguments...)
	perl.Stdin = bytes.NewReader(input)
	var complaints bytes.Buffer
	perl.Stderr = &complaints
	output, err := perl.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("perl: %v\n%s", err, &complaints)
	}
	return output
}

// appendImage appends an image behind its length.
func appendImage(b, image []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(image)))
	return append(b, image...)
}

// cutImages takes apart what appendImage has put together.
func cutImages(t testing.TB, b []byte) [][]byte {
	t.Helper()
	var images [][]byte
	for r := bytes.NewReader(b); ; {
		var n uint32
		if err := binary.Read(r, binary.BigEndian, &n); errors.Is(err, io.EOF) {
			return images
		}
		image := make([]byte, n)
		if _, err := io.ReadFull(r, image); err != nil {
			t.Fatal(err)
		}
		images = append(images, image)
	}
}

// TestPerlReads lets Perl read random values of ours and write them again: the same octets, or one side has misunderstood.
func TestPerlReads(t *testing.T) {
	t.Parallel()
	needPerl(t, "Storable")
	const values = 2000
	for form, c := range map[string]storable.Codec{"net": {Canonical: true}, "nat": {Canonical: true, Machine: true}} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			var input []byte
			var sent [][]byte
			for seed := range uint64(values) {
				image, err := c.Append(nil, randomTape(seed, int(seed%400)).root())
				if err != nil {
					t.Fatal(err)
				}
				sent = append(sent, image)
				input = appendImage(input, image)
			}
			answers := cutImages(t, talk(t, input, "testdata/mirror.pl", form))
			if len(answers) != len(sent) {
				t.Fatalf("%d answers to %d images", len(answers), len(sent))
			}
			for seed, answer := range answers {
				if !bytes.Equal(answer, sent[seed]) {
					t.Fatalf("seed %d: sent\n%x, perl has understood\n%x\n%q", seed, sent[seed], answer, answer)
				}
			}
		})
	}
}

// TestPerlWrites reads random values of Perl's and writes them again.
func TestPerlWrites(t *testing.T) {
	t.Parallel()
	needPerl(t, "Storable")
	const values = 2000
	images := cutImages(t, talk(t, nil, "testdata/make.pl", "1", strconv.Itoa(values)))
	if len(images) != 2*values {
		t.Fatalf("%d images", len(images))
	}
	for i, image := range images {
		c := storable.Codec{Canonical: true, Machine: i%2 != 0}
		v, err := c.Decode(image)
		if err != nil {
			t.Fatalf("%v\n%x", err, image)
		}
		again, err := c.Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, image) {
			t.Fatalf("%d: perl has written\n%x, we\n%x\n%v", i, image, again, v)
		}
	}
}

// TestPerlBooleans shows what becomes of booleans, of which Perl has two immortal ones: it shares them.
func TestPerlBooleans(t *testing.T) {
	t.Parallel()
	needPerl(t, "Storable")
	want := tree.ListOf(tree.Bool(true), tree.Bool(false), tree.Bool(true), tree.MapOf(tree.Pair("yes", tree.Bool(true))))
	image, err := storable.Network.Append(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	answer := cutImages(t, talk(t, appendImage(nil, image), "testdata/mirror.pl", "net"))[0]
	got, err := storable.Network.Decode(answer)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestPerlFloats shows that Perl reads our digits as the float they stand for.
func TestPerlFloats(t *testing.T) {
	t.Parallel()
	needPerl(t, "Storable")
	var list tree.List
	for seed := range uint64(200) {
		r := randomTape(seed, 16)
		list.Append(tree.Float(float64(r.number()) / float64(r.number()|1)))
	}
	image, err := storable.Network.Append(nil, list.Value())
	if err != nil {
		t.Fatal(err)
	}
	const numify = `binmode STDIN; local $/; my $l = Storable::thaw(<STDIN>); print pack "d*", map { $_ + 0 } @$l`
	output := talk(t, image, "-MStorable", "-e", numify)
	got := make([]float64, list.Len())
	if err := binary.Read(bytes.NewReader(output), binary.LittleEndian, got); err != nil {
		t.Fatal(err)
	}
	for i, v := range list.All() {
		if want, _ := v.Float(); got[i] != want {
			t.Errorf("perl has read %v, want %v", got[i], want)
		}
	}
}
