"""docs/metrics.md as data, and what board and rules do not show of it."""

import re

ROW = re.compile(r"^\| `((?:discovery|process)_\w+)` \| (counter|gauge|histogram) \| ([^|]*)\| ")

# In neither board nor rules, and why.
LEFT_OUT = {
    "process_virtual_memory_bytes": "address space that is reserved, not used; process_resident_memory_bytes tells",
    "discovery_sandbox": "does not change while a process lives; the start table, the log and --check-sandbox tell",
    "discovery_upgrades_total": "an upgrade that failed is told to whoever asked for it, and in the log",
}


def read(path):
    """(name -> type, name -> label names). Raises ValueError for a name that comes twice, or a page without a table."""
    types, labels = {}, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = ROW.match(line)
            if row is None:
                continue
            name = row[1]
            if name in types:
                raise ValueError(f"{path}: {name} stands there twice")
            types[name] = row[2]
            labels[name] = set(re.findall(r"`(\w+)`", row[3]))
    if not types:
        raise ValueError(f"{path}: no table of metrics")
    return types, labels
