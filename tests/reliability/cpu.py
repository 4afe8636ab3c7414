"""cpu: processor time of all three nodes per renewal that one of them takes, against a node alone.

Both in one run, in turns: 5,000 renewals a second of 100,000 instances go to one node of the cluster, then as many to
the node alone. utime + stime of all nodes of the cluster count, per renewal answered 0; both sides hold the same
instances.
Bound: at most 1.3 times the node alone.
"""

import time

from lib.cluster import Cluster
from lib.fleet import RENEW, Fleet
from lib.load import Load
from lib.options import parse, run
from lib.report import Result, say

RATIO_MAX = 1.3
RATE = 5_000
SETTLE_S = 5.0  # the other side's last summaries are sent and taken


def phase(load, cluster, seconds):
    """(seconds of processor time, renewals) of one phase."""
    load.renew(period_s=load.fleet.count / RATE, nodes=[0])
    time.sleep(SETTLE_S)
    load.stats()
    spent = cluster.cpu_s()
    time.sleep(seconds)
    spent = cluster.cpu_s() - spent
    stats = load.stats()
    load.rest("renew")
    time.sleep(SETTLE_S)
    if stats.answers(RENEW, but={0}):
        raise RuntimeError(f"renewals were refused: {stats.codes}")
    return spent, stats.answers(RENEW, codes={0})


def main():
    options = parse(__doc__, short=True)
    phases, seconds = (1, 10.0) if options.short else (4, 20.0)
    fleet = Fleet(10_000 if options.short else 100_000)
    result = Result("cpu")
    sums = {"cluster": [0.0, 0], "alone": [0.0, 0]}
    with Cluster(3) as three, Cluster(1, first=9) as alone:
        three.start()
        alone.start()
        three.wait_connected()
        with (
            Load(fleet, three.addresses(), roaming=0.0) as at_three,
            Load(fleet, alone.addresses(), roaming=0.0) as at_one,
        ):
            at_three.fill()
            at_one.fill()
            time.sleep(SETTLE_S)
            for _ in range(phases):
                for name, load, cluster in (("alone", at_one, alone), ("cluster", at_three, three)):
                    spent, renewals = phase(load, cluster, seconds)
                    sums[name][0] += spent
                    sums[name][1] += renewals
                    say(f"{name}: {spent / renewals * 1e6:.2f} us per renewal, {renewals / seconds:,.0f}/s")
    each = {name: spent / renewals * 1e6 for name, (spent, renewals) in sums.items()}
    result.at_most("processor time of the cluster / of a node alone", each["cluster"] / each["alone"], RATIO_MAX)
    result.note("per renewal, cluster", each["cluster"], " us")
    result.note("alone", each["alone"], " us")
    result.note("renewals", sums["cluster"][1] + sums["alone"][1])
    result.finish()


run(main)
