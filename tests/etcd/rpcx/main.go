// github.com/rpcxio/rpcx-etcd, unmodified, against discoveryd.
package main

import (
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/rpcxio/libkv/store"
	"github.com/rpcxio/rpcx-etcd/client"
	"github.com/rpcxio/rpcx-etcd/serverplugin"
	"github.com/rpcxio/rpcx-etcd/store/etcdv3"
	rpcxclient "github.com/smallnest/rpcx/client"
	"github.com/smallnest/rpcx/log"

	"discoveryd.test/etcd/harness"
)

const (
	base     = "rpcx/test" // neither begins nor ends with a slash
	interval = 2 * time.Second
)

func main() {
	log.SetLogger(log.NewDefaultLogger(os.Stderr, "rpcx ", 0, log.LvError))
	harness.Main(harness.Library{
		Name: "rpcx", TTL: 30 * time.Second, // whatever one asks for
		Tags: true, ComesBack: true,
		Text:     func(i harness.Instance) string { return "tcp@" + i.Addr + "," + i.Tag },
		Key:      func(service string, i harness.Instance) string { return base + "/" + service + "/tcp@" + i.Addr },
		Register: register, Consume: consume, List: list,
	})
}

// With options the library replaces its endpoints by the list of members every five minutes.
func options() *store.Config { return &store.Config{ConnectionTimeout: 5 * time.Second} }

type registration struct {
	plugin  *serverplugin.EtcdV3RegisterPlugin
	nodes   []string
	service string
	i       harness.Instance
}

// register repeats what an rpcx server would be restarted for: the library gives up when it cannot write at its start.
func register(nodes []string, service string, i harness.Instance) (r harness.Registration, err error) {
	for range 4 {
		if r, err = registerOnce(nodes, service, i); err == nil {
			return r, nil
		}
	}
	return nil, err
}

func registerOnce(nodes []string, service string, i harness.Instance) (harness.Registration, error) {
	plugin := &serverplugin.EtcdV3RegisterPlugin{
		ServiceAddress: "tcp@" + i.Addr, EtcdServers: nodes, BasePath: base, UpdateInterval: interval,
		ServerStarted: make(chan struct{}), Options: options(),
	}
	if err := plugin.Start(); err != nil {
		return nil, err
	}
	if err := plugin.Register(service, nil, metadata(i.Tag)); err != nil {
		return nil, err
	}
	close(plugin.ServerStarted) // as an rpcx server does; without it nothing is written before the first interval is over
	return &registration{plugin, nodes, service, i}, nil
}

func metadata(tag string) string {
	if tag == "" {
		return ""
	}
	return url.Values{"tag": {tag}, "weight": {"10"}}.Encode()
}

// Change writes the metadata as an administrator's tool does; the plugin reads it at its next interval and writes it again.
func (r *registration) Change(tag string) error {
	kv, err := etcdv3.New(r.nodes, options())
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%s/%s/%s", base, r.service, r.plugin.ServiceAddress)
	for range 5 { // the library repeats no write that met a dying connection
		if err = kv.Put(key, []byte(metadata(tag)), nil); err != nil {
			continue
		}
		// The plugin reads and writes back without looking whether somebody wrote in between.
		time.Sleep(50 * time.Millisecond)
		var now *store.KVPair
		if now, err = kv.Get(key); err == nil && string(now.Value) == metadata(tag) {
			break
		}
	}
	time.AfterFunc(2*interval, kv.Close) // its lease would end with it, and the key too if the plugin had not written yet
	return err
}

func (r *registration) Remove() (err error) {
	for range 5 {
		if err = r.plugin.Unregister(r.service); err == nil {
			return nil
		}
	}
	return err
}

func text(pair *rpcxclient.KVPair) string {
	values, err := url.ParseQuery(pair.Value)
	if err != nil {
		return pair.Key + "," + err.Error()
	}
	return pair.Key + "," + values.Get("tag")
}

type consumer struct{ rpcxclient.ServiceDiscovery }

func (c consumer) Seen() (texts []string) {
	for _, pair := range c.GetServices() {
		texts = append(texts, text(pair))
	}
	return texts
}

func consume(nodes []string, service string) (harness.Consumer, error) {
	discovery, err := client.NewEtcdV3Discovery(base, service, nodes, true, options())
	return consumer{discovery}, err
}

var pool = harness.Pool[store.Store]{New: func(nodes []string) (store.Store, error) { return etcdv3.New(nodes, options()) }}

// list is the library's look-up of a service, without the watch that its discovery adds.
func list(nodes []string, service string) ([]string, error) {
	kv, err := pool.Get(nodes)
	if err != nil {
		return nil, err
	}
	prefix := base + "/" + service + "/"
	pairs, err := kv.List(prefix)
	if err == store.ErrKeyNotFound {
		return nil, nil
	}
	var texts []string
	for _, pair := range pairs {
		texts = append(texts, text(&rpcxclient.KVPair{Key: pair.Key[len(prefix):], Value: string(pair.Value)}))
	}
	return texts, err
}
