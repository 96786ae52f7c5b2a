"""Recordation (34 CFR 99.32): each sentence, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from case_builder import ADULT, CaseBuilder, a_case, a_fight, a_portrait

THREAT = {"emergency": {"threat": "x", "recipient_needs_it": True}}
REPORTED = {"child_welfare": {"ground": "mandated_report"}}
SERVES_S1 = {"pre_adjudication": {"students": ["s1"], "certified": True}}
CUSTODY_OF_S1 = {"child_welfare": {"ground": "legal_responsibility", "students": ["s1"]}}
ORDERED = {"order": {"kind": "subpoena", "verified": True, "notice_required": False}}
OFFICIAL = {"legitimate_interest": True, "records_authorized": True}


def recorded(case: CaseBuilder, outcome: str) -> bool:
    decision = case.decide()
    assert decision.outcome.word == outcome, decision
    return decision.record_disclosure


WHOLE = [
    ("emergency", THREAT, "EX9"),
    ("childrens_division", REPORTED, "EX8"),
    ("juvenile_office", SERVES_S1, "EX5"),
    ("court", ORDERED, "EX7"),
]


@pytest.mark.parametrize(("role", "evidence", "clause"), WHOLE)
def test_a_whole_recording_of_a_student_is_recorded(role: str, evidence: dict[str, Any], clause: str) -> None:
    case = a_portrait().to(role, "x").evidence(**evidence)
    assert case.clauses() == [clause]
    assert recorded(case, "allow")


@pytest.mark.parametrize(("role", "evidence", "clause"), WHOLE)
@pytest.mark.parametrize("unknown", [{"tagging": "pending"}, {"tagging": "failed"}, {"unidentified_people": 1}])
def test_a_whole_recording_that_is_not_known_is_recorded(
    role: str, evidence: dict[str, Any], clause: str, unknown: dict[str, Any]
) -> None:
    case = a_case().shows("s1", "incidental").to(role, "x").evidence(**evidence).asset(**unknown)
    assert (case.clauses(), case.decide().basis) == ([clause], {})
    assert recorded(case, "allow")


@pytest.mark.parametrize(("role", "evidence", "clause"), WHOLE)
def test_a_whole_recording_known_to_relate_to_nobody_is_not(role: str, evidence: dict[str, Any], clause: str) -> None:
    case = a_case().shows("s1", "incidental").to(role, "x").evidence(**evidence)
    assert case.clauses() == [clause]
    assert not recorded(case, "allow")


@pytest.mark.parametrize(("role", "evidence"), [("law_enforcement", SERVES_S1), ("childrens_division", CUSTODY_OF_S1)])
def test_what_police_and_childrens_division_see_of_their_own_is_recorded(role: str, evidence: dict[str, Any]) -> None:
    assert recorded(a_fight().redactable().to(role, "x").evidence(**evidence), "redact")
    assert recorded(a_portrait().not_directory().to(role, "x").evidence(**evidence), "allow")


def test_a_joint_release_is_recorded() -> None:
    assert recorded(a_fight().asset(meaning="destroyed").to("parent", "p1"), "allow")
    assert recorded(a_fight().asset(cannot_be_redacted=True).to("parent", "p1"), "allow")


def test_what_a_parent_sees_of_a_grown_dependent_is_recorded() -> None:
    case = a_fight().knows("s1", born=ADULT).redactable().to("parent", "p1").evidence(dependent={"students": ["s1"]})
    assert recorded(case, "redact")
    minor = a_fight().redactable().to("parent", "p1").evidence(dependent={"students": ["s1"]})
    assert not recorded(minor, "redact")


def test_one_grown_dependent_beside_a_minor_is_enough() -> None:
    case = a_fight().knows("s1", born=ADULT).knows("s2", guardians=["p1"]).to("parent", "p1")
    assert not recorded(case.redactable(), "redact")
    assert recorded(case.evidence(dependent={"students": ["s1"]}), "allow")


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        pytest.param(a_fight().asset(maintained_by="other", tagging="pending"), "allow", id="SCOPE"),
        pytest.param(
            a_fight().to("school_official", "x").evidence(**OFFICIAL).asset(tagging="pending"), "allow", id="EX1"
        ),
        pytest.param(a_portrait().not_directory().to("parent", "p1"), "allow", id="EX2"),
        pytest.param(a_portrait().not_directory().consent("s1"), "allow", id="EX3"),
        pytest.param(a_portrait(), "allow", id="EX4"),
        pytest.param(a_case(), "allow", id="OPEN"),
        pytest.param(a_fight().redactable().to("parent", "p1"), "redact", id="a copy for a parent"),
        pytest.param(a_fight().redactable(), "redact", id="a copy that shows nobody"),
    ],
)
def test_other_releases_are_not(case: CaseBuilder, outcome: str) -> None:
    assert not recorded(case, outcome)


@pytest.mark.parametrize(
    "role", ["public", "law_enforcement", "court", "juvenile_office", "childrens_division", "emergency"]
)
def test_a_refused_request_is_recorded(role: str) -> None:
    assert recorded(a_fight().asset(meaning="destroyed").to(role, "x"), "deny")


@pytest.mark.parametrize("role", ["school_official", "parent", "eligible_student"])
def test_a_refused_request_of_the_school_or_the_family_is_not(role: str) -> None:
    assert not recorded(a_fight().asset(meaning="destroyed").to(role, "x"), "deny")


def test_a_refused_request_for_what_relates_to_nobody_is_not() -> None:
    assert not recorded(a_case().shows("s1", "incidental").asset(closed="why"), "deny")


def test_a_refused_publication_is_not() -> None:
    assert not recorded(a_fight().published(), "deny")


@pytest.mark.parametrize(
    "case",
    [
        a_fight().redactable("unreviewed"),
        a_fight().by("media_staff"),
        a_fight().asset(tagging="pending"),
        a_fight().asset(confidential="why").consent("s1"),
        a_portrait().asset(closed="why").consent("s1"),
        a_portrait().shows("s2", "incidental").opted_out("s2").share(names=["s2"]),
        a_fight().evidence(order={"kind": "subpoena", "verified": True}),
    ],
)
def test_a_referral_is_not_its_end_is(case: CaseBuilder) -> None:
    assert not recorded(case, "refer")
