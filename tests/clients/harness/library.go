// Package harness runs one script of registry events against a discoveryd through a real, unmodified Go client library, and
// checks what the library and the wire show.
//
// The program of each library gives a Library; Main does the rest: it starts the daemon behind a counting middleman, plays the
// script in several rounds at once (races are the point), prints one line per check and ends the process.
package harness

// Config is what both libraries call their Config.
type Config struct {
	Nodes                   []string
	Region, Zone, Env, Host string
}

// Instance is an instance as a program hands it to its library, and as the library hands it to a consumer.
type Instance struct {
	AppID, Hostname, Version string
	Addrs                    []string
	Metadata                 map[string]string
	Status                   int64 // used for Set only; a library without a status in its Set always sends 1
}

// Library is one client library.
type Library struct {
	Name string
	// SetsStatus tells whether the library's Set can send a status other than 1. Where it cannot, the script posts by itself.
	SetsStatus bool
	// New blocks, by the library's own design, until the registry lists itself in the environment of the configuration.
	New func(Config) Client
}

// Client is one running instance of the library, as one process of a user would have it.
type Client interface {
	// Register registers and keeps renewing; cancel removes the instance and returns after the answer. Both libraries refuse a
	// second Register of one application for ever, even after cancel, so registering again takes a new Client (which is also
	// what happens in the field: a process restarts under the same host name).
	Register(Instance) (cancel func(), err error)
	Set(Instance) error
	Watch(app string) Watcher
	Close()
}

// Watcher is the library's resolver of one application.
type Watcher interface {
	// Events is a channel of capacity one: a token says that Instances may have changed.
	Events() <-chan struct{}
	// Instances is the library's present list over all zones; false before the first one came.
	Instances() ([]Instance, bool)
}
