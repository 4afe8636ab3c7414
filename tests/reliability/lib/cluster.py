"""Nodes as processes: node k listens on 127.0.1.k:7171 and calls its peers from that address.

Everything of a cluster lies in one folder and goes with it. A node is started in a session of its own, so that what
it was started through (strace, faketime) ends with it.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from lib.network import address_of
from lib.report import say
from lib.wire import PORT, Client, get_bytes

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
LOG_LINES_SHOWN = 20


def binary():
    path = os.environ.get("DISCOVERY_BINARY", "")
    if not path:
        raise SystemExit("start this by tests/reliability/run")
    return path


def cpu_s(pid):
    """utime + stime of all threads of a process."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / CLOCK_TICKS


class Node:
    """One node. Not running until start(); kill() and end() may be called at any time."""

    def __init__(self, number, folder, peers, options):
        self.number = number
        self.address = address_of(number)
        self.folder = os.path.join(folder, f"node{number}")
        self.data_dir = os.path.join(self.folder, "data") if options.data else None
        self.through = []  # words before the program, such as those of strace
        self.more_environment = {}
        self.started_at = None  # of the monotonic clock
        self._process = None
        self._client = Client(self.address)
        os.makedirs(self.folder)
        if self.data_dir:
            os.makedirs(self.data_dir, mode=0o700)
        self._peers, self._options = peers, options
        self._configure(peers, options)

    def reconfigure(self, sections):
        """Writes the configuration anew; a reload or the next start reads it."""
        self._options.sections = {**self._options.sections, **sections}
        self._configure(self._peers, self._options)

    def _configure(self, peers, options):
        nodes = ", ".join(f'"{address_of(p)}:{PORT}"' for p in peers)
        lines = [
            f"nodes = [{nodes}]",
            f'[env]\nhost = "node{self.number}"',
            f'[httpServer]\naddr = "{self.address}:{PORT}"',
        ]
        if options.threads:
            lines.append(f"threads = {options.threads}")
        lines.append(f'[cluster]\nnode_id = {self.number}\npeer_bind_address = "{self.address}"')
        if self.data_dir:
            lines.append(f'data_dir = "{self.data_dir}"')
        lines += options.cluster_lines
        for section, words in options.sections.items():
            lines.append(f"[{section}]")
            lines += words
        with open(os.path.join(self.folder, "discovery.toml"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def start(self):
        if self._process is not None and self._process.poll() is None:
            raise RuntimeError(f"node {self.number} runs already")
        self._client.close()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DISCOVERY")}
        environment.update(self.more_environment)
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.started_at = time.monotonic()
            self._process = subprocess.Popen(
                [*self.through, binary(), "-conf", self.folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def running(self):
        return self._process is not None and self._process.poll() is None

    def pid(self):
        return self._process.pid

    def kill(self):
        """SIGKILL to it and to what it was started through; returns when it is gone."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def ask_to_end(self):
        """It drains, writes a last snapshot and ends by itself."""
        self._signal(signal.SIGTERM)

    def _signal(self, number):
        if self.running():
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                pass

    def exit_code(self):
        """None while it runs; negative where a signal ended it."""
        return None if self._process is None else self._process.poll()

    def request(self, data):
        """(status, body) of the answer to these request bytes, or None where it cannot be reached."""
        try:
            return self._client.request(data)
        except (OSError, ValueError):
            return None

    def get(self, target, headers=""):
        return self.request(get_bytes(target, headers))

    def ready(self):
        answer = self.get("/readyz")
        return answer is not None and answer[0] == 200

    def wait_ready(self, within_s=90.0):
        """Seconds from its start to ready. Raises TimeoutError."""
        end = time.monotonic() + within_s
        while not self.ready():
            if not self.running():
                raise RuntimeError(f"node {self.number} ended with {self.exit_code()}:\n{self.log_end()}")
            if time.monotonic() > end:
                raise TimeoutError(f"node {self.number} is not ready after {within_s} s:\n{self.log_end()}")
            time.sleep(0.01)
        return time.monotonic() - self.started_at

    def log_end(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-LOG_LINES_SHOWN:])

    def metrics(self):
        """Name with labels -> value; empty where it cannot be reached."""
        answer = self.get("/metrics")
        if answer is None or answer[0] != 200:
            return {}
        values = {}
        for line in answer[1].decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values

    def peers_up(self):
        """How many of the nodes it lists are up, itself included; 0 where it cannot say."""
        answer = self.get("/discovery/nodes")
        if answer is None or answer[0] != 200:
            return 0
        listed = json.loads(answer[1]).get("data") or []
        return sum(1 for node in listed if node.get("status") == 0)

    def cpu_s(self):
        """Seconds of processor time it has used, user and system."""
        return cpu_s(self._process.pid)


class Options:
    """How the nodes of a cluster are configured."""

    def __init__(self, data=False, threads=0, cluster_lines=(), sections=None):
        self.data = data
        self.threads = threads
        self.cluster_lines = list(cluster_lines)
        self.sections = sections or {}


class Cluster:
    """Nodes first..first+count-1, each configured with all of them. A context: leaving it ends all."""

    def __init__(self, count, options=None, first=1):
        self.folder = tempfile.mkdtemp(prefix="reliability.")
        numbers = range(first, first + count)
        self.nodes = [Node(number, self.folder, numbers, options or Options()) for number in numbers]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and issubclass(kind, Exception):
            for node in self.nodes:
                if os.path.exists(os.path.join(node.folder, "log")):
                    say(f"end of the log of node {node.number}:\n{node.log_end()}")
        for node in self.nodes:
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, within_s=90.0):
        """Starts all at once and returns the slowest's seconds to ready."""
        for node in self.nodes:
            node.start()
        return max(node.wait_ready(within_s) for node in self.nodes)

    def wait_connected(self, within_s=30.0):
        """Until every node lists every node as up. Raises TimeoutError: without that nothing here means anything."""
        end = time.monotonic() + within_s
        while any(node.peers_up() < len(self.nodes) for node in self.nodes):
            if time.monotonic() > end:
                seen = {node.number: node.peers_up() for node in self.nodes}
                raise TimeoutError(f"of {len(self.nodes)} nodes these many are up, as each sees it: {seen}")
            time.sleep(0.05)

    def addresses(self):
        return [node.address for node in self.nodes]

    def cpu_s(self):
        return sum(node.cpu_s() for node in self.nodes)
