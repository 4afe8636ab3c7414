package harness

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPeakCountsTheBusiestSecond(t *testing.T) {
	zero := time.Unix(1_700_000_000, 0)
	at := func(ms ...int) (moments []time.Time) {
		for _, m := range ms {
			moments = append(moments, zero.Add(time.Duration(m)*time.Millisecond))
		}
		return moments
	}
	for _, test := range []struct {
		moments []time.Time
		peak    int
	}{
		{nil, 0},
		{at(5), 1},
		{at(0, 1000, 2000, 3000), 1},      // exactly a second apart
		{at(0, 999, 1000, 1998), 3},       // 999, 1000, 1998
		{at(900, 950, 1000, 1050, 10), 4}, // out of order
		{at(0, 400, 800, 1200, 1600), 3},
	} {
		if peak := Peak(test.moments); peak != test.peak {
			t.Errorf("%v: %d, not %d", test.moments, peak, test.peak)
		}
	}
}

func TestAnswersNoClientMayGetAreProblems(t *testing.T) {
	const asJSON = "application/json; charset=utf-8"
	for _, test := range []struct {
		name, media, body string
		status            int
		held              time.Duration
		problem           bool
	}{
		{"list", asJSON, `{"code":0,"data":{"a":{"instances":{"z":[{}]},"latest_timestamp":5}},"error":{"-404":null}}`, 200, 0, false},
		{"nothing known", asJSON, `{"code":0,"data":{},"error":{"-404":["a"]}}`, 200, 0, false},
		{"not modified", asJSON, `{"code":-304}`, 200, 30 * time.Second, false},
		{"not modified early", asJSON, `{"code":-304}`, 200, 28 * time.Second, true},
		{"not modified late", asJSON, `{"code":-304}`, 200, 35 * time.Second, true},
		{"null app", asJSON, `{"code":0,"data":{"a":null}}`, 200, 0, true},
		{"null data", asJSON, `{"code":0,"data":null}`, 200, 0, true},
		{"no data", asJSON, `{"code":0}`, 200, 0, true},
		{"zero cursor", asJSON, `{"code":0,"data":{"a":{"instances":{}}}}`, 200, 0, true},
		{"foreign app", asJSON, `{"code":0,"data":{"b":{"instances":{},"latest_timestamp":5}}}`, 200, 0, true},
		{"refused", asJSON, `{"code":-400}`, 200, 0, true},
		{"no code", asJSON, `{}`, 200, 0, true},
		{"empty body", asJSON, ``, 200, 0, true},
		{"no JSON", asJSON, `busy`, 200, 0, true},
		{"content type", "text/plain", `{"code":0,"data":{}}`, 200, 0, true},
		{"status", asJSON, `{"code":0,"data":{}}`, 500, 0, true},
	} {
		exchange := &Exchange{Started: time.Now().Add(-test.held), Path: pollsPath, Apps: []string{"a"}}
		exchange.answered(&http.Response{
			StatusCode: test.status, Header: http.Header{"Content-Type": {test.media}},
		}, []byte(test.body))
		if (exchange.Problem != "") != test.problem {
			t.Errorf("%s: problem %q", test.name, exchange.Problem)
		}
	}
}

func TestRequestsAreUnderstoodFromQueryAndForm(t *testing.T) {
	form := url.Values{"hostname": {"h"}, "appid": {"b"}}.Encode()
	text := "GET /discovery/polls?hostname=h&appid=b&appid=a&latest_timestamp=2&latest_timestamp=1 HTTP/1.1\r\nHost: x\r\n\r\n" +
		fmt.Sprintf("POST /discovery/renew HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(form), form)
	in := bufio.NewReader(strings.NewReader(text))
	poll, _, err := readExchange(in)
	if err != nil || poll.Host != "h" || !slices.Equal(poll.Apps, []string{"a", "b"}) || poll.Asked["a"] != "1" || poll.Asked["b"] != "2" {
		t.Errorf("poll: %+v %v", poll, err)
	}
	renew, _, err := readExchange(in)
	if err != nil || renew.Host != "h" || renew.Path != "/discovery/renew" {
		t.Errorf("renew: %+v %v", renew, err)
	}
	if _, _, err = readExchange(in); err != io.EOF {
		t.Errorf("end: %v", err)
	}
}

// TestMiddlemanForwardsCountsAndPassesHangUpsOn lets one poll be answered and one be abandoned.
func TestMiddlemanForwardsCountsAndPassesHangUpsOn(t *testing.T) {
	hungUp := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.FormValue("appid") == "parked" {
			<-request.Context().Done()
			close(hungUp)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"code":0,"data":{"a":{"instances":{"z":[{},{}]},"latest_timestamp":7}}}`)
	}))
	defer backend.Close()
	man, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer man.Close()
	man.Serve(backend.Listener.Addr().String())
	began := time.Now()
	until := func(what string, holds func() bool) {
		for !holds() {
			if time.Since(began) > 10*time.Second {
				t.Fatalf("never: %s: %q", what, man.Latest("h", 5))
			}
			time.Sleep(time.Millisecond) // a poll of a condition, not a wait for an amount of time
		}
	}

	response, err := http.Get("http://" + man.Addr() + pollsPath + "?hostname=h&appid=a")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), `"latest_timestamp":7`) {
		t.Errorf("%q %v", body, err)
	}
	until("told", func() bool {
		return man.Told("h", began, func(e *Exchange) bool { return e.Data["a"] != nil && e.Data["a"].Count() == 2 }) == 1
	})

	conn, err := net.Dial("tcp", man.Addr())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s?hostname=h&appid=parked HTTP/1.1\r\nHost: x\r\n\r\n", pollsPath)
	until("parked", func() bool { return man.Parked("h", []string{"parked"}, 0) == 1 })
	conn.Close()
	<-hungUp
	until("no longer parked", func() bool { return man.Parked("h", []string{"parked"}, 0) == 0 })
	if problems, answered := man.Problems(); len(problems) > 0 || answered != 1 {
		t.Errorf("%v, %d answered", problems, answered)
	}
	if started := man.Started("h", began); len(started) != 2 {
		t.Errorf("%v", started)
	}
}
