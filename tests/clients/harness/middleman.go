package harness

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A poll is parked over minutes of script only if somebody spins; this bounds what a spinning client can make us remember. What
// is beyond it is still forwarded; what was kept shows peaks far past any limit of the script by then.
const exchangesMax = 400_000

// Middleman stands between the clients and the daemon and remembers every exchange. It works on the byte stream: each client
// connection has one connection of its own to the daemon, bytes pass unchanged in both directions, and a close of either side
// closes the other, so that what the daemon sees (keep-alive, hang-ups) is exactly what the client library does.
type Middleman struct {
	listener net.Listener
	backend  string

	mutex     sync.Mutex
	conns     map[net.Conn]struct{}  // guarded by mutex
	exchanges map[string][]*Exchange // by host; guarded by mutex, with all fields of its elements
	kept      int                    // how many there are; guarded by mutex
	dialled   int                    // guarded by mutex
}

// Listen opens the middleman on a free loopback port; Serve starts it.
func Listen() (*Middleman, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Middleman{listener: listener, conns: map[net.Conn]struct{}{}, exchanges: map[string][]*Exchange{}}, nil
}

// Addr is the address clients use.
func (m *Middleman) Addr() string { return m.listener.Addr().String() }

// Serve forwards to backend in the background until Close.
func (m *Middleman) Serve(backend string) {
	m.backend = backend
	go func() {
		for {
			client, err := m.listener.Accept()
			if err != nil {
				return
			}
			go m.serve(client)
		}
	}()
}

// Close stops listening and cuts every connection.
func (m *Middleman) Close() {
	m.listener.Close()
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for conn := range m.conns {
		conn.Close()
	}
}

func (m *Middleman) serve(client net.Conn) {
	defer client.Close()
	server, err := net.DialTimeout("tcp", m.backend, 3*time.Second)
	if err != nil {
		return
	}
	defer server.Close()
	m.mutex.Lock()
	m.dialled++
	number := m.dialled
	m.conns[client] = struct{}{}
	m.mutex.Unlock()
	defer func() {
		m.mutex.Lock()
		delete(m.conns, client)
		m.mutex.Unlock()
	}()

	requests, requestsTap := io.Pipe()
	responses, responsesTap := io.Pipe()
	pending := make(chan pendingExchange, 16)
	var readers sync.WaitGroup
	readers.Add(2)
	go func() { defer readers.Done(); m.readRequests(number, requests, pending) }()
	go func() { defer readers.Done(); m.readResponses(responses, pending) }()

	done := make(chan struct{}, 2)
	go func() { forward(server, client, requestsTap); done <- struct{}{} }()
	go func() { forward(client, server, responsesTap); done <- struct{}{} }()
	<-done
	client.Close()
	server.Close()
	<-done
	readers.Wait()
}

// forward passes bytes on before it shows them to the reader of the tap, so that reading never delays them noticeably.
func forward(to, from net.Conn, tap *io.PipeWriter) {
	defer tap.Close()
	buffer := make([]byte, 32*1024)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, werr := to.Write(buffer[:n]); werr != nil {
				return
			}
			tap.Write(buffer[:n]) // an error means that the reader gave up: forwarding goes on without it
		}
		if err != nil {
			return
		}
	}
}

type pendingExchange struct {
	exchange *Exchange
	request  *http.Request
}

func (m *Middleman) readRequests(number int, tap *io.PipeReader, pending chan<- pendingExchange) {
	defer close(pending)
	in := bufio.NewReader(tap)
	for {
		exchange, request, err := readExchange(in)
		if err != nil {
			tap.CloseWithError(err)
			return
		}
		exchange.Conn = number
		m.mutex.Lock()
		if m.kept < exchangesMax {
			m.exchanges[exchange.Host] = append(m.exchanges[exchange.Host], exchange)
			m.kept++
		}
		m.mutex.Unlock()
		pending <- pendingExchange{exchange, request}
	}
}

func (m *Middleman) readResponses(tap *io.PipeReader, pending <-chan pendingExchange) {
	in := bufio.NewReader(tap)
	broken := false
	for next := range pending {
		var response *http.Response
		var body []byte
		var err error
		if !broken {
			if response, err = http.ReadResponse(in, next.request); err == nil {
				body, err = io.ReadAll(response.Body)
			}
			if err != nil {
				broken = true
				tap.CloseWithError(err)
			}
		}
		m.mutex.Lock()
		if broken {
			next.exchange.Ended, next.exchange.Aborted = time.Now(), true
		} else {
			next.exchange.answered(response, body)
		}
		m.mutex.Unlock()
	}
	tap.Close()
}

// each visits the exchanges of a host from the newest to the oldest, until visit returns false.
func (m *Middleman) each(host string, visit func(*Exchange) bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, exchange := range slices.Backward(m.exchanges[host]) {
		if !visit(exchange) {
			return
		}
	}
}

// Started lists when requests of the host began since then, per connection.
func (m *Middleman) Started(host string, since time.Time) map[int][]time.Time {
	moments := map[int][]time.Time{}
	m.each(host, func(e *Exchange) bool {
		if e.Started.Before(since) {
			return false // a host's exchanges are very nearly in order of time
		}
		moments[e.Conn] = append(moments[e.Conn], e.Started)
		return true
	})
	return moments
}

// Parked counts polls of the host for exactly these apps that are now unanswered and have been for at least age.
func (m *Middleman) Parked(host string, apps []string, age time.Duration) int {
	count, now := 0, time.Now()
	m.each(host, func(e *Exchange) bool {
		if e.Path == pollsPath && e.Ended.IsZero() && now.Sub(e.Started) >= age && sameApps(e.Apps, apps) {
			count++
		}
		return true
	})
	return count
}

// Told counts the connections of the host on which a polls answer that is after `since` and satisfies told was sent.
func (m *Middleman) Told(host string, since time.Time, told func(*Exchange) bool) int {
	conns := map[int]bool{}
	m.each(host, func(e *Exchange) bool {
		if e.Path == pollsPath && !e.Aborted && e.Ended.After(since) && told(e) {
			conns[e.Conn] = true
		}
		return true
	})
	return len(conns)
}

// Latest renders the last few exchanges of the host, oldest first.
func (m *Middleman) Latest(host string, count int) []string {
	var lines []string
	m.each(host, func(e *Exchange) bool {
		lines = append(lines, e.String())
		return len(lines) < count
	})
	slices.Reverse(lines)
	return lines
}

// Problems renders what no client may be sent, at most a handful, and counts the polls that were answered.
func (m *Middleman) Problems() (problems []string, answered int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, exchanges := range m.exchanges {
		for _, e := range exchanges {
			if e.Problem != "" && len(problems) < 5 {
				problems = append(problems, e.String())
			}
			if e.Path == pollsPath && !e.Ended.IsZero() && !e.Aborted {
				answered++
			}
		}
	}
	return problems, answered
}
