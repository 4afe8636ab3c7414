"""soak: ten minutes of everything, with instances, polls and connections that come and go.

1,000 renewals a second, 50 changes a second and 500 parked polls of 100 applications of 100 instances; beside them a
client that opens connections, registers, renews, fetches, parks polls and hangs up, and cancels, some 300 connections a
second. The history, which fills up to a bound of its own, is held at 1 MiB.
Bounds: memory grows by less than 1 MB a minute (least squares) after minute 3 (--short: after 30 s, 4 MB a minute);
afterwards as many descriptors as before, and no poll is parked; no wrong answer.
"""

import collections
import random
import select
import time

from crowd import Crowd, connect
from lib.options import parse, run
from lib.report import Result, say
from lib.wire import get_bytes, post_bytes
from target import MB, Target, attackers

POLLS = 500


class Churn:
    """Short lives of clients: each is a connection that does a few things, and ends in one of several ways."""

    ALIVE = 400
    PER_SECOND = 300
    POLLS_FOR_S = 0.5

    def __init__(self, address):
        self.address = address
        self.chance = random.Random(1)
        self.lives = {}
        self.leaving = collections.deque()  # (when, whose) hangs up on its poll
        self.done = self.wrong = self.number = 0

    def open(self):
        self.poll = select.epoll()
        self.began = time.monotonic()

    def turn(self):
        while self.number < (time.monotonic() - self.began) * self.PER_SECOND and len(self.lives) < self.ALIVE:
            self._begin()
        for descriptor, _ in self.poll.poll(0.005):
            self._step(descriptor)
        while self.leaving and self.leaving[0][0] <= time.monotonic():
            life = self.leaving.popleft()[1]
            if self.lives.get(life[0].fileno()) is life:
                self._end(life)

    def state(self):
        return {"done": self.done, "wrong": self.wrong}

    def _begin(self):
        """The plan of a life: requests, the last of which may be a poll that it leaves."""
        i = self.number % 2_000
        self.number += 1
        key = [("zone", "z1"), ("env", "bench"), ("appid", f"churn.app{i % 50}"), ("hostname", f"h{i}")]
        register = post_bytes("/discovery/register", key + [("status", "1"), ("addrs", "http://a:1"), ("version", str(self.number))])
        renew = post_bytes("/discovery/renew", key)
        fetch = get_bytes(f"/discovery/fetch?zone=z1&env=bench&status=1&appid=churn.app{i % 50}")
        cancel = post_bytes("/discovery/cancel", key)
        poll = get_bytes(f"/discovery/polls?zone=z1&env=bench&hostname=h{i}&appid=none{i}&latest_timestamp=1")
        plan = self.chance.choice([[register, renew, fetch], [register, fetch, cancel], [register, renew, poll], [fetch + fetch + fetch]])
        s = connect(self.address, attackers(i))
        self.lives[s.fileno()] = [s, plan, b""]
        self.poll.register(s, select.EPOLLIN)
        s.send(plan.pop(0))

    def _step(self, descriptor):
        life = self.lives[descriptor]
        s, plan, _ = life
        data = s.recv(1 << 16)
        life[2] += data
        if data and not plan and len(life[2]) < 40:
            return
        self.wrong += not (data and life[2].startswith(b"HTTP/1.1 200 "))
        if data and plan:
            life[2] = b""
            s.send(plan.pop(0))
            if not plan:
                self.leaving.append((time.monotonic() + self.POLLS_FOR_S, life))
            if plan or self.chance.random() < 0.8:
                return  # else it hangs up without reading
        self._end(life)

    def _end(self, life):
        self.poll.unregister(life[0])
        del self.lives[life[0].fileno()]
        life[0].close()
        self.done += 1


def slope(samples):
    """Of (second, value) pairs by least squares, per second."""
    n = len(samples)
    mean_t, mean_v = sum(t for t, _ in samples) / n, sum(v for _, v in samples) / n
    return sum((t - mean_t) * (v - mean_v) for t, v in samples) / sum((t - mean_t) ** 2 for t, _ in samples)


def settled(target, descriptors, within_s=30.0):
    """The descriptors once they are as few as before, or after that time."""
    end = time.monotonic() + within_s
    while target.descriptors() > descriptors and time.monotonic() < end:
        time.sleep(0.2)  # it is another process
    return target.descriptors()


def main():
    options = parse(__doc__, short=True)
    seconds, settles, growth = (75, 30, 4.0) if options.short else (600, 180, 1.0)
    result = Result("soak")
    with Target({"history": ['memory = "1MiB"']}) as target:
        target.fill(100, 100)
        before = settled(target, 0, within_s=1.0)
        load = target.begin_load("pace", "--yield", "--apps", 100, "--per", 100, "--renewals", 1000, "--changes", 50,
                                 "--polls", POLLS, "--connections", 32, "--time-ms", seconds * 1000)
        with Crowd(Churn(target.node.address)) as churn:
            samples, began, most = [], time.monotonic(), 0
            while load.running():
                second = time.monotonic() - began
                samples.append((second, target.resident() / MB))
                most = max(most, target.descriptors())
                if len(samples) % 30 == 0:
                    say(f"{samples[-1][1]:.2f} MB, {target.descriptors()} descriptors, {churn.look()['done']:,} lives")
                time.sleep(2.0)  # between two samples
            lives = churn.look()
        paced = load.result()
        after = settled(target, before)
        parked = target.metric("discovery_parked_polls")
    later = [(t, v) for t, v in samples if t >= settles]
    told = paced["polls_answered"]
    result.at_most(f"memory after {settles} s", slope(later) * 60, growth, " MB a minute")
    result.at_most("descriptors more than before", after - before, 0)
    result.at_most("parked polls left", int(parked), 0)
    result.at_most("wrong answers", paced["errors"] + told["errors"] + lives["wrong"], 0)
    result.note("memory at the end", samples[-1][1], " MB")
    result.note("descriptors at most", most)
    result.note("renewals", paced["ok"])
    result.note("polls told", told["ok"])
    result.note("short lives", lives["done"])
    result.finish()


run(main)
