"""The part of packaging/check that needs a daemon. See there."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import board
import catalogue
import rules
from expressions import family_of, labels_of, selectors, without_variables
from live import Failed, Prometheus, ask, configuration, eventually, play, start_nodes

PACKAGING = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(PACKAGING)
# Labels that Prometheus adds.
TARGET_LABELS = {"job", "instance", "le"}
# What a healthy young node has no series of, and why.
SILENT = {
    "discovery_covered_seconds": "nothing is covered before the first lease time has passed",
    "discovery_snapshot_bytes": "the first snapshot is due after a minute",
    "discovery_snapshot_records": "the first snapshot is due after a minute",
    "discovery_snapshot_age_seconds": "the first snapshot is due after a minute",
    "discovery_snapshot_seconds": "the first snapshot is due after a minute",
    'code=~"-500|500|503"': "answers a node in trouble gives",
    "discovery:http_errors:rate5m": "made of those",
}


def text_of(*path):
    with open(os.path.join(PACKAGING, *path), encoding="utf-8") as file:
        return file.read()


def name_faults(expressions, records, types, labels):
    """Metrics and labels that the daemon does not have, and metrics that nobody shows."""
    found, used = [], set()
    for where, expression in expressions:
        for metric, matchers in selectors(expression):
            if metric == "up" or metric in records:
                continue
            family = family_of(metric, types)
            if family is None:
                found.append(f"{where}: docs/metrics.md has no series {metric}")
                continue
            used.add(family)
            for label in set(labels_of(matchers)) - labels[family] - TARGET_LABELS:
                found.append(f"{where}: {family} has no label {label}")
    for name in sorted(set(types) - used - set(catalogue.LEFT_OUT)):
        found.append(f"{name} is in neither board nor rules, nor in LEFT_OUT of packaging/checks/catalogue.py")
    for name in sorted(set(catalogue.LEFT_OUT) - (set(types) - used)):
        found.append(f"LEFT_OUT of packaging/checks/catalogue.py has {name}, which is shown or not there")
    return found


def variable_faults(shown, types, labels):
    """Queries of the board's variables, label_values(selector, label), which Prometheus does not know."""
    found = []
    for variable in shown["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = re.fullmatch(r"label_values\((\w+)(\{.*\})?, (\w+)\)", variable["definition"])
        if query is None or query[1] not in types or query[3] not in labels[query[1]] | TARGET_LABELS:
            found.append(f"variable {variable['name']}: {variable['definition']}")
    return found


def series_faults(prometheus, where, expression):
    """The expression is evaluated; each of its selectors finds something."""
    expression = without_variables(expression)
    try:
        prometheus.query(expression)
    except Failed as e:
        return [f"{where}: {e}"]
    found = []
    for metric, matchers in selectors(expression):
        silent = any(word in metric + matchers for word in SILENT)
        if not silent and not prometheus.query(f"count({metric}{matchers})"):
            found.append(f"{where}: no series {metric}{matchers}")
    return found


def runbook_faults(alert):
    """Its runbook, PATH#ANCHOR, is a heading of a document."""
    path, _, anchor = alert["annotations"].get("runbook_url", "").partition("#")
    where = f"alert {alert['name']}: runbook_url"
    if not os.path.isfile(os.path.join(ROOT, path)):
        return [f"{where}: there is no {path}"]
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        headings = [line.lstrip("#").strip() for line in file if line.startswith("#")]
    if anchor not in [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings]:
        return [f"{where}: {path} has no heading #{anchor}"]
    return []


def action_faults(alerts):
    """docs/operations.md says what to do for each alert, with its severity, and for no other."""
    with open(os.path.join(ROOT, "docs", "operations.md"), encoding="utf-8") as file:
        told = dict(re.findall(r"^\| `(Discoveryd\w+)` \| (\w+) \| [^|]{10,} \|", file.read(), re.MULTILINE))
    real = {a["name"]: a["labels"].get("severity") for a in alerts}
    return [
        f"docs/operations.md, alerts: {name} is {real.get(name, 'no alert')}, told as {told.get(name, 'nothing')}"
        for name in sorted(real.keys() | told.keys())
        if real.get(name) != told.get(name)
    ]


def check_exposition(address):
    """What promtool says of /metrics. Raises Failed."""
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=ask(address, "GET", "/metrics"), capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or done.stderr or done.stdout:
        raise Failed(f"promtool check metrics ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def scraped(prometheus, nodes):
    up = prometheus.query('up{job="discoveryd"} == 1')
    return sorted(s["metric"]["instance"] for s in up) == sorted(nodes)


def judged(prometheus):
    """Every rule was evaluated. Raises RuntimeError for one that fails."""
    every = prometheus.rules()
    for rule in every:
        if rule["health"] == "err":
            raise RuntimeError(f"{rule['name']}: {rule['lastError']}")
    return all(rule["health"] == "ok" for rule in every)


def check(binary, stack, folder):
    """Faults, one sentence each."""
    nodes = start_nodes(stack, binary, folder)
    play(nodes)
    for node in nodes:
        check_exposition(node)
    config = configuration(
        text_of("prometheus", "prometheus.yml"), os.path.join(PACKAGING, "prometheus", "discoveryd.rules.yml"), nodes
    )
    prometheus = Prometheus(stack, folder, config)
    eventually("both nodes are scraped", lambda: scraped(prometheus, nodes))
    eventually("every rule is evaluated", lambda: judged(prometheus))
    # Rates take two scrapes, and records the rates.
    eventually("rates are recorded", lambda: prometheus.query("discovery:notify_seconds:p99_5m"))

    every = prometheus.rules()
    alerts = [r for r in every if r["type"] == "alerting"]
    records = {r["name"] for r in every if r["type"] == "recording"}
    shown = board.load(os.path.join(PACKAGING, "grafana", "discoveryd.json"))
    types, labels = catalogue.read(os.path.join(ROOT, "docs", "metrics.md"))
    expressions = [(f"panel {title!r}", e) for title, e in board.queries(shown)]
    expressions += [(f"rule {r['name']}", r["query"]) for r in every]

    faults = board.faults(shown) + variable_faults(shown, types, labels)
    faults += name_faults(expressions, records, types, labels)
    faults += rules.test_faults({a["name"] for a in alerts}, text_of("prometheus", "discoveryd.test.yml"))
    faults += action_faults(alerts)
    for alert in alerts:
        faults += rules.alert_faults(alert) + runbook_faults(alert)
        if any(a["state"] == "firing" for a in alert["alerts"]):
            faults.append(f"alert {alert['name']} fires though all is well")
    for where, expression in expressions:
        faults += series_faults(prometheus, where, expression)
    print(f"packaging/check: {len(expressions)} expressions, {len(alerts)} alerts, {len(types)} metrics, {len(nodes)} nodes")
    return faults


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tests = unittest.defaultTestLoader.discover(os.path.dirname(os.path.abspath(__file__)), "*_test.py")
    if not unittest.TextTestRunner(verbosity=0).run(tests).wasSuccessful():
        return 1
    with tempfile.TemporaryDirectory(prefix="discoveryd-check-") as folder, contextlib.ExitStack() as stack:
        try:
            faults = check(sys.argv[1], stack, folder)
        except (Failed, RuntimeError) as e:
            faults = [str(e)]
    for fault in faults:
        print(f"packaging/check: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
