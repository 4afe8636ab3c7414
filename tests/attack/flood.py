"""flood: one client asks as fast as it can, and the others must not notice.

Honest clients renew 2,000 times a second, in turns with and without a client that sends lists, polls answered at once
and registers over 64 connections each. With limits.reads_per_second and limits.writes_per_second as below, which hold
the flood back, and then with the defaults, which do not: there others stand in line with it.
Bounds: with the limits p99 of the honest renewals grows by at most 20 % (--short, three pairs of three seconds: doubles at most);
with the defaults it stays below DEFAULT_P99_MS; no wrong answer, to the flood neither.
"""

import statistics
import time

from lib.options import parse, run
from lib.report import Result, say
from target import Target, attackers, ms

APPS, PER = 1000, 100  # 100,000 instances, which should renew 3,333 times a second
RATIO_MAX, RATIO_MAX_SHORT = 1.2, 2.0
DEFAULT_P99_MS = 50.0  # one list for each of its 192 connections before a renewal, and some
LIMITS = {"limits": ["reads_per_second = 1000", "writes_per_second = 100"]}
KINDS = ("fetch", "polls", "register")


def honest(target, seconds):
    return target.load("pace", "--yield", "--apps", APPS, "--per", PER, "--renewals", 2000, "--connections", 32,
                       "--time-ms", seconds * 1000)


def flooded(target, seconds):
    """(the honest load, requests of the flood a second, wrong answers to it)."""
    floods = [
        target.begin_load("run", "--op", kind, "--apps", APPS, "--per", PER, "--connections", 64, "--time-ms",
                          (seconds + 3) * 1000, source=attackers(0))
        for kind in KINDS
    ]
    time.sleep(2.0)  # what the limits let pass at first is used up
    paced = honest(target, seconds)
    answered = [f.result() for f in floods]
    return paced, sum(a["ok"] for a in answered) / (seconds + 3), sum(a["errors"] for a in answered)


def measure(sections, pairs, seconds):
    """Medians of p99 without and with the flood, in ms, and the last flood."""
    quiet, loud, ratios, wrong = [], [], [], 0
    with Target() as target:
        target.fill(APPS, PER)
        target.reload(sections)  # who fills is an honest client too
        honest(target, 2)
        for _ in range(pairs):
            before = honest(target, seconds)
            paced, rate, refused = flooded(target, seconds)
            after = honest(target, seconds)
            wrong += before["errors"] + paced["errors"] + after["errors"] + refused
            around = (before["p99_us"] + after["p99_us"]) / 2
            quiet.append(ms(around))
            loud.append(ms(paced["p99_us"]))
            ratios.append(paced["p99_us"] / around)
            say(f"p99 {ms(around):.3f} ms without, {ms(paced['p99_us']):.3f} ms with {rate:,.0f} requests a second of a flood")
    return statistics.median(quiet), statistics.median(loud), statistics.median(ratios), rate, wrong


def main():
    options = parse(__doc__, short=True)
    pairs, seconds = (3, 3) if options.short else (5, 5)
    result = Result("flood")
    quiet, loud, ratio, rate, wrong = measure(LIMITS, pairs, seconds)
    result.at_most("with limits: p99 with the flood / without", ratio, RATIO_MAX_SHORT if options.short else RATIO_MAX)
    result.at_most("wrong answers", wrong, 0)
    result.note("p99 without", quiet, " ms")
    result.note("with", loud, " ms")
    result.note("of the flood were answered", rate, "/s")
    quiet, loud, _, rate, wrong = measure({}, 1, seconds)
    result.at_most("with the defaults: p99 in ms", loud, DEFAULT_P99_MS)
    result.at_most("wrong answers with the defaults", wrong, 0)
    result.note("p99 without", quiet, " ms")
    result.note("of the flood were answered with the defaults", rate, "/s")
    result.finish()


run(main)
