"""The nodes of one cluster: their configuration files, their processes, and what they answer."""

import http.client
import json
import os
import signal
import subprocess
import time
import urllib.parse

ENV = "dev"
ZONE = "zone-a"
REGION = "east"
SELF_APP = "infra.discovery"
ANSWER_SECONDS = 5.0
START_SECONDS = 90.0  # discoveryd waits up to 60 s for silent peers before it answers readers
STOP_SECONDS = 40.0


class Refused(Exception):
    """The node took no connection or broke it: a client goes to another node."""


class Late(Exception):
    """The node took the request and did not answer in time."""


class Bad(Exception):
    """The node answered something that no node answers."""


class Wire:
    """Keep-alive connections to nodes, one each. For one thread."""

    def __init__(self):
        self.connections = {}

    def ask(self, addr, method, path, params=(), headers=None, seconds=ANSWER_SECONDS):
        """Returns the answer as a dict. Raises Refused, Late or Bad."""
        form = urllib.parse.urlencode(params)
        target, body, head = f"/discovery/{path}", None, dict(headers or {})
        if method == "POST":
            body = form
            head["Content-Type"] = "application/x-www-form-urlencoded"
        elif form:
            target += "?" + form
        connection = self.connections.get(addr)
        if connection is None:
            host, port = addr.rsplit(":", 1)
            connection = self.connections[addr] = http.client.HTTPConnection(host, int(port))
        connection.timeout = seconds
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(seconds)
            connection.request(method, target, body, head)
            response = connection.getresponse()
            status, text = response.status, response.read()
        except TimeoutError as e:
            self.drop(addr)
            raise Late(f"{method} {target}: no answer in {seconds} s") from e
        except (OSError, http.client.HTTPException) as e:
            self.drop(addr)
            raise Refused(str(e)) from e
        try:
            answer = json.loads(text)
            answer["code"] + 0
        except (ValueError, KeyError, TypeError) as e:
            raise Bad(f"{method} {target}: HTTP {status}, {text[:200]!r}") from e
        if status != 200:
            raise Bad(f"{method} {target}: HTTP {status}, {text[:200]!r}")
        return answer

    def drop(self, addr):
        self.connections.pop(addr).close()


class Node:
    """One place in the cluster: an address and a configuration file, served by one program after the other."""

    def __init__(self, directory, number, addresses):
        self.name = f"node-{number}"
        self.addr = addresses[number]
        self.kind = None  # the name of the program that serves it
        self.process = None
        self.generation = 0
        self.log = None
        self.directory = os.path.join(directory, self.name)
        os.makedirs(self.directory)
        with open(os.path.join(self.directory, "discovery.toml"), "w", encoding="utf-8") as f:
            f.write(configuration(self.name, self.addr, addresses))

    def start(self, program, kind):
        self.kind = kind
        self.generation += 1
        self.log = os.path.join(self.directory, f"{self.generation}-{kind.replace(' ', '-')}.log")
        with open(self.log, "w", encoding="utf-8") as f:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [program, "-conf", self.directory], stdout=f, stderr=subprocess.STDOUT, cwd=self.directory
            )

    def wait_ready(self, wire):
        """Until it answers readers. Returns the seconds that took."""
        begin = time.monotonic()
        while time.monotonic() - begin < START_SECONDS:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ({self.kind}) ended with {self.process.returncode}: {self.last_words()}")
            try:
                if wire.ask(self.addr, "GET", "fetch/all")["code"] == 0:
                    return time.monotonic() - begin
            except (Refused, Late, Bad):
                pass
            time.sleep(0.05)  # sleeps: it is another process
        raise RuntimeError(f"{self.name} ({self.kind}) answers no reader after {START_SECONDS} s: {self.last_words()}")

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    def stop(self):
        """As an operator stops it. Returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.kill()

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def configuration(name, addr, addresses):
    """What stands in discovery.toml: keys of the original only."""
    return f"""nodes = {json.dumps(addresses)}
enableprotect = false

[env]
region = "{REGION}"
zone = "{ZONE}"
host = "{name}"
DeployEnv = "{ENV}"

[httpServer]
addr = "{addr}"
timeout = "40s"

[httpClient]
dial = "1s"
keepAlive = "120s"
timeout = "40s"
"""
