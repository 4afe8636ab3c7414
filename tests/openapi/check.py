"""The document of a running daemon, validated, and the daemon held to it (tests/openapi/run)."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from openapi_spec_validator import validate

from addresses import free_addresses
from etcd_call import grant, put

TOKEN = "a-token-of-the-openapi-test"
START_SECONDS = 30.0
STOP_SECONDS = 30.0
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Refusals of the Discovery API are codes in answers of status 200, so this check can judge the others only.
CHECKS_OF_ACCESS = CHECKS + ",ignored_auth"
PATHS_OF_ACCESS = "^/(api|admin|metrics)"
LEFT_OUT = {"/admin/drain", "/admin/upgrade", "/api/events"}
EXAMPLES = 50
# A poll is answered soon, and the same request again and again is what this test does.
SETTINGS = {"httpServer.timeout": "100ms", "polls.max_park": "1s", "polls.empty_hold": "50ms", "polls.cursor_hold": "50ms",
            "shield.enabled": "false"}


class Daemon:
    """One of the cluster that listens at `addresses`; with `access`, only who has the token may anything."""

    def __init__(self, program, folder, addresses, number, access=False):
        self.address = addresses[number]
        [self.etcd] = free_addresses(1)
        self.folder = pathlib.Path(folder, "access" if access else f"node{number}")
        self.folder.mkdir()
        tokens = {"tokens": [{"name": "all", "secret": TOKEN, "grants": [{"rights": ["read", "write", "admin"]}]}]}
        token_file = self.folder / "token"
        with open(os.open(token_file, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as f:
            f.write(json.dumps(tokens) if access else TOKEN)
        (self.folder / "discovery.toml").write_text(
            f"nodes = {json.dumps(addresses)}\n"
            f'[env]\nhost = "node{number}"\nzone = "sh001"\nregion = "sh"\nDeployEnv = "prod"\n'
            f'[httpServer]\naddr = "{self.address}"\n'
            f'[cluster]\nnode_id = {number + 1}\n'
            f'[etcd]\nlisten = "{self.etcd}"\n'
            + ("[access]\nrequired = true\n" if access else "[admin]\n")
            + f'token_file = "{token_file}"\n', encoding="utf-8")
        settings = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}")]
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [program, "-conf", str(self.folder), *settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
            return answer.read()

    def wait_ready(self):
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.get("/readyz")
                return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self):
        """Its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def register_example(daemon, document):
    """The instance that the examples of the document ask for, and one that says where it came from."""
    form = document["paths"]["/discovery/register"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    body = urllib.parse.urlencode(form["example"], doseq=True).encode()
    with urllib.request.urlopen(f"http://{daemon.address}/discovery/register", body, timeout=10) as answer:
        assert json.load(answer)["code"] == 0
    # Another of the same application, by a key of etcd.
    appid, hostname = form["example"]["appid"], "by-a-key"
    value = {"id": hostname, "name": appid, "version": "", "metadata": {}, "endpoints": ["http://10.0.0.9:80"]}
    grant(daemon.etcd, 0x4D2, 3600)
    put(daemon.etcd, f"/microservices/{appid}/{hostname}", json.dumps(value), 0x4D2)
    with urllib.request.urlopen(f"http://{daemon.address}/api/service?env=prod&appid={appid}", timeout=10) as answer:
        [row] = [i for i in json.load(answer)["instances"] if i["hostname"] == hostname]
    assert row["origin"]["lease_seconds"] == 3600


def add_nothing(part):
    """Forbids members of answers that the document does not name: a client may meet more in a later version, we may not."""
    if isinstance(part, dict):
        if "properties" in part:
            part.setdefault("additionalProperties", False)
        part = part.values()
    if not isinstance(part, str) and hasattr(part, "__iter__"):
        for below in part:
            add_nothing(below)


def hold_to(daemon, document, checks, options):
    """Whether it answers as its document says."""
    words = [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", "openapi.json",
             "--url", f"http://{daemon.address}", "--checks", checks, "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES),
             "--generation-deterministic",
             "--generation-with-security-parameters", "false", "--header", f"Authorization: Bearer {TOKEN}",
             "--request-timeout", "20", "--no-color"]
    for path in LEFT_OUT & document["paths"].keys():
        words += ["--exclude-path", path]
    with tempfile.TemporaryDirectory() as folder:  # it leaves files where it runs
        pathlib.Path(folder, "openapi.json").write_text(json.dumps(document), encoding="utf-8")
        return subprocess.run(words + options, cwd=folder, check=False).returncode == 0


def main():
    program, options = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        addresses = free_addresses(2)
        daemons = [Daemon(program, folder, addresses, number) for number in range(2)]
        try:
            for daemon in daemons:
                daemon.wait_ready()
            document = json.loads(daemons[0].get("/openapi.json"))
            validate(document)
            print(f"openapi: {len(document['paths'])} paths, a valid document", flush=True)
            add_nothing(document["components"]["schemas"])
            register_example(daemons[0], document)
            good = hold_to(daemons[0], document, CHECKS, options)
            daemons.append(Daemon(program, folder, free_addresses(1), 0, access=True))
            daemons[-1].wait_ready()
            only = ["--include-path-regex", PATHS_OF_ACCESS]
            good = hold_to(daemons[-1], document, CHECKS_OF_ACCESS, only + options) and good
        finally:
            codes = [daemon.stop() for daemon in daemons]
        if any(codes):
            good = False
            print(f"openapi: the daemons ended with {codes}; the log of the first ends:")
            print("\n".join(daemons[0].log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
