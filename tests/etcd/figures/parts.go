package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"discoveryd.test/etcd/harness"
)

// dial: the load speaks the protocol without the client library, which would cost more than the server.
func dial(node *harness.Node) (*grpc.ClientConn, error) {
	return grpc.Dial(node.Client, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
}

func dialAll(node *harness.Node, count int) (list []*grpc.ClientConn, closeAll func(), err error) {
	closeAll = func() {
		for _, connection := range list {
			connection.Close()
		}
	}
	for range count {
		connection, err := dial(node)
		if err != nil {
			return list, closeAll, err
		}
		list = append(list, connection)
	}
	return list, closeAll, nil
}

// spread runs f on every connection at once.
func spread(connections []*grpc.ClientConn, f func(n int, connection *grpc.ClientConn) error) error {
	failed := make(chan error, len(connections))
	for n, connection := range connections {
		go func() { failed <- f(n, connection) }()
	}
	var first error
	for range connections {
		if err := <-failed; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// costs is the processor time of the node while f runs, less what it uses idle, for each of n operations; and the rate.
func costs(node *harness.Node, idle float64, n int, f func() error) (perOperation time.Duration, perSecond float64, err error) {
	before, err := node.CPU()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err = f(); err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	after, err := node.CPU()
	used := after - before - time.Duration(idle*float64(took))
	return used / time.Duration(n), float64(n) / took.Seconds(), err
}

func cpu(kind harness.Kind, cluster *harness.Cluster, o options, results *table) error {
	const conns, leasesPerConn = 20, 100
	node := cluster.Nodes[0]
	ctx := context.Background()
	before, err := node.CPU()
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second) // sleeps: what it uses idle
	after, err := node.CPU()
	if err != nil {
		return err
	}
	idle := (after - before).Seconds() / 2
	results.put(kind, "idle", "% of a core", idle*100)
	connections, closeAll, err := dialAll(node, conns)
	if err != nil {
		return err
	}
	defer closeAll()

	leases := make([][]int64, conns)
	if err = spread(connections, func(n int, connection *grpc.ClientConn) error {
		for k := range leasesPerConn {
			grant, err := pb.NewLeaseClient(connection).LeaseGrant(ctx, &pb.LeaseGrantRequest{TTL: 300})
			if err != nil {
				return err
			}
			leases[n] = append(leases[n], grant.ID)
			key := fmt.Sprintf("/micro/registry/svc%d/node%d", n, k)
			if _, err = pb.NewKVClient(connection).Put(ctx, &pb.PutRequest{Key: []byte(key), Value: value(300), Lease: grant.ID}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	rounds := o.count(50)
	each, rate, err := costs(node, idle, rounds*conns*leasesPerConn, func() error {
		return spread(connections, func(n int, connection *grpc.ClientConn) error {
			stream, err := pb.NewLeaseClient(connection).LeaseKeepAlive(ctx)
			if err != nil {
				return err
			}
			defer stream.CloseSend()
			for range rounds {
				for _, id := range leases[n] {
					// One at a time: real renewals do not come in a bunch, and a server may not save by their doing so.
					if err = stream.Send(&pb.LeaseKeepAliveRequest{ID: id}); err != nil {
						return err
					}
					answer, err := stream.Recv()
					if err != nil || answer.TTL == 0 {
						return fmt.Errorf("renewal: %v %w", answer, err)
					}
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	results.put(kind, "CPU of a renewal, 2000 leases on 20 streams", "µs", micro(each))
	results.put(kind, "renewals, closed loop of 20", "1/s", rate)

	// Every lease once a second, so that hardly two come together; and as from many clients, thickly.
	if each, err = paced(node, idle, connections, leases, 100, max(2, o.count(5))); err != nil {
		return err
	}
	results.put(kind, "CPU of a renewal, 2000 of them in a second", "µs", micro(each))
	many, closeMany, err := dialAll(node, 20*conns)
	if err != nil {
		return err
	}
	defer closeMany()
	few := make([][]int64, len(many))
	for n := range many {
		few[n] = leases[n/20][n%20*5 : n%20*5+5]
	}
	if each, err = paced(node, idle, many, few, 50, max(2, o.count(5))); err != nil {
		return err
	}
	closeMany()
	results.put(kind, "CPU of a renewal, 20,000 of them in a second from 400 clients", "µs", micro(each))

	// As go-micro does it.
	renewals := o.count(500)
	if each, _, err = costs(node, idle, renewals*conns, func() error {
		return spread(connections, func(n int, connection *grpc.ClientConn) error {
			for k := range renewals {
				if err := renewOnce(connection, leases[n][k%leasesPerConn]); err != nil {
					return err
				}
			}
			return nil
		})
	}); err != nil {
		return err
	}
	results.put(kind, "CPU of a renewal on a stream of its own", "µs", micro(each))

	if err = spread(connections[:1], func(_ int, connection *grpc.ClientConn) error {
		for k := range 100 {
			key := fmt.Sprintf("/microservices/svc/%02d", k)
			if _, err := pb.NewKVClient(connection).Put(ctx, &pb.PutRequest{Key: []byte(key), Value: value(300)}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, serializable := range []bool{false, true} {
		reads := o.count(500)
		each, rate, err = costs(node, idle, reads*conns, func() error {
			return spread(connections, func(_ int, connection *grpc.ClientConn) error {
				for range reads {
					answer, err := pb.NewKVClient(connection).Range(ctx, &pb.RangeRequest{
						Key: []byte("/microservices/svc/"), RangeEnd: []byte("/microservices/svc0"), Serializable: serializable})
					if err != nil || len(answer.Kvs) != 100 {
						return fmt.Errorf("range: %v %w", answer, err)
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		what := "linearizable"
		if serializable {
			what = "serializable"
		}
		results.put(kind, "CPU of a Range of 100 keys of 300 bytes, "+what, "µs", micro(each))
		results.put(kind, "Ranges, closed loop of 20, "+what, "1/s", rate)
	}
	puts := o.count(250)
	each, rate, err = costs(node, idle, puts*conns, func() error {
		return spread(connections, func(n int, connection *grpc.ClientConn) error {
			for k := range puts {
				key := fmt.Sprintf("/micro/registry/svc%d/node%d", n, k%leasesPerConn)
				if _, err := pb.NewKVClient(connection).Put(ctx, &pb.PutRequest{Key: []byte(key), Value: value(300), Lease: leases[n][k%leasesPerConn]}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	results.put(kind, "CPU of a Put of 300 bytes", "µs", micro(each))
	results.put(kind, "Puts, closed loop of 20", "1/s", rate)
	return nil
}

// paced renews on one stream of each connection, so often in a second, one after the other.
func paced(node *harness.Node, idle float64, connections []*grpc.ClientConn, leases [][]int64, perSecond, seconds int) (time.Duration, error) {
	each, _, err := costs(node, idle, seconds*perSecond*len(connections), func() error {
		return spread(connections, func(n int, connection *grpc.ClientConn) error {
			stream, err := pb.NewLeaseClient(connection).LeaseKeepAlive(context.Background())
			if err != nil {
				return err
			}
			defer stream.CloseSend()
			time.Sleep(time.Second / time.Duration(perSecond) * time.Duration(n) / time.Duration(len(connections))) // sleeps: not all at once
			pace := time.NewTicker(time.Second / time.Duration(perSecond))
			defer pace.Stop()
			for k := range seconds * perSecond {
				<-pace.C
				if err = stream.Send(&pb.LeaseKeepAliveRequest{ID: leases[n][k%len(leases[n])]}); err != nil {
					return err
				}
				answer, err := stream.Recv()
				if err != nil || answer.TTL == 0 {
					return fmt.Errorf("renewal: %v %w", answer, err)
				}
			}
			return nil
		})
	})
	return each, err
}

func renewOnce(connection *grpc.ClientConn, id int64) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := pb.NewLeaseClient(connection).LeaseKeepAlive(ctx)
	if err != nil {
		return err
	}
	if err = stream.Send(&pb.LeaseKeepAliveRequest{ID: id}); err != nil {
		return err
	}
	answer, err := stream.Recv()
	if err == nil && answer.TTL == 0 {
		err = fmt.Errorf("renewal: the lease is over")
	}
	return err
}

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func milli(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func value(n int) []byte {
	return []byte(`{"name":"` + strings.Repeat("x", n-11) + `"}`)
}

// watches: all on one key, so that one change goes to all of them.
func watches(kind harness.Kind, cluster *harness.Cluster, o options, results *table) error {
	node := cluster.Nodes[0]
	perConn := o.watches / o.conns
	empty, err := node.Resident()
	if err != nil {
		return err
	}
	connections, closeAll, err := dialAll(node, o.conns)
	if err != nil {
		return err
	}
	defer closeAll()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	key := []byte("/microservices/watched/1")
	for _, connection := range connections { // so that all are open
		if _, err = pb.NewKVClient(connection).Range(ctx, &pb.RangeRequest{Key: key}); err != nil {
			return err
		}
	}
	open, err := node.Resident()
	if err != nil {
		return err
	}
	var told atomic.Int64
	var first, last atomic.Int64
	streams := make([]pb.Watch_WatchClient, len(connections))
	began := time.Now()
	if err = spread(connections, func(n int, connection *grpc.ClientConn) error {
		stream, err := pb.NewWatchClient(connection).Watch(ctx)
		if err != nil {
			return err
		}
		streams[n] = stream
		for range perConn {
			if err = stream.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: &pb.WatchCreateRequest{
				Key: []byte("/microservices/watched/"), RangeEnd: []byte("/microservices/watched0")}}}); err != nil {
				return err
			}
		}
		for range perConn {
			if answer, err := stream.Recv(); err != nil || !answer.Created {
				return fmt.Errorf("create: %v %w", answer, err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	results.put(kind, fmt.Sprintf("creating %d watches on %d connections", o.watches, o.conns), "ms", milli(time.Since(began)))
	full, err := node.Resident()
	if err != nil {
		return err
	}
	results.put(kind, "memory with no client", "MiB", float64(empty)/(1<<20))
	results.put(kind, "memory of a connection", "KiB", float64(open-empty)/1024/float64(o.conns))
	results.put(kind, "memory of a watch", "KiB", float64(full-open)/1024/float64(o.watches))
	results.put(kind, "memory of a watch, its part of the connection included", "KiB", float64(full-empty)/1024/float64(o.watches))

	var readers sync.WaitGroup
	for _, stream := range streams {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for {
				answer, err := stream.Recv()
				if err != nil {
					return
				}
				now := time.Now().UnixNano()
				first.CompareAndSwap(0, now)
				for before := last.Load(); before < now && !last.CompareAndSwap(before, now); before = last.Load() {
				}
				told.Add(int64(len(answer.Events)))
			}
		}()
	}
	var spans, whole, cpus []time.Duration
	for range 7 {
		told.Store(0)
		first.Store(0)
		last.Store(0)
		cpuBefore, err := node.CPU()
		if err != nil {
			return err
		}
		put := time.Now()
		if _, err = pb.NewKVClient(connections[0]).Put(ctx, &pb.PutRequest{Key: key, Value: value(300)}); err != nil {
			return err
		}
		for deadline := time.Now().Add(30 * time.Second); told.Load() < int64(o.watches); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				return fmt.Errorf("%d of %d watches told after 30 s", told.Load(), o.watches)
			}
		}
		cpuAfter, err := node.CPU()
		if err != nil {
			return err
		}
		spans = append(spans, time.Duration(last.Load()-first.Load()))
		whole = append(whole, time.Duration(last.Load()-put.UnixNano()))
		cpus = append(cpus, cpuAfter-cpuBefore)
		time.Sleep(300 * time.Millisecond) // sleeps: changes of their own, not a burst
	}
	results.put(kind, "one change to all watches, first to last, median of 7", "ms", milli(quantile(spans, 0.5)))
	results.put(kind, "one change to all watches, put to last, median of 7", "ms", milli(quantile(whole, 0.5)))
	results.put(kind, "one change to all watches, put to last, worst", "ms", milli(quantile(whole, 1)))
	var sum time.Duration
	for _, one := range cpus {
		sum += one
	}
	results.put(kind, "CPU of telling one watch", "µs", micro(sum)/float64(len(cpus)*o.watches))
	after, err := node.Resident()
	if err != nil {
		return err
	}
	results.put(kind, "memory after seven changes", "MiB", float64(after)/(1<<20))
	cancel()
	readers.Wait()
	return nil
}

func quantile(list []time.Duration, q float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)-1, int(q*float64(len(list))))]
}

// latency: one client at one node writes all the time; then another node is stopped: its connections stay and it answers nothing.
func latency(kind harness.Kind, cluster *harness.Cluster, o options, results *table) error {
	leader, err := leaderOf(cluster)
	if err != nil {
		return err
	}
	// Etcd's leader is everybody's: without it there is an election. The writer is at a node that lives, and the silent one is first
	// a follower, then (of etcd) the leader; discoveryd has none, and the parts are the same.
	writer, follower := cluster.Nodes[(leader+1)%3], cluster.Nodes[(leader+2)%3]
	connection, err := dial(writer)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err = writes(connection, 100*time.Millisecond, nil); err != nil { // warm
		return err
	}
	seconds := time.Duration(float64(5*time.Second) * min(1, max(o.scale, 0.2)))
	for _, part := range []struct {
		name   string
		silent *harness.Node
	}{{"three nodes up", nil}, {"one of three silent, not etcd's leader", follower}, {"one of three silent, etcd's leader", cluster.Nodes[leader]}} {
		var all []time.Duration
		if part.silent != nil {
			if err = part.silent.Signal(syscall.SIGSTOP); err != nil {
				return err
			}
		}
		err = writes(connection, 2*seconds, func(took time.Duration) { all = append(all, took) })
		if part.silent != nil {
			part.silent.Signal(syscall.SIGCONT)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		// The first tenth of a silence is what noticing it costs; the rest is how one lives with it.
		results.put(kind, "put, "+part.name+": worst", "ms", milli(quantile(slices.Clone(all), 1)))
		if part.silent != nil {
			late := all[len(all)/2:]
			results.put(kind, "put, "+part.name+": median of the later half", "ms", milli(quantile(slices.Clone(late), 0.5)))
			results.put(kind, "put, "+part.name+": 99 % of the later half", "ms", milli(quantile(slices.Clone(late), 0.99)))
		} else {
			results.put(kind, "put, "+part.name+": median", "ms", milli(quantile(slices.Clone(all), 0.5)))
			results.put(kind, "put, "+part.name+": 99 %", "ms", milli(quantile(slices.Clone(all), 0.99)))
		}
		time.Sleep(seconds) // sleeps: the node that was silent catches up
	}
	return nil
}

// writes puts every 10 ms at most, one after the other; an error is a write that took until then, and goes on.
func writes(connection *grpc.ClientConn, long time.Duration, note func(time.Duration)) error {
	failed, n := 0, 0
	for end := time.Now().Add(long); time.Now().Before(end); n++ {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		began := time.Now()
		_, err := pb.NewKVClient(connection).Put(ctx, &pb.PutRequest{Key: fmt.Appendf(nil, "/microservices/late/%d", n%100), Value: value(300)})
		cancel()
		took := time.Since(began)
		if err != nil {
			failed++
		}
		if note != nil {
			note(took)
		}
		if took < 10*time.Millisecond {
			time.Sleep(10*time.Millisecond - took) // sleeps: a steady rate
		}
	}
	if failed > n/10+2 {
		return fmt.Errorf("%d of %d writes failed", failed, n)
	}
	return nil
}

func leaderOf(cluster *harness.Cluster) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for i, node := range cluster.Nodes {
		connection, err := dial(node)
		if err != nil {
			return 0, err
		}
		defer connection.Close()
		state, err := pb.NewMaintenanceClient(connection).Status(ctx, &pb.StatusRequest{})
		if err != nil {
			return 0, err
		}
		if state.Leader == state.Header.MemberId {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no node leads")
}
