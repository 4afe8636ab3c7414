"""disk: a disk that fails, a disk that is full, and kill -9 in the midst of a snapshot.

eio, enospc (at once): in a cluster of three under load, every fsync of node 3 fails with EIO, or its data_dir is a
full tmpfs of 2 MB, for longer than a snapshot takes to come round; then node 3 is killed and starts again with what
the disk holds.
kills: one node; 200 times: it starts from its disk, must list exactly what it was told before, is told more, is asked
to end and is killed at a random point before, while or after it writes its last snapshot.
Bounds: crashes 0, records served wrong 0 (kills: a list that differs; cluster: ghosts, live evictions, resurrections,
no agreement within 15 s), writes answered 0 while the disk fails. --only clusters, --only kills: one part.
"""

import os
import random
import shutil
import subprocess
import time

from lib.cluster import Cluster, Options
from lib.fleet import REGISTER, Fleet, listed_with_addresses
from lib.load import Load
from lib.options import parse, run
from lib.report import Result, say
from lib.scene import Scene, judge, watch

UNFINISHED = "snap.tmp"  # a snapshot while it is written
CHANGED_EACH_TIME = 50
COMMITTED_AFTER_S = 0.3  # a write is on the disk, as far as a kill is concerned


def fail_fsync(node):
    """Every fsync of a node to be started fails; returns how to count them."""
    trace = f"{node.folder}/trace"
    words = "fsync,fdatasync"
    node.through = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", trace, "-e", f"trace={words}"]
    node.through += ["-e", f"inject={words}:error=EIO"]

    def count():
        with open(trace, encoding="utf-8", errors="replace") as file:
            return sum("(INJECTED)" in line for line in file)

    return count


def mount_small(node):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "reliability", node.data_dir], check=True)


def found_full(node):
    """How often it says in its log that the disk is full; it does so once per time the disk begins to refuse."""
    with open(f"{node.folder}/log", encoding="utf-8", errors="replace") as file:
        return sum("No space left on device" in line for line in file)


def clusters(options, result):
    instances = 20_000
    seconds = 20.0 if options.short else 90.0
    crashes = 0
    with Scene("fsync fails", 1, instances) as eio, Scene("disk full", 11, instances) as enospc:
        injected = fail_fsync(eio.cluster.nodes[2])
        small = enospc.cluster.nodes[2]
        mount_small(small)
        scenes = (eio, enospc)
        try:
            for scene in scenes:
                scene.begin()
            watch(scenes, seconds, every_s=3.0)
            failures, full = injected(), found_full(small)
            say(f"fsync failed {failures} times; the small disk was full, says the log {full} times")
            for scene in scenes:
                scene.agree("while the disk fails")
                crashes += sum(not node.running() for node in scene.cluster.nodes)
                restart(scene)
            for scene in scenes:
                scene.agree("after the restart")
                crashes += sum(not node.running() for node in scene.cluster.nodes)
        finally:
            small.kill()
            subprocess.run(["umount", small.data_dir], check=False)
    result.at_most("crashes with a bad disk", crashes, 0)
    result.at_least("fsyncs failed", failures, 1)
    result.at_least("disk found full", full, 1)
    judge(result, scenes)


def restart(scene):
    node = scene.cluster.nodes[2]
    node.kill()
    node.through = []
    node.start()
    scene.checker.started(node.number, node.started_at, cut_off=False)
    node.wait_ready()


class Kills:
    """One node, killed again and again; `told` is what it has answered 0 to: instance -> version."""

    def __init__(self, cluster, count, draw):
        self.node = cluster.nodes[0]
        self.fleet = Fleet(count)
        self.draw = draw
        self.told = {}
        self.wrong = 0
        self.crashes = 0
        self.write_s = 0.05  # how long it writes, as far as is known
        self.caught = 0

    def check(self):
        answer = self.node.get("/discovery/fetch/all")
        if answer is None or answer[0] != 200:
            raise RuntimeError("a node that is ready does not list")
        found = listed_with_addresses(answer[1])
        right = {i: (version, self.fleet.address(i, version)) for i, version in self.told.items()}
        differ = {i for i in found.keys() | right.keys() if found.get(i) != right.get(i)}
        if differ:
            i = min(differ)
            say(f"{len(differ)} wrong: {i} is {found.get(i)}, should be {right.get(i)}")
            self.wrong += len(differ)
            for i, (version, _) in found.items():  # each fault counts once
                self.told[i] = version
            for i in differ - found.keys():
                del self.told[i]

    def change(self):
        for i in self.draw.sample(range(self.fleet.count), CHANGED_EACH_TIME):
            version = self.told.get(i, 0) + 1
            answer = self.node.request(self.fleet.request(REGISTER, i, version))
            if answer is None or b'"code":0' not in answer[1][:64]:
                raise RuntimeError(f"a register is not answered 0: {answer}")
            self.told[i] = version
        time.sleep(COMMITTED_AFTER_S)

    def kill_in_snapshot(self):
        """Asks it to end; kills it a random time after it began its last snapshot, or as long before."""
        path = os.path.join(self.node.data_dir, UNFINISHED)
        self.node.ask_to_end()
        begun = time.monotonic()
        if self.draw.random() < 0.9:
            while not os.path.exists(path) and self.node.running() and time.monotonic() < begun + 20:
                pass
        appeared = time.monotonic()
        time.sleep(self.draw.uniform(0, self.write_s))
        if not self.node.running() and self.node.exit_code() != 0:
            self.crashes += 1
        self.node.kill()
        if os.path.exists(path):
            self.caught += 1
            self.write_s = max(self.write_s, (time.monotonic() - appeared) * 1.1)
        else:
            self.write_s *= 0.95


def kills(options, result):
    rounds = 20 if options.short else 200
    seed = options.seed
    say(f"seed {seed}")
    with Cluster(1, Options(data=True)) as cluster:
        scene = Kills(cluster, 20_000, random.Random(seed))
        cluster.start()
        with Load(scene.fleet, cluster.addresses()) as load:
            load.fill()
            scene.told = load.clients()
        for k in range(rounds):
            scene.change()
            scene.kill_in_snapshot()
            scene.node.start()
            try:
                scene.node.wait_ready()
            except RuntimeError as error:
                say(str(error))
                scene.crashes += 1
                shutil.rmtree(scene.node.data_dir)
                break
            scene.check()
            if k % 20 == 19:
                say(f"{k + 1} kills, {scene.caught} of them while a snapshot was written")
    result.at_most("crashes around kills", scene.crashes, 0)
    result.at_most("records wrong after kills", scene.wrong, 0)
    result.at_least("kills while a snapshot was written", scene.caught, rounds // 4)
    result.note("kills", rounds)
    result.note("seed", str(seed))


def main():
    more = [
        ("--only", {"choices": ("clusters", "kills")}),
        ("--seed", {"type": int, "default": int(time.time())}),
    ]
    options = parse(__doc__, short=True, more=more)
    result = Result("disk")
    if options.only != "kills":
        clusters(options, result)
    if options.only != "clusters":
        kills(options, result)
    result.finish()


run(main)
