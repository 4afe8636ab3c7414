"""restart: kill -9 and restart of one of three nodes with 100,000 instances under renew load.

All instances renew every 30 s, at home nodes and at random ones, also at the restarted node as soon as it listens. A
client without pause asks the restarted node for lists, from before the kill until well after it is ready. Twice:
without anything on disk (cold) and with a data_dir (warm). --only cold, --only warm: one of them.
Bounds: renewals not answered 0, or not within 5 s: none, at any node that takes connections. Lists empty or short:
none (refused or -500 is no list). Ready within 10 s cold, 3 s warm, from the start of the process to /readyz 200.
"""

import time

from lib.cluster import Cluster, Options
from lib.fleet import RENEW, Fleet
from lib.load import Load
from lib.options import parse, run
from lib.report import Result, say
from lib.shortlists import ShortLists

READY_COLD_S = 10.0
READY_WARM_S = 3.0
SNAPSHOTS_UNTIL_S = 76.0  # 10 s after the start and every minute after that one is written
DOWN_S = 2.0
AGREE_S = 30.0


def wait_filled(cluster, count, within_s=AGREE_S):
    """Until every node lists all instances."""
    end = time.monotonic() + within_s
    while True:
        sizes = [lists_of(node) for node in cluster.nodes]
        if all(size == count for size in sizes):
            return
        if time.monotonic() > end:
            raise TimeoutError(f"after {within_s} s the nodes list {sizes} of {count}")
        time.sleep(0.5)


def lists_of(node):
    answer = node.get("/discovery/fetch/all")
    return answer[1].count(b'"hostname":"i') if answer is not None and answer[0] == 200 else None


def one_restart(warm, count, after_s):
    """(seconds to ready, Stats of the load, Tally of the lists)."""
    with Cluster(3, Options(data=warm)) as cluster:
        cluster.start()
        cluster.wait_connected()
        fleet = Fleet(count)
        with Load(fleet, cluster.addresses()) as load:
            say(f"registered {count:,} in {load.fill():.1f} s")
            wait_filled(cluster, count)
            load.renew(period_s=30.0)
            third = cluster.nodes[2]
            time.sleep(max(5.0, third.started_at + SNAPSHOTS_UNTIL_S - time.monotonic() if warm else 0.0))
            load.stats()
            with ShortLists(third.address, fleet) as watch:
                time.sleep(1.0)
                third.kill()
                time.sleep(DOWN_S)
                third.start()
                ready_s = third.wait_ready()
                say(f"{'warm' if warm else 'cold'}: ready after {ready_s:.2f} s, lists {lists_of(third)}")
                time.sleep(after_s)
                tally = watch.stop()
            return ready_s, load.stats(), tally


def main():
    more = [("--only", {"choices": ("cold", "warm")}), ("--instances", {"type": int, "default": None})]
    options = parse(__doc__, short=True, more=more)
    count = options.instances or (10_000 if options.short else 100_000)
    result = Result("restart")
    refused, short, lists, renewals = 0, [], 0, 0
    for warm in (False, True):
        if options.only and warm != (options.only == "warm"):
            continue
        ready_s, stats, tally = one_restart(warm, count, 10.0 if options.short else 35.0)
        say(f"answers (kind, node, code): {stats.codes}; {stats.counts}")
        say(f"asking for lists: connections refused {tally.refused}, -500 or -304 {tally.not_now}")
        if tally.short:
            say(f"short lists, the first: {tally.short[:5]}")
        result.at_most(f"ready {'warm' if warm else 'cold'}", ready_s, READY_WARM_S if warm else READY_COLD_S, " s")
        refused += stats.answers(RENEW, but={0}) + stats.counts.get("timeout", 0)
        renewals += stats.answers(RENEW, codes={0})
        short += tally.short
        lists += tally.lists
    result.at_most("renewals refused", refused, 0)
    result.at_most("empty or short lists", len(short), 0)
    result.note("renewals", renewals)
    result.note("lists", lists)
    result.note("instances", count)
    result.finish()


run(main)
