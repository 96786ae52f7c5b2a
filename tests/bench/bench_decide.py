"""How long one decision takes on a case that has been read, and what reading adds within one process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bench.frame import Row, timed
from bench.stories import STORIES, repeated
from case_strategies import random_cases

from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.decide import decide

LINES = 2_000
GENERATED, SEED = 2_000, 20261002
# Another program on the same core makes a call seem long and never short: the quietest of several counts.
REPEATED = 5


def rows() -> Iterable[Row]:
    """Yield median and 99th percentile of `decide` on stories and on generated cases, and lines read a second."""
    yield from _decisions("stories", STORIES, rounds=500)
    yield from _decisions("generated cases", list(random_cases(GENERATED, SEED)), rounds=2)
    lines = [json.dumps(each) for each in repeated(LINES)]
    batches = timed(_decide_lines, [lines], rounds=15, warm_up=3)
    yield Row("read and decide JSON lines, in process", LINES / batches.median("s"), "lines/s")


def _decisions(what: str, raw: Sequence[dict[str, Any]], *, rounds: int) -> Iterator[Row]:
    cases = [parse_case(each) for each in raw]
    timings = [timed(decide, cases, rounds=rounds, warm_up=1 + rounds // 5) for _ in range(REPEATED)]
    yield Row(f"decide, {what}, median", min(each.median("us") for each in timings), "µs", at_most=40)
    slow = min(each.percentile(99, "us") for each in timings)
    yield Row(f"decide, {what}, 99th percentile", slow, "µs", at_most=150)


def _decide_lines(lines: list[str]) -> None:
    for line in lines:
        decide(parse_case(json.loads(line)))
