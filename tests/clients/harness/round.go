package harness

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	selfApp    = "infra.discovery" // every client of either library watches it from birth to death
	eventLimit = 3 * time.Second
	quietFor   = 4 * time.Second
	quietRate  = 3 // requests a second and client while nothing changes
	watchExtra = 3 // further watches added while a poll is parked
	burstSets  = 10
)

// round is one play of the script with applications and host names of its own, so that rounds can run side by side.
//
// What the libraries themselves do not show, and what is looked at instead (read in their sources):
//   - An answer whose list is empty over all zones is dropped (`broadcast`: count == 0): no event, Fetch keeps the last list, and
//     the library's cursor stays behind. So "all instances wait" and "the last one is gone" are asserted at the middleman: the
//     parked polls of every consumer is answered in time, with the empty list respectively without the application.
//   - Resolver.Close removes neither the application from the polls nor cuts the running one ("TODO: delete app"): there is
//     nothing to observe, so the script closes whole clients only.
//   - bilibili's Instance has no status, and its Set always sends status 1; status 2 is posted by the script there.
//   - Polls carry no zone and Fetch gives all zones: a zone filter cannot be seen through either library.
//   - Which of a client's requests were answered how is not visible in the library, and the events of two changes that follow
//     closely may come as one token: checks wait for a state that only the latest change can have produced.
type round struct {
	name     string
	library  Library
	man      *Middleman
	daemon   *Daemon
	report   *Report
	rng      *rand.Rand
	zone     string
	clients  map[string]int      // how many live clients there are under a host name
	watched  map[string][]string // what each of them polls for
	consumer []*consumer
}

type consumer struct {
	client   Client
	watchers map[string]Watcher
}

// provider is one process that registers.
type provider struct {
	client Client
	host   string
	cancel map[string]func()
}

func (r *round) app(name string) string  { return "test." + r.name + "." + name }
func (r *round) host(name string) string { return r.name + "-" + name }

// pause waits not at all, for a moment, or long enough for everything to have settled: races live in the first two.
func (r *round) pause() {
	switch r.rng.Intn(3) {
	case 0:
	case 1:
		time.Sleep(time.Duration(r.rng.Intn(20_000)) * time.Microsecond)
	default:
		time.Sleep(time.Duration(r.rng.Intn(400)) * time.Millisecond)
	}
}

// blink is a pause that is never long.
func (r *round) blink() {
	if r.rng.Intn(3) > 0 {
		time.Sleep(time.Duration(r.rng.Intn(8_000)) * time.Microsecond)
	}
}

// newClient starts a client of the library; nil (and a failed check) when it does not start, which without a self-registered
// registry it does not do for ever.
func (r *round) newClient(host string) Client {
	began := time.Now()
	born := make(chan Client, 1)
	go func() {
		born <- r.library.New(Config{Nodes: []string{r.man.Addr()}, Region: "test", Zone: r.zone, Env: testEnv, Host: host})
	}()
	select {
	case client := <-born:
		r.report.OK(r.name+".start."+host, time.Since(began))
		r.clients[host]++
		r.watched[host] = []string{selfApp}
		return client
	case <-time.After(2 * eventLimit):
		r.fail("start."+host, began, host, "New does not return")
		return nil
	}
}

func (r *round) newProvider(host string) *provider {
	client := r.newClient(host)
	if client == nil {
		return nil
	}
	return &provider{client: client, host: host, cancel: map[string]func(){}}
}

func (r *round) closeProvider(p *provider) {
	p.client.Close()
	r.clients[p.host]--
}

func (r *round) fail(check string, began time.Time, host, why string) {
	notes := []string{why}
	for _, line := range r.man.Latest(host, 8) {
		notes = append(notes, "\n     "+line)
	}
	r.report.Fail(r.name+"."+check, time.Since(began), notes...)
}

// must turns the error of a writing call into a check that only shows when it fails: the events are the point.
func (r *round) must(check, host string, began time.Time, err error) {
	if err != nil {
		r.fail(check, began, host, "the call failed: "+err.Error())
	}
}

func (r *round) register(p *provider, app, addr string, metadata map[string]string) {
	began := time.Now()
	cancel, err := p.client.Register(Instance{AppID: app, Hostname: p.host, Version: "1", Addrs: addrsOf(addr), Metadata: metadata})
	r.must("register."+p.host, p.host, began, err)
	if err == nil {
		p.cancel[app] = cancel
	}
}

func (r *round) set(p *provider, app string, status int64, metadata map[string]string) {
	began := time.Now()
	var err error
	if status == 1 || r.library.SetsStatus {
		err = p.client.Set(Instance{AppID: app, Hostname: p.host, Version: "1", Status: status, Metadata: metadata})
	} else {
		err = r.postSet(p.host, app, status, metadata)
	}
	r.must(fmt.Sprintf("set%d.%s", status, p.host), p.host, began, err)
}

// postSet does what the library cannot, straight at the daemon.
func (r *round) postSet(host, app string, status int64, metadata map[string]string) error {
	form := url.Values{"zone": {r.zone}, "env": {testEnv}, "appid": {app}, "hostname": {host}, "status": {fmt.Sprint(status)}}
	if metadata != nil {
		text, err := json.Marshal(metadata)
		if err != nil {
			return err
		}
		form.Set("metadata", string(text))
	}
	client := http.Client{Timeout: eventLimit}
	response, err := client.PostForm("http://"+r.daemon.Addr+"/discovery/set", form)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Code int `json:"code"`
	}
	if err = json.NewDecoder(response.Body).Decode(&answer); err == nil && answer.Code != 0 {
		err = fmt.Errorf("code %d", answer.Code)
	}
	return err
}

func addrsOf(addr string) []string {
	return []string{"http://" + addr + ":8000", "grpc://" + addr + ":9000"}
}

// watch adds a watch to every consumer, a blink apart. Build cuts the parked polls of its client, which asks again at once.
func (r *round) watch(app string) {
	for _, c := range r.consumer {
		c.watchers[app] = c.client.Watch(app)
		r.blink()
	}
	r.watched[r.host("cons")] = append(r.watched[r.host("cons")], app)
}

// seen checks that every consumer learns, by an event of its library, a list that satisfies right.
func (r *round) seen(check, app string, began time.Time, right func([]Instance) bool) {
	var all sync.WaitGroup
	for i, c := range r.consumer {
		all.Add(1)
		go func() {
			defer all.Done()
			r.seenBy(fmt.Sprintf("%s.c%d", check, i+1), c.watchers[app], began, right)
		}()
	}
	all.Wait()
}

func (r *round) seenBy(check string, w Watcher, began time.Time, right func([]Instance) bool) {
	deadline := time.After(time.Until(began.Add(eventLimit)))
	for {
		select {
		case <-w.Events():
			if list, ok := w.Instances(); ok && right(list) {
				r.report.OK(r.name+"."+check, time.Since(began))
				return
			}
		case <-deadline:
			list, _ := w.Instances()
			r.fail(check, began, r.host("cons"), fmt.Sprintf("no event within %v; the library has %+v", eventLimit, list))
			return
		}
	}
}

// told checks at the middleman that every consumer is sent an answer that satisfies it, where the library would not show it.
func (r *round) told(check string, began time.Time, right func(*Exchange) bool) {
	for {
		if r.man.Told(r.host("cons"), began, right) >= len(r.consumer) {
			r.report.OK(r.name+"."+check, time.Since(began))
			return
		}
		if time.Since(began) > eventLimit {
			r.fail(check, began, r.host("cons"), fmt.Sprintf("not told to all consumers within %v", eventLimit))
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// parked checks that each consumer stands in exactly one poll, for all it watches, since at least age.
func (r *round) parked(check string, age time.Duration) {
	began, host := time.Now(), r.host("cons")
	for r.man.Parked(host, r.watched[host], age) != len(r.consumer) {
		if time.Since(began) > eventLimit {
			r.fail(check, began, host, fmt.Sprintf("%d polls parked for %v, not %d", r.man.Parked(host, r.watched[host], age),
				r.watched[host], len(r.consumer)))
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	r.report.OK(r.name+"."+check, time.Since(began))
}

// quiet checks that no client of the round asks often while nothing changes, and that all of them go on asking.
func (r *round) quiet(state string) {
	time.Sleep(300 * time.Millisecond) // what the last change itself set off
	began := time.Now()
	time.Sleep(quietFor)
	top := 0
	for _, host := range slices.Sorted(maps.Keys(r.clients)) {
		clients := r.clients[host]
		if clients == 0 {
			continue
		}
		// Clients that share a host name are told apart by their connections; the sum catches one that takes a new one each time.
		var sum []time.Time
		perConn := 0
		for _, moments := range r.man.Started(host, began) {
			sum = append(sum, moments...)
			perConn = max(perConn, Peak(moments))
		}
		peak := Peak(sum)
		top = max(top, perConn)
		if perConn > quietRate || peak > quietRate*clients {
			r.fail("quiet-"+state, began, host, fmt.Sprintf("%s: %d requests in one second, %d over its %d clients, %d in all",
				host, perConn, peak, clients, len(sum)))
			return
		}
	}
	r.report.OK(r.name+".quiet-"+state, time.Since(began), fmt.Sprintf("peak=%d/s", top))
	r.parked("asking-"+state, 0)
}

func withAddr(addr string) func([]Instance) bool {
	return func(list []Instance) bool { return len(list) == 1 && slices.Equal(list[0].Addrs, addrsOf(addr)) }
}

func withMeta(host, key, value string) func([]Instance) bool {
	return func(list []Instance) bool {
		return slices.ContainsFunc(list, func(i Instance) bool { return i.Hostname == host && i.Metadata[key] == value })
	}
}

func withHosts(hosts ...string) func([]Instance) bool {
	return func(list []Instance) bool {
		var have []string
		for _, instance := range list {
			have = append(have, instance.Hostname)
		}
		return sameApps(have, hosts)
	}
}
