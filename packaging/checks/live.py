"""Two nodes of discoveryd and a Prometheus that scrapes them: processes of our own, on free ports of loopback."""

import contextlib
import http.client
import json
import os
import random
import re
import socket
import subprocess
import threading
import time
import urllib.parse

WITHIN_SECONDS = 60.0
STOP_SECONDS = 20.0
ANSWER_SECONDS = 40.0  # a poll may be parked for 30
LISTENING = re.compile(r'msg="Listening on" address=(\S+)')
NODES = 2


class Failed(Exception):
    """Something that must work does not."""


def ask(address, method, path, form=None, accept=(200,)):
    """The body of the answer. Raises OSError, http.client.HTTPException or Failed."""
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_SECONDS)
    with contextlib.closing(connection):
        text = urllib.parse.urlencode(form or {})
        head = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        target = path + ("?" + text if text and method == "GET" else "")
        connection.request(method, target, text if method == "POST" else None, head)
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.status not in accept:
            raise Failed(f"{method} {address}{path}: {answer.status} {body[:500]}")
        return body


def eventually(what, condition, within=WITHIN_SECONDS):
    """What `condition` returns once that is true. Refused connections are no answer yet."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException, Failed):
            value = condition()
            if value:
                return value
        time.sleep(0.1)  # sleeps: it is another process
    raise Failed(f"not within {within:.0f} s: {what}")


class Process:
    """A program with its output in a file; ended with the block."""

    def __init__(self, arguments, log):
        self.log = log
        with open(log, "w", encoding="utf-8") as file:
            self._process = subprocess.Popen(  # pylint: disable=consider-using-with
                arguments, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def output(self):
        """Of a process that runs. Raises Failed where it has ended, with what it said last."""
        code = self._process.poll()
        with open(self.log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if code is not None:
            raise RuntimeError(f"{self.log} ended with {code}:\n{text[-2000:]}")
        return text


def free_addresses(count):
    """Below the ports that the system gives to connections, so that nobody takes one before the node does."""
    found = []
    for port in random.sample(range(10000, 32000), 200):
        with contextlib.suppress(OSError):
            socket.create_server(("127.0.0.1", port)).close()
            found.append(f"127.0.0.1:{port}")
            if len(found) == count:
                return found
    raise Failed(f"no {count} free ports")


def start_nodes(stack, binary, folder):
    """The addresses of a cluster whose nodes are ready and know each other. They serve clients of etcd too."""
    free = free_addresses(2 * NODES)
    addresses, etcd = free[:NODES], free[NODES:]
    processes = []
    for i, address in enumerate(addresses):
        place = os.path.join(folder, f"node{i}")
        os.makedirs(os.path.join(place, "data"))
        with open(os.path.join(place, "discovery.toml"), "w", encoding="utf-8") as file:
            file.write(
                f"nodes = {json.dumps(addresses)}\n[env]\nhost = 'node{i}'\n[httpServer]\naddr = '{address}'\n"
                f"[cluster]\nnode_id = {i + 1}\ndata_dir = '{place}/data'\n[etcd]\nlisten = '{etcd[i]}'\n"
            )
        processes.append(stack.enter_context(Process([binary, "-conf", place], os.path.join(place, "log"))))
    for process, address in zip(processes, addresses):
        eventually(f"{address} is ready", lambda p=process, a=address: p.output() is not None and ask(a, "GET", "/readyz"))
    return addresses


def play(addresses):
    """A little of everything that leaves a trace in the metrics."""
    one, other = addresses

    def instance(host):
        return {"zone": "z1", "env": "dev", "appid": "shop.cart", "hostname": host}

    for host in ("a", "b"):
        ask(one, "POST", "/discovery/register", {**instance(host), "status": "1", "addrs": "http://10.1.0.7:8000"})
        ask(one, "POST", "/discovery/renew", instance(host))
    ask(other, "POST", "/discovery/renew", instance("unknown"))
    eventually("the other node lists them", lambda: "shop.cart" in fetch(other))
    newest = json.loads(fetch(one))["data"]["latest_timestamp"]
    query = {"env": "dev", "appid": "shop.cart", "hostname": "me", "latest_timestamp": newest}
    poll = threading.Thread(target=ask, args=(one, "GET", "/discovery/poll", query), daemon=True)
    poll.start()
    eventually("the poll is parked", lambda: 'discovery_parked_polls{proto="discovery"} 1' in ask(one, "GET", "/metrics"))
    ask(one, "POST", "/discovery/set", {**instance("a"), "metadata": '{"weight":"5"}'})
    poll.join(ANSWER_SECONDS)
    if poll.is_alive():
        raise Failed("no change wakes the poll")
    ask(one, "POST", "/discovery/cancel", instance("b"))


def fetch(address):
    return ask(address, "GET", "/discovery/fetch", {"env": "dev", "appid": "shop.cart", "status": "1"})


def configuration(example, rules, addresses):
    """The example of a scrape configuration with other targets and shorter times: all else is as it is shipped."""
    targets = re.compile(r"(- targets:\n)(?: +- \S+\n)+")
    text, found = targets.subn(lambda m: m[1] + "".join(f"          - {a}\n" for a in addresses), example)
    text, times = re.subn(r"(scrape|evaluation)_interval: 15s", r"\1_interval: 1s", text)
    text, files = re.subn(r"- discoveryd\.rules\.yml", f"- {rules}", text)
    if (found, times, files) != (1, 2, 1):
        raise Failed("prometheus.yml has another shape than this check knows")
    return text


class Prometheus:
    """Its HTTP API."""

    def __init__(self, stack, folder, config):
        path = os.path.join(folder, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        arguments = [
            "prometheus",
            f"--config.file={path}",
            f"--storage.tsdb.path={folder}/tsdb",
            "--web.listen-address=127.0.0.1:0",
        ]
        process = stack.enter_context(Process(arguments, os.path.join(folder, "prometheus.log")))
        self.address = eventually("Prometheus listens", lambda: LISTENING.search(process.output()))[1]

    def get(self, path, form=None):
        """`data` of the answer. Raises Failed with what Prometheus says of a bad expression."""
        answer = json.loads(ask(self.address, "GET", "/api/v1/" + path, form, accept=(200, 400, 422)))
        if answer["status"] != "success" or answer.get("warnings"):
            raise Failed(f"{path} {form}: {answer.get('error')} {answer.get('warnings', '')}")
        return answer["data"]

    def query(self, expression):
        """The series of the result."""
        return self.get("query", {"query": expression})["result"]

    def rules(self):
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]
