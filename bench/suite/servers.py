"""Servers under test and the load generator: started on the first processor, driven from the second, ended by us."""
import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build/release/bin"
SERVER_CPU, LOAD_CPU = "0", str(max(0, os.cpu_count() - 1))


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, process, port, tls_port):
        self.process, self.port, self.tls_port, self.pid = process, port, tls_port, process.pid

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def ask(self, path):
        """The whole body of a GET."""
        return self._talk(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")

    def post(self, path, form):
        """The whole body of the answer to a form."""
        return self._talk(f"POST {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n"
                          f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}")

    def _talk(self, request):
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as s:
            s.sendall(request.encode())
            data = b"".join(iter(lambda: s.recv(1 << 16), b""))
        return data.split(b"\r\n\r\n", 1)[1]

    def resident(self):
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(text.split("Rss:")[1].split()[0]) * 1024

    def wait_for_large_pages(self, limit_s=45):
        """Until most of it lies on pages of 2 MiB (large_pages.h); in vain where there are none."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
            large, all_ = (int(text.split(name)[1].split()[0]) for name in ("AnonHugePages:", "Rss:"))
            if large > 0.7 * all_:
                return
            time.sleep(0.2)

    def metric(self, name):
        """The largest value of a metric over its labels."""
        lines = self.ask("/metrics").decode().splitlines()
        return max(float(l.rsplit(" ", 1)[1]) for l in lines if l.startswith(name) and not l.startswith("#"))


def wait_until_answers(port, process, path="/", limit=10):
    until = time.monotonic() + limit
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[-1]} ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as s:
                s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                if s.recv(1):
                    return
        except OSError:
            pass
        time.sleep(0.0002)
    raise RuntimeError(f"no answer on port {port}")


@contextlib.contextmanager
def _running(command, folder, port, tls_port, cpus):
    log = open(folder / "log", "wb")
    process = subprocess.Popen(["taskset", "-c", cpus, *command], stdout=log, stderr=log)
    try:
        wait_until_answers(port, process)
        yield Server(process, port, tls_port)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        log.close()


def _toml(value):
    return json.dumps(value)


def _certificate(folder):
    """A certificate signed by itself, and its key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   stderr=subprocess.DEVNULL, check=True)
    return str(folder / "cert.pem"), str(folder / "key.pem")


@contextlib.contextmanager
def discoveryd(threads=1, cpus=SERVER_CPU, data_dir=False, tls=False):
    """A node."""
    folder = Path(tempfile.mkdtemp(prefix="bench."))
    port, tls_port = free_port(), free_port()
    config = {
        "httpServer": {"addr": f"127.0.0.1:{port}", "threads": threads},
        "limits": {"registry_memory": "8GiB"},
        "log": {"level": "warn"},
    }
    if data_dir:
        config["cluster"] = {"data_dir": str(folder / "data")}
    if tls:
        certificate, key = _certificate(folder)
        config["tls"] = {"listen": f"127.0.0.1:{tls_port}", "certificate": certificate, "key": key}
    text = "".join(
        f"[{name}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items()) for name, values in config.items()
    )
    (folder / "discovery.toml").write_text(text)
    try:
        with _running([str(BIN / "discoveryd"), "-conf", str(folder)], folder, port, tls_port, cpus) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def nginx(renew_answer, fetch_answer):
    """Static answers of the same size: /renew from its configuration (POST), /fetch from a file (sendfile)."""
    folder = Path(tempfile.mkdtemp(prefix="bench."))
    port, tls_port = free_port(), free_port()
    certificate, key = _certificate(folder)
    (folder / "www").mkdir()
    (folder / "www/fetch").write_bytes(fetch_answer)
    os.chmod(folder, 0o755)
    quoted = renew_answer.decode().replace("\\", "\\\\").replace("'", "\\'")
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; use epoll; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl; root {folder}/www;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    location = /renew {{ return 200 '{quoted}'; }}
  }}
}}
""")
    try:
        with _running(["nginx", "-c", str(folder / "nginx.conf")], folder, port, tls_port, SERVER_CPU) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load(server, command, *arguments):
    """One run of the load generator against a server; its JSON."""
    done = subprocess.run(
        ["taskset", "-c", LOAD_CPU, str(BIN / "discovery_load"), command, "--server", server.address, "--pid", str(server.pid),
         *map(str, arguments)],
        stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"discovery_load {command} {arguments}: {done.stdout}")
    return json.loads(done.stdout)


def longest_stop():
    """Milliseconds for which this machine stops a program on the server's processor, while the other one is busy too."""
    spin = [str(BIN / "discovery_load"), "stops", "--time-ms", "5000"]
    other = subprocess.Popen(["taskset", "-c", LOAD_CPU, *spin], stdout=subprocess.DEVNULL)
    done = subprocess.run(["taskset", "-c", SERVER_CPU, *spin], stdout=subprocess.PIPE, text=True, check=True)
    other.wait()
    return json.loads(done.stdout)["longest_ms"]


def fill(server, apps, per):
    load(server, "fill", "--apps", apps, "--per", per)


def median(values):
    return statistics.median(values)
