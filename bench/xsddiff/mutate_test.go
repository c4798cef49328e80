package xsddiff

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	count   = flag.Int("xsddiff.cases", 200, "how many changed schemas are judged")
	chance  = flag.Uint64("xsddiff.seed", 1, "where the changes start")
	keep    = flag.String("xsddiff.keep", "", "where the cases go that engines disagree about")
	matches = flag.String("xsddiff.match", "", "the seeds whose path has this")
	without = flag.String("xsddiff.without", "", "but none of these, separated by commas")
	every   = flag.Bool("xsddiff.every", false, "report also what one engine alone says otherwise")
)

const perBatch = 200

func startAll(t *testing.T) []Engine {
	t.Helper()
	dir := t.TempDir()
	var engines []Engine
	for _, start := range []func(string) (*Process, error){StartXerces, StartMono} {
		p, err := start(dir)
		if err != nil {
			t.Skipf("skipping the comparison of engines: %v", err)
		}
		t.Cleanup(func() { p.Close() })
		engines = append(engines, p)
	}
	return engines
}

// TestMutants changes schemas and documents at random and has all engines judge them.
func TestMutants(t *testing.T) {
	engines := append([]Engine{Ours{}}, startAll(t)...)
	dir := t.TempDir()
	var seeds []seed
	for _, s := range append(suiteSeeds(t, filepath.Join(dir, "suite")), dirSeeds(t, filepath.Join(shared, "xsd", "mini"), filepath.Join(dir, "mini"))...) {
		if strings.Contains(s.schema, *matches) && !slices.ContainsFunc(strings.Split(*without, ","), func(w string) bool { return w != "" && strings.Contains(s.schema, w) }) {
			seeds = append(seeds, s)
		}
	}
	_, own := readRules(t, filepath.Join(dir, "rules"))
	for _, c := range own {
		if strings.Contains("rules", *matches) || *matches == "" {
			seeds = append(seeds, seed{c.Schemas[0], c.Instances})
		}
	}
	if len(seeds) == 0 {
		t.Skip("no seeds")
	}
	m := &Mutator{Rand: rand.New(rand.NewPCG(*chance, 0))}
	for range 50 {
		if n := tree(pick(m, seeds).schema); n != nil {
			m.Donors = append(m.Donors, n)
		}
	}
	tally := map[string]int{}
	for made := 0; made < *count; {
		var cases []Case
		about := map[string]string{}
		origin := map[string]seed{}
		for len(cases) < min(perBatch, *count) {
			from := pick(m, seeds)
			c, what := mutant(t, m, from, fmt.Sprintf("%d-%d", *chance, made))
			if what == "" {
				continue
			}
			cases = append(cases, c)
			about[c.ID] = what
			origin[c.ID] = from
			made++
		}
		said := judgeAll(t, engines, cases)
		for _, c := range cases {
			class := compare(c, said, tally)
			if class != "" && known(t, engines, origin[c.ID]) {
				tally["known of the seed"]++
				class = ""
			}
			if class != "" {
				line := class + "\n    " + c.ID + " " + about[c.ID]
				preserve(t, c, line)
				switch why := excused(contents(c) + line); {
				case why != "":
					tally["known: "+why]++
				case *every:
					t.Log(line)
				default:
					t.Error(line)
				}
			}
			for _, name := range append(c.Schemas, c.Instances...) {
				os.Remove(name)
			}
		}
	}
	t.Log(tally)
}

// known reports whether the engines disagree about the seed itself.
func known(t *testing.T, engines []Engine, s seed) bool {
	t.Helper()
	c := Case{"seed", []string{s.schema}, s.instances}
	said := judgeAll(t, engines, []Case{c})
	all := *every
	*every = true
	defer func() { *every = all }()
	return compare(c, said, map[string]int{}) != ""
}

func judgeAll(t *testing.T, engines []Engine, cases []Case) []map[string]Verdict {
	t.Helper()
	type result struct {
		at   int
		said map[string]Verdict
		err  error
	}
	results := make(chan result)
	for i, e := range engines {
		go func() {
			said, err := e.Judge(cases)
			results <- result{i, said, err}
		}()
	}
	all := make([]map[string]Verdict, len(engines))
	for range engines {
		r := <-results
		if r.err != nil {
			t.Fatal(r.err)
		}
		all[r.at] = r.said
	}
	return all
}

// contents are the documents of a case.
func contents(c Case) string {
	var b strings.Builder
	for _, name := range slices.Concat(c.Schemas, c.Instances) {
		data, err := os.ReadFile(name)
		if err == nil {
			b.Write(data)
		}
	}
	return b.String()
}

// mutant writes a changed schema, or changed instances of a schema, beside the seed.
func mutant(t *testing.T, m *Mutator, s seed, id string) (Case, string) {
	c := Case{ID: id, Schemas: []string{s.schema}, Instances: s.instances[:min(len(s.instances), 4)]}
	var what string
	write := func(from, ext string, schema bool) string {
		n := tree(from)
		if n == nil {
			return ""
		}
		said := m.Mutate(n, schema)
		if said == "" {
			return ""
		}
		what += said + " | "
		to := filepath.Join(filepath.Dir(from), "mutant-"+id+"-"+fmt.Sprint(len(what))+ext)
		if err := os.WriteFile(to, n.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return to
	}
	copied := func(from, ext string) string {
		to := filepath.Join(filepath.Dir(from), "copy-"+id+"-"+fmt.Sprint(len(what))+ext)
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, data, 0o644)
		}
		if err != nil {
			return ""
		}
		return to
	}
	changeSchema := len(s.instances) == 0 || m.Rand.IntN(3) > 0
	if changeSchema {
		name := write(s.schema, ".xsd", true)
		if name == "" {
			return Case{}, ""
		}
		c.Schemas = []string{name}
	} else {
		name := copied(s.schema, ".xsd")
		if name == "" {
			return Case{}, ""
		}
		c.Schemas = []string{name}
	}
	var instances []string
	for _, from := range c.Instances {
		if changeSchema && m.Rand.IntN(2) == 0 {
			what += "-"
			if to := copied(from, ".xml"); to != "" {
				instances = append(instances, to)
			}
			continue
		}
		for range 1 + m.Rand.IntN(3) {
			if to := write(from, ".xml", false); to != "" {
				instances = append(instances, to)
			}
		}
	}
	c.Instances = instances
	return c, filepath.Base(s.schema) + ": " + what
}

// compare names the kind of a disagreement; empty is none that matters.
func compare(c Case, said []map[string]Verdict, tally map[string]int) string {
	ours, x, m := said[0][c.ID], said[1][c.ID], said[2][c.ID]
	tally["schemas"]++
	if x.Schema == TimedOut || m.Schema == TimedOut {
		tally["timeouts"]++
		return ""
	}
	words := fmt.Sprintf("[%s] [%s] [%s]", ours.Message, x.Message, m.Message)
	if kind := against(ours.Schema, x.Schema, m.Schema); kind != "" {
		tally["schema: "+kind]++
		if kind != both && !*every {
			return ""
		}
		return fmt.Sprintf("schema ours %c, Xerces-J %c, System.Xml %c: %s", ours.Schema, x.Schema, m.Schema, words)
	}
	if ours.Schema != Valid {
		return ""
	}
	class := ""
	for i := range c.Instances {
		tally["instances"]++
		kind := against(ours.Instances[i], x.Instances[i], m.Instances[i])
		if kind == "" {
			continue
		}
		tally["instance: "+kind]++
		if class == "" && (kind == both || *every) {
			class = fmt.Sprintf("instance %d ours %c, Xerces-J %c, System.Xml %c: %s", i, ours.Instances[i], x.Instances[i], m.Instances[i], words)
		}
	}
	return class
}

// both is the kind of disagreement that is looked at.
const both = "both against us"

// against names who disagrees; empty is nobody.
func against(ours, xerces, mono byte) string {
	switch {
	case ours == xerces && ours == mono:
		return ""
	case xerces == mono:
		return both
	case ours == xerces:
		return "System.Xml alone"
	}
	return "Xerces-J alone"
}

// preserve copies a case to where it is looked at.
func preserve(t *testing.T, c Case, why string) {
	if *keep == "" {
		return
	}
	dir := filepath.Join(*keep, c.ID)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(dir, "why"), []byte(why+"\n"), 0o644)
	for i, name := range append(append([]string(nil), c.Schemas...), c.Instances...) {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		ext := ".xsd"
		if i > 0 {
			ext = fmt.Sprintf("%d.xml", i-1)
		}
		os.WriteFile(filepath.Join(dir, "s"+ext), data, 0o644)
	}
}
