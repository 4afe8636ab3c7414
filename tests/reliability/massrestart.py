"""massrestart: all three nodes killed together and started again with what they kept on disk, 100,000 instances.

Before, 95 % of the instances renew and 5 % stay silent since they registered, so that their leases are old when the
nodes come back. Afterwards the 95 % renew again. What a node had not seen while it was down proves nothing: it may
hide a silent one only one full lease (90 s) after its own start, and it must then.
Bounds: instances missing when ready: 0; renewals not answered 0: none; first expiry at least 90 s after the start;
all silent ones hidden within 90 s + 75 s + 60 s for the share of 15 %.
"""

import time

from lib.cluster import Cluster, Options
from lib.fleet import RENEW, Fleet, listed
from lib.load import Load
from lib.options import parse, run
from lib.report import Result, say

LEASE_S = 90.0
HIDDEN_WITHIN_S = LEASE_S + 75.0 + 60.0
SNAPSHOTS_UNTIL_S = 76.0  # 10 s after the start and every minute after that one is written
READY_WITHIN_S = 60.0
DOWN_S = 3.0
LOOK_EVERY_S = 1.0


def look(node):
    """(moment, instance -> version), or None while it does not list."""
    answer = node.get("/discovery/fetch/all")
    if answer is None or answer[0] != 200 or b'"code":0' not in answer[1][:64]:
        return None
    return time.monotonic(), listed(answer[1])


def wait_filled(cluster, clients):
    end = time.monotonic() + 30
    for node in cluster.nodes:
        while (seen := look(node)) is None or seen[1] != clients:
            if time.monotonic() > end:
                raise TimeoutError(f"node {node.number} lists {seen and len(seen[1])} of {len(clients)}")
            time.sleep(0.5)


class Watch:
    """What the nodes list after the restart, against what they listed before."""

    def __init__(self, cluster, clients, silent):
        self.nodes = cluster.nodes
        self.clients = clients
        self.silent = silent
        self.missing_at_ready = 0
        self.live_missing = set()
        self.first_expiry_s = None
        self.left = {}  # node number -> silent ones it still lists

    def first(self, node):
        seen = None
        while seen is None:
            seen = look(node)
        wrong = [i for i, version in self.clients.items() if seen[1].get(i) != version]
        self.missing_at_ready += len(wrong) + len(seen[1].keys() - self.clients.keys())

    def again(self, node):
        seen = look(node)
        if seen is None:
            return
        gone = self.clients.keys() - seen[1].keys()
        self.live_missing |= gone - self.silent
        self.left[node.number] = len(self.silent - gone)
        if gone:
            after = seen[0] - node.started_at
            if self.first_expiry_s is None or after < self.first_expiry_s:
                self.first_expiry_s = after
                say(f"node {node.number}: {len(gone)} gone {after:.1f} s after its start")

    def all_hidden(self):
        return len(self.left) == len(self.nodes) and not any(self.left.values())


def main():
    options = parse(__doc__, short=True)
    count = 10_000 if options.short else 100_000
    silent_from = count - count // 20
    result = Result("massrestart")
    with Cluster(3, Options(data=True)) as cluster:
        cluster.start()
        cluster.wait_connected()
        with Load(Fleet(count), cluster.addresses()) as load:
            say(f"registered {count:,} in {load.fill():.1f} s")
            load.renew(period_s=30.0, last=silent_from)
            clients = load.clients()
            wait_filled(cluster, clients)
            time.sleep(max(0.0, cluster.nodes[2].started_at + SNAPSHOTS_UNTIL_S - time.monotonic()))
            load.rest("renew")
            for node in cluster.nodes:
                node.kill()
            say("all killed")
            time.sleep(DOWN_S)
            ready_s = cluster.start(READY_WITHIN_S)
            load.stats()
            load.renew(period_s=30.0, last=silent_from)
            watch = Watch(cluster, clients, set(range(silent_from, count)))
            for node in cluster.nodes:
                watch.first(node)
            say(f"ready after {ready_s:.2f} s, {watch.missing_at_ready} missing")
            started = max(node.started_at for node in cluster.nodes)
            while time.monotonic() < started + HIDDEN_WITHIN_S and not watch.all_hidden():
                begun = time.monotonic()
                for node in cluster.nodes:
                    watch.again(node)
                time.sleep(max(0.0, begun + LOOK_EVERY_S - time.monotonic()))
            hidden_s = time.monotonic() - started
            stats = load.stats()
    result.at_most("missing or wrong at ready, all nodes", watch.missing_at_ready, 0)
    result.at_most("live ones missing later", len(watch.live_missing), 0)
    result.at_most("renewals refused", stats.answers(RENEW, but={0}), 0)
    result.at_least("first expiry", watch.first_expiry_s, LEASE_S, " s after the start")
    result.at_most("all silent hidden", hidden_s if watch.all_hidden() else None, HIDDEN_WITHIN_S, " s after the start")
    result.note("ready", ready_s, " s")
    result.note("instances", count)
    result.finish()


run(main)
