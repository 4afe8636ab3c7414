"""clock: the wall clock of one of three nodes is an hour ahead or behind, and jumps while it runs.

Two clusters at once. In the first, node 3 starts an hour ahead and goes back to the true time halfway; in the second
it starts an hour behind and goes forward. The steady clock stays true, as it does on a real machine. 1,000 instances
each renew every 30 s everywhere while some leave and come back at any node; longer than a lease and a sweep before
the jump and after it.
Bounds: live evictions 0, ghosts 0, resurrections 0, and at the end all nodes list what clients were told, so no
register was lost. Renewals refused are told.
"""

import glob

from lib.options import parse, run
from lib.report import Result, say
from lib.scene import Scene, judge, watch


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise RuntimeError("libfaketime is not installed")
    return found[0]


class WrongClock:
    """The wall clock of a node to be started: the true one plus an offset that can be changed while it runs."""

    def __init__(self, node, offset_s):
        self._file = f"{node.folder}/clock"
        self.set(offset_s)
        node.more_environment = {
            "LD_PRELOAD": library(),
            "FAKETIME_TIMESTAMP_FILE": self._file,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_CACHE_DURATION": "1",
        }

    def set(self, offset_s):
        with open(self._file, "w", encoding="utf-8") as file:
            file.write(f"{offset_s:+d}s\n")


def main():
    options = parse(__doc__, short=True)
    half_s = 15.0 if options.short else 160.0
    result = Result("clock")
    with Scene("an hour ahead", 1, 1000) as ahead, Scene("an hour behind", 11, 1000) as behind:
        clocks = [WrongClock(ahead.cluster.nodes[2], 3600), WrongClock(behind.cluster.nodes[2], -3600)]
        scenes = (ahead, behind)
        for scene in scenes:
            scene.begin()
        say("renewing; clocks wrong by an hour")
        watch(scenes, half_s)
        for clock in clocks:
            clock.set(0)
        say("clocks put right")
        watch(scenes, half_s)
        for scene in scenes:
            scene.agree("at the end")
    judge(result, scenes)
    result.finish()


run(main)
