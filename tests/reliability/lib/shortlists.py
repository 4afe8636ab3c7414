"""Watches one node for lists that are empty or short, from a process of its own: what a client that asks all the time
sees.

Every instance of the fleet stays registered while it watches, so each list of an application has a known size.
Refused connections and -500 are no lists: clients go to another node. -304 is none either: they keep what they have.
"""

import multiprocessing
import random
import signal
import time

from lib.fleet import HOST
from lib.wire import ENV, Client, code_of, get_bytes

# A node that does not know an application parks a polls; this ends it soon.
_CALLER_DEADLINE = "x1-bmspy-timeout: 500\r\n"
PAUSE_S = 0.002


class Tally:
    def __init__(self):
        self.lists = 0
        self.short = []  # (moment, what was asked, how many were listed, how many are there)
        self.refused = 0  # connections
        self.not_now = 0  # -500, -304


class ShortLists:
    """Context; stop() returns the Tally. Asks fetch and polls of one application after the other, as fast as it may."""

    def __init__(self, address, fleet, source="127.0.2.200"):
        context = multiprocessing.get_context("fork")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_watch, args=(there, address, fleet, source), daemon=True)
        self._process.start()
        there.close()
        self._tally = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()

    def stop(self):
        if self._tally is None:
            self._pipe.send("stop")
            if not self._pipe.poll(30):
                raise TimeoutError("the watching process says nothing")
            self._tally = self._pipe.recv()
        return self._tally


def _watch(pipe, address, fleet, source):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    client = Client(address, source=source, timeout_s=5.0)
    tally = Tally()
    draw = random.Random(7)
    while not pipe.poll(PAUSE_S):
        app = draw.randrange(fleet.apps)
        poll = draw.random() < 0.5
        try:
            status, body = client.request(_question(fleet.app_of(app), poll))
        except (OSError, ValueError):
            tally.refused += 1
            continue
        code = code_of(body)
        if status != 200 or code in (-500, -304):
            tally.not_now += 1
            continue
        tally.lists += 1
        found = body.count(HOST) if code == 0 else 0  # -404 is an empty list
        if found != fleet.size_of_app(app):
            tally.short.append((time.monotonic(), "polls" if poll else "fetch", found, fleet.size_of_app(app)))
    pipe.send(tally)


def _question(appid, poll):
    if poll:
        target = f"/discovery/polls?env={ENV}&hostname=watcher&appid={appid}&latest_timestamp=0"
        return get_bytes(target, _CALLER_DEADLINE)
    return get_bytes(f"/discovery/fetch?env={ENV}&appid={appid}&status=3")
