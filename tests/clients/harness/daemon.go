package harness

import (
	"encoding/json"
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

// Daemon is one node under test in a directory of its own.
type Daemon struct {
	Addr string // where it listens itself
	dir  string
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process ended; exit is valid then
	exit error
}

const (
	testEnv  = "gotest" // not the default, so that the node must really list itself in the environment of its clients
	testZone = "zone-a"
)

// StartDaemon starts bin so that it tells its clients to come to `advertise`, and waits until it answers. With `reference` the
// binary is the original server, which knows no advertised address besides the one it listens on.
// Call it from the main goroutine, locked to its thread: the daemon is killed by the kernel when that thread ends.
func StartDaemon(bin, advertise string, reference bool) (d *Daemon, err error) {
	for range 3 {
		if d, err = startOnce(bin, advertise, reference); err == nil || !d.addressInUse() {
			return d, err
		}
		d.Remove() // somebody took the free port between our looking for it and the daemon's listening: look again
	}
	return d, err
}

func startOnce(bin, advertise string, reference bool) (*Daemon, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "discovery-clients-")
	if err != nil {
		return nil, err
	}
	d := &Daemon{Addr: addr, dir: dir, gone: make(chan struct{})}
	known, more := advertise, fmt.Sprintf("advertise = %q\n", advertise)
	if reference {
		known, more = addr, ""
	}
	conf := fmt.Sprintf(`nodes = [%q]
enableprotect = false
[env]
region = "test"
zone = %q
host = "node-1"
DeployEnv = %q
[httpServer]
addr = %q
timeout = "40s"
%s[httpClient]
dial = "1s"
keepAlive = "120s"
timeout = "40s"
`, known, testZone, testEnv, addr, more)
	if err = os.WriteFile(filepath.Join(dir, "discovery.toml"), []byte(conf), 0o600); err != nil {
		return d, err
	}
	log, err := os.Create(d.logPath())
	if err != nil {
		return d, err
	}
	defer log.Close()
	d.cmd = exec.Command(bin, "-conf", dir)
	d.cmd.Dir, d.cmd.Stdout, d.cmd.Stderr = dir, log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err = d.cmd.Start(); err != nil {
		d.cmd = nil
		return d, err
	}
	go func() {
		d.exit = d.cmd.Wait()
		close(d.gone)
	}()
	return d, d.awaitReady(20 * time.Second)
}

// addressInUse tells whether the process ended with the exit code for that.
func (d *Daemon) addressInUse() bool {
	if d == nil || d.cmd == nil || d.cmd.ProcessState == nil {
		return false
	}
	return d.cmd.ProcessState.ExitCode() == 3
}

func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func (d *Daemon) logPath() string { return filepath.Join(d.dir, "log") }

func (d *Daemon) awaitReady(limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		var answer struct {
			Code *int `json:"code"`
		}
		body, err := d.get("/discovery/nodes")
		if err == nil {
			if err = json.Unmarshal(body, &answer); err == nil && answer.Code != nil && *answer.Code == 0 {
				return nil
			}
		}
		select {
		case <-d.gone:
			return fmt.Errorf("it ended: %v", d.exit)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not ready after %v: %v %.80q", limit, err, body)
		}
	}
}

func (d *Daemon) get(path string) ([]byte, error) {
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get("http://" + d.Addr + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// ParkedPolls is the node's own count of parked polls, over all protocols.
func (d *Daemon) ParkedPolls() (int, error) {
	body, err := d.get("/metrics")
	if err != nil {
		return 0, err
	}
	sum, seen := 0.0, false
	for _, line := range strings.Split(string(body), "\n") {
		if rest, ok := strings.CutPrefix(line, "discovery_parked_polls"); ok {
			fields := strings.Fields(rest)
			value, err := strconv.ParseFloat(fields[len(fields)-1], 64)
			if err != nil {
				return 0, err
			}
			sum, seen = sum+value, true
		}
	}
	if !seen {
		return 0, fmt.Errorf("no discovery_parked_polls in /metrics")
	}
	return int(sum), nil
}

// Gone is closed when the process has ended by itself or by Stop.
func (d *Daemon) Gone() <-chan struct{} { return d.gone }

// Stop asks the process to end and waits; an error tells that it did not end well.
func (d *Daemon) Stop(limit time.Duration) error {
	select {
	case <-d.gone:
		return fmt.Errorf("it had ended before: %v", d.exit)
	default:
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-d.gone:
		return d.exit
	case <-time.After(limit):
		d.Kill()
		return fmt.Errorf("still running %v after SIGTERM", limit)
	}
}

// Kill ends the process without asking, if it still runs.
func (d *Daemon) Kill() {
	if d.cmd == nil {
		return
	}
	select {
	case <-d.gone:
	default:
		d.cmd.Process.Kill()
		<-d.gone
	}
}

// LogTail is the end of what the daemon printed.
func (d *Daemon) LogTail(lines int) string {
	text, err := os.ReadFile(d.logPath())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Remove deletes the directory.
func (d *Daemon) Remove() { os.RemoveAll(d.dir) }
