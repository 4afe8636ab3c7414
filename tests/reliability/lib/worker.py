"""One process of load: keep-alive connections over epoll, ready request bytes, no thread.

It behaves as the clients of the registry do: a node that does not answer, or answers -500, leads to another node; a
renew answered -404 leads to a register at the same node. They return to their home node sooner, with the next
renewal. One request is under way per connection, one operation per instance.

Beats are open loops: operations start at their own times however slow the answers are. A latency counts from the
moment an operation is due here to its answer, so waiting for a connection is in it and the coarse timer of this
process is not.
"""

import gc
import heapq
import random
import select
import socket
import time
from array import array
from collections import deque

from lib.fleet import CANCEL, REGISTER, RENEW
from lib.wire import PORT, code_of, split_answer

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 5.0
RETRY_AFTER_S = 0.5
CANCEL_ATTEMPTS_MAX = 60
FLUSH_S = 0.05
LATENCIES_MAX = 2_000_000
FILL_IN_FLIGHT = 24
BACK_AFTER_S = (1.0, 20.0)  # a cancelled instance registers again after so long, where it does


class Connection:
    __slots__ = ("node", "socket", "operation", "buffer")

    def __init__(self, node, sock):
        self.node = node
        self.socket = sock
        self.operation = None
        self.buffer = b""


class Operation:
    __slots__ = ("kind", "instance", "version", "begun", "tried", "failed", "deadline")

    def __init__(self, kind, instance, version, begun):
        self.kind = kind
        self.instance = instance
        self.version = version
        self.begun = begun
        self.tried = 0
        self.failed = False  # an attempt ended without an answer: it may have been applied
        self.deadline = 0.0


class Beat:
    """An operation over instances first..last-1 in turn, `rate` a second, at the given nodes."""

    def __init__(self, kind, rate, nodes, first, last, new_version):
        self.kind = kind
        self.interval = 1.0 / rate
        self.nodes = nodes
        self.first = first
        self.last = last
        self.new_version = new_version
        self.at = first
        self.next = time.monotonic()


class Worker:
    """Runs in its own process until its pipe says stop or closes. Commands and reports: lib/load.py."""

    def __init__(self, pipe, fleet, first, last, nodes, settings):
        self.pipe = pipe
        self.fleet = fleet
        self.first = first
        self.last = last
        self.nodes = nodes  # addresses
        self.source = settings["source"]
        self.per_node = settings["connections_per_node"]
        self.history = settings["history"]  # report every single event, for a checker
        self.roaming = settings["roaming"]  # share of the instances that go to a random node each time
        self.random = random.Random(settings["seed"] + first)
        count = last - first
        self.version = array("l", [0]) * count
        self.alive = bytearray(count)
        self.busy = bytearray(count)
        self.home = array("b", [i % len(nodes) for i in range(count)])
        self.renew_bytes = [None] * count
        self.idle = [[] for _ in nodes]
        self.open = [0] * len(nodes)
        self.waiting = [deque() for _ in nodes]
        self.connections = {}
        self.timeouts = deque()
        self.later = []
        self.later_number = 0
        self.beats = {}
        self.fill_next = None
        self.fill_left = 0
        self.churn_rate = 0.0
        self.churn_next = 0.0
        self.under_way = 0
        self.changes = 0  # of these, what is no renewal
        self.latencies = array("d")
        self.counts = {}
        self.codes = {}
        self.events = []
        self.flushed = 0.0
        self.running = True
        self.epoll = select.epoll()

    # --- what the main process asks ---------------------------------------------------------------------------------

    def run(self):
        gc.collect()
        gc.freeze()
        self.epoll.register(self.pipe.fileno(), select.EPOLLIN)
        while self.running:
            now = time.monotonic()
            self.fire(now)
            if now - self.flushed >= FLUSH_S:
                self.flush(now)
            for fd, _ in self.epoll.poll(self.until_next(now), 256):
                connection = self.connections.get(fd)
                if connection is not None:
                    self.readable(connection)
                elif fd == self.pipe.fileno():
                    self.command()
        for connection in list(self.connections.values()):
            connection.socket.close()

    def command(self):
        try:
            words = self.pipe.recv()
        except EOFError:
            self.running = False
            return
        getattr(self, "do_" + words[0])(*words[1:])

    def do_stop(self):
        self.running = False

    def do_fill(self):
        self.fill_next = self.first
        self.fill_left = self.last - self.first
        for _ in range(FILL_IN_FLIGHT):
            self.fill_one()

    def do_beat(self, name, kind, rate, nodes, first, last, new_version):
        first, last = max(first, self.first), min(last, self.last)
        if first < last:
            self.beats[name] = Beat(kind, rate, nodes, first, last, new_version)

    def do_rest(self, name):
        self.beats.pop(name, None)

    def do_churn(self, rate):
        self.churn_rate = rate
        self.churn_next = time.monotonic()

    def do_stats(self, clear):
        self.pipe.send(
            ("stats", {"counts": self.counts, "codes": self.codes, "latencies": self.latencies, "busy": self.under_way})
        )
        if clear:
            self.counts, self.codes, self.latencies = {}, {}, array("d")

    def do_clients(self):
        """Who should be listed: instance -> version."""
        alive = {self.first + k: self.version[k] for k in range(self.last - self.first) if self.alive[k]}
        self.pipe.send(("clients", alive))

    def flush(self, now):
        """The watermark: whatever began or ended before it has been told."""
        self.flushed = now
        if self.history:
            self.pipe.send(("events", now, self.changes, self.events))
            self.events = []

    # --- time -------------------------------------------------------------------------------------------------------

    def until_next(self, now):
        next_time = self.flushed + FLUSH_S
        for beat in self.beats.values():
            next_time = min(next_time, beat.next)
        if self.later:
            next_time = min(next_time, self.later[0][0])
        return max(0.0, next_time - now)

    def fire(self, now):
        for beat in self.beats.values():
            while beat.next <= now:
                self.beat_one(beat)
                beat.next += beat.interval
        while self.later and self.later[0][0] <= now:
            _, _, action, argument = heapq.heappop(self.later)
            action(argument)
        while self.timeouts and self.timeouts[0][0] <= now:
            _, connection, operation = self.timeouts.popleft()
            if connection.operation is operation:
                self.count("timeout")
                self.lost(connection)
        if self.churn_rate and self.churn_next <= now:
            self.churn_next = max(now, self.churn_next + self.random.expovariate(self.churn_rate))
            self.churn_one()

    def after(self, delay, action, argument):
        self.later_number += 1
        heapq.heappush(self.later, (time.monotonic() + delay, self.later_number, action, argument))

    def beat_one(self, beat):
        i = beat.at
        beat.at = beat.first if i + 1 >= beat.last else i + 1
        k = i - self.first
        if self.busy[k]:
            self.count("skipped, busy")
            return
        if beat.kind == RENEW and not self.alive[k]:
            return
        if beat.new_version:
            self.version[k] += 1
        node = self.random.choice(beat.nodes) if beat.nodes else self.choose(k)
        self.begin(beat.kind, i, node, time.monotonic())

    def churn_one(self):
        """Cancels one live instance; most come back later as a new version."""
        k = self.random.randrange(self.last - self.first)
        if self.busy[k] or not self.alive[k]:
            return
        self.begin(CANCEL, self.first + k, self.choose(k), time.monotonic())

    def come_back(self, i):
        k = i - self.first
        if self.busy[k] or self.alive[k]:
            return
        if not self.churn_rate:  # whoever was to come back stays away until churn goes on
            self.after(1.0, self.come_back, i)
            return
        self.version[k] += 1
        self.begin(REGISTER, i, self.choose(k), time.monotonic())

    def fill_one(self):
        if self.fill_next is not None and self.fill_next < self.last:
            i = self.fill_next
            self.fill_next += 1
            self.version[i - self.first] += 1
            self.begin(REGISTER, i, self.choose(i - self.first), time.monotonic())

    def choose(self, k):
        return self.random.randrange(len(self.nodes)) if self.random.random() < self.roaming else self.home[k]

    # --- operations -------------------------------------------------------------------------------------------------

    def begin(self, kind, i, node, begun):
        k = i - self.first
        self.busy[k] = 1
        self.under_way += 1
        self.changes += kind != RENEW
        operation = Operation(kind, i, self.version[k], begun)
        if kind == CANCEL:
            self.alive[k] = 0
        if self.history and kind != RENEW:
            self.events.append(("begin", kind, i, operation.version, time.monotonic(), node))
        self.submit(operation, node)

    def submit(self, operation, node):
        idle = self.idle[node]
        if idle:
            self.send(idle.pop(), operation)
        elif self.open[node] < self.per_node:
            connection = self.connect(node)
            if connection is None:
                self.no_answer(operation, node)
            else:
                self.send(connection, operation)
        else:
            self.waiting[node].append(operation)

    def connect(self, node):
        """Blocking: on loopback a connection is made or refused at once."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: one port serves for several nodes
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.bind((self.source, 0))
            sock.settimeout(CONNECT_TIMEOUT_S)
            sock.connect((self.nodes[node], PORT))
            sock.setblocking(False)
        except OSError:
            sock.close()
            self.count("not connected")
            return None
        connection = Connection(node, sock)
        self.connections[sock.fileno()] = connection
        self.open[node] += 1
        self.epoll.register(sock.fileno(), select.EPOLLIN)
        return connection

    def bytes_of(self, operation):
        if operation.kind != RENEW:
            return self.fleet.request(operation.kind, operation.instance, operation.version)
        k = operation.instance - self.first
        if self.renew_bytes[k] is None:
            self.renew_bytes[k] = self.fleet.request(RENEW, operation.instance)
        return self.renew_bytes[k]

    def send(self, connection, operation):
        connection.operation = operation
        connection.buffer = b""
        operation.tried += 1
        data = self.bytes_of(operation)
        try:
            sent = connection.socket.send(data)
        except OSError:
            sent = 0
        if sent != len(data):  # a request fits into an empty socket buffer, or the connection is gone
            self.lost(connection)
            return
        self.timeouts.append((time.monotonic() + ANSWER_TIMEOUT_S, connection, operation))

    def readable(self, connection):
        try:
            data = connection.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or connection.operation is None:
            self.lost(connection)
            return
        connection.buffer = connection.buffer + data if connection.buffer else data
        try:
            found = split_answer(connection.buffer)
        except ValueError:
            self.count("garbage")
            self.lost(connection)
            return
        if found is None:
            return
        operation, connection.operation = connection.operation, None
        self.answered(operation, connection.node, found[0], code_of(found[1]))
        self.release(connection)

    def release(self, connection):
        """To the next who waits for that node, else to the idle ones."""
        node = connection.node
        if self.waiting[node]:
            self.send(connection, self.waiting[node].popleft())
        else:
            self.idle[node].append(connection)

    def lost(self, connection):
        """The connection is gone, and with it whatever waits for this node: another node may be faster."""
        node = connection.node
        fd = connection.socket.fileno()
        self.epoll.unregister(fd)
        del self.connections[fd]
        connection.socket.close()
        self.open[node] -= 1
        if connection in self.idle[node]:
            self.idle[node].remove(connection)
        operation, connection.operation = connection.operation, None
        if operation is not None:
            self.count("lost connection")
            operation.failed = True
            self.no_answer(operation, node)
        waiting, self.waiting[node] = self.waiting[node], deque()
        for other in waiting:
            self.no_answer(other, node)

    def no_answer(self, operation, node):
        """To the next node; after a round of all of them, a rest."""
        others = len(self.nodes)
        to = (node + 1 + self.random.randrange(max(1, others - 1))) % others if others > 1 else node
        operation.tried += 1
        delay = 0.0 if operation.tried < others else RETRY_AFTER_S
        self.after(delay, lambda pair: self.submit(*pair), (operation, to))

    def answered(self, operation, node, status, code):
        key = (operation.kind, node, code if status == 200 else f"HTTP {status}")
        self.codes[key] = self.codes.get(key, 0) + 1
        if status != 200 or code == -500:
            self.no_answer(operation, node)
        elif code == 0:
            self.done(operation, node)
        elif operation.kind == RENEW and code == -404:
            if self.history:
                self.events.append(("refused", RENEW, operation.instance, operation.version, time.monotonic(), node))
            operation.kind = REGISTER
            self.changes += 1
            if self.history:
                self.events.append(("again", REGISTER, operation.instance, operation.version, time.monotonic(), node))
            self.submit(operation, node)
        elif operation.kind == CANCEL and code == -404:
            self.cancel_unknown(operation, node)
        else:
            words = f"operation {operation.kind} of instance {operation.instance} at {self.nodes[node]}"
            raise RuntimeError(f"{words} is answered {code}")

    def cancel_unknown(self, operation, node):
        """An attempt without an answer may have been applied; else the node may not have heard of the instance yet."""
        if operation.failed or operation.tried > CANCEL_ATTEMPTS_MAX:
            self.done(operation, node, sure=False)
        else:
            to = self.random.randrange(len(self.nodes))
            self.after(RETRY_AFTER_S, lambda pair: self.submit(*pair), (operation, to))

    def done(self, operation, node, sure=True):
        now = time.monotonic()
        k = operation.instance - self.first
        self.busy[k] = 0
        self.under_way -= 1
        self.changes -= operation.kind != RENEW
        self.count("done")
        if len(self.latencies) < LATENCIES_MAX:
            self.latencies.append(now - operation.begun)
        if operation.kind == CANCEL:
            if self.random.random() < 0.8:
                self.after(self.random.uniform(*BACK_AFTER_S), self.come_back, operation.instance)
        else:
            self.alive[k] = 1
        if self.history:
            what = "end" if sure else "unsure"
            self.events.append((what, operation.kind, operation.instance, operation.version, now, node))
        if self.fill_left and operation.kind == REGISTER:
            self.fill_left -= 1
            if self.fill_left == 0:
                self.fill_next = None
                self.pipe.send(("filled",))
            else:
                self.fill_one()

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1
