"""blackhole: three nodes; registers at two of them while the third takes packets and says nothing, against healthy.

Both in one run, in turns: in every other phase all packets between node 3 and the others are dropped, so that
connections to it hang rather than fail. Clients register at nodes 1 and 2 only, in an open loop; nothing else is
measured or running.
Bounds: p99 of a register with the black hole at most 1.2 times healthy, and below 5 ms; every register answered 0.
"""

import time

from lib.cluster import Cluster
from lib.fleet import REGISTER, Fleet
from lib.load import Load
from lib.network import Network
from lib.options import parse, run
from lib.report import Result, percentile, say

RATE = 500
SETTLE_S = 3.0  # at the begin of a phase, not measured
RATIO_MAX = 1.2
P99_MAX_MS = 5.0


def phase(load, seconds):
    """The latencies of the registers of so many seconds, and how many were not answered 0."""
    time.sleep(SETTLE_S)
    load.stats()
    time.sleep(seconds)
    stats = load.stats()
    return stats.latencies, stats.answers(REGISTER, but={0}) + stats.counts.get("timeout", 0)


def main():
    options = parse(__doc__, short=True)
    phases, seconds = (1, 5.0) if options.short else (5, 8.0)
    result = Result("blackhole")
    with Cluster(3) as cluster:
        network = Network()
        cluster.start()
        cluster.wait_connected()
        healthy, holed, refused = [], [], 0
        with Load(Fleet(10_000), cluster.addresses(), roaming=0.0) as load:
            load.fill()
            load.register(RATE, nodes=[0, 1])
            for _ in range(phases):
                for latencies, cut in ((healthy, False), (holed, True)):
                    if cut:
                        network.cut([3], [1, 2])
                    else:
                        network.heal()
                    found, failed = phase(load, seconds)
                    latencies += found
                    refused += failed
                    words = "black hole" if cut else "healthy   "
                    say(f"{words}: {len(found)} registers, p99 {percentile(found, 0.99) * 1e3:.3f} ms")
    p99 = [percentile(values, 0.99) * 1e3 for values in (healthy, holed)]
    result.at_most("p99 with black hole / healthy", p99[1] / p99[0], RATIO_MAX)
    result.at_most("p99 with black hole", p99[1], P99_MAX_MS, " ms")
    result.note("p99 healthy", p99[0], " ms")
    result.at_most("registers not answered 0", refused, 0)
    result.note("registers", len(healthy) + len(holed))
    result.finish()


run(main)
