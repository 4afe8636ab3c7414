"""Ten incidents. Each is made on real processes, and then three witnesses are asked what is wrong: one line of the log,
discoveryctl, and the page. A witness must name the cause, not only show that something is the matter."""

import atexit
import glob
import http.client
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from browser import Browser
from lib.network import Network
from nodes import Node

DAEMON = os.environ["DISCOVERY_BINARY"]
TOOL = os.environ["DISCOVERYCTL"]
WAIT_SECONDS = 40.0
# A lease that runs out while a test waits.
QUICK = {"lease": ['renew_interval = "1s"', 'expire_after = "3s"', 'sweep_interval = "2s"', 'expire_after_max = "600s"']}


def until(ask, seconds=WAIT_SECONDS):
    """The first true answer; the last one when the time is over."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.1)  # they are other processes


class Renewing:
    """Renews some instances twice a second, until it is ended."""

    def __init__(self, node, appid, hosts):
        self.node, self.appid, self.hosts = node, appid, hosts
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        for host in hosts:
            node.register(appid, host)
        self.thread.start()

    def run(self):
        host, port = self.node.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        while not self.ended.wait(0.5):
            for name in self.hosts:
                form = urllib.parse.urlencode({"env": "prod", "zone": "sh001", "appid": self.appid, "hostname": name})
                connection.request("POST", "/discovery/renew", form, {"Content-Type": "application/x-www-form-urlencoded"})
                connection.getresponse().read()
        connection.close()

    def end(self):
        self.ended.set()
        self.thread.join()


class Client:
    """A client at an address of its own, so that it can be told from others."""

    def __init__(self, node, address):
        host, port = node.address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=30, source_address=(address, 0))

    def post(self, verb, form):
        self.connection.request("POST", "/discovery/" + verb, urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        return self.connection.getresponse().read()

    def get(self, target):
        self.connection.request("GET", target)
        return self.connection.getresponse().read()

    def close(self):
        self.connection.close()


def key(appid, host):
    return {"env": "prod", "zone": "sh001", "appid": appid, "hostname": host}


class Incidents(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="incidents-")
        cls.browser = Browser()
        atexit.register(shutil.rmtree, cls.folder, True)
        atexit.register(cls.browser.close)

    def setUp(self):
        self.nodes = []
        self.place = tempfile.mkdtemp(dir=self.folder)

    def tearDown(self):
        for node in self.nodes:
            node.stop()

    def start(self, addresses, number=0, ready=True, **options):
        node = Node(DAEMON, self.place, addresses, number, **options)
        self.nodes.append(node)
        return node.wait_ready() if ready else node

    def lone(self, **options):
        return self.start(["127.0.0.1:7171"], **options)

    def cluster(self, count):
        """Nodes at 127.0.1.x, which call each other from there, so that the packet filter can tell them apart."""
        addresses = [f"127.0.1.{i + 1}:7171" for i in range(count)]
        for i in range(count):
            self.start(addresses, i, ready=False, sections={"cluster": [f'peer_bind_address = "127.0.1.{i + 1}"']})
        for node in self.nodes:
            node.wait_ready()
        joined = lambda n: sum(x["state"] in ("self", "ours") for x in n.get("/api/overview")["nodes"]) == count  # noqa: E731
        self.assertTrue(until(lambda: all(joined(n) for n in self.nodes)), "the nodes find each other")
        return self.nodes

    # --- the three witnesses -----------------------------------------------------------------------------------------

    def log_names(self, node, *words):
        """One line of the log has all of them."""
        def line():
            with open(node.log, encoding="utf-8", errors="replace") as f:
                return next((text for text in f if all(re.search(w, text) for w in words)), None)
        self.assertTrue(until(line), f"no line of the log has {words}:\n{node.last_words()}")

    def tool_names(self, node, arguments, *words, code=None):
        def output():
            done = subprocess.run([TOOL, "--addr", node.address, *arguments], capture_output=True, text=True, timeout=60, check=False)
            said = done.stdout + done.stderr
            fits = all(re.search(w, said) for w in words) and (code is None or code == done.returncode)
            outputs.append(f"exit code {done.returncode}\n{said}")
            return fits
        outputs = []
        self.assertTrue(until(output), f"discoveryctl {' '.join(arguments)} does not say {words}:\n{outputs[-1]}")

    def page_names(self, node, view, *words, **params):
        self.browser.load(node.url, view, **params)
        for word in words:
            self.browser.until("return new RegExp(arguments[0]).test(document.body.textContent)", f"{view} says {word}", word, seconds=WAIT_SECONDS)
        self.browser.driver.get("about:blank")  # the node may end now; what a page must never do is the business of tests/page

    # --- incidents ---------------------------------------------------------------------------------------------------

    def test_01_killed_node(self):
        one, _, three = self.cluster(3)
        three.process.kill()
        three.process.wait()
        self.log_names(one, "event=peer_down", f"peer={three.address}", "cause=")
        self.tool_names(one, ["members"], f"{re.escape(three.address)} .*down.*nobody listens there")
        self.page_names(one, "cluster", re.escape(three.address), "nobody listens there")

    def test_02_partition(self):
        network = Network()
        one, two, three = self.cluster(3)
        network.cut({1}, {2})
        try:
            self.log_names(one, "event=peer_down", f"peer={two.address}", "no answer in time")
            self.log_names(two, "event=peer_down", f"peer={one.address}", "no answer in time")
            self.tool_names(one, ["members"], f"{re.escape(two.address)} .*down.*no answer in time", f"{re.escape(three.address)} .*alive")
            self.page_names(one, "cluster", re.escape(two.address), "no answer in time")
        finally:
            network.heal()
        self.log_names(one, "event=peer_up", f"peer={two.address}")

    def test_03_mass_silence(self):
        node = self.lone(sections=QUICK)
        renewing = Renewing(node, "shop.cart", [f"h{i}" for i in range(20)])
        self.assertTrue(until(lambda: node.get("/api/overview")["protection"]["renewals_last_minute"] >= 20))
        renewing.end()
        self.log_names(node, "event=self_protection_on", "seen=", "needed=")
        self.tool_names(node, ["protect"], r"self-protection +ON since", "renewals .* needed")
        self.page_names(node, "overview", "Self-protection is on", "renewals? in the last minute")
        self.tool_names(node, ["explain", "shop.cart", "h1", "--env", "prod"], "VISIBLE", "held by self-protection")

    def test_04_spinning_client(self):
        node = self.lone()
        node.register("shop.cart", "h1")
        client = Client(node, "127.0.0.9")
        for _ in range(53):
            client.get("/discovery/polls?env=prod&appid=shop.cart&hostname=x&latest_timestamp=0")
        client.close()
        self.log_names(node, "event=client_slowed", "client=127.0.0.9", "cause=spinning_poll", "shop.cart")
        self.tool_names(node, ["clients", "--throttled"], "127.0.0.9.*spinning.poll")
        self.page_names(node, "clients", r"127\.0\.0\.9", "[Ss]pinning", r"shop\.cart")

    def test_05_clock_ahead(self):
        addresses = [f"127.0.1.{i + 1}:7171" for i in range(2)]
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        self.assertTrue(library, "libfaketime is installed")
        wrong = {"LD_PRELOAD": library[0], "FAKETIME": "+600s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        sections = [{"cluster": [f'peer_bind_address = "127.0.1.{i + 1}"']} for i in range(2)]
        one = self.start(addresses, 0, ready=False, sections=sections[0])
        two = self.start(addresses, 1, ready=False, sections=sections[1], environment=wrong)
        one.wait_ready()
        two.wait_ready()
        self.log_names(one, "event=clocks_differ", f"peer={two.address}", "ahead_ms=")
        self.tool_names(one, ["members"], f"{re.escape(two.address)} .*clock.*ahead")
        self.page_names(one, "cluster", "its clock is .* ahead of this node's")
        self.page_names(two, "cluster", "its clock is .* behind this node's")

    def test_06_mistaken_cancel(self):
        node = self.lone()
        node.register("shop.cart", "h1")
        node.register("shop.cart", "h2")
        client = Client(node, "127.0.0.7")
        client.post("cancel", key("shop.cart", "h1"))
        client.close()
        self.log_names(node, "event=cancelled", "appid=shop.cart", "host=h1", "client=127.0.0.7")
        self.tool_names(node, ["explain", "shop.cart", "h1", "--env", "prod"], "NOT VISIBLE", r"cancelled .* by 127\.0\.0\.7")
        self.tool_names(node, ["history", "shop.cart", "h1", "--env", "prod"], r"cancelled .*127\.0\.0\.7")
        self.page_names(node, "instance", r"cancelled .* by 127\.0\.0\.7", env="prod", appid="shop.cart", zone="sh001", hostname="h1")

    def test_07_full_disk(self):
        disk = os.path.join(self.place, "disk")
        os.makedirs(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", disk], check=True)
        node = self.lone(sections={"cluster": [f'data_dir = "{disk}/data"']})
        with open(os.path.join(disk, "somebody-elses"), "wb") as f:
            try:
                while True:
                    f.write(b"x" * 65536)
                    f.flush()
            except OSError:
                pass
        for i in range(200):
            node.register("shop.cart", f"h{i}", metadata={"text": "x" * 4000})
        self.log_names(node, "event=disk_failing", "[Nn]o space left")
        self.tool_names(node, ["members"], "[Nn]o space left")
        self.page_names(node, "overview", "refuses to be written", "[Nn]o space left")

    def test_08_peer_that_refuses(self):
        two = self.start(["127.0.0.1:7172"])
        one = self.start(["127.0.0.1:7171", two.address])
        self.log_names(one, "event=peer_refuses", f"peer={two.address}", "not in its configuration")
        self.tool_names(one, ["members"], f"{re.escape(two.address)} .*not in its configuration")
        self.page_names(one, "cluster", re.escape(two.address), "this node is not in its configuration")

    def test_09_register_loop(self):
        node = self.lone()
        client = Client(node, "127.0.0.9")
        form = {**key("shop.cart", "h1"), "status": 1, "addrs": "http://10.0.0.1:80", "version": "1"}
        for _ in range(53):
            client.post("register", form)
        client.close()
        self.log_names(node, "event=client_slowed", "client=127.0.0.9", "cause=register_loop", "shop.cart h1")
        self.tool_names(node, ["clients", "--throttled"], "127.0.0.9.*register.loop")
        self.page_names(node, "clients", r"127\.0\.0\.9", "[Rr]egister.loop|same register", r"shop\.cart")

    def test_10_last_instance_gone(self):
        node = self.lone(sections=QUICK)
        others = Renewing(node, "shop.others", [f"h{i}" for i in range(20)])
        try:
            node.register("shop.cart", "h1")
            self.log_names(node, "event=evicted", "appid=shop.cart", "host=h1", "no renewal")
            self.assertEqual(node.hosts("shop.cart"), set())
            self.tool_names(node, ["explain", "shop.cart", "h1", "--env", "prod"], "NOT VISIBLE", "its lease ran out")
            self.page_names(node, "instance", "its lease ran out", env="prod", appid="shop.cart", zone="sh001", hostname="h1")
            self.page_names(node, "services", r"shop\.cart")
        finally:
            others.end()
