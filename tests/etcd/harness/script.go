package harness

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	callLimit  = 15 * time.Second // one call of a library, reconnecting included
	eventLimit = 10 * time.Second // from a change to everybody's knowing it
	faultLimit = 25 * time.Second // the same while a node has just gone (gRPC backs off, etcd elects)
	expirySlop = 4 * time.Second  // a server looks for ended leases now and then
	backOff    = 20 * time.Second // gRPC comes back to a node that was away for half a minute within this
	pollEvery  = 5 * time.Millisecond
)

// script is the course of one program through one topology.
type script struct {
	library Library
	o       options
	report  *report
	service string
	note    []string // of the scenario at work

	early, late Consumer
	first       Registration
	present     []string // what consumers must see now
	dying       string   // may be seen or not: its process is dead, its lease runs
}

func play(library Library, o options, r *report) bool {
	s := &script{library: library, o: o, report: r, service: fmt.Sprintf("svc%s-%s-%s", o.tag, library.Name, o.name)}
	var beside sync.WaitGroup
	s.extras(&beside)
	if library.Register != nil && (o.only == "" || strings.Contains("script", o.only)) {
		s.registry()
	}
	beside.Wait()
	if o.name == "upgraded" && library.Register != nil && o.only == "" {
		s.upgrade()
	}
	if o.name == "three" && (library.Register != nil || library.Through != nil) && o.only == "" {
		s.faults()
	}
	return r.good()
}

// extras plays the library's own scenarios; the slow ones go on beside what follows.
func (s *script) extras(beside *sync.WaitGroup) {
	for _, extra := range s.library.Extras {
		if extra.On != "" && extra.On != s.o.name || extra.Only != "" && extra.Only != s.o.kind || extra.Full && s.o.short ||
			!strings.Contains(extra.Name, s.o.only) {
			continue
		}
		limit := callLimit
		if extra.Slow > 0 {
			limit = extra.Slow
		}
		one := func() {
			var mutex sync.Mutex
			var notes []string
			t := s.t()
			t.Prefix += extra.Name + "/"
			t.note = func(text string) { mutex.Lock(); defer mutex.Unlock(); notes = append(notes, text) }
			began := time.Now()
			err := within(limit, func() error { return extra.Run(t) })
			mutex.Lock()
			defer mutex.Unlock()
			s.result(extra.Name, began, err, notes)
		}
		if extra.Slow == 0 {
			one()
			continue
		}
		beside.Add(1)
		go func() { defer beside.Done(); one() }()
	}
}

func (s *script) t() *T {
	return &T{Kind: s.o.kind, Nodes: s.o.nodes, Prefix: "/test/" + s.service + "/", Short: s.o.short, Etcdctl: s.o.etcdctl,
		note: func(string) {}}
}

// registry is what every registry must do: register, discover, watch add, change, remove, expiry, registering again.
func (s *script) registry() {
	l := s.library
	victim := Instance{"victim", "127.0.0.1:9009", ""}
	a, b := Instance{"a", "127.0.0.1:9001", "one"}, Instance{"b", "127.0.0.1:9002", "one"}

	s.check("watch-nothing-yet", callLimit, func() (err error) { s.early, err = l.Consume(s.order(1), s.service); return err })
	if s.early == nil {
		return
	}
	var begun time.Time
	s.check("register", callLimit, func() (err error) {
		begun = time.Now()
		s.first, err = l.Register(s.order(0), s.service, a)
		return err
	})
	s.expectPresent(l.Text(a))
	s.sees("watch-add", begun, s.early)
	for i := range s.o.nodes {
		s.lists(fmt.Sprintf("list-node-%d", i+1), s.o.nodes[i:i+1])
	}
	s.lists("list", s.order(2))
	var doomed *Victim
	s.check("register-victim", victimLimit, func() (err error) {
		begun = time.Now()
		doomed, err = startVictim(s.o, s.order(2), s.service, victim)
		return err
	})
	s.expectPresent(l.Text(a), l.Text(victim))
	s.sees("watch-add-other-process", begun, s.early)
	s.check("consumer-comes-later", callLimit, func() (err error) { s.late, err = l.Consume(s.order(2), s.service); return err })
	if s.late == nil {
		return
	}
	if !l.BlindAtStart {
		s.sees("discover", time.Now(), s.late)
	}

	// The victim lives longer than its lease if there is time, so that it has been renewed; the rest goes on meanwhile.
	lives := time.Now().Add(l.TTL + time.Second)
	if l.TTL > 10*time.Second {
		lives = time.Now()
	}
	var second Registration
	s.check("register-second", callLimit, func() (err error) {
		begun = time.Now()
		second, err = l.Register(s.order(1), s.service, b)
		return err
	})
	s.expectPresent(l.Text(a), l.Text(victim), l.Text(b))
	s.sees("watch-add-second", begun, s.early, s.late)
	s.lists("list-second", s.order(0))
	if l.Tags && s.first != nil {
		a.Tag = "two"
		s.check("change", callLimit, func() error { begun = time.Now(); return s.first.Change("two") })
		s.expectPresent(l.Text(a), l.Text(victim), l.Text(b))
		s.sees("watch-change", begun, s.early, s.late)
		s.lists("list-changed", s.order(1))
	}
	if second != nil {
		s.check("remove", callLimit, func() error { begun = time.Now(); return second.Remove() })
		s.expectPresent(l.Text(a), l.Text(victim))
		s.sees("watch-remove", begun, s.early, s.late)
		s.lists("list-removed", s.order(2))
		s.check("register-again", callLimit, func() (err error) {
			begun = time.Now()
			second, err = l.Register(s.order(2), s.service, b)
			return err
		})
		s.expectPresent(l.Text(a), l.Text(victim), l.Text(b))
		s.sees("watch-add-again", begun, s.early, s.late)
	}
	if doomed != nil {
		s.expiry(doomed, lives, l.Text(victim), []string{l.Text(a), l.Text(b)}, l.TTL+expirySlop)
		s.lists("list-expired", s.order(1))
	}
	if l.ComesBack && !(s.o.short && s.o.name == "three" && l.TTL > 10*time.Second) { // rpcx: noticing takes a third of its lease
		s.comesBack(b)
	}
}

// expiry kills the process and measures until its instance is gone; a permanent one must stay.
func (s *script) expiry(doomed *Victim, lives time.Time, gone string, others []string, limit time.Duration) {
	ttl := s.library.TTL
	if ttl > 10*time.Second && s.o.short && s.o.name == "one" { // rpcx: half a minute, once is enough
		doomed.Kill()
		s.report.line("skip", "expiry-after-kill-9", 0, fmt.Sprintf("lease of %v; see the other topology", ttl))
		s.forget(gone, others)
		return
	}
	s.check("alive-past-its-ttl", ttl+eventLimit, func() error {
		for time.Now().Before(lives) { // sleeps: the lease must have been renewed
			if !slices.Contains(s.early.Seen(), gone) {
				return fmt.Errorf("gone while its process lives")
			}
			time.Sleep(pollEvery)
		}
		return nil
	})
	killed := time.Now()
	doomed.Kill()
	if ttl == 0 {
		s.check("stays-after-kill-9", eventLimit, func() error {
			for time.Since(killed) < 3*time.Second { // sleeps: nothing must happen
				if !slices.Contains(s.early.Seen(), gone) {
					return fmt.Errorf("a permanent key went after %v", time.Since(killed))
				}
				time.Sleep(pollEvery)
			}
			return nil
		})
		return
	}
	s.expectPresent(others...)
	s.check("expiry-after-kill-9", limit+time.Second, func() error {
		if err := s.until(limit, s.early, s.late); err != nil {
			return err
		}
		took := time.Since(killed)
		s.note = append(s.note, fmt.Sprintf("after %.1f s of a lease of %v", took.Seconds(), ttl))
		if took < ttl/2 {
			return fmt.Errorf("gone after %v already: the lease of %v was renewed at most a third of it before", took, ttl)
		}
		return nil
	})
}

// forget removes what is not waited for, by etcdctl.
func (s *script) forget(gone string, others []string) {
	s.expectPresent(others...)
	s.check("delete-by-etcdctl", callLimit, func() error {
		_, err := s.etcdctl("del", s.library.Key(s.service, Instance{ID: "victim", Addr: "127.0.0.1:9009"}))
		return err
	})
	s.sees("watch-delete-by-etcdctl", time.Now(), s.early, s.late)
}

// comesBack revokes the lease of a living registration behind its back.
func (s *script) comesBack(i Instance) {
	key := s.library.Key(s.service, i)
	s.check("lease-lost-registers-again", s.library.TTL/3+2*eventLimit, func() error {
		lease, err := s.leaseOf(key)
		if err != nil || lease == 0 {
			return fmt.Errorf("lease of %s: %d, %v", key, lease, err)
		}
		began := time.Now()
		if _, err = s.etcdctl("lease", "revoke", fmt.Sprintf("%x", lease)); err != nil {
			return err
		}
		for {
			now, err := s.leaseOf(key)
			if err == nil && now != 0 && now != lease {
				s.note = append(s.note, fmt.Sprintf("after %.1f s", time.Since(began).Seconds()))
				return s.until(eventLimit, s.early, s.late)
			}
			if time.Since(began) > s.library.TTL/3+eventLimit {
				return fmt.Errorf("%s has lease %x, it was %x; %v", key, now, lease, err)
			}
			time.Sleep(50 * time.Millisecond) // a process was run: no need to be faster
		}
	})
}

func (s *script) leaseOf(key string) (int64, error) {
	out, err := s.etcdctl("get", key, "-w", "json")
	if err != nil {
		return 0, err
	}
	var answer struct {
		Kvs []struct {
			Lease int64 `json:"lease"`
		} `json:"kvs"`
	}
	if err = json.Unmarshal(out, &answer); err != nil || len(answer.Kvs) == 0 {
		return 0, err
	}
	return answer.Kvs[0].Lease, nil
}

func (s *script) etcdctl(arguments ...string) ([]byte, error) {
	return s.t().Ctl(s.o.nodes, arguments...)
}

// CtlFlags are etcdctl's first.
func (t *T) CtlFlags(endpoints []string) []string {
	flags := []string{"--endpoints", strings.Join(endpoints, ",")}
	if trusted.Cert != "" {
		flags = append(flags, "--cacert", trusted.Cert)
	}
	return flags
}

// Ctl runs etcdctl.
func (t *T) Ctl(endpoints []string, arguments ...string) ([]byte, error) {
	cmd := exec.Command(t.Etcdctl, append(t.CtlFlags(endpoints), arguments...)...)
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		last := strings.TrimSpace(problem.String()) // its own word comes after what its library logged
		return out, fmt.Errorf("etcdctl %s: %v: %s", strings.Join(arguments, " "), err, last[strings.LastIndexByte(last, '\n')+1:])
	}
	return out, nil
}

// upgrade: the process gives the node to a new one; nobody may notice.
func (s *script) upgrade() {
	guard := s.guard(s.present)
	if !s.report.barrier("all-ready") || !s.report.barrier("upgrade") {
		return
	}
	s.underFault("upgraded", 0) // streams that were open are still at the old process
	s.lists("upgraded-list-all", s.order(0))
	if !s.report.barrier("old-process-ends") {
		return
	}
	s.underFault("moved", 0)
	s.lists("moved-list-all", s.order(0))
	s.check("living-never-vanished", callLimit, func() error { return guard(&s.note) })
}

// faults is the part with nodes that go: the driver kills the first one, brings it back, restarts the second one in good order,
// and, where the server can bear it, kills all but the first.
func (s *script) faults() {
	l := s.library
	var finish func() error
	if l.Through != nil {
		t := s.t()
		t.note = func(text string) { s.note = append(s.note, text) }
		s.check("through-begins", callLimit, func() (err error) { finish, err = l.Through(t); return err })
	}
	with := l.Register != nil && s.early != nil && s.late != nil && s.first != nil
	var doomed *Victim
	before := s.present
	victim := Instance{"second-victim", "127.0.0.1:9010", ""}
	expires := l.TTL > 0 && (l.TTL <= 10*time.Second || !s.o.short)
	if with && expires {
		s.check("register-second-victim", victimLimit, func() (err error) {
			doomed, err = startVictim(s.o, s.order(1), s.service, victim)
			return err
		})
		s.expectPresent(append(slices.Clone(before), l.Text(victim))...)
		s.sees("watch-second-victim", time.Now(), s.early, s.late)
	}
	// All stand ready: the process and the node that may have renewed its lease die together.
	if !s.report.barrier("all-ready") {
		return
	}
	guard := s.guard(before)
	if doomed != nil {
		doomed.Kill()
		s.dying = l.Text(victim)
		s.expectPresent(before...)
	}
	killed := time.Now()
	if !s.report.barrier("kill-first") {
		return
	}
	if with {
		s.underFault("one-killed", 0)
		if doomed != nil {
			s.expiryUnderFault(killed)
		}
	}
	if !s.report.barrier("restart-first") {
		return
	}
	if with {
		s.listsIn(backOff+callLimit, "restarted-list-node-1", s.o.nodes[:1])
		s.registerAt("restarted-register-node-1", s.o.nodes[:1], Instance{"d", "127.0.0.1:9004", "one"})
		s.lists("restarted-list", s.order(1))
	}
	if !s.report.barrier("restart-second") { // by SIGTERM: it says good-bye
		return
	}
	if l.EndedByEtcd && s.o.kind == Etcd {
		s.report.line("skip", "rolled", 0, "etcd itself ends this library's watch here; discoveryd must not")
	} else if with {
		s.underFault("rolled", 1)
		s.listsIn(backOff+callLimit, "rolled-list-node-2", s.o.nodes[1:2])
	}
	if finish != nil {
		s.check("through-ends", 2*faultLimit, finish)
	}
	if s.o.kind == Discoveryd && !s.o.short { // the majority of etcd's members would be gone
		time.Sleep(backOff) // sleeps: the clients must have come back to the first node, or they have none
		if !s.report.barrier("kill-others") {
			return
		}
		if with {
			s.underFault("two-killed", 0)
			s.lists("two-killed-list-node-1", s.o.nodes[:1])
		}
	}
	if with {
		s.check("living-never-vanished", callLimit, func() error { return guard(&s.note) })
	}
}

// underFault registers, changes and removes while a node is gone.
func (s *script) underFault(name string, first int) {
	i := Instance{"c-" + name, "127.0.0.1:9003", "one"}
	before := s.present
	r := s.registerAt(name+"-register", s.order(first), i)
	if r == nil {
		return
	}
	s.lists(name+"-list", s.order(1))
	begun := time.Now()
	if s.library.Tags {
		i.Tag = "two"
		s.check(name+"-change", faultLimit, func() error { return r.Change("two") })
		s.expectPresent(append(slices.Clone(before), s.library.Text(i))...)
		s.seesIn(faultLimit, name+"-watch-change", begun, s.early, s.late)
	}
	begun = time.Now()
	s.check(name+"-remove", faultLimit, r.Remove)
	s.expectPresent(before...)
	s.seesIn(faultLimit, name+"-watch-remove", begun, s.early, s.late)
}

func (s *script) registerAt(name string, endpoints []string, i Instance) (r Registration) {
	begun := time.Now()
	s.check(name, faultLimit, func() (err error) { r, err = s.library.Register(endpoints, s.service, i); return err })
	if r != nil {
		s.expectPresent(append(slices.Clone(s.present), s.library.Text(i))...)
		s.seesIn(faultLimit, name+"-watched", begun, s.early, s.late)
	}
	return r
}

func (s *script) expiryUnderFault(killed time.Time) {
	ttl := s.library.TTL
	limit := ttl + max(ttl, 10*time.Second) + expirySlop - time.Since(killed)
	s.dying = ""
	s.check("one-killed-expiry", limit+time.Second, func() error {
		err := s.until(limit, s.early, s.late)
		s.note = append(s.note, fmt.Sprintf("at most %.1f s of a lease of %v", time.Since(killed).Seconds(), ttl))
		return err
	})
}

// guard looks all the time whether somebody who lives is missing.
func (s *script) guard(living []string) (verdict func(notes *[]string) error) {
	if s.early == nil {
		return func(*[]string) error { return nil }
	}
	stop, done := make(chan struct{}), make(chan struct{})
	looks, missing, example := 0, 0, ""
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * pollEvery):
			}
			for _, consumer := range []Consumer{s.early, s.late} {
				seen := consumer.Seen()
				looks++
				for _, one := range living {
					if !slices.Contains(seen, one) {
						missing++
						example = fmt.Sprintf("%q not in %q", one, seen)
					}
				}
			}
		}
	}()
	return func(notes *[]string) error {
		close(stop)
		<-done
		*notes = append(*notes, fmt.Sprintf("%d looks", looks))
		if missing > 0 {
			return fmt.Errorf("missing in %d of %d looks: %s", missing, looks, example)
		}
		return nil
	}
}

func (s *script) order(i int) []string { return order(s.o.nodes, i) }

func (s *script) expectPresent(texts ...string) { slices.Sort(texts); s.present = texts }

// sees waits until all consumers know exactly what is expected.
func (s *script) sees(name string, since time.Time, consumers ...Consumer) {
	s.seesIn(eventLimit, name, since, consumers...)
}

func (s *script) seesIn(limit time.Duration, name string, since time.Time, consumers ...Consumer) {
	s.check(name, limit+time.Second, func() error {
		err := s.until(limit, consumers...)
		s.note = append(s.note, fmt.Sprintf("%d ms after the call began", time.Since(since).Milliseconds()))
		return err
	})
}

func (s *script) until(limit time.Duration, consumers ...Consumer) error {
	deadline := time.Now().Add(limit)
	want := slices.Clone(s.present)
	for k, consumer := range consumers {
		for {
			seen := s.sorted(consumer.Seen())
			if slices.Equal(seen, want) {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("consumer %d sees %q after %v, not %q", k+1, seen, limit, want)
			}
			time.Sleep(pollEvery)
		}
	}
	return nil
}

func (s *script) sorted(seen []string) []string {
	seen = slices.Clone(seen) // it may be the library's own
	slices.Sort(seen)
	return slices.DeleteFunc(seen, func(text string) bool { return s.dying != "" && text == s.dying })
}

// lists looks up until the answer is right, and notes if the first was not.
func (s *script) lists(name string, endpoints []string) { s.listsIn(eventLimit, name, endpoints) }

func (s *script) listsIn(limit time.Duration, name string, endpoints []string) {
	want := slices.Clone(s.present)
	s.check(name, limit+callLimit, func() error {
		began := time.Now()
		for tries := 1; ; tries++ {
			got, err := s.library.List(endpoints, s.service)
			got = s.sorted(got)
			if err == nil && slices.Equal(got, want) {
				if tries > 1 {
					s.note = append(s.note, fmt.Sprintf("stale until %d ms", time.Since(began).Milliseconds()))
				}
				return nil
			}
			if time.Since(began) > limit {
				return fmt.Errorf("listed %q, error %v, not %q", got, err, want)
			}
			time.Sleep(pollEvery)
		}
	})
}

// check is one scenario: it prints its line.
func (s *script) check(name string, limit time.Duration, f func() error) {
	began := time.Now()
	s.note = nil
	err := within(limit, f)
	s.result(name, began, err, s.note)
}

func (s *script) result(name string, began time.Time, err error, notes []string) {
	text := strings.Join(notes, "; ")
	if err != nil {
		s.report.line("FAIL", name, time.Since(began), strings.TrimPrefix(text+"; "+err.Error(), "; "))
		return
	}
	s.report.line("ok", name, time.Since(began), text)
}

// within abandons what takes too long: a library that hangs must not hang the test.
func within(limit time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v", p)
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return fmt.Errorf("did not return within %v", limit)
	}
}
