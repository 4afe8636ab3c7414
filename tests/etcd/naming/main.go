// The naming package of go.etcd.io/etcd/client/v3 and its resolver for gRPC, unmodified, against discoveryd: endpoints registered
// by the endpoint manager, one consumer that is the resolver, and real calls that follow it.
package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"go.etcd.io/etcd/client/v3/naming/resolver"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	grpcresolver "google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"discoveryd.test/etcd/harness"
)

const ttl = 5 * time.Second

func main() {
	harness.Main(harness.Library{
		Name: "naming", TTL: ttl, Tags: true,
		Text:     func(i harness.Instance) string { return i.Addr + "," + i.Tag },
		Key:      func(service string, i harness.Instance) string { return service + "/" + i.ID },
		Register: register, Consume: consume, List: list,
		Extras: []harness.Extra{{Name: "calls-follow-the-resolver", Run: calls}, {Name: "two-endpoints-in-one-transaction", Run: together}},
	})
}

var pool = harness.Pool[*clientv3.Client]{New: open}

func open(nodes []string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: nodes, DialTimeout: 5 * time.Second, TLS: harness.Trust(), Logger: zap.NewNop()})
}

type registration struct {
	client  *clientv3.Client
	manager endpoints.Manager
	key     string
	i       harness.Instance
	lease   clientv3.LeaseID
	cancel  context.CancelFunc
}

func register(nodes []string, service string, i harness.Instance) (harness.Registration, error) {
	client, err := pool.Get(nodes)
	if err != nil {
		return nil, err
	}
	manager, err := endpoints.NewManager(client, service)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	grant, err := client.Grant(ctx, int64(ttl.Seconds()))
	if err != nil {
		return nil, err
	}
	r := &registration{client: client, manager: manager, key: service + "/" + i.ID, i: i, lease: grant.ID}
	if err = r.add(); err != nil {
		return nil, err
	}
	alive, stop := context.WithCancel(context.Background())
	r.cancel = stop
	answers, err := client.KeepAlive(alive, grant.ID)
	if err != nil {
		return nil, err
	}
	go func() {
		for range answers {
		}
	}()
	return r, nil
}

func (r *registration) add() error {
	return harness.Repeat(func(ctx context.Context) error {
		return r.manager.AddEndpoint(ctx, r.key, endpoints.Endpoint{Addr: r.i.Addr, Metadata: r.i.Tag}, clientv3.WithLease(r.lease))
	})
}

func (r *registration) Change(tag string) error { r.i.Tag = tag; return r.add() }

func (r *registration) Remove() error {
	r.cancel()
	return harness.Repeat(func(ctx context.Context) error { return r.manager.DeleteEndpoint(ctx, r.key) })
}

func list(nodes []string, service string) ([]string, error) {
	client, err := pool.Get(nodes)
	if err != nil {
		return nil, err
	}
	manager, err := endpoints.NewManager(client, service)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	known, err := manager.List(ctx)
	var texts []string
	for _, endpoint := range known {
		texts = append(texts, fmt.Sprintf("%s,%v", endpoint.Addr, endpoint.Metadata))
	}
	return texts, err
}

// consumer is what a channel of gRPC gives its resolver.
type consumer struct{ harness.Known }

func consume(nodes []string, service string) (harness.Consumer, error) {
	client, err := open(nodes)
	if err != nil {
		return nil, err
	}
	builder, err := resolver.NewBuilder(client)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse("etcd:///" + service)
	if err != nil {
		return nil, err
	}
	c := &consumer{}
	_, err = builder.Build(grpcresolver.Target{URL: *target}, c, grpcresolver.BuildOptions{})
	return c, err
}

func (c *consumer) UpdateState(state grpcresolver.State) error {
	var texts []string
	for _, address := range state.Addresses {
		texts = append(texts, fmt.Sprintf("%s,%v", address.Addr, address.Metadata))
	}
	c.Replace(texts)
	return nil
}

func (c *consumer) ReportError(error)                                    {}
func (c *consumer) NewAddress([]grpcresolver.Address)                    {}
func (c *consumer) NewServiceConfig(string)                              {}
func (c *consumer) ParseServiceConfig(string) *serviceconfig.ParseResult { return nil }

// calls: two real servers register, round robin reaches both; one goes, and all calls reach the other.
func calls(t *harness.T) error {
	service := strings.Trim(t.Prefix, "/")
	client, err := open(t.Order(1))
	if err != nil {
		return err
	}
	builder, err := resolver.NewBuilder(client)
	if err != nil {
		return err
	}
	var hits [2]atomic.Int64
	var registered [2]harness.Registration
	for k := range registered {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			hits[k].Add(1)
			return handler(ctx, request)
		}))
		healthpb.RegisterHealthServer(server, health.NewServer())
		go server.Serve(listener)
		defer server.Stop()
		if registered[k], err = register(t.Order(k), service, harness.Instance{ID: fmt.Sprint(k), Addr: listener.Addr().String()}); err != nil {
			return err
		}
	}
	channel, err := grpc.Dial("etcd:///"+service, grpc.WithResolvers(builder), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	if err != nil {
		return err
	}
	defer channel.Close()
	call := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_, err := healthpb.NewHealthClient(channel).Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
		return err
	}
	until := func(what string, f func() bool) error {
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if err := call(); err != nil {
				return fmt.Errorf("%s: a call failed: %w", what, err)
			}
			if f() {
				return nil
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s: calls so far %d and %d", what, hits[0].Load(), hits[1].Load())
			}
		}
	}
	if err = until("both are called", func() bool { return hits[0].Load() > 0 && hits[1].Load() > 0 }); err != nil {
		return err
	}
	if err = registered[0].Remove(); err != nil {
		return err
	}
	last, same := hits[0].Load(), 0
	return until("only the second is called", func() bool {
		if now := hits[0].Load(); now != last {
			last, same = now, 0
		} else {
			same++
		}
		return same > 20
	})
}

func together(t *harness.T) error {
	target := strings.Trim(t.Prefix, "/")
	client, err := open(t.Order(0))
	if err != nil {
		return err
	}
	defer client.Close()
	manager, err := endpoints.NewManager(client, target)
	if err != nil {
		return err
	}
	seen, err := consume(t.Order(1), target)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	add := func(name, addr string) *endpoints.UpdateWithOpts {
		return endpoints.NewAddUpdateOpts(target+"/"+name, endpoints.Endpoint{Addr: addr, Metadata: map[string]any{"weight": 1}})
	}
	if err = manager.Update(ctx, []*endpoints.UpdateWithOpts{add("a", "127.0.0.1:1"), add("b", "127.0.0.1:2")}); err != nil {
		return err
	}
	if err = manager.Update(ctx, []*endpoints.UpdateWithOpts{endpoints.NewDeleteUpdateOpts(target + "/a"), add("c", "127.0.0.1:3")}); err != nil {
		return err
	}
	for {
		got := seen.Seen()
		if len(got) == 2 && strings.Contains(fmt.Sprint(got), "127.0.0.1:2,map[weight:1]") && strings.Contains(fmt.Sprint(got), "127.0.0.1:3,map[weight:1]") {
			break
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the resolver knows %q", got)
		}
		time.Sleep(5 * time.Millisecond)
	}
	_, err = client.Delete(ctx, target+"/", clientv3.WithPrefix())
	return err
}
