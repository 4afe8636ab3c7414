package harness

import (
	"fmt"
	"slices"
	"time"
)

// play runs the whole script. A round whose clients do not even start ends early, with the failed check printed.
func (r *round) play() {
	time.Sleep(time.Duration(r.rng.Intn(1500)) * time.Millisecond)
	// Two consumers under one host name, as restarted pods and several processes of a machine are: each must get its own answers.
	for range 2 {
		client := r.newClient(r.host("cons"))
		if client == nil {
			return
		}
		r.consumer = append(r.consumer, &consumer{client: client, watchers: map[string]Watcher{}})
	}
	first, second, other := r.newProvider(r.host("p1")), r.newProvider(r.host("p2")), r.newProvider(r.host("other"))
	again := r.newProvider(r.host("p1")) // the first one restarted: same host, other process
	back := r.newProvider(r.host([]string{"p1", "p9"}[r.rng.Intn(2)]))
	if first == nil || second == nil || other == nil || again == nil || back == nil {
		return
	}
	r.appears(first)
	r.moreWatches(first, other)
	r.changes(again)
	r.waits(again, other)
	r.comesAndGoes(again, second)
	r.emptiesAndReturns(first, again, back)
	for _, c := range r.consumer {
		c.client.Close()
	}
	for _, p := range []*provider{first, second, other, again, back} {
		r.closeProvider(p)
	}
}

func (r *round) appears(first *provider) {
	app := r.app("a")
	r.watch(app)
	r.quiet("unknown")
	r.pause()
	began := time.Now()
	r.register(first, app, "10.1.0.1", map[string]string{"n": "0", "keep": "k"})
	r.seen("appears", app, began, withAddr("10.1.0.1"))
}

// moreWatches adds watches while polls are parked, and lets changes fall into the gap in which the library cuts its poll and
// asks again.
func (r *round) moreWatches(first, other *provider) {
	app := r.app("a")
	for i := range watchExtra {
		r.pause()
		extra, n := r.app(fmt.Sprintf("b%d", i)), fmt.Sprint(i+1)
		change := func() {
			began := time.Now()
			r.set(first, app, 1, map[string]string{"n": n})
			r.seen(fmt.Sprintf("watch%d.old-app-changes", i), app, began, withMeta(first.host, "n", n))
		}
		appear := func(watched time.Time) {
			began := time.Now()
			if r.register(other, extra, "10.2.0.1", map[string]string{"n": "0"}); watched.IsZero() {
				watched = began
			}
			r.seen(fmt.Sprintf("watch%d.new-app-appears", i), extra, watched, withAddr("10.2.0.1"))
		}
		switch r.rng.Intn(3) {
		case 0: // the new application is there already
			began := time.Now()
			r.register(other, extra, "10.2.0.1", map[string]string{"n": "0"})
			r.pause()
			began = time.Now()
			r.watch(extra)
			r.seen(fmt.Sprintf("watch%d.new-app-known", i), extra, began, withAddr("10.2.0.1"))
			change()
		case 1:
			r.watch(extra)
			r.blink()
			change()
			r.blink()
			appear(time.Time{})
		default:
			r.watch(extra)
			r.blink()
			appear(time.Time{})
			r.blink()
			change()
		}
	}
	r.parked("watches-together", 0)
	r.quiet("normal")
}

func (r *round) changes(again *provider) {
	app := r.app("a")
	r.pause()
	began := time.Now()
	r.register(again, app, "10.1.0.1", map[string]string{"n": "again"})
	r.seen("registered-again", app, began, func(list []Instance) bool {
		// The whole instance is replaced: what only the old one had is gone.
		return len(list) == 1 && list[0].Metadata["n"] == "again" && list[0].Metadata["keep"] == ""
	})
	r.pause()
	began = time.Now()
	r.set(again, app, 1, map[string]string{"set": "yes"})
	r.seen("set-metadata", app, began, func(list []Instance) bool {
		return len(list) == 1 && list[0].Metadata["n"] == "again" && list[0].Metadata["set"] == "yes" // merged
	})
	r.pause()
	last := ""
	for i := range burstSets {
		last = fmt.Sprint("burst", i)
		began = time.Now()
		r.set(again, app, 1, map[string]string{"n": last})
		r.blink()
	}
	r.seen("burst-of-sets", app, began, withMeta(again.host, "n", last))
}

// waits takes the only instance out of service and back, and adds a watch on an application that waits already. The libraries'
// cursor stays behind for the one and at 0 for the other, so that each poll meanwhile is one for empty lists: a server that
// answers those at once is asked thousands of times a second.
func (r *round) waits(again, other *provider) {
	app, extra, waiting := r.app("a"), r.app("b0"), r.app("w")
	r.parked("before-waiting", 100*time.Millisecond)
	began := time.Now()
	r.set(again, app, 2, map[string]string{"n": "waiting"})
	r.told("waiting-told", began, func(e *Exchange) bool {
		view := e.Data[app]
		return e.Code == 0 && view != nil && view.Count() == 0
	})
	r.pause()
	r.register(other, waiting, "10.3.0.1", map[string]string{"n": "0"})
	r.set(other, waiting, 2, nil)
	r.watch(waiting)
	r.quiet("waiting")
	r.pause()
	// Being held must not delay what happens to another application.
	began = time.Now()
	r.set(other, extra, 1, map[string]string{"n": "meanwhile"})
	r.seen("other-app-while-waiting", extra, began, withMeta(other.host, "n", "meanwhile"))
	r.pause()
	began = time.Now()
	r.set(again, app, 1, map[string]string{"n": "serving"})
	r.seen("serves-again", app, began, withMeta(again.host, "n", "serving"))
	r.pause()
	began = time.Now()
	r.set(other, waiting, 1, nil)
	r.seen("serves-first-time", waiting, began, withAddr("10.3.0.1"))
}

func (r *round) comesAndGoes(again, second *provider) {
	app := r.app("a")
	r.pause()
	began := time.Now()
	r.register(second, app, "10.1.0.2", nil)
	r.seen("second-comes", app, began, withHosts(again.host, second.host))
	r.pause()
	began = time.Now()
	r.set(second, app, 2, nil)
	r.seen("second-waits", app, began, withHosts(again.host))
	r.pause()
	began = time.Now()
	r.set(second, app, 1, nil)
	r.seen("second-serves", app, began, withHosts(again.host, second.host))
	r.pause()
	began = time.Now()
	r.cancel(second, app)
	r.seen("second-goes", app, began, withHosts(again.host))
}

func (r *round) emptiesAndReturns(first, again, back *provider) {
	app := r.app("a")
	r.parked("before-emptied", 100*time.Millisecond)
	began := time.Now()
	r.cancel(again, app)
	r.told("emptied-told", began, func(e *Exchange) bool {
		_, listed := e.Data[app]
		return e.Code == 0 && !listed && slices.Contains(e.Unknown, app)
	})
	// The process that was replaced ends too. Its own cancel finds nothing; without it, its next renewal would be answered -404
	// and it would register again, as the library is written.
	r.cancel(first, app)
	r.quiet("emptied")
	r.pause()
	began = time.Now()
	r.register(back, app, "10.1.0.3", map[string]string{"n": "back"})
	r.seen("returns", app, began, withAddr("10.1.0.3"))
	r.pause()
	began = time.Now()
	r.set(back, app, 1, map[string]string{"n": "still here"})
	r.seen("changes-after-return", app, began, withMeta(back.host, "n", "still here"))
}

func (r *round) cancel(p *provider, app string) {
	if cancel := p.cancel[app]; cancel != nil {
		cancel()
		delete(p.cancel, app)
	}
}
