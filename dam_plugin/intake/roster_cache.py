"""Keeps the roster in memory, as recordings are tagged by it, for as long as nobody changes it.

To make an index of 100,000 names takes seconds, and every event asks for it. Each change of the roster is noted in the store
(`RosterChangeRow`), so a process reads again what it has not seen, and no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from weakref import WeakKeyDictionary

from dam_plugin.model import StudentRecord
from dam_plugin.services import Services
from dam_plugin.settings import District
from dam_plugin.sharing.unanswered import may_answer_until
from dam_plugin.store import Store, Unit
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.rules.conditions import Standing
from dam_tagging.tag import Families

# Where more students changed one by one, the roster is read whole.
_MOST_CHANGES = 1_000


@dataclass(frozen=True, slots=True)
class Roster:
    """The students by their names, and what their families said; `seen` is the number of the last change that it knows."""

    index: RosterIndex
    families: Families
    seen: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    """The roster as of a change, on a day, by a district's settings; `waiting` are those who may still answer the notice.

    `unsettled` are both together: kept, since what is made of them is kept for as long as it is the same collection.
    """

    seen: int
    day: date
    district: District
    index: RosterIndex
    said_no: frozenset[str]
    waiting: frozenset[str]
    unsettled: frozenset[str]


_KEPT: WeakKeyDictionary[Store, _Kept] = WeakKeyDictionary()
_LOCK = Lock()


def roster_of(services: Services, unit: Unit, *, is_writing: bool = False) -> Roster:
    """Return the roster as recordings are tagged by it today; its facts are read from `unit` while that lasts.

    A transaction that `is_writing` sees its own changes, which nobody else may see yet.
    """
    with _LOCK:
        before = _KEPT.get(services.store)
        kept = _brought_up(before, services, unit)
        if not is_writing:
            _KEPT[services.store] = kept

    def standings(students: Collection[str]) -> Mapping[str, Standing]:
        found = unit.people.students_of(students) if students else {}
        return {each: _standing_of(found[each], kept.day, kept.district) for each in found}

    return Roster(kept.index, Families(kept.said_no, kept.waiting, standings, kept.unsettled), kept.seen)


def families_on(services: Services, unit: Unit, day: date) -> tuple[frozenset[str], frozenset[str]]:
    """Return who had said no on a day, as far as it is on file now, and who could still answer on it."""
    return _split(unit.people.stream(), day, services.settings.district)


def person_of(student: StudentRecord) -> Person:
    """Return a student by whom recordings are searched."""
    return Person(student.id, student.all_names, (student.roster_id,))


def _brought_up(before: _Kept | None, services: Services, unit: Unit) -> _Kept:
    day, district, last = services.now().date(), services.settings.district, unit.people.last_change()
    if before is None or last < before.seen:
        return _read(unit, last, day, district, None)
    changes = unit.people.changes_after(before.seen, _MOST_CHANGES + 1) if last > before.seen else []
    index = None if any(each.names for each in changes) else before.index
    some = {each.student for each in changes if each.student is not None}
    if not changes and (before.day, before.district) == (day, district):
        return before
    is_many = len(changes) > _MOST_CHANGES or any(each.student is None for each in changes)
    if index is None or is_many or (before.day, before.district) != (day, district):
        return _read(unit, last, day, district, index if len(changes) <= _MOST_CHANGES else None)
    found = unit.people.students_of(some) if some else {}
    said_no, waiting = _split(found.values(), day, district)
    said_no, waiting = (before.said_no - some) | said_no, (before.waiting - some) | waiting
    return replace(before, seen=last, said_no=said_no, waiting=waiting, unsettled=_both(said_no, waiting))


def _read(unit: Unit, last: int, day: date, district: District, index: RosterIndex | None) -> _Kept:
    """Read what families said whole, and the names too where there is no index yet."""
    if index is None:
        persons = (Person(student, names, numbers) for student, names, numbers in unit.people.persons())
        index = RosterIndex(persons, unit.people.staff_names())
    said_no, waiting = _split(unit.people.stream(), day, district)
    return _Kept(last, day, district, index, said_no, waiting, _both(said_no, waiting))


def _both(said_no: frozenset[str], waiting: frozenset[str]) -> frozenset[str]:
    return said_no | waiting if waiting else said_no


def _split(students: Iterable[StudentRecord], day: date, district: District) -> tuple[frozenset[str], frozenset[str]]:
    """Return who of these said no, and who may still answer."""
    said_no, waiting = set(), set()
    for each in students:
        standing = _standing_of(each, day, district)
        if standing.opted_out:
            said_no.add(each.id)
        if standing.waits:
            waiting.add(each.id)
    return frozenset(said_no), frozenset(waiting)


def _standing_of(student: StudentRecord, today: date, district: District) -> Standing:
    """Return what rules may ask about a student; a future opt-out counts, one that has ended by `today` does not.

    A protected student counts as opted out, also where the protection is to begin.
    """
    opted_out = student.will_be_protected(today) or any(each.is_open(today) for each in student.opt_outs)
    until = may_answer_until(student, district)
    return Standing(student.grade, student.active, opted_out, waits=until is not None and today <= until)
