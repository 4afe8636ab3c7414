"""bytes: what five nodes send each other per renewal: 1,000 renewals a second at each node, 150,000 instances.

Every packet from a node address to a node address counts, acknowledgements and digests included, as on an Ethernet
(packets of 1,500 bytes at most, IP and TCP headers). Clients renew at home nodes every 30 s. Counted after everything
is replicated.
Bound: 25 bytes per renewal, of all nodes together. Also told: without IP and TCP headers (52 bytes a packet).
"""

import time

from lib.cluster import Cluster
from lib.fleet import RENEW, Fleet
from lib.load import Load
from lib.network import Network, ethernet_sized
from lib.options import parse, run
from lib.report import Result, say

BYTES_MAX = 25.0
HEADER_BYTES = 52  # IPv4 20, TCP 20, time stamp option 12
PERIOD_S = 30.0


def main():
    options = parse(__doc__, short=True)
    count = 30_000 if options.short else 150_000
    period_s = PERIOD_S / 5 if options.short else PERIOD_S  # the same rate from fewer
    measured_s = 20.0 if options.short else 60.0
    result = Result("bytes")
    ethernet_sized()
    with Cluster(5) as cluster:
        network = Network()
        cluster.start()
        cluster.wait_connected()
        with Load(Fleet(count), cluster.addresses(), processes=2, roaming=0.0) as load:
            say(f"registered {count:,} in {load.fill():.1f} s")
            load.renew(period_s=period_s)
            time.sleep(2 * period_s)  # each instance has renewed, so that names and ids are known everywhere
            network.count()
            load.stats()
            begun = time.monotonic()
            time.sleep(measured_s)
            packets, size = network.counted()
            stats = load.stats()
            lasted = time.monotonic() - begun
    renewals = stats.answers(RENEW, codes={0})
    result.at_most("bytes between nodes per renewal", size / renewals, BYTES_MAX)
    result.at_least("renewals per node", renewals / lasted / 5, 0.98 * count / period_s / 5, "/s")
    result.note("without headers", (size - HEADER_BYTES * packets) / renewals)
    result.note("packets per s", packets / lasted)
    result.at_most("renewals refused", stats.answers(RENEW, but={0}), 0)
    result.finish()


run(main)
