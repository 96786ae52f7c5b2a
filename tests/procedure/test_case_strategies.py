"""The generator of cases: valid ones alone, and all that the procedure can say of them: each clause for each recipient."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import combinations
from typing import Any, get_args

import pytest
from case_defaults import DEFAULTS, nullable, parts_of, spelled_out
from case_strategies import DECISION_DAYS, random_cases
from second_reading import second_reading
from second_terms import Reading

from dam_plugin.model import RecipientRole
from dam_plugin.procedure.case import parse_case

Raw = dict[str, Any]
EVERYONE = get_args(RecipientRole)
FAMILY = ("parent", "eligible_student")
WITH_OWN = (*FAMILY, "law_enforcement", "childrens_division")

# Who can be answered with an outcome by which deciding clause; the clauses of plans A, B, C, N are those of `redact`.
REACHABLE: dict[tuple[str, str], tuple[str, ...]] = {
    **{("allow", clause): EVERYONE for clause in ("SCOPE", "EX3", "EX4", "EX7", "EX9", "OPEN", "OPEN-UNRELATED")},
    ("allow", "EX1"): ("school_official",),
    ("allow", "EX2"): FAMILY,
    ("allow", "EX2-DEPENDENT"): ("parent",),
    ("allow", "EX2-REPRESENTATIVE"): ("parent",),
    ("allow", "EX2-MULTI"): FAMILY,
    ("allow", "EX5"): ("juvenile_office",),
    ("allow", "EX6"): ("law_enforcement",),
    ("allow", "EX8"): ("childrens_division",),
    **{("redact", clause): EVERYONE for clause in ("PROTECTED", "EX4-OPTOUT", "EX4-WINDOW", "EX3", "REDACT")},
    ("redact", "EX2"): FAMILY,
    ("redact", "EX2-DEPENDENT"): ("parent",),
    ("redact", "EX2-REPRESENTATIVE"): ("parent",),
    ("redact", "EX6"): ("law_enforcement",),
    ("redact", "EX8"): ("childrens_division",),
    **{("refer", clause): EVERYONE for clause in ("CUSTODIAN", "HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON", "LEGALITY")},
    **{("refer", clause): EVERYONE for clause in ("EX7-NOTICE", "HOLD-UNCLASSIFIED", "REDACT-MEANING")},
    **{("refer", clause): EVERYONE for clause in ("NAMED-IN-CROWD", "CONSENT-DOUBTFUL", "CLOSED-CONSENT")},
    ("refer", "EX2-RELATION"): FAMILY,
    ("refer", "PREADJ-CERTIFICATION"): ("juvenile_office", "law_enforcement"),
    ("refer", "RIGHTS-TRANSFERRED"): ("parent",),
    ("refer", "REDACT-UNABLE"): WITH_OWN,
    ("refer", "REDACT-NAMED"): WITH_OWN,
    **{("deny", clause): EVERYONE for clause in ("EX4-NOTICE", "EX4-WINDOW", "EX4-DEFINITION", "EX4-LIMITED")},
    **{("deny", clause): EVERYONE for clause in ("EX4-DISCIPLINE", "EX4-NOT-DIRECTORY", "EX4-OPTOUT")},
    **{("deny", clause): EVERYONE for clause in ("CLOSED", "CONFIDENTIAL", "PROTECTED")},
}

Fails = Callable[[Reading, Raw], bool]
DEFECTS: dict[str, Fails] = {
    "of a protected student": lambda case, c: case.students[c["student"]]["protected"],
    "not signed": lambda _, c: c["signature"] == "none",
    "electronic, not authenticated": lambda _, c: c["signature"] == "electronic" and not c["authenticated"],
    "undated": lambda _, c: c["signed_on"] is None,
    "dated later": lambda case, c: c["signed_on"] is not None and c["signed_on"] > case.at,
    "signed by no guardian": lambda case, c: (
        not case.eligible(c["student"], case.at) and c["signed_by"] not in case.students[c["student"]]["guardians"]
    ),
    "not signed by the eligible student": lambda case, c: (
        case.eligible(c["student"], case.at) and c["signed_by"] != c["student"]
    ),
    "signed as a minor": lambda case, c: (
        case.eligible(c["student"], case.at)
        and c["signed_by"] == c["student"]
        and c["signed_on"] is not None
        and not case.eligible(c["student"], c["signed_on"])
    ),
    "other purpose": lambda case, c: c["purpose"] != case.purpose,
    "other party": lambda case, c: not {case.who, case.role, "public"} & set(c["parties"]),
    "other recordings": lambda case, c: c["assets"] is not None and case.asset["id"] not in c["assets"],
    "expired": lambda case, c: c["expires"] is not None and c["expires"] < case.at,
    "revoked": lambda case, c: c["revoked_on"] is not None and c["revoked_on"] <= case.at,
}
CANNOT_MEET = (
    {"not signed", "electronic, not authenticated"},
    {"undated", "dated later"},
    {"undated", "signed as a minor"},
    {"dated later", "signed as a minor"},
    {"signed by no guardian", "not signed by the eligible student"},
    {"signed by no guardian", "signed as a minor"},
    {"not signed by the eligible student", "signed as a minor"},
)


@pytest.fixture(scope="module")
def cases() -> list[Raw]:
    return list(random_cases(30_000, seed=5))


@pytest.fixture(scope="module")
def defects(cases: list[Raw]) -> set[frozenset[str]]:
    """Return every set of defects that a consent of these cases has."""
    found = set()
    for raw in map(spelled_out, cases):
        reading = Reading(raw)
        for consent in raw["consents"]:
            failed = frozenset(name for name, fails in DEFECTS.items() if fails(reading, consent))
            assert reading.holds(consent) is not bool(failed)
            found.add(failed)
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_cases_are_valid(seed: int) -> None:
    for raw in random_cases(1_000, seed):
        parse_case(raw)
        parse_case(spelled_out(raw))


def test_the_same_seed_makes_the_same_cases() -> None:
    first, again, other = (list(random_cases(20, seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_each_outcome_is_reached_by_each_clause_that_can_decide_it_for_each_recipient() -> None:
    answers = ((second_reading(raw), raw["share"]["recipient"]["role"]) for raw in random_cases(80_000, seed=5))
    reached = {(answer.outcome, answer.clauses[0], role) for answer, role in answers}
    reachable = {(*key, role) for key, roles in REACHABLE.items() for role in roles}
    assert sorted(reached - reachable) == [], "reached, but not in REACHABLE"
    assert sorted(reachable - reached) == [], "in REACHABLE, but not reached"


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_consent_fails_by_each_defect_alone(defect: str, defects: set[frozenset[str]]) -> None:
    assert frozenset({defect}) in defects


@pytest.mark.parametrize("pair", [pair for pair in combinations(DEFECTS, 2) if set(pair) not in CANNOT_MEET])
def test_a_consent_fails_by_each_pair_of_defects(pair: tuple[str, str], defects: set[frozenset[str]]) -> None:
    assert frozenset(pair) in defects


def test_consents_hold_too(defects: set[frozenset[str]]) -> None:
    assert frozenset() in defects


def test_every_field_that_may_be_left_out_is_left_out_and_null_where_null_may_stand(cases: list[Raw]) -> None:
    left_out, null = set(), set()
    for raw in cases[:10_000]:
        for part, fields in parts_of(raw):
            left_out |= {(part, key) for key in DEFAULTS[part] if key not in fields}
            null |= {(part, key) for key in DEFAULTS[part] if key in fields and fields[key] is None}
    optional = {(part, key) for part, defaults in DEFAULTS.items() for key in defaults}
    assert left_out == optional
    assert null == {each for each in optional if nullable(*each)}


def test_a_field_spelled_out_means_what_it_means_left_out(cases: list[Raw]) -> None:
    for raw in cases[:1_000]:
        assert second_reading(spelled_out(raw)) == second_reading(raw)


@pytest.mark.parametrize("day", sorted(set(DECISION_DAYS)))
def test_birthdays_and_notices_fall_on_the_edge_of_every_day_of_decision(day: str, cases: list[Raw]) -> None:
    on_the_day = [spelled_out(raw) for raw in cases[:10_000] if raw["at"] == day]
    years = {row["born"][:4] for raw in on_the_day for row in raw["students"] if row["born"]}
    assert f"{max(date.fromisoformat(day).year - 18, 1):04}" in years
    assert {raw["district"]["directory_notice"] for raw in on_the_day} >= {None, day}


def test_up_to_five_students_and_ids_of_every_script_come(cases: list[Raw]) -> None:
    assert {len(raw.get("students") or ()) for raw in cases} == set(range(6))
    assert any(not row["id"].isascii() for raw in cases for row in raw.get("students") or ())
