"""scripts/bench: runs the sections asked for and writes build/bench/bench.txt. Exit 1 when a bound was missed."""
import argparse
import platform
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import sections  # noqa: E402
from report import Report  # noqa: E402
from servers import ROOT, raise_descriptor_limit  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(sections.ALL))
    parser.add_argument("--short", action="store_true", help="smaller and fewer: a look, not a measurement")
    parser.add_argument("--smoke", action="store_true", help="every experiment for a moment, without bounds")
    options = parser.parse_args()
    unknown = [s for s in options.sections if s not in sections.ALL]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    raise_descriptor_limit()
    report = Report(ROOT / "build/bench")
    cpu = next((l.split(":")[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if l.startswith("model name")), "?")
    report.head(f"{time.strftime('%Y-%m-%d')}, {cpu}, kernel {platform.release()}")
    chosen = [sections.smoke] if options.smoke else [sections.ALL[name] for name in options.sections or sections.ALL]
    for section in chosen:
        name = section.__name__
        report.head(f"{name}: {section.__doc__}")
        section(report, options)
    report.end()
    return 1 if report.missed else 0


sys.exit(main())
