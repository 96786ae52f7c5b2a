"""What `dam-plugin decide cases.jsonl > /dev/null` takes, from the start of the process to its end, and its memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.frame import Peer, Ran, Row, run_command
from bench.stories import repeated

FEW, LINES, MANY = 2_000, 20_000, 200_000
RUNS = 3
MEBIBYTE = 1024 * 1024
DAM_PLUGIN = Path(sys.executable).with_name("dam-plugin")


def rows() -> Iterable[Row]:
    """Yield the seconds for 20,000 lines, the fastest of three runs, and the peak memory at three lengths."""
    few = _decided(FEW)
    runs = [_decided(LINES) for _ in range(RUNS)]
    fastest = min(runs, key=lambda ran: ran.seconds)
    yield Row(f"dam-plugin decide, {LINES:,} lines", fastest.seconds, "s", at_most=4)
    beside = Peer(f"{FEW:,} lines", few.peak / MEBIBYTE)
    for count, ran in ((LINES, fastest), (MANY, _decided(MANY))):
        yield Row(f"dam-plugin decide, {count:,} lines, peak memory", ran.peak / MEBIBYTE, "MiB", peer=beside)


def _decided(count: int) -> Ran:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "cases.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(case) + "\n" for case in repeated(count))
        return run_command([str(DAM_PLUGIN), "decide", str(file)])
