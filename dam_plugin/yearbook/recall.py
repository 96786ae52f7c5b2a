"""Files of locked sets that may no longer be shown: where a student is, in which file, and who received it.

A locked set never changes: later choices of families make this list. The list for a publisher names no student.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from dam_plugin.errors import InputError
from dam_plugin.model import Reason
from dam_plugin.private_files import private_file
from dam_plugin.procedure.clauses import CLAUSES, reason
from dam_plugin.procedure.terms import is_opted_out, is_unanswered, people_of
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.store.sets import PURPOSE, ExportFile, ExportSet, Handover, Kind
from dam_plugin.yearbook.judge import NAMING, Judged
from dam_plugin.yearbook.recheck import Held, held, holders_of
from dam_plugin.yearbook.spreadsheet import harmless

COLUMNS = ("set", "file", "page", "sha256", "day")

Standing = Literal["recall", "still allowed", "make it again"]
"""`recall`: it went out and may not be shown any more; `make it again`: the same of a set that is not locked."""


@dataclass(frozen=True, slots=True)
class RecallLine:
    """One file of a set: where it is printed, who received it, and today's decision on it.

    `students` are the cause why it may no longer be shown: they are shown or named in this copy. For a file that is still
    allowed, `students` holds the student of the query, and `why` is the ground. `since` is the day from which this holds,
    as far as a family's choice shows it. Students and reasons stay with the district. `handed` are the handovers to those
    who may no longer show it; for a file that is still allowed, all handovers. `pages` are those of `paged`, the first
    recipient: on which pages others print it is unknown. `notices` are other changes to the recording.
    """

    set: str
    path: str
    kind: Kind
    pages: tuple[str, ...]
    sha256: str
    standing: Standing
    students: tuple[str, ...] = ()
    since: date | None = None
    why: tuple[Reason, ...] = ()
    handed: tuple[Handover, ...] = ()
    paged: str | None = None
    notices: tuple[Reason, ...] = ()


def recall(services: Services, *, set_id: str | None = None, student: str | None = None) -> tuple[RecallLine, ...]:
    """Return what `recalled` yields, in a transaction of its own; raise as it does."""
    with services.store.reading() as unit:
        return tuple(recalled(services, unit, set_id=set_id, student=student))


def recalled(
    services: Services, unit: Unit, *, set_id: str | None = None, student: str | None = None
) -> Iterator[RecallLine]:
    """Yield the files of locked sets (or of this one) that may no longer be shown, newest set first, each in its order.

    Every holder of a set gets a decision of their own. With `student` it yields the files that show or name this
    student, also those that are still allowed and those of sets that are not locked. Raises UnknownThing for a set or
    student that is not on file, InputError for a set that is not locked.
    """
    if student is not None:
        unit.people.need(student)
    for set_ in _sets(unit, set_id, only_locked=student is None):
        yield from _of_set(services, unit, set_, student)


def recipients(lines: Iterable[RecallLine]) -> tuple[str, ...]:
    """Return the ids of all recipients who have to take a file back, in the order of the lines."""
    return tuple(dict.fromkeys(each.to for line in lines if line.standing == "recall" for each in line.handed))


def write_recall(path: Path, lines: Iterable[RecallLine], *, to: str | None = None) -> int:
    """Write the files to take back as CSV for the sets' recipient (`to`: one of several), a line for each page.

    It reveals no student and no reason. It has set, file, page, sha256 and the day of the first handover to this
    recipient. Returns how many files it has. Raises InputError if it would be for several recipients, who must not
    learn of each other; OSError.
    """
    seen: set[str] = set()
    count = 0
    with private_file(path) as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(COLUMNS)
        for line in lines:
            handed = [each for each in line.handed if to in (None, each.to)]
            if line.standing != "recall" or not handed:
                continue
            seen.update(each.to for each in handed)
            if len(seen) > 1:
                raise InputError("it went to several, and each gets a list of their own: say with --to for whom it is")
            count += 1
            day = handed[0].at.date().isoformat()
            for page in (line.pages if line.paged in seen else ()) or ("",):
                rows.writerow([harmless(each) for each in (line.set, line.path, page, line.sha256, day)])
    return count


def _sets(unit: Unit, set_id: str | None, *, only_locked: bool) -> Iterator[ExportSet]:
    if set_id is None:
        wanted = ("locked",) if only_locked else ("locked", "made")
        yield from (each for each in unit.exports.sets() if each.state in wanted)
        return
    set_ = unit.exports.need(set_id)
    if set_.state != "locked" and only_locked:
        raise InputError(f"the set {set_.id} is {set_.state}, so that nothing of it is printed: recheck it instead")
    yield set_


def _of_set(services: Services, unit: Unit, set_: ExportSet, student: str | None) -> Iterator[RecallLine]:
    handed = tuple(unit.exports.handovers(set_.id))
    numbers = None if student is None else unit.exports.traces.numbers_with(set_.id, student)
    if numbers is not None and not numbers:
        return

    def files() -> Iterator[ExportFile]:
        return (each for each in unit.exports.files(set_.id) if numbers is None or each.number in numbers)

    holders, day = holders_of(set_, handed), services.now().date()
    for each in held(services, unit, set_, holders, day, files, printed=set_.state == "locked"):
        if _is_told(each, student):
            yield _line(set_, each, student, handed, day)


def _is_told(each: Held, student: str | None) -> bool:
    """Whether a file belongs on a student's list. A copy that hides the student and stops for other students does not."""
    if student is None:
        return bool(each.stops)
    return student in each.students or student not in (each.today.hidden or ())


def _line(set_: ExportSet, each: Held, student: str | None, handed: tuple[Handover, ...], day: date) -> RecallLine:
    file = each.today.file
    standing: Standing = "still allowed"
    if each.stops:
        standing = "recall" if set_.state == "locked" else "make it again"
        handed_to = each.stopped(handed)
    else:
        handed_to = handed
    students, why = each.students, each.stops
    if not each.stops and student is not None:
        students, why = (student,), tuple(_grounds(each.today.judged, student))
    paged = handed[0].to if handed else None
    return RecallLine(
        set=set_.id,
        path=file.path or "",
        kind=file.kind,
        pages=file.pages if paged in {each.to for each in handed_to} else (),
        sha256=file.sha256 or "",
        standing=standing,
        students=students,
        since=_since(each.today.judged, each.students, day) if each.stops else None,
        why=why,
        handed=handed_to,
        paged=paged,
        notices=each.today.notices,
    )


def _grounds(judged: Judged | None, student: str) -> Iterator[Reason]:
    """Yield the grounds on which a student may still be in a file, for the first holder."""
    if judged is None:
        return
    case, ground, known = judged.case, judged.decision.basis.get(student), people_of(judged.case.asset)[0]
    if ground in NAMING:
        yield reason(ground, [student], purpose=case.share.purpose)
    elif ground is not None:
        yield Reason(ground, CLAUSES[ground].title, (student,))
    elif student not in known:
        yield Reason("OPEN-UNRELATED", f"As it is tagged now, {student} cannot be recognised in it.", (student,))
    elif any(
        each.id == student and is_opted_out(each, case) and not is_unanswered(each, case) for each in case.students
    ):
        yield reason("EX4-CROWD", [student])
    else:
        yield Reason("OPEN-UNRELATED", f"{student} is only incidental in it: pictured in a crowd.", (student,))


def _since(judged: Judged | None, students: Collection[str], day: date) -> date | None:
    """Return the last day on which these students' families chose, or a consent ended; null if neither is the reason."""
    if judged is None:
        return None
    case = judged.case
    days = [each.opted_out.since for each in case.students if each.id in students and each.opted_out is not None]
    for consent in case.consents:
        if consent.student in students and consent.purpose == PURPOSE:
            days += [ended for ended in (consent.revoked_on, consent.expires) if ended is not None]
    return max((each for each in days if each <= day), default=None)
