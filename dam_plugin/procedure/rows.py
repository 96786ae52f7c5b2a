"""The rows of a case by student, put in order once, so that what is told of each student costs the same in any case. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from dam_plugin.model import Consent, Student
from dam_plugin.procedure.case import Case, CaseAppearance
from dam_plugin.procedure.terms import Students, people_of

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Rows:
    """A case, its students by their ids, and by student: consents, the appearance, purposes of official uses.

    `used_for_all` holds the purposes of the uses that name nobody: they are about every student of `identifiable`.
    """

    case: Case
    students: Mapping[str, Student]
    consents: Mapping[str, tuple[Consent, ...]]
    appearances: Mapping[str, CaseAppearance]
    identifiable: Students
    record_pii: Students
    asked_for: Students
    used_for: Mapping[str, tuple[str, ...]]
    used_for_all: tuple[str, ...]


def rows_of(case: Case) -> Rows:
    """Return the rows of a case."""
    asset = case.asset
    return Rows(
        case=case,
        students={student.id: student for student in case.students},
        consents=_grouped((each.student, each) for each in case.consents),
        appearances={seen.student: seen for seen in asset.appearances},
        identifiable=people_of(asset)[0],
        record_pii=frozenset(asset.record_pii),
        asked_for=frozenset(case.share.names),
        used_for=_grouped((student, use.purpose) for use in asset.official_uses for student in use.students),
        used_for_all=tuple(dict.fromkeys(use.purpose for use in asset.official_uses if not use.students)),
    )


def _grouped(pairs: Iterable[tuple[str, Row]]) -> Mapping[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for student, row in pairs:
        found.setdefault(student, []).append(row)
    return {student: tuple(rows) for student, rows in found.items()}
