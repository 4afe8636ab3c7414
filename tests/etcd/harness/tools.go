package harness

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Repeat does what the libraries leave to their users: a write that met a dying connection is tried again.
func Repeat(f func(context.Context) error) (err error) {
	for range 5 {
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
		err = f(ctx)
		cancel()
		if err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// Pool keeps one client per list of endpoints, as a process would.
type Pool[C any] struct {
	New     func(endpoints []string) (C, error)
	mutex   sync.Mutex
	clients map[string]C
}

func (p *Pool[C]) Get(endpoints []string) (C, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	name := strings.Join(endpoints, ",")
	if c, ok := p.clients[name]; ok {
		return c, nil
	}
	c, err := p.New(append([]string(nil), endpoints...))
	if err != nil {
		return c, err
	}
	if p.clients == nil {
		p.clients = map[string]C{}
	}
	p.clients[name] = c
	return c, nil
}

// Known is a set that a watching goroutine fills and the script reads.
type Known struct {
	mutex sync.Mutex
	texts map[string]string
}

func (k *Known) Put(key, text string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.texts == nil {
		k.texts = map[string]string{}
	}
	k.texts[key] = text
}

func (k *Known) Delete(key string) { k.mutex.Lock(); defer k.mutex.Unlock(); delete(k.texts, key) }

// Replace makes the texts all that is known.
func (k *Known) Replace(texts []string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.texts = map[string]string{}
	for _, text := range texts {
		k.texts[text] = text
	}
}

func (k *Known) Seen() []string {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	list := make([]string, 0, len(k.texts))
	for _, text := range k.texts {
		list = append(list, text)
	}
	return list
}
