package harness

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	readyLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
	oldLimit   = 50 * time.Second // it is patient for 40 s
)

// Node is one server process in a directory of its own.
type Node struct {
	Client string // where etcd clients go, host:port; with https:// before it where they must use TLS
	peer   string // discoveryd: its HTTP address, which is its name; etcd: where members talk
	dir    string
	name   string
	argv   []string
	cmd    *exec.Cmd
	pid    *os.Process
	gone   chan struct{} // closed when the process ended; exit is valid then
	old    chan struct{} // the same of the one before it, after an upgrade
	exit   error
	kind   Kind
	tls    *Certificate // nil: without TLS
}

// Cluster is all nodes of one.
type Cluster struct{ Nodes []*Node }

// Setup is what a cluster is made of.
type Setup struct {
	Kind  Kind
	Bin   string
	Dir   string // of the nodes' directories, emptied first
	Count int
	More  string // goes to the end of every discovery.toml
	TLS   *Certificate
}

// StartCluster starts all nodes and waits until they answer. Call it and Node.Start from the main goroutine, locked to its thread: the kernel kills the nodes when that
// thread ends, whatever became of us.
func StartCluster(setup Setup) (c *Cluster, err error) {
	for range 3 { // somebody may take a free port between our looking for it and the server's listening
		if c, err = startOnce(setup); err == nil {
			return c, nil
		}
		if c == nil {
			return nil, err
		}
		taken := c.portTaken()
		c.Kill()
		if !taken {
			return c, err
		}
	}
	return c, err
}

func startOnce(setup Setup) (*Cluster, error) {
	if err := os.RemoveAll(setup.Dir); err != nil {
		return nil, err
	}
	addresses, err := freeAddresses(2 * setup.Count)
	if err != nil {
		return nil, err
	}
	peers, clients := addresses[:setup.Count], addresses[setup.Count:]
	c := &Cluster{}
	for i := range setup.Count {
		node := &Node{Client: clients[i], peer: peers[i], kind: setup.Kind, name: fmt.Sprintf("node%d", i+1), tls: setup.TLS}
		node.dir = filepath.Join(setup.Dir, node.name)
		if err = os.MkdirAll(node.dir, 0o755); err != nil {
			return c, err
		}
		if setup.Kind == Etcd {
			node.argv = etcdCommand(setup.Bin, node, peers)
		} else if node.argv, err = discoverydCommand(setup.Bin, node, i, peers, setup.More); err != nil {
			return c, err
		}
		if node.tls != nil {
			node.Client = "https://" + node.Client
		}
		c.Nodes = append(c.Nodes, node)
		if err = node.launch(); err != nil {
			return c, err
		}
	}
	for _, node := range c.Nodes {
		if err = node.awaitReady(); err != nil {
			return c, fmt.Errorf("%s: %w", node.name, err)
		}
	}
	return c, nil
}

func etcdCommand(bin string, node *Node, peers []string) []string {
	var members []string
	for i, peer := range peers {
		members = append(members, fmt.Sprintf("node%d=http://%s", i+1, peer))
	}
	scheme := "http://"
	var secret []string
	if node.tls != nil {
		scheme = "https://"
		secret = []string{"--cert-file", node.tls.Cert, "--key-file", node.tls.Key}
	}
	return append([]string{bin, "--name", node.name, "--data-dir", filepath.Join(node.dir, "data"),
		"--listen-client-urls", scheme + node.Client, "--advertise-client-urls", scheme + node.Client,
		"--listen-peer-urls", "http://" + node.peer, "--initial-advertise-peer-urls", "http://" + node.peer,
		"--initial-cluster", strings.Join(members, ","), "--initial-cluster-token", "discoveryd-test",
		"--unsafe-no-fsync", "--logger", "zap", "--log-level", "warn"}, secret...)
}

func discoverydCommand(bin string, node *Node, i int, peers []string, more string) ([]string, error) {
	quoted := make([]string, len(peers))
	for k, peer := range peers {
		quoted[k] = strconv.Quote(peer)
	}
	secret := ""
	if node.tls != nil {
		secret = fmt.Sprintf("tls = true\n[tls]\ncertificate = %q\nkey = %q\n", node.tls.Cert, node.tls.Key)
	}
	conf := fmt.Sprintf(`nodes = [%s]
enableprotect = false
[env]
region = "test"
zone = "zone-a"
host = %q
DeployEnv = "gotest"
[httpServer]
addr = %q
[httpClient]
dial = "300ms"
[cluster]
node_id = %d
[etcd]
listen = %q
%s%s
`, strings.Join(quoted, ", "), node.name, node.peer, i+1, node.Client, more, secret)
	if err := os.WriteFile(filepath.Join(node.dir, "discovery.toml"), []byte(conf), 0o600); err != nil {
		return nil, err
	}
	return []string{bin, "-conf", node.dir}, nil
}

func freeAddresses(count int) ([]string, error) {
	var list []string
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close() // all stay open until the last is found, so that no two are the same
		list = append(list, listener.Addr().String())
	}
	return list, nil
}

// Start brings back a node that was killed, on its old addresses, and waits until it answers.
func (n *Node) Start() error {
	if err := n.launch(); err != nil {
		return err
	}
	return n.awaitReady()
}

func (n *Node) launch() error {
	log, err := os.OpenFile(n.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(n.argv[0], n.argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = n.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err = cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	n.cmd, n.pid, n.gone = cmd, cmd.Process, gone
	go func() {
		n.exit = cmd.Wait()
		close(gone)
	}()
	return nil
}

// Upgrade has the process give the node to a new one, by SIGUSR2. The old one goes on for those who are still connected to it:
// OldEnded. Precondition: orphans become children of ours (Adopt).
func (n *Node) Upgrade() error {
	if err := n.Signal(syscall.SIGUSR2); err != nil {
		return err
	}
	for deadline := time.Now().Add(readyLimit); ; time.Sleep(5 * time.Millisecond) {
		log, err := os.ReadFile(n.logPath())
		if err != nil {
			return err
		}
		if strings.Contains(string(log), " event=upgraded ") {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: no new process %v after SIGUSR2", n.name, readyLimit)
		}
	}
	fresh, err := childrenOf(n.Pid())
	if err != nil || len(fresh) != 1 {
		return fmt.Errorf("%s: children %v, %v", n.name, fresh, err)
	}
	process, err := os.FindProcess(fresh[0])
	if err != nil {
		return err
	}
	gone, old := make(chan struct{}), n.gone
	n.pid, n.gone, n.old = process, gone, old
	go func() {
		<-old // then the new one is a child of ours
		oldExit := n.exit
		var state *os.ProcessState
		if state, n.exit = process.Wait(); n.exit == nil && !state.Success() {
			n.exit = &exec.ExitError{ProcessState: state}
		}
		if oldExit != nil {
			n.exit = fmt.Errorf("the process before it: %w", oldExit)
		}
		close(gone)
	}()
	return n.awaitReady()
}

// OldEnded waits until the process that gave its node away has ended.
func (n *Node) OldEnded() error {
	select {
	case <-n.old:
		return nil
	case <-time.After(oldLimit):
		return fmt.Errorf("%s: the old process still runs after %v", n.name, oldLimit)
	}
}

// Adopt makes whoever loses its parent below us a child of ours.
func Adopt() error {
	const setChildSubreaper = 36 // PR_SET_CHILD_SUBREAPER
	if _, _, failed := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); failed != 0 {
		return failed
	}
	return nil
}

func childrenOf(pid int) (list []int, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue // the thread ended
		}
		for _, word := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				return nil, err
			}
			list = append(list, child)
		}
	}
	return list, err
}

func (n *Node) awaitReady() error {
	deadline := time.Now().Add(readyLimit)
	for {
		err := n.answers()
		if err == nil {
			return nil
		}
		select {
		case <-n.gone:
			return fmt.Errorf("it ended: %v", n.exit)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not ready after %v: %w", readyLimit, err)
		}
	}
}

// answers asks etcd for its own opinion, which includes a leader; and discoveryd too, and whether its etcd port takes connections.
func (n *Node) answers() error {
	url := n.Client + "/health"
	if n.tls == nil {
		url = "http://" + url
	}
	if n.kind == Discoveryd {
		url = "http://" + n.peer + "/readyz"
		connection, err := net.DialTimeout("tcp", strings.TrimPrefix(n.Client, "https://"), time.Second)
		if err != nil {
			return err
		}
		connection.Close()
	}
	client := http.Client{Timeout: 2 * time.Second}
	if n.tls != nil {
		client.Transport = &http.Transport{TLSClientConfig: n.tls.Trust()}
	}
	defer client.CloseIdleConnections()
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %d %.80q", url, response.StatusCode, body)
	}
	return err
}

// Pid is the number of the process.
func (n *Node) Pid() int { return n.pid.Pid }

// Runs tells whether the process still lives.
func (n *Node) Runs() bool {
	if n.cmd == nil {
		return false
	}
	select {
	case <-n.gone:
		return false
	default:
		return true
	}
}

// Kill is SIGKILL.
func (n *Node) Kill() {
	if n.Runs() {
		n.pid.Kill()
		<-n.gone
	}
}

// Signal sends another signal.
func (n *Node) Signal(signal syscall.Signal) error { return n.pid.Signal(signal) }

// Stop asks the process to end and waits; an error tells that it did not end well.
func (n *Node) Stop() error {
	if !n.Runs() {
		return fmt.Errorf("%s had ended before: %v", n.name, n.exit)
	}
	if err := n.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-n.gone:
		if n.kind == Etcd {
			return nil // it ends by the signal it got
		}
		return n.exit
	case <-time.After(stopLimit):
		n.Kill()
		return fmt.Errorf("%s: still running %v after SIGTERM", n.name, stopLimit)
	}
}

// CPU is the processor time the node has used so far.
func (n *Node) CPU() (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", n.Pid()))
	if err != nil || len(threads) == 0 {
		return 0, fmt.Errorf("no process %d: %v", n.Pid(), err)
	}
	var used time.Duration
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue // it ended; servers keep their threads
		}
		nanoseconds, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(nanoseconds, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %q", thread, text)
		}
		used += time.Duration(n)
	}
	return used, nil
}

// Resident is the memory of the node in bytes.
func (n *Node) Resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.Pid()))
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib * 1024, err
		}
	}
	return 0, fmt.Errorf("no VmRSS of process %d", n.Pid())
}

func (n *Node) logPath() string { return filepath.Join(n.dir, "log") }

// LogTail is the end of what the node printed.
func (n *Node) LogTail(lines int) string { return Tail(n.logPath(), lines) }

// Name is that of the node within its cluster.
func (n *Node) Name() string { return n.name }

// Tail is the end of a text file; long lines are cut.
func Tail(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	all = all[max(0, len(all)-lines):]
	for k := range all {
		all[k] = all[k][:min(len(all[k]), 400)]
	}
	return strings.Join(all, "\n")
}

// Clients is the list of the nodes' addresses for etcd clients.
func (c *Cluster) Clients() []string {
	var list []string
	for _, node := range c.Nodes {
		list = append(list, node.Client)
	}
	return list
}

// Kill ends all nodes.
func (c *Cluster) Kill() {
	if c == nil {
		return
	}
	for _, node := range c.Nodes {
		node.Kill()
	}
}

func (c *Cluster) portTaken() bool {
	for _, node := range c.Nodes {
		if node.cmd == nil || node.Runs() {
			continue
		}
		if node.kind == Discoveryd && node.cmd.ProcessState.ExitCode() == 3 || strings.Contains(node.LogTail(20), "address already in use") {
			return true
		}
	}
	return false
}
