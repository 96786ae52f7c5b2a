"""Compares an import of the roster with the students on file, before anything is written. Pure.

`changes` returns the change to each student. `doubts` returns probable mistakes, for a person to confirm. `returned`
finds new students who may be former ones under a new number. The import is in `custodian/choices.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Literal

from rapidfuzz.distance import OSA

from dam_plugin.model import OptOut, StudentRecord
from dam_plugin.people.roster import RosterImport, as_kept
from dam_plugin.store.people import with_former_names
from dam_tagging.match_students import normalise
from dam_tagging.names.short_forms import called_otherwise
from dam_tagging.names.written_names import SUFFIXES

# How far ahead an opt-out may begin. A later day is taken for a mistyped year.
SOON = timedelta(days=31)
# One in so many: a person must confirm where more of the students or opt-outs would go.
_SHARE = 10


@dataclass(frozen=True, slots=True)
class StudentChange:
    """The change to one student; `name` is shown only on request. `fields` are those that would change."""

    id: str
    name: str
    what: Literal["added", "changed", "returns", "leaves"]
    fields: tuple[str, ...] = ()


def changes(known: Mapping[str, StudentRecord], roster: RosterImport) -> list[StudentChange]:
    """Return the changes by a roster, student by student, in its order; then who would leave."""
    found = []
    for record in as_kept(known, roster):
        before = known.get(record.id)
        if before is None:
            found.append(StudentChange(record.id, _name(record), "added"))
        elif record.active and not before.active:
            found.append(StudentChange(record.id, _name(record), "returns", _fields(before, record)))
        elif record.active and (differing := _fields(before, record)):
            found.append(StudentChange(record.id, _name(record), "changed", differing))
    return [*found, *(StudentChange(each, _name(known[each]), "leaves") for each in _leaving(known, roster))]


def renamed(known: Mapping[str, StudentRecord], roster: RosterImport) -> set[str]:
    """Return the students who are new in a roster, or have a name or a number in it that is not on file, or former now."""
    return {
        each.id
        for each in roster.students
        if (before := known.get(each.id)) is None
        or (before.roster_id, before.all_names) != (each.roster_id, with_former_names(before, each).all_names)
    }


def graded_otherwise(known: Mapping[str, StudentRecord], roster: RosterImport) -> set[str]:
    """Return the students who have another grade in a roster, come back by it, or leave."""
    records = (each for each in as_kept(known, roster) if each.id in known)
    told = {each.id for each in records if (each.grade, each.active) != (known[each.id].grade, known[each.id].active)}
    return told | set(_leaving(known, roster))


def doubts(
    known: Mapping[str, StudentRecord],
    roster: RosterImport,
    imported: Sequence[tuple[str, OptOut]],
    today: date,
    *,
    carried: bool = False,
    last_whole: date | None = None,
    active: int | None = None,
) -> tuple[str, ...]:
    """Return the points that a person must confirm, each as the end of a sentence.

    `last_whole` is the day on which a whole roster was last imported. `active` is how many students are enrolled, where
    `known` are only those whom the roster may be about.

    `imported` are the students' open opt-outs from earlier imports. Their purposes are the district's words, as are the
    roster's. `carried`: opt-outs of former students are carried over, so new students who may be these raise no doubt.
    """
    found = (
        roster.doubts,
        _of_age(roster, last_whole),
        _of_extent(known, roster, imported, today, active),
        _of_guardians(known, roster),
        _of_college(known, roster, active),
        _of_numbers(known, roster),
        _of_answers_ids(known, roster),
        () if carried else _of_leavers(known, roster, today),
        _of_days(roster, today),
        _of_protection(known, roster),
    )
    return tuple(chain.from_iterable(found))


def _of_extent(
    known: Mapping[str, StudentRecord],
    roster: RosterImport,
    imported: Sequence[tuple[str, OptOut]],
    today: date,
    enrolled: int | None,
) -> Iterator[str]:
    active = sum(record.active for record in known.values()) if enrolled is None else enrolled
    leaving = len(_leaving(known, roster))
    if leaving * _SHARE > active:
        yield f"{leaving} of {active} students would leave, which is more than a tenth"
    missing = _missing(roster, imported, today)
    if missing * _SHARE > len(imported):
        yield (
            f"{missing} of {len(imported)} opt-outs that were imported before are not in it any more, which is more than "
            "a tenth"
        )


def _of_age(roster: RosterImport, last_whole: date | None) -> Iterator[str]:
    """Yield that changes are older than the last whole roster, which they would turn back."""
    if not roster.whole and roster.newest is not None and last_whole is not None and roster.newest < last_whole:
        yield (
            f"its newest change is of {roster.newest}, and a whole roster was imported on {last_whole}: it would put back "
            "what was so before"
        )


def _of_guardians(known: Mapping[str, StudentRecord], roster: RosterImport) -> Iterator[str]:
    """Yield that many guardians would lose their children's records at once: a role or a column may be missing."""
    pairs = [(known[each.id], each) for each in as_kept(known, roster) if each.id in known and known[each.id].active]
    before = sum(len(each.guardians) for each, _ in pairs)
    lost = sum(len({*each.guardians} - {*now.guardians}) for each, now in pairs)
    if lost > 1 and lost * _SHARE > before:
        yield f"{lost} of {before} guardians would not be linked any more, which is more than a tenth"


def _of_college(known: Mapping[str, StudentRecord], roster: RosterImport, enrolled: int | None) -> Iterator[str]:
    """Yield that many students would get the rights from their parents at once, or lose them: a column may be wrong."""
    pairs = [(known[each.id], each) for each in as_kept(known, roster) if each.id in known and known[each.id].active]
    changed = sum(before.postsecondary != now.postsecondary for before, now in pairs)
    active = sum(record.active for record in known.values()) if enrolled is None else enrolled
    if changed > 1 and changed * _SHARE > active:
        yield (
            f"{changed} of {active} students would be in college (`postsecondary`), or would not be any more, more than "
            "a tenth: who is holds the rights in the parents' place"
        )


def _of_numbers(known: Mapping[str, StudentRecord], roster: RosterImport) -> Iterator[str]:
    pairs = [(known[record.id], record) for record in roster.students if record.id in known]
    others = sum(_is_another(*pair) for pair in pairs)
    if others:
        yield f"{others} student number(s) have another name and another birth date than before: another person's"
    renamed = sum(_is_renamed(*pair) and not _is_another(*pair) for pair in pairs)
    if renamed:
        yield f"{renamed} student number(s) have another name than before: with --confirm it is another student's from now on"


def _of_answers_ids(known: Mapping[str, StudentRecord], roster: RosterImport) -> Iterator[str]:
    """Yield how many ids in the file of opt-outs were another student's: an old answer may be the other one's."""
    holders = {each.answers_id: each for each in known.values() if each.answers_id is not None}
    gone = {*_leaving(known, roster)}
    count = 0
    for record in roster.students:
        before = holders.get(record.answers_id) if record.answers_id is not None else None
        if before is not None and before.id != record.id:
            has_left = not before.active or before.id in gone
            count += not (has_left and _are_one(before, record))
    if count:
        yield (
            f"{count} student(s) have an id in the file of opt-outs that was another student's: with --confirm it is theirs "
            "from now on"
        )


def _are_one(before: StudentRecord, record: StudentRecord) -> bool:
    """Whether two numbers may be one student's: a name in common, and no other birth date."""
    return _may_be_of_one_age(before, record) and bool(
        {*map(normalise, before.names)} & {*map(normalise, record.names)}
    )


def numbers_of_others(known: Mapping[str, StudentRecord], roster: RosterImport) -> tuple[str, ...]:
    """Return the students whose number was another student's before, as far as no birth date says that they are the same."""
    pairs = [(known[record.id], record) for record in roster.students if record.id in known]
    return tuple(
        record.id
        for before, record in pairs
        if _is_another(before, record) or (None in (before.born, record.born) and _is_renamed(before, record))
    )


def returned(known: Mapping[str, StudentRecord], roster: RosterImport, today: date) -> list[tuple[str, str]]:
    """Return pairs of a new student and a former one whose family said no and who may be the same under an old number.

    A family said no by an opt-out that is open, or by a protection.

    They may be the same if they share a name (a former one counts), or nearly do (`_are_nearly_called`), and their birth dates
    do not differ; or if they share the birth date and also a guardian, a word of a name or a form of one; or the birth date
    alone, if one leaves and the other comes with the same import; by a file of changes, which names few, also a word of a name
    where no birth date says otherwise.
    """
    gone = {*_leaving(known, roster)}
    by_name: dict[str, list[StudentRecord]] = defaultdict(list)
    by_word: dict[str, list[StudentRecord]] = defaultdict(list)
    by_birth: dict[date, list[StudentRecord]] = defaultdict(list)
    for each in known.values():
        no = each.will_be_protected(today) or any(out.is_open(today) for out in each.opt_outs)
        if no and (not each.active or each.id in gone):
            for name in {*map(normalise, each.all_names)}:
                by_name[name].append(each)
            for word in _words(each):
                by_word[word].append(each)
            if each.born is not None:
                by_birth[each.born].append(each)
    found = []
    for record in roster.students:
        if record.active and record.id not in known:
            alike = [each for name in map(normalise, record.names) for each in by_name.get(name, ())]
            beside = (each for word in _words(record) for each in by_word.get(word, ()))
            alike += [each for each in beside if _are_nearly_called(record, each)]
            same = {each.id for each in alike if _may_be_of_one_age(each, record)}
            born = by_birth.get(record.born, ()) if record.born is not None else ()
            # Who leaves under one number and comes under another in the same import was born on the same day.
            same.update(each.id for each in born if each.id in gone or _share_something(record, each))
            if not roster.whole:
                leaving = (each for word in _words(record) for each in by_word.get(word, ()) if each.id in gone)
                same.update(each.id for each in leaving if None in (each.born, record.born))
            found += [(record.id, leaver) for leaver in sorted(same)]
    return found


def _words(record: StudentRecord) -> set[str]:
    """Return the words of a student's names, and the parts of double ones."""
    return {word for name in record.all_names for word in normalise(name).replace("-", " ").split()}


def _are_nearly_called(one: StudentRecord, other: StudentRecord) -> bool:
    """Whether two words of their names are alike, in any order: a short form, one letter wrong, an initial, half of a name."""
    ours, theirs = _words(one), _words(other)
    return sum(any(_is_form_of(word, each) or _is_initial_of(word, each) for each in ours) for word in theirs) > 1


def may_be_the_same(one: StudentRecord, other: StudentRecord) -> bool:
    """Whether two students may be one person: they are called nearly the same, and no birth date says otherwise."""
    return _may_be_of_one_age(one, other) and _are_nearly_called(one, other)


def _may_be_of_one_age(one: StudentRecord, other: StudentRecord) -> bool:
    return one.born is None or other.born in (None, one.born)


def _is_initial_of(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _share_something(one: StudentRecord, other: StudentRecord) -> bool:
    """Whether two students have a guardian or a word of a name in common, also as a short form of it."""
    if {*one.guardians} & {*other.guardians}:
        return True
    ours, theirs = _words(one), _words(other)
    return bool(ours & theirs) or any(_is_form_of(word, each) for word in ours for each in theirs)


def _of_leavers(known: Mapping[str, StudentRecord], roster: RosterImport, today: date) -> Iterator[str]:
    count = len({student for student, _ in returned(known, roster, today)})
    if count:
        yield (
            f"{count} new student(s) may be somebody who left and whose family said no, by a name or the birth date: the same "
            "under a new number? "
            "then import with --carry-opt-outs, which lets the opt-out hold for the new number, too"
        )


def _of_days(roster: RosterImport, today: date) -> Iterator[str]:
    """Yield how many opt-outs would begin on a day far ahead: until then they hold back nothing."""
    count = sum(out.since > today + SOON for record in roster.students for out in record.opt_outs)
    if count:
        yield f"{count} opt-out(s) begin more than a month from now, and hold back nothing until then: is the year right?"


def protections_ended(known: Mapping[str, StudentRecord], roster: RosterImport) -> int:
    """Return of how many students a roster ends the mark that a roster made; what was stated by hand, no roster ends."""
    return sum(
        known[each.id].marked is not None and each.marked is None for each in as_kept(known, roster) if each.id in known
    )


def _of_protection(known: Mapping[str, StudentRecord], roster: RosterImport) -> Iterator[str]:
    """Yield how many students it would no longer protect: the harm of a mistake could not be taken back."""
    if count := protections_ended(known, roster):
        yield f"{count} student(s) would not be protected any more: has the protection of each of them ended?"


def _leaving(known: Mapping[str, StudentRecord], roster: RosterImport) -> list[str]:
    listed = {record.id for record in roster.students if record.active}
    active = [each for each, record in known.items() if record.active and each not in listed]
    inactive = {record.id for record in roster.students if not record.active}
    return active if roster.whole else [each for each in active if each in roster.gone or each in inactive]


def _missing(roster: RosterImport, imported: Iterable[tuple[str, OptOut]], today: date) -> int:
    """Return how many imported opt-outs of its students a roster no longer has, or no longer for all their purposes."""
    if not roster.tells_opt_outs:
        return 0
    told = {record.id: [each for each in record.opt_outs if each.ended is None or each.ended > today]
            for record in roster.students}  # fmt: skip
    return sum(student in told and not _covers(told[student], opt_out) for student, opt_out in imported)


def _covers(told: Iterable[OptOut], opt_out: OptOut) -> bool:
    purposes: set[str] = set()
    for each in told:
        if each.purposes is None:
            return True
        purposes.update(each.purposes)
    return opt_out.purposes is not None and purposes.issuperset(opt_out.purposes)


def _is_another(before: StudentRecord, record: StudentRecord) -> bool:
    if before.born is None or record.born is None or before.born == record.born:
        return False
    return not {*map(normalise, before.names)} & {*map(normalise, record.names)}


def _is_renamed(before: StudentRecord, record: StudentRecord) -> bool:
    """Whether given and family name both differ from every name on file, or the given name and nothing says it is the same.

    The same two in another order do not differ, nor does a short form or one letter; the same birth date says that it is the
    same person with another given name.
    """
    if before.names == record.names:
        return False
    old, new = _ends(before), _ends(record)
    if not old or not new or {*map(frozenset, old)} & {*map(frozenset, new)}:
        return False
    given, new_given = {first for first, _ in old}, {first for first, _ in new}
    if given & new_given:
        return False
    if {family for _, family in old}.isdisjoint(family for _, family in new):
        return True
    is_same_age = before.born is not None and before.born == record.born
    return not is_same_age and not any(_is_form_of(one, other) for one in given for other in new_given)


def _is_form_of(one: str, other: str) -> bool:
    return other in called_otherwise(one) or OSA.distance(one, other) <= 1


def _ends(record: StudentRecord) -> set[tuple[str, str]]:
    """Return the first and the last word of each name, suffixes aside."""
    words = ([word for word in normalise(name).split() if word not in SUFFIXES] for name in record.names)
    return {(each[0], each[-1]) for each in words if each}


def _fields(before: StudentRecord, record: StudentRecord) -> tuple[str, ...]:
    pairs = {
        "names": (before.names, record.names),
        "birth date": (before.born, record.born),
        "grade": (before.grade, record.grade),
        "postsecondary": (before.postsecondary, record.postsecondary),
        "day of death": (before.died, record.died),
        "protection": (before.marked, record.marked),
        "id in the file of opt-outs": (before.answers_id, record.answers_id),
        "guardians": ((before.guardians, before.guardian_names), (record.guardians, record.guardian_names)),
    }
    differing = [name for name, (one, other) in pairs.items() if one != other]
    if with_former_names(before, record).former_names != before.former_names:
        differing.append("former names")
    kept = {(each.since, each.ended, frozenset(each.purposes or ())) for each in before.opt_outs}
    if any((each.since, each.ended, frozenset(each.purposes or ())) not in kept for each in record.opt_outs):
        differing.append("opt-outs")
    return tuple(differing)


def _name(record: StudentRecord) -> str:
    return record.names[0] if record.names else ""
