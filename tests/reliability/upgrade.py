"""upgrade: a node is replaced by a new process again and again while everything goes on (POST /admin/upgrade).

Renewals over kept connections, new connections for lists, parked polls, and renewals over TLS, from careful clients
(lib/swarm.py). In turn: alone without a data_dir, alone with one and with TLS, and the third of three nodes. Then what
goes wrong: a program that does not start, one that refuses its configuration, and new processes killed at random moments.
Last, one of three nodes is drained, with clients that go on at the next node where one sends them away.
Bounds: renewals failed 0, connections refused or cut 0, empty or short lists 0, evictions 0; of the drained node, which
has to end with 0, five requests at most may cross the end of their connection and be asked again elsewhere. At least half
of the renewals that are due are answered. Only the connections that a killed process had already taken over go with it.
Parked polls are told "nothing changed", and come again.
--only NAME: one of them. --instances N, --upgrades N: how many. --rest S: how long it goes on afterwards.
"""

import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import time

from lib.cluster import Cluster, Options
from lib.fleet import Fleet
from lib.options import parse, run
from lib.report import Result, say
from lib.swarm import TLS_PORT, Newcomers, Pollers, Renewers, Swarm, TlsRenewers, changing, register_all
from lib.wire import Client, post_bytes

SCENES = ("alone", "tls", "three", "broken", "killed", "drain")


class Sums:
    """Over all scenes."""

    def __init__(self):
        self.counts = {}
        self.due = 0.0  # renewals
        self.upgrades, self.evictions = 0, 0
        self.stood_still_ms, self.gap_s = 0, 0.0
        self.killed_serving, self.cut_with_process = 0, 0

    def add(self, all_counts):
        for name, counts in all_counts.items():
            shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in counts.items() if v}
            say(f"{name}: {shown}")
            for key in ("failed", "refused", "cut", "short", "unchanged", "told_to_close", "moved_idle", "cut_elsewhere"):
                self.counts[key] = self.counts.get(key, 0) + counts[key]
            if self.killed_serving:  # what had moved went with its process, and its clients came again
                self.cut_with_process += counts["cut"]
                self.counts["cut"] -= counts["cut"]
            if name in ("renewals", "tls", "polls"):
                self.counts[name] = self.counts.get(name, 0) + counts["answers"]
            if name == "renewals":
                self.gap_s = max(self.gap_s, counts["gap_s"])


def make_certificate(folder):
    certificate, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days"]
    words += ["1", "-subj", "/CN=node", "-keyout", key, "-out", certificate]
    subprocess.run(words, check=True, capture_output=True)
    return certificate, key


class Upgraded:
    """A node whose process changes: asked, and ended, by what it says of itself."""

    def __init__(self, node):
        self.node = node

    def state(self):
        answer = self.node.get("/admin/state") or self.node.get("/admin/state")  # an idle connection may be closed
        return json.loads(answer[1]) if answer is not None and answer[0] == 200 else {}

    def upgrade(self):
        """(status, object). Raises where nobody answers."""
        client = Client(self.node.address, timeout_s=60.0)
        try:
            status, body = client.request(post_bytes("/admin/upgrade", []))
            return status, json.loads(body)
        finally:
            client.close()

    def upgrade_or_cut(self):
        """The same; (0, why) where the connection was cut."""
        try:
            return self.upgrade()
        except (OSError, ValueError) as error:
            return 0, str(error)

    def wait_settled(self, within_s=60.0):
        """Until the process that answers has no other one beside it."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if len(self.processes()) == 1:
                return
            time.sleep(0.02)
        raise TimeoutError(f"processes of the node: {self.processes()}")

    def processes(self):
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
                with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                    gone = file.read().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if os.fsencode(self.node.folder) in words and not gone:
                found.append(int(name))
        return found

    def end(self):
        for pid in self.processes():
            os.kill(pid, 9)

    def evictions(self):
        with open(os.path.join(self.node.folder, "log"), encoding="utf-8", errors="replace") as file:
            return len(re.findall(r"\bevicted\b", file.read()))


def options_of(scene, folder_of_certificate):
    sections = {}
    if scene == "tls":
        certificate, key = make_certificate(folder_of_certificate)
        sections["tls"] = [f'listen = "127.0.1.1:{TLS_PORT}"', f'certificate = "{certificate}"', f'key = "{key}"']
    if scene in ("broken", "killed"):
        sections["sandbox"] = ["enabled = false"]  # which lets no shell script take the program's place
    return Options(data=scene in ("tls", "three", "killed"), sections=sections)


def play(scene, options, sums, folder):
    count = 3 if scene in ("three", "drain") else 1
    with Cluster(count, options_of(scene, folder)) as cluster:
        cluster.start()
        if count > 1:
            cluster.wait_connected()
        node = cluster.nodes[-1]
        upgraded = Upgraded(node)
        fleet = Fleet(options.instances, apps=options.apps)
        register_all(fleet, node.address)
        time.sleep(1.0)
        nodes = [cluster.nodes[i].address for i in (-1, *range(count - 1))]
        kinds = [changing(k, nodes) if scene == "drain" else k for k in (Renewers, Newcomers, Pollers)]
        with Swarm() as swarm:
            swarm.add("renewals", kinds[0], node.address, fleet, options.connections, options.rate)
            swarm.add("newcomers", kinds[1], node.address, fleet, 40)
            swarm.add("polls", kinds[2], node.address, fleet, options.polls)
            if scene == "tls":
                swarm.add("tls", TlsRenewers, node.address, fleet, 40, 0.5)
            began = time.monotonic()
            time.sleep(2.0)
            before = upgraded.state()
            try:
                disturb(scene, upgraded, options, sums)
                time.sleep(options.rest)
            finally:
                after = (Upgraded(cluster.nodes[0]) if scene == "drain" else upgraded).state()
                counts = swarm.stop()
                sums.due += options.rate * (time.monotonic() - began)
        if "pid" not in after or any(c["cut"] for c in counts.values()):
            say(f"the end of the log of the node:\n{node.log_end()}")
        say(f"{scene}: pid {before.get('pid')} -> {after.get('pid')}, instances {after.get('instances')}")
        sums.add(counts)
        sums.killed_serving = 0
        if after.get("instances", 0) < fleet.count:
            counts["renewals"]["short"] += 1
        for one in cluster.nodes:
            sums.evictions += Upgraded(one).evictions()
            Upgraded(one).end()


def disturb(scene, upgraded, options, sums):
    if scene == "drain":
        return drained(upgraded, 2.0 if options.short else 5.0)
    if scene == "broken":
        return broken(upgraded)
    if scene == "killed":
        return killed(upgraded, options, sums)
    for _ in range(options.upgrades):
        status, told = upgraded.upgrade()
        if status != 200:
            raise RuntimeError(f"upgrade: {status} {told}")
        sums.upgrades += 1
        sums.stood_still_ms = max(sums.stood_still_ms, told["stood_still_ms"])
        say(f"{scene}: {told}")
        upgraded.wait_settled()
        time.sleep(options.pause_s)
    return None


class Program:
    """The program of the node, replaced while it runs."""

    def __init__(self):
        self.path = os.environ["DISCOVERY_BINARY"]
        self.kept = self.path + ".real"

    def become(self, text):
        new = self.path + ".new"
        with open(new, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(new, 0o755)
        os.replace(new, self.path)

    def restore(self):
        new = self.path + ".new"
        shutil.copy2(self.kept, new)
        os.replace(new, self.path)


def drained(upgraded, rest_s):
    """What `discoveryctl drain-node` does: the node says farewell and ends."""
    status = upgraded.node.request(post_bytes("/admin/drain", []))[0]
    if status != 202:
        raise RuntimeError(f"drain: {status}")
    end = time.monotonic() + 30.0
    while upgraded.processes():
        if time.monotonic() > end:
            raise TimeoutError("the node does not end")
        time.sleep(0.05)
    code = upgraded.node.exit_code()
    say(f"drained: {status}, exit code {code}")
    if code != 0:
        raise RuntimeError(f"the drained node ended with {code}")
    time.sleep(rest_s)  # of the others alone


def broken(upgraded):
    program = Program()
    cases = {
        "no program": "this is no program\n",
        "refuses its configuration": "#!/bin/sh\necho 'it has a key that is wrong' >&2\nexit 2\n",
        "ends after its check": '#!/bin/sh\n[ -z "$HANDOVER_FD_OF_DISCOVERYD" ] && exit 0\nexit 7\n',
        "says nothing, and closes": '#!/bin/sh\n[ -z "$HANDOVER_FD_OF_DISCOVERYD" ] && exit 0\nsleep 1\nexit 0\n',
    }
    for name, text in cases.items():
        program.become(text)
        pid = upgraded.state()["pid"]
        status, told = upgraded.upgrade()
        say(f"{name}: {status} {told}")
        if status == 200 or "error" not in told or upgraded.state()["pid"] != pid:
            raise RuntimeError(f"{name}: {status} {told}")
    program.restore()
    status, told = upgraded.upgrade()
    if status != 200:
        raise RuntimeError(f"after all that: {status} {told}")
    upgraded.wait_settled()


def killed(upgraded, options, sums):
    """The new process is killed at any moment of what it takes until it serves: nothing may be noticed. Where it served
    already, the connections that had moved go with it; nothing else may be lost."""
    program = Program()
    program.become(f'#!/bin/bash\nexec -a "$0" "{program.kept}" "$@"\n')
    status, told = upgraded.upgrade()
    if status != 200:
        raise RuntimeError(f"the program through a shell: {status} {told}")
    upgraded.wait_settled()
    takes_s = 0.3 * told["took_ms"] / 1000.0
    seen = {}
    for i in range(options.kills):
        after_s = random.random() * takes_s
        program.become(
            f'#!/bin/bash\nif [ -n "$HANDOVER_FD_OF_DISCOVERYD" ]; then (sleep {after_s:.3f}; kill -9 $$) & fi\n'
            f'exec -a "$0" "{program.kept}" "$@"\n'
        )
        status, told = upgraded.upgrade_or_cut()
        seen[status] = seen.get(status, 0) + 1
        sums.killed_serving += status == 200
        say(f"killed {after_s:.3f} s after its start, {i + 1}: {status} {str(told)[:120]}")
        time.sleep(options.pause_s)
    say(f"answers to the calls: {seen}")


def main():
    more = [("--only", {"choices": SCENES}), ("--instances", {"type": int, "default": None})]
    more += [("--upgrades", {"type": int, "default": None}), ("--rest", {"type": float, "default": 1.0})]
    options = parse(__doc__, short=True, more=more)
    options.instances = options.instances or (400 if options.short else 2000)
    options.apps = max(20, options.instances // 100)
    options.connections = 100 if options.short else 400
    options.polls = 100 if options.short else 1000
    options.rate = 500 if options.short else 2200
    options.kills = 4 if options.short else 20
    options.upgrades = options.upgrades or (2 if options.short else 10)
    options.pause_s = 0.3 if options.short else 1.0
    folder = tempfile.mkdtemp(prefix="upgrade.")
    program = os.path.join(folder, "discoveryd")
    for path in (program, program + ".real"):
        shutil.copy2(os.environ["DISCOVERY_BINARY"], path)
    os.environ["DISCOVERY_BINARY"] = program
    result, sums = Result("upgrade"), Sums()
    try:
        for scene in SCENES if not options.only else (options.only,):
            play(scene, options, sums, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    counts = sums.counts
    result.at_most("renewals and lists failed", counts.get("failed", 0), 0)
    result.at_most("connections refused", counts.get("refused", 0), 0)
    result.at_most("requests cut", counts.get("cut", 0), 0)
    result.at_most("requests that crossed the end of a drained node's connection", counts.get("cut_elsewhere", 0), 5)
    result.at_most("empty or short lists", counts.get("short", 0), 0)
    result.at_most("evictions", sums.evictions, 0)
    result.note("cut with a killed process that served", sums.cut_with_process)
    result.note("upgrades", sums.upgrades)
    result.at_least("renewals", counts.get("renewals", 0), int(sums.due / 2))
    result.note("over TLS", counts.get("tls", 0))
    result.at_least("polls answered", counts.get("polls", 0), 1)
    result.note("polls told to come again", counts.get("unchanged", 0))
    result.note("longest without an answer", sums.gap_s * 1000.0, " ms")
    result.note("stood still at most", sums.stood_still_ms, " ms")
    result.finish()


run(main)
