"""The table of exceptions: a row without a cell is refused by name, and what is known of an exception derives from its row."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, get_args

import pytest

from dam_plugin.model import RECIPIENT_ROLES, RecipientRole
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.coverage import NEAR
from dam_plugin.procedure.exception_row import (
    MISSING,
    Clause,
    ExceptionRow,
    Lacking,
    MissingCell,
    Question,
    Role,
    Whole,
)
from dam_plugin.procedure.exceptions import (
    ASKS,
    BY_CLAUSE,
    EXCEPTIONS,
    NOTICE,
    Evidence,
    can_wait,
    students_named,
)
from dam_plugin.procedure.in_words import AUDIENCES
from dam_plugin.procedure.questions import CHECKS

WHOLE_ROWS = [row for row in EXCEPTIONS if row.whole]


def without(row: Any, cell: str) -> Any:
    return replace(row, **{cell: MISSING})


def needed(of: type) -> list[str]:
    return [cell.name for cell in fields(of) if cell.default is MISSING]


@pytest.mark.parametrize("cell", needed(ExceptionRow))
@pytest.mark.parametrize("row", EXCEPTIONS, ids=lambda row: row.clause.id)
def test_a_row_without_a_cell_is_refused_by_its_clause_and_the_cell(row: ExceptionRow, cell: str) -> None:
    named = "ExceptionRow" if cell == "clause" else row.clause.id
    with pytest.raises(MissingCell, match=rf"^{named}: the cell '{cell}'"):
        without(row, cell)


@pytest.mark.parametrize("cell", needed(Lacking))
def test_what_is_lacking_without_a_cell_is_refused_by_its_clause(cell: str) -> None:
    row = BY_CLAUSE["EX7"]
    with pytest.raises(MissingCell, match=f"^EX7: the cell '{cell}' of its Lacking"):
        replace(row, lacking=without(row.lacking, cell))


@pytest.mark.parametrize("cell", needed(Whole))
@pytest.mark.parametrize("row", WHOLE_ROWS, ids=lambda row: row.clause.id)
def test_a_whole_release_without_a_cell_is_refused_by_its_clause(row: ExceptionRow, cell: str) -> None:
    with pytest.raises(MissingCell, match=f"^{row.clause.id}: the cell '{cell}' of its Whole"):
        replace(row, whole=without(row.whole, cell))


@pytest.mark.parametrize("cell", needed(Question))
def test_a_question_without_a_cell_is_refused(cell: str) -> None:
    named = "Question" if cell == "clause" else "EX7-NOTICE"
    with pytest.raises(MissingCell, match=f"^{named}: the cell '{cell}'"):
        without(NOTICE, cell)


@pytest.mark.parametrize("cell", needed(Role))
def test_a_role_without_a_cell_is_refused(cell: str) -> None:
    with pytest.raises(MissingCell, match=f"the cell '{cell}' of its Role"):
        without(BY_CLAUSE["EX6"].roles[0], cell)


def test_an_empty_text_is_a_missing_cell() -> None:
    row = BY_CLAUSE["EX5"]
    assert row.whole is not None
    assert row.lacking is not None
    with pytest.raises(MissingCell, match=r"^EX5: the cell 'says'"):
        replace(row, whole=replace(row.whole, says=""))
    with pytest.raises(MissingCell, match=r"^EX5: its clause EX5 lacks"):
        replace(row, clause=replace(row.clause, sentence=""))
    with pytest.raises(MissingCell, match=r"^EX5: the cell 'remedy' of its clause EX5-EVIDENCE is missing"):
        replace(row, lacking=replace(row.lacking, clause=Clause("EX5-EVIDENCE", "A title", "A sentence.", "A source")))


def test_an_exception_that_asks_for_evidence_says_what_is_lacking() -> None:
    with pytest.raises(MissingCell, match=r"^EX6: the cell 'lacking' is missing"):
        replace(BY_CLAUSE["EX6"], lacking=None)


def test_every_field_of_the_evidence_is_read_by_an_exception() -> None:
    assert {name for row in EXCEPTIONS for name in row.evidence} == {field.name for field in fields(Evidence)}


def test_the_roles_of_the_rows_and_the_public_are_all_that_a_recipient_can_have() -> None:
    rows = [role.id for row in EXCEPTIONS for role in row.roles]
    assert [*rows, "public"] == list(RECIPIENT_ROLES) == list(get_args(RecipientRole))
    assert [*RECIPIENT_ROLES, "publication"] == list(AUDIENCES)


def test_every_clause_of_a_row_is_a_clause_with_near_misses_and_every_check_is_asked() -> None:
    clauses = [*BY_CLAUSE, *ASKS]
    assert len(clauses) == len(set(clauses))
    assert set(clauses) <= set(CLAUSES)
    assert set(clauses) <= set(NEAR)
    checks = [check for row in WHOLE_ROWS if row.whole for check in row.whole.checks]
    assert {check.id for check in checks} <= set(CHECKS)
    assert all(check.step == row.whole.step for row in WHOLE_ROWS if row.whole for check in row.whole.checks)


def test_an_emergency_and_a_mandated_report_do_not_wait() -> None:
    assert not can_wait("emergency", {"threat": "a fire"})
    assert not can_wait("emergency", None)
    assert not can_wait("child_welfare", {"ground": "mandated_report"})
    assert can_wait("child_welfare", {"ground": "legal_responsibility"})
    assert can_wait("order", {"verified": True})
    assert can_wait("legitimate_interest", block=True)


def test_no_evidence_names_no_student() -> None:
    assert not list(students_named(None))
    assert not list(students_named(Evidence()))
