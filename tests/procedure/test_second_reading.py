"""Two readings of the procedure, written apart, answer the same on 50,000 cases of the seed in the run's header."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from case_builder import a_fight, a_portrait
from case_strategies import random_cases, random_switches
from second_reading import NOT_SAID, Answer, second_reading

from dam_plugin.model import Decision, Outcome, Reason
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.switches import rulings_with

Raw = dict[str, Any]
Ruled = frozenset[str]
BUILT_IN: Ruled = frozenset()
BLOCKS, CASES_IN_A_BLOCK = 10, 5_000


def differences(decision: Decision, answer: Answer) -> dict[str, tuple[object, object]]:
    """Return the fields in which a decision and the second reading differ: both values of each."""
    ours = {
        "outcome": decision.outcome.word,
        "redact": list(decision.redact),
        "basis": decision.basis,
        "record_disclosure": decision.record_disclosure,
        "clauses": [each.clause for each in decision.reasons],
    }
    theirs = {**answer._asdict(), "clauses": answer.clauses}
    found = {field: (value, theirs[field]) for field, value in ours.items() if value != theirs[field]}
    named = {each.clause: list(each.students) for each in decision.reasons}
    found |= {
        f"students of {clause}": (named[clause], students)
        for clause, students in answer.reasons
        if students is not None and clause in named and named[clause] != students
    }
    return found


def disagreement(raw: Raw, ruled: Ruled = BUILT_IN) -> dict[str, tuple[object, object]]:
    try:
        return differences(decide(parse_case(raw), rulings_with(ruled)), second_reading(raw, ruled))
    except Exception as error:
        error.add_note(f"{sorted(ruled)}\n{json.dumps(raw, ensure_ascii=False, indent=2)}")
        raise


def smallest(cases: Iterable[tuple[Raw, Ruled]]) -> tuple[Raw, Ruled]:
    """Return the case with the fewest switches, then students, then consents, then characters."""

    def size(each: tuple[Raw, Ruled]) -> tuple[int, ...]:
        raw, ruled = each
        return len(ruled), len(raw.get("students") or ()), len(raw.get("consents") or ()), len(json.dumps(raw))

    return min(cases, key=size)


def told(differing: list[tuple[Raw, Ruled]], seed: int) -> str:
    """Return what a person needs to find the slip: the fields, the case, and the command that repeats it."""
    raw, ruled = smallest(differing)
    found = disagreement(raw, ruled).items()
    fields = "\n".join(f"  {field}: decide {a!r}, second reading {b!r}" for field, (a, b) in found)
    return (
        f"{len(differing)} of {CASES_IN_A_BLOCK} cases differ. The smallest, as ruled {sorted(ruled)}:\n{fields}\n"
        f"{json.dumps(raw, ensure_ascii=False, indent=2)}\n"
        f"Again: PROCEDURE_SEED={seed} .venv/bin/python -m pytest tests/procedure/test_second_reading.py"
    )


@pytest.mark.parametrize("block", range(BLOCKS))
def test_two_readings_of_the_procedure_agree(block: int, procedure_seed: int) -> None:
    seed = procedure_seed * BLOCKS + block
    cases = zip(random_cases(CASES_IN_A_BLOCK, seed), random_switches(seed), strict=False)
    differing = [(raw, ruled) for raw, ruled in cases if disagreement(raw, ruled)]
    if differing:
        pytest.fail(told(differing, procedure_seed), pytrace=False)


# The comparison itself


@pytest.mark.parametrize(
    ("field", "slip"),
    [
        ("outcome", {"outcome": Outcome.REFER}),
        ("redact", {"redact": ("s1",)}),
        ("basis", {"basis": {"s1": "EX4"}}),
        ("record_disclosure", {"record_disclosure": False}),
        ("clauses", {"reasons": ()}),
    ],
)
def test_a_slip_in_any_field_is_seen(field: str, slip: Raw) -> None:
    raw = a_fight().raw()
    assert list(differences(replace(decide(parse_case(raw)), **slip), second_reading(raw))) == [field]


def test_a_reason_that_names_somebody_else_is_seen() -> None:
    raw = a_portrait().opted_out("s1").raw()
    decision = decide(parse_case(raw))
    slipped = tuple(Reason(each.clause, each.text, ("s9",)) for each in decision.reasons)
    assert "students of EX4-OPTOUT" in differences(replace(decision, reasons=slipped), second_reading(raw))


def test_a_failure_tells_the_smallest_case_and_how_to_repeat_it(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = a_portrait().raw(), a_fight().raw()
    monkeypatch.setitem(
        disagreement.__globals__,
        "second_reading",
        lambda _raw, _ruled: Answer("deny", [], {}, record_disclosure=False, reasons=[]),
    )
    text = told([(large, BUILT_IN), (small, BUILT_IN)], seed=7)
    assert "outcome: decide 'allow', second reading 'deny'" in text
    assert "PROCEDURE_SEED=7" in text
    assert json.loads(text[text.index("{\n") : text.rindex("}") + 1]) == small


def test_every_clause_is_said_to_name_students_or_not() -> None:
    cases = zip(random_cases(5_000, seed=3), random_switches(3), strict=False)
    said = {clause for raw, ruled in cases for clause, named in second_reading(raw, ruled).reasons if named}
    assert said.isdisjoint(NOT_SAID)
    assert said | NOT_SAID.keys() == set(CLAUSES)
