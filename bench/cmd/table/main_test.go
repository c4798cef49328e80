package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const output = `goos: linux
BenchmarkDecode/emitted-2         	   57666	      4000 ns/op	 310.29 MB/s	    2096 B/op	      15 allocs/op
BenchmarkDecode/emitted-2         	   57666	      2000 ns/op	 310.29 MB/s	    2096 B/op	      15 allocs/op
BenchmarkDecode/emitted-2         	   57666	      3000 ns/op	 310.29 MB/s	    2096 B/op	      15 allocs/op
BenchmarkDecode/encoding-xml      	    8253	     30000 ns/op	  42.40 MB/s	   10441 B/op	     280 allocs/op
BenchmarkDecode/encoding-xml      	    8253	     60000 ns/op	  42.40 MB/s	   10441 B/op	     280 allocs/op
BenchmarkDomainCheck/echo/50-2      	  156420	     14662 ns/op	         9.092 server-µs/op
BenchmarkDomainCheck/registry/50-2  	   28099	     73540 ns/op	        45.460 server-µs/op	     812 B/op	       2 allocs/op
PASS
`

const table = `| work | engine | time | Go allocations | server CPU | ratio |
|---|---|--:|--:|--:|--:|
| Decode | emitted | 3.00 µs | 15 | | 1.0 |
| Decode | encoding-xml | 45.00 µs | 280 | | 15.0 |
| DomainCheck | echo/50 | 14.66 µs | | 9.09 µs | 1.0 |
| DomainCheck | registry/50 | 73.54 µs | | 45.46 µs | 5.0 |
`

func TestTable(t *testing.T) {
	t.Parallel()
	results, err := read(strings.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := write(&got, results); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(table, got.String()); diff != "" {
		t.Error(diff)
	}
}
