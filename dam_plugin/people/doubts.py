"""Compares an import of the roster with the students on file, before anything is written. Pure.

`changes` returns the change to each student. `doubts` returns probable mistakes, for a person to confirm. `may_have_said_no`
finds students who may be others on file, whose families said no. The import is in `custodian/choices.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Literal

from rapidfuzz.distance import OSA

from dam_plugin.model import OptOut, StudentRecord
from dam_plugin.people.roster import RosterImport, as_kept
from dam_plugin.store.people import searched_text, with_former_names
from dam_tagging.match_students import normalise
from dam_tagging.names.short_forms import called_otherwise
from dam_tagging.names.written_names import SUFFIXES

# How far ahead an opt-out may begin. A later day is taken for a mistyped year.
SOON = timedelta(days=31)
# One in so many: a person must confirm where more of the students or opt-outs would go.
_SHARE = 10
# More students than this who said no have no parent or birth date in common: it stands for one that nobody knows.
_CROWD = 50
# Given names of so many letters may differ in one and be two siblings': Ida and Ada.
_SHORT = 4
# How many pairs of students are named in one question.
_MOST_NAMED = 10


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
    roster's. `carried`: opt-outs are carried over to students who may be those who said no, so these raise no doubt.
    """
    noes = may_have_said_no(known, roster, today)
    found = (
        roster.doubts,
        _of_age(roster, last_whole),
        _of_extent(known, roster, imported, today, active),
        _of_guardians(known, roster),
        _of_college(known, roster, active),
        _of_numbers(known, roster, today),
        _of_answers_ids(known, roster),
        () if carried else _of_those_who_said_no(known, roster, noes),
        _of_second_rows(known, roster, noes),
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


def _active_before(
    known: Mapping[str, StudentRecord], roster: RosterImport
) -> list[tuple[StudentRecord, StudentRecord]]:
    """Return the active students whom a roster tells, each as on file and as they would be kept."""
    return [(known[each.id], each) for each in as_kept(known, roster) if each.id in known and known[each.id].active]


def _of_guardians(known: Mapping[str, StudentRecord], roster: RosterImport) -> Iterator[str]:
    """Yield that many guardians would lose their children's records at once: a role or a column may be missing."""
    pairs = _active_before(known, roster)
    before = sum(len(each.guardians) for each, _ in pairs)
    lost = sum(len({*each.guardians} - {*now.guardians}) for each, now in pairs)
    if lost > 1 and lost * _SHARE > before:
        yield f"{lost} of {before} guardians would not be linked any more, which is more than a tenth"


def _of_college(known: Mapping[str, StudentRecord], roster: RosterImport, enrolled: int | None) -> Iterator[str]:
    """Yield that many students would get the rights from their parents at once, or lose them: a column may be wrong."""
    pairs = _active_before(known, roster)
    changed = sum(before.postsecondary != now.postsecondary for before, now in pairs)
    active = sum(record.active for record in known.values()) if enrolled is None else enrolled
    if changed > 1 and changed * _SHARE > active:
        yield (
            f"{changed} of {active} students would be in college (`postsecondary`), or would not be any more, more than "
            "a tenth: who is holds the rights in the parents' place"
        )


def _of_numbers(known: Mapping[str, StudentRecord], roster: RosterImport, today: date) -> Iterator[str]:
    pairs = [(known[record.id], record) for record in roster.students if record.id in known]
    others = [before for before, record in pairs if _is_another(before, record)]
    if others:
        yield (
            f"{len(others)} student number(s) have another name and another birth date than before: another person's"
            f"{_whose_no_stays(others, today)}"
        )
    renamed = [before for before, record in pairs if _is_renamed(before, record) and not _is_another(before, record)]
    if renamed:
        yield (
            f"{len(renamed)} student number(s) have another name than before: with --confirm it is another student's from now "
            f"on{_whose_no_stays(renamed, today)}"
        )


def _whose_no_stays(others: Iterable[StudentRecord], today: date) -> str:
    """Return under which of the numbers that change hands a family's no is on file, and how it is moved."""
    noes = sorted(each.id for each in others if said_no(each, today))
    if not noes:
        return " (none of them is opted out, protected or has a court order)"
    return (
        f" ({len(noes)} of them opted out, protected or with a court order: {listed(noes)}. The no stays with the number, "
        "whoever has it now. Where that student has another number in this file, --carry-opt-outs lets it hold for that one, "
        "too; the custodian then ends it under the old one with `dam-plugin student opt-in`, or `student unprotect`. Otherwise "
        "enter it for the student with `dam-plugin student opt-out`, or `student protect`)"
    )


def listed(items: Sequence[str]) -> str:
    """Return the first items of a list for a sentence, and how many more there are."""
    more = f" and {len(items) - _MOST_NAMED} more" if len(items) > _MOST_NAMED else ""
    return f"{', '.join(items[:_MOST_NAMED])}{more}"


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


def may_have_said_no(
    known: Mapping[str, StudentRecord], roster: RosterImport, today: date
) -> list[tuple[StudentRecord, StudentRecord]]:
    """Return pairs of a student who is new in a roster, or is told otherwise in it, and of one who may be the same.

    The family of the latter said no: by an opt-out that is open, or by a protection. Who left is `_returned`, or was; who
    is still on the roster was `_entered_again`.
    """
    told = {each.id: each for each in as_kept(known, roster)}
    pairs = sorted({*_returned(known, roster, today), *_entered_again(known, told.values(), today)})
    return [(told[student], known.get(other) or told[other]) for student, other in pairs]


def said_no(record: StudentRecord, today: date) -> bool:
    """Whether an opt-out of a student is open, or a protection, or a court order limits somebody's rights."""
    outs = any(each.is_open(today) for each in record.opt_outs)
    return outs or record.will_be_protected(today) or bool(record.limits_from(today))


def _entered_again(
    known: Mapping[str, StudentRecord], told: Collection[StudentRecord], today: date
) -> Iterator[tuple[str, str]]:
    """Yield pairs of a student whom a roster adds, or tells otherwise, and one who said no and who may be the same child.

    `told` are the students of the roster as they would be kept. They may be the same as `_may_be_one_child` says. A
    pair that was so alike on file before was asked about then.
    """
    new = (each for each in told if each.id not in known)
    noes = {each.id: each for each in (*known.values(), *new) if said_no(each, today)}
    index = _Index(noes.values())
    for record in told:
        before = known.get(record.id)
        if not record.active or not _is_new_or_told_otherwise(before, record):
            continue
        alike = index.alike(record) - {record.id}
        if alike and before is not None and before.active and not _is_renamed(before, record):
            # Twins whose names change places are asked about again.
            named_anew = _ends(record) - _ends(before)
            alike -= {each for each in index.alike(before) if named_anew.isdisjoint(_ends(noes[each]))}
        yield from ((record.id, each) for each in alike if not _says_as_much(record, before, noes[each], today))


@dataclass(frozen=True, slots=True)
class _Traits:
    """By what a child is known again. `ends` are the first and the last word of each name; `parents` are names of guardians."""

    id: str
    born: date | None
    guardians: frozenset[str]
    parents: frozenset[str]
    words: frozenset[str]
    ends: frozenset[tuple[str, str]]

    @property
    def keys(self) -> Iterator[tuple[str, object]]:
        """What another record of the same child has in common with it, at least in part."""
        yield from (("guardian", each) for each in self.guardians)
        yield from (("parent", each) for each in self.parents)
        if self.born is not None:
            yield "born", self.born


def _traits(record: StudentRecord) -> _Traits:
    parents = (normalise(name) for _, name in record.named_guardians if len(name.split()) > 1)
    return _Traits(
        record.id,
        record.born,
        frozenset(record.ever_guardians),
        frozenset(parents),
        frozenset(_words(record)),
        frozenset(_ends(record)),
    )


class _Index:
    """Students by guardian and by birth date, so that nobody is compared with all of them.

    What more than `_CROWD` of them have in common says nothing of anybody, unless the whole name is the same, too.
    """

    def __init__(self, records: Iterable[StudentRecord]) -> None:
        self._by_key: dict[tuple[str, object], list[_Traits]] = defaultdict(list)
        for each in map(_traits, records):
            for key in each.keys:
                self._by_key[key].append(each)
        self._crowds: dict[tuple[str, object], dict[tuple[str, str], set[str]]] = {}
        for key in [key for key, found in self._by_key.items() if len(found) > _CROWD]:
            by_name = self._crowds[key] = defaultdict(set)
            for each in self._by_key.pop(key):
                for ends in each.ends:
                    by_name[ends].add(each.id)

    def alike(self, record: StudentRecord) -> set[str]:
        """Return those who may be the same child as a student, and the student, if among them."""
        ours, found = _traits(record), set[str]()
        for key in ours.keys:
            if by_name := self._crowds.get(key):
                found.update(*(by_name.get(ends, ()) for ends in ours.ends))
            found.update(each.id for each in self._by_key.get(key, ()) if _may_be_one_child(key[0], ours, each))
        return found


def _may_be_one_child(shared: str, one: _Traits, other: _Traits) -> bool:
    """Whether two who share a guardian, the name of a parent or a birth date may be one child: siblings are not, twins are.

    With a guardian: by the birth date, or nearly so within a year, or the given name. With the name of a parent: by the
    birth date, or the given name and another word. With the birth date: if they are called nearly the same.
    """
    if shared == "born":
        return _are_called_alike(one, other)
    if one.born is not None and one.born == other.born:
        return True
    if shared == "guardian":
        return _is_mistyped(one.born, other.born) or _have_one_given_name(one, other)
    return _have_one_given_name(one, other) and _have_two_words(one.words, other.words)


def _is_mistyped(one: date | None, other: date | None) -> bool:
    """Whether two birth dates of a year differ in a digit, or in the order of two, or have day and month the other way round.

    Siblings may be born on one day of two years, and nearly never in the same one.
    """
    if one is None or other is None or one.year != other.year:
        return False
    return (one.month, one.day) == (other.day, other.month) or OSA.distance(f"{one:%m%d}", f"{other:%m%d}") <= 1


def _have_one_given_name(one: _Traits, other: _Traits) -> bool:
    """Whether two students of one family have the same given name, its short form, or a long one with a letter wrong."""
    return any(
        mine == each
        or each in called_otherwise(mine)
        or (min(len(mine), len(each)) > _SHORT and _is_form_of(mine, each))
        for mine, _ in one.ends
        for each, _ in other.ends
    )


def _are_called_alike(one: _Traits, other: _Traits) -> bool:
    """Whether two students are called nearly the same, in any order, and not by a double family name alone."""
    return any(
        _is_form_of(mine, each) or _is_initial_of(mine, each)
        for mine, _ in one.ends
        for ends in other.ends
        for each in ends
    ) and _have_two_words(one.words, other.words)


def is_told_otherwise(known: Mapping[str, StudentRecord], roster: RosterImport) -> bool:
    """Whether anybody comes by a roster, or comes back, or has another name, birth date or guardian in it."""
    return any(_is_new_or_told_otherwise(known.get(each.id), each) for each in as_kept(known, roster))


def _is_new_or_told_otherwise(before: StudentRecord | None, record: StudentRecord) -> bool:
    if before is None or not before.active:
        return True
    pairs = ((each.names, each.guardians, each.guardian_names) for each in (before, record))
    return record.born not in (None, before.born) or next(pairs) != next(pairs)


def _says_as_much(record: StudentRecord, before: StudentRecord | None, other: StudentRecord, today: date) -> bool:
    """Whether the no of a student's own family covers that of another: then nothing would be shown that this one forbids."""
    on_file = () if before is None else before.opt_outs
    ours = [each for each in (*record.opt_outs, *on_file) if each.is_open(today)]
    protects = record.marked is not None or (before is not None and before.will_be_protected(today))
    if other.will_be_protected(today) and not protects:
        return False
    stated = () if before is None else before.limits_from(today)
    if not {each.guardian for each in other.limits_from(today)} <= {each.guardian for each in stated}:
        return False
    return all(_covers(ours, each) for each in other.opt_outs if each.is_open(today))


def _returned(known: Mapping[str, StudentRecord], roster: RosterImport, today: date) -> list[tuple[str, str]]:
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
        if said_no(each, today) and (not each.active or each.id in gone):
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
    return _have_two_words(_words(one), _words(other))


def _have_two_words(ours: Collection[str], theirs: Collection[str]) -> bool:
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


def _of_those_who_said_no(
    known: Mapping[str, StudentRecord], roster: RosterImport, noes: Iterable[tuple[StudentRecord, StudentRecord]]
) -> Iterator[str]:
    gone = {*_leaving(known, roster)}
    left: list[tuple[str, str]] = []
    stay: list[tuple[str, str]] = []
    for record, other in noes:
        (left if not other.active or other.id in gone else stay).append((record.id, other.id))
    if left:
        yield (
            f"{len({student for student, _ in left})} new student(s) may be somebody who left and whose family said no, or who "
            f"has a court order, by a name, the birth date or a guardian ({named_pairs(left)}): the same under a new number? "
            f"then import with --same {left[0][0]}={left[0][1]}, so that everything goes on, or with --carry-opt-outs, which "
            "lets the no, and the order, hold for the new number, too"
        )
    if stay:
        yield (
            f"{len({student for student, _ in stay})} student(s) may be somebody on the roster who is opted out, protected or "
            f"has a court order, by a guardian, the birth date or a name ({named_pairs(stay)}): the same child in a second "
            "row? then correct the file, or import with --carry-opt-outs, which lets the no, and the order, hold for both; "
            "twins, or another child? then --confirm, and nobody is asked about them again"
        )


def _second_rows(known: Mapping[str, StudentRecord], roster: RosterImport) -> list[tuple[str, str]]:
    """Return pairs of a student who is new in a roster, or is told otherwise, and one with the very name and birth date.

    Both are enrolled once it is imported. A pair that was so alike on file before was asked about then.
    """
    told = {each.id: each for each in as_kept(known, roster)}
    new = {each.id for each in told.values() if is_called_anew(known.get(each.id), each)}
    if not new:
        return []
    days = {told[each].born for each in new}
    gone = {*_leaving(known, roster)}
    stay = (each for each in known.values() if each.id not in told and each.id not in gone)
    called: dict[tuple[date | None, str], list[str]] = defaultdict(list)
    for each in (*told.values(), *stay):
        if each.active and each.born in days:
            called[name_and_day(each)].append(each.id)
    pairs = {
        (min(each, other), max(each, other)) if other in new else (each, other)
        for alike in called.values()
        for each in alike
        for other in alike
        if each in new and each != other
    }
    return sorted(pairs)


def is_called_anew(before: StudentRecord | None, record: StudentRecord) -> bool:
    """Whether a student of whom the birth date is known comes, comes back, or has another name or birth date than before."""
    if not record.active or record.born is None:
        return False
    return before is None or not before.active or name_and_day(before) != name_and_day(record)


def name_and_day(record: StudentRecord) -> tuple[date | None, str]:
    """Return what two rows of one child have in common: the birth date, and the names as they are searched."""
    return record.born, searched_text(record.names)


def _of_second_rows(
    known: Mapping[str, StudentRecord], roster: RosterImport, noes: Iterable[tuple[StudentRecord, StudentRecord]]
) -> Iterator[str]:
    """Yield who is in two rows by name and birth date; of those whose family said no the import asks anyway."""
    asked = {frozenset((one.id, other.id)) for one, other in noes}
    pairs = [each for each in _second_rows(known, roster) if frozenset(each) not in asked]
    if pairs:
        yield (
            f"{len({student for student, _ in pairs})} student(s) have the very name and birth date of another row "
            f"({named_pairs(pairs)}): one child in two rows? then correct the roster, so that recordings, a family's choices "
            "and requests are of one student; two children? then --confirm, and nobody is asked about them again"
        )


def named_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Return for a sentence which student may be which other one."""
    return listed([f"{student} may be {other}" for student, other in pairs])


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
        "number": (before.roster_id, record.roster_id),
        "names": (before.names, record.names),
        "birth date": (before.born, record.born),
        "grade": (before.grade, record.grade),
        "postsecondary": (before.postsecondary, record.postsecondary),
        "day of death": (before.died, record.died),
        "protection": (before.marked, record.marked),
        "id in the file of opt-outs": (before.answers_id, record.answers_id),
        "guardians": (_guardians(before), _guardians(record)),
    }
    differing = [name for name, (one, other) in pairs.items() if one != other]
    if with_former_names(before, record).former_names != before.former_names:
        differing.append("former names")
    kept = {(each.since, each.ended, frozenset(each.purposes or ())) for each in before.opt_outs}
    if any((each.since, each.ended, frozenset(each.purposes or ())) not in kept for each in record.opt_outs):
        differing.append("opt-outs")
    return tuple(differing)


def _guardians(record: StudentRecord) -> list[tuple[str, str]]:
    names = dict(record.guardian_names)
    return [(each, names.get(each, "")) for each in record.guardians]


def _name(record: StudentRecord) -> str:
    return record.names[0] if record.names else ""
