// github.com/HughNian/nmid, unmodified, against discoveryd: its workers register for ever, its consumers learn by events only.
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/HughNian/nmid/pkg/client"
	"github.com/HughNian/nmid/pkg/worker"

	"discoveryd.test/etcd/harness"
)

// The library's consumer keeps, of all workers that offer a function, the one that stands last in the list. So a function here is
// the service and the instance.
func main() {
	harness.Main(harness.Library{
		Name: "nmid", Tags: true, BlindAtStart: true,
		Text:     func(i harness.Instance) string { return i.ID + "=" + addresses(i) },
		Key:      func(service string, i harness.Instance) string { return "nmid/" + service + "-" + i.ID },
		Register: register, Consume: consume, List: list,
	})
}

// addresses: a worker has no metadata; what changes is the list of its servers.
func addresses(i harness.Instance) string { return strings.TrimSuffix(i.Addr+","+i.Tag, ",") }

type registration struct {
	nodes   []string
	service string
	i       harness.Instance
}

func register(nodes []string, service string, i harness.Instance) (harness.Registration, error) {
	r := &registration{nodes, service, i}
	return r, r.put()
}

// put looks whether it worked and repeats: the library swallows the error of its write.
func (r *registration) put() (err error) {
	for range 4 {
		if err = r.putOnce(); err != nil {
			return err
		}
		var known []string
		known, err = list(r.nodes, r.service)
		want := r.i.ID + "=" + addresses(r.i)
		if err == nil && slices.Contains(known, want) {
			return nil
		}
		err = fmt.Errorf("listed %q %w, not %q", known, err, want)
	}
	return err
}

// putOnce sends the account that the library's examples always send.
func (r *registration) putOnce() error {
	w := worker.NewWorker().SetWorkerName(r.service + "-" + r.i.ID)
	for _, addr := range strings.Split(addresses(r.i), ",") {
		if err := w.AddServer("tcp", addr); err != nil {
			return err
		}
	}
	if err := w.AddFunction(r.service+"."+r.i.ID, func(worker.Job) ([]byte, error) { return nil, nil }); err != nil {
		return err
	}
	w.Register(worker.EtcdConfig{Addrs: r.nodes, Username: "root", Password: "123456"})
	return nil
}

func (r *registration) Change(tag string) error { r.i.Tag = tag; return r.put() }

// Remove deletes the key, as an operator would: the library never does.
func (r *registration) Remove() error {
	c, err := pool.Get(r.nodes)
	if err != nil {
		return err
	}
	for range 5 {
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
		_, err = c.EtcdCli.Delete(ctx, "nmid/"+r.service+"-"+r.i.ID)
		cancel()
		if err == nil {
			break
		}
	}
	return err
}

var pool = harness.Pool[*client.Consumer]{New: open}

func open(nodes []string) (*client.Consumer, error) {
	c := &client.Consumer{EtcdAddrs: nodes, Username: "root", Password: "123456"}
	if c.EtcdCli = c.EtcdClient(); c.EtcdCli == nil {
		return nil, errors.New("no client")
	}
	return c, nil
}

type consumer struct {
	*client.Consumer
	service string
}

func (c consumer) Seen() []string { return texts(c.Workers, c.service) }

func texts(workers map[string][]string, service string) (list []string) {
	for function, addrs := range workers {
		if id, ours := strings.CutPrefix(function, service+"."); ours {
			list = append(list, id+"="+strings.Join(addrs, ","))
		}
	}
	return list
}

func consume(nodes []string, service string) (harness.Consumer, error) {
	c, err := open(nodes)
	if err != nil {
		return nil, err
	}
	c.EtcdWatch()
	return consumer{c, service}, nil
}

func list(nodes []string, service string) ([]string, error) {
	c, err := pool.Get(nodes)
	if err != nil {
		return nil, err
	}
	workers := c.GetAllWorkerIns("nmid/" + service + "-")
	if workers == nil {
		return nil, errors.New("the library could not list")
	}
	return texts(workers, service), nil
}
