package harness

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Victim is a process of its own that registered one instance.
type Victim struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

const victimLimit = 30 * time.Second

// startVictim returns when the instance is registered.
func startVictim(o options, endpoints []string, service string, i Instance) (*Victim, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	cmd := exec.Command(self, "-victim", "-report-fd", "3", "-kind", string(o.kind), "-endpoints", strings.Join(endpoints, ","),
		"-service", service, "-id", i.ID, "-addr", i.Addr, "-ca", trusted.Cert)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{write}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		write.Close()
		return nil, err
	}
	err = cmd.Start()
	write.Close()
	if err != nil {
		return nil, err
	}
	victim := &Victim{cmd, stdin}
	said := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(read).ReadString('\n')
		if err != nil {
			line = "it ended: " + err.Error()
		}
		said <- strings.TrimSpace(line)
	}()
	select {
	case line := <-said:
		if line == "registered" {
			return victim, nil
		}
		err = fmt.Errorf("victim: %s", line)
	case <-time.After(victimLimit):
		err = fmt.Errorf("victim: not registered after %v", victimLimit)
	}
	victim.Kill()
	return nil, err
}

// Kill is SIGKILL: the process can tell nobody.
func (v *Victim) Kill() {
	v.cmd.Process.Kill()
	v.cmd.Wait()
	v.stdin.Close()
}

// beVictim never returns. It ends with its parent, whose end closes the pipe.
func beVictim(library Library, o options, out io.Writer) {
	_, err := library.Register(o.nodes, o.service, o.instance)
	if err != nil {
		fmt.Fprintf(out, "%v\n", err)
		os.Exit(1)
	}
	fmt.Fprintln(out, "registered")
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
