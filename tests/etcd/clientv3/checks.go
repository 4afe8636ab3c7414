package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"discoveryd.test/etcd/harness"
)

func extras() []harness.Extra {
	return []harness.Extra{
		{Name: "bare", Run: bare},
		{Name: "header", Run: header},
		{Name: "versions", Run: versions},
		{Name: "ranges", Run: ranges},
		{Name: "binary-and-large", Run: binaryAndLarge},
		{Name: "delete", Run: deletes},
		{Name: "txn-without-compare", Run: txn},
		{Name: "lease", Run: lease},
		{Name: "lease-unknown", Run: leaseUnknown},
		{Name: "lease-moves-with-put", Run: leaseMoves},
		{Name: "lease-expires", Run: leaseExpires},
		{Name: "lease-over-nodes", On: "three", Run: leaseOverNodes},
		{Name: "watch", Run: watch},
		{Name: "watch-filters", Run: watchFilters},
		{Name: "watch-start-revision", Run: watchStart},
		{Name: "watch-start-revision-of-other-node", On: "three", Run: watchStartElsewhere},
		{Name: "watch-many-on-one-stream", Run: watchMany},
		{Name: "watch-progress", Run: watchProgress},
		{Name: "watch-protocol", Run: watchProtocol},
		{Name: "streams-300-on-one-connection", Run: streams},
		{Name: "write-then-read-elsewhere", On: "three", Run: writeThenRead},
		{Name: "cluster", Run: cluster},
		{Name: "sync-replaces-endpoints", Run: syncEndpoints},
		{Name: "account-without-accounts", Run: account},
		{Name: "errors", Run: errorTexts},
		{Name: "revisions-future-and-compacted", On: "one", Run: revisions},
		{Name: "compare-refused", Run: compareRefused},
		{Name: "lock-refused", Run: lockRefused},
		{Name: "admin-refused", Only: harness.Discoveryd, Run: adminRefused}, // it would change a real etcd
		{Name: "unknown-method", Run: unknownMethod},
		{Name: "pings-every-10-s", Full: true, Slow: time.Minute, Run: pings},
	}
}

func with(endpoints []string, f func(context.Context, *clientv3.Client) error) error {
	client, err := open(endpoints)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Second)
	defer cancel()
	return f(ctx, client)
}

// bare is what tutorials do: one key, a value host:port, no lease, a second of time.
func bare(t *harness.T) error {
	client, err := clientv3.New(clientv3.Config{Endpoints: t.Order(0), DialTimeout: 5 * time.Second, TLS: harness.Trust()})
	if err != nil {
		return err
	}
	defer client.Close()
	name := strings.Trim(strings.ReplaceAll(t.Prefix, "/", "-"), "-")
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	_, err = client.Put(ctx, name, "127.0.0.1:6000")
	cancel()
	if err != nil {
		return err
	}
	ctx, cancel = context.WithTimeout(context.Background(), time.Second)
	answer, err := client.Get(ctx, name)
	cancel()
	if err != nil {
		return err
	}
	if len(answer.Kvs) != 1 || string(answer.Kvs[0].Value) != "127.0.0.1:6000" || answer.Kvs[0].Lease != 0 || answer.Count != 1 {
		return fmt.Errorf("got %v", answer)
	}
	ctx, cancel = context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err = client.Delete(ctx, name)
	return err
}

func header(t *harness.T) error {
	var cluster uint64
	members := map[uint64]bool{}
	for i := range t.Nodes {
		err := with(t.Node(i), func(ctx context.Context, c *clientv3.Client) error {
			before := int64(0)
			for range 3 {
				answer, err := c.Put(ctx, t.Prefix+"x", "1")
				if err != nil {
					return err
				}
				h := answer.Header
				if h.ClusterId == 0 || h.MemberId == 0 || h.RaftTerm == 0 || h.Revision <= before {
					return fmt.Errorf("header %v after revision %d", h, before)
				}
				if cluster != 0 && h.ClusterId != cluster {
					return fmt.Errorf("cluster ids %x and %x", cluster, h.ClusterId)
				}
				before, cluster = h.Revision, h.ClusterId
				members[h.MemberId] = true
			}
			read, err := c.Get(ctx, t.Prefix+"x")
			if err == nil && read.Header.Revision < before {
				err = fmt.Errorf("a read at revision %d after a write at %d", read.Header.Revision, before)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("node %d: %w", i+1, err)
		}
	}
	if len(members) != len(t.Nodes) {
		return fmt.Errorf("%d member ids of %d nodes", len(members), len(t.Nodes))
	}
	return nil
}

func versions(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		key := t.Prefix + "k"
		var created int64
		for n := int64(1); n <= 3; n++ { // the third put changes nothing, and is a change all the same
			put, err := c.Put(ctx, key, fmt.Sprint(min(n, 2)))
			if err != nil {
				return err
			}
			got, err := one(c.Get(ctx, key))
			if err != nil {
				return err
			}
			if n == 1 {
				created = got.CreateRevision
			}
			if got.Version != n || got.CreateRevision != created || got.ModRevision != put.Header.Revision || n == 1 && created != got.ModRevision ||
				n > 1 && created >= got.ModRevision {
				return fmt.Errorf("put %d at revision %d: %v", n, put.Header.Revision, got)
			}
		}
		if _, err := c.Delete(ctx, key); err != nil {
			return err
		}
		if _, err := c.Put(ctx, key, "again"); err != nil {
			return err
		}
		got, err := one(c.Get(ctx, key))
		if err == nil && (got.Version != 1 || got.CreateRevision != got.ModRevision || got.CreateRevision <= created) {
			err = fmt.Errorf("after the deletion: %v", got)
		}
		return err
	})
}

func one(answer *clientv3.GetResponse, err error) (*mvccpb.KeyValue, error) {
	if err != nil {
		return nil, err
	}
	if len(answer.Kvs) != 1 {
		return nil, fmt.Errorf("%d keys, not 1", len(answer.Kvs))
	}
	return answer.Kvs[0], nil
}

func ranges(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		p := t.Prefix
		var all []string
		for _, suffix := range []string{"c", "a", "b/2", "b/1", "b0", "b"} {
			all = append(all, p+suffix)
			if _, err := c.Put(ctx, p+suffix, "v"+suffix); err != nil {
				return err
			}
		}
		slices.Sort(all)
		get := func(what string, want []string, count int64, more bool, key string, options ...clientv3.OpOption) error {
			answer, err := c.Get(ctx, key, options...)
			if err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			var keys []string
			for _, kv := range answer.Kvs {
				keys = append(keys, string(kv.Key))
			}
			if !slices.Equal(keys, want) || answer.Count != count || answer.More != more {
				return fmt.Errorf("%s: %q count %d more %v, not %q %d %v", what, keys, answer.Count, answer.More, want, count, more)
			}
			return nil
		}
		first := func(list []error) error {
			for _, err := range list {
				if err != nil {
					return err
				}
			}
			return nil
		}
		if err := first([]error{
			get("prefix", all, 6, false, p, clientv3.WithPrefix()),
			get("serializable", all, 6, false, p, clientv3.WithPrefix(), clientv3.WithSerializable()),
			get("one", []string{p + "b"}, 1, false, p+"b"),
			get("absent", nil, 0, false, p+"zz"),
			get("absent prefix", nil, 0, false, p+"zz", clientv3.WithPrefix()),
			get("half open", []string{p + "b", p + "b/1", p + "b/2"}, 3, false, p+"b", clientv3.WithRange(p+"b0")),
			get("limit", all[:2], 6, true, p, clientv3.WithPrefix(), clientv3.WithLimit(2)),
			get("limit of all", all, 6, false, p, clientv3.WithPrefix(), clientv3.WithLimit(6)),
			get("count only", nil, 6, false, p, clientv3.WithPrefix(), clientv3.WithCountOnly()),
			get("empty range", nil, 0, false, p+"b", clientv3.WithRange(p+"a")),
		}); err != nil {
			return err
		}
		answer, err := c.Get(ctx, p, clientv3.WithPrefix(), clientv3.WithKeysOnly())
		if err != nil {
			return err
		}
		for _, kv := range answer.Kvs {
			if len(kv.Value) != 0 || kv.ModRevision == 0 || kv.Version != 1 {
				return fmt.Errorf("keys only: %v", kv)
			}
		}
		for what, options := range map[string][]clientv3.OpOption{"from key": {clientv3.WithFromKey()}, "everything": {clientv3.WithPrefix()}} {
			key := p
			if what == "everything" {
				key = ""
			}
			if answer, err = c.Get(ctx, key, options...); err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			var keys []string
			for _, kv := range answer.Kvs {
				if strings.HasPrefix(string(kv.Key), p) {
					keys = append(keys, string(kv.Key))
				}
			}
			if !slices.Equal(keys, all) {
				return fmt.Errorf("%s: %q", what, keys)
			}
		}
		if answer, err = c.Get(ctx, p, clientv3.WithPrefix(), clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend)); err != nil {
			return err
		}
		if len(answer.Kvs) != 6 || string(answer.Kvs[0].Key) != all[5] {
			return fmt.Errorf("descending: %v", answer.Kvs)
		}
		if answer, err = c.Get(ctx, p, clientv3.WithLastCreate()...); err != nil {
			return err
		}
		if len(answer.Kvs) != 1 || string(answer.Kvs[0].Key) != p+"b" {
			return fmt.Errorf("last created: %v", answer.Kvs)
		}
		// Other programs write meanwhile, and discoveryd keeps no past.
		for range 50 {
			if answer, err = c.Get(ctx, p); err != nil {
				return err
			}
			err = get("at the present revision", all, 6, false, p, clientv3.WithPrefix(), clientv3.WithRev(answer.Header.Revision))
			if err == nil || !strings.Contains(err.Error(), "compacted") {
				return err
			}
		}
		return err
	})
}

func binaryAndLarge(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		key, value := t.Prefix+"\x00\xff\x80", string(bytes.Repeat([]byte{0, 255, 10, 128}, 250_000))
		if _, err := c.Put(ctx, key, value); err != nil {
			return err
		}
		got, err := one(c.Get(ctx, key))
		if err == nil && (string(got.Key) != key || string(got.Value) != value) {
			err = fmt.Errorf("key or value of 1 MB changed")
		}
		if err != nil {
			return err
		}
		if _, err = c.Put(ctx, t.Prefix+"empty", ""); err != nil {
			return err
		}
		if got, err = one(c.Get(ctx, t.Prefix+"empty")); err == nil && len(got.Value) != 0 {
			err = fmt.Errorf("the empty value is %q", got.Value)
		}
		if err != nil {
			return err
		}
		_, err = c.Delete(ctx, t.Prefix, clientv3.WithPrefix())
		return err
	})
}

func deletes(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		p := t.Prefix
		for _, suffix := range []string{"a", "b", "c", "d"} {
			if _, err := c.Put(ctx, p+suffix, suffix); err != nil {
				return err
			}
		}
		for _, step := range []struct {
			key     string
			options []clientv3.OpOption
			deleted int64
			prev    string
		}{
			{p + "a", []clientv3.OpOption{clientv3.WithPrevKV()}, 1, "a"},
			{p + "a", []clientv3.OpOption{clientv3.WithPrevKV()}, 0, ""},
			{p + "b", nil, 1, ""},
			{p, []clientv3.OpOption{clientv3.WithPrefix(), clientv3.WithPrevKV()}, 2, "cd"},
			{p, []clientv3.OpOption{clientv3.WithPrefix()}, 0, ""},
		} {
			answer, err := c.Delete(ctx, step.key, step.options...)
			if err != nil {
				return err
			}
			prev := ""
			for _, kv := range answer.PrevKvs {
				prev += string(kv.Value)
			}
			if answer.Deleted != step.deleted || prev != step.prev {
				return fmt.Errorf("%s: deleted %d prev %q, not %d %q", step.key, answer.Deleted, prev, step.deleted, step.prev)
			}
		}
		if _, err := c.Put(ctx, p+"e", "1"); err != nil {
			return err
		}
		answer, err := c.Put(ctx, p+"e", "2", clientv3.WithPrevKV())
		if err == nil && (answer.PrevKv == nil || string(answer.PrevKv.Value) != "1") {
			err = fmt.Errorf("prev_kv of a put: %v", answer.PrevKv)
		}
		return err
	})
}

func txn(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		p := t.Prefix
		if _, err := c.Put(ctx, p+"old", "1"); err != nil {
			return err
		}
		answer, err := c.Txn(ctx).Then(clientv3.OpPut(p+"a", "1"), clientv3.OpPut(p+"b", "2"), clientv3.OpDelete(p+"old"),
			clientv3.OpGet(p, clientv3.WithPrefix())).Commit()
		if err != nil {
			return err
		}
		r := answer.Responses
		if !answer.Succeeded || answer.Header.GetRevision() == 0 || len(r) != 4 || r[0].GetResponsePut() == nil || r[1].GetResponsePut() == nil ||
			r[2].GetResponseDeleteRange() == nil || r[3].GetResponseRange() == nil {
			return fmt.Errorf("%v", answer)
		}
		if r[2].GetResponseDeleteRange().Deleted != 1 || r[3].GetResponseRange().Count != 2 {
			return fmt.Errorf("deleted %d, listed %d", r[2].GetResponseDeleteRange().Deleted, r[3].GetResponseRange().Count)
		}
		answer, err = c.Txn(ctx).Commit()
		if err == nil && (!answer.Succeeded || len(answer.Responses) != 0) {
			err = fmt.Errorf("empty transaction: %v", answer)
		}
		return err
	})
}

func lease(t *harness.T) error {
	return with(t.Order(0), func(ctx context.Context, c *clientv3.Client) error {
		grant, err := c.Grant(ctx, 60)
		if err != nil {
			return err
		}
		if grant.ID <= 0 || grant.TTL < 60 || grant.TTL > 120 {
			return fmt.Errorf("granted %x for %d s", int64(grant.ID), grant.TTL)
		}
		for _, suffix := range []string{"a", "b"} {
			if _, err = c.Put(ctx, t.Prefix+suffix, "1", clientv3.WithLease(grant.ID)); err != nil {
				return err
			}
		}
		got, err := one(c.Get(ctx, t.Prefix+"a"))
		if err != nil {
			return err
		}
		if got.Lease != int64(grant.ID) {
			return fmt.Errorf("the key has lease %x, not %x", got.Lease, int64(grant.ID))
		}
		renewed, err := c.KeepAliveOnce(ctx, grant.ID)
		if err != nil {
			return err
		}
		if renewed.TTL != grant.TTL || renewed.ResponseHeader == nil {
			return fmt.Errorf("renewed for %d s, granted %d", renewed.TTL, grant.TTL)
		}
		left, err := c.TimeToLive(ctx, grant.ID, clientv3.WithAttachedKeys())
		if err != nil {
			return err
		}
		if left.GrantedTTL != grant.TTL || left.TTL > grant.TTL || left.TTL < grant.TTL-3 || len(left.Keys) != 2 {
			return fmt.Errorf("time to live: %v", left)
		}
		short, err := c.Grant(ctx, 1)
		if err != nil {
			return err
		}
		if short.TTL < 1 || short.TTL > 5 {
			return fmt.Errorf("a second became %d", short.TTL)
		}
		leases, err := c.Leases(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(leases.Leases, func(l clientv3.LeaseStatus) bool { return l.ID == grant.ID }) {
			return fmt.Errorf("not in the list of leases")
		}
		if _, err = c.Revoke(ctx, grant.ID); err != nil {
			return err
		}
		answer, err := c.Get(ctx, t.Prefix, clientv3.WithPrefix())
		if err == nil && answer.Count != 0 {
			err = fmt.Errorf("%d keys outlived their lease", answer.Count)
		}
		return err
	})
}

func leaseUnknown(t *harness.T) error {
	return with(t.Order(0), func(ctx context.Context, c *clientv3.Client) error {
		const unknown = clientv3.LeaseID(0x1234567)
		if _, err := c.KeepAliveOnce(ctx, unknown); err != rpctypes.ErrLeaseNotFound {
			return fmt.Errorf("keep alive: %v", err)
		}
		left, err := c.TimeToLive(ctx, unknown)
		if err != nil || left.TTL != -1 {
			return fmt.Errorf("time to live: %v %v", left, err)
		}
		if _, err = c.Revoke(ctx, unknown); err != rpctypes.ErrLeaseNotFound {
			return fmt.Errorf("revoke: %v", err)
		}
		if _, err = c.Put(ctx, t.Prefix+"x", "1", clientv3.WithLease(unknown)); err != rpctypes.ErrLeaseNotFound {
			return fmt.Errorf("put: %v", err)
		}
		answers, err := c.KeepAlive(ctx, unknown)
		if err != nil {
			return err
		}
		for range answers {
			return fmt.Errorf("an unknown lease was renewed")
		}
		// Both on one stream: the answer for the unknown one must not end it, and answers come in order.
		grant, err := c.Grant(ctx, 60)
		if err != nil {
			return err
		}
		stream, err := pb.NewLeaseClient(c.ActiveConnection()).LeaseKeepAlive(ctx)
		if err != nil {
			return err
		}
		ids := []int64{int64(grant.ID), int64(unknown), int64(grant.ID)}
		for _, id := range ids {
			if err = stream.Send(&pb.LeaseKeepAliveRequest{ID: id}); err != nil {
				return err
			}
		}
		for k, id := range ids {
			answer, err := stream.Recv()
			if err != nil {
				return err
			}
			want := grant.TTL
			if k == 1 {
				want = 0
			}
			if answer.ID != id || answer.TTL != want || answer.Header == nil {
				return fmt.Errorf("answer %d: %v", k, answer)
			}
		}
		_, err = c.Revoke(ctx, grant.ID)
		return err
	})
}

// leaseMoves: a put moves the key to the lease it names, and the end of the former one leaves it alone.
func leaseMoves(t *harness.T) error {
	return with(t.Order(0), func(ctx context.Context, c *clientv3.Client) error {
		first, err := c.Grant(ctx, 60)
		if err != nil {
			return err
		}
		second, err := c.Grant(ctx, 60)
		if err != nil {
			return err
		}
		for _, step := range []struct {
			key   string
			lease clientv3.LeaseID
		}{{"moved", first.ID}, {"detached", first.ID}, {"stays", first.ID}, {"moved", second.ID}, {"detached", 0}} {
			if _, err = c.Put(ctx, t.Prefix+step.key, "1", clientv3.WithLease(step.lease)); err != nil {
				return err
			}
		}
		if _, err = c.Revoke(ctx, first.ID); err != nil {
			return err
		}
		answer, err := c.Get(ctx, t.Prefix, clientv3.WithPrefix())
		if err != nil {
			return err
		}
		if answer.Count != 2 || string(answer.Kvs[0].Key) != t.Prefix+"detached" || answer.Kvs[0].Lease != 0 || answer.Kvs[1].Lease != int64(second.ID) {
			return fmt.Errorf("after the end of the first lease: %v", answer.Kvs)
		}
		if _, err = c.Put(ctx, t.Prefix+"moved", "2", clientv3.WithIgnoreLease()); err != nil {
			return fmt.Errorf("ignore lease: %w", err)
		}
		if _, err = c.Put(ctx, t.Prefix+"moved", "", clientv3.WithIgnoreValue(), clientv3.WithLease(second.ID)); err != nil {
			return fmt.Errorf("ignore value: %w", err)
		}
		got, err := one(c.Get(ctx, t.Prefix+"moved"))
		if err == nil && (string(got.Value) != "2" || got.Lease != int64(second.ID)) {
			err = fmt.Errorf("ignore value and lease: %v", got)
		}
		return err
	})
}

// leaseExpires keeps to one node: discoveryd gives a lease that was granted at one and used at another at once the grace of a node
// that is gone (docs/etcd.md, "Known holes").
func leaseExpires(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		grant, err := c.Grant(ctx, 2)
		if err != nil {
			return err
		}
		changes := c.Watch(ctx, t.Prefix, clientv3.WithPrefix(), clientv3.WithPrevKV())
		if _, err = c.Put(ctx, t.Prefix+"x", "1", clientv3.WithLease(grant.ID)); err != nil {
			return err
		}
		began := time.Now()
		events, err := next(ctx, changes, 2)
		if err != nil {
			return err
		}
		took := time.Since(began)
		e := events[1]
		if e.Type != clientv3.EventTypeDelete || e.PrevKv == nil || string(e.PrevKv.Value) != "1" || len(e.Kv.Value) != 0 || e.Kv.ModRevision == 0 {
			return fmt.Errorf("%v", e)
		}
		t.Note(fmt.Sprintf("%.1f s of a lease of %d s", took.Seconds(), grant.TTL))
		if took < time.Duration(grant.TTL)*time.Second-time.Second || took > time.Duration(grant.TTL)*time.Second+4*time.Second {
			return fmt.Errorf("expired after %v", took)
		}
		if _, err = c.KeepAliveOnce(ctx, grant.ID); err != rpctypes.ErrLeaseNotFound {
			return fmt.Errorf("renewed after its end: %v", err)
		}
		return nil
	})
}

// leaseOverNodes uses one lease at all nodes, each call at once after the one before, as a balancing client does.
func leaseOverNodes(t *harness.T) error {
	var nodes [3]*clientv3.Client
	for i := range nodes {
		c, err := open(t.Node(i))
		if err != nil {
			return err
		}
		defer c.Close()
		nodes[i] = c
	}
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Second)
	defer cancel()
	for round := range 10 {
		a, b, c := nodes[round%3], nodes[(round+1)%3], nodes[(round+2)%3]
		key := fmt.Sprintf("%sx%d", t.Prefix, round)
		grant, err := a.Grant(ctx, 30)
		if err != nil {
			return err
		}
		if _, err = b.Put(ctx, key, "1", clientv3.WithLease(grant.ID)); err != nil {
			return fmt.Errorf("put at another node: %w", err)
		}
		if _, err = c.KeepAliveOnce(ctx, grant.ID); err != nil {
			return fmt.Errorf("keep alive at a third node: %w", err)
		}
		got, err := one(c.Get(ctx, key))
		if err != nil || got.Lease != int64(grant.ID) {
			return fmt.Errorf("read at a third node: %v %w", got, err)
		}
		left, err := a.TimeToLive(ctx, grant.ID, clientv3.WithAttachedKeys())
		if err != nil || left.TTL < 20 || len(left.Keys) != 1 {
			return fmt.Errorf("time to live at the first node: %v %v", left, err)
		}
		if _, err = b.Revoke(ctx, grant.ID); err != nil {
			return fmt.Errorf("revoke at the second node: %w", err)
		}
		answer, err := c.Get(ctx, key)
		if err != nil || answer.Count != 0 {
			return fmt.Errorf("after the revocation the third node has %v, %v", answer, err)
		}
		if _, err = a.KeepAliveOnce(ctx, grant.ID); err != rpctypes.ErrLeaseNotFound {
			return fmt.Errorf("the first node renews a revoked lease: %v", err)
		}
	}
	return nil
}

// next collects n events.
func next(ctx context.Context, changes clientv3.WatchChan, n int) (events []*clientv3.Event, err error) {
	for len(events) < n {
		select {
		case change, ok := <-changes:
			if !ok {
				return events, fmt.Errorf("the watch ended after %d events", len(events))
			}
			if change.Err() != nil {
				return events, change.Err()
			}
			for _, e := range change.Events {
				if e.Kv.ModRevision > change.Header.Revision {
					return events, fmt.Errorf("event at revision %d under a header of %d", e.Kv.ModRevision, change.Header.Revision)
				}
				if len(events) > 0 && events[len(events)-1].Kv.ModRevision > e.Kv.ModRevision {
					return events, fmt.Errorf("event at revision %d after one at %d", e.Kv.ModRevision, events[len(events)-1].Kv.ModRevision)
				}
				events = append(events, e)
			}
		case <-ctx.Done():
			return events, fmt.Errorf("%d events of %d: %w", len(events), n, ctx.Err())
		}
	}
	return events, nil
}

// quiet tells of events that should not come.
func quiet(changes clientv3.WatchChan, long time.Duration) error {
	select {
	case change := <-changes:
		return fmt.Errorf("unexpected: %v", change)
	case <-time.After(long):
		return nil
	}
}

func created(ctx context.Context, c *clientv3.Client, key string, options ...clientv3.OpOption) (clientv3.WatchChan, int64, error) {
	changes := c.Watch(ctx, key, append(options, clientv3.WithCreatedNotify())...)
	select {
	case first := <-changes:
		if !first.Created {
			return nil, 0, fmt.Errorf("the first answer is not «created»: %v %w", first, first.Err())
		}
		return changes, first.Header.Revision, nil
	case <-ctx.Done():
		return nil, 0, fmt.Errorf("no «created»: %w", ctx.Err())
	}
}

func text2(e *clientv3.Event) string {
	s := fmt.Sprintf("%s %s=%s", e.Type, e.Kv.Key[bytes.LastIndexByte(e.Kv.Key, '/')+1:], e.Kv.Value)
	if e.PrevKv != nil {
		s += " was " + string(e.PrevKv.Value)
	}
	return s
}

func expect(events []*clientv3.Event, want ...string) error {
	var got []string
	for _, e := range events {
		got = append(got, text2(e))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("events %q, not %q", got, want)
	}
	return nil
}

func write(ctx context.Context, c *clientv3.Client, prefix string, steps ...string) error {
	for _, step := range steps {
		key, value, put := strings.Cut(step, "=")
		var err error
		if put {
			_, err = c.Put(ctx, prefix+key, value)
		} else {
			_, err = c.Delete(ctx, prefix+key)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	return nil
}

// watch is at the node that is written to: a watch at a follower of etcd that lags begins before what was written last.
func watch(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		if err := write(ctx, c, t.Prefix, "before=0"); err != nil {
			return err
		}
		plain, _, err := created(ctx, c, t.Prefix, clientv3.WithPrefix())
		if err != nil {
			return err
		}
		with, _, err := created(ctx, c, t.Prefix, clientv3.WithPrefix(), clientv3.WithPrevKV())
		if err != nil {
			return err
		}
		single, _, err := created(ctx, c, t.Prefix+"y")
		if err != nil {
			return err
		}
		if err = write(ctx, c, t.Prefix, "x=1", "x=2", "x=2", "y=1", "x", "x", "x=3"); err != nil { // the second deletion changes nothing
			return err
		}
		events, err := next(ctx, with, 6)
		if err == nil {
			err = expect(events, "PUT x=1", "PUT x=2 was 1", "PUT x=2 was 2", "PUT y=1", "DELETE x= was 2", "PUT x=3")
		}
		if err != nil {
			return fmt.Errorf("with prev_kv: %w", err)
		}
		for k, e := range events {
			if k != 4 && (e.IsCreate() != (k == 0 || k == 3 || k == 5) || e.IsModify() != (k == 1 || k == 2)) {
				return fmt.Errorf("event %d: create %v modify %v, %v", k, e.IsCreate(), e.IsModify(), e.Kv)
			}
		}
		if events, err = next(ctx, plain, 6); err == nil {
			err = expect(events, "PUT x=1", "PUT x=2", "PUT x=2", "PUT y=1", "DELETE x=", "PUT x=3")
		}
		if err != nil {
			return fmt.Errorf("plain: %w", err)
		}
		if events, err = next(ctx, single, 1); err == nil {
			err = expect(events, "PUT y=1")
		}
		if err != nil {
			return fmt.Errorf("single key: %w", err)
		}
		return quiet(single, 200*time.Millisecond)
	})
}

func watchFilters(t *harness.T) error {
	return with(t.Order(0), func(ctx context.Context, c *clientv3.Client) error {
		noPut, _, err := created(ctx, c, t.Prefix, clientv3.WithPrefix(), clientv3.WithFilterPut())
		if err != nil {
			return err
		}
		noDelete, _, err := created(ctx, c, t.Prefix, clientv3.WithPrefix(), clientv3.WithFilterDelete())
		if err != nil {
			return err
		}
		if err = write(ctx, c, t.Prefix, "x=1", "x", "x=2", "y=1", "y"); err != nil {
			return err
		}
		events, err := next(ctx, noPut, 2)
		if err == nil {
			err = expect(events, "DELETE x=", "DELETE y=")
		}
		if err != nil {
			return fmt.Errorf("without puts: %w", err)
		}
		if events, err = next(ctx, noDelete, 3); err == nil {
			err = expect(events, "PUT x=1", "PUT x=2", "PUT y=1")
		}
		return err
	})
}

func watchStart(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		put, err := c.Put(ctx, t.Prefix+"x", "1")
		if err != nil {
			return err
		}
		if err = write(ctx, c, t.Prefix, "x=2", "y=1", "x"); err != nil {
			return err
		}
		time.Sleep(300 * time.Millisecond) // sleeps: so that the changes are surely history when the watch begins
		changes := c.Watch(ctx, t.Prefix, clientv3.WithPrefix(), clientv3.WithRev(put.Header.Revision))
		events, err := next(ctx, changes, 4)
		if err == nil {
			err = expect(events, "PUT x=1", "PUT x=2", "PUT y=1", "DELETE x=")
		}
		if err != nil {
			return fmt.Errorf("from the first put: %w", err)
		}
		second := events[1].Kv.ModRevision
		changes = c.Watch(ctx, t.Prefix, clientv3.WithPrefix(), clientv3.WithRev(second+1))
		if events, err = next(ctx, changes, 2); err == nil {
			err = expect(events, "PUT y=1", "DELETE x=")
		}
		if err != nil {
			return fmt.Errorf("from after the second: %w", err)
		}
		if err = write(ctx, c, t.Prefix, "z=1"); err != nil {
			return err
		}
		if events, err = next(ctx, changes, 1); err == nil {
			err = expect(events, "PUT z=1")
		}
		return err
	})
}

// watchStartElsewhere: a revision heard from one node, used at another: nothing later may be missing. Repeats are allowed.
func watchStartElsewhere(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, a *clientv3.Client) error {
		return with(t.Node(1), func(_ context.Context, b *clientv3.Client) error {
			if err := write(ctx, a, t.Prefix, "old=1"); err != nil {
				return err
			}
			list, err := a.Get(ctx, t.Prefix, clientv3.WithPrefix())
			if err != nil {
				return err
			}
			if err = write(ctx, a, t.Prefix, "x=1", "y=1", "y"); err != nil {
				return err
			}
			if err = write(ctx, b, t.Prefix, "z=1", "old"); err != nil {
				return err
			}
			changes := b.Watch(ctx, t.Prefix, clientv3.WithPrefix(), clientv3.WithRev(list.Header.Revision+1))
			if err = write(ctx, a, t.Prefix, "w=1"); err != nil {
				return err
			}
			state, events := map[string]string{"old": "1"}, 0
			for {
				if fmt.Sprint(state) == "map[w:1 x:1 z:1]" {
					t.Note(fmt.Sprintf("%d events", events))
					return nil
				}
				got, err := next(ctx, changes, 1)
				if err != nil {
					return fmt.Errorf("%v: %w", state, err)
				}
				for _, e := range got {
					events++
					key := string(e.Kv.Key[len(t.Prefix):])
					if e.Type == clientv3.EventTypeDelete {
						delete(state, key)
					} else {
						state[key] = string(e.Kv.Value)
					}
				}
			}
		})
	})
}

func watchMany(t *harness.T) error {
	return with(t.Order(0), func(ctx context.Context, c *clientv3.Client) error {
		const n = 50
		var watches [n]clientv3.WatchChan
		var cancels [n]context.CancelFunc
		for i := range n {
			// WithCancel keeps the metadata: all go into one stream.
			one, cancel := context.WithCancel(ctx)
			defer cancel()
			cancels[i] = cancel
			watches[i] = c.Watch(one, fmt.Sprintf("%s%02d/", t.Prefix, i), clientv3.WithPrefix())
		}
		all, _, err := created(ctx, c, t.Prefix, clientv3.WithPrefix())
		if err != nil {
			return err
		}
		for i := range n {
			if i%2 == 1 {
				cancels[i]()
			}
		}
		for i := range n {
			if err = write(ctx, c, t.Prefix, fmt.Sprintf("%02d/x=%d", i, i)); err != nil {
				return err
			}
		}
		if _, err = next(ctx, all, n); err != nil {
			return err
		}
		for i := 0; i < n; i += 2 {
			events, err := next(ctx, watches[i], 1)
			if err == nil {
				err = expect(events, fmt.Sprintf("PUT x=%d", i))
			}
			if err != nil {
				return fmt.Errorf("watch %d: %w", i, err)
			}
		}
		return nil
	})
}

// watchProgress: a progress answer must not overtake events.
func watchProgress(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		changes, _, err := created(ctx, c, t.Prefix, clientv3.WithPrefix())
		if err != nil {
			return err
		}
		if err = c.RequestProgress(ctx); err != nil { // at once, as kratos does
			return err
		}
		put, err := c.Put(ctx, t.Prefix+"x", "1")
		if err != nil {
			return err
		}
		heard := false
		for {
			select {
			case change, ok := <-changes:
				if !ok || change.Err() != nil {
					return fmt.Errorf("the watch ended: %v", change.Err())
				}
				if len(change.Events) > 0 {
					heard = true
					continue
				}
				if !change.IsProgressNotify() {
					return fmt.Errorf("neither events nor progress: %v", change)
				}
				if change.Header.Revision >= put.Header.Revision {
					if !heard {
						return fmt.Errorf("progress at revision %d came before the event at %d", change.Header.Revision, put.Header.Revision)
					}
					return nil
				}
			case <-time.After(300 * time.Millisecond):
				if err = c.RequestProgress(ctx); err != nil {
					return err
				}
			case <-ctx.Done():
				return fmt.Errorf("no progress answer: %w", ctx.Err())
			}
		}
	})
}

// watchProtocol speaks the stream itself: ids from 0 on, «created» first, cancel, cancel of what is not there, progress with id -1.
func watchProtocol(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := pb.NewWatchClient(c.ActiveConnection()).Watch(ctx)
		if err != nil {
			return err
		}
		create := func(key string) *pb.WatchRequest {
			return &pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: &pb.WatchCreateRequest{Key: []byte(key)}}}
		}
		stop := func(id int64) *pb.WatchRequest {
			return &pb.WatchRequest{RequestUnion: &pb.WatchRequest_CancelRequest{CancelRequest: &pb.WatchCancelRequest{WatchId: id}}}
		}
		for _, request := range []*pb.WatchRequest{create(t.Prefix + "a"), create(t.Prefix + "b"), stop(77)} {
			if err = stream.Send(request); err != nil {
				return err
			}
		}
		for id := range int64(2) {
			answer, err := stream.Recv()
			if err != nil {
				return err
			}
			if !answer.Created || answer.WatchId != id || answer.Header.GetRevision() == 0 || len(answer.Events) > 0 || answer.Canceled {
				return fmt.Errorf("answer to create %d: %v", id, answer)
			}
		}
		if err = write(ctx, c, t.Prefix, "b=1"); err != nil {
			return err
		}
		answer, err := stream.Recv()
		if err != nil || answer.WatchId != 1 || len(answer.Events) != 1 || answer.Header.GetRevision() < answer.Events[0].Kv.ModRevision {
			return fmt.Errorf("event: %v %v", answer, err)
		}
		if err = stream.Send(stop(1)); err != nil {
			return err
		}
		if answer, err = stream.Recv(); err != nil || !answer.Canceled || answer.WatchId != 1 || answer.CompactRevision != 0 || answer.CancelReason != "" {
			return fmt.Errorf("cancelled: %v %v", answer, err)
		}
		progress := &pb.WatchRequest{RequestUnion: &pb.WatchRequest_ProgressRequest{ProgressRequest: &pb.WatchProgressRequest{}}}
		if err = stream.Send(progress); err != nil {
			return err
		}
		if answer, err = stream.Recv(); err != nil || answer.WatchId != -1 || len(answer.Events) != 0 || answer.Header.GetRevision() == 0 {
			return fmt.Errorf("progress: %v %v", answer, err)
		}
		return nil
	})
}

func streams(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		const n = 300
		var watches [n]clientv3.WatchChan
		for i := range n {
			w := clientv3.NewWatcher(c) // each has a stream of its own
			defer w.Close()
			watches[i] = w.Watch(ctx, t.Prefix+"x", clientv3.WithCreatedNotify())
		}
		for i := range n {
			select {
			case first := <-watches[i]:
				if !first.Created {
					return fmt.Errorf("stream %d: %v", i, first)
				}
			case <-ctx.Done():
				return fmt.Errorf("stream %d of %d was never answered", i, n)
			}
		}
		if err := write(ctx, c, t.Prefix, "x=1"); err != nil {
			return err
		}
		for i := range n {
			if _, err := next(ctx, watches[i], 1); err != nil {
				return fmt.Errorf("stream %d: %w", i, err)
			}
		}
		return nil
	})
}

// writeThenRead: what one node acknowledged, the others know.
func writeThenRead(t *harness.T) error {
	var nodes [3]*clientv3.Client
	for i := range nodes {
		c, err := open(t.Node(i))
		if err != nil {
			return err
		}
		defer c.Close()
		nodes[i] = c
	}
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Second)
	defer cancel()
	for n := range 60 {
		if _, err := nodes[n%3].Put(ctx, t.Prefix+"x", fmt.Sprint(n)); err != nil {
			return err
		}
		for k := range nodes {
			got, err := one(nodes[(n+k)%3].Get(ctx, t.Prefix+"x"))
			if err != nil || string(got.Value) != fmt.Sprint(n) {
				return fmt.Errorf("put %d at node %d, node %d has %v, %v", n, n%3+1, (n+k)%3+1, got, err)
			}
		}
	}
	return nil
}

func cluster(t *harness.T) error {
	return with(t.Order(0), func(ctx context.Context, c *clientv3.Client) error {
		members, err := c.MemberList(ctx)
		if err != nil {
			return err
		}
		var urls, want []string
		ids := map[uint64]bool{}
		for _, m := range members.Members {
			if m.Name == "" || m.ID == 0 || m.IsLearner || len(m.ClientURLs) == 0 {
				return fmt.Errorf("member %v", m)
			}
			urls = append(urls, m.ClientURLs...)
			ids[m.ID] = true
		}
		for _, node := range t.Nodes {
			want = append(want, harness.URL(node))
		}
		slices.Sort(urls)
		slices.Sort(want)
		if !slices.Equal(urls, want) {
			return fmt.Errorf("client URLs %q, not %q", urls, want)
		}
		for i := range t.Nodes {
			state, err := c.Status(ctx, t.Node(i)[0])
			if err != nil {
				return err
			}
			if !strings.HasPrefix(state.Version, "3.5.") || state.Leader == 0 || state.RaftTerm == 0 || !ids[state.Header.MemberId] || len(state.Errors) > 0 ||
				!t.IsEtcd() && state.Leader != state.Header.MemberId {
				return fmt.Errorf("status of node %d: %v", i+1, state)
			}
		}
		alarms, err := c.AlarmList(ctx)
		if err == nil && len(alarms.Alarms) > 0 {
			err = fmt.Errorf("alarms: %v", alarms)
		}
		return err
	})
}

// syncEndpoints is what clients with AutoSyncInterval do every minute or five: their endpoints become what MemberList says.
func syncEndpoints(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		if err := c.Sync(ctx); err != nil {
			return err
		}
		if got := c.Endpoints(); len(got) != len(t.Nodes) {
			return fmt.Errorf("endpoints after Sync: %q", got)
		}
		for n := range 2 * len(t.Nodes) {
			if err := write(ctx, c, t.Prefix, fmt.Sprintf("x=%d", n)); err != nil {
				return err
			}
		}
		return nil
	})
}

// account: a user name and a password where there are no accounts, as the examples of nmid send them.
func account(t *harness.T) error {
	c, err := clientv3.New(clientv3.Config{Endpoints: t.Order(0), DialTimeout: 5 * time.Second, TLS: harness.Trust(), Username: "root", Password: "123456"})
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err = write(ctx, c, t.Prefix, "x=1"); err != nil {
		return err
	}
	state, err := c.AuthStatus(ctx)
	if err == nil && state.Enabled {
		err = fmt.Errorf("authentication is said to be enabled")
	}
	return err
}

// errorTexts compares codes and messages byte for byte, below the client library.
func errorTexts(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		connection := c.ActiveConnection()
		kv, leases, auth := pb.NewKVClient(connection), pb.NewLeaseClient(connection), pb.NewAuthClient(connection)
		key := []byte(t.Prefix + "x")
		if _, err := kv.Put(ctx, &pb.PutRequest{Key: key, Value: []byte("1")}); err != nil {
			return err
		}
		granted, err := leases.LeaseGrant(ctx, &pb.LeaseGrantRequest{TTL: 60})
		if err != nil {
			return err
		}
		put := func(key string) *pb.RequestOp {
			return &pb.RequestOp{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: []byte(key)}}}
		}
		var many []*pb.RequestOp
		for n := range 129 {
			many = append(many, put(fmt.Sprintf("%s%d", t.Prefix, n)))
		}
		for _, check := range []struct {
			what string
			code codes.Code
			text string
			call func() error
		}{
			{"range without key", codes.InvalidArgument, "etcdserver: key is not provided", func() error { _, err := kv.Range(ctx, &pb.RangeRequest{}); return err }},
			{"put without key", codes.InvalidArgument, "etcdserver: key is not provided", func() error { _, err := kv.Put(ctx, &pb.PutRequest{Value: key}); return err }},
			{"delete without key", codes.InvalidArgument, "etcdserver: key is not provided", func() error { _, err := kv.DeleteRange(ctx, &pb.DeleteRangeRequest{}); return err }},
			{"txn with put without key", codes.InvalidArgument, "etcdserver: key is not provided", func() error {
				_, err := kv.Txn(ctx, &pb.TxnRequest{Success: []*pb.RequestOp{put("")}})
				return err
			}},
			{"put with unknown lease", codes.NotFound, "etcdserver: requested lease not found", func() error {
				_, err := kv.Put(ctx, &pb.PutRequest{Key: key, Lease: 0x7654321})
				return err
			}},
			{"txn with unknown lease", codes.NotFound, "etcdserver: requested lease not found", func() error {
				_, err := kv.Txn(ctx, &pb.TxnRequest{Success: []*pb.RequestOp{
					{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: key, Lease: 0x7654321}}}}})
				return err
			}},
			{"revoke of unknown lease", codes.NotFound, "etcdserver: requested lease not found", func() error {
				_, err := leases.LeaseRevoke(ctx, &pb.LeaseRevokeRequest{ID: 0x7654321})
				return err
			}},
			{"grant of a used id", codes.FailedPrecondition, "etcdserver: lease already exists", func() error {
				_, err := leases.LeaseGrant(ctx, &pb.LeaseGrantRequest{TTL: 60, ID: granted.ID})
				return err
			}},
			{"grant for ever", codes.OutOfRange, "etcdserver: too large lease TTL", func() error {
				_, err := leases.LeaseGrant(ctx, &pb.LeaseGrantRequest{TTL: 9_000_000_001})
				return err
			}},
			{"same key twice", codes.InvalidArgument, "etcdserver: duplicate key given in txn request", func() error {
				_, err := kv.Txn(ctx, &pb.TxnRequest{Success: []*pb.RequestOp{put(t.Prefix + "d"), put(t.Prefix + "d")}})
				return err
			}},
			{"129 operations", codes.InvalidArgument, "etcdserver: too many operations in txn request", func() error {
				_, err := kv.Txn(ctx, &pb.TxnRequest{Success: many})
				return err
			}},
			{"ignore_value with value", codes.InvalidArgument, "etcdserver: value is provided", func() error {
				_, err := kv.Put(ctx, &pb.PutRequest{Key: key, Value: key, IgnoreValue: true})
				return err
			}},
			{"ignore_lease with lease", codes.InvalidArgument, "etcdserver: lease is provided", func() error {
				_, err := kv.Put(ctx, &pb.PutRequest{Key: key, Lease: granted.ID, IgnoreLease: true})
				return err
			}},
			{"ignore_value of nothing", codes.InvalidArgument, "etcdserver: key not found", func() error {
				_, err := kv.Put(ctx, &pb.PutRequest{Key: []byte(t.Prefix + "absent"), IgnoreValue: true})
				return err
			}},
			{"ignore_lease of nothing", codes.InvalidArgument, "etcdserver: key not found", func() error {
				_, err := kv.Put(ctx, &pb.PutRequest{Key: []byte(t.Prefix + "absent"), IgnoreLease: true})
				return err
			}},
			{"authenticate", codes.FailedPrecondition, "etcdserver: authentication is not enabled", func() error {
				_, err := auth.Authenticate(ctx, &pb.AuthenticateRequest{Name: "root", Password: "123456"})
				return err
			}},
			{"1.6 MiB", codes.InvalidArgument, "etcdserver: request is too large", func() error {
				_, err := kv.Put(ctx, &pb.PutRequest{Key: key, Value: make([]byte, 16*1024*1024/10)})
				return err
			}},
		} {
			err := check.call()
			if got := status.Convert(err); got.Code() != check.code || got.Message() != check.text {
				return fmt.Errorf("%s: %v %q, not %v %q", check.what, got.Code(), got.Message(), check.code, check.text)
			}
		}
		got, err := kv.Range(ctx, &pb.RangeRequest{Key: key})
		if err == nil && (len(got.Kvs) != 1 || string(got.Kvs[0].Value) != "1" || got.Kvs[0].Version != 1) {
			err = fmt.Errorf("a refused request changed the key: %v", got.Kvs)
		}
		return err
	})
}

func revisions(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		put, err := c.Put(ctx, t.Prefix+"x", "1")
		if err != nil {
			return err
		}
		kv := pb.NewKVClient(c.ActiveConnection())
		_, err = kv.Range(ctx, &pb.RangeRequest{Key: []byte("x"), Revision: put.Header.Revision + 1<<40})
		if s := status.Convert(err); s.Code() != codes.OutOfRange || s.Message() != "etcdserver: mvcc: required revision is a future revision" {
			return fmt.Errorf("future: %v", err)
		}
		if t.IsEtcd() && put.Header.Revision < 3 {
			return fmt.Errorf("nothing to compact at revision %d", put.Header.Revision)
		}
		// etcd: only the oldest revisions go, which no other program needs.
		if _, err = c.Compact(ctx, 2); err != nil && err != rpctypes.ErrCompacted {
			return fmt.Errorf("compact: %w", err)
		}
		_, err = kv.Range(ctx, &pb.RangeRequest{Key: []byte("x"), Revision: 1})
		if s := status.Convert(err); s.Code() != codes.OutOfRange || s.Message() != "etcdserver: mvcc: required revision has been compacted" {
			return fmt.Errorf("compacted: %v", err)
		}
		first := <-c.Watch(ctx, t.Prefix, clientv3.WithPrefix(), clientv3.WithRev(1))
		if t.IsEtcd() {
			if first.Err() != rpctypes.ErrCompacted || first.CompactRevision == 0 {
				return fmt.Errorf("watch from revision 1: %v %v", first, first.Err())
			}
			return nil
		}
		// discoveryd tells all it has instead: most clients do not recover from «compacted».
		if first.Err() != nil || len(first.Events) == 0 || string(first.Events[0].Kv.Key) != t.Prefix+"x" {
			return fmt.Errorf("watch from revision 1: %v %v", first, first.Err())
		}
		return nil
	})
}

func compareRefused(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		kv := pb.NewKVClient(c.ActiveConnection())
		key := []byte(t.Prefix + "x")
		answer, err := kv.Txn(ctx, &pb.TxnRequest{
			Compare: []*pb.Compare{{Key: key, Target: pb.Compare_CREATE, TargetUnion: &pb.Compare_CreateRevision{}}},
			Success: []*pb.RequestOp{{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: key}}}},
		})
		if t.IsEtcd() {
			if err == nil && !answer.Succeeded {
				err = fmt.Errorf("%v", answer)
			}
			return err
		}
		if s := status.Convert(err); s.Code() != codes.Unimplemented || s.Message() != "etcdserver: compare is not offered by this registry" {
			return fmt.Errorf("%v", err)
		}
		got, err := kv.Range(ctx, &pb.RangeRequest{Key: key})
		if err == nil && got.Count != 0 {
			err = fmt.Errorf("the refused transaction wrote")
		}
		return err
	})
}

func lockRefused(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		session, err := concurrency.NewSession(c, concurrency.WithTTL(10))
		if err != nil {
			return err
		}
		defer session.Close()
		err = concurrency.NewMutex(session, t.Prefix+"lock").Lock(ctx)
		if t.IsEtcd() {
			return err
		}
		if err == nil || !strings.Contains(err.Error(), "etcdserver: ") || ctx.Err() != nil {
			return fmt.Errorf("a lock was given, or the refusal is unclear: %v", err)
		}
		return nil
	})
}

func adminRefused(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		connection := c.ActiveConnection()
		cluster, maintenance, auth := pb.NewClusterClient(connection), pb.NewMaintenanceClient(connection), pb.NewAuthClient(connection)
		for what, call := range map[string]func() error{
			"member add": func() error {
				_, err := cluster.MemberAdd(ctx, &pb.MemberAddRequest{PeerURLs: []string{"http://127.0.0.1:1"}})
				return err
			},
			"member remove": func() error { _, err := cluster.MemberRemove(ctx, &pb.MemberRemoveRequest{ID: 1}); return err },
			"member update": func() error { _, err := cluster.MemberUpdate(ctx, &pb.MemberUpdateRequest{ID: 1}); return err },
			"auth enable":   func() error { _, err := auth.AuthEnable(ctx, &pb.AuthEnableRequest{}); return err },
			"user add": func() error {
				_, err := auth.UserAdd(ctx, &pb.AuthUserAddRequest{Name: "x", Password: "y"})
				return err
			},
			"role add":    func() error { _, err := auth.RoleAdd(ctx, &pb.AuthRoleAddRequest{Name: "x"}); return err },
			"defragment":  func() error { _, err := maintenance.Defragment(ctx, &pb.DefragmentRequest{}); return err },
			"move leader": func() error { _, err := maintenance.MoveLeader(ctx, &pb.MoveLeaderRequest{TargetID: 1}); return err },
			"downgrade":   func() error { _, err := maintenance.Downgrade(ctx, &pb.DowngradeRequest{Version: "3.4.0"}); return err },
			"alarm activated": func() error {
				_, err := maintenance.Alarm(ctx, &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE})
				return err
			},
			"snapshot": func() error {
				stream, err := maintenance.Snapshot(ctx, &pb.SnapshotRequest{})
				if err == nil {
					_, err = stream.Recv()
				}
				return err
			},
		} {
			if err := call(); status.Code(err) != codes.Unimplemented {
				return fmt.Errorf("%s: %v", what, err)
			}
		}
		return nil
	})
}

func unknownMethod(t *harness.T) error {
	return with(t.Node(0), func(ctx context.Context, c *clientv3.Client) error {
		for _, method := range []string{"/etcdserverpb.KV/Nothing", "/nobody.Home/Ask"} {
			err := c.ActiveConnection().Invoke(ctx, method, &pb.RangeRequest{Key: []byte("x")}, &pb.RangeResponse{}, grpc.WaitForReady(true))
			if status.Code(err) != codes.Unimplemented {
				return fmt.Errorf("%s: %v", method, err)
			}
		}
		return nil
	})
}

// pings: client pings every 10 s (no gRPC client of Go sends them more often) on a connection with one idle watch.
func pings(t *harness.T) error {
	c, err := clientv3.New(clientv3.Config{Endpoints: t.Node(0), DialTimeout: 5 * time.Second, TLS: harness.Trust(), DialKeepAliveTime: 10 * time.Second,
		DialKeepAliveTimeout: 3 * time.Second, PermitWithoutStream: true})
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	changes, _, err := created(ctx, c, t.Prefix, clientv3.WithPrefix())
	if err != nil {
		return err
	}
	state := c.ActiveConnection().GetState()
	lost, cancelLost := context.WithTimeout(ctx, 42*time.Second)
	defer cancelLost()
	if c.ActiveConnection().WaitForStateChange(lost, state) {
		return fmt.Errorf("the connection went from %v to %v", state, c.ActiveConnection().GetState())
	}
	if err = write(ctx, c, t.Prefix, "x=1"); err != nil {
		return err
	}
	_, err = next(ctx, changes, 1)
	return err
}
