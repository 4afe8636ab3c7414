"""limits: every limit of docs/configuration.md, [limits], at the limit and one past it, on a real process.

The first daemon runs with the defaults (--short: with shorter deadlines, and 32 MiB of partly read requests), a second
one with few connections and little memory. Each row is one line on standard error.
Bounds: every row as expected; all of it a second time, but for the deadlines, leaves the memory of the daemon at most
8 MB above what the first time left. That is told as well: the allocator keeps some of what was freed.
"""

import select
import socket
import threading
import time

from lib.options import parse, run
from lib.report import Result, say
from lib.wire import PORT, code_of, split_answer
from target import MB, Target, attackers

KIB, MIB = 1 << 10, 1 << 20
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
GROWTH_MB_MAX = 8.0


class Talk:
    """One connection."""

    def __init__(self, target, source=attackers(0)):
        self.socket = socket.create_connection((target.node.address, PORT), timeout=100, source_address=(source, 0))
        self.began = time.monotonic()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # refused before all was sent; the answer says why

    def answer(self):
        """(status, body), or "closed"."""
        data = bytearray()
        while True:
            try:
                piece = self.socket.recv(1 << 20)
            except OSError:
                return "closed"
            if not piece:
                return "closed"
            data += piece
            found = split_answer(data)
            if found:
                return found[0], found[1]

    def close(self):
        self.socket.close()


def ask(target, request):
    talk = Talk(target)
    try:
        talk.send(request)
        return talk.answer()
    finally:
        talk.close()


def get(target, query, headers=""):
    return ask(target, f"GET {query} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode())


def post(target, path, body, headers=FORM):
    body = body.encode()
    return ask(target, f"POST {path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def seen(answer):
    """A status other than 200, else the code in the body."""
    if answer == "closed":
        return "closed"
    status, body = answer
    return status if status != 200 else code_of(body)


def form(**fields):
    whole = {"zone": "z", "env": "dev", "appid": "limits", "hostname": "h", "status": "1", "addrs": "http://a:1", **fields}
    return "&".join(f"{name}={value}" for name, value in whole.items() if value is not None)


def register(target, more="", **fields):
    return seen(post(target, "/discovery/register", form(**fields) + more))


class Rows:
    def __init__(self, target):
        self.target = target
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def row(self, what, at, at_expected, past, past_expected):
        """Two calls: at the limit, and one past it."""
        before = self.target.resident()
        results = [(at(), at_expected), (past(), past_expected)]
        with self.lock:
            for found, expected in results:
                ok = found in expected if isinstance(expected, tuple) else found == expected
                self.passed += ok
                self.failed += not ok
            shown = ", ".join(f"{f}" if f == e or (isinstance(e, tuple) and f in e) else f"{f} INSTEAD OF {e}" for f, e in results)
            say(f"{what:<58} {shown:<24} memory {(self.target.resident() - before) / MB:+.1f} MB")


def head_bytes(target, count):
    start, end = "GET /healthz HTTP/1.1\r\nHost: a\r\nA: ", "\r\n\r\n"
    return seen_status(ask(target, (start + "a" * (count - len(start) - len(end)) + end).encode()))


def seen_status(answer):
    return answer if answer == "closed" else answer[0]


def sizes(rows):
    """What is measured in bytes and numbers."""
    t = rows.target
    rows.row("request head 256 KiB", lambda: head_bytes(t, 256 * KIB), 200, lambda: head_bytes(t, 256 * KIB + 1), 431)
    fields = lambda n: seen_status(get(t, "/healthz", "A: b\r\n" * (n - 1)))
    rows.row("header fields 100", lambda: fields(100), 200, lambda: fields(101), 431)
    body = lambda n: seen(post(t, "/discovery/register", form() + "&x=" + "x" * (n - len(form()) - 3)))
    rows.row("body 10 MiB", lambda: body(10 * MIB), 0, lambda: body(10 * MIB + 1), 413)
    chunked = lambda n: seen(ask(t, (f"POST /discovery/register?{form()} HTTP/1.1\r\nHost: a\r\n"
                                     f"Transfer-Encoding: chunked\r\n\r\n{n:x}\r\n{'x' * n}\r\n0\r\n\r\n").encode()))
    rows.row("body 10 MiB in chunks", lambda: chunked(10 * MIB), 0, lambda: chunked(10 * MIB + 1), 413)
    many = lambda n: register(t, "&x" * (n - 6))
    rows.row("form fields 10,000", lambda: many(10_000), 0, lambda: many(10_001), -400)
    for path, rest in (("fetchs", "status=1"), ("poll", "hostname=h"), ("polls", "hostname=h")):
        each = "&latest_timestamp=0" if path == "polls" else ""
        apps = lambda n, path=path, rest=rest, each=each: seen(
            get(t, f"/discovery/{path}?env=dev&{rest}&" + f"appid=limits{each}" + "".join(f"&appid=a{i}{each}" for i in range(n - 1))))
        rows.row(f"applications of one {path} 2,000", lambda: apps(2000), (0, -404), lambda: apps(2001), -400)
    for name in ("appid", "env", "zone", "hostname"):
        named = lambda n, name=name: register(t, **{name: "n" * n})
        rows.row(f"{name} 1,024 bytes", lambda: named(1024), 0, lambda: named(1025), -400)
        rows.row(f"{name} 1 byte, none", lambda: named(1), 0, lambda: named(0), -400)
    members = lambda n: register(t, metadata="{" + ",".join(f'"m{i}":"v"' for i in range(n)) + "}")
    rows.row("metadata members 256", lambda: members(256), 0, lambda: members(257), -400)
    text = lambda n: register(t, metadata='{"m":"' + "v" * (n - 1) + '"}')
    rows.row("metadata 64 KiB", lambda: text(64 * KIB), 0, lambda: text(64 * KIB + 1), -400)
    addrs = lambda n: register(t, "&addrs=http://a:1" * (n - 1))
    rows.row("addrs 64", lambda: addrs(64), 0, lambda: addrs(65), -400)
    deep = lambda n: register(t, metadata='{"m":' + "[" * (n - 1) + "]" * (n - 1) + "}")
    rows.row("JSON depth 16, 1,000,000", lambda: deep(16), 0, lambda: deep(1_000_000), -400)
    rows.row("1 MB of percent signs; 100,000 times appid=", lambda: seen(post(t, "/discovery/register", form(x="%" * MIB))), 0,
             lambda: seen(post(t, "/discovery/register", "&".join(["appid=a"] * 100_000))), -400)


def partly_read(rows, total):
    """Bodies that stop short of their end, until they fill what all may hold together; it is freed when they go."""
    t = rows.target
    each = 10 * MIB - KIB
    head = f"POST /discovery/register HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: {10 * MIB}\r\n\r\n".encode()
    talks = []

    def hold(count):
        for _ in range(count):
            talks.append(Talk(t))
            talks[-1].send(head + b"x" * each)
        return "held"

    def until_refused():
        found = "held"
        while found == "held" and len(talks) <= total // each:
            hold(1)
            if select.select([talks[-1].socket], [], [], 0.3)[0]:
                found = seen_status(talks[-1].answer())
        for talk in talks:
            talk.close()
        return found

    # A buffer may be up to twice what is in it.
    rows.row(f"partly read requests {total // MIB} MiB in all", lambda: hold(total // (16 * MIB)), "held", until_refused, 503)


def deadlines(rows, head, body, idle):
    """All wait at the same time, each on a connection of its own."""
    t = rows.target

    def late(start, drip, pause):
        """What comes of a request that begins so and goes on byte by byte; and after how many seconds."""
        talk = Talk(t)
        talk.send(start)
        talk.socket.settimeout(pause)
        while True:
            try:
                data = talk.socket.recv(4096)
                found = int(data[9:12]) if data else "closed"
                return found, time.monotonic() - talk.began
            except TimeoutError:
                talk.send(drip)
            except OSError:
                return "closed", time.monotonic() - talk.began

    def row(what, start, drip, expected, after, pause=0.5, slack=2.0):
        found, seconds = late(start, drip, pause)
        in_time = after - 0.3 <= seconds <= after + slack
        rows.row(f"{what}: ended after {seconds:.1f} s", lambda: found, expected, lambda: in_time, True)

    post_head = f"POST /discovery/register HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: 1000000\r\n\r\n".encode()
    cases = [
        (f"head {head:g} s", b"GET /healthz HTTP/1.1\r\nA: ", b"a", 408, head),
        ("body below 500 B/s", post_head, b"a" * 10, 408, min(5.0, body)),
        (f"body {body:g} s, above 500 B/s", post_head, b"a" * 1000, 408, body),
        (f"idle {idle:g} s", b"", b"", "closed", idle),
    ]
    threads = [threading.Thread(target=row, args=case) for case in cases]
    for thread in threads:
        thread.start()
    return threads


def small(rows):
    """Connections in all and of one address; the memory of the registry."""
    t = rows.target

    def connected(source, count):
        talks = [Talk(t, source) for _ in range(count)]
        talks[-1].send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        found = seen_status(talks[-1].answer())
        return talks, found

    held = []

    def open_(source, count):
        talks, found = connected(source, count)
        held.extend(talks)
        return found

    def past(source):
        more = Talk(t, source)
        found = seen_status(more.answer())
        more.close()
        return found

    rows.row("connections of one address 10", lambda: open_(attackers(1), 10), 200, lambda: past(attackers(1)), 503)
    # One more asks whether the daemon is ready, all the time.
    rows.row("connections 30 in all", lambda: (open_(attackers(2), 10), open_(attackers(3), 9))[1], 200,
             lambda: past(attackers(4)), 503)
    for talk in held:
        talk.close()
    time.sleep(0.5)  # until it has noticed
    stored = [0]

    def fill():
        while stored[0] < 1000 and register(t, hostname=f"h{stored[0]}", version="v" * 30_000) == 0:
            stored[0] += 1
        return stored[0] > 20

    rows.row("registry memory 2 MiB", fill, True, lambda: register(t, hostname="more", version="v" * 30_000), -500)
    renew = lambda host: seen(post(t, "/discovery/renew", form(hostname=host)))
    rows.row("a full registry renews, and knows no other", lambda: renew("h0"), 0, lambda: renew("more"), -404)
    cancel = lambda host: seen(post(t, "/discovery/cancel", form(hostname=host)))
    rows.row("a full registry cancels, and takes a small one", lambda: cancel("h1"), 0, lambda: register(t, hostname="tiny"), 0)


def main():
    options = parse(__doc__, short=True)
    result = Result("limits")
    head, body, idle, partial = (1.0, 6.0, 3.0, 32 * MIB) if options.short else (5.0, 15.0, 75.0, 256 * MIB)
    limits = []
    if options.short:
        limits = [f'head_timeout = "{head:g}s"', f'body_timeout = "{body:g}s"', f'idle_timeout = "{idle:g}s"',
                  f'partial_bytes = "{partial // MIB}MiB"']
    with Target({"limits": limits}) as target:
        rows = Rows(target)
        register(target)
        before = target.resident()
        waiting = deadlines(rows, head, body, idle)
        sizes(rows)
        for thread in waiting:
            thread.join()
        partly_read(rows, partial)
        time.sleep(1.0)  # until it has noticed
        first = target.resident()
        sizes(rows)
        partly_read(rows, partial)
        time.sleep(1.0)  # as above
        second = target.resident()
        ended = target.metric("discovery_client_throttled_total")
    with Target({"limits": ["connections = 30", "connections_per_address = 10", 'registry_memory = "2MiB"']}) as target:
        more = Rows(target)
        small(more)
    result.at_most("cases that were not as expected", rows.failed + more.failed, 0)
    result.note("cases", rows.passed + more.passed + rows.failed + more.failed)
    result.at_most("memory after the second time", (second - first) / MB, GROWTH_MB_MAX, " MB more than after the first")
    result.note("after the first", (first - before) / MB, " MB more than before")
    result.note("refused or ended by the daemon", int(ended))
    result.finish()


run(main)
