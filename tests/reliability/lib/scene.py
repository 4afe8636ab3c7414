"""A cluster under load with its judge, for programs that disturb one node and look at what all list."""

import time

from lib.checker import Checker, Truth
from lib.cluster import Cluster, Options
from lib.fleet import Fleet
from lib.lister import Lister
from lib.load import Load
from lib.report import say

AGREE_S = 15.0


class Scene:
    """Three nodes first..first+2 with a data_dir each. Change what is in `cluster` before begin(). A context."""

    def __init__(self, words, first, instances, churn=5.0):
        self.words = words
        self.churn = churn
        self.cluster = Cluster(3, Options(data=True), first=first)
        self.load = Load(Fleet(instances), self.cluster.addresses(), history=True, roaming=1.0, seed=first)
        self.truth = Truth()
        self.checker = Checker(self.truth)
        self.lister = Lister(self.cluster, self.load, self.truth, self.checker)
        self.wrong = []  # in words

    def __enter__(self):
        return self

    def __exit__(self, *words):
        self.load.__exit__(*words)
        self.cluster.__exit__(*words)

    def begin(self):
        self.cluster.start()
        self.cluster.wait_connected()
        self.checker.heal(time.monotonic())
        self.load.fill()
        moment, why = self.lister.until_agreed(AGREE_S)
        if moment is None:
            raise RuntimeError(f"{self.words}: the nodes do not agree at the begin: {why}")
        self.load.renew(period_s=30.0)
        self.load.churn(self.churn)

    def agree(self, when):
        """Nobody leaves or comes until all nodes list what clients were told."""
        self.load.churn(0)
        moment, why = self.lister.until_agreed(AGREE_S)
        if moment is None:
            self.wrong.append(f"{self.words}, {when}: {why}")
            say(self.wrong[-1])


def watch(scenes, seconds, every_s=1.0):
    """Lists are taken and judged for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        for scene in scenes:
            scene.lister.round()
        time.sleep(max(0.0, begun + every_s - time.monotonic()))


def judge(result, scenes):
    """Adds what the judges found."""
    for name in ("evictions", "ghosts", "resurrections"):
        found = sorted(verdict for scene in scenes for verdict in getattr(scene.checker, name))
        if found:
            say(f"{name}, as (node, instance, version): {found[:10]}")
        result.at_most("live evictions" if name == "evictions" else name, len(found), 0)
    result.at_most("clusters that list other than clients were told", sum(1 for s in scenes if s.wrong), 0)
    result.note("renewals refused", sum(len(s.truth.refused) for s in scenes))
    result.note("lists judged", sum(s.lister.lists for s in scenes))
