"""Takes back an opt-out that the office noted by mistake, such as for another child than the form's: it was never so.

It takes two people, since it opens what nobody in the family said to open. The ledger keeps what was noted, who took it back
and why; what a family said and ends is `choices.opt_in`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from dam_plugin.errors import InputError
from dam_plugin.intake.two_people import check_another, require_person
from dam_plugin.model import CUSTODIANS, Actor, LedgerEntry, LettingGo, OptOut
from dam_plugin.procedure.purposes import PurposeList
from dam_plugin.pseudonyms import person_id
from dam_plugin.services import Services
from dam_plugin.store import SystemUser, Unit
from dam_plugin.store.people import KeptOptOut

KIND = "opt-out-mistake"
# The words for what an opt-out leaves open: it is for every purpose, and nobody is noted as who said it.
EVERYTHING, UNKNOWN = "everything", "unknown"
_ASKED, _DONE = "asked to take back", "taken back"


@dataclass(frozen=True, slots=True)
class Noted:
    """Which opt-out was noted by mistake, by the words with which it was entered; None: whichever there is.

    One that has ended since is named by its day, `since`; one for every purpose by EVERYTHING, one of nobody known by UNKNOWN.
    """

    since: date | None = None
    purposes: tuple[str, ...] | None = None
    stated_by: str | None = None


@dataclass(frozen=True, slots=True)
class Mistake:
    """An opt-out as it was noted, and the day on which it was taken back."""

    id: int
    opt_out: OptOut
    day: date


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many opt-outs were taken back, and whose they were noted as; `waits`: none until a second person says the same."""

    count: int
    noted_as: tuple[str, ...]
    waits: bool


def noted_of(kept: KeptOptOut) -> Noted:
    """Return the words by which this opt-out is named, and what was entered alike; no other fits them."""
    purposes = (EVERYTHING,) if kept.opt_out.purposes is None else tuple(kept.opt_out.purposes)
    return Noted(kept.opt_out.since, purposes, kept.stated_by or UNKNOWN)


def take_back_opt_out(
    services: Services, student: str, noted: Noted, why: str, by: Actor, user: SystemUser
) -> TakenBack:
    """Keep a first person's word that an opt-out was never said, or take it back where a second one says the same.

    Raises InputError for a role that is not the custodian or a designee, without a reason, for a host's key, where no opt-out
    or more than one fits, and where the same person says it twice; UnknownThing for an unknown student.
    """
    if by.role not in CUSTODIANS:
        raise InputError(
            "only the records custodian or a designee says that an opt-out was noted by mistake: ask them, or add --as "
            "custodian:NAME"
        )
    if not why.strip():
        raise InputError("say how the mistake came about, and where the form is: --why")
    require_person(user, "takes no opt-out back", f"dam-plugin student opt-in {student} --never-said …")
    wish = LettingGo(by, user.id, user.name, services.now(), why)
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        found = _fitting(services, unit, student, noted)
        asked = _asked(services, unit, student)
        waits = any(each.id not in asked for each in found)
        if not waits:
            for each in found:
                check_another(asked[each.id], wish, user)
            unit.people.set_opt_out_ends(student, {each.id: each.opt_out.since for each in found})
        details = {
            "by": asdict(by),
            "done": _ASKED if waits else _DONE,
            "why": why,
            "system_user": asdict(user),
            "opt_outs": [{"id": each.id, "ended": each.opt_out.ended, "stated_by": each.stated_by} for each in found],
        }
        services.ledger.append(unit, at=services.now(), kind=KIND, subject=KIND, details=details, students=[student])
    who = sorted({each.stated_by for each in found if each.stated_by is not None})
    return TakenBack(0 if waits else len(found), tuple(who), waits)


def taken_back(services: Services, unit: Unit, student: str) -> tuple[Mistake, ...]:
    """Return the opt-outs of a student that were noted by mistake, in the order in which they were noted."""
    done = {
        row: entry.at.astimezone(services.now().tzinfo).date()
        for entry, details in _entries(services, unit, {student}, _DONE)
        for row in _rows(details)
    }
    kept = (each for each in unit.people.kept_opt_outs(student) if each.id in done)
    return tuple(Mistake(each.id, each.opt_out, done[each.id]) for each in kept)


def rows_taken_back(services: Services, unit: Unit, students: Collection[str]) -> set[int]:
    """Return the rows of the opt-outs of these students that were noted by mistake."""
    return {row for _, details in _entries(services, unit, students, _DONE) for row in _rows(details)}


def _fitting(services: Services, unit: Unit, student: str, noted: Noted) -> list[KeptOptOut]:
    """Return the opt-out that fits, as often as it was entered alike. Raises InputError for none and for several."""
    unit.people.need(student)
    known, before = services.settings.purposes, rows_taken_back(services, unit, {student})
    kept = [each for each in unit.people.kept_opt_outs(student) if each.id not in before]
    # An old word on file may be none of the list any more.
    words = {EVERYTHING}.union(*(_called(each.opt_out, known) for each in kept))
    given = noted.purposes
    purposes = None if given is None else {each if each in words else known.need(each) for each in given}
    who = person_id(noted.stated_by) if noted.stated_by is not None else None
    found = [
        each
        for each in kept
        if (each.opt_out.is_open(services.now().date()) if noted.since is None else each.opt_out.since == noted.since)
        and who in (None, each.stated_by or UNKNOWN)
        and purposes in (None, _called(each.opt_out, known))
    ]
    if not found:
        raise InputError(
            f"no such opt-out of {student} is on file: `dam-plugin student show {student}` lists them; name it as it was "
            "entered, with --since, --purpose and --by"
        )
    if len({(each.opt_out.since, frozenset(_called(each.opt_out, known)), each.stated_by) for each in found}) > 1:
        days = ", ".join(dict.fromkeys(str(each.opt_out.since) for each in found))
        raise InputError(
            f"{student} has several opt-outs that this fits (from {days}): say which one was noted by mistake, as it was "
            f"entered, with --since, --purpose (`--purpose {EVERYTHING}` for the one for every purpose) and --by (`--by "
            f"{UNKNOWN}` where nobody is noted)"
        )
    return found


def _called(choice: OptOut, known: PurposeList) -> set[str]:
    return {EVERYTHING} if choice.purposes is None else {known.called(each) for each in choice.purposes}


def _asked(services: Services, unit: Unit, student: str) -> dict[int, LettingGo]:
    """Return who said first of which opt-out that it was a mistake."""
    found: dict[int, LettingGo] = {}
    for entry, told in _entries(services, unit, {student}, _ASKED):
        user = told["system_user"]
        wish = LettingGo(Actor(**told["by"]), user["id"], user["name"], entry.at, told["why"])
        for row in _rows(told):
            found.setdefault(row, wish)
    return found


def _entries(
    services: Services, unit: Unit, students: Collection[str], done: str
) -> Iterator[tuple[LedgerEntry, Mapping[str, Any]]]:
    for entry, details in services.ledger.of_students(unit, KIND, students):
        if details is not None and details["done"] == done:
            yield entry, details


def _rows(details: Mapping[str, Any]) -> Iterator[int]:
    return (each["id"] for each in details["opt_outs"])
