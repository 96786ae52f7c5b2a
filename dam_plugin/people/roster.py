"""The students: the contents of a roster, and its import into the store. One reader per format stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from dam_plugin.model import Consent, StaffRecord, StudentRecord
from dam_plugin.people.mapping import OptOutColumns
from dam_plugin.procedure.purposes import STARTER_PACK, PurposeList
from dam_plugin.store import Extent, Portrait, RosterChange, Unit

__all__ = [
    "SOMEWHERE",
    "MappingFile",
    "Portrait",
    "RosterChange",
    "RosterImport",
    "Source",
    "Unlinked",
    "apply_roster",
    "as_kept",
    "import_consents",
]

Kind = Literal["plain", "oneroster", "sds", "clever", "index", "plugin"]


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A person whom a roster names beside a student and who holds no rights by it: both pseudonyms and names, and why.

    `role` is the file's word. The names are shown only on request.
    """

    student: str
    student_name: str
    person: str
    name: str
    role: str
    why: str


@dataclass(frozen=True, slots=True)
class RosterImport:
    """A roster as read: every student with their opt-outs, and the consents on file.

    `gone` and `settled` are pseudonyms. `gone`: those who have left (where the roster is not `whole`). `settled`:
    those whose opt-outs the roster lists in full, so that any other imported opt-out of theirs ends; `answered` are the
    days of their answers, as far as a file tells them. `ends_all`: it ends although nothing says which is the newer
    answer. `others` are students under a number that was another student's. Parts that the roster does not hold
    (`tells_…`) stay as they are on file. `notes` are sentences for the importing person. `doubts` are ends of sentences on
    what that person must confirm. Neither names a student. `proofs` are the consents', in their order, and so are
    `consent_rows`, the places of files (`consents.csv:7`). `format` says what the files are. `staff` are people who are no
    students; where the roster is not whole, `staff_gone` are those who have left. `unlinked` are the people beside students
    who hold no rights by it.
    """

    students: tuple[StudentRecord, ...]
    consents: tuple[Consent, ...] = ()
    tells_guardians: bool = True
    tells_births: bool = True
    tells_deaths: bool = False
    tells_protection: bool = False
    tells_postsecondary: bool = True
    # Whether a student who is missing from it is worth a question.
    tells_opt_outs: bool = False
    whole: bool = True
    gone: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    answered: Mapping[str, date] = field(default_factory=dict)
    ends_all: bool = True
    others: tuple[str, ...] = ()
    proofs: tuple[str | None, ...] = ()
    consent_rows: tuple[str, ...] = ()
    portraits: tuple[Portrait, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    kind: Kind = "plain"
    format: str = ""
    # The file that its opt-outs come from; None if it has no such file.
    opt_outs_from: str | None = None
    # The day of the newest change in it, where its rows say so.
    newest: date | None = None
    tells_staff: bool = False
    staff: tuple[StaffRecord, ...] = ()
    staff_gone: tuple[str, ...] = ()
    unlinked: tuple[Unlinked, ...] = ()


@dataclass(frozen=True, slots=True)
class MappingFile:
    """The mapping file that an import was read by: its name, the hash of its bytes, and how it reads opt-outs, if it does."""

    name: str
    sha256: str
    opt_outs: OptOutColumns | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a roster came from: the name of a file, a folder or a plugin; and the mapping that it was read by."""

    name: str = "a program"
    mapping: MappingFile | None = None


SOMEWHERE = Source()


def apply_roster(
    unit: Unit,
    roster: RosterImport,
    at: datetime,
    *,
    dry_run: bool = False,
    source: Source = SOMEWHERE,
    purposes: PurposeList = STARTER_PACK,
    known: Mapping[str, StudentRecord] | None = None,
) -> RosterChange:
    """Bring a roster into the store, inside the caller's writing transaction; return the changes, in counts.

    The same roster twice changes nothing. Opt-outs and consents that people entered stay, and so do those that have
    gone from the file. An opt-out ends and a consent is revoked by a separate step, or by a file that lists all of
    them. `dry_run` counts and undoes. `known` are the students on file, where the transaction has read them already.
    """
    with unit.rehearsal() if dry_run else nullcontext():
        known = {each.id: each for each in unit.people.students()} if known is None else known
        extent = Extent(
            roster.whole,
            frozenset(roster.gone),
            frozenset(roster.settled),
            purposes.called,
            answered=roster.answered,
            ends_all=roster.ends_all,
            others=frozenset(roster.others),
        )
        change = unit.people.upsert_roster(as_kept(known, roster), at, extent, known)
        consents = import_consents(unit, roster.consents, at, roster.proofs, purposes=purposes)
        portraits = unit.people.set_portraits(roster.portraits)
        unit.people.add_import(
            roster.kind,
            source.name,
            at,
            whole=roster.whole,
            students=len(roster.students),
            tells_opt_outs=roster.tells_opt_outs or any(record.opt_outs for record in roster.students),
            what=roster.format,
        )
        whole = roster.whole and roster.tells_staff
        staff = unit.people.set_staff(roster.staff, roster.kind, at, whole=whole, gone=roster.staff_gone)
    return replace(change, consents=consents, portraits=portraits, staff=staff)


def as_kept(known: Mapping[str, StudentRecord], roster: RosterImport) -> tuple[StudentRecord, ...]:
    """Return the students as they will be kept: parts that the roster does not hold are as on file."""
    tells = (roster.tells_guardians, roster.tells_births, roster.tells_deaths, roster.tells_protection)
    if all((*tells, roster.tells_postsecondary)):
        return roster.students
    return tuple(_completed(known.get(each.id), each, roster) for each in roster.students)


def _completed(before: StudentRecord | None, student: StudentRecord, roster: RosterImport) -> StudentRecord:
    if before is None:
        return student
    kept: dict[str, Any] = {}
    if not roster.tells_guardians:
        kept |= {"guardians": before.guardians, "guardian_names": before.guardian_names}
    # A blank says nothing: whoever has come of age stays so.
    if (student.born is None or not roster.tells_births) and student.born != before.born:
        kept["born"] = before.born
    if not roster.tells_deaths and student.died != before.died:
        kept["died"] = before.died
    if not roster.tells_protection and student.marked != before.marked:
        kept["marked"] = before.marked
    if not roster.tells_postsecondary and student.postsecondary != before.postsecondary:
        kept["postsecondary"] = before.postsecondary
    return replace(student, **kept) if kept else student


def import_consents(
    unit: Unit,
    consents: tuple[Consent, ...],
    at: datetime,
    proofs: tuple[str | None, ...] = (),
    *,
    purposes: PurposeList = STARTER_PACK,
) -> int:
    """Keep consents with their proofs, each once; return how many are new or newly revoked.

    A consent on file under another word for its purpose is the same consent. One that is there twice is revoked twice. One of
    the same signer for the same purpose and recordings, signed no later than another was revoked, is kept as revoked: it is the
    same paper, typed otherwise, or one that the family took back with it.
    """
    kept: dict[Consent, list[tuple[str, Consent]]] = {}
    on_file = unit.people.consents({consent.student for consent in consents})
    for consent_id, consent in on_file:
        kept.setdefault(_content(consent, purposes), []).append((consent_id, consent))
    said = [*(known for _, known in on_file), *consents]
    news = 0
    for index, consent in enumerate(consents):
        known = kept.setdefault(_content(consent, purposes), [])
        if not known:
            proof = proofs[index] if index < len(proofs) else None
            taken_back = consent.revoked_on or revoked_with(consent, said, purposes)
            new = replace(consent, revoked_on=taken_back)
            known.append((unit.people.add_consent(new, proof, at), new))
            news += 1
            continue
        # A revocation in the store outlives a file that does not know of it.
        late = [
            place
            for place, (_, before) in enumerate(known)
            if consent.revoked_on is not None and (before.revoked_on is None or consent.revoked_on < before.revoked_on)
        ]
        for place in late:
            consent_id, _ = known[place]
            known[place] = (consent_id, unit.people.revoke_consent(consent_id, consent.revoked_on or at.date()))
        news += bool(late)
    return news


def revoked_with(consent: Consent, others: Iterable[Consent], purposes: PurposeList) -> date | None:
    """Return the day on which a family took back what this consent says too; None where it was signed after that.

    Of the `others` one counts that was revoked, is of the same student and signer, for the same purpose in the district's word,
    and for a recording that this one is for, too.
    """
    said = (consent.student, consent.signed_by, _called(consent, purposes))
    days = [
        each.revoked_on
        for each in others
        if each.revoked_on is not None
        and (each.student, each.signed_by, _called(each, purposes)) == said
        and (consent.assets is None or each.assets is None or not set(consent.assets).isdisjoint(each.assets))
        and (consent.signed_on is None or consent.signed_on <= each.revoked_on)
    ]
    return max(days, default=None)


def _called(consent: Consent, purposes: PurposeList) -> str | None:
    return None if consent.purpose is None else purposes.whole(consent.purpose) or consent.purpose


def _content(consent: Consent, purposes: PurposeList) -> Consent:
    return replace(consent, revoked_on=None, purpose=_called(consent, purposes))
