"""Lets an opt-out hold again that somebody ended who, by what is on file now, did not hold the right (34 CFR 99.5, 99.37).

So it is where a college, a birth date, a death or a guardian was entered by mistake, or an order became known later that
limits whoever ended it. The ledger keeps who ended an opt-out, and on which day: whoever held the right on that day ended it
for good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dam_plugin.custodian.opt_out_mistakes import rows_taken_back
from dam_plugin.custodian.request_register import hurry_families
from dam_plugin.gate.close_links import (
    ClosedLinks,
    HoldsAgain,
    after_closing_for_third_parties,
    close_refused_links,
)
from dam_plugin.intake.search_again import search_and_close
from dam_plugin.intake.take_down import ToTakeDown, after_filing, file_take_downs
from dam_plugin.model import OF_GUARDIANS, Actor, LedgerEntry, Link, OptOut, StudentRecord
from dam_plugin.procedure.terms import has_rights
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import is_without_right
from dam_plugin.store import Unit
from dam_plugin.store.people import KeptOptOut

ENDED, AGAIN = "opt-in", "opt-out-holds"
"""The kinds of entries in the ledger: an opt-out was ended; it holds again."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of who holds the rights of a student did in its transaction: for `after_effect`, once it is committed."""

    links: tuple[Link, ...]
    again: tuple[HoldsAgain, ...] = ()
    filed: ToTakeDown = field(default_factory=ToTakeDown)


def take_effect_on_choices(services: Services, unit: Unit, student: str, by: Actor) -> Effect:
    """Let opt-outs hold again that the wrong person ended, and close what is refused now, in the caller's transaction.

    Whoever may inspect the record now is hurried by the meetings of the student's family that were noted before. What the
    district published on a consent that does not count, by who holds the rights, is to be taken down (34 CFR 99.4, 99.5(a),
    99.30).
    """
    hurry_families(services, unit, by, student)
    again = let_hold_again(services, unit, by, {student})
    fell = search_and_close(services, unit, student) if again else close_refused_links(services, unit, student=student)
    return Effect(fell, again, file_take_downs(services, unit, [student]))


def after_effect(services: Services, effect: Effect, student: str) -> ClosedLinks:
    """Do after the commit what the closed links need; return them, with what holds again and is still published."""
    closed = after_closing_for_third_parties(services, effect.links, student=student)
    if not effect.again and not effect.filed.publications:
        return closed
    return replace(after_filing(services, closed, effect.filed), holding_again=effect.again)


def let_hold_again(
    services: Services, unit: Unit, by: Actor, students: Collection[str] | None = None
) -> tuple[HoldsAgain, ...]:
    """Let the opt-outs of these students (None: of all) hold again that the wrong person ended, in the caller's transaction.

    The caller closes the links that they reach. Each is recorded, as it was ended and as it holds again.
    """
    found = _ended_wrongly(services, unit, students)
    for each in found:
        unit.people.set_opt_out_ends(each.told.student, each.ends)
        told = {**asdict(each.told), "opt_outs": [{"id": row, "ended": end} for row, end in each.ends.items()]}
        services.ledger.append(
            unit,
            at=services.now(),
            kind=AGAIN,
            subject=AGAIN,
            details={"by": asdict(by), **told},
            students=[each.told.student],
        )
    return tuple(each.told for each in found)


def ended_wrongly(services: Services, unit: Unit, students: Collection[str] | None = None) -> tuple[HoldsAgain, ...]:
    """Return what `let_hold_again` would let hold again."""
    return tuple(each.told for each in _ended_wrongly(services, unit, students))


def held_again(services: Services) -> tuple[HoldsAgain, ...]:
    """Return the opt-outs that hold again, until somebody ends them, or says the same, who is known to hold the right."""
    with services.store.reading() as unit:
        entries = list(services.ledger.about(unit, AGAIN, [AGAIN]))
        students = {str(details["student"]) for _, details in entries if details is not None}
        kept = unit.people.opt_outs_of(students)
    today, found = services.now().date(), dict[HoldsAgain, None]()
    for entry, details in entries:
        if details is None:
            continue
        told = HoldsAgain(str(details["student"]), date.fromisoformat(details["on"]), details["who"])
        theirs, ids = kept.get(told.student, ()), {each["id"] for each in details["opt_outs"]}
        still = any(each.id in ids and each.opt_out.is_open(today) for each in theirs)
        if still and not any(each.stated_by is not None and each.at > entry.at for each in theirs):
            found[told] = None
    return tuple(found)


def has_all(choice: OptOut, other: OptOut) -> bool:
    """Whether an opt-out is for all that another one is for."""
    return choice.purposes is None or (other.purposes is not None and {*other.purposes} <= {*choice.purposes})


def ended_by_another(services: Services, unit: Unit, student: str, guardian: str) -> tuple[OptOut, ...]:
    """Return the opt-outs that a guardian stated and did not end: as they were, with the day on which they ended.

    Of one that ended in part, only the purposes for which it did. Left out is what the custodian ended as stated without the
    right, what was noted by mistake, and what an opt-out on file holds back again. Whether the guardian may be told is the
    caller's to check.
    """
    today, word = services.now().date(), services.settings.purposes.word
    never = rows_taken_back(services, unit, {student})
    kept = [each for each in unit.people.kept_opt_outs(student) if each.id not in never]
    entries = [each for each in services.ledger.of_students(unit, ENDED, {student}) if each[1] is not None]
    found = []
    for out in (each for each in kept if each.stated_by == guardian and not each.opt_out.is_open(today)):
        by = [details or {} for entry, details in entries if _has_ended(services, entry.at, details or {}, out)]
        # What ended it last counts.
        if not by or by[-1].get("of_no_holder") or by[-1].get("stated_by") == guardian:
            continue
        of, theirs = by[-1]["purposes"], out.opt_out.purposes
        part = theirs if of is None or theirs is None else tuple(each for each in theirs if word(each) in of)
        found.append(replace(out.opt_out, purposes=part))
    holding = [each.opt_out for each in kept if each.opt_out.is_open(today)]
    return tuple(each for each in found if not any(has_all(other, each) for other in holding))


@dataclass(frozen=True, slots=True)
class _Ended:
    """Opt-outs of a student that one person ended on a day without the right, with the end that each had before by its row."""

    told: HoldsAgain
    ends: Mapping[int, date | None]


def _ended_wrongly(services: Services, unit: Unit, students: Collection[str] | None) -> list[_Ended]:
    ledger = services.ledger
    entries = [*ledger.about(unit, ENDED, [ENDED])] if students is None else ledger.of_students(unit, ENDED, students)
    whose = unit.entries.students_of([entry.seq for entry, _ in entries])
    ended: dict[str, list[tuple[LedgerEntry, dict[str, Any]]]] = {}
    for entry, details in entries:
        for student in whose.get(entry.seq, frozenset()) if details is not None else ():
            if students is None or student in students:
                ended.setdefault(student, []).append((entry, details or {}))
    records, kept = unit.people.students_of(ended), unit.people.opt_outs_of(ended)
    never = rows_taken_back(services, unit, ended)
    said = {student: [each for each in theirs if each.id not in never] for student, theirs in kept.items()}
    found = (_of_student(services, records[each], said.get(each, ()), ended[each]) for each in sorted(records))
    return [each for of_one in found for each in of_one]


def _of_student(
    services: Services,
    record: StudentRecord,
    kept: Iterable[KeptOptOut],
    entries: Collection[tuple[LedgerEntry, dict[str, Any]]],
) -> Iterator[_Ended]:
    found: dict[HoldsAgain, dict[int, date | None]] = {}
    for out in kept:
        # What ended it last counts: whoever has the right may have ended anew what holds again.
        by = [(entry, details) for entry, details in entries if _has_ended(services, entry.at, details, out)]
        if not by:
            continue
        entry, details = by[-1]
        day = entry.at.astimezone(services.now().tzinfo).date()
        if not _held_right(services, record, out, details, day):
            told = HoldsAgain(record.id, day, details.get("stated_by"))
            found.setdefault(told, {})[out.id] = _before(details, out)
    return (_Ended(told, ends) for told, ends in found.items())


def _has_ended(services: Services, at: datetime, details: Mapping[str, Any], out: KeptOptOut) -> bool:
    """Whether an entry is of the end that an opt-out has; one of an earlier version does not name those that it ended."""
    if out.opt_out.ended is None or out.opt_out.ended.isoformat() != details["ended"] or at < out.at:
        return False
    if "opt_outs" in details:
        return any(each["id"] == out.id for each in details["opt_outs"])
    ended, word = details["purposes"], services.settings.purposes.word
    of_these = ended is None or (out.opt_out.purposes and not {*map(word, out.opt_out.purposes)}.isdisjoint(ended))
    return bool(of_these) and not (details.get("of_no_holder") and out.stated_by is None)


def _before(details: Mapping[str, Any], out: KeptOptOut) -> date | None:
    """Return the end that an opt-out had before it was ended; None: it had none, or an earlier version did not keep it."""
    ends = {each["id"]: each["ended"] for each in details.get("opt_outs", ())}
    end = ends.get(out.id)
    return date.fromisoformat(end) if end is not None else None


def _held_right(
    services: Services, record: StudentRecord, out: KeptOptOut, details: Mapping[str, Any], day: date
) -> bool:
    """Whether who ended an opt-out held the right on that day, by what is on file now (34 CFR 99.3, 99.4, 99.5).

    Where it is not said who did it, a parent's word was taken. A roster's guardians have no days: whoever was one stays so for
    the past. Nor has its college: what a parent ended before the roster told of it stays ended.
    """
    who, rulings = details.get("stated_by"), services.rulings
    if details.get("of_no_holder"):
        return is_without_right(record, out, rulings)
    if who == record.id:
        return has_rights(record, day, rulings)
    if has_rights(replace(record, postsecondary=False), day, rulings):
        return who is None and record.has_died(day)
    if who is not None and record.never_was(who, day, by_two=True):
        return False
    return who is None or not (who in record.stated_on(day, "limited") or _was_taken_back(record, who))


def _was_taken_back(record: StudentRecord, who: str) -> bool:
    """Whether all that was stated by hand of a person as a guardian was taken back whole, and the roster names them not."""
    stated = [each for each in record.guardianships if each.guardian == who and each.what in OF_GUARDIANS]
    taken_back = all(each.ended is not None and each.ended <= each.since for each in stated)
    return bool(stated) and taken_back and who not in record.guardians
