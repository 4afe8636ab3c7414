package harness

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// The reference server takes a second to end by design, ours up to 3 s for telling its parked polls.
const stopLimit = 15 * time.Second

type options struct {
	bin              string
	seed             int64
	rounds, parallel int
	reference        bool
	logLines         int
}

// Main runs the program of one library and ends the process: 0 all checks passed, 1 not, 2 wrong flags.
func Main(library Library) {
	runtime.LockOSThread() // see StartDaemon
	// A set of our own: the libraries put flags of theirs (-zone, -appid, -log.dir …) into the global one.
	flags := flag.NewFlagSet(library.Name, flag.ExitOnError)
	var o options
	flags.StringVar(&o.bin, "bin", "", "the discoveryd to test (required)")
	flags.Int64Var(&o.seed, "seed", 0, "seed of the pauses (0: from the clock); it repeats the pauses, not the races")
	flags.IntVar(&o.rounds, "rounds", 6, "how often to play the script")
	flags.IntVar(&o.parallel, "parallel", 6, "how many rounds at a time")
	flags.BoolVar(&o.reference, "reference", false, "the binary is the original server (many checks must fail on it)")
	flags.IntVar(&o.logLines, "log-lines", 40, "how much of the daemon's log to print after a failure")
	flags.Parse(os.Args[1:])
	if o.bin == "" || flags.NArg() > 0 || o.rounds < 1 || o.parallel < 1 {
		flags.Usage()
		os.Exit(2)
	}
	if o.seed == 0 {
		o.seed = time.Now().UnixNano() % 1_000_000_000
	}
	fmt.Printf("%s: seed %d, %d rounds\n", library.Name, o.seed, o.rounds)
	if !run(library, o) {
		os.Exit(1)
	}
}

func run(library Library, o options) bool {
	report := &Report{}
	began := time.Now()
	man, err := Listen()
	if err != nil {
		report.Fail("middleman", time.Since(began), err.Error())
		return report.Summary()
	}
	defer man.Close()
	daemon, err := StartDaemon(o.bin, man.Addr(), o.reference)
	if daemon != nil {
		defer daemon.Remove()
		defer daemon.Kill()
	}
	if err == nil {
		report.OK("daemon-ready", time.Since(began))
		man.Serve(daemon.Addr)
		playAll(library, o, man, daemon, report)
		finish(man, daemon, report, o)
	} else {
		report.Fail("daemon-ready", time.Since(began), err.Error())
	}
	if report.Failed() && daemon != nil {
		fmt.Printf("---- end of the daemon's log\n%s\n----\n", daemon.LogTail(o.logLines))
	}
	return report.Summary()
}

// playAll returns when all rounds are over, when the daemon died, or when somebody wants us to stop.
func playAll(library Library, o options, man *Middleman, daemon *Daemon, report *Report) {
	began := time.Now()
	over := make(chan struct{})
	go func() {
		defer close(over)
		slots := make(chan struct{}, o.parallel)
		var all sync.WaitGroup
		for i := range o.rounds {
			slots <- struct{}{}
			all.Add(1)
			go func() {
				defer func() { <-slots; all.Done() }()
				newRound(i, library, o, man, daemon, report).play()
			}()
		}
		all.Wait()
	}()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	select {
	case <-over:
	case <-daemon.Gone():
		report.Fail("daemon-lives", time.Since(began), fmt.Sprintf("it ended in the middle: %v", daemon.exit))
	case got := <-stop:
		report.Fail("interrupted", time.Since(began), got.String())
	}
}

func newRound(i int, library Library, o options, man *Middleman, daemon *Daemon, report *Report) *round {
	zone := testZone
	if o.reference {
		// The original lists itself under the address it listens on, and clients of its own zone would go there, past the
		// middleman. Clients of another zone keep the node they were configured with.
		zone = "zone-other"
	}
	return &round{
		name: fmt.Sprintf("r%d", i+1), library: library, man: man, daemon: daemon, report: report, zone: zone,
		rng:     rand.New(rand.NewSource(o.seed + int64(i))),
		clients: map[string]int{}, watched: map[string][]string{},
	}
}

// finish checks what concerns all rounds together, and that the daemon ends well.
func finish(man *Middleman, daemon *Daemon, report *Report, o options) {
	began := time.Now()
	problems, answered := man.Problems()
	if len(problems) > 0 || answered == 0 {
		report.Fail("answers-well-formed", time.Since(began), fmt.Sprintf("of %d polls answers: %q", answered, problems))
	} else {
		report.OK("answers-well-formed", time.Since(began), fmt.Sprintf("polls=%d", answered))
	}
	if !o.reference { // the original notices no hang-ups (D5) and has no such metric
		hangUpsNoticed(daemon, report)
	}
	began = time.Now()
	if err := daemon.Stop(stopLimit); err != nil {
		report.Fail("daemon-ends", time.Since(began), err.Error())
	} else {
		report.OK("daemon-ends", time.Since(began))
	}
}

// hangUpsNoticed looks whether the polls of clients that went away are still kept: all clients are closed by now.
func hangUpsNoticed(daemon *Daemon, report *Report) {
	began := time.Now()
	for {
		parked, err := daemon.ParkedPolls()
		switch {
		case err == nil && parked == 0:
			report.OK("hang-ups-noticed", time.Since(began))
			return
		case time.Since(began) > eventLimit:
			report.Fail("hang-ups-noticed", time.Since(began), fmt.Sprintf("%d polls still parked, error %v", parked, err))
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
