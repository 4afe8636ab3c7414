"""Runs what docker/Dockerfile makes, as a container engine and Kubernetes would, in namespaces of its own. Needs root.
Standard library only.

    container.py ROOT CONFIG.json KUBERNETES.yaml

ROOT is the last stage in a folder, CONFIG.json what dockerfile.py says of it. First one container: read-only, as the image's
user, without capabilities; its health check, and its end. Then three nodes with the configuration and the names of the
Kubernetes manifests; two of them come back at other addresses, one after a farewell and one without, while their names stay.
"""

import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
CAPABILITIES = 64
READY_S = 30
JOIN_S = 30
PATIENCE_S = 0.05  # between two looks


class Container:
    """One process in ROOT, as the configuration of the image says."""

    def __init__(self, root, config, environment=(), log=None):
        self.root, self.config = root, config
        self.environment = {**config["environment"], **dict(environment)}
        self.process = subprocess.Popen(config["entrypoint"], env=self.environment, stdout=log, stderr=log,
                                        preexec_fn=self.confine)

    def confine(self):
        """In the process that is about to become the program."""
        os.chroot(self.root)
        os.chdir("/")
        for capability in range(CAPABILITIES):
            LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # those that the kernel does not know fail
        user, group = (int(number) for number in self.config["user"].split(":"))
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
        if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError("no_new_privs")

    def execute(self, *command):
        """As `exec` in a running container does."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, preexec_fn=self.confine)

    def end(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


def within_s(limit_s, what, holds):
    """How long it took until it held."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > limit_s:
            sys.exit(f"container.py: not within {limit_s} s: {what}")
        time.sleep(PATIENCE_S)
    return time.monotonic() - began


def expect(what, holds):
    if not holds:
        sys.exit(f"container.py: not so: {what}")


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def prepare(root, work):
    """Read-only but for the volume, with /proc and the files that an engine brings."""
    hosts = work / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    for name in ("etc/hosts", "etc/resolv.conf"):
        pathlib.Path(root, name).touch()
    pathlib.Path(root, "proc").mkdir(exist_ok=True)
    mount("--bind", root, root)
    mount("-t", "proc", "proc", f"{root}/proc")
    mount("--bind", str(hosts), f"{root}/etc/hosts")
    state = pathlib.Path(root, "var/lib/discoveryd").stat()
    mount("-t", "tmpfs", "-o", f"uid={state.st_uid},gid={state.st_gid},mode={state.st_mode & 0o777:o}", "tmpfs",
          f"{root}/var/lib/discoveryd")
    mount("-o", "remount,bind,ro", root)
    return hosts


def status_of(pid, field):
    return re.search(rf"^{field}:\s*(\S+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1]


def check_one(root, config, log):
    check = config["healthcheck"]["command"]
    container = Container(root, config, log=log)
    took = within_s(READY_S, "the health check passes", lambda: container.execute(*check).returncode == 0)
    pid = container.process.pid
    uid = config["user"].split(":")[0]
    expect("it is the image's user", status_of(pid, "Uid") == uid and uid != "0")
    expect("it has no capabilities", int(status_of(pid, "CapEff"), 16) == 0 and int(status_of(pid, "CapBnd"), 16) == 0)
    registered = container.execute("/usr/bin/discoveryctl", "register", "shop.cart", "cart-0", "--zone", "zone01",
                                   "--url", "http://10.1.0.7:8000")
    expect(f"an instance registers: {registered.stderr}", registered.returncode == 0)
    expect("state is in the volume", any(pathlib.Path(root, "var/lib/discoveryd/data").iterdir()))
    expect("it ends with 0", container.end() == 0)
    expect("the health check of one that ended fails", container.execute(*check).returncode != 0)
    print(f"one container: healthy after {took:.2f} s, read-only, as user {uid} without capabilities, ended with 0")


def manifest_parts(path):
    """The nodes' configuration, and what follows the name of a pod in its address."""
    text = pathlib.Path(path).read_text()
    block = re.search(r"^  discovery\.toml: \|\n((?:    .*\n|\n)+)", text, re.M)[1]
    domain = re.search(r"DISCOVERYD_HTTPSERVER_ADVERTISE\n\s+value: \$\(POD_NAME\)\.(\S+):7171\n", text)[1]
    return re.sub(r"^    ", "", block, flags=re.M), domain


class Pods:
    """Three nodes that know one another by name. Their addresses are what the hosts file says, as DNS would."""

    def __init__(self, root, config, hosts, domain, log):
        self.root, self.config, self.hosts, self.domain, self.log = root, config, hosts, domain, log
        self.names = [f"discoveryd-{i}" for i in range(3)]
        self.addresses = [f"127.0.0.{11 + i}" for i in range(3)]
        self.nodes = [None] * 3

    def publish(self):
        lines = [f"{a} {n}.{self.domain}\n" for n, a in zip(self.names, self.addresses)]
        self.hosts.write_text("127.0.0.1 localhost\n" + "".join(lines))

    def start(self, i):
        name = self.names[i]
        self.nodes[i] = Container(self.root, self.config, {
            "DISCOVERYD_HTTPSERVER_ADDR": f"{self.addresses[i]}:7171",
            "DISCOVERYD_HTTPSERVER_ADVERTISE": f"{name}.{self.domain}:7171",
            "DISCOVERYD_ENV_HOST": name,
            "DISCOVERYD_CLUSTER_DATA_DIR": f"/var/lib/discoveryd/{name}",
        }, self.log)

    def ask(self, i, *words):
        done = self.nodes[i].execute("/usr/bin/discoveryctl", "--addr", f"{self.addresses[i]}:7171", *words)
        return done.stdout if done.returncode == 0 else None

    def ready(self, i):
        return self.ask(i, "health", "--ready") is not None

    def whole(self):
        """Every node hears both others."""
        return all((self.ask(i, "members", "--one") or "").count(" alive ") == 3 for i in range(3))

    def lists(self, i, instance):
        return instance in (self.ask(i, "instances", "shop.stock") or "")

    def move(self, i, address, number):
        """Ends it, and starts it elsewhere."""
        self.nodes[i].process.send_signal(number)
        self.nodes[i].process.wait(timeout=60)
        self.addresses[i] = address
        self.publish()
        self.start(i)
        return within_s(JOIN_S, f"node {i} is one of three again", lambda: self.ready(i) and self.whole())


def check_names(root, config, hosts, manifest, work, log):
    text, domain = manifest_parts(manifest)
    folder = work / "config"
    folder.mkdir(mode=0o755)
    (folder / "discovery.toml").write_text(text)
    mount("--bind", str(folder), f"{root}/etc/discoveryd")
    pods = Pods(root, config, hosts, domain, log)
    pods.publish()
    for i in range(3):
        pods.start(i)
    took = within_s(READY_S, "three nodes are ready and hear one another",
                    lambda: all(pods.ready(i) for i in range(3)) and pods.whole())
    print(f"three nodes by name ({pods.names[0]}.{domain}): one cluster after {took:.2f} s")
    moves = [(1, "127.0.0.22", signal.SIGTERM, "ended, came back"), (2, "127.0.0.23", signal.SIGKILL, "died, came back")]
    for i, address, number, how in moves:
        took = pods.move(i, address, number)
        instance = f"stock-{i}"
        expect("a write is taken", pods.ask(0, "register", "shop.stock", instance, "--zone", "zone01", "--url",
                                                 "http://10.1.0.7:8000") is not None)
        spread = within_s(JOIN_S, "the node at its new address lists it", lambda: pods.lists(i, instance))
        print(f"node {i} {how} at {address} under its name: one cluster after {took:.2f} s, a write there {spread:.2f} s later")
    for node in pods.nodes:
        expect("it ends with 0", node.end() == 0)


def main():
    root, config, manifest = os.path.abspath(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text()), sys.argv[3]
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        work.chmod(0o755)
        hosts = prepare(root, work)
        with open(work / "log", "w+b") as log:
            try:
                check_one(root, config, log)
                check_names(root, config, hosts, manifest, work, log)
            except (SystemExit, subprocess.TimeoutExpired):
                log.seek(0)
                sys.stderr.write(log.read().decode(errors="replace")[-8000:])
                raise


if __name__ == "__main__":
    main()
