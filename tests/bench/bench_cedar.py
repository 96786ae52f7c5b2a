"""`decide` beside cedarpy on the question that both can answer: may the recording go out as it is.

Three ways to ask Cedar: policies and entities as text each time, both parsed before, and so in batches. What either
side is given is made before the clock starts; `tests/bench_frame/test_cedar.py` compares the answers.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from bench.cedar.questions import POLICIES, Question, questions
from bench.frame import Peer, Row, timed
from bench.stories import STORIES
from case_strategies import random_cases

from dam_plugin.model import Outcome
from dam_plugin.procedure.case import Case, parse_case
from dam_plugin.procedure.decide import decide

T = TypeVar("T")

CASES, SEED = 1_000, 20261002
ROUNDS, WARM_UP = 7, 1
# More in a batch makes cedarpy slower again.
BATCH_SIZE = 50
TEXT = "beside policies and entities read each time"
PARSED = "beside policies and entities read before"
BATCHED = f"beside both read before, in batches of {BATCH_SIZE}"
INSIDE = "beside Cedar's evaluation alone, by its own clock"
MISSING = "cedarpy is not installed: it has no wheel for this machine"


def rows() -> Iterable[Row]:
    """Yield `decide` on the comparable cases beside each way of asking Cedar; without cedarpy, ours and the reason."""
    raw = list(islice(comparable([*STORIES, *random_cases(2 * CASES, SEED)]), CASES))
    cases = [parse_case(each) for each in raw]
    one_by_one = _median(decide, cases)
    in_batches = _median(_decide_all, _batches(cases)) / BATCH_SIZE
    ours = {TEXT: one_by_one, PARSED: one_by_one, BATCHED: in_batches, INSIDE: one_by_one}
    theirs = dict(_cedar(questions(raw)))
    for way, value in ours.items():
        peer = Peer("cedarpy", theirs[way]) if theirs else None
        yield Row(f"decide, {way}", value, "µs", peer=peer, note="" if theirs else MISSING)


def comparable(raw: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the raw cases that do not end in a copy with students hidden, which Cedar has no word for."""
    return (each for each in raw if decide(parse_case(each)).outcome is not Outcome.REDACT)


def _cedar(asked: list[Question]) -> Iterator[tuple[str, float]]:
    """Yield cedarpy's microseconds a case for each way of asking; nothing where it is not installed."""
    try:
        from cedarpy import Entities, PolicySet, is_authorized, is_authorized_batch
    except ImportError:
        return
    policies = PolicySet.from_str(POLICIES)
    texts = [(each.request, json.dumps(each.entities)) for each in asked]
    parsed = [(request, Entities.from_json_str(entities)) for request, entities in texts]
    yield TEXT, _median(lambda each: is_authorized(each[0], POLICIES, each[1]), texts)
    yield PARSED, _median(lambda each: is_authorized(each[0], policies, each[1]), parsed)
    batches = [
        (
            [each.request for each in batch],
            Entities.from_json_str(json.dumps([e for each in batch for e in each.entities])),
        )
        for batch in _batches(asked)
    ]
    yield BATCHED, _median(lambda each: is_authorized_batch(each[0], policies, each[1]), batches) / BATCH_SIZE
    answers = [is_authorized(request, policies, entities) for request, entities in parsed]
    yield INSIDE, statistics.median(each.metrics["authz_duration_micros"] for each in answers)


def _batches(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + BATCH_SIZE] for start in range(0, len(items), BATCH_SIZE)]


def _decide_all(cases: Sequence[Case]) -> None:
    for each in cases:
        decide(each)


def _median(call: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    return timed(call, inputs, rounds=ROUNDS, warm_up=WARM_UP).median("us")
