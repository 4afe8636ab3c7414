"""The command line of the programs: --help prints what the program is, --short runs a small version."""

import argparse
import sys
import traceback


def parse(document, short=False, more=()):
    """Options as attributes; `more` are pairs (flag, keyword arguments of argparse)."""
    words = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    if short:
        words.add_argument("--short", action="store_true", help="a smaller run, for continuous integration")
    for flag, keywords in more:
        words.add_argument(flag, **keywords)
    return words.parse_args()


def run(main):
    """Runs the program; what keeps it from measuring ends it with exit code 2, which says nothing about the bounds."""
    try:
        main()
    except Exception:  # whatever it was: the reader needs the whole of it
        traceback.print_exc()
        sys.exit(2)
