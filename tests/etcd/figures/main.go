// Figures of discoveryd's etcd port beside etcd itself, under the same load, in one run: processor time per renewal and per
// read, memory per watch, time until all watches are told, and what a write waits for when a node of three is silent.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"discoveryd.test/etcd/harness"
)

// figure is one line of the table: a value for each server.
type figure struct {
	name, unit string
	values     map[harness.Kind]float64
}

type table struct{ lines []*figure }

func (t *table) put(kind harness.Kind, name, unit string, value float64) {
	for _, line := range t.lines {
		if line.name == name {
			line.values[kind] = value
			return
		}
	}
	t.lines = append(t.lines, &figure{name, unit, map[harness.Kind]float64{kind: value}})
}

func (t *table) print(kinds []harness.Kind) {
	fmt.Printf("\n%-78s", "")
	for _, kind := range kinds {
		fmt.Printf("%14s", kind)
	}
	if len(kinds) == 2 {
		fmt.Printf("%22s", fmt.Sprintf("%s / %s", kinds[1], kinds[0]))
	}
	fmt.Println()
	for _, line := range t.lines {
		fmt.Printf("%-78s", line.name+" ["+line.unit+"]")
		for _, kind := range kinds {
			if value, ok := line.values[kind]; ok {
				fmt.Printf("%14.2f", value)
			} else {
				fmt.Printf("%14s", "-")
			}
		}
		if len(kinds) == 2 && line.values[kinds[0]] > 0 {
			if value, ok := line.values[kinds[1]]; ok {
				fmt.Printf("%22.2f", value/line.values[kinds[0]])
			}
		}
		fmt.Println()
	}
}

type options struct {
	dir, more      string
	scale          float64
	only           string
	watches, conns int
}

func (o options) wants(part string) bool { return o.only == "" || strings.Contains(o.only, part) }

func (o options) count(n int) int { return max(1, int(float64(n)*o.scale)) }

func main() {
	runtime.LockOSThread() // see harness.StartCluster
	var o options
	var etcd, discoveryd string
	flag.StringVar(&etcd, "etcd", "", "path of etcd")
	flag.StringVar(&discoveryd, "discoveryd", "", "path of discoveryd")
	flag.StringVar(&o.dir, "dir", "", "folder for data and logs (required)")
	flag.StringVar(&o.more, "conf", "", "text for the end of every discovery.toml")
	flag.StringVar(&o.only, "only", "", "cpu, watches, latency: some of them, separated by commas (default all)")
	flag.Float64Var(&o.scale, "scale", 1, "share of the operations to do")
	flag.IntVar(&o.watches, "watches", 10_000, "watches")
	flag.IntVar(&o.conns, "connections", 100, "connections they are on")
	flag.Parse()
	if o.dir == "" || etcd == "" && discoveryd == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	results, kinds := &table{}, []harness.Kind(nil)
	for _, server := range []struct {
		kind harness.Kind
		bin  string
	}{{harness.Etcd, etcd}, {harness.Discoveryd, discoveryd}} {
		if server.bin == "" {
			continue
		}
		kinds = append(kinds, server.kind)
		if err := measure(server.kind, server.bin, o, results); err != nil {
			fmt.Fprintf(os.Stderr, "figures: %s: %v\n", server.kind, err)
			results.print(kinds)
			os.Exit(1)
		}
	}
	results.print(kinds)
}

// measure starts a fresh server for each part, so that none pays for another's memory.
func measure(kind harness.Kind, bin string, o options, results *table) error {
	for _, part := range []struct {
		name  string
		count int
		run   func(harness.Kind, *harness.Cluster, options, *table) error
	}{{"cpu", 1, cpu}, {"watches", 1, watches}, {"latency", 3, latency}} {
		if !o.wants(part.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "figures: %s: %s\n", kind, part.name)
		cluster, err := harness.StartCluster(harness.Setup{Kind: kind, Bin: bin, Dir: filepath.Join(o.dir, string(kind)+"-"+part.name), Count: part.count, More: o.more})
		if err == nil {
			err = part.run(kind, cluster, o, results)
		}
		cluster.Kill()
		if err != nil {
			if cluster != nil {
				fmt.Fprintf(os.Stderr, "---- end of the log of its first node\n%s\n", cluster.Nodes[0].LogTail(15))
			}
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}
