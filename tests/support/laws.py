"""What the tests of laws share: how a law is tried, and what is read off a case and its decision.

A law is a function of a valid case (every field spelled out) and a source of chance. It is tried twice: searched by
hypothesis, which shrinks what breaks it, and swept over many quick cases, which reaches the rare corners.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from zlib import crc32

import pytest
from case_defaults import spelled_out
from case_strategies import cases, random_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.decide import decide

Raw = dict[str, Any]
Law = Callable[[Raw, random.Random], None]
SWEPT = 1_000


def law(check: Law) -> Callable[[str], None]:
    """Make a test of a law, tried by search and by sweep."""

    def searched(raw: Raw, chance: random.Random) -> None:
        check(spelled_out(raw), chance)

    # hypothesis derives its examples from the name: each law gets its own.
    searched.__name__ = searched.__qualname__ = check.__name__
    search = settings(
        max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )(given(cases(), st.randoms(use_true_random=False))(searched))

    @pytest.mark.parametrize("how", ["searched", "swept"])
    def tried(how: str) -> None:
        if how == "searched":
            search()
            return
        for number, raw in enumerate(random_cases(SWEPT, seed=crc32(check.__name__.encode()))):
            try:
                check(spelled_out(raw), random.Random(number))  # noqa: S311 - test data
            except AssertionError as error:
                error.add_note(json.dumps(raw, ensure_ascii=False, indent=2))
                raise

    tried.__doc__ = check.__doc__
    return tried


def decision_on(raw: Raw) -> Decision:
    return decide(parse_case(raw))


def released(decision: Decision) -> bool:
    return decision.outcome in (Outcome.ALLOW, Outcome.REDACT)


def deciding(decision: Decision) -> str:
    """Return the clause that decided."""
    return decision.reasons[0].clause


def with_asset(raw: Raw, **changes: Any) -> Raw:
    """Return the case with other facts of the recording."""
    return {**raw, "asset": {**raw["asset"], **changes}}


def with_share(raw: Raw, **changes: Any) -> Raw:
    """Return the case with another share."""
    return {**raw, "share": {**raw["share"], **changes}}


def with_policy(raw: Raw, **changes: Any) -> Raw:
    """Return the case with another directory policy."""
    return {**raw, "district": {**raw["district"], **changes}}


def with_student(raw: Raw, student: str, **changes: Any) -> Raw:
    """Return the case with something else known of one student."""
    rows = [{**row, **changes} if row["id"] == student else row for row in raw["students"]]
    return {**raw, "students": rows}


def with_evidence(raw: Raw, *changes: Callable[[Raw], None]) -> Raw:
    """Return the case with changed evidence."""
    evidence = deepcopy(raw["share"]["evidence"])
    for change in changes:
        change(evidence)
    return with_share(raw, evidence=evidence)


def any_student(raw: Raw, chance: random.Random) -> str | None:
    """Return one of the case's students, or None where it has none."""
    return chance.choice(raw["students"])["id"] if raw["students"] else None


def directly_related(raw: Raw) -> set[str]:
    """Return D, computed apart from both readings."""
    asset = raw["asset"]
    seen = [row for row in asset["appearances"] if row["identifiable"]]
    depicted = {row["student"] for row in seen} | set(asset["record_pii"])
    related = {row["student"] for row in seen if row["prominence"] != "incidental"} | set(asset["record_pii"])
    for use in asset["official_uses"]:
        related |= depicted & set(use["students"]) if use["students"] else depicted
    return related | (depicted & protected_students(raw))


def protected_students(raw: Raw) -> set[str]:
    """Return the students of whom nobody may learn where they are."""
    return {row["id"] for row in raw["students"] if row["protected"]}
