"""Finds students by their own name or a guardian's, for a person who is told only whom they may find so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice

from dam_plugin.model import StudentRecord
from dam_plugin.services import Services
from dam_plugin.store.people import is_found


@dataclass(frozen=True, slots=True)
class FoundStudents:
    """Students in order, those first who were found by their own name; `guardians` are those by whom others were found.

    `guardians` has everybody with the text in the name, by student: `found_by` says of whom a person may be told.
    """

    students: tuple[StudentRecord, ...]
    guardians: Mapping[str, tuple[str, ...]]


def find_students(
    services: Services, text: str, *, limit: int, after: str | None = None, in_full: bool
) -> FoundStudents:
    """Return at most `limit` students who have a text in a name or a guardian's name, behind the student `after`.

    `in_full`: for the custodian, who alone finds every student by a guardian. Raises UnknownThing where `after` is nobody.
    """
    with services.store.reading() as unit:
        today, wanted = services.now().date(), text.strip()
        guardians = unit.people.find_by_guardian(text, services.pseudonyms.guardian(wanted) if wanted else None)
        last = None if after is None else unit.people.need(after)
        is_named = last is None or is_found(last, text)
        behind = None if last is None else last.roster_id
        found = unit.people.find_page(text, limit=limit, after=behind) if is_named else []
        # Who was found by their own name is not found again by a guardian's.
        others = unit.people.in_order(guardians, None if is_named else behind) if len(found) < limit else ()
        more = (each for each in others if not is_found(each, text))
        told = (each for each in more if found_by(each, guardians, today, in_full=in_full))
        found += islice(told, limit - len(found))
    return FoundStudents(tuple(found), guardians)


def found_by(
    record: StudentRecord, guardians: Mapping[str, tuple[str, ...]], today: date, *, in_full: bool
) -> tuple[str, ...]:
    """Return the guardians of today by whom a student was found; to the custodian also whoever represents one, or is limited.

    INVARIANT: the custodian alone finds a protected student so; others find nobody so whose family said no to everything.
    """
    if not in_full and record.says_no(today):
        return ()
    others = (*record.representatives_on(today), *record.own_representatives_on(today), *record.kept_from(today))
    named = {*guardians_named(record, today), *(others if in_full else ())}
    return tuple(each for each in guardians.get(record.id, ()) if each in named)


def guardians_named(record: StudentRecord, today: date) -> dict[str, str]:
    """Return the guardians of today with their names, also one whom a court order limits."""
    names = dict(record.named_guardians)
    return {each: names.get(each, "") for each in (*record.guardians, *record.stated_on(today, "guardian"))}
