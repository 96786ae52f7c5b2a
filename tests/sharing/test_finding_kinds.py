"""What each kind of finding says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from dam_plugin.procedure.clauses import CLAUSES, VOICES
from dam_plugin.sharing.finding_kinds import ANSWERED_BY, KINDS, Finding, by_word


@dataclass(frozen=True, slots=True)
class Guessed(Finding):
    """A kind whose author forgot what it answers."""

    kind: ClassVar[str] = "guessed"
    written: ClassVar[str] = "[TEXT]"


def test_a_kind_that_leaves_a_part_out_is_refused() -> None:
    with pytest.raises(TypeError, match="Guessed leaves out `answers`"):
        by_word([Guessed])


def test_each_finding_answers_clauses_that_exist_and_no_clause_has_two_answers() -> None:
    answered = [clause for each in KINDS.values() for clause in each.answers]
    assert len(answered) == len(set(answered)) == len(ANSWERED_BY)
    assert set(answered) <= {*CLAUSES, *VOICES}
