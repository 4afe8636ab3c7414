package harness

import (
	"fmt"
	"sync"
	"time"
)

// Report prints one line per check and counts. Safe for use by several goroutines.
type Report struct {
	mutex          sync.Mutex
	passed, failed int
}

// OK prints `ok <name> <ms>` and what else is worth seeing.
func (r *Report) OK(name string, took time.Duration, notes ...string) {
	r.line(true, "ok", name, took, notes)
}

// Fail prints `FAIL <name> <ms> <why>`.
func (r *Report) Fail(name string, took time.Duration, why ...string) {
	r.line(false, "FAIL", name, took, why)
}

func (r *Report) line(ok bool, word, name string, took time.Duration, notes []string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if ok {
		r.passed++
	} else {
		r.failed++
	}
	fmt.Printf("%s %s %d", word, name, took.Milliseconds())
	for _, note := range notes {
		fmt.Printf(" %s", note)
	}
	fmt.Println()
}

// Summary prints the last line and tells whether all checks passed. No check at all is a failure too.
func (r *Report) Summary() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	fmt.Printf("%d passed, %d failed\n", r.passed, r.failed)
	return r.failed == 0 && r.passed > 0
}

// Failed tells whether any check failed so far.
func (r *Report) Failed() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.failed > 0
}
