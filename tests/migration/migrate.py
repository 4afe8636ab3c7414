"""Replaces a cluster of originals under load, node by node, and tells what clients noticed. See tests/migration/run."""

import argparse
import collections
import random
import shutil
import signal
import sys
import tempfile
import time

from load import APPS, Load
from addresses import free_addresses
from nodes import SELF_APP, Bad, Late, Node, Refused, Wire

NODES = 3
LINE_MAX = 400
SETTLE_SECONDS = 30.0  # clients renew every few seconds, and each renewal repairs what a node missed


def listed_by(wire, node):
    """{(appid, hostname): (appid, hostname, addrs, status, metadata)} as the node tells it, the nodes themselves left out."""
    answer = wire.ask(node.addr, "GET", "fetch/all")
    if answer["code"] != 0:
        raise Bad(f"fetch/all at {node.name}: {answer['code']}")
    found = {}
    for appid, instances in answer["data"].items():
        for i in instances if appid != SELF_APP else []:
            # An original keeps what another one sent as one address with commas in it.
            addrs = tuple(",".join(i["addrs"]).split(","))
            found[appid, i["hostname"]] = (appid, i["hostname"], addrs, i["status"], tuple(sorted((i["metadata"] or {}).items())))
    return found


def members_of(wire, node):
    """The addresses of /discovery/nodes that are up."""
    return {n["addr"] for n in wire.ask(node.addr, "GET", "nodes")["data"] if n["status"] == 0}


def differences(wire, node, nodes, wanted, cancelled):
    """Why this node's view is not the truth; empty when it is."""
    try:
        found = listed_by(wire, node)
        members = members_of(wire, node)
    except (Refused, Late, Bad) as e:
        return [str(e)]
    keys = {w[:2] for w in wanted}
    reasons = collections.Counter()
    reasons["lacks"] = len(keys - found.keys())
    reasons["lists cancelled"] = len([k for k in found.keys() - keys if k[1] in cancelled])
    reasons["lists unknown"] = len([k for k in found.keys() - keys if k[1] not in cancelled])
    reasons["differs in"] = len([w for w in wanted if w[:2] in found and found[w[:2]] != w])
    reasons["misses nodes"] = len({n.addr for n in nodes} - members)
    examples = [str((w, found[w[:2]])) for w in sorted(wanted) if w[:2] in found and found[w[:2]] != w][:1]
    return [f"{why} {n}" for why, n in reasons.items() if n] + examples


class Migration:
    """The run: the nodes, the load, and what went wrong so far."""

    def __init__(self, args, directory):
        self.args = args
        self.successor = "original again" if args.bin == args.original else "discoveryd"
        self.programs = {"original": args.original, self.successor: args.bin}
        addresses = free_addresses(NODES)
        self.nodes = [Node(directory, i, addresses) for i in range(NODES)]
        self.wire = Wire()
        self.load = None
        self.failures = []

    def run(self):
        for node in self.nodes:
            node.start(self.programs["original"], "original")
            node.wait_ready(self.wire)
        self.load = Load(self.nodes, self.args.instances)
        self.load.start()
        self.stage("start")
        for node in self.nodes:
            self.replace(node, self.successor)
        if self.args.back:
            for node in reversed(self.nodes):
                self.replace(node, "original")
        self.load.stop()

    def replace(self, node, kind):
        old = node.kind
        begin = time.monotonic()
        code = node.stop()
        if code != 0:
            self.fail(f"{node.name} ({old}) ended with {code} after SIGTERM")
        stopped = time.monotonic() - begin
        time.sleep(self.args.down_seconds)  # sleeps: this is how long the node is away
        node.start(self.programs[kind], kind)
        ready = node.wait_ready(self.wire)
        self.stage(f"{node.name}: {old} -> {kind} (stopped in {stopped:.1f} s, ready in {ready:.1f} s)")

    def stage(self, name):
        """Load, then quiet; at the end all nodes must tell the truth. Prints one line, and one for each thing that is wrong."""
        time.sleep(self.args.stage_seconds)  # sleeps: this is how long the load lasts
        self.load.quiet(True)
        seconds, wrong = self.settle()
        done, failed, moved, details = self.load.counts.take()
        counted = ", ".join(f"{n} {what}" for what, n in sorted(done.items()))
        live = sum(len(o.live) for o in self.load.owners)
        print(f"{name}: {counted}, {moved} moved to another node, {live} live, settled in {seconds:.1f} s", flush=True)
        for text in [f"{n} failed: {what}" for what, n in sorted(failed.items())] + details + wrong:
            print(f"    {text[:LINE_MAX]}", flush=True)
        if not all(t.is_alive() for t in self.load.threads):
            self.fail(f"{name}: a client of this test died; its error stands above")
        for what, n in failed.items():
            self.fail(f"{name}: {n} failed: {what}")
        for text in wrong:
            self.fail(f"{name}: {text}")
        self.load.quiet(False)

    def settle(self):
        """The seconds until every node lists the truth, and what is wrong with those that never do."""
        wanted, cancelled = self.load.truth()
        begin = time.monotonic()
        while True:
            wrong = []
            for node in self.nodes:
                reasons = differences(self.wire, node, self.nodes, wanted, cancelled)
                wrong += [f"{node.name} ({node.kind}) " + ", ".join(reasons)] if reasons else []
            seconds = time.monotonic() - begin
            if not wrong or seconds > SETTLE_SECONDS:
                return seconds, wrong
            time.sleep(0.2)  # sleeps: the nodes are other processes

    def fail(self, text):
        self.failures.append(text)

    def kill(self):
        if self.load is not None:
            self.load.stopping.set()
        for node in self.nodes:
            node.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", required=True, help="the original server, see tests/clients/build-original")
    parser.add_argument("--bin", required=True, help="what replaces it")
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--stage-seconds", type=float, default=15.0, help="load before each check")
    parser.add_argument("--down-seconds", type=float, default=3.0, help="between the end of a node and the start of the next")
    parser.add_argument("--back", action="store_true", help="then replace all nodes by originals again")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--keep", action="store_true", help="keep configurations and logs of the nodes")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    random.seed(args.seed)  # of what is done; when it is done is up to the machine
    print(f"seed {args.seed}", flush=True)
    directory = tempfile.mkdtemp(prefix="discovery-migration-")
    migration = Migration(args, directory)
    try:
        migration.run()
    finally:
        migration.kill()
        if args.keep or migration.failures:
            print(f"configurations and logs: {directory}")
        else:
            shutil.rmtree(directory)
    if migration.failures:
        print(f"migration: FAILED, {len(migration.failures)} findings")
        sys.exit(1)
    print(f"migration: passed, {len(APPS)} applications, {args.instances} instances, no failed operation, no short list")


if __name__ == "__main__":
    main()
