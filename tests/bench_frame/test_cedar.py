"""Cedar's policies of the benchmark answer as `decide` does: otherwise their times could not be compared."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

import pytest
from bench import bench_cedar
from bench.cedar.questions import POLICIES, questions
from bench.stories import STORIES
from case_strategies import random_cases

from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.decide import decide

COUNT, SEED = 3_000, 27


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    return [*STORIES, *random_cases(COUNT, SEED)]


@pytest.fixture(scope="module")
def answers(cases: list[dict[str, Any]]) -> list[Any]:
    cedarpy = pytest.importorskip("cedarpy", reason=bench_cedar.MISSING)
    asked = questions(cases)
    entities = json.dumps([entity for each in asked for entity in each.entities])
    answered: list[Any] = cedarpy.is_authorized_batch([each.request for each in asked], POLICIES, entities)
    return answered


def test_cedar_permits_exactly_what_decide_allows(cases: list[dict[str, Any]], answers: list[Any]) -> None:
    allowed = [decide(parse_case(case)).outcome.word == "allow" for case in cases]
    differing = [case for case, ours, theirs in zip(cases, allowed, answers, strict=True) if ours is not theirs.allowed]
    assert differing[:1] == []


def test_no_policy_fails_to_evaluate(answers: list[Any]) -> None:
    assert [answer.diagnostics.errors for answer in answers if answer.diagnostics.errors] == []


def test_every_policy_permits_some_case(answers: list[Any]) -> None:
    used = Counter(name for each in answers for name in each.diagnostics.id_annotations_by_reason.values())
    assert len(used) == POLICIES.count("@id(")


def test_the_timed_cases_are_those_without_a_plan_of_redaction(cases: list[dict[str, Any]]) -> None:
    timed = list(bench_cedar.comparable(cases))
    assert {decide(parse_case(case)).outcome.word for case in timed} == {"allow", "refer", "deny"}
    assert len(timed) > COUNT / 2


def test_without_cedarpy_our_figures_stand_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_cedar, "CASES", bench_cedar.BATCH_SIZE)
    monkeypatch.setitem(sys.modules, "cedarpy", None)
    rows = list(bench_cedar.rows())
    assert rows
    assert {(row.peer, row.note) for row in rows} == {(None, bench_cedar.MISSING)}
