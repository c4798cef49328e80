package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	t.Parallel()
	if err := exec.Command("perl", "-MStorable", "-MTime::HiRes", "-e", "1").Run(); err != nil {
		t.Skipf("SKIPPED: there is nothing to compare with: perl with Storable: %v", err)
	}
	var table strings.Builder
	if err := run(&table, 1, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(table.String(), "\n"); rows != 2+2*len(messages()) {
		t.Errorf("%s", &table)
	}
	if !strings.Contains(table.String(), "| IKC post | 235 | decode, thaw |") {
		t.Errorf("the message is not of 235 octets:\n%s", &table)
	}
}
