// Real-client test: the Go client of bilibili/discovery, unmodified, against a discoveryd.
package main

import (
	"github.com/bilibili/discovery/naming"
	"github.com/go-kratos/kratos/pkg/log"

	"discoveryd.test/harness"
)

func main() {
	log.Init(&log.Config{}) // the library logs every poll to standard output otherwise
	harness.Main(harness.Library{
		Name: "bilibili", SetsStatus: false,
		New: func(c harness.Config) harness.Client {
			return &client{naming.New(&naming.Config{Nodes: c.Nodes, Region: c.Region, Zone: c.Zone, Env: c.Env, Host: c.Host})}
		},
	})
}

type client struct{ discovery *naming.Discovery }

func (c *client) Register(i harness.Instance) (func(), error) {
	return c.discovery.Register(toNaming(i))
}

func (c *client) Set(i harness.Instance) error { return c.discovery.Set(toNaming(i)) }

func (c *client) Watch(app string) harness.Watcher { return &watcher{c.discovery.Build(app)} }

func (c *client) Close() { _ = c.discovery.Close() }

type watcher struct{ resolver naming.Resolver }

func (w *watcher) Events() <-chan struct{} { return w.resolver.Watch() }

func (w *watcher) Instances() ([]harness.Instance, bool) {
	info, ok := w.resolver.Fetch()
	if !ok {
		return nil, false
	}
	var list []harness.Instance
	for _, zone := range info.Instances {
		for _, i := range zone {
			list = append(list, harness.Instance{
				AppID: i.AppID, Hostname: i.Hostname, Version: i.Version, Addrs: i.Addrs, Metadata: i.Metadata,
			})
		}
	}
	return list, true
}

func toNaming(i harness.Instance) *naming.Instance {
	return &naming.Instance{AppID: i.AppID, Hostname: i.Hostname, Version: i.Version, Addrs: i.Addrs, Metadata: i.Metadata}
}
