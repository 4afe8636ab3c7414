"""Runs the daemon under the restrictions that the unit names, without systemd: the same filter of system calls, made by the same
library. Standard library, libseccomp2 and systemd-analyze.

    unit.py UNIT DISCOVERYD DISCOVERYCTL

From UNIT are taken SystemCallFilter, SystemCallErrorNumber, RestrictAddressFamilies, MemoryDenyWriteExecute and NoNewPrivileges.
First it is seen that they hold: a program under them gets no netlink socket, no memory both writable and executable, and no
mount. Then two nodes that know each other by name live a life under them: start, writes, polls, a compressed list, reload, a
summary, snapshot and journal, and the end.
"""

import ctypes
import gzip
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ALLOW = 0x7FFF0000
ERRNO = 0x00050000
EPERM = 1
EQUAL, MASKED_EQUAL = 4, 7
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
FAMILIES = {"AF_UNIX": socket.AF_UNIX, "AF_INET": socket.AF_INET, "AF_INET6": socket.AF_INET6}
PR_SET_NO_NEW_PRIVS = 38
PATIENCE_S = 0.05
READY_S = 30


class Argument(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint), ("operator", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def fail(what):
    sys.exit(f"unit.py: {what}")


def settings_of(path):
    """Those of [Service], as lists of their words."""
    found, section = {}, ""
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).extend(value.split())
    return found


def calls_of(words):
    """The system calls of a filter that allows; sets within sets are looked up."""
    calls = set()
    for word in words:
        if not word.startswith("@"):
            calls.add(word)
            continue
        lines = subprocess.check_output(["systemd-analyze", "syscall-filter", "--no-pager", word], text=True).splitlines()
        calls |= calls_of([line.strip() for line in lines[1:] if line.strip() and not line.strip().startswith("#")])
    return calls


class Filter:
    def __init__(self, settings):
        if settings.get("SystemCallErrorNumber") != ["EPERM"] or any(w.startswith("~") for w in settings["SystemCallFilter"]):
            fail("a filter of another kind than this knows")
        self.library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.library.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
                                                        ctypes.POINTER(Argument)]
        self.library.seccomp_load.argtypes = [ctypes.c_void_p]
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.calls = self.context(ERRNO | EPERM)
        self.known = 0
        for name in sorted(calls_of(settings["SystemCallFilter"])):
            number = self.library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:  # others are of another architecture
                self.rule(self.calls, ALLOW, number)
                self.known += 1
        # As systemd does it: filters of their own, and the strictest answer counts.
        self.others = self.context(ALLOW)
        for family in range(socket.AF_INET6 + 40):
            if family not in [FAMILIES[word] for word in settings["RestrictAddressFamilies"]]:
                self.rule(self.others, ERRNO | 97, "socket", Argument(0, EQUAL, family, 0))
        if settings.get("MemoryDenyWriteExecute") == ["yes"]:
            both = PROT_WRITE | PROT_EXEC
            self.rule(self.others, ERRNO | EPERM, "mmap", Argument(2, MASKED_EQUAL, both, both))
            for call, number, flag in (("mprotect", 2, PROT_EXEC), ("pkey_mprotect", 2, PROT_EXEC), ("shmat", 2, SHM_EXEC)):
                self.rule(self.others, ERRNO | EPERM, call, Argument(number, MASKED_EQUAL, flag, flag))
        if settings.get("NoNewPrivileges") != ["yes"]:
            fail("NoNewPrivileges is not set")

    def context(self, default):
        return self.library.seccomp_init(ctypes.c_uint32(default))

    def rule(self, context, action, call, *arguments):
        number = call if isinstance(call, int) else self.library.seccomp_syscall_resolve_name(call.encode())
        array = (Argument * max(1, len(arguments)))(*arguments)
        if self.library.seccomp_rule_add_array(context, action, number, len(arguments), array) != 0:
            fail(f"no rule for {call}")

    def enter(self):
        """In the process that is about to become the program. The second filter is loaded by a call that the first must allow."""
        if self.libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            os._exit(100)
        if self.library.seccomp_load(self.others) != 0 or self.library.seccomp_load(self.calls) != 0:
            os._exit(101)


def check_that_it_holds(confine):
    program = """
import ctypes, errno, mmap, os, socket
def refused(what, call):
    try: call()
    except OSError as error: print(what, errno.errorcode[error.errno])
    else: print(what, "allowed")
refused("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
refused("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
refused("executable", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
libc = ctypes.CDLL(None, use_errno=True)
def mount():
    if libc.mount(b"none", b"/nowhere", b"tmpfs", 0, None) != 0: raise OSError(ctypes.get_errno(), "")
refused("mount", mount)
socket.socket(socket.AF_INET).close()
print("inet allowed")
"""
    # ctypes of Python needs memory that may be executed only for callbacks, which this has none of.
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, preexec_fn=confine.enter)
    expected = "netlink EAFNOSUPPORT\npacket EAFNOSUPPORT\nexecutable EPERM\nmount EPERM\ninet allowed\n"
    if done.stdout != expected:
        fail(f"the restrictions are not those of the unit: {done.stdout}{done.stderr}")


def free_address():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"localhost:{one.getsockname()[1]}"


def call(address, path, form=None, headers=None):
    data = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(f"http://{address}{path}", data, headers or {})
    with urllib.request.urlopen(request, timeout=40) as answer:
        body = answer.read()
        return gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body


def until(what, holds):
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > READY_S:
            fail(f"not within {READY_S} s: {what}")
        time.sleep(PATIENCE_S)


class Nodes:
    def __init__(self, confine, daemon, tool, folder):
        self.tool = tool
        self.addresses = [free_address(), free_address()]
        self.folders = [folder / f"node{i}" for i in range(2)]
        self.processes = []
        for i, address in enumerate(self.addresses):
            self.folders[i].mkdir()
            (self.folders[i] / "discovery.toml").write_text(
                f"nodes = {json.dumps(self.addresses)}\n[env]\nhost = \"node{i}\"\n[httpServer]\naddr = \"{address}\"\n"
                f"[cluster]\ndata_dir = \"{self.folders[i]}/data\"\n")
            with open(self.folders[i] / "log", "wb") as log:
                self.processes.append(subprocess.Popen([daemon, "-conf", str(self.folders[i])], stderr=log, stdout=log,
                                                       preexec_fn=confine.enter))

    def ask(self, i, *words):
        done = subprocess.run([self.tool, "--addr", self.addresses[i], *words], capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else ""

    def live(self):
        for i in range(2):
            until("the node is ready", lambda i=i: self.ask(i, "health", "--ready"))
        until("the nodes hear each other", lambda: self.ask(0, "members", "--one").count(" alive ") == 2)
        for i in range(300):
            form = {"zone": "zone01", "env": "dev", "appid": "shop.cart", "hostname": f"cart-{i}", "status": 1,
                    "addrs": f"http://10.1.0.{i % 250}:8000"}
            if json.loads(call(self.addresses[0], "/discovery/register", form))["code"] != 0:
                fail("a register failed")
        until("the other node lists what was registered at this one",
              lambda: self.ask(1, "instances", "shop.cart").count("cart-") == 300)
        listed = json.loads(call(self.addresses[1], "/discovery/polls?env=dev&appid=shop.cart&hostname=x&latest_timestamp=0",
                                 headers={"Accept-Encoding": "gzip"}))
        if listed["code"] != 0:
            fail("a poll failed")
        for process in self.processes:
            process.send_signal(signal.SIGUSR1)
            process.send_signal(signal.SIGHUP)
        until("both have read their configuration again",
              lambda: all('config_reloads_total{result="ok"} 1' in call(a, "/metrics").decode() for a in self.addresses))
        for page in ("/", "/api/overview", "/admin/state", "/api/history?appid=shop.cart"):
            call(self.addresses[0], page)

    def end(self):
        for process in self.processes:
            process.terminate()
        for i, process in enumerate(self.processes):
            if process.wait(timeout=60) != 0:
                fail(f"a node ended with {process.returncode}: {(self.folders[i] / 'log').read_text()[-4000:]}")
            if not any(self.folders[i].joinpath("data").iterdir()):
                fail("nothing was kept")


def main():
    unit, daemon, tool = sys.argv[1:]
    confine = Filter(settings_of(unit))
    check_that_it_holds(confine)
    with tempfile.TemporaryDirectory() as folder:
        nodes = Nodes(confine, daemon, tool, pathlib.Path(folder))
        try:
            nodes.live()
            nodes.end()
        finally:
            for process in nodes.processes:
                if process.poll() is None:
                    process.kill()
    print(f"unit: two nodes lived a life within its {confine.known} system calls")


if __name__ == "__main__":
    main()
