"""cuts: five nodes, 10,000 instances that renew every 30 s, 20 random cuts of 5 to 30 s, 10 kills.

Half of the instances renew at a home node, half at a random one; each second some leave, and most of these come back.
A cut takes one node, a half, one link, or one direction between two halves; a killed node starts again after 1 to 5 s
with what it kept on disk. After each heal nobody leaves or comes until all nodes agree.
Bounds: ghosts 0, live evictions 0, resurrections 0 (lib/checker.py says what these are), all nodes list the same and
what clients were told: p50 3 s, at most 10 s after heal. --short: 3 nodes, 500 instances, 3 cuts of 5 s, 2 kills.
"""

import random
import time

from lib.checker import Checker, Truth
from lib.cluster import Cluster, Options
from lib.fleet import Fleet
from lib.lister import Lister
from lib.load import Load
from lib.network import Network
from lib.options import parse, run
from lib.report import Result, percentile, say

CONVERGENCE_P50_S = 3.0
CONVERGENCE_MAX_S = 10.0
GIVE_UP_S = 45.0
ROUND_EVERY_S = 1.0
QUIET_S = (1.0, 4.0)  # between agreement and the next cut


class Plan:
    """What will happen, drawn in advance from the seed: the same seed repeats it."""

    def __init__(self, options):
        self.random = random.Random(options.seed)
        self.nodes = 3 if options.short else 5
        self.instances = 500 if options.short else 10_000
        self.churn = 5.0 if options.short else 20.0
        cuts, kills = (3, 2) if options.short else (20, 10)
        self.cuts = [5.0 if options.short else self.random.uniform(5, 30) for _ in range(cuts)]
        places = self.random.sample(list(range(cuts)) * 2, kills)  # two in one cut at most
        self.kills = [places.count(k) for k in range(cuts)]

    def sides(self):
        """(one side, the other side, one way only, in words) of a cut, as positions of nodes."""
        every = list(range(self.nodes))
        self.random.shuffle(every)
        one_way = self.random.random() < 0.25
        kind = self.random.choice(("one node", "halves", "one link"))
        size = 1 if kind != "halves" else self.nodes // 2
        one, other = every[:size], every[size:]
        if kind == "one link":
            other = other[:1]
        return one, other, one_way, f"{kind}{', one way' if one_way else ''}"


class Run:
    def __init__(self, plan, cluster, network, load):
        self.plan = plan
        self.cluster = cluster
        self.network = network
        self.load = load
        self.truth = Truth()
        self.checker = Checker(self.truth)
        self.lister = Lister(cluster, load, self.truth, self.checker)
        self.convergence = []
        self.unsure = 0
        self.down = {}  # node -> when it starts again

    def numbers(self, positions):
        return [self.cluster.nodes[k].number for k in positions]

    def begin(self):
        self.checker.heal(time.monotonic())
        say(f"registered {self.plan.instances:,} in {self.load.fill():.1f} s")
        moment, why = self.lister.until_agreed(GIVE_UP_S)
        if moment is None:
            raise RuntimeError(f"the nodes do not even agree before the first cut: {why}")
        self.load.renew(period_s=30.0)

    def one_cut(self, length_s, kills):
        one, other, one_way, words = self.plan.sides()
        begun = time.monotonic()
        kill_at = sorted(begun + self.plan.random.uniform(0.2, length_s) for _ in range(kills))
        self.load.churn(self.plan.churn)
        self.checker.cut()
        self.network.cut(self.numbers(one), self.numbers(other), one_way)
        say(f"cut of {length_s:.0f} s: {words}: {self.numbers(one)} from {self.numbers(other)}, {kills} kills")
        while (now := time.monotonic()) < begun + length_s:
            while kill_at and kill_at[0] <= now:
                kill_at.pop(0)
                self.kill_one()
            self.start_due(now)
            self.lister.round()
            time.sleep(max(0.0, min(now + ROUND_EVERY_S, begun + length_s) - time.monotonic()))
        self.heal()

    def kill_one(self):
        up = [node for node in self.cluster.nodes if node not in self.down]
        node = self.plan.random.choice(up)
        node.kill()
        moment = time.monotonic()
        self.truth.take(self.load.wait_told(moment))
        self.unsure += self.truth.killed(self.cluster.nodes.index(node), moment)
        self.down[node] = moment + self.plan.random.uniform(1, 5)
        say(f"  killed {node.number}")

    def start_due(self, now):
        for node in [n for n, at in self.down.items() if at <= now]:
            del self.down[node]
            node.start()
            self.checker.started(node.number, node.started_at, node.number in self.network.touched())

    def heal(self):
        self.load.churn(0)
        self.network.heal()
        healed = time.monotonic()
        self.checker.heal(healed)
        while self.down:
            self.lister.round()
            self.start_due(time.monotonic())
            time.sleep(0.1)
        # A node that is not ready lists nothing; agreement counts from when the last one is, if it was started of late.
        for node in self.cluster.nodes:
            node.wait_ready()
        if any(node.started_at > healed - CONVERGENCE_MAX_S for node in self.cluster.nodes):
            healed = time.monotonic()
        moment, why = self.lister.until_agreed(GIVE_UP_S)
        if moment is None:
            say(f"  no agreement within {GIVE_UP_S} s: {why}")
        self.convergence.append(moment - healed if moment is not None else GIVE_UP_S)
        say(f"  agreed after {self.convergence[-1]:.2f} s")

    def quiet(self):
        self.load.churn(self.plan.churn)
        end = time.monotonic() + self.plan.random.uniform(*QUIET_S)
        while time.monotonic() < end:
            self.lister.round()
            time.sleep(ROUND_EVERY_S / 2)


def main():
    options = parse(__doc__, short=True, more=[("--seed", {"type": int, "default": int(time.time())})])
    plan = Plan(options)
    say(f"seed {options.seed}")
    result = Result("cuts")
    with Cluster(plan.nodes, Options(data=True)) as cluster:
        network = Network()
        say(f"ready after {cluster.start():.2f} s")
        cluster.wait_connected()
        with Load(Fleet(plan.instances), cluster.addresses(), history=True, seed=options.seed) as load:
            scene = Run(plan, cluster, network, load)
            scene.begin()
            for length_s, kills in zip(plan.cuts, plan.kills):
                scene.one_cut(length_s, kills)
                scene.quiet()
    checker = scene.checker
    for name in ("ghosts", "evictions", "resurrections"):
        found = getattr(checker, name)
        if found:
            say(f"{name}, as (node, instance, version): {sorted(found)[:20]}")
        result.at_most("live evictions" if name == "evictions" else name, len(found), 0)
    result.at_most("convergence p50", percentile(scene.convergence, 0.5), CONVERGENCE_P50_S, " s")
    result.at_most("max", max(scene.convergence), CONVERGENCE_MAX_S, " s")
    result.note("cuts", len(plan.cuts))
    result.note("kills", sum(plan.kills))
    result.note("instances", plan.instances)
    result.note("lists judged", scene.lister.lists)
    result.note("outcomes unknown", scene.unsure)
    result.note("stale after start", len(checker.stale_after_start))
    result.note("seed", str(options.seed))
    result.finish()


run(main)
