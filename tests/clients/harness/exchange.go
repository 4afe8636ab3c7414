package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const pollsPath = "/discovery/polls"

// Exchange is one request a client sent and what became of it, as the middleman saw it.
type Exchange struct {
	Conn    int // number of the client's connection
	Started time.Time
	Path    string
	Host    string   // the hostname parameter: which client it was
	Apps    []string // sorted
	Asked   map[string]string

	// Set when Ended is.
	Ended   time.Time
	Aborted bool // a side closed before the answer was complete
	Problem string
	Code    int
	Data    map[string]*AppAnswer
	Unknown []string // error["-404"]
}

// AppAnswer is one application in the data of a polls answer.
type AppAnswer struct {
	Latest    int64                        `json:"latest_timestamp"`
	Instances map[string][]json.RawMessage `json:"instances"`
}

// Count is the number of instances over all zones.
func (a *AppAnswer) Count() int {
	count := 0
	for _, zone := range a.Instances {
		count += len(zone)
	}
	return count
}

func (e *Exchange) String() string {
	what := fmt.Sprintf("%s conn=%d %s %s", e.Started.Format("15:04:05.000"), e.Conn, e.Path, e.Host)
	for _, app := range e.Apps {
		what += " " + app + "@" + e.Asked[app]
	}
	switch {
	case e.Ended.IsZero():
		return what + " (in flight)"
	case e.Aborted:
		return what + fmt.Sprintf(" -> hung up after %v", e.Ended.Sub(e.Started).Round(time.Millisecond))
	}
	what += fmt.Sprintf(" -> after %v code=%d", e.Ended.Sub(e.Started).Round(time.Millisecond), e.Code)
	for app, data := range e.Data {
		if data == nil {
			what += " " + app + "=null"
		} else {
			what += fmt.Sprintf(" %s=%d@%d", app, data.Count(), data.Latest)
		}
	}
	if len(e.Unknown) > 0 {
		what += fmt.Sprintf(" unknown=%v", e.Unknown)
	}
	if e.Problem != "" {
		what += " PROBLEM: " + e.Problem
	}
	return what
}

// readExchange reads the next request of a connection. The returned request is only good for http.ReadResponse.
func readExchange(in *bufio.Reader) (*Exchange, *http.Request, error) {
	request, err := http.ReadRequest(in)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, nil, err
	}
	values := request.URL.Query()
	if request.Method == http.MethodPost {
		if values, err = url.ParseQuery(string(body)); err != nil {
			return nil, nil, err
		}
	}
	exchange := &Exchange{Started: time.Now(), Path: request.URL.Path, Host: values.Get("hostname"), Asked: map[string]string{}}
	cursors := values["latest_timestamp"]
	for i, app := range values["appid"] {
		exchange.Apps = append(exchange.Apps, app)
		if i < len(cursors) {
			exchange.Asked[app] = cursors[i]
		}
	}
	slices.Sort(exchange.Apps)
	return exchange, request, nil
}

// answered fills in the answer. A Problem is whatever no client of the registry may ever be sent.
func (e *Exchange) answered(response *http.Response, body []byte) {
	e.Ended = time.Now()
	var answer struct {
		Code  *int                `json:"code"`
		Data  json.RawMessage     `json:"data"`
		Error map[string][]string `json:"error"`
	}
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch err := json.Unmarshal(body, &answer); {
	case response.StatusCode != http.StatusOK:
		e.Problem = "HTTP status " + response.Status
		return
	case err != nil:
		e.Problem = fmt.Sprintf("no JSON: %v: %.80q", err, body)
		return
	case answer.Code == nil:
		e.Problem = "no code"
		return
	case media != "application/json":
		e.Problem = "content type " + media
	}
	e.Code = *answer.Code
	e.Unknown = answer.Error["-404"]
	if e.Path == pollsPath {
		e.readPolls(answer.Data)
	}
}

func (e *Exchange) readPolls(data json.RawMessage) {
	switch e.Code {
	case 0:
	case -304:
		// 30 s of the server, the caller's deadline is 40 s: nothing else may end a park with "nothing new".
		if held := e.Ended.Sub(e.Started); held < 29*time.Second || held > 33*time.Second {
			e.Problem = fmt.Sprintf("-304 after %v", held.Round(time.Millisecond))
		}
		return
	default:
		e.Problem = fmt.Sprintf("polls answered code %d", e.Code)
		return
	}
	// An object may be empty, never absent or null: clients then ask again at once for ever, or crash on a null member.
	if trimmed := bytes.TrimSpace(data); len(trimmed) == 0 || trimmed[0] != '{' {
		e.Problem = fmt.Sprintf("code 0 with data %.40q", data)
		return
	}
	if err := json.Unmarshal(data, &e.Data); err != nil {
		e.Problem = "data: " + err.Error()
		return
	}
	for app, view := range e.Data {
		switch {
		case view == nil:
			e.Problem = "null for " + app
		case view.Latest == 0:
			e.Problem = "latest_timestamp 0 for " + app
		case !slices.Contains(e.Apps, app):
			e.Problem = "data for an app nobody asked for: " + app
		}
	}
}

// Peak is the largest number of moments within any one second (half open: two moments exactly a second apart do not share it).
func Peak(moments []time.Time) int {
	sorted := slices.Clone(moments)
	slices.SortFunc(sorted, time.Time.Compare)
	peak, first := 0, 0
	for i, moment := range sorted {
		for moment.Sub(sorted[first]) >= time.Second {
			first++
		}
		peak = max(peak, i-first+1)
	}
	return peak
}

// sameApps compares application lists without regard to order.
func sameApps(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return strings.Join(a, "\n") == strings.Join(b, "\n")
}
