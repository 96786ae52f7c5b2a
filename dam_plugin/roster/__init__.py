"""Who the students are: what a roster file holds, and how it comes into the store. One reader per format beside it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from dam_plugin.model import Consent, StudentRecord
from dam_plugin.store import RosterChange, Unit

__all__ = ["RosterChange", "RosterImport", "apply_roster"]


@dataclass(frozen=True, slots=True)
class RosterImport:
    """A roster as read: every student with their opt-outs, and the consents on file."""

    students: tuple[StudentRecord, ...]
    consents: tuple[Consent, ...] = ()
    # Whether it says who the guardians are; else those on file stay.
    tells_guardians: bool = True


def apply_roster(unit: Unit, roster: RosterImport, at: datetime, *, dry_run: bool = False) -> RosterChange:
    """Bring a roster into the store, inside the caller's writing transaction; return what changed, in counts.

    The same roster twice changes nothing. Opt-outs and consents that people entered, and those that have gone from
    the file, stay: an opt-out ends and a consent is revoked by a step of its own. `dry_run` counts and undoes.
    """
    with unit.rehearsal() if dry_run else nullcontext():
        students = roster.students if roster.tells_guardians else _with_known_guardians(unit, roster.students)
        change = unit.people.upsert_roster(students, at)
        consents = _import_consents(unit, roster.consents, at)
    return replace(change, consents=consents)


def _with_known_guardians(unit: Unit, students: tuple[StudentRecord, ...]) -> tuple[StudentRecord, ...]:
    known = {student.id: student for student in unit.people.students()}
    return tuple(
        replace(each, guardians=known[each.id].guardians, guardian_names=known[each.id].guardian_names)
        if each.id in known
        else each
        for each in students
    )


def _import_consents(unit: Unit, consents: tuple[Consent, ...], at: datetime) -> int:
    kept = {_content(consent): (consent_id, consent) for consent_id, consent in _on_file(unit, consents)}
    news = 0
    for consent in consents:
        content = _content(consent)
        known = kept.get(content)
        if known is None:
            kept[content] = (unit.people.add_consent(consent, None, at), consent)
            news += 1
            continue
        consent_id, before = known
        # A revocation in the store outlives a file that does not know of it.
        if consent.revoked_on is not None and (before.revoked_on is None or consent.revoked_on < before.revoked_on):
            kept[content] = (consent_id, unit.people.revoke_consent(consent_id, consent.revoked_on))
            news += 1
    return news


def _on_file(unit: Unit, consents: tuple[Consent, ...]) -> list[tuple[str, Consent]]:
    return unit.people.consents({consent.student for consent in consents})


def _content(consent: Consent) -> Consent:
    return replace(consent, revoked_on=None)
