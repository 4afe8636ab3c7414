// The driver of tests/etcd: starts servers alone and a cluster of three, runs the programs of the client libraries against
// all at once, kills, restarts and upgrades nodes of the cluster when all programs are ready for it, and prints one line per scenario.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"discoveryd.test/etcd/harness"
)

// withTLS are the clients whose program can be told a certificate to believe.
var withTLS = []string{"clientv3", "etcdctl", "gomicro", "kratos", "naming"}

// run is one program against one topology.
type run struct {
	client, topology string
	cmd              *exec.Cmd
	stdin            io.WriteCloser
	log              string
	waits            string // the barrier it stands at
	ended            bool
	failed           bool
}

// word is one line of a program; an empty one says that it ended.
type word struct {
	from *run
	text string
	err  error
}

func main() {
	runtime.LockOSThread() // see harness.StartCluster
	var kind, bin, programs, etcdctl, dir, topologies, more string
	var short bool
	var limit time.Duration
	flag.StringVar(&kind, "kind", "etcd", "what the server is: etcd or discoveryd")
	flag.StringVar(&bin, "bin", "", "the server (required)")
	flag.StringVar(&programs, "programs", "", "folder with the programs (required)")
	flag.StringVar(&etcdctl, "etcdctl", "", "path of etcdctl (required)")
	flag.StringVar(&dir, "dir", "", "folder for data and logs, emptied first (required)")
	flag.StringVar(&topologies, "topologies", "one,three", "which: one, three, tls, upgraded (discoveryd only)")
	flag.StringVar(&more, "conf", "", "text for the end of every discovery.toml")
	flag.BoolVar(&short, "short", false, "leave out what takes long")
	flag.DurationVar(&limit, "limit", 0, "end whatever is not over by then (default 3m, short 2m)")
	flag.Parse()
	if bin == "" || programs == "" || etcdctl == "" || dir == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if limit == 0 {
		limit = 3 * time.Minute
		if short {
			limit = 2 * time.Minute
		}
	}
	if err := harness.Adopt(); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(1)
	}
	d := &driver{kind: harness.Kind(kind), clusters: map[string]*harness.Cluster{}, words: make(chan word, 100), began: time.Now()}
	for _, topology := range strings.Split(topologies, ",") {
		d.start(topology, bin, dir, more)
	}
	if d.failed == 0 {
		for _, topology := range strings.Split(topologies, ",") {
			for _, client := range flag.Args() {
				if topology != "tls" || slices.Contains(withTLS, client) {
					d.launch(client, topology, programs, etcdctl, dir, short)
				}
			}
		}
		d.listen(limit)
	}
	d.finish()
	if d.failed > 0 || d.passed == 0 {
		os.Exit(1)
	}
}

type driver struct {
	kind     harness.Kind
	clusters map[string]*harness.Cluster
	ca       string // of the topology tls
	runs     []*run
	words    chan word
	began    time.Time
	passed   int
	failed   int
	skipped  int
}

func (d *driver) start(topology, bin, dir, more string) {
	began := time.Now()
	count := 1
	if topology == "three" {
		count = 3
	}
	setup := harness.Setup{Kind: d.kind, Bin: bin, Dir: filepath.Join(dir, topology), Count: count, More: more}
	var err error
	if topology == "tls" {
		setup.TLS, err = harness.MakeCertificate(dir)
		d.ca = filepath.Join(dir, "tls.pem")
	}
	var cluster *harness.Cluster
	if err == nil {
		cluster, err = harness.StartCluster(setup)
	}
	if cluster != nil {
		d.clusters[topology] = cluster
	}
	d.line(string(d.kind), topology, "start", began, err)
}

func (d *driver) line(client, topology, name string, began time.Time, err error) {
	if err != nil {
		d.print("FAIL", client, topology, name, time.Since(began).Milliseconds(), err.Error())
		return
	}
	d.print("ok", client, topology, name, time.Since(began).Milliseconds(), "")
}

func (d *driver) print(result, client, topology, name string, ms int64, note string) {
	switch result {
	case "ok":
		d.passed++
	case "FAIL":
		d.failed++
	default:
		d.skipped++
	}
	fmt.Printf("%-4s %-9s %-8s %-34s %6d ms  %s\n", result, client, topology, name, ms, note)
}

func (d *driver) launch(client, topology, programs, etcdctl, dir string, short bool) {
	r := &run{client: client, topology: topology, log: filepath.Join(dir, client+"-"+topology+".log")}
	read, write, err := os.Pipe()
	if err == nil {
		r.cmd = exec.Command(filepath.Join(programs, program(client)), "-report-fd", "3", "-kind", string(d.kind), "-topology", topology,
			"-endpoints", strings.Join(d.clusters[topology].Clients(), ","), "-etcdctl", etcdctl, "-short="+strconv.FormatBool(short))
		if topology == "tls" {
			r.cmd.Args = append(r.cmd.Args, "-ca", d.ca)
		}
		r.cmd.Dir = dir // nmid makes a folder for logs where it runs
		r.cmd.ExtraFiles = []*os.File{write}
		r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		var log *os.File
		if log, err = os.Create(r.log); err == nil {
			r.cmd.Stdout, r.cmd.Stderr = log, log
			if r.stdin, err = r.cmd.StdinPipe(); err == nil {
				err = r.cmd.Start()
			}
			log.Close()
		}
		write.Close()
	}
	if err != nil {
		d.line(client, topology, "program-starts", time.Now(), err)
		return
	}
	d.runs = append(d.runs, r)
	go func() {
		lines := bufio.NewScanner(read)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			d.words <- word{from: r, text: lines.Text()}
		}
		d.words <- word{from: r, err: r.cmd.Wait()}
	}()
}

// listen prints what the programs say until all ended or the time is over.
func (d *driver) listen(limit time.Duration) {
	over := time.After(limit)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	for d.running() > 0 {
		select {
		case w := <-d.words:
			d.take(w)
			d.barriers()
		case <-over:
			for _, r := range d.runs {
				if !r.ended {
					d.print("FAIL", r.client, r.topology, "time", limit.Milliseconds(), "not over; it waits at the barrier «"+r.waits+"»")
					r.cmd.Process.Kill()
					r.failed = true
				}
			}
			return
		case got := <-stop:
			d.print("FAIL", "driver", "", "interrupted", 0, got.String())
			return
		}
	}
}

func (d *driver) running() (n int) {
	for _, r := range d.runs {
		if !r.ended {
			n++
		}
	}
	return n
}

func (d *driver) take(w word) {
	r := w.from
	if w.text == "" {
		r.ended = true
		if w.err != nil && !r.failed { // its lines said nothing of it
			r.failed = true
			d.print("FAIL", r.client, r.topology, "program-ends", 0, w.err.Error())
		}
		return
	}
	fields := strings.SplitN(w.text, "\t", 4)
	if fields[0] == "barrier" && len(fields) == 2 {
		r.waits = fields[1]
		return
	}
	if len(fields) != 4 {
		d.print("FAIL", r.client, r.topology, "report", 0, w.text)
		return
	}
	ms, _ := strconv.ParseInt(fields[2], 10, 64)
	d.print(fields[0], r.client, r.topology, fields[1], ms, fields[3])
	r.failed = r.failed || fields[0] == "FAIL"
}

// barriers does what all programs of a topology wait for.
func (d *driver) barriers() {
	for topology, cluster := range d.clusters {
		wanted, all, waiting := "", true, []*run(nil)
		for _, r := range d.runs {
			if r.topology != topology || r.ended {
				continue
			}
			if r.waits == "" || wanted != "" && r.waits != wanted {
				all = false
			}
			wanted = r.waits
			waiting = append(waiting, r)
		}
		if !all || wanted == "" {
			continue
		}
		began := time.Now()
		d.line(string(d.kind), topology, wanted, began, d.act(cluster, wanted))
		for _, r := range waiting {
			r.waits = ""
			fmt.Fprintln(r.stdin, wanted)
		}
	}
}

func (d *driver) act(cluster *harness.Cluster, what string) error {
	switch what {
	case "all-ready": // nothing but to let all go on at once
	case "kill-first":
		cluster.Nodes[0].Kill()
	case "upgrade":
		return cluster.Nodes[0].Upgrade()
	case "old-process-ends":
		return cluster.Nodes[0].OldEnded()
	case "restart-first":
		return cluster.Nodes[0].Start()
	case "restart-second":
		if err := cluster.Nodes[1].Stop(); err != nil {
			return err
		}
		return cluster.Nodes[1].Start()
	case "kill-others":
		for _, node := range cluster.Nodes[1:] {
			node.Kill()
		}
	default:
		return fmt.Errorf("no such barrier: %q", what)
	}
	return nil
}

// finish sees that the servers that should live do, end them, and prints logs of what failed.
func (d *driver) finish() {
	for topology, cluster := range d.clusters {
		for i, node := range cluster.Nodes {
			if !node.Runs() {
				if topology != "three" || i == 0 {
					d.line(string(d.kind), topology, node.Name()+"-lives", time.Now(), fmt.Errorf("it has ended"))
				}
				continue
			}
			began := time.Now()
			d.line(string(d.kind), topology, node.Name()+"-ends-well", began, node.Stop())
		}
	}
	if d.failed > 0 {
		for topology, cluster := range d.clusters {
			for _, node := range cluster.Nodes {
				fmt.Printf("---- end of the log of %s %s %s\n%s\n", d.kind, topology, node.Name(), node.LogTail(6))
			}
		}
		for _, r := range d.runs {
			if r.failed {
				fmt.Printf("---- end of %s\n%s\n", r.log, harness.Tail(r.log, 10))
			}
		}
	}
	for _, cluster := range d.clusters {
		cluster.Kill()
	}
	fmt.Printf("took %.0f s\n%s: %d passed, %d failed, %d skipped\n", time.Since(d.began).Seconds(), d.kind, d.passed, d.failed, d.skipped)
}

// program: the client etcdctl is itself one, and what plays it has another name.
func program(client string) string {
	if client == "etcdctl" {
		return "etcdctl-client"
	}
	return client
}
