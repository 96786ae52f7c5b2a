"""The table of exceptions: a row without a cell is refused by name, and what is known of an exception derives from its row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from case_builder import a_portrait

from dam_plugin.model import RECIPIENT_ROLES, RecipientRole
from dam_plugin.procedure.case import Case, parse_case
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.coverage import NEAR
from dam_plugin.procedure.exception_row import (
    MISSING,
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
    QUESTIONS,
    Evidence,
    can_wait,
    check_table,
    number_of,
    students_named,
)
from dam_plugin.procedure.in_words import AUDIENCES
from dam_plugin.procedure.questions import CHECKS
from dam_plugin.procedure.terms import Terms, terms_of
from dam_plugin.procedure.ways_out import supposed

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
    row = BY_CLAUSE["EX6"]
    with pytest.raises(MissingCell, match=f"^EX6: the cell '{cell}' of its Role"):
        replace(row, roles=(without(row.roles[0], cell),))


def test_an_empty_text_is_a_missing_cell() -> None:
    row = BY_CLAUSE["EX5"]
    assert row.whole is not None
    assert row.lacking is not None
    with pytest.raises(MissingCell, match=r"^EX5: the cell 'says'"):
        replace(row, whole=replace(row.whole, says=""))
    with pytest.raises(MissingCell, match=r"^EX5: its clause EX5 lacks"):
        replace(row, clause=replace(row.clause, sentence=""))
    with pytest.raises(MissingCell, match=r"^EX5: the cell 'remedy' of its clause EX5-EVIDENCE is missing"):
        replace(row, lacking=replace(row.lacking, clause=replace(row.lacking.clause, remedy="")))


def with_check(**cells: Any) -> Any:
    whole: Any = BY_CLAUSE["EX5"].whole
    return replace(whole, checks=(replace(whole.checks[0], **cells), *whole.checks[1:]))


def without_roles(clause: str, **cells: Any) -> Any:
    return lambda: replace(BY_CLAUSE[clause], roles=(), **cells)


def without_question(*clauses: str) -> Any:
    rows = [replace(row, question=None) if row.clause.id in clauses else row for row in EXCEPTIONS]
    return lambda: check_table(rows, QUESTIONS)


@pytest.mark.parametrize(
    ("refused", "named"),
    [
        (lambda: replace(BY_CLAUSE["EX5"], whole=with_check(id="")), "EX5: the cell 'id' of its Check"),
        (lambda: replace(BY_CLAUSE["EX5"], whole=with_check(question="")), "EX5: the cell 'question' of its Check"),
        (lambda: replace(BY_CLAUSE["EX5"], whole=with_check(passed="")), "EX5: the cell 'passed' of its Check"),
        (lambda: replace(BY_CLAUSE["EX5"], whole=with_check(step=2)), "EX5: the cell 'step' of its Check 'juvenile'"),
        (
            lambda: replace(BY_CLAUSE["EX5"], whole=replace(BY_CLAUSE["EX5"].whole, applies=None)),  # type: ignore[type-var]
            "EX5: the cell 'applies' of its Whole",
        ),
        (without_roles("EX5"), "EX5: the cell 'roles'"),
        (without_roles("EX6", concerns="anybody"), "EX6: the cell 'roles'"),
        (lambda: replace(BY_CLAUSE["EX4"], near=None), "EX4: the cell 'near'"),  # type: ignore[arg-type]
        (lambda: replace(NOTICE, near=None), "EX7-NOTICE: the cell 'near'"),  # type: ignore[arg-type]
        (without_question("EX7"), "EX7-NOTICE: it is among QUESTIONS, but in no row's cell 'question'"),
        (without_question("EX5"), "EX5: the cell 'question' is missing: PREADJ-CERTIFICATION"),
        (without_question("EX5", "EX6"), "EX5: the cell 'question' is missing: PREADJ-CERTIFICATION"),
        (lambda: check_table(EXCEPTIONS, (NOTICE,)), "EX2: the cell 'question' is not among QUESTIONS"),
        (lambda: check_table((*EXCEPTIONS, EXCEPTIONS[0]), QUESTIONS), "a clause or a role stands in two rows"),
        (lambda: check_table(EXCEPTIONS[:-1], QUESTIONS), "no exception reads the evidence 'emergency'"),
    ],
)
def test_cells_that_are_empty_or_do_not_fit_together_are_refused(refused: Callable[[], object], named: str) -> None:
    with pytest.raises(MissingCell, match=f"^{re.escape(named)}"):
        refused()


def test_an_exception_that_asks_for_evidence_says_what_is_lacking() -> None:
    with pytest.raises(MissingCell, match=r"^EX6: the cell 'lacking' is missing"):
        replace(BY_CLAUSE["EX6"], lacking=None)
    # One for the roles of another row may leave it to its question; without a question nobody would be told.
    assert BY_CLAUSE["EX2-DEPENDENT"].lacking is None
    with pytest.raises(MissingCell, match=r"^EX2-DEPENDENT: the cell 'lacking' is missing"):
        replace(BY_CLAUSE["EX2-DEPENDENT"], question=None)


def test_every_field_of_the_evidence_is_read_by_an_exception() -> None:
    assert {name for row in EXCEPTIONS for name in row.evidence} == {field.name for field in fields(Evidence)}


def test_the_roles_of_the_rows_and_those_without_a_row_are_all_that_a_recipient_can_have() -> None:
    rows = [role.id for row in EXCEPTIONS for role in row.roles]
    assert [*rows, "other_school", "agency", "public"] == list(RECIPIENT_ROLES) == list(get_args(RecipientRole))
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


@pytest.mark.parametrize("clause", ASKS)
def test_what_a_clause_asks_for_is_brought_for_the_case_at_hand(clause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = parse_case(a_portrait().raw())
    told: list[tuple[Case, Terms]] = []

    def bring(*heard: Any) -> Evidence:
        told.append(heard)
        return Evidence(legitimate_interest=True)

    monkeypatch.setattr("dam_plugin.procedure.ways_out.ASKS", {clause: replace(ASKS[clause], bring=bring)})
    then = supposed(case, clause)
    assert told == [(case, terms_of(case))]
    assert then == replace(case, share=replace(case.share, evidence=Evidence(legitimate_interest=True)))


@pytest.mark.parametrize(("clause", "number"), [("EX2-MULTI", 2), ("EX9", 9), ("EX10-HEALTH", 10)])
def test_an_exception_has_the_number_of_its_clause(clause: str, number: int) -> None:
    row = BY_CLAUSE["EX2"]
    assert number_of(replace(row, clause=replace(row.clause, id=clause))) == number


def test_no_evidence_names_no_student() -> None:
    assert not list(students_named(None))
    assert not list(students_named(Evidence()))
