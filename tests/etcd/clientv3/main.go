// go.etcd.io/etcd/client/v3 itself against discoveryd: the registry a program writes with it by hand, and everything the API
// answers, errors and refusals included.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"discoveryd.test/etcd/harness"
)

const ttl = 5 * time.Second

func main() {
	harness.Main(harness.Library{
		Name: "clientv3", TTL: ttl, Tags: true,
		Text:     func(i harness.Instance) string { return i.ID + "=" + i.Addr + "," + i.Tag },
		Key:      func(service string, i harness.Instance) string { return service + "/" + i.ID },
		Register: register, Consume: consume, List: list,
		Extras: extras(), Through: through,
	})
}

var pool = harness.Pool[*clientv3.Client]{New: open}

func open(endpoints []string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: endpoints, DialTimeout: 5 * time.Second, TLS: harness.Trust(), Logger: zap.NewNop()})
}

type registration struct {
	client *clientv3.Client
	key    string
	i      harness.Instance
	lease  clientv3.LeaseID
	cancel context.CancelFunc
}

func register(endpoints []string, service string, i harness.Instance) (harness.Registration, error) {
	client, err := pool.Get(endpoints)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	grant, err := client.Grant(ctx, int64(ttl.Seconds()))
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	r := &registration{client: client, key: service + "/" + i.ID, i: i, lease: grant.ID}
	if err = r.put(); err != nil {
		return nil, err
	}
	alive, stop := context.WithCancel(context.Background())
	r.cancel = stop
	answers, err := client.KeepAlive(alive, grant.ID)
	if err != nil {
		return nil, fmt.Errorf("keep alive: %w", err)
	}
	go func() {
		for range answers {
		}
	}()
	return r, nil
}

// put repeats what the library does not: a write that met a dying connection.
func (r *registration) put() error {
	return harness.Repeat(func(ctx context.Context) error {
		_, err := r.client.Put(ctx, r.key, r.i.Addr+","+r.i.Tag, clientv3.WithLease(r.lease))
		return err
	})
}

func (r *registration) Change(tag string) error { r.i.Tag = tag; return r.put() }

func (r *registration) Remove() error {
	r.cancel()
	return harness.Repeat(func(ctx context.Context) error { _, err := r.client.Revoke(ctx, r.lease); return err })
}

func list(endpoints []string, service string) ([]string, error) {
	client, err := pool.Get(endpoints)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	answer, err := client.Get(ctx, service+"/", clientv3.WithPrefix())
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, kv := range answer.Kvs {
		texts = append(texts, text(string(kv.Key), string(kv.Value)))
	}
	return texts, nil
}

func text(key, value string) string { return key[strings.LastIndex(key, "/")+1:] + "=" + value }

type consumer struct{ harness.Known }

// consume lists, then watches from the revision after the list, as the documentation of etcd teaches.
func consume(endpoints []string, service string) (harness.Consumer, error) {
	client, err := open(endpoints)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	answer, err := client.Get(ctx, service+"/", clientv3.WithPrefix())
	if err != nil {
		return nil, err
	}
	c := &consumer{}
	for _, kv := range answer.Kvs {
		c.Put(string(kv.Key), text(string(kv.Key), string(kv.Value)))
	}
	changes := client.Watch(context.Background(), service+"/", clientv3.WithPrefix(), clientv3.WithRev(answer.Header.Revision+1))
	go func() {
		for change := range changes {
			for _, event := range change.Events {
				if event.Type == clientv3.EventTypeDelete {
					c.Delete(string(event.Kv.Key))
				} else {
					c.Put(string(event.Kv.Key), text(string(event.Kv.Key), string(event.Kv.Value)))
				}
			}
		}
		c.Put("end", "the watch ended") // never without our cancelling it
	}()
	return c, nil
}

const unknown = "?" // a write failed: nobody knows

// through writes numbered values to 20 keys, deletes some, all the time while a node is killed and comes back. In the end what was
// acknowledged must be stored, and a watch from before must have told the last state of every key.
func through(t *harness.T) (func() error, error) {
	watcher, err := open(t.Order(1))
	if err != nil {
		return nil, err
	}
	writer, err := open(t.Order(0))
	if err != nil {
		return nil, err
	}
	prefix := t.Prefix + "through/"
	seen := &harness.Known{}
	told, ended := make(chan struct{}, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	changes := watcher.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	select {
	case <-changes:
	case <-time.After(5 * time.Second):
		cancel()
		return nil, errors.New("the watch was not created within 5 s")
	}
	go func() {
		for change := range changes {
			if err := change.Err(); err != nil {
				ended <- err
				return
			}
			for _, event := range change.Events {
				if event.Type == clientv3.EventTypeDelete {
					seen.Delete(string(event.Kv.Key))
				} else {
					seen.Put(string(event.Kv.Key), string(event.Kv.Key)+"="+string(event.Kv.Value))
				}
			}
			select {
			case told <- struct{}{}:
			default:
			}
		}
	}()
	stop, stopped := make(chan struct{}), make(chan struct{})
	want, writes, refused := map[string]string{}, 0, 0
	members, looks, short := len(t.Nodes), 0, ""
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond): // sleeps: a steady stream of writes is the scenario
			}
			if n%10 == 0 { // who replaces its endpoints by it must not lose the node that is down
				call, done := context.WithTimeout(context.Background(), 3*time.Second)
				if list, err := writer.MemberList(call); err == nil {
					looks++
					if len(list.Members) != members {
						short = fmt.Sprintf("MemberList showed %d of %d: %v", len(list.Members), members, list.Members)
					}
				}
				done()
			}
			key := fmt.Sprintf("%s%02d", prefix, n%20)
			call, done := context.WithTimeout(context.Background(), 3*time.Second)
			var err error
			if n%7 == 3 {
				_, err = writer.Delete(call, key)
			} else {
				_, err = writer.Put(call, key, fmt.Sprint(n))
			}
			done()
			switch {
			case err != nil: // it may have been carried out or not: the next write of the key decides
				refused++
				want[key] = unknown
				n--
			case n%7 == 3:
				delete(want, key)
			default:
				want[key] = key + "=" + fmt.Sprint(n)
			}
			writes++
		}
	}()
	return func() error {
		defer cancel()
		close(stop)
		<-stopped
		t.Note(fmt.Sprintf("%d writes, %d of them failed; %d lists of members", writes, refused, looks))
		if short != "" || looks == 0 {
			return fmt.Errorf("%d lists of members; %s", looks, short)
		}
		// What a failed write did stands in the store: the store has the last word on those keys.
		call, done := context.WithTimeout(context.Background(), 5*time.Second)
		defer done()
		answer, err := writer.Get(call, prefix, clientv3.WithPrefix())
		if err != nil {
			return err
		}
		stored := map[string]string{}
		for _, kv := range answer.Kvs {
			stored[string(kv.Key)] = string(kv.Key) + "=" + string(kv.Value)
		}
		for n := range 20 {
			key := fmt.Sprintf("%s%02d", prefix, n)
			if want[key] != unknown && stored[key] != want[key] {
				return fmt.Errorf("%q was acknowledged, stored is %q", want[key], stored[key])
			}
		}
		deadline := time.After(10 * time.Second)
		for {
			if difference := compare(stored, seen.Seen()); difference == "" {
				return nil
			} else {
				select {
				case <-told:
				case err := <-ended:
					return fmt.Errorf("the watch ended: %w", err)
				case <-deadline:
					return fmt.Errorf("the watch does not know the last state: %s", difference)
				}
			}
		}
	}, nil
}

func compare(stored map[string]string, seen []string) string {
	known := map[string]bool{}
	for _, text := range seen {
		known[text] = true
	}
	for _, text := range stored {
		if !known[text] {
			return "not told: " + text
		}
	}
	if len(known) != len(stored) {
		return fmt.Sprintf("%d keys known, %d stored: a deletion was not told", len(known), len(stored))
	}
	return ""
}
