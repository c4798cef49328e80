package bench

import (
	"testing"

	"github.com/protogen-go/protogen/gen"
)

// BenchmarkGenerate makes the code of EPP: all of it, and when nothing has changed.
func BenchmarkGenerate(b *testing.B) {
	b.Run("emit", func(b *testing.B) {
		for b.Loop() {
			generate(b, gen.Options{Spec: "../specs/epp", Out: b.TempDir()})
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		options := gen.Options{Spec: "../specs/epp", Out: b.TempDir(), Cache: b.TempDir()}
		generate(b, options)
		for b.Loop() {
			if report := generate(b, options); !report.Cached {
				b.Fatal("the second run does not see that nothing has changed")
			}
		}
	})
}

func generate(b *testing.B, options gen.Options) *gen.Report {
	b.Helper()
	report, err := gen.Run(b.Context(), options)
	if err != nil {
		b.Fatal(err)
	}
	if err := report.Findings.Err(); err != nil {
		b.Fatal(err)
	}
	return report
}
