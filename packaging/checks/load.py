"""Clients of one node that go on whatever happens to it: registers instances, renews each of them, reads their lists, and
counts what failed. Ends on SIGTERM, prints one line of JSON. Standard library only.

    load.py HOST:PORT INSTANCES

Every instance is renewed once a second, every list read five times a second, over connections that are kept; and a few long
polls wait for changes. Nothing is tried again: a call that fails counts as one. Writes "ready" once every instance is registered.

Members of the result: renewals, reads, polls: answered as they should be; sent_away: polls that were asked to go to another
node, as a node does that ends. Each kind of failure: refused (no connection), broken (a connection that ended before the
answer), unknown (a renewal of an instance that the node does not know), empty (a list without instances), short (one that lacks
some), error (any other code). gap_s: the longest time in which no renewal and no read was answered.
"""

import http.client
import json
import signal
import sys
import threading
import time
import urllib.parse

APPS = 10
WORKERS = 4
POLLS = 3
RETRY_S = 0.2  # a poll that failed is asked again so much later


class Counts:
    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = dict.fromkeys(("renewals", "reads", "polls", "sent_away", "refused", "broken", "unknown", "empty", "short", "error"), 0)
        self.answered_at = time.monotonic()
        self.gap_s = 0.0

    def add(self, kind, answered):
        with self.lock:
            self.numbers[kind] += 1
            if answered:
                now = time.monotonic()
                self.gap_s = max(self.gap_s, now - self.answered_at)
                self.answered_at = now

    def result(self):
        with self.lock:
            return {**self.numbers, "gap_s": round(max(self.gap_s, time.monotonic() - self.answered_at), 3)}


class Client:
    """One connection, opened anew after a failure."""

    def __init__(self, address, timeout_s=10):
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.timeout_s = timeout_s
        self.connection = None

    def call(self, method, path, form=None):
        """The answer, or the kind of failure."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
                self.connection.connect()
        except OSError:
            self.connection = None
            return "refused"
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
            body = urllib.parse.urlencode(form) if form else None
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.will_close:
                self.connection.close()
                self.connection = None
            return json.loads(text)
        except (OSError, http.client.HTTPException, ValueError):
            self.connection.close()
            self.connection = None
            return "broken"


def identity(i):
    return {"zone": "zone01", "env": "dev", "appid": f"load.app{i % APPS}", "hostname": f"load-{i}"}


def register(client, i):
    answer = client.call("POST", "/discovery/register", {**identity(i), "status": 1, "addrs": f"http://10.9.0.{i % 250}:80"})
    if not isinstance(answer, dict) or answer.get("code") != 0:
        sys.exit(f"load.py: register: {answer}")


def renew(client, i, counts):
    answer = client.call("POST", "/discovery/renew", identity(i))
    if isinstance(answer, str):
        counts.add(answer, False)
    else:
        counts.add({0: "renewals", -404: "unknown"}.get(answer.get("code"), "error"), True)


def read(client, app, expected, counts):
    answer = client.call("GET", f"/discovery/fetch?env=dev&appid=load.app{app}&status=1")
    if isinstance(answer, str):
        counts.add(answer, False)
    elif answer.get("code") == -404:
        counts.add("empty", True)
    elif answer.get("code") != 0:
        counts.add("error", True)
    else:
        found = sum(len(of_zone) for of_zone in answer["data"]["instances"].values())
        counts.add("reads" if found == expected else "short" if found else "empty", True)


def work(address, number, instances, counts, end):
    """The calls of one worker, spread over each fifth of a second."""
    client = Client(address)
    mine = range(number, instances, WORKERS)
    turn = 0
    while not end.is_set():
        began = time.monotonic()
        for i in mine:
            if i // WORKERS % 5 == turn % 5:
                renew(client, i, counts)
        for app in range(number, APPS, WORKERS):
            read(client, app, len(range(app, instances, APPS)), counts)
        turn += 1
        end.wait(max(0.0, began + 0.2 - time.monotonic()))


def poll(address, app, counts, end):
    """One long poll after the other; what it answers says when the next asks for something newer."""
    client = Client(address, timeout_s=45)
    since = 0
    while not end.is_set():
        answer = client.call("GET", f"/discovery/polls?env=dev&appid=load.app{app}&hostname=poller&latest_timestamp={since}")
        if isinstance(answer, str):
            counts.add(answer, False)
            end.wait(RETRY_S)
        elif answer.get("code") == 0:
            since = next(iter(answer["data"].values()))["latest_timestamp"]
            counts.add("polls", False)
        else:
            counts.add({-304: "polls", -500: "sent_away"}.get(answer.get("code"), "error"), False)


def main():
    address, instances = sys.argv[1], int(sys.argv[2])
    client = Client(address)
    for i in range(instances):
        register(client, i)
    counts, end = Counts(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    workers = [threading.Thread(target=work, args=(address, n, instances, counts, end)) for n in range(WORKERS)]
    for app in range(POLLS):  # not waited for: they wait for half a minute themselves
        threading.Thread(target=poll, args=(address, app, counts, end), daemon=True).start()
    for worker in workers:
        worker.start()
    print("ready", flush=True)
    for worker in workers:
        worker.join()
    print(json.dumps(counts.result()), flush=True)


if __name__ == "__main__":
    main()
