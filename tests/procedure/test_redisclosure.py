"""Which releases tell that they may not be passed on: over every clause that can release, alone and mixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.model import Decision, Outcome, Reason
from dam_plugin.procedure.clauses import CLAUSES, VOICES
from dam_plugin.procedure.redisclosure import NOTICE, needs_notice

# The clauses on which a student may stay visible, and those that may decide where nobody protected does.
ON_BASIS = {
    "SCOPE": False,
    "EX1": True,
    "EX2": False,
    "EX2-MULTI": True,
    "EX3": True,
    "EX4": False,
    "EX5": True,
    "EX6": True,
    "EX7": False,
    "EX8": True,
    "EX9": True,
}
WITHOUT_BASIS = ON_BASIS | {"OPEN": False, "OPEN-UNRELATED": False, "REDACT": False, "EX4-OPTOUT": False}
RELEASES = [Outcome.ALLOW, Outcome.REDACT]


def released(*basis: str, why: str = "EX4", outcome: Outcome = Outcome.ALLOW, more: tuple[str, ...] = ()) -> Decision:
    students = {f"s{number}": clause for number, clause in enumerate(basis)}
    return Decision(outcome, basis=students, reasons=tuple(Reason(each, "so") for each in (*more, why)))


@pytest.mark.parametrize("outcome", RELEASES)
@pytest.mark.parametrize("clause", ON_BASIS)
def test_the_basis_on_which_somebody_is_shown_says_it(clause: str, outcome: Outcome) -> None:
    assert needs_notice(released(clause, why="REDACT", outcome=outcome)) is ON_BASIS[clause]


@pytest.mark.parametrize("outcome", RELEASES)
@pytest.mark.parametrize("clause", WITHOUT_BASIS)
def test_where_nobody_protected_is_shown_the_deciding_clause_says_it(clause: str, outcome: Outcome) -> None:
    assert needs_notice(released(why=clause, outcome=outcome)) is WITHOUT_BASIS[clause]


@pytest.mark.parametrize("clause", sorted(set(CLAUSES) - set(WITHOUT_BASIS)))
def test_any_other_clause_is_a_doubt_and_asks_for_it(clause: str) -> None:
    assert needs_notice(released(why=clause))


@given(st.lists(st.sampled_from(sorted(ON_BASIS)), min_size=1, max_size=5))
def test_one_student_who_is_shown_on_such_a_basis_is_enough(basis: list[str]) -> None:
    assert needs_notice(released(*basis)) is any(ON_BASIS[clause] for clause in basis)


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_who_made_it_stricter_does_not_decide_it(voice: str) -> None:
    assert needs_notice(released(why="EX3", outcome=Outcome.REDACT, more=(voice,)))
    assert not needs_notice(released(why="EX4", outcome=Outcome.REDACT, more=(voice,)))


def test_a_release_without_any_reason_is_a_doubt() -> None:
    assert needs_notice(Decision(Outcome.ALLOW))


@pytest.mark.parametrize("outcome", [Outcome.REFER, Outcome.DENY])
def test_what_is_not_released_tells_nothing(outcome: Outcome) -> None:
    assert not needs_notice(released(why="EX3", outcome=outcome))


def test_the_notice_names_the_rule_and_nobody() -> None:
    assert "34 CFR 99.33" in NOTICE
    assert "{" not in NOTICE
