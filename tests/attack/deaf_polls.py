"""deaf_polls: long polls that never read what they are told.

5,000 connections send polls and read nothing, and each is made anew every 20 s, while 1,000 changes a second of 100
applications, 200 honest polls and 500 renewals a second go on for a minute. Twice: with one poll each and the defaults;
and with 8 polls each in a row, which fill the socket, so that an answer of 39 KB waits for each of them, with
limits.unsent_bytes = "4MiB". The history, which has a bound of its own and fills up meanwhile, is held at 1 MiB.
Bounds, of both: memory grows by less than 20 MB; an honest poll is told within 100 ms (p99) of the change; no wrong
answer.
"""

import threading

from crowd import Crowd, Deaf
from lib.options import parse, run
from lib.report import Result, say
from target import MB, Target, ms

APPS, PER = 100, 100
GROWTH_MB_MAX = 20.0
TOLD_MS_MAX = 100.0


def latest(target, app):
    """The timestamp an application has now."""
    name = f"bench.team{app % 7}.app{app}"
    _, body = target.node.get(f"/discovery/fetch?zone=z1&env=bench&status=1&appid={name}")
    return name, int(body.rpartition(b'"latest_timestamp":')[2].split(b"}")[0])


def pace(target, seconds):
    return target.begin_load("pace", "--yield", "--apps", APPS, "--per", PER, "--renewals", 500, "--changes", 1000,
                             "--polls", 200, "--connections", 16, "--time-ms", seconds * 1000)


class Watch:
    """The largest memory of the daemon while it looks."""

    def __init__(self, target):
        self.target, self.most = target, target.resident()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ended.wait(0.5):
            self.most = max(self.most, self.target.resident())

    def end(self):
        self.ended.set()
        self.thread.join()
        return self.most


def attack(result, what, sections, polls_each, deaf, seconds):
    with Target({"history": ['memory = "1MiB"'], **sections}) as target:
        target.fill(APPS, PER)
        quiet = pace(target, 10).result()  # all that honest clients need of memory is there
        before = target.resident()
        say(f"{what}: without the attack told p99 {ms(quiet['polls_answered']['p99_us']):.1f} ms, {before / MB:.1f} MB")
        targets = dict(latest(target, app) for app in range(APPS))
        watch = Watch(target)
        with Crowd(Deaf(target.node.address, deaf, polls_each, targets)) as crowd:
            paced = pace(target, seconds).result()
            again = crowd.look()
        most = watch.end()
        ended = target.node.metrics().get('discovery_client_throttled_total{rule="slow_consumer"}', 0.0)
    told = paced["polls_answered"]
    result.at_most(f"{what}: memory grew by", (most - before) / MB, GROWTH_MB_MAX, " MB")
    result.at_most("an honest poll told, p99", ms(told["p99_us"]), TOLD_MS_MAX, " ms")
    result.at_most("wrong answers", paced["errors"] + told["errors"], 0)
    result.at_least("changes", paced["changes"], int(seconds * 1000 * 0.9))
    result.note("honest polls told", told["ok"])
    result.note("p99 without the attack", ms(quiet["polls_answered"]["p99_us"]), " ms")
    result.note("ended by the daemon", int(ended))
    result.note("made anew", again["again"])
    result.note("p99 of a renewal", ms(paced["p99_us"]), " ms")


def main():
    options = parse(__doc__, short=True)
    deaf, seconds = (1_000, 10) if options.short else (5_000, 60)
    result = Result("deaf_polls")
    attack(result, "one poll each", {}, 1, deaf, seconds)
    attack(result, "8 polls each", {"limits": ['unsent_bytes = "4MiB"']}, 8, deaf, seconds)
    result.finish()


run(main)
