"""What each kind of finding says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from dam_plugin.procedure.clauses import CLAUSES, VOICES
from dam_plugin.procedure.decide import QUESTIONS
from dam_plugin.sharing.finding_kinds import ANSWERED_BY, KINDS, Finding, by_word


@dataclass(frozen=True, slots=True)
class Guessed(Finding):
    """A kind whose author forgot what it answers."""

    kind: ClassVar[str] = "guessed"
    written: ClassVar[str] = "[TEXT]"


def test_a_kind_that_leaves_a_part_out_is_refused() -> None:
    with pytest.raises(TypeError, match="Guessed leaves out `answers`"):
        by_word([Guessed])


def test_each_finding_answers_clauses_that_exist() -> None:
    answered = {clause for each in KINDS.values() for clause in each.answers}
    assert answered == set(ANSWERED_BY)
    assert answered <= {*CLAUSES, *VOICES}


def test_two_findings_answer_a_clause_only_where_there_are_two_answers() -> None:
    assert {clause: kinds for clause, kinds in ANSWERED_BY.items() if len(kinds) > 1} == {
        "REDACT-UNABLE": ("identified", "means"),
        "EX2-RELATION": ("parent_verified", "not_verified"),
    }


@pytest.mark.parametrize("clause", QUESTIONS)
def test_each_open_question_is_answered_by_a_finding(clause: str) -> None:
    assert ANSWERED_BY[clause]
