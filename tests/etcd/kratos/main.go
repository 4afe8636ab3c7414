// github.com/go-kratos/kratos/contrib/registry/etcd/v2, unmodified, against discoveryd.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-kratos/kratos/contrib/registry/etcd/v2"
	"github.com/go-kratos/kratos/v2/registry"
	"go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"discoveryd.test/etcd/harness"
)

const ttl = 5 * time.Second

func main() {
	harness.Main(harness.Library{
		Name: "kratos", TTL: ttl, Tags: true, ComesBack: true,
		Text:     func(i harness.Instance) string { return i.ID + "=" + i.Addr + "," + i.Tag },
		Key:      func(service string, i harness.Instance) string { return "/microservices/" + service + "/" + i.ID },
		Register: register, Consume: consume, List: list,
		Extras: []harness.Extra{{Name: "name-that-begins-another", Run: namesakes}},
	})
}

var pool = harness.Pool[*clientv3.Client]{New: open}

func open(nodes []string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: nodes, DialTimeout: 5 * time.Second, TLS: harness.Trust(), Logger: zap.NewNop()})
}

type registration struct {
	client  *clientv3.Client
	service string
	i       harness.Instance
	made    []func() error // one for each registration, in the order made
}

func describe(service string, i harness.Instance) *registry.ServiceInstance {
	return &registry.ServiceInstance{
		ID: i.ID, Name: service, Version: "1.0.0", Metadata: map[string]string{"tag": i.Tag},
		Endpoints: []string{"grpc://" + i.Addr + "?isSecure=false"},
	}
}

func register(nodes []string, service string, i harness.Instance) (harness.Registration, error) {
	client, err := pool.Get(nodes)
	if err != nil {
		return nil, err
	}
	r := &registration{client: client, service: service, i: i}
	return r, harness.Repeat(r.register)
}

// register makes a Registry for each: Register of the library closes the lessor of the one before.
func (r *registration) register(ctx context.Context) error {
	one, instance := etcd.New(r.client, etcd.RegisterTTL(ttl)), describe(r.service, r.i)
	if err := one.Register(ctx, instance); err != nil {
		return err
	}
	r.made = append(r.made, func() error {
		return harness.Repeat(func(ctx context.Context) error { return one.Deregister(ctx, instance) })
	})
	return nil
}

func (r *registration) Change(tag string) error { r.i.Tag = tag; return harness.Repeat(r.register) }

func (r *registration) Remove() (err error) {
	for _, undo := range r.made {
		if failed := undo(); failed != nil {
			err = failed
		}
	}
	return err
}

func list(nodes []string, service string) ([]string, error) {
	client, err := pool.Get(nodes)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	instances, err := etcd.New(client).GetService(ctx, service)
	return texts(instances), err
}

func texts(instances []*registry.ServiceInstance) (list []string) {
	for _, i := range instances {
		addr := ""
		if len(i.Endpoints) == 1 {
			fmt.Sscanf(i.Endpoints[0], "grpc://%s", &addr)
		}
		list = append(list, i.ID+"="+trimQuery(addr)+","+i.Metadata["tag"])
	}
	return list
}

func trimQuery(addr string) string {
	for k := range addr {
		if addr[k] == '?' {
			return addr[:k]
		}
	}
	return addr
}

type consumer struct{ harness.Known }

// consume is the loop of kratos's own discovery resolver.
func consume(nodes []string, service string) (harness.Consumer, error) {
	client, err := open(nodes)
	if err != nil {
		return nil, err
	}
	watcher, err := etcd.New(client).Watch(context.Background(), service)
	if err != nil {
		return nil, err
	}
	c := &consumer{}
	first := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			instances, err := watcher.Next()
			if err == nil {
				c.Replace(texts(instances))
			} else {
				time.Sleep(time.Second) // as kratos does
			}
			if n == 0 {
				close(first)
			}
		}
	}()
	select {
	case <-first:
		return c, nil
	case <-time.After(10 * time.Second):
		return c, fmt.Errorf("the first Next did not return within 10 s")
	}
}

// namesakes: kratos asks for a prefix without a slash at its end, so that events and lists of «name-more» reach consumers of «name».
func namesakes(t *harness.T) error {
	name := "names" + t.Prefix[len("/test/"):len(t.Prefix)-1]
	seen, err := consume(t.Order(1), name)
	if err != nil {
		return err
	}
	one, err := register(t.Order(0), name, harness.Instance{ID: "1", Addr: "127.0.0.1:1", Tag: "a"})
	if err != nil {
		return err
	}
	other, err := register(t.Order(2), name+"-more", harness.Instance{ID: "2", Addr: "127.0.0.1:2", Tag: "a"})
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got, err := list(t.Order(0), name)
		if err == nil && fmt.Sprint(got) == "[1=127.0.0.1:1,a]" && fmt.Sprint(seen.Seen()) == "[1=127.0.0.1:1,a]" {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("listed %q %v, watched %q", got, err, seen.Seen())
		}
	}
	if err = other.Remove(); err != nil {
		return err
	}
	return one.Remove()
}
