"""rate: what the load generator itself reaches with one process: renewals a second, latency, processor time of both
sides.

Not a figure of the daemon; it shows that the other programs measure nodes and not themselves.
Bound: 3,400 renewals a second (100,000 instances every 30 s) cost the generator less than half a core.
"""

import time

from lib.cluster import Cluster
from lib.fleet import RENEW, Fleet
from lib.load import Load
from lib.options import parse, run
from lib.report import Result, percentile, say

RATES = (3_400, 10_000, 20_000)
MEASURED_S = 5.0
CORES_MAX = 0.5


def main():
    parse(__doc__)
    result = Result("rate")
    with Cluster(1) as cluster:
        cluster.start()
        fleet = Fleet(100_000)
        with Load(fleet, cluster.addresses()) as load:
            say(f"registered {fleet.count:,} in {load.fill():.1f} s")
            for rate in RATES:
                load.renew(period_s=fleet.count / rate)
                time.sleep(2)
                load.stats()
                before = load.cpu_s(), cluster.cpu_s()
                time.sleep(MEASURED_S)
                stats = load.stats()
                spent = [(now - then) / MEASURED_S for now, then in zip((load.cpu_s(), cluster.cpu_s()), before)]
                answered = stats.answers(RENEW, codes={0}) / MEASURED_S
                p99_ms = percentile(stats.latencies, 0.99) * 1e3
                say(
                    f"asked {rate:,}/s, answered {answered:,.0f}/s, p99 {p99_ms:.2f} ms, "
                    f"cores: load {spent[0]:.2f}, node {spent[1]:.2f}"
                )
                if rate == RATES[0]:
                    result.at_least("renewals", answered, rate * 0.99, "/s")
                    result.at_most("cores of the load", spent[0], CORES_MAX)
    result.finish()


run(main)
