"""packaging/grafana/discoveryd.json: is it a board that Grafana 10 and 11 show as it is meant?"""

import json

CORE_PANELS = {"row", "stat", "timeseries"}
SCHEMA = 39  # of Grafana 10.3 to 11; 10.0 reads it too
COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
VARIABLES = ["datasource", "job", "instance"]
DESCRIPTION_CHARS_MIN = 60


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def queries(board):
    """[(title of the panel, expression)]."""
    return [(panel["title"], t["expr"]) for panel in board["panels"] for t in panel.get("targets", [])]


def faults(board):
    """What is wrong with its shape, one sentence each."""
    found = []
    if board["schemaVersion"] != SCHEMA:
        found.append(f"schemaVersion is {board['schemaVersion']}, not {SCHEMA}")
    if board["id"] is not None:
        found.append("id is that of one Grafana; it must be null")
    names = [v["name"] for v in board["templating"]["list"]]
    if names != VARIABLES:
        found.append(f"variables are {names}, not {VARIABLES}")
    ids = [p["id"] for p in board["panels"]]
    if len(ids) != len(set(ids)):
        found.append("two panels have one id")
    taken = {}
    for panel in board["panels"]:
        found += [f"panel {panel['title']!r}: {f}" for f in panel_faults(panel)]
        found += overlaps(panel, taken)
    return found


def overlaps(panel, taken):
    """`taken`: square of the grid -> title; gets those of this panel."""
    place, found = panel["gridPos"], []
    if place["x"] < 0 or place["w"] < 1 or place["x"] + place["w"] > COLUMNS:
        found.append(f"panel {panel['title']!r} is wider than the board")
    for x in range(place["x"], place["x"] + place["w"]):
        for y in range(place["y"], place["y"] + place["h"]):
            other = taken.setdefault((x, y), panel["title"])
            if other != panel["title"]:
                return found + [f"panel {panel['title']!r} lies on {other!r}"]
    return found


def panel_faults(panel):
    if panel["type"] not in CORE_PANELS:
        return [f"type {panel['type']} is not among {sorted(CORE_PANELS)}"]
    if panel["type"] == "row":
        return ["a row that holds panels hides them from this check"] if panel["panels"] else []
    found = []
    if len(panel.get("description", "")) < DESCRIPTION_CHARS_MIN:
        found.append("no description that says what it shows and what to do when it looks bad")
    if not panel["targets"]:
        found.append("no query")
    references = [t["refId"] for t in panel["targets"]]
    if len(references) != len(set(references)):
        found.append("two queries have one refId")
    for part in [panel, *panel["targets"]]:
        if part["datasource"] != DATASOURCE:
            found.append("its data source is not the variable")
    for target in panel["targets"]:
        if '{job=~"$job", instance=~"$instance"' not in target["expr"]:
            found.append(f"not narrowed to job and node: {target['expr']}")
    return found
