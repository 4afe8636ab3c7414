"""Clients as the registry's libraries are: they register, renew, set and cancel at any node, and go to another one when a
node takes no connection or breaks it. What an instance should look like is known here, so that the lists of the nodes can be
compared with it.

Threads: an Owner thread owns its instances; what others read of it stands behind `lock`.
"""

import collections
import json
import random
import threading
import time

from nodes import ENV, REGION, ZONE, Bad, Late, Refused, Wire

APPS = [f"shop.app-{i}" for i in range(10)]
# Between two operations on one instance, which go to nodes at random. The lower end is the time a change is given to reach all
# nodes: an original orders nothing, and real clients leave 30 s.
RENEW_SECONDS = (2.0, 4.0)
CHURN = 0.05  # of the operations on instances that are not steady, those that are no renewal
POLL_MILLISECONDS = 5000
POLLS_AT_A_NODE = 50
DETAILS_MAX = 6  # failures of a stage that are told in full


class Counts:
    """What happened, by operation and program. Thread-safe."""

    def __init__(self):
        self.lock = threading.Lock()
        self.done = collections.Counter()
        self.failed = collections.Counter()
        self.moved = 0
        self.details = []

    def take(self):
        """What was counted since the last call."""
        with self.lock:
            taken = (self.done, self.failed, self.moved, self.details)
            self.done, self.failed, self.moved, self.details = collections.Counter(), collections.Counter(), 0, []
        return taken

    def ok(self, what):
        with self.lock:
            self.done[what] += 1

    def move(self):
        with self.lock:
            self.moved += 1

    def fail(self, what, kind, detail):
        with self.lock:
            self.failed[f"{what} at {kind}"] += 1
            if len(self.details) < DETAILS_MAX:
                self.details.append(f"{what} at {kind}: {detail}")


class Instance:
    """The truth about one instance."""

    def __init__(self, hostname, steady, number):
        self.appid = random.choice(APPS)
        self.hostname = hostname
        self.steady = steady  # only registered and renewed: no list may ever lack it
        self.addrs = [f"http://10.1.{number // 250}.{number % 250}:8000", f"grpc://10.1.{number // 250}.{number % 250}:9000"]
        self.status = 1
        self.metadata = {"weight": "10", "host": hostname}
        self.due_at = 0.0

    def key(self):
        return [("zone", ZONE), ("env", ENV), ("appid", self.appid), ("hostname", self.hostname)]

    def wait(self):
        """Until the next thing happens to it."""
        self.due_at = time.monotonic() + random.uniform(*RENEW_SECONDS)

    def wanted(self):
        return (self.appid, self.hostname, tuple(self.addrs), self.status, tuple(sorted(self.metadata.items())))


class Owner(threading.Thread):
    """Some instances and the thread that keeps them alive."""

    def __init__(self, load, number, instances):
        super().__init__(daemon=True)
        self.load = load
        self.number = number
        self.made = 0
        self.wire = Wire()
        self.lock = threading.Lock()
        self.live = {}
        for i in range(instances):
            self.add(steady=i % 4 == 0)

    def add(self, steady):
        self.made += 1
        instance = Instance(f"host-{self.number}-{self.made}", steady, self.number * 1000 + self.made)
        self.register(instance)
        with self.lock:
            self.live[instance.hostname] = instance

    def run(self):
        while not self.load.stopping.is_set():
            due = min(self.live.values(), key=lambda i: i.due_at)
            if self.load.stopping.wait(max(0.0, due.due_at - time.monotonic())):
                return
            if due.steady or random.random() >= CHURN or not self.change(due):
                self.renew(due)

    def change(self, instance):
        """Something else than a renewal, if the load is not quiet."""
        with self.load.churn_lock:
            if not self.load.churning:
                return False
            what = random.choice(["register", "set", "replace"])
            if what == "register":
                instance.metadata = {"weight": str(random.randrange(100)), "host": instance.hostname}
                self.register(instance)
            elif what == "set":
                self.set(instance)
            else:
                self.cancel(instance)
                self.add(steady=False)
            return True

    def register(self, instance):
        params = instance.key() + [("region", REGION), ("status", instance.status), ("version", "1")]
        params += [("addrs", a) for a in instance.addrs] + [("metadata", json.dumps(instance.metadata))]
        self.load.post(self.wire, "register", params)
        instance.wait()

    def renew(self, instance):
        answer = self.load.post(self.wire, "renew", instance.key())
        instance.wait()
        if answer == -404:  # counted as failed already; the libraries register again
            self.register(instance)

    def set(self, instance):
        instance.status = random.choice([1, 2])
        instance.metadata["set"] = str(random.randrange(1000))
        params = [p for p in instance.key() if p[0] != "hostname"] + [("hostname", instance.hostname)]
        params += [("status", instance.status), ("metadata", json.dumps({"set": instance.metadata["set"]}))]
        self.load.post(self.wire, "set", params)
        instance.wait()

    def cancel(self, instance):
        with self.lock:
            del self.live[instance.hostname]
        self.load.post(self.wire, "cancel", instance.key())
        with self.load.cancelled_lock:
            self.load.cancelled.add(instance.hostname)


class Poller(threading.Thread):
    """Watches all applications at one node after the other and looks for steady instances that a list lacks."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load = load
        self.hostname = f"poller-{number}"
        self.wire = Wire()

    def run(self):
        cursors, node, polls = {}, None, 0
        while not self.load.stopping.is_set():
            if node is None or polls == POLLS_AT_A_NODE:
                node, polls, cursors = random.choice(self.load.nodes), 0, {}  # the libraries forget their cursors, too
            polls += 1
            try:
                answer = self.poll(node, cursors)
            except (Refused, Late, Bad) as e:
                if not isinstance(e, Refused):
                    self.load.counts.fail("poll", node.kind, str(e))
                node = None
                self.load.stopping.wait(0.2)
                continue
            if answer["code"] == 0:
                self.check(node, answer["data"], cursors)
            elif answer["code"] == -500:
                self.load.counts.ok("poll told to go elsewhere")
                node = None
                self.load.stopping.wait(0.2)
            elif answer["code"] != -304:
                self.load.counts.fail("poll", node.kind, str(answer))

    def poll(self, node, cursors):
        params = [("env", ENV), ("hostname", self.hostname)]
        for app in APPS:
            params += [("appid", app), ("latest_timestamp", cursors.get(app, 0))]
        return self.wire.ask(
            node.addr, "GET", "polls", params, {"x1-bmspy-timeout": str(POLL_MILLISECONDS)}, POLL_MILLISECONDS / 1000 + 5
        )

    def check(self, node, data, cursors):
        self.load.counts.ok("poll")
        for app, info in data.items():
            cursors[app] = info["latest_timestamp"]
            listed = {i["hostname"] for zone in info["instances"].values() for i in zone}
            missing = self.load.steady.get(app, set()) - listed
            if missing:
                detail = f"{app} lacks {len(missing)}, has {len(listed)}: {sorted(missing)[:3]}"
                self.load.counts.fail("short list", node.kind, detail)


class Load:
    """All clients of a cluster."""

    def __init__(self, nodes, instances, owners=8, pollers=4):
        self.nodes = nodes
        self.counts = Counts()
        self.stopping = threading.Event()
        self.churning = True
        self.churn_lock = threading.RLock()
        self.cancelled_lock = threading.Lock()
        self.cancelled = set()
        self.owners = [Owner(self, i, instances // owners) for i in range(owners)]
        self.steady = collections.defaultdict(set)
        for owner in self.owners:
            for i in owner.live.values():
                if i.steady:
                    self.steady[i.appid].add(i.hostname)
        self.threads = self.owners + [Poller(self, i) for i in range(pollers)]

    def start(self):
        for t in self.threads:
            t.start()

    def stop(self):
        self.stopping.set()
        for t in self.threads:
            t.join(POLL_MILLISECONDS / 1000 + 15)

    def post(self, wire, what, params):
        """At a random node; at another one when that is not there. Returns the code, None where no node answered."""
        moved = 0
        for node in random.sample(self.nodes, len(self.nodes)):
            kind = node.kind
            try:
                answer = wire.ask(node.addr, "POST", what, params)
            except Refused:
                moved += 1
                self.counts.move()
                continue
            except (Late, Bad) as e:
                self.counts.fail(what, kind, str(e))
                return None
            # A cancel whose connection broke may have been done, and all know it.
            if answer["code"] == 0 or (what == "cancel" and moved and answer["code"] == -404):
                self.counts.ok(what)
            else:
                self.counts.fail(what, kind, f"{node.name} answered {answer['code']} {answer['message']}: {params}")
            return answer["code"]
        self.counts.fail(what, "all nodes", "none took the connection")
        return None

    def quiet(self, quiet):
        """With quiet, only renewals and polls go on; returns when no other operation is under way."""
        with self.churn_lock:
            self.churning = not quiet

    def truth(self):
        """Precondition: quiet. What every node should list, and what none may."""
        wanted = set()
        for owner in self.owners:
            with owner.lock:
                wanted |= {i.wanted() for i in owner.live.values()}
        with self.cancelled_lock:
            return wanted, set(self.cancelled)
