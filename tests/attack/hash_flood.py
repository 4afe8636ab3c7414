"""hash_flood: names that collide under hashes without a secret, against random names of the same length.

100,000 instances are registered, fetched by name and renewed: once as hosts of one application, once as applications of
their own, whose names collide under std::hash of libstdc++ or under the polynomial by 31 (collisions.py). Each has a
daemon of its own, and they take turns with those of random names. Processor time of the daemon is compared.
Bound: colliding names cost less than twice as much as random ones; no wrong answer.
"""

import select
import socket
import statistics
from urllib.parse import quote_from_bytes

import collisions
from lib.options import parse, run
from lib.report import Result, say
from lib.wire import PORT
from target import Target

RATIO_MAX = 2.0
FAMILIES = {"std::hash": collisions.of_murmur, "polynomial 31": collisions.of_java}


def forms(names, as_apps):
    """A register and a renew for each."""
    for name in names:
        name = quote_from_bytes(name, safe="").encode()
        app, host = (name, b"h") if as_apps else (b"flood", name)
        key = b"zone=z&env=dev&appid=" + app + b"&hostname=" + host
        yield b"/discovery/register", key + b"&status=1&addrs=http%3A%2F%2Fa%3A1&version=1"
        yield b"/discovery/renew", key


def requests(names, as_apps):
    for path, body in forms(names, as_apps):
        yield (b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
               b"Content-Length: %d\r\n\r\n%s" % (path, len(body), body))


class Pipeline:
    """Sends requests one after the other without waiting, and counts answers with code 0."""

    AHEAD_BYTES = 1 << 18

    def __init__(self, address):
        self.socket = socket.create_connection((address, PORT), source_address=("127.0.3.1", 0))
        self.socket.setblocking(False)
        self.right = 0
        self.answers = 0
        self.rest = b""

    def run(self, requests_):
        unsent, sent = bytearray(), 0
        more = iter(requests_)
        while True:
            while more is not None and len(unsent) < self.AHEAD_BYTES:
                request = next(more, None)
                if request is None:
                    more = None
                    break
                unsent += request
                sent += 1
            if not unsent and self.answers >= sent:
                return sent
            readable, writable, _ = select.select([self.socket], [self.socket] if unsent else [], [], 20)
            if not readable and not writable:
                raise TimeoutError("no answer for twenty seconds")
            if readable:
                self._take(self.socket.recv(1 << 18))
            if writable:
                del unsent[: self.socket.send(unsent)]

    def _take(self, data):
        if not data:
            raise ConnectionError("closed")
        data = self.rest + data
        # An answer is counted by its first line and by its code; what may be cut stays for the next piece.
        whole = data.rfind(b"}") + 1
        self.rest = data[whole:]
        self.answers += data.count(b"HTTP/1.1 200 ", 0, whole)
        self.right += data.count(b'{"code":0,', 0, whole)


def cost(names, as_apps):
    """(seconds of processor time, wrong answers)."""
    with Target({"shield": ["enabled = false"], "history": ["enabled = false"]}) as target:
        pipeline = Pipeline(target.node.address)
        before = target.cpu_s()
        sent = pipeline.run(requests(names, as_apps))
        return target.cpu_s() - before, sent - pipeline.right


def main():
    options = parse(__doc__, short=True)
    count, pairs = (20_000, 1) if options.short else (100_000, 3)
    result = Result("hash_flood")
    wrong = 0
    for family, make in FAMILIES.items():
        bad = make(count)
        good = collisions.by_chance(count, len(bad[0]))
        for as_apps in (False, True):
            ratios = []
            for _ in range(pairs):
                (with_random, w1), (with_colliding, w2) = cost(good, as_apps), cost(bad, as_apps)
                wrong += w1 + w2
                ratios.append(with_colliding / with_random)
                say(f"{family}, {'applications' if as_apps else 'hosts'}: {with_colliding:.2f} s against {with_random:.2f} s")
            what = f"{count:,} {'applications' if as_apps else 'hosts'} that collide under {family}"
            result.at_most(f"{what} / random", statistics.median(ratios), RATIO_MAX)
    result.at_most("wrong answers", wrong, 0)
    result.finish()


run(main)
