"""Every clause that a decision can name is told: title, sentence, source, and a remedy where it stands in the way."""

from __future__ import annotations

import pytest
from case_builder import a_portrait
from case_strategies import random_cases, random_switches

from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.clauses import CLAUSES, VOICES, listed, reason, remedy, source
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.exceptions import ASKS, BY_CLAUSE
from dam_plugin.procedure.switches import rulings_with

# Those of the table of exceptions, which refuses a clause that says too little, and those besides.
ALLOWING = ("SCOPE", "OPEN", "OPEN-UNRELATED", "EX4-CROWD", *BY_CLAUSE, "REDACT")
ASKING = (
    "NOTIFY-CUSTODIAN", "CUSTODIAN", "HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON", "LEGALITY", "CLOSED", "CONFIDENTIAL",
    "EX4-NOTICE", "EX4-WINDOW", "EX4-DEFINITION", "EX4-LIMITED", "EX4-DISCIPLINE", "EX4-NOT-DIRECTORY", "PROTECTED",
    "EX4-OPTOUT", "EX3-MISSING", "EX3-FORM", "REDACT-UNABLE", "REDACT-NAMED", "REDACT-MEANING", "NAMED-IN-CROWD",
    "HOLD-UNCLASSIFIED", "CONSENT-DOUBTFUL", "CLOSED-CONSENT", "EX2-RELATION", "COPY-FIRST", *ASKS,
)  # fmt: skip


@pytest.fixture(scope="module")
def decisions() -> list[Decision]:
    cases = [parse_case(raw) for raw in random_cases(6_000, seed=11)]
    switched = zip(cases[:3_000], random_switches(11), strict=False)
    return [decide(case) for case in cases] + [decide(case, rulings_with(ruled)) for case, ruled in switched]


def test_the_clauses_are_those_of_the_procedure() -> None:
    assert sorted(CLAUSES) == sorted((*ALLOWING, *ASKING))


@pytest.mark.parametrize("clause", sorted(CLAUSES))
def test_a_clause_has_a_title_a_sentence_and_a_source(clause: str) -> None:
    told = CLAUSES[clause]
    assert told.id == clause
    assert told.title
    assert told.sentence.endswith(".")
    assert "Procedure JO-1-AP(2)" in told.source
    assert source(clause) == told.source


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_what_the_plugin_says_besides_is_no_clause_and_is_told_as_one(voice: str) -> None:
    assert voice not in CLAUSES
    assert "Procedure" not in source(voice)
    assert remedy(voice, purpose="website", party="jostens").endswith(".")


@pytest.mark.parametrize("clause", ASKING)
def test_a_clause_that_stands_in_the_way_says_what_to_do(clause: str) -> None:
    told = remedy(clause, purpose="website", party="jostens")
    assert told.endswith(".")
    assert "{" not in told


def test_the_remedy_of_a_missing_consent_names_purpose_and_party() -> None:
    told = remedy("EX3-MISSING", purpose="yearbook", party="jostens")
    assert "'yearbook'" in told
    assert "'jostens'" in told


def test_a_voice_that_is_not_the_procedures_has_no_source_and_no_remedy() -> None:
    assert source("REVIEW") == ""
    assert remedy("REVIEW", purpose="x", party="y") == ""


def test_generated_cases_reach_every_clause(decisions: list[Decision]) -> None:
    assert {each.clause for decision in decisions for each in decision.reasons} == set(CLAUSES)


def test_every_sentence_is_whole(decisions: list[Decision]) -> None:
    for decision in decisions:
        for each in decision.reasons:
            assert each.text.endswith("."), each
            assert "{" not in each.text, each
            assert "}" not in each.text, each
            assert "  " not in each.text, each
            assert "None" not in each.text, each


def test_every_reason_of_a_denial_or_a_referral_has_a_remedy(decisions: list[Decision]) -> None:
    stands = {
        each.clause
        for decision in decisions
        if decision.outcome in (Outcome.DENY, Outcome.REFER)
        for each in decision.reasons
    }
    assert not [clause for clause in stands if not remedy(clause, purpose="x", party="y")]


def test_braces_in_a_text_of_the_case_are_left_alone() -> None:
    case = a_portrait().share(purpose="{students} {0}").opted_out("s1").asset(closed="{why} %s")
    assert "'{students} {0}'" in case.said("EX4-OPTOUT").text
    assert "{why} %s" in case.said("CLOSED").text


def test_a_reason_sorts_its_students() -> None:
    told = reason("EX3-MISSING", {"s3", "s1", "s2"})
    assert told.students == ("s1", "s2", "s3")
    assert told.text == "No written consent is on file for s1, s2 and s3."


@pytest.mark.parametrize(
    ("students", "words"),
    [(("s1",), "s1"), (("s1", "s2"), "s1 and s2"), (("s1", "s2", "s3"), "s1, s2 and s3")],
)
def test_students_are_listed_as_words(students: tuple[str, ...], words: str) -> None:
    assert listed(students) == words
