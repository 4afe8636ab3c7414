// github.com/zeromicro/go-zero/core/discov, unmodified, against discoveryd.
package main

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/zeromicro/go-zero/core/discov"
	"github.com/zeromicro/go-zero/core/logx"

	"discoveryd.test/etcd/harness"
)

func main() {
	logx.SetLevel(logx.ErrorLevel)
	discov.TimeToLive = 5
	harness.Main(harness.Library{
		Name: "gozero", TTL: 5 * time.Second, ComesBack: true, // no Tags: a value never changes
		Text:     func(i harness.Instance) string { return i.Addr },
		Key:      func(service string, i harness.Instance) string { return fmt.Sprintf("%s/%d", service, number(i.ID)) },
		Register: register, Consume: consume, List: list,
	})
}

func number(id string) int64 {
	sum := fnv.New32a()
	sum.Write([]byte(id))
	return int64(sum.Sum32()>>1) + 1
}

type registration struct{ publisher *discov.Publisher }

// register copies the endpoints: the library sorts the slice it is given, in place, and shares one connection per process and list.
func register(nodes []string, service string, i harness.Instance) (harness.Registration, error) {
	publisher := discov.NewPublisher(append([]string(nil), nodes...), service, i.Addr, discov.WithId(number(i.ID)))
	return &registration{publisher}, publisher.KeepAlive()
}

func (r *registration) Change(string) error { return nil }

// Remove returns at once: the library revokes in the background.
func (r *registration) Remove() error { r.publisher.Stop(); return nil }

type consumer struct{ *discov.Subscriber }

func (c consumer) Seen() []string { return c.Values() }

func consume(nodes []string, service string) (harness.Consumer, error) {
	subscriber, err := discov.NewSubscriber(append([]string(nil), nodes...), service)
	return consumer{subscriber}, err
}

// One subscriber for each list of nodes and service, never closed: a Close that meets the beginning of the library's watch makes
// it read a map while another goroutine writes it, which Go answers by ending the process.
var subscribers = harness.Pool[*discov.Subscriber]{New: func(named []string) (*discov.Subscriber, error) {
	return discov.NewSubscriber(named[1:], named[0])
}}

// list is what a subscriber at these nodes knows: the library has no other look-up.
func list(nodes []string, service string) ([]string, error) {
	subscriber, err := subscribers.Get(append([]string{service}, nodes...))
	if err != nil {
		return nil, err
	}
	return subscriber.Values(), nil
}
