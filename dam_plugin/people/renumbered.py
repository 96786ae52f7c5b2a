"""People who come in a roster under another number than before, and are the same. Pure.

A district changes its student information system, a child moves away and comes back, a clerk enters a contact anew: the number
is another one and the person is not. Who is the same keeps the pseudonym, and with it recordings, opt-outs, court orders and
requests. `with_ids` writes a roster with the ids on file, `returned` and `guardians_anew` find who is the same. The import is
in `custodian/choices.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from dam_plugin.model import LIMITS, StudentRecord
from dam_plugin.people.roster import RosterImport
from dam_tagging.match_students import normalise

Ids = Mapping[str, str]
"""From the pseudonym of a number to the pseudonym on file of whoever has that number."""

_T = TypeVar("_T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Returned:
    """Who comes back under a new number: `same` are one person for certain; `unsure` may be, and a person has to say so."""

    same: Ids
    unsure: tuple[tuple[str, str], ...]


def with_ids(roster: RosterImport, ids: Ids) -> RosterImport:
    """Return a roster in which everybody has the id on file, wherever it names them."""
    if not ids:
        return roster

    def is_now(one: str) -> str:
        return ids.get(one, one)

    consents = tuple(
        replace(each, student=is_now(each.student), signed_by=each.signed_by and is_now(each.signed_by))
        for each in roster.consents
    )
    return replace(
        roster,
        students=tuple(_student(each, ids) for each in roster.students),
        consents=consents,
        gone=tuple(map(is_now, roster.gone)),
        settled=tuple(map(is_now, roster.settled)),
        answered={is_now(student): day for student, day in roster.answered.items()},
        portraits=tuple(replace(each, student=is_now(each.student)) for each in roster.portraits),
        unlinked=tuple(
            replace(each, student=is_now(each.student), person=is_now(each.person)) for each in roster.unlinked
        ),
    )


def _student(record: StudentRecord, ids: Ids) -> StudentRecord:
    guardians = tuple(dict.fromkeys(ids.get(each, each) for each in record.guardians))
    names = {ids.get(each, each): name for each, name in record.guardian_names}
    student = ids.get(record.id, record.id)
    if (student, guardians, len(names)) == (record.id, record.guardians, len(record.guardian_names)) and not any(
        each in ids for each, _ in record.guardian_names
    ):
        return record
    return replace(record, id=student, guardians=guardians, guardian_names=tuple(names.items()))


def given_anew(known: Mapping[str, StudentRecord], roster: RosterImport) -> dict[str, StudentRecord]:
    """Return, by number, the records whose number was another student's before, who has a new one since.

    `roster` has the ids on file (`with_ids`), so that such a record has the other student's.
    """
    told = Counter(each.id for each in roster.students)
    return {
        each.roster_id: each
        for each in roster.students
        if (before := known.get(each.id)) is not None
        and before.roster_id != each.roster_id
        and (told[each.id] > 1 or not _is_one_student(before, each))
    }


def returned(known: Mapping[str, StudentRecord], roster: RosterImport) -> Returned:
    """Return who comes under a new number, of those who left before or by this roster.

    They are the same for certain by a whole name, the birth date and a guardian, by id or by name, or where no guardian of
    either is on file; or by a whole name and a guardian's id where a birth date is missing; and nobody else may be meant. By
    name and birth date alone they may be.
    """
    new = [each for each in roster.students if each.active and each.id not in known]
    if not new:
        return Returned({}, ())
    there = {each.id for each in roster.students if each.active}
    left = roster.gone if not roster.whole else known.keys()
    former = [each for each in known.values() if each.id not in there and (not each.active or each.id in left)]
    by_name: dict[str, list[StudentRecord]] = defaultdict(list)
    for each in former:
        for name in _whole_names(each):
            by_name[name].append(each)
    alike = [
        (record.id, other.id, _is_certain(other, record))
        for record in new
        for other in {each.id: each for name in _whole_names(record) for each in by_name.get(name, ())}.values()
        if _may_be_meant(other, record)
    ]
    meant, claims = Counter(each for each, _, _ in alike), Counter(each for _, each, _ in alike)
    same = {one: other for one, other, certain in alike if certain and meant[one] == claims[other] == 1}
    return Returned(same, tuple((one, other) for one, other, _ in alike if one not in same))


def guardians_anew(
    known: Mapping[str, StudentRecord],
    told: Iterable[StudentRecord],
    are_on_file: Callable[[set[str]], Collection[str]],
) -> dict[str, str]:
    """Return the guardians who come under a new number: who was a guardian of the same student, and has the same whole name.

    `told` are the students of a roster as they would be kept, with the ids on file. `are_on_file`: which of some guardians have
    a student beside those who are told. Nobody is the same where two may be meant, or where the roster has both numbers; and of
    whom a court order limits, the custodian says who that is (`sharing/same_person.py`).
    """
    records = list(told)
    there = {each for record in records for each in record.guardians}
    ever = {each for record in known.values() for each in record.ever_guardians}
    found: set[tuple[str, str]] = set()
    for record in records:
        before = known.get(record.id)
        if before is None:
            continue
        limited = {each.guardian for each in before.guardianships if each.what in LIMITS}
        gone = {each: name for each, name in before.named_guardians if each not in there and each not in limited}
        if not gone:
            continue
        names = dict(record.guardian_names)
        for new in record.guardians:
            if new not in ever and (name := _whole(names.get(new, ""))):
                found.update((new, old) for old, other in gone.items() if _whole(other) == name)
    beside = set(are_on_file({each for pair in found for each in pair})) if found else set()
    pairs = [(new, old) for new, old in found if new not in beside and old not in beside]
    return dict(only_pairs(pairs))


def typed_over(known: Mapping[str, StudentRecord], told: Iterable[StudentRecord], day: date) -> dict[str, str]:
    """Return the guardians who have another name in a roster, of whom something is stated by hand; each with a student.

    A contact may be typed over with somebody else, who then had the other's court order, or the other's trust.
    """
    found: dict[str, str] = {}
    for record in told:
        before = known.get(record.id)
        if before is None or before.guardian_names == record.guardian_names:
            continue
        stated = {
            person
            for each in before.guardianships
            if each.ended is None or each.ended > day
            for person in (each.guardian, each.represents or each.guardian)
        }
        was, now = dict(before.guardian_names), dict(record.guardian_names)
        for guardian in stated & was.keys() & now.keys():
            if normalise(was[guardian]) != normalise(now[guardian]):
                found[guardian] = record.id
    return found


def only_pairs(pairs: Collection[tuple[_T, _T]]) -> Iterator[tuple[_T, _T]]:
    """Yield the pairs of which neither is in another one: who may be meant without a doubt."""
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    return ((one, other) for one, other in pairs if first[one] == second[other] == 1)


def _whole(name: str) -> str:
    """Return a normalised name of more than one word; empty for any other."""
    plain = normalise(name)
    return plain if " " in plain else ""


def _whole_names(record: StudentRecord) -> set[str]:
    return {plain for name in record.all_names if (plain := _whole(name))}


def _is_one_student(before: StudentRecord, record: StudentRecord) -> bool:
    return bool(_whole_names(before) & _whole_names(record)) and _are_of_one_age(before, record)


def _are_of_one_age(one: StudentRecord, other: StudentRecord) -> bool:
    return one.born is None or other.born in (None, one.born)


def _may_be_meant(other: StudentRecord, record: StudentRecord) -> bool:
    """Whether two students of one name may be one: by the birth date, or where it is missing by a guardian's id."""
    if None in (other.born, record.born):
        return not {*other.ever_guardians}.isdisjoint(record.guardians)
    return other.born == record.born


def _is_certain(other: StudentRecord, record: StudentRecord) -> bool:
    """Whether two of one name and birth date have a guardian in common, or neither has one on file."""
    if not other.ever_guardians and not record.guardians:
        return True
    if not {*other.ever_guardians}.isdisjoint(record.guardians):
        return True
    names = ({plain for _, name in each.named_guardians if (plain := _whole(name))} for each in (other, record))
    return not next(names).isdisjoint(next(names))
