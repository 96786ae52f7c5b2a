"""Runs the benchmarks: `make bench`, or `make bench ONLY=area`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import frame
from rich.console import Console


def main() -> int:
    """Measure, write bench.json row by row, print the table; 1 where an area failed, 2 for one that does not exist."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure and write bench.json.")
    parser.add_argument("--only", metavar="AREA", help="measure one area")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="where the rows go (bench.json)")
    options = parser.parse_args()
    try:
        measured = frame.run(frame.areas(), options.only, lambda found: frame.write(found, options.out))
    except frame.UnknownArea as error:
        print(error, file=sys.stderr)
        return 2
    frame.show(measured, Console(width=None if sys.stdout.isatty() else 160))
    if measured.failed:
        print(f"failed: {', '.join(measured.failed)}; every other row is in {options.out}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
