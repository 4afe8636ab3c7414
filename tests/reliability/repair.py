"""repair: 1,000 of 100,000 records made to differ between two nodes, found and repaired by digests.

Three nodes; the link between 1 and 2 is cut. 1,000 new instances register at node 1. Node 1 sends them to node 3, but
nobody sends them to node 2: a node passes on what it accepted itself. So node 2 gets them by comparing with node 3.
What goes between 2 and 3 is counted, less what goes there otherwise in the same time.
Bounds: node 2 lists all within 10 s; bytes at most 1.3 times
  2 KB + 2 KB * 256 * (1 - e^(-d/256)) + d * N/65536 * 18 + d * S
with d = 1,000, N = 100,000, S = 250 bytes a record.
"""

import math
import time

from lib.cluster import Cluster
from lib.fleet import REGISTER, Fleet, listed
from lib.load import Load
from lib.network import Network, ethernet_sized
from lib.options import parse, run
from lib.report import Result, say

REPAIRED_WITHIN_S = 10.0
GIVE_UP_S = 60.0
FACTOR_MAX = 1.3
RECORD_BYTES = 250
DIFFERENT = 1000
QUIET_S = 10.0


def formula(differing, records):
    leaves = 2048 * 256 * (1 - math.exp(-differing / 256))
    return 2048 + leaves + differing * records / 65536 * 18 + differing * RECORD_BYTES


def listed_at(node):
    answer = node.get("/discovery/fetch/all")
    return listed(answer[1]).keys() if answer is not None and answer[0] == 200 else set()


def wait_listed(nodes, count, within_s):
    """Until each of these lists so many. The moment."""
    end = time.monotonic() + within_s
    while any(len(listed_at(node)) != count for node in nodes):
        if time.monotonic() > end:
            raise TimeoutError(f"{[len(listed_at(node)) for node in nodes]} of {count} are listed after {within_s} s")
        time.sleep(0.2)
    return time.monotonic()


def has_new(node, fleet, new):
    """Cheap enough to ask often: one of the applications the new ones are in."""
    answer = node.get(f"/discovery/fetch?env=dev&appid={fleet.app_of(new[-1])}&status=3")
    return answer is not None and listed(answer[1]).keys() >= {i for i in new if i % fleet.apps == new[-1] % fleet.apps}


def main():
    options = parse(__doc__, short=True)
    count = 20_000 if options.short else 100_000
    fleet = Fleet(count)
    new = range(count, count + DIFFERENT)
    result = Result("repair")
    ethernet_sized()
    with Cluster(3) as cluster:
        network = Network()
        cluster.start()
        cluster.wait_connected()
        with Load(fleet, cluster.addresses()) as load:
            load.fill()
        wait_listed(cluster.nodes, count, GIVE_UP_S)
        network.cut([1], [2])
        time.sleep(QUIET_S)
        network.count((2, 3))
        time.sleep(QUIET_S)
        idle_rate = network.counted()[1] / QUIET_S
        say(f"{idle_rate:.0f} bytes/s go between nodes 2 and 3 when all is equal")
        network.count((2, 3))
        begun = time.monotonic()
        for i in new:
            cluster.nodes[0].request(fleet.request(REGISTER, i, 1))
        registered = time.monotonic()
        while time.monotonic() < registered + GIVE_UP_S and not has_new(cluster.nodes[1], fleet, new):
            time.sleep(0.05)
        repaired = wait_listed(cluster.nodes[1:], count + DIFFERENT, GIVE_UP_S)
        size = network.counted()[1] - idle_rate * (time.monotonic() - begun)
    expected = formula(DIFFERENT, count)
    say(f"registered in {registered - begun:.2f} s; the formula gives {expected:,.0f} bytes")
    result.at_most("repaired", repaired - registered, REPAIRED_WITHIN_S, " s after the last register")
    result.at_most("bytes / formula", size / expected, FACTOR_MAX)
    result.note("bytes", int(size))
    result.note("records", count)
    result.note("differing", DIFFERENT)
    result.finish()


run(main)
