"""The rules as Prometheus has read them, and their tests: has each alert what a person at night needs?"""

import re

SEVERITIES = {"critical", "warning", "info"}
# `- expr: ALERTS{alertname="X",...}` and whether what follows is an empty list.
TEST = re.compile(r'ALERTS\{alertname="(\w+)",alertstate="firing"[^}]*\}\'?\n\s+eval_time: \S+\n\s+exp_samples:( \[\])?')


def alert_faults(alert):
    """`alert`: an entry of /api/v1/rules. All but its runbook, which needs the documents."""
    found = []
    if alert["labels"].get("severity") not in SEVERITIES:
        found.append(f"severity is not one of {sorted(SEVERITIES)}")
    for name in ("summary", "description", "runbook_url"):
        if not alert["annotations"].get(name, "").strip():
            found.append(f"no {name}")
    return [f"alert {alert['name']}: {f}" for f in found]


def tested(text):
    """(alerts with a test that fires, alerts with one that does not) in discoveryd.test.yml."""
    firing, quiet = set(), set()
    for name, empty in TEST.findall(text):
        (quiet if empty else firing).add(name)
    return firing, quiet


def test_faults(alerts, text):
    firing, quiet = tested(text)
    found = [f"alert {a}: no test in which it fires" for a in sorted(alerts - firing)]
    found += [f"alert {a}: no test in which it does not fire" for a in sorted(alerts - quiet)]
    return found + [f"a test of an alert that is not there: {a}" for a in sorted((firing | quiet) - alerts)]
