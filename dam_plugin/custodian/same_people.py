"""Who comes in a roster under another number and is on file: read before an import, and kept with it.

Who it is, `people/renumbered.py` finds. Here are the questions to the importing person, the store and the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from uuid import uuid4

from dam_plugin.errors import InputError
from dam_plugin.model import Actor, StudentRecord
from dam_plugin.people.doubts import is_called_anew, is_told_otherwise, listed, name_and_day, named_pairs, said_no
from dam_plugin.people.renumbered import Ids, given_anew, guardians_anew, only_pairs, returned, typed_over, with_ids
from dam_plugin.people.roster import RosterImport, as_kept
from dam_plugin.pseudonyms import folded_id, person_id
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.people import require_same_key
from dam_plugin.store.requests import Family

_MOST_NAMED = 10
_BATCH = 500
ALL = "all"
"""What a person says where everybody is the same whom an import would ask about, one for one."""


@dataclass(frozen=True, slots=True)
class OnFile:
    """A roster with the ids on file, and the students on file whom it may be about.

    `ids` are new: from the pseudonym of a number to the person's. `former` are the students' numbers until now.
    """

    roster: RosterImport
    known: Mapping[str, StudentRecord]
    ids: Ids
    former: Mapping[str, str]
    notes: tuple[str, ...]


def same_from(written: Iterable[str]) -> Ids:
    """Return what a person said of who is who, from `NEW=OLD` each, or `all`. Raises InputError for anything else."""
    written = list(written)
    if written == [ALL]:
        return {ALL: ALL}
    found: dict[str, str] = {}
    for each in written:
        new, _, old = (person_id(part.strip()) for part in each.partition("="))
        if not (new[:2] == old[:2] and new[:2] in ("S-", "G-")) or new == old or new in found:
            raise InputError(
                f"--same takes NEW=OLD, two ids of students or of guardians, each NEW once, or all by itself: '{each}' is not "
                "that"
            )
        found[new] = old
    return found


def as_on_file(services: Services, unit: Unit, roster: RosterImport, said: Ids, others: Collection[str] = ()) -> OnFile:
    """Return a roster in which everybody who is on file has that id; what a person has to confirm is among its doubts.

    `said`: who is who, and `others`: guardians whose number somebody else has now, as a person says it. Raises InputError
    where that cannot be; SettingsError where the pseudonyms were made with another key.
    """
    stored, plain = unit.people.ids_by_number(), roster
    roster = with_ids(plain, stored)
    known = known_of(unit, roster)
    number_ids = {each.roster_id: each.id for each in plain.students}
    given = {number_ids[number]: services.pseudonyms.student(uuid4().hex) for number in given_anew(known, roster)}
    given_away = _given_away(services, plain, stored, others)
    if given or given_away:
        roster = with_ids(plain, {**stored, **given, **given_away})
    require_same_key(roster.students, known.values())
    known = {**known, **_who_left(unit, known, roster, said), **_called_the_same(unit, known, roster)}
    found = returned(known, roster)
    if ALL in said:
        said = dict(only_pairs(found.unsure))
    _check_said(unit, known, roster, said)
    students = {**found.same, **{new: old for new, old in said.items() if new.startswith("S-")}}
    former = {old: known[old].roster_id for old in students.values()}
    roster = with_ids(roster, students)
    guardians = {
        **_guardians_anew(unit, known, roster),
        **{new: old for new, old in said.items() if new.startswith("G-")},
    }
    roster = with_ids(roster, guardians)
    doubts = [
        *_of_others(given),
        *_of_unsure(services, known, found.unsure, students),
        *_of_typed_over(services, known, roster),
    ]
    ids = {**given, **given_away, **students, **guardians}
    return OnFile(
        replace(roster, doubts=(*roster.doubts, *doubts)),
        known,
        ids,
        former,
        (*_notes(students, guardians), *_waiting(unit, known, roster)),
    )


def keep_same(services: Services, unit: Unit, found: OnFile, by: Actor) -> None:
    """Keep who is who beside the import, and record it."""
    if not found.ids:
        return
    unit.people.keep_ids(found.ids, found.former, services.now())
    for batch in batched(sorted(found.ids.items()), _BATCH):
        services.ledger.append(
            unit,
            at=services.now(),
            kind="same-person",
            subject="same-person",
            details={"by": asdict(by), "same": dict(batch)},
            students=sorted({person for _, person in batch if person.startswith("S-")}),
        )


def known_of(unit: Unit, roster: RosterImport) -> dict[str, StudentRecord]:
    """Return the students on file whom a roster may be about: all of them by a whole one.

    Changes are about those that they name, by either id; whoever is new, or told otherwise, may be one whose family said no.
    """
    if roster.whole:
        return {student.id: student for student in unit.people.students()}
    named = [*(each.id for each in roster.students), *roster.gone, *roster.settled]
    named += unit.people.with_roster_ids(each.roster_id for each in roster.students)
    known = unit.people.students_of(named)
    if is_told_otherwise(known, roster):
        known |= unit.people.students_of(unit.people.with_a_no())
    return known


def _who_left(
    unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, said: Ids
) -> dict[str, StudentRecord]:
    """Return who left and may be a student whom changes add: of a whole roster all are known."""
    new = [each for each in roster.students if each.active and each.id not in known]
    if roster.whole or not new:
        return {}
    ids = unit.people.left_and_born_on({each.born for each in new if each.born is not None})
    ids += unit.people.with_guardians(sorted({guardian for each in new for guardian in each.guardians}))
    ids += [each for each in said.values() if each.startswith("S-")]
    return {student: each for student, each in unit.people.students_of(ids).items() if student not in known}


def _called_the_same(unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport) -> dict[str, StudentRecord]:
    """Return who is enrolled and has the very name and birth date of a student whom changes add, or tell otherwise."""
    if roster.whole:
        return {}
    anew = {name_and_day(each) for each in as_kept(known, roster) if is_called_anew(known.get(each.id), each)}
    ids = unit.people.enrolled_and_called(anew)
    return {student: each for student, each in unit.people.students_of(ids).items() if student not in known}


def _check_said(unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, said: Ids) -> None:
    told = {each.id for each in roster.students if each.active}
    guardians = {guardian for each in roster.students for guardian in each.guardians}
    for new, old in said.items():
        there, is_student = (told, True) if new.startswith("S-") else (guardians, False)
        if new not in there:
            raise InputError(f"--same: {new} is nobody's id in this roster: --dry-run --names shows who is new")
        if old in there:
            raise InputError(f"--same: the roster has {old} under the old number, too: correct it there")
        if is_student and new in known:
            raise InputError(
                f"--same: {new} is on file already, with what was tagged and said since: both ids stay, and a request names "
                "both"
            )
        if is_student and old not in known:
            raise InputError(f"--same: no student on file has the id {old}")
        if not is_student and not _is_on_file(unit, known, old):
            raise InputError(f"--same: no student on file has or had the guardian {old}, and no request of {old} waits")


def _is_on_file(unit: Unit, known: Mapping[str, StudentRecord], guardian: str) -> bool:
    if unit.people.with_guardians([guardian]) or any(guardian in each.ever_guardians for each in known.values()):
        return True
    return bool(unit.requests.waiting_of([_those({guardian})]))


def _those(guardians: Iterable[str]) -> Family:
    return Family(("", ""), frozenset(map(folded_id, guardians)))


def _guardians_anew(unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport) -> dict[str, str]:
    if not roster.tells_guardians:
        return {}
    told = {each.id for each in roster.students}

    def with_others(guardians: set[str]) -> Collection[str]:
        if roster.whole:
            return ()
        return [
            each
            for each in guardians
            if any(
                student.active
                for student in unit.people.students_of({*unit.people.with_guardians([each])} - told).values()
            )
        ]

    return guardians_anew(known, as_kept(known, roster), with_others)


def _given_away(services: Services, roster: RosterImport, stored: Ids, others: Collection[str]) -> dict[str, str]:
    """Return a new id for whoever has the number of a guardian now. Raises InputError for who is not in the roster."""
    numbers = {guardian for each in roster.students for guardian in each.guardians}
    found: dict[str, str] = {}
    for other in map(person_id, others):
        theirs = [each for each in numbers if stored.get(each, each) == other]
        if not theirs:
            raise InputError(f"--another: no guardian in this roster has the id {other}")
        found |= dict.fromkeys(theirs, services.pseudonyms.guardian(uuid4().hex))
    return found


def _of_typed_over(services: Services, known: Mapping[str, StudentRecord], roster: RosterImport) -> Iterator[str]:
    """Yield of whom something is stated by hand, such as a court order, and who has another name now."""
    if not roster.tells_guardians:
        return
    found = typed_over(known, as_kept(known, roster), services.now().date())
    if found:
        pairs = sorted(found.items())
        named = listed([f"{guardian} of {student}" for guardian, student in pairs])
        yield (
            f"{len(pairs)} guardian(s) of whom a court order or something else is stated have another name in it ({named}): "
            f"the same person? then --confirm; somebody else under the old number? then --another {pairs[0][0]}, so that what "
            "is stated stays with who it is about"
        )


def _of_others(others: Ids) -> Iterator[str]:
    if others:
        yield (
            f"{len(others)} student number(s) were another student's, who has a new one since: with --confirm the number is "
            "somebody else's from now on"
        )


def _of_unsure(
    services: Services, known: Mapping[str, StudentRecord], unsure: Sequence[tuple[str, str]], said: Ids
) -> Iterator[str]:
    """Yield who may be somebody who left; of those whose family said no the import asks anyway."""
    today = services.now().date()
    pairs = [(new, old) for new, old in unsure if new not in said and not said_no(known[old], today)]
    if pairs:
        yield (
            f"{len({new for new, _ in pairs})} new student(s) have the name and the birth date of somebody who left "
            f"({named_pairs(pairs)}): the same child? then import with --same {pairs[0][0]}={pairs[0][1]}, or --same all, so "
            "that recordings, court orders and requests go on; another child? then --confirm"
        )


def _waiting(unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport) -> Iterator[str]:
    """Yield which requests came from guardians whom a student of the roster has no more: they may have another number now."""
    if not roster.tells_guardians:
        return
    told = as_kept(known, roster)
    there = {guardian for each in told for guardian in each.guardians}
    came: dict[str, set[str]] = defaultdict(set)
    for each in told:
        before = known[each.id].guardians if each.id in known else ()
        for guardian in {*before} - there:
            came[guardian].update({*each.guardians}.difference(before))
    for asked in unit.requests.waiting_of([_those(came)])[:_MOST_NAMED] if came else ():
        person = asked.recipient.id or ""
        new = sorted(came.get(person, ())) or ["G-NEW"]
        yield (
            f"{asked.id} waits, and came from {person}, whom this roster lists no more: where it has the same person under "
            f"another number, import it again with {' or '.join(f'--same {each}={person}' for each in new)}; a parent whose "
            "contact was deleted keeps the right until an order ends it (34 CFR 99.4): `dam-plugin student guardian verify S-… "
            f"{person} --seen TEXT --as custodian:NAME`"
        )


def _notes(students: Ids, guardians: Ids) -> Iterator[str]:
    for found, who in ((students, "student"), (guardians, "guardian")):
        if found:
            yield (
                f"{len(found)} {who}(s) come under a new number and are on file ({listed(sorted(found.values()))}): the id "
                "stays, and what is on file goes on"
            )
