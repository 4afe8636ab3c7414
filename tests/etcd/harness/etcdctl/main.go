// etcdctl, unmodified, against discoveryd: put, get, del, watch, lease, txn, member list, endpoint health, status.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"discoveryd.test/etcd/harness"
)

func main() {
	harness.Main(harness.Library{Name: "etcdctl", Extras: []harness.Extra{
		{Name: "put-get-del", Run: putGetDel},
		{Name: "get-options", Run: getOptions},
		{Name: "watch", Run: watch},
		{Name: "lease", Run: lease},
		{Name: "txn", Run: txn},
		{Name: "member-list", Run: members},
		{Name: "endpoint-health", Run: health},
		{Name: "endpoint-status", Run: status},
		{Name: "auth-status", Run: auth},
		{Name: "lock", Run: lock},
	}})
}

// ctl checks what etcdctl prints.
func ctl(t *harness.T, want string, arguments ...string) error {
	out, err := t.Ctl(t.Order(0), arguments...)
	if err == nil && string(out) != want {
		err = fmt.Errorf("etcdctl %s: %q, not %q", strings.Join(arguments, " "), out, want)
	}
	return err
}

func all(steps ...error) error {
	for _, err := range steps {
		if err != nil {
			return err
		}
	}
	return nil
}

func putGetDel(t *harness.T) error {
	k := t.Prefix + "k"
	return all(
		ctl(t, "OK\n", "put", k, "v1"),
		ctl(t, k+"\nv1\n", "get", k),
		ctl(t, "OK\n"+k+"\nv1\n", "put", k, "v2", "--prev-kv"),
		ctl(t, "v2\n", "get", k, "--print-value-only"),
		ctl(t, "1\n"+k+"\nv2\n", "del", k, "--prev-kv"),
		ctl(t, "", "get", k),
		ctl(t, "0\n", "del", k),
	)
}

func getOptions(t *harness.T) error {
	p := t.Prefix
	return all(
		ctl(t, "OK\n", "put", p+"b", "2"), ctl(t, "OK\n", "put", p+"a", "1"), ctl(t, "OK\n", "put", p+"c", "3"),
		ctl(t, p+"a\n1\n"+p+"b\n2\n"+p+"c\n3\n", "get", p, "--prefix"),
		ctl(t, p+"a\n1\n"+p+"b\n2\n", "get", p, "--prefix", "--limit=2"),
		ctl(t, p+"a\n\n"+p+"b\n\n"+p+"c\n\n", "get", p, "--prefix", "--keys-only"),
		ctl(t, p+"b\n2\n", "get", p+"b", p+"c"),
		ctl(t, p+"c\n3\n"+p+"b\n2\n"+p+"a\n1\n", "get", p, "--prefix", "--order=DESCEND", "--sort-by=KEY"),
		ctl(t, p+"a\n1\n", "get", p+"a", "--consistency=s"),
		ctl(t, "3\n", "del", p, "--prefix"),
	)
}

func watch(t *harness.T) error {
	k := t.Prefix + "w"
	cmd := exec.Command(t.Etcdctl, append(t.CtlFlags(t.Order(1)), "watch", k, "--prev-kv")...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err = cmd.Start(); err != nil {
		return err
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	lines := make(chan string, 100)
	go func() {
		for text := bufio.NewScanner(out); text.Scan(); {
			lines <- text.Text()
		}
	}()
	// etcdctl does not say when its watch exists: put until it tells.
	began, heard := time.Now(), ""
	for n := 0; heard == ""; n++ {
		if err = ctl(t, "OK\n", "put", k, "early"); err != nil {
			return err
		}
		select {
		case heard = <-lines:
		case <-time.After(300 * time.Millisecond):
			if time.Since(began) > 8*time.Second {
				return fmt.Errorf("nothing told after %d puts", n)
			}
		}
	}
	if err = all(ctl(t, "OK\n", "put", k, "late"), ctl(t, "1\n", "del", k)); err != nil {
		return err
	}
	want := strings.Join([]string{"PUT", k, "early", k, "late", "DELETE", k, "late", k, ""}, "\n")
	got := heard + "\n"
	for deadline := time.After(5 * time.Second); !strings.HasSuffix(got, want); {
		select {
		case line := <-lines:
			got += line + "\n"
		case <-deadline:
			return fmt.Errorf("told %q, which does not end in %q", got, want)
		}
	}
	return nil
}

func lease(t *harness.T) error {
	out, err := t.Ctl(t.Order(0), "lease", "grant", "60")
	if err != nil {
		return err
	}
	found := regexp.MustCompile(`^lease ([0-9a-f]+) granted with TTL\(60s\)\n$`).FindStringSubmatch(string(out))
	if found == nil {
		return fmt.Errorf("lease grant: %q", out)
	}
	id, k := found[1], t.Prefix+"leased"
	if err = all(
		ctl(t, "OK\n", "put", k, "v", "--lease="+id),
		ctl(t, fmt.Sprintf("lease %s keepalived with TTL(60)\n", id), "lease", "keep-alive", "--once", id),
	); err != nil {
		return err
	}
	if out, err = t.Ctl(t.Order(1), "lease", "timetolive", "--keys", id); err != nil {
		return err
	}
	if !regexp.MustCompile(`^lease ` + id + ` granted with TTL\(60s\), remaining\((5\d|60)s\), attached keys\(\[` + k + `\]\)\n$`).Match(out) {
		return fmt.Errorf("lease timetolive: %q", out)
	}
	if out, err = t.Ctl(t.Order(2), "lease", "list"); err != nil || !strings.Contains(string(out), id) {
		return fmt.Errorf("lease list: %q %w", out, err)
	}
	if err = all(
		ctl(t, fmt.Sprintf("lease %s revoked\n", id), "lease", "revoke", id),
		ctl(t, "", "get", k),
		ctl(t, fmt.Sprintf("lease %s already expired\n", id), "lease", "timetolive", id),
	); err != nil {
		return err
	}
	_, err = t.Ctl(t.Order(0), "lease", "revoke", id)
	if err == nil || !strings.Contains(err.Error(), "etcdserver: requested lease not found") {
		return fmt.Errorf("lease revoke, again: %v", err)
	}
	return nil
}

func txn(t *harness.T) error {
	run := func(input string) (string, error) {
		cmd := exec.Command(t.Etcdctl, append(t.CtlFlags(t.Order(0)), "txn")...)
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	k := t.Prefix + "t"
	out, err := run("\nput " + k + " v\nget " + k + "\n\n\n")
	if want := "SUCCESS\n\nOK\n\n" + k + "\nv\n"; err != nil || out != want {
		return fmt.Errorf("without compare: %q, not %q, %w", out, want, err)
	}
	out, err = run("value(\"" + k + "\") = \"v\"\n\nput " + k + " w\n\n\n")
	if t.IsEtcd() {
		if err != nil || out != "SUCCESS\n\nOK\n" {
			return fmt.Errorf("with compare: %q %w", out, err)
		}
		return nil
	}
	if err == nil || !strings.Contains(out, "etcdserver: compare is not offered by this registry") {
		return fmt.Errorf("with compare: %q %w", out, err)
	}
	return nil
}

func members(t *harness.T) error {
	out, err := t.Ctl(t.Order(0), "member", "list")
	if err != nil {
		return err
	}
	for _, node := range t.Nodes {
		if !regexp.MustCompile(`(?m)^[0-9a-f]+, started, \S+, .*` + regexp.QuoteMeta(harness.URL(node)) + `, false$`).Match(out) {
			return fmt.Errorf("%s is not in %q", node, out)
		}
	}
	return nil
}

func health(t *harness.T) error {
	for _, arguments := range [][]string{{"endpoint", "health", "-w", "json"}, {"endpoint", "health", "--cluster", "-w", "json"}} {
		out, err := t.Ctl(t.Order(0), arguments...)
		if err != nil {
			return err
		}
		var answer []struct {
			Endpoint string
			Health   bool
		}
		if err = json.Unmarshal(out, &answer); err != nil {
			return fmt.Errorf("%q: %w", out, err)
		}
		healthy := 0
		for _, one := range answer {
			if one.Health {
				healthy++
			}
		}
		if healthy != len(t.Nodes) {
			return fmt.Errorf("%v: %q", arguments, out)
		}
	}
	return nil
}

func status(t *harness.T) error {
	out, err := t.Ctl(t.Order(0), "endpoint", "status", "-w", "json")
	if err != nil {
		return err
	}
	var answer []struct {
		Endpoint string
		Status   struct {
			Version string `json:"version"`
			Leader  uint64 `json:"leader"`
		}
	}
	if err = json.Unmarshal(out, &answer); err != nil || len(answer) != len(t.Nodes) {
		return fmt.Errorf("%q: %w", out, err)
	}
	for _, one := range answer {
		if !strings.HasPrefix(one.Status.Version, "3.5.") || one.Status.Leader == 0 {
			return fmt.Errorf("%q", out)
		}
	}
	return nil
}

func auth(t *harness.T) error {
	out, err := t.Ctl(t.Order(0), "auth", "status")
	if err == nil && !strings.Contains(string(out), "Authentication Status: false") {
		err = fmt.Errorf("%q", out)
	}
	return err
}

// lock: mutual exclusion is not offered.
func lock(t *harness.T) error {
	cmd := exec.Command(t.Etcdctl, append(t.CtlFlags(t.Order(0)), "lock", t.Prefix+"lock", "echo", "held")...)
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err = cmd.Start(); err != nil {
		return err
	}
	timer := time.AfterFunc(8*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	text, _ := io.ReadAll(out)
	err = cmd.Wait()
	held := strings.Contains(string(text), "held")
	if t.IsEtcd() {
		if err != nil || !held {
			return fmt.Errorf("%q %q %w", text, problem.String(), err)
		}
		return nil
	}
	if err == nil || held || !strings.Contains(problem.String(), "etcdserver: ") {
		return fmt.Errorf("given, or unclear: %q %q %v", text, problem.String(), err)
	}
	return nil
}
