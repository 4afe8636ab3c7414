// github.com/go-micro/plugins/v4/registry/etcd, unmodified, against discoveryd.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-micro/plugins/v4/registry/etcd"
	"go-micro.dev/v4/registry"
	"go.uber.org/zap"

	"discoveryd.test/etcd/harness"
)

const ttl = 5 * time.Second

func main() {
	harness.Main(harness.Library{
		Name: "gomicro", TTL: ttl, Tags: true, ComesBack: true,
		// Its gRPC 1.38 calls it an unknown error, and no outage, when a connection with open streams is closed after a GOAWAY,
		// as etcd does. Streams ended with UNAVAILABLE before that are begun anew.
		EndedByEtcd: true,
		Text:        func(i harness.Instance) string { return i.ID + "=" + i.Addr + "," + i.Tag },
		Key:         func(service string, i harness.Instance) string { return "/micro/registry/" + service + "/" + i.ID },
		Register:    register, Consume: consume, List: list,
		Extras: []harness.Extra{{Name: "actions-and-list-of-services", Run: actions}},
	})
}

var pool = harness.Pool[registry.Registry]{New: open}

func open(nodes []string) (registry.Registry, error) {
	quiet := zap.NewProductionConfig()
	quiet.Level = zap.NewAtomicLevelAt(zap.ErrorLevel)
	options := []registry.Option{registry.Timeout(5 * time.Second), etcd.LogConfig(&quiet)}
	if trust := harness.Trust(); trust != nil {
		options = append(options, registry.TLSConfig(trust))
	}
	var addresses []string
	for _, node := range nodes {
		addresses = append(addresses, strings.TrimPrefix(node, "https://")) // it wants the bare address
	}
	return etcd.NewRegistry(append(options, registry.Addrs(addresses...))...), nil
}

// registration registers again and again, as a go-micro service does by its RegisterInterval.
type registration struct {
	registry registry.Registry
	mutex    sync.Mutex
	service  *registry.Service
	stop     chan struct{}
}

func describe(service string, i harness.Instance) *registry.Service {
	return &registry.Service{
		Name: service, Version: "1.0.0", Metadata: map[string]string{"team": "a"},
		Endpoints: []*registry.Endpoint{{Name: "Say.Hello", Metadata: map[string]string{"stream": "false"}}},
		Nodes:     []*registry.Node{{Id: i.ID, Address: i.Addr, Metadata: map[string]string{"protocol": "grpc", "tag": i.Tag}}},
	}
}

// register opens a registry of its own: go-micro keeps leases per registry, and a victim's must not be ours.
func register(nodes []string, service string, i harness.Instance) (harness.Registration, error) {
	one, err := open(nodes)
	if err != nil {
		return nil, err
	}
	r := &registration{registry: one, service: describe(service, i), stop: make(chan struct{})}
	if err := harness.Repeat(func(context.Context) error { return r.again() }); err != nil {
		return nil, err
	}
	go func() {
		for {
			select {
			case <-r.stop:
				return
			case <-time.After(ttl / 3):
				r.again() // an error is answered by the next interval, as in go-micro
			}
		}
	}()
	return r, nil
}

func (r *registration) again() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	select {
	case <-r.stop:
		return nil
	default:
	}
	return r.registry.Register(r.service, registry.RegisterTTL(ttl))
}

func (r *registration) Change(tag string) error {
	r.mutex.Lock()
	changed := *r.service
	node := *changed.Nodes[0]
	node.Metadata = map[string]string{"protocol": "grpc", "tag": tag}
	changed.Nodes = []*registry.Node{&node}
	r.service = &changed
	r.mutex.Unlock()
	return harness.Repeat(func(context.Context) error { return r.again() })
}

func (r *registration) Remove() error {
	close(r.stop)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return harness.Repeat(func(context.Context) error { return r.registry.Deregister(r.service) })
}

func list(nodes []string, service string) ([]string, error) {
	one, err := pool.Get(nodes)
	if err != nil {
		return nil, err
	}
	return lookUp(one, service)
}

func lookUp(one registry.Registry, service string) ([]string, error) {
	services, err := one.GetService(service)
	if err == registry.ErrNotFound {
		return nil, nil
	}
	var texts []string
	for _, s := range services {
		for _, node := range s.Nodes {
			texts = append(texts, text(node))
		}
	}
	return texts, err
}

func text(node *registry.Node) string {
	return node.Id + "=" + node.Address + "," + node.Metadata["tag"]
}

type consumer struct{ harness.Known }

func (c *consumer) fill(texts []string) {
	c.Replace(nil)
	for _, text := range texts {
		id, _, _ := strings.Cut(text, "=")
		c.Put(id, text)
	}
}

// consume is a cache as go-micro's: what was there, then what the watcher tells. It begins to watch first.
func consume(nodes []string, service string) (harness.Consumer, error) {
	one, err := open(nodes)
	if err != nil {
		return nil, err
	}
	watcher, err := one.Watch(registry.WatchService(service))
	if err != nil {
		return nil, err
	}
	texts, err := lookUp(one, service)
	if err != nil {
		return nil, err
	}
	c := &consumer{}
	c.fill(texts)
	go func() {
		for {
			result, err := watcher.Next()
			if err != nil {
				c.Put("end", "the watcher ended: "+err.Error()) // never without our stopping it
				return
			}
			if result.Action == "delete" && len(result.Service.Nodes) == 0 { // go-micro's cache drops the service, and lists it when it is asked
				if texts, err := lookUp(one, service); err == nil {
					c.fill(texts)
				}
			}
			for _, node := range result.Service.Nodes {
				if result.Action == "delete" {
					c.Delete(node.Id)
				} else {
					c.Put(node.Id, text(node))
				}
			}
		}
	}()
	return c, nil
}

// actions: «create», «update», «delete» as go-micro derives them from revisions and prev_kv; and the list of all services.
func actions(t *harness.T) error {
	name := "actions" + t.Prefix
	one, err := open(t.Order(0))
	if err != nil {
		return err
	}
	watcher, err := one.Watch(registry.WatchService(name))
	if err != nil {
		return err
	}
	defer watcher.Stop()
	results, failed := make(chan *registry.Result, 10), make(chan error, 1)
	go func() {
		for {
			result, err := watcher.Next()
			if err != nil {
				failed <- err
				return
			}
			results <- result
		}
	}()
	next := func(action, tag string) error {
		select {
		case result := <-results:
			if result.Action != action || result.Service.Name != name || len(result.Service.Nodes) != 1 || result.Service.Nodes[0].Metadata["tag"] != tag ||
				len(result.Service.Endpoints) != 1 {
				return fmt.Errorf("told %s %v, not %s %s", result.Action, result.Service, action, tag)
			}
			return nil
		case err := <-failed:
			return err
		case <-time.After(5 * time.Second):
			return errors.New("not told: " + action)
		}
	}
	i := harness.Instance{ID: name + "-1", Addr: "127.0.0.1:9020", Tag: "one"}
	for _, step := range []struct{ action, tag string }{{"create", "one"}, {"update", "two"}, {"delete", "two"}} {
		i.Tag = step.tag
		if step.action == "delete" {
			err = one.Deregister(describe(name, i))
		} else {
			err = one.Register(describe(name, i), registry.RegisterTTL(30*time.Second))
		}
		if err != nil {
			return err
		}
		if err = next(step.action, step.tag); err != nil {
			return err
		}
		for began := time.Now(); ; time.Sleep(5 * time.Millisecond) { // its reads are serializable: a follower of etcd may lag
			services, err := one.ListServices()
			if err != nil {
				return err
			}
			listed := false
			for _, s := range services {
				listed = listed || s.Name == name
			}
			if listed == (step.action != "delete") {
				break
			}
			if time.Since(began) > 2*time.Second {
				return fmt.Errorf("after %s the list of services has it: %v", step.action, listed)
			}
		}
	}
	return nil
}
