"""The measurements, each a function that writes rows into a Report. Figures of CPU are of the server alone."""
import re
import subprocess
import tempfile
import time
from pathlib import Path

from servers import LOAD_CPU, discoveryd, fill, load, longest_stop, median, nginx

APPS, PER = 100, 100
APP0 = "bench.team0.app0"
RENEWAL = f"region=r1&zone=z1&env=bench&appid={APP0}&hostname=host-0-0"


def requests(report, options):
    """renew, register, fetch and a mix, turn about with nginx."""
    with discoveryd(tls=True) as ours:
        fill(ours, APPS, PER)
        renewed = ours.post("/discovery/renew", RENEWAL)
        fetched = ours.ask(f"/discovery/fetch?zone=z1&env=bench&status=1&appid={APP0}")
        with nginx(renewed, fetched) as static:
            post = ["--static", "--op", "post", "--path", "/renew"]
            get = ["--static", "--op", "get", "--path", "/fetch"]
            for operation, what, against, most in (
                ("renew", "renew", post, 1.10),
                ("register", "register (known, same data)", post, 1.20),
                ("fetch", f"fetch of {PER} instances, {len(fetched) / 1000:.0f} KB", get, 1.20),
                ("mix", "the same, every tenth a register", get, 1.40),
            ):
                cpu, static_cpu, ratios = _turn_about(ours, ["--op", operation], static, against, 5 if options.short else 15)
                report.row(what, cpu, "µs of CPU", bound=most, ratio=median(ratios),
                           note=f"nginx {static_cpu:.2f} µs; ratios {min(ratios):.2f} to {max(ratios):.2f}")
            for tls in (False, True):
                _by_wrk(report, ours, static, tls)


def _turn_about(ours, arguments, static, static_arguments, rounds):
    """Short runs, one after the other: what disturbs this machine disturbs both. The medians, and every ratio of a run
    to the mean of its two neighbours."""
    size = ["--apps", APPS, "--per", PER, "--time-ms", 400]
    cpu = lambda server, arguments: load(server, "run", *arguments, *size)["cpu_us"]
    theirs, mine = [cpu(static, static_arguments)], []
    for _ in range(rounds):
        mine.append(cpu(ours, arguments))
        theirs.append(cpu(static, static_arguments))
    ratios = [2 * m / (before + after) for m, before, after in zip(mine, theirs, theirs[1:])]
    return median(mine), median(theirs), ratios


def _by_wrk(report, ours, static, tls):
    """Renew and fetch from another load generator, which speaks TLS too."""
    with tempfile.TemporaryDirectory(prefix="bench.") as folder:
        script = Path(folder) / "renew.lua"
        script.write_text(f"""wrk.method = "POST"
wrk.body = "{RENEWAL}"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
""")

        def cpu_us(server, path, *arguments):
            url = f"https://127.0.0.1:{server.tls_port}" if tls else f"http://127.0.0.1:{server.port}"
            before = _cpu_seconds(server.pid)
            done = subprocess.run(["taskset", "-c", LOAD_CPU, "wrk", "-t1", "-c64", "-d1s", *arguments, url + path],
                                  stdout=subprocess.PIPE, text=True, check=True).stdout
            used = _cpu_seconds(server.pid) - before
            if "Non-2xx" in done or "Socket errors" in done:
                raise RuntimeError(done)
            return used * 1e6 / int(re.search(r"(\d+) requests in", done)[1])

        fetch = f"/discovery/fetch?zone=z1&env=bench&status=1&appid={APP0}"
        for what, path, static_path, arguments, most in (
            ("renew", "/discovery/renew", "/renew", ["-s", str(script)], 1.10),
            (f"fetch of {PER} instances", fetch, "/fetch", [], 1.20),
        ):
            pairs = [(cpu_us(ours, path, *arguments), cpu_us(static, static_path, *arguments)) for _ in range(3)]
            report.row(f"{what}, driven by wrk, {'TLS' if tls else 'plain'}", median([a for a, _ in pairs]), "µs of CPU", bound=most,
                       ratio=median([a / b for a, b in pairs]), note=f"nginx {median([b for _, b in pairs]):.2f} µs")


def _cpu_seconds(pid):
    return time.clock_gettime(_cpu_clock(pid))


def _cpu_clock(pid):
    return ~pid << 3 | 2  # what clock_getcpuclockid() makes of a process


def polls(report, options):
    """What a parked poll costs and how fast many are told."""
    def parked(apps, per, polls):
        with discoveryd() as ours:
            fill(ours, apps, per)
            return load(ours, "park", "--apps", apps, "--per", per, "--polls", polls)

    best = min((parked(100, 1, 10_000) for _ in range(3)), key=lambda r: r["cpu_us_per_poll"])
    report.row("parking a poll (best of three)", best["cpu_us_per_poll"], "µs of CPU", bound=12, note="connection included")
    report.row("memory of a parked poll", best["resident_kb_per_poll"], "KB", bound=0.6)
    other = best["wake_other_apps"]
    report.row("waking 9,900 polls of 99 applications", other["cpu_us_per_wake"], "µs of CPU each", bound=10,
               note=f"{other['last_ms']:.0f} ms from the first register to the last watcher")
    for per, what, most in ((1, "waking 5,000 polls of one application", 50), (100, "the same with answers of 39 KB", 100)):
        runs = [parked(1, per, 5_000)["wake_one_app"] for _ in range(3)]
        best = min(runs, key=lambda r: r["last_ms"])
        report.row(what, best["last_ms"], "ms to the last", bound=most,
                   note=f"{best['last_whole_ms']:.0f} ms until all was read; {best['cpu_us_per_wake']:.1f} µs of CPU each")


def memory(report, options):
    """Bytes per instance, an idle node, and its start."""
    starts, idle = [], []
    for _ in range(5):
        begin = time.monotonic()
        with discoveryd() as ours:
            starts.append((time.monotonic() - begin) * 1000)
            idle.append(ours.resident())
    report.row("start to first answer", min(starts), "ms", bound=20, note="exec and configuration included, best of five")
    report.row("an idle node", min(idle) / 1e6, "MB", bound=6)
    for instances in (200_000,) if options.short else (200_000, 1_000_000):
        with discoveryd() as ours:
            empty = ours.resident()
            apps = instances // 100
            fill(ours, apps, 100)
            stored = ours.resident()
            report.row(f"memory per instance, {instances:,} registered", (stored - empty) / instances, "bytes", bound=300)
            load(ours, "run", "--op", "fetch", "--apps", apps, "--per", 100, "--time-ms", 1000 * apps // 5000 + 1000)
            report.row("  with every view rendered", (ours.resident() - empty) / instances, "bytes", bound=700)


def scale(report, options):
    """CPU per renew and fetch, and memory, over the number of instances."""
    sizes = [1_000, 10_000, 100_000] if options.short else [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
    points = []
    for instances in sizes:
        apps = instances // 100
        with discoveryd() as ours:
            empty = ours.resident()
            fill(ours, apps, 100)
            stored = ours.resident() - empty
            if instances >= 300_000:  # what a node does that holds them for longer than a moment
                ours.wait_for_large_pages()
            size = ["--apps", apps, "--per", 100, "--time-ms", 1500]
            renew = median([load(ours, "run", "--op", "renew", *size)["cpu_us"] for _ in range(3)])
            fetch = median([load(ours, "run", "--op", "fetch", *size)["cpu_us"] for _ in range(3)])
        points.append((instances, renew, fetch, stored / 1e6))
        report.row(f"{instances:,} instances", renew, "µs a renew", note=f"{fetch:.2f} µs a fetch of 100, {stored / 1e6:.1f} MB")
    report.plot("scale", points)


def threads(report, options):
    """Two reactors on one processor: what sharing costs."""
    with discoveryd(threads=1) as one, discoveryd(threads=2) as two:
        for server in (one, two):
            fill(server, APPS, PER)
        cpu, _, ratios = _turn_about(two, ["--op", "renew"], one, ["--op", "renew"], 5 if options.short else 15)
    report.row("renew with two reactors", cpu, "µs of CPU", bound=1.2, ratio=median(ratios), note="against one reactor")


def size(report, options):
    """A million instances, renewed every 30 s, before parked polls, with changes, sweeps and snapshots."""
    apps, per, polls_, seconds = (1_000, 100, 5_000, 10) if options.short else (10_000, 100, 15_000, 75)
    rate = apps * per / 30
    runs = []
    with discoveryd(data_dir=True) as ours:
        fill(ours, apps, per)
        for _ in range(1 if options.short else 3):
            ours.metric("discovery_loop_turn_max_seconds")  # begins anew
            run = load(ours, "pace", "--apps", apps, "--per", per, "--renewals", rate, "--changes", 10, "--polls", polls_,
                       "--connections", 64, "--time-ms", seconds * 1000 // (1 if options.short else 3))
            run["turn_ms"] = ours.metric("discovery_loop_turn_max_seconds") * 1000
            runs.append(run)
    what = f"{apps * per:,} instances, {rate:,.0f} renewals/s, {polls_:,} polls, 10 changes/s"
    report.row(what, min(r["p999_us"] for r in runs) / 1000, "ms p99.9 of a renew", bound=5,
               note="p50 {p50_us:.0f} µs, p99 {p99_us:.0f} µs, not sent in time {not_sent_in_time}".format(**runs[-1]))
    stop = longest_stop()
    report.row("  the longest turn of a loop", min(r["turn_ms"] for r in runs), "ms", bound=1,
               note=f"best of {len(runs)}; the machine by itself stops a program for {stop:.2f} ms")
    report.row("  cores", min(r["cores"] for r in runs), "of one", bound=0.35,
               note=f"{runs[-1]['resident_mb']:.0f} MB; {runs[-1]['polls_answered']['ok']} polls answered")


def rolling(report, options):
    """A tenth of an application of 5,000 instances is restarted, one by one, before 1,000 watchers."""
    per, watchers, restarted, changes = (1_000, 200, 200, 100) if options.short else (5_000, 1_000, 500, 100)
    for gzip in (False, True):
        with discoveryd() as ours:
            fill(ours, 1, per)
            r = load(ours, "rolling", "--apps", 1, "--per", per, "--watchers", watchers, "--restarted", restarted,
                     "--changes", changes, *(["--gzip"] if gzip else []))
        report.row(f"{per:,} instances, {watchers:,} watchers{', gzip' if gzip else ''}", r["bytes"] / 1e9, "GB sent",
                   note="{answers_per_watcher:.1f} answers of {body_bytes:,} bytes a watcher for {changes:,} changes in {changing_s:.1f} s; last change "
                        "to last watcher {last_change_to_last_watcher_ms:.0f} ms; {cpu_s:.1f} s of CPU, {peak_resident_mb:.0f} MB at most".format(**r))


def smoke(report, options):
    """Every experiment for a moment: an answer that is wrong ends the run."""
    size = ["--apps", 4, "--per", 50]
    with discoveryd() as ours:
        fill(ours, 4, 50)
        for operation in ("renew", "register", "fetch", "mix"):
            report.row(operation, load(ours, "run", "--op", operation, "--time-ms", 200, *size)["cpu_us"], "µs of CPU")
        parked = load(ours, "park", "--polls", 200, *size)
        report.row("polls told", parked["wake_one_app"]["told"] + parked["wake_other_apps"]["told"], "of 200")
        paced = load(ours, "pace", "--renewals", 500, "--changes", 20, "--polls", 50, "--time-ms", 1000, *size)
        report.row("paced renewals", paced["ok"], "of about 500", note=f"{paced['polls_answered']['ok']} polls answered")
        for gzip in ([], ["--gzip"]):
            rolled = load(ours, "rolling", "--watchers", 10, "--restarted", 20, "--changes", 200, *size, *gzip)
            report.row("answers to a watcher in a rolling restart", rolled["answers_per_watcher"], "")


ALL = {f.__name__: f for f in (requests, polls, memory, threads, scale, size, rolling)}
