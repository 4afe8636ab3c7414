"""Many connections held by another process: started, asked how they are, and ended. Attackers of several kinds.

Each kind has open() once and turn() again and again, and tells in state() how it stands."""

import multiprocessing
import select
import signal
import socket
import time
import traceback

from lib.wire import PORT
from target import attackers, on_load_cpu, raise_descriptor_limit

START_TIMEOUT_S = 120.0


class Crowd:
    """A process that runs one attacker. A context: leaving it ends the process, and with it its connections."""

    def __init__(self, attacker):
        here, there = multiprocessing.get_context("fork").Pipe()
        self._pipe = here
        self._process = multiprocessing.get_context("fork").Process(target=_run, args=(there, attacker), daemon=True)
        self._process.start()
        there.close()
        self.state = self._ask(START_TIMEOUT_S)  # when all are connected

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.join()

    def look(self):
        """How it stands now, a dictionary."""
        self._pipe.send("state")
        return self._ask(10.0)

    def _ask(self, within_s):
        if not self._pipe.poll(within_s):
            raise TimeoutError("the attackers say nothing")
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise RuntimeError(f"the attackers failed:\n{answer}")
        return answer


def _run(pipe, attacker):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise_descriptor_limit()
    on_load_cpu()
    try:
        attacker.open()
        pipe.send(attacker.state())
        while True:
            if pipe.poll(0):
                pipe.recv()
                pipe.send(attacker.state())
            attacker.turn()
    except Exception:
        pipe.send(traceback.format_exc())


def connect(address, source, receive_bytes=0, segment_bytes=0):
    """A connection from that address; with segments of an Ethernet rather than those of lo where asked for."""
    s = socket.socket()
    try:
        if receive_bytes:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        if segment_bytes:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_bytes)
        s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        s.bind((source, 0))
        s.connect((address, PORT))
        s.setblocking(False)
    except OSError:
        s.close()
        raise
    return s


class Idle:
    """Connections that asked once and then say nothing."""

    ASK = b"GET /healthz HTTP/1.1\r\nHost: idle\r\n\r\n"

    def __init__(self, address, count):
        self.address, self.count = address, count
        self.sockets = {}
        self.closed = 0

    def open(self):
        self.poll = select.epoll()
        for i in range(self.count):
            s = connect(self.address, attackers(i))
            s.setblocking(True)
            s.sendall(self.ASK)
            if not s.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("turned away")
            s.setblocking(False)
            self.sockets[s.fileno()] = s
            self.poll.register(s, select.EPOLLIN)

    def turn(self):
        for descriptor, _ in self.poll.poll(0.1):
            self.poll.unregister(descriptor)
            self.sockets.pop(descriptor).close()
            self.closed += 1

    def state(self):
        return {"open": len(self.sockets), "closed": self.closed}


class Slow:
    """Slow loris: a byte a second, of a head that never ends or of a body; whoever is closed comes again."""

    HEAD = b"GET /discovery/fetch?appid="
    BODY = (b"POST /discovery/register HTTP/1.1\r\nHost: slow\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 100000\r\n\r\n")

    def __init__(self, address, count):
        self.address, self.count = address, count
        self.closed = 0
        self.sent = 0

    def open(self):
        self.sockets = [self._begin(i) for i in range(self.count)]
        self.next = 0
        self.began = time.monotonic()

    def turn(self):
        """Those whose byte is due."""
        due = int((time.monotonic() - self.began) * self.count)
        while self.next < due:
            self._step(self.next % self.count)
            self.next += 1
        time.sleep(0.01)  # the pace of the attack

    def state(self):
        return {"open": sum(s is not None for s in self.sockets), "closed": self.closed, "sent": self.sent}

    def _begin(self, i):
        s = connect(self.address, attackers(i))
        s.send(self.BODY if i % 2 else self.HEAD)
        return s

    def _step(self, i):
        s = self.sockets[i]
        try:
            if s is None:
                self.sockets[i] = self._begin(i)
                return
            try:
                s.recv(4096)  # an answer is that it came too slowly
            except BlockingIOError:
                s.send(b"a")
                self.sent += 1
                return
        except OSError:
            pass
        if s is not None:
            s.close()
            self.closed += 1
        self.sockets[i] = None


class Deaf:
    """Long polls that never read: each sends some at once, and reads none of their answers. Anew every RENEWED_S."""

    RENEWED_S = 20.0

    def __init__(self, address, count, polls_each, targets):
        """targets: application -> the timestamp to ask with."""
        self.address, self.count, self.polls_each, self.targets = address, count, polls_each, list(targets.items())
        self.again = 0
        self.failed = 0

    def open(self):
        self.sockets = [self._begin(i) for i in range(self.count)]
        self.next = 0
        self.began = time.monotonic()

    def turn(self):
        due = int((time.monotonic() - self.began) * self.count / self.RENEWED_S)
        while self.next < due:
            i = self.next % self.count
            self.sockets[i].close()
            try:
                self.sockets[i] = self._begin(i)
                self.again += 1
            except OSError:
                self.failed += 1
            self.next += 1
        time.sleep(0.01)  # the pace of the attack

    def state(self):
        return {"again": self.again, "failed": self.failed}

    def _begin(self, i):
        app, timestamp = self.targets[i % len(self.targets)]
        s = connect(self.address, attackers(i), receive_bytes=4096, segment_bytes=1460)
        # Each is another request, so that no shield takes them for a loop.
        s.send(b"".join(
            f"GET /discovery/polls?zone=z1&env=bench&hostname=d{i}-{k}&appid={app}&latest_timestamp={timestamp} HTTP/1.1\r\n"
            f"Host: deaf\r\n\r\n".encode() for k in range(self.polls_each)))
        return s
