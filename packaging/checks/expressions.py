"""What a PromQL expression asks for: its selectors, taken out by pattern. Prometheus itself judges the syntax."""

import re

# Words of the language that look like metrics; functions are told by the bracket that follows them.
WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
# What stands in brackets after these are labels.
LABEL_LISTS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
RANGES = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
SELECTOR = re.compile(r'(?<![\w:.$])([A-Za-z_:][\w:]*)\s*(\{(?:[^}"]|"(?:[^"\\]|\\.)*")*\})?(\s*\()?')
LABEL = re.compile(r'([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"')
HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")


def selectors(expression):
    """[(metric, "{...}" or "")] in the order in which they stand."""
    bare = RANGES.sub(" ", LABEL_LISTS.sub(" ", expression))
    found = []
    for metric, labels, call in SELECTOR.findall(bare):
        if call and not labels:
            continue
        if metric.lower() not in WORDS:
            found.append((metric, labels))
    return found


def labels_of(matchers):
    """Names of the labels in "{...}"."""
    return LABEL.findall(matchers)


def family_of(metric, types):
    """The name in the catalogue of that series' name; `types` is name -> type. None where it has none."""
    if metric in types:
        return None if types[metric] == "histogram" else metric  # a histogram has no series of its own name
    for part in HISTOGRAM_PARTS:
        name = metric.removesuffix(part)
        if name != metric and types.get(name) == "histogram":
            return name
    return None


def without_variables(expression):
    """As Grafana sends it: with every variable replaced."""
    for name, value in (("$__rate_interval", "1m"), ("$job", ".+"), ("$instance", ".+")):
        expression = expression.replace(name, value)
    if "$" in expression:
        raise ValueError(f"an unknown variable: {expression}")
    return expression
