"""Many clients at once, each a connection of its own, in a process for each kind: what an upgrade must not disturb.

Renewers keep their connections and renew in turn at a fixed rate; pollers are parked and come again as soon as they are
answered; newcomers connect, fetch a list and leave; the same with TLS for renewers, as threads. Every client is a
careful one: it connects anew where it was told to (Connection: close) or where an idle connection was closed, and
everything else counts against the node. Counted: see COUNTS.
"""

import multiprocessing
import selectors
import signal
import socket
import ssl
import threading
import time

from lib.fleet import REGISTER, RENEW, listed
from lib.wire import ENV, PORT, Client, code_of, get_bytes, split_answer

COUNTS = ("answers", "failed", "refused", "cut", "moved_idle", "told_to_close", "short", "unchanged", "changed")
COUNTS += ("went_on_elsewhere", "cut_elsewhere")
TLS_PORT = 7443


class Counts(dict):
    def __init__(self):
        super().__init__({name: 0 for name in COUNTS})
        self["gap_s"] = 0.0
        self["slowest_s"] = 0.0
        self["notes"] = []

    def note(self, text):
        if len(self["notes"]) < 5:
            self["notes"].append(text)


class _Connection:
    """One request at a time on a non-blocking socket."""

    def __init__(self, selector, address, source):
        self.selector, self.address, self.source = selector, address, source
        self.data = None
        self.socket = None
        self.buffer = bytearray()
        self.asked_at = None
        self.owner = None

    def connect(self):
        self.socket = socket.create_connection((self.address, PORT), timeout=5.0, source_address=(self.source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.selector.register(self.socket, selectors.EVENT_READ, self)

    def close(self):
        if self.socket is not None:
            self.selector.unregister(self.socket)
            self.socket.close()
        self.socket, self.buffer, self.asked_at = None, bytearray(), None

    def send(self, data):
        self.asked_at = time.monotonic()
        self.data = data
        self.socket.send(data)

    def read(self):
        """(status, body, told to close) or None while it is incomplete; OSError where it is over."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("closed")
        self.buffer += piece
        found = split_answer(self.buffer)
        if found is None:
            return None
        close = b"\r\nconnection: close" in bytes(self.buffer[: self.buffer.find(b"\r\n\r\n")]).lower()
        del self.buffer[: found[2]]
        return found[0], found[1], close


class _Worker:
    """A process's loop: what is ready, and step() every millisecond."""

    others = ()  # nodes to go on at, for clients that change nodes

    def __init__(self, counts, stop):
        self.selector = selectors.DefaultSelector()
        self.counts, self.stop = counts, stop
        self.last_answer = time.monotonic()

    def open(self, connection):
        try:
            connection.connect()
            return True
        except OSError as error:
            if self.elsewhere(connection):
                return self.open(connection)
            self.counts["refused"] += 1
            self.counts.note(f"connect: {error}")
            return False

    def elsewhere(self, connection):
        """Its next connection is to another node; False where there is none."""
        if not self.others:
            return False
        nodes = list(self.others)
        connection.address = nodes[(nodes.index(connection.address) + 1) % len(nodes)]
        self.counts["went_on_elsewhere"] += 1
        return True

    def ask(self, connection, data):
        """Once more on a new connection, where an idle one turns out to be closed."""
        for _ in range(2):
            if connection.socket is None and not self.open(connection):
                return False
            try:
                connection.send(data)
                return True
            except OSError:
                self.counts["moved_idle"] += 1
                connection.close()
        self.counts["failed"] += 1
        return False

    def ready(self, connection):
        try:
            answer = connection.read()
        except OSError as error:
            waited = connection.asked_at is not None
            if waited and self.others:
                self.counts["cut_elsewhere"] += 1
                self.counts.note(f"cut, and asked elsewhere: {error}")
                connection.close()
                self.elsewhere(connection)
                return self.ask(connection, connection.data)
            self.counts["cut" if waited else "moved_idle"] += 1
            if waited:
                self.counts.note(f"cut: {error}")
            connection.close()
            return self.lost(connection, waited)
        except ValueError as error:
            self.counts["failed"] += 1
            self.counts.note(str(error))
            connection.close()
            return None
        if answer is None:
            return None
        now = time.monotonic()
        self.counts["answers"] += 1
        self.counts["gap_s"] = max(self.counts["gap_s"], now - self.last_answer)
        self.counts["slowest_s"] = max(self.counts["slowest_s"], now - connection.asked_at)
        self.last_answer = now
        connection.asked_at = None
        if answer[2]:
            self.counts["told_to_close"] += 1
            connection.close()
            self.elsewhere(connection)
        return self.answered(connection, answer[0], answer[1])

    def lost(self, connection, waited):
        pass

    def run(self):
        while not self.stop.is_set():
            for key, _ in self.selector.select(0.001):
                self.ready(key.data)
            self.step(time.monotonic())
        return self.counts


class Renewers(_Worker):
    def __init__(self, counts, stop, address, fleet, connections, rate):
        super().__init__(counts, stop)
        self.address, self.fleet, self.rate = address, fleet, rate
        self.connections = [_Connection(self.selector, address, "127.0.2.1") for _ in range(connections)]
        self.next, self.instance, self.due = 0, 0, time.monotonic()

    def step(self, now):
        for _ in range(64):
            if now < self.due:
                return
            connection = self._idle()
            if connection is None:
                return
            self.due = max(self.due + 1.0 / self.rate, now - 0.1)
            self.instance = (self.instance + 1) % self.fleet.count
            self.ask(connection, self.fleet.request(RENEW, self.instance))

    def _idle(self):
        for _ in range(len(self.connections)):
            self.next = (self.next + 1) % len(self.connections)
            if self.connections[self.next].asked_at is None:
                return self.connections[self.next]
        return None

    def answered(self, _connection, status, body):
        if status != 200 or code_of(body) != 0:
            self.counts["failed"] += 1
            self.counts.note(f"renew: {status} {body[:80]}")


class Pollers(_Worker):
    """Parked polls: of an application each, from the timestamp of its list."""

    def __init__(self, counts, stop, address, fleet, polls):
        super().__init__(counts, stop)
        self.fleet = fleet
        self.cursors = {}
        client = Client(address)
        for app in range(fleet.apps):
            body = client.request(get_bytes(f"/discovery/fetch?env={ENV}&status=1&appid=app.{app:03d}"))[1]
            self.cursors[app] = int(body.rpartition(b'"latest_timestamp":')[2].split(b"}")[0])
        client.close()
        for i in range(polls):
            connection = _Connection(self.selector, address, "127.0.2.2")
            connection.owner = i % fleet.apps
            self.park(connection)

    def park(self, connection):
        app = connection.owner
        self.ask(
            connection,
            get_bytes(
                f"/discovery/polls?env={ENV}&appid=app.{app:03d}&hostname=p&latest_timestamp={self.cursors[app]}"
            ),
        )

    def step(self, _now):
        pass

    def lost(self, connection, _waited):
        self.park(connection)

    def answered(self, connection, status, body):
        code = code_of(body)
        if status == 200 and code == -304:
            self.counts["unchanged"] += 1
        elif status == 200 and code == 0:
            self.counts["changed"] += 1
            if len(listed(body)) != self.fleet.size_of_app(connection.owner):
                self.counts["short"] += 1
            self.cursors[connection.owner] = int(body.rpartition(b'"latest_timestamp":')[2].split(b"}")[0])
        elif not (self.others and code == -500):  # which is what sends careful clients to another node
            self.counts["failed"] += 1
            self.counts.note(f"poll: {status} {body[:80]}")
        self.park(connection)


class Newcomers(_Worker):
    """A new connection for each list."""

    def __init__(self, counts, stop, address, fleet, rate):
        super().__init__(counts, stop)
        self.address, self.fleet, self.rate = address, fleet, rate
        self.due, self.app = time.monotonic(), 0

    def step(self, now):
        while now >= self.due:
            self.due += 1.0 / self.rate
            self.app = (self.app + 1) % self.fleet.apps
            connection = _Connection(self.selector, self.address, "127.0.2.3")
            connection.owner = self.app
            self.ask(connection, get_bytes(f"/discovery/fetch?env={ENV}&status=1&appid=app.{self.app:03d}"))

    def answered(self, connection, status, body):
        whole = status == 200 and code_of(body) == 0
        if not whole:
            self.counts["failed"] += 1
            self.counts.note(f"fetch: {status} {body[:80]}")
        elif len(listed(body)) != self.fleet.size_of_app(connection.owner):
            self.counts["short"] += 1
        connection.close()


def changing(kind, nodes):
    """The same clients, which go on at the next of these nodes where one sends them away or is gone."""
    return type(f"{kind.__name__}ThatChange", (kind,), {"others": tuple(nodes)})


class TlsRenewers:
    """Threads, each with a connection over TLS that renews every period."""

    def __init__(self, counts, stop, address, fleet, clients, period_s):
        self.counts, self.stop, self.address, self.fleet = counts, stop, address, fleet
        self.period_s, self.lock = period_s, threading.Lock()
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.threads = [threading.Thread(target=self._client, args=(i,), daemon=True) for i in range(clients)]

    def run(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        return self.counts

    def _count(self, name, note=None):
        with self.lock:
            self.counts[name] += 1
            if note:
                self.counts.note(note)

    def _client(self, i):
        stream = None
        while not self.stop.wait(self.period_s):
            try:
                if stream is None:
                    plain = socket.create_connection((self.address, TLS_PORT), timeout=10.0)
                    stream = self.context.wrap_socket(plain)
            except OSError as error:
                self._count("refused", f"TLS connect: {error}")
                continue
            stream = self._renew(stream, i % self.fleet.count)

    def _renew(self, stream, instance):
        try:
            stream.sendall(self.fleet.request(RENEW, instance))
            buffer = bytearray()
            while (found := split_answer(buffer)) is None:
                piece = stream.recv(1 << 16)
                if not piece:
                    raise ConnectionError("closed before the answer")
                buffer += piece
        except (OSError, ValueError) as error:
            self._count("cut", f"TLS: {error}")
            stream.close()
            return None
        self._count("answers")
        if found[0] != 200 or code_of(found[1]) != 0:
            self._count("failed", f"TLS renew: {found[0]} {found[1][:80]}")
        if b"connection: close" in bytes(buffer).lower():
            self._count("told_to_close")
            stream.close()
            return None
        return stream


def _process(kind, stop, pipe, words):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe.send(kind(Counts(), stop, *words).run())


class Swarm:
    """A context: add() kinds, and stop() gives name -> Counts."""

    def __init__(self):
        self._context = multiprocessing.get_context("fork")
        self._stop = self._context.Event()
        self._all = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        for process, _ in self._all.values():
            process.join(10.0)
            process.kill()

    def add(self, name, kind, *words):
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_process, args=(kind, self._stop, theirs, words), daemon=True)
        process.start()
        self._all[name] = (process, ours)

    def stop(self):
        self._stop.set()
        return {name: pipe.recv() for name, (_, pipe) in self._all.items()}


def register_all(fleet, address):
    client = Client(address)
    for i in range(fleet.count):
        answer = client.request(fleet.request(REGISTER, i))
        if answer[0] != 200 or code_of(answer[1]) != 0:
            raise RuntimeError(f"register: {answer}")
    client.close()
