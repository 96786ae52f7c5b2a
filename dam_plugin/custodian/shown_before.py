"""Which recordings showed a student as directory information before the family's opt-out was on file (34 CFR 99.37).

An opt-out that a person enters late has a first day that is past. One that an import brings may also have been on file
before, and have been missing for a while, as by a file that was wrong for a week.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from dam_plugin.ledger.chain import moment_as_text
from dam_plugin.ledger.student import AGAINST_A_NO, record_of
from dam_plugin.model import LONG_AGO, OptOut, StudentRecord
from dam_plugin.services import Services
from dam_plugin.store import Unit

# What a person saw, or may have.
_WENT_OUT = ("asked", "published", "viewed", "handed over")


@dataclass(frozen=True, slots=True)
class ShownBefore:
    """A student whose opt-out came late: the recordings that went out from a day on, by the ids of their versions."""

    student: str
    since: date
    recordings: tuple[str, ...]


def shown_since(services: Services, student: str, choice: OptOut) -> int:
    """Return how many recordings were published or given out as directory information from an opt-out's first day on.

    That day was past when it was entered: they went out in ignorance of it.
    """
    if choice.since >= services.now().date():
        return 0
    with services.store.reading() as unit:
        return len(_went_out(services, unit, student, {choice.since: [choice]}))


def shown_before_import(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], students: Collection[str]
) -> tuple[ShownBefore, ...]:
    """Return of which students recordings went out before the opt-outs that an import brought were on file.

    `known` are the students as they were before it, `students` those of whom it tells opt-outs. What was on file before and had
    ended counts from its end on; of an opt-out whose day is not known, what went out since this year's notice.
    """
    brought = {
        record.id: days
        for record in unit.people.students_of(known.keys() & students).values()
        if (days := _by_day(services, known[record.id], record))
    }
    if not brought:
        return ()
    first = min(day for days in brought.values() for day in days)
    begin = moment_as_text(datetime.combine(first, time.min, services.now().tzinfo))
    found = (
        ShownBefore(student, min(brought[student]), _went_out(services, unit, student, brought[student]))
        for student in sorted(unit.entries.with_shares(brought, begin))
    )
    return tuple(each for each in found if each.recordings)


def _by_day(services: Services, before: StudentRecord, after: StudentRecord) -> dict[date, list[OptOut]]:
    """Return the opt-outs that a student has got, by the day from which on it was not known that they hold."""
    found: dict[date, list[OptOut]] = {}
    for choice in after.opt_outs:
        for day in _unknown_from(services, before, choice):
            found.setdefault(day, []).append(choice)
    return found


def _unknown_from(services: Services, before: StudentRecord, choice: OptOut) -> Iterator[date]:
    today = services.now().date()
    if choice.ended is not None and choice.ended <= today:
        return
    same = [each for each in before.opt_outs if (each.since, each.purposes) == (choice.since, choice.purposes)]
    if same:
        ends = [each.ended for each in same if each.ended is not None]
        if len(ends) == len(same) and max(ends) <= today:
            yield max(ends)
        return
    since = choice.since if choice.since > LONG_AGO else services.settings.district.directory_notice
    if since is not None and since < today:
        yield since


def _went_out(
    services: Services, unit: Unit, student: str, choices: Mapping[date, Collection[OptOut]]
) -> tuple[str, ...]:
    """Return the recordings that an opt-out would have kept back from its day on, each once."""
    reaches, zone = services.settings.purposes.reaches, services.now().tzinfo
    found = dict[str, None]()
    for line in record_of(unit, services.ledger, student, rulings=services.rulings):
        # The record calls it a mistake once the no is on file with its day.
        was_directory = "EX4" in line.clauses or AGAINST_A_NO in (line.remark or "")
        if line.what not in _WENT_OUT or line.outcome not in ("allow", "redact") or not was_directory:
            continue
        on = line.at.astimezone(zone).date()
        if any(day <= on and reaches(each.purposes, line.interest or "") for day in choices for each in choices[day]):
            found[line.recording or line.share] = None
    return tuple(found)
