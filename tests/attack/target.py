"""The daemon under attack, on a processor of its own, and the honest load beside the attackers on the other one."""

import json
import os
import resource
import subprocess
import tempfile
import time

from lib.cluster import Cluster, Options
from lib.wire import PORT

SERVER_CPU, LOAD_CPU = "0", str(max(0, os.cpu_count() - 1))
HONEST = "127.0.2.1"  # where honest clients come from; attackers come from 127.0.3.x
REAL_TIME = 10  # of the honest load: it measures the server, not how attackers share its processor with it


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def on_load_cpu():
    os.sched_setaffinity(0, {int(LOAD_CPU)})


def attackers(number):
    """The n-th source address of an attack."""
    return f"127.0.3.{1 + number % 250}"


class Target(Cluster):
    """One daemon, alone; a context. `sections` as in lib.cluster.Options: section -> lines."""

    def __init__(self, sections=None, threads=1):
        raise_descriptor_limit()
        on_load_cpu()
        sections = {"log": ['level = "warn"'], **(sections or {})}
        super().__init__(1, Options(threads=threads, sections=sections))
        self.node = self.nodes[0]
        self.node.through = ["taskset", "-c", SERVER_CPU]

    def __enter__(self):
        self.start()
        return self

    @property
    def address(self):
        return f"{self.node.address}:{PORT}"

    @property
    def pid(self):
        return self.node.pid()

    def reload(self, sections):
        """Other sections of the configuration, from now on."""
        self.node.reconfigure(sections)
        status, body = self.node.request(b"POST /admin/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        if status != 200:
            raise RuntimeError(f"the reload was refused: {body!r}")

    def cpu_s(self):
        """Processor time, to the nanosecond."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident(self):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Rss:")) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def metric(self, name):
        """Its sum over all labels."""
        values = self.node.metrics() or self.node.metrics()  # the connection may have been idle for too long
        if not values:
            raise RuntimeError("no metrics")
        return sum(value for key, value in values.items() if key.partition("{")[0] == name)

    def load(self, command, *words, source=HONEST):
        """One run of discovery_load to its end; what it printed."""
        return self.begin_load(command, *words, source=source).result()

    def begin_load(self, command, *words, source=HONEST):
        return LoadRun(self, command, words, source)

    def fill(self, apps, per):
        self.load("fill", "--apps", apps, "--per", per)


class LoadRun:
    """discovery_load at work. Wrong answers are for the caller to judge: `errors` of the result."""

    def __init__(self, target, command, words, source):
        self._out = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [os.environ["DISCOVERY_LOAD"], command, "--server", target.address, "--pid", str(target.pid), "--source", source,
             *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
        )
        if source == HONEST:
            os.sched_setscheduler(self._process.pid, os.SCHED_RR, os.sched_param(REAL_TIME))

    def running(self):
        return self._process.poll() is None

    def result(self):
        code = self._process.wait()
        self._out.seek(0)
        text = self._out.read()
        if not text or code > 1:
            raise RuntimeError(f"{self._process.args} ended with {code}: {text!r}")
        return json.loads(text)

    def end(self):
        self._process.kill()
        self._process.wait()


def ms(microseconds):
    return microseconds / 1e3


MB = 1e6
