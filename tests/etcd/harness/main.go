package harness

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

type options struct {
	kind     Kind
	nodes    []string
	name     string // of the topology
	short    bool
	etcdctl  string
	tag      string
	victim   bool
	service  string
	instance Instance
	only     string
}

// Main runs the program of one library and ends the process: 0 all scenarios passed, 1 not, 2 wrong flags.
func Main(library Library) {
	// A set of our own: some libraries put flags of theirs into the global one.
	flags := flag.NewFlagSet(library.Name, flag.ExitOnError)
	var o options
	var kind, nodes string
	var out int
	flags.StringVar(&kind, "kind", string(Etcd), "the server under test: etcd or discoveryd")
	flags.StringVar(&nodes, "endpoints", "127.0.0.1:2379", "client addresses of all nodes")
	flags.StringVar(&o.name, "topology", "one", "one, tls: one with TLS, upgraded: one that gives itself to a new process, or three: nodes that are killed")
	flags.StringVar(&trusted.Cert, "ca", "", "certificate to believe; then endpoints begin with https://")
	flags.BoolVar(&o.short, "short", false, "leave out what takes long")
	flags.StringVar(&o.etcdctl, "etcdctl", "etcdctl", "path of etcdctl")
	flags.StringVar(&o.tag, "tag", fmt.Sprintf("%x", time.Now().UnixNano()&0xffffff), "part of all names, so that runs do not meet")
	flags.StringVar(&o.only, "only", "", "only scenarios whose name contains this (for work on one)")
	flags.IntVar(&out, "report-fd", 1, "where the lines of the report go")
	flags.BoolVar(&o.victim, "victim", false, "register one instance and wait to be killed")
	flags.StringVar(&o.service, "service", "", "of the victim")
	flags.StringVar(&o.instance.ID, "id", "", "of the victim")
	flags.StringVar(&o.instance.Addr, "addr", "", "of the victim")
	flags.Parse(os.Args[1:])
	o.kind, o.nodes = Kind(kind), strings.Split(nodes, ",")
	if flags.NArg() > 0 || o.kind != Etcd && o.kind != Discoveryd {
		flags.Usage()
		os.Exit(2)
	}
	if out > 2 {
		syscall.CloseOnExec(out)
	}
	file := os.NewFile(uintptr(out), "report")
	if o.victim {
		beVictim(library, o, file)
	}
	report := &report{out: file, commands: make(chan string), topology: o.name}
	if out != 1 { // under a driver: it speaks on standard input, and its end is our end
		go report.listen(os.Stdin)
	} else {
		close(report.commands)
	}
	if !play(library, o, report) {
		os.Exit(1)
	}
}

// report writes one line per scenario: word, name, milliseconds, notes; separated by tabs. A line «barrier NAME» asks the driver
// for something and is answered by a line with the name when it is done.
type report struct {
	mutex    sync.Mutex
	out      io.Writer
	topology string
	passed   int
	failed   int
	commands chan string
}

func (r *report) listen(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		r.commands <- lines.Text()
	}
	os.Exit(3)
}

func (r *report) line(word, name string, took time.Duration, notes string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	switch word {
	case "ok":
		r.passed++
	case "FAIL":
		r.failed++
	}
	fmt.Fprintf(r.out, "%s\t%s\t%d\t%s\n", word, name, took.Milliseconds(), strings.ReplaceAll(notes, "\n", " "))
}

// barrier waits until the driver has done what the name says; without a driver there is nobody who could.
func (r *report) barrier(name string) bool {
	r.mutex.Lock()
	fmt.Fprintf(r.out, "barrier\t%s\n", name)
	r.mutex.Unlock()
	got, ok := <-r.commands
	if ok && got != name {
		r.line("FAIL", "barrier", 0, fmt.Sprintf("asked for %s, got %s", name, got))
	}
	return ok
}

func (r *report) good() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.failed == 0 && r.passed > 0
}
