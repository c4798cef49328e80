//go:build mage

// The build of protogen. Run it as "go tool mage TARGET"; "go tool mage -l" lists the targets.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/magefile/mage/mg"
	"github.com/magefile/mage/sh"
)

// Default runs every check that a change must pass.
var Default = Check

// tags is what tests and linters build with: the reference engine for XML Schema included.
const tags = "-tags=libxml2"

// binary is where Build puts the command.
var binary = filepath.Join("bin", "protogen")

// packages are the Debian packages that tests use: a C library and real peers.
var packages = []struct{ name, probe string }{
	{"gcc", "gcc --version"},
	{"pkg-config", "pkg-config --version"},
	{"libxml2-dev", "pkg-config --exists libxml-2.0"},
	{"libnet-epp-perl", "perl -MNet::EPP::Simple -e 1"},
	{"libxml-libxml-perl", "perl -MXML::LibXML -e 1"},
	{"openssl", "openssl version"},
	{"perl", "perl -MStorable -MTime::HiRes -MTest::More -e 1"},
	{"libpoe-perl", "perl -MPOE -e 1"},
	{"libnet-sip-perl", "perl -MNet::SIP -e 1"},
	{"sip-tester", "which sipp"},
	{"kamailio", "kamailio -v"},
	{"libmoosex-method-signatures-perl", "perl -MMooseX::Method::Signatures -e 1"},
}

// Build compiles the protogen command into bin.
func Build() error {
	return sh.RunWith(map[string]string{"CGO_ENABLED": "0"}, "go", "build", "-o", binary, "./cmd/protogen")
}

// Generate regenerates the packages in generated from the specifications.
func Generate() error { return bootstrap("generate") }

// Verify fails when generated is not what the specifications say.
func Verify() error { return bootstrap("generate", "--check") }

// bootstrap runs a protogen that carries no emitted code, so that it can be built whatever is in generated.
func bootstrap(arguments ...string) error {
	return sh.RunWithV(map[string]string{"CGO_ENABLED": "0"}, "go", append([]string{"run", "-tags=bootstrap", "./cmd/protogen"}, arguments...)...)
}

// Demo regenerates, starts an EPP server and shows conversations with it over TLS.
func Demo() error {
	mg.SerialDeps(Generate, Build)
	dir, err := os.MkdirTemp("", "protogen-demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server := exec.Command(binary, "serve", "epp", "--listen", "127.0.0.1:0", "--self-signed",
		"--db", filepath.Join(dir, "registry.db"), "--seed", filepath.Join("testdata", "epp", "seed.json"))
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	ready, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		fmt.Print(ready)
		err = converse(strings.TrimSpace(strings.TrimPrefix(ready, "listening on ")))
	}
	return errors.Join(err, server.Process.Signal(os.Interrupt), server.Wait())
}

// converse is the demonstration's client: four sessions, every frame shown.
func converse(address string) error {
	for _, words := range []string{
		"create contact SH8013 --name Doe --city Dulles --country US --email jdoe@example.test --auth 2fooBAR",
		"create domain example.test --registrant SH8013 --admin SH8013 --tech SH8013 --auth 2fooBAR --years 2",
		"check domain example.test another.test",
		"info domain example.test",
	} {
		fmt.Printf("\n$ protogen call epp %s\n", words)
		arguments := append([]string{"call", "epp", "--addr", address, "--insecure", "--trace", "--user", "ClientX", "--password", "foo-BAR2"},
			strings.Fields(words)...)
		if err := sh.RunV(binary, arguments...); err != nil {
			return err
		}
	}
	return nil
}

// Deps installs the system packages that the tests use; it needs root for those that are missing.
func Deps() error {
	var missing []string
	for _, p := range packages {
		words := strings.Fields(p.probe)
		if exec.Command(words[0], words[1:]...).Run() != nil {
			missing = append(missing, p.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	install := append([]string{"install", "-y", "--no-install-recommends"}, missing...)
	byHand := "apt-get " + strings.Join(install, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("these Debian packages, or your system's equivalents, are missing: %s", strings.Join(missing, " "))
	}
	if os.Geteuid() != 0 {
		return errors.New("the tests need packages that only root can install; run: sudo " + byHand)
	}
	if err := sh.RunV("apt-get", "update"); err != nil {
		return err
	}
	return sh.RunV("apt-get", install...)
}

// Test runs every test with the race detector.
func Test() error {
	mg.Deps(Deps)
	if err := sh.RunV("go", "test", "-race", "-timeout=20m", tags, "./..."); err != nil {
		return err
	}
	return inBench("test", "./...")
}

// Lint runs vet, staticcheck and gofumpt.
func Lint() error {
	mg.Deps(Deps)
	if err := sh.RunV("go", "vet", tags, "./..."); err != nil {
		return err
	}
	if err := inBench("vet", "./..."); err != nil {
		return err
	}
	if err := sh.RunV("go", "tool", "staticcheck", tags, "./..."); err != nil {
		return err
	}
	unformatted, err := sh.Output("go", "tool", "gofumpt", "-l", ".")
	if err == nil && unformatted != "" {
		err = fmt.Errorf("not formatted by gofumpt:\n%s", unformatted)
	}
	return err
}

// Fmt formats every Go file.
func Fmt() error { return sh.RunV("go", "tool", "gofumpt", "-w", ".") }

// Check runs Verify, Lint and Test.
func Check() { mg.SerialDeps(Verify, Lint, Test) }

// Bench runs every benchmark, peers included, five times; compare medians.
func Bench() error {
	mg.Deps(Deps)
	if err := sh.RunV("go", "test", tags, "-run=^$", "-bench=.", "-benchmem", "-count=5", "./runtime/...", "./generated/..."); err != nil {
		return err
	}
	return inBench("test", "-run=^$", "-bench=.", "-benchmem", "-count=5", "./...")
}

// Fuzz runs each fuzz target for 30 seconds.
func Fuzz() error {
	targets, err := sh.Output("grep", "-rlE", `^func Fuzz`, "--include=*_test.go", ".")
	if err != nil {
		return err
	}
	for _, file := range strings.Fields(targets) {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(source), "\n") {
			name, found := strings.CutPrefix(line, "func Fuzz")
			if !found {
				continue
			}
			target := "^Fuzz" + name[:strings.Index(name, "(")] + "$"
			dir := "./" + filepath.Dir(file)
			if err := sh.RunV("go", "test", "-run=^$", "-fuzz="+target, "-fuzztime=30s",
				fmt.Sprintf("-parallel=%d", runtime.GOMAXPROCS(0)), dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// Faults runs the fault scenarios that need minutes: real processes, signals, hand-overs, a million transactions.
func Faults() error {
	if err := sh.RunV("go", "test", "-tags=faults", "-timeout=30m", "./runtime/faults"); err != nil {
		return err
	}
	return sh.RunV("go", "test", "-tags=faults", "-timeout=30m", "-run=Storm", "./runtime/transaction", "./servers/sip")
}

// Soak keeps servers under load with random faults for an hour and fails if memory grows.
func Soak() error {
	return sh.RunV("go", "test", "-tags=soak", "-timeout=90m", "-run=Soak", "./runtime/faults")
}

// inBench runs the go command in the module of peers.
func inBench(arguments ...string) error {
	command := exec.Command("go", arguments...)
	command.Dir = "bench"
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	return command.Run()
}
