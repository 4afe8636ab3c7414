"""Progress on standard error, and the one result line on standard output."""

import sys
import time

_START = time.monotonic()


def say(text):
    print(f"{time.monotonic() - _START:7.1f} s  {text}", file=sys.stderr, flush=True)


def percentile(values, share):
    """The smallest value that at least this share of the values does not exceed."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


class Result:
    """Collects figures, each with its bound; finish() prints the line and ends the program."""

    def __init__(self, name):
        self._name = name
        self._figures = []
        self._held = True

    def at_most(self, figure, value, bound, unit=""):
        self._add(figure, value, f"<= {_number(bound)}", value is not None and value <= bound, unit)

    def at_least(self, figure, value, bound, unit=""):
        self._add(figure, value, f">= {_number(bound)}", value is not None and value >= bound, unit)

    def note(self, figure, value, unit=""):
        self._figures.append(f"{figure} {_number(value)}{unit}")

    def _add(self, figure, value, bound, held, unit):
        self._held = self._held and held
        self._figures.append(f"{figure} {_number(value)}{unit} ({bound}{'' if held else ' BROKEN'})")

    def finish(self):
        print(f"{self._name}: {'held' if self._held else 'BROKEN'}: {', '.join(self._figures)}", flush=True)
        sys.exit(0 if self._held else 1)


def _number(value):
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
