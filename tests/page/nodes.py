"""Real daemons on free ports, and what the tests register at them over the wire."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
import urllib.parse

TOKEN = "a-token-of-the-page-tests"
START_SECONDS = 90.0
STOP_SECONDS = 40.0


class Node:
    """One daemon. `sections`: more lines of its discovery.toml, by section; `scheduler`: name of a file -> its JSON;
    `environment`: variables besides those of the tests; `tokens`: those of its token file, which switches access control
    on; requests of the tests come with the first one; `host`: where it listens, if not at its address."""

    def __init__(self, program, directory, addresses, number=0, sections=None, scheduler=None, zone="sh001", with_token=True,
                 environment=None, tokens=None, host=None):
        self.address = addresses[number]
        self.fields = {"Authorization": "Bearer " + tokens[0]["secret"]} if tokens else {}
        self.directory = os.path.join(directory, f"node{number}-{self.address.rpartition(':')[2]}")
        os.makedirs(self.directory)
        token_file = os.path.join(self.directory, "token")
        with open(os.open(token_file, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as f:
            f.write(TOKEN + "\n")
        lines = [f"nodes = {json.dumps(addresses)}", *(sections or {}).get("", [])]
        tables = {
            "env": [f'host = "node{number + 1}"', f'zone = "{zone}"', 'region = "sh"', 'DeployEnv = "prod"'],
            "httpServer": [f'addr = "{self.listens(host)}"'] + ([f'advertise = "{self.address}"'] if host else []),
            "cluster": [f"node_id = {number + 1}"],
            "admin": [f'token_file = "{token_file}"'] if with_token and not tokens else [],
            "access": ["required = true", f'token_file = "{self.directory}/tokens.json"'] if tokens else [],
        }
        if tokens:
            self.write_tokens(tokens)
        for name, more in (sections or {}).items():
            if name:
                tables[name] = tables.get(name, []) + more
        for name, words in tables.items():
            lines += [f"[{name}]", *words]
        self.write("discovery.toml", "\n".join(lines) + "\n")
        for name, content in (scheduler or {}).items():
            self.write(name, json.dumps(content))
        self.log = os.path.join(self.directory, "log")
        self.connection = None
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [program, "-conf", self.directory], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **(environment or {})})

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as f:
            f.write(text)

    def write_tokens(self, tokens):
        """Takes effect with the start or a SIGHUP."""
        path = os.path.join(self.directory, "tokens.json")
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            json.dump({"tokens": tokens}, f)

    def listens(self, host):
        return f"{host}:{self.address.rpartition(':')[2]}" if host else self.address

    @property
    def url(self):
        return f"http://{self.address}"

    def request(self, method, target, body=None, headers=None):
        """(status, text); on a connection that is kept."""
        for attempt in (1, 2):
            if self.connection is None:
                host, port = self.address.rsplit(":", 1)
                self.connection = http.client.HTTPConnection(host, int(port), timeout=30)
            try:
                self.connection.request(method, target, body, {**self.fields, **(headers or {})})
                answer = self.connection.getresponse()
                return answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def get(self, target, **params):
        """The JSON of an answer 200."""
        query = "?" + urllib.parse.urlencode(params) if params else ""
        status, text = self.request("GET", target + query)
        if status != 200:
            raise AssertionError(f"GET {target}{query}: {status} {text[:300]}")
        return json.loads(text)

    def post(self, verb, pairs):
        """The code of a write of the Discovery API. `pairs`: dict, or list of pairs."""
        status, text = self.request("POST", "/discovery/" + verb, urllib.parse.urlencode(pairs),
                                    {"Content-Type": "application/x-www-form-urlencoded"})
        if status != 200:
            raise AssertionError(f"{verb}: HTTP {status}")
        return json.loads(text)["code"]

    def register(self, appid, hostname, *, env="prod", zone="sh001", status=1, region="sh", version="v1", addrs=("http://10.0.0.1:8000",),
                 metadata=None):
        pairs = instance_form(appid, hostname, env=env, zone=zone, status=status, region=region, version=version, addrs=addrs,
                              metadata=metadata)
        code = self.post("register", pairs)
        if code != 0:
            raise AssertionError(f"register {appid[:60]!r} {hostname[:60]!r}: code {code}")

    def register_many(self, forms):
        """Pipelined on one connection: thousands in a second or two. `forms`: urlencoded texts."""
        host, port = self.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=60) as s:
            for begin in range(0, len(forms), 100):
                part = forms[begin:begin + 100]
                s.sendall(b"".join(f"POST /discovery/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                                   f"Content-Length: {len(f)}\r\n\r\n{f}".encode() for f in part))
                answered = b""
                while answered.count(b'"code":0') < len(part):
                    piece = s.recv(65536)
                    if not piece or b'"code":-' in answered:
                        raise AssertionError(f"a register failed: {answered[-300:]!r}")
                    answered += piece

    def hosts(self, appid, env="prod", status=1):
        """Hostnames that a client's fetch lists."""
        query = urllib.parse.urlencode({"env": env, "appid": appid, "status": status})
        answer = json.loads(self.request("GET", "/discovery/fetch?" + query)[1])
        if answer["code"] != 0:
            return set()
        return {i["hostname"] for zone in answer["data"]["instances"].values() for i in zone}

    def until_hosts(self, appid, expected, seconds=5.0):
        """The same, once it is `expected`, or when the time is over."""
        end = time.monotonic() + seconds
        while (found := self.hosts(appid)) != expected and time.monotonic() < end:
            time.sleep(0.02)  # it is another process
        return found

    def wait_ready(self):
        end = time.monotonic() + START_SECONDS
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.address} ended with {self.process.returncode}: {self.last_words()}")
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return self
            except (OSError, http.client.HTTPException):
                pass
            if time.monotonic() > end:
                raise RuntimeError(f"{self.address} is not ready after {START_SECONDS} s: {self.last_words()}")
            time.sleep(0.05)  # it is another process

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()[-3000:]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def instance_form(appid, hostname, *, env="prod", zone="sh001", status=1, region="sh", version="v1", addrs=("http://10.0.0.1:8000",),
                  metadata=None):
    """The pairs of a register."""
    pairs = [("appid", appid), ("hostname", hostname), ("env", env), ("zone", zone), ("status", status), ("region", region),
             ("version", version)]
    pairs += [("addrs", a) for a in addrs]
    if metadata is not None:
        pairs.append(("metadata", json.dumps(metadata)))
    return pairs


def form_text(*args, **kwargs):
    return urllib.parse.urlencode(instance_form(*args, **kwargs))
