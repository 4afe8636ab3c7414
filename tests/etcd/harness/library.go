// Package harness plays one script of registry events through real, unmodified etcd clients against a cluster of discoveryd or
// of etcd, and says in one line per scenario what came of it.
//
// Three kinds of processes: the driver (./driver) starts the servers and one program per client library and topology, kills
// and restarts nodes when all programs say they are ready for it, and prints the results. A program (../clientv3, ../kratos, …)
// gives a Library to Main. A program started with -victim only registers one instance and waits to be killed with SIGKILL.
package harness

import "time"

// Instance is one registered process. What a library cannot carry it leaves out of its Text.
type Instance struct{ ID, Addr, Tag string }

// Library is one client library. Without Register only its Extras are played.
type Library struct {
	Name string
	// TTL is the lease its registrations really get; 0: they are permanent and outlive their process.
	TTL time.Duration
	// Tags tells whether a registered instance can change.
	Tags bool
	// BlindAtStart is for a consumer that does not list when it starts and knows nothing before the first event.
	BlindAtStart bool
	// ComesBack tells that a registration whose lease was revoked by somebody else is made again by the library itself.
	ComesBack bool
	// EndedByEtcd tells that a watch of this library ends for good when etcd is stopped in good order.
	EndedByEtcd bool
	// Text is what a consumer of this library can tell about an instance.
	Text func(Instance) string
	// Key is where the instance stands in etcd.
	Key func(service string, i Instance) string
	// Register announces the instance and keeps it registered.
	Register func(endpoints []string, service string, i Instance) (Registration, error)
	// Consume watches a service as a user's program would.
	Consume func(endpoints []string, service string) (Consumer, error)
	// List looks the service up once. An unknown service is an empty list.
	List func(endpoints []string, service string) ([]string, error)
	// Extras are scenarios of this library alone, played before and beside the script.
	Extras []Extra
	// Through begins before the first node is killed; what it returns is called when that node is back.
	Through func(*T) (finish func() error, err error)
}

// Registration is one registered instance.
type Registration interface {
	Change(tag string) error
	Remove() error
}

// Consumer is what one watching process knows.
type Consumer interface {
	// Seen is the Text of all instances it knows at present. Called from any goroutine.
	Seen() []string
}

// Extra is a scenario of one library.
type Extra struct {
	Name string
	// On is "one" or "three" (nodes), empty for both.
	On string
	// Only is Etcd or Discoveryd where the other one cannot or need not pass, empty for both.
	Only Kind
	// Full scenarios are left out of a short run.
	Full bool
	// Slow scenarios are given so much time instead of the usual limit, and run beside the script.
	Slow time.Duration
	Run  func(*T) error
}

// Kind is the server under test.
type Kind string

const (
	Etcd       Kind = "etcd"
	Discoveryd Kind = "discoveryd"
)

// T is what a scenario gets.
type T struct {
	Kind     Kind
	Nodes    []string // client addresses, host:port
	Prefix   string   // of names and keys nobody else uses
	Short    bool
	Etcdctl  string
	note     func(string)
	deadline time.Time
}

// Note adds a figure to the line of the scenario.
func (t *T) Note(text string) { t.note(text) }

// Order is the list of endpoints beginning with node i; every second one runs backwards.
func (t *T) Order(i int) []string { return order(t.Nodes, i) }

// Node is one node alone.
func (t *T) Node(i int) []string { return []string{t.Nodes[i%len(t.Nodes)]} }

// IsEtcd tells that the reference is under test.
func (t *T) IsEtcd() bool { return t.Kind == Etcd }

func order(nodes []string, first int) []string {
	n := len(nodes)
	list := make([]string, 0, n)
	for k := range n {
		step := k
		if first%2 == 1 {
			step = n - k
		}
		list = append(list, nodes[(first+step)%n])
	}
	return list
}
