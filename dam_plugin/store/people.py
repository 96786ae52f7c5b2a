"""The roster in the store: students with opt-outs (kept for ever), consents, guardianships and protections by hand; portraits.

`People` is the repository. A roster is written in bulk: a few statements for any number of students. Reading a roster
from a file, and the questions that an import asks a person, are in `dam_plugin/people/`.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import Session, aliased

from dam_plugin.errors import NO_SUCH_STUDENT, InputError, SettingsError, UnknownThing
from dam_plugin.model import (
    LIMITS,
    LONG_AGO,
    OF_GUARDIANS,
    Actor,
    Consent,
    Guardianship,
    GuardianshipKind,
    LettingGo,
    OptOut,
    Protection,
    ProtectionKind,
    StaffRecord,
    StudentRecord,
)
from dam_plugin.pseudonyms import near_ids
from dam_plugin.store.batches import batched
from dam_plugin.store.roster_names import index_names, named_by, names_of, with_family, with_runs
from dam_plugin.store.rule_changes import SystemUser
from dam_plugin.store.seals import CONSENTS, STUDENTS, Seals
from dam_plugin.store.sql import OF, chunks, insert_missing, rows_of, upsert_all
from dam_plugin.store.tables import (
    ChoiceSourceRow,
    ConsentRow,
    FormerGuardianRow,
    FormerNumberRow,
    GuardianshipRow,
    OptOutRow,
    OtherNumberRow,
    PortraitRow,
    ProtectionRow,
    RosterChangeRow,
    RosterGuardianRow,
    RosterImportRow,
    StaffRow,
    StudentRow,
)
from dam_tagging.names.written_names import folded_anew

# The source of an opt-out that came by an import.
ROSTER = "roster"
# How the pseudonym of a guardian begins, in lower case.
GUARDIAN_BEGINS = "g-"
# The kind of an import that tells whose portrait an image is, and nothing of families' choices.
INDEX = "index"
_BATCH = 500
Word = Callable[[str], str | None]
# An opt-out is recognised from one import to the next by its beginning and its purposes.
_What = tuple[date, frozenset[str] | None]
_Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class KeptConsent:
    """One consent on file: its student, and when it was kept, which gives its place among others.

    `confirmed_on`: the day on which the family said, after a later opt-out, that it stands; `confirmed_at`: when that was
    entered. `after_opt_out`: the digest of what shows that it was signed after the opt-outs of its day that were on file then.
    """

    student: str
    at: datetime
    id: str
    consent: Consent
    confirmed_on: date | None = None
    confirmed_at: datetime | None = None
    after_opt_out: str | None = None

    def order(self) -> tuple[datetime, str]:
        """Return the sort key of a consent."""
        return self.at, self.id

    def is_shown_after(self, out: KeptOptOut) -> bool:
        """Whether it is stated what shows that this was signed after an opt-out of its day, which was on file by then."""
        return self.after_opt_out is not None and out.at < self.at


@dataclass(frozen=True, slots=True)
class KeptOptOut:
    """One opt-out on file: who stated it (None: not known), when it was kept, and the number of its row."""

    opt_out: OptOut
    stated_by: str | None
    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class RosterChange:
    """The effect of an import in counts: students by what happened to them, and opt-outs and consents added or changed.

    `ended` counts the opt-outs that ended because the import tells all of a student's opt-outs and no longer has these;
    `stay`, those that it does not have and that stay, since nothing says that its answer is the newer one.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left: int = 0
    opt_outs: int = 0
    consents: int = 0
    ended: int = 0
    portraits: int = 0
    staff: int = 0
    stay: int = 0


@dataclass(frozen=True, slots=True)
class Extent:
    """The extent of an import: whether it has all students, who has left, and whose opt-outs it has in full.

    An opt-out that it no longer has ends where the family answered after it (`answered`: the days that are known), and
    where no day is known and a person confirmed the import (`ends_all`). `others` are students under a number that was
    another student's: they are new to the district. `called` turns a purpose on file into the district's word for it, which
    the import uses.
    """

    whole: bool = True
    gone: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()
    called: Callable[[str], str] = str
    answered: Mapping[str, date] = field(default_factory=dict)
    ends_all: bool = True
    others: frozenset[str] = frozenset()


WHOLE = Extent()


ChoiceSourceKind = Literal["roster", "mapping", "plugin", "none", "later"]


@dataclass(frozen=True, slots=True)
class ChoiceSource:
    """Where a district's opt-outs come from, when that was said, and by whom.

    `roster`: a file of the roster's own; `mapping`: a file that a mapping explains; `plugin`: a plugin's roster. `none`: the
    roster has none, and families' answers are entered by hand; `later`: they are still to come; the custodian states both,
    and `why`. `reads` is the mapping's part about opt-outs, as plain data.
    """

    kind: ChoiceSourceKind
    at: datetime
    said_by: Actor
    file: str | None = None
    mapping: str | None = None
    mapping_sha256: str | None = None
    reads: dict[str, Any] | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class RosterState:
    """When a roster was last imported (None: never), and what was last said of where opt-outs come from (None: nothing)."""

    last_import: datetime | None
    choices: ChoiceSourceKind | None

    @property
    def knows_choices(self) -> bool:
        """Whether families' answers are where this system looks for them."""
        return self.choices is not None and self.choices != "later"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the roster, see `RosterChangeRow`."""

    seq: int
    student: str | None
    names: bool


@dataclass(frozen=True, slots=True)
class Portrait:
    """One line of an index: the volume, the image within it (`folder/file`), and the student's pseudonym.

    The other fields are as the index writes them, empty if it says nothing; `teacher` is a name. The store keeps
    volume and image in lower case.
    """

    volume: str
    image: str
    student: str
    home_room: str = ""
    period: str = ""
    teacher: str = ""
    track: str = ""
    department: str = ""
    title: str = ""


class People:
    """The repository of students, opt-outs and consents, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows that are in force."""
        self._session = session
        self._seals = seals

    def upsert_roster(
        self,
        records: Sequence[StudentRecord],
        at: datetime,
        extent: Extent = WHOLE,
        known: Mapping[str, StudentRecord] | None = None,
    ) -> RosterChange:
        """Make these records, with their opt-outs, the roster. A student who is not among them becomes inactive.

        If the extent is not the whole roster, only students that it lists as gone become inactive. An opt-out that is not
        in the import stays as it is, unless the extent says that the import has all opt-outs of its student. An opt-out
        that a person ended stays ended until the import says something new about it. `known` are the students on file as
        this transaction has read them; where the extent is not the whole roster, those that the import may be about are
        enough. Raises SettingsError if the pseudonyms were made with another key.
        """
        on_file = self.students() if known is None else known.values()
        first = self.last_whole_import() is None
        return import_students(self._session, self._seals, on_file, records, at, extent, first=first)

    def add_import(
        self,
        kind: str,
        source: str,
        at: datetime,
        *,
        whole: bool,
        students: int,
        tells_opt_outs: bool = False,
        what: str = "",
    ) -> None:
        """Record the import of a roster: when, from where, what it was, and how much it told."""
        told = {"whole": whole, "tells_opt_outs": tells_opt_outs, "students": students, "format": what}
        self._session.execute(insert(RosterImportRow).values(kind=kind, source=source, at=at, **told))

    def last_import(self) -> tuple[datetime, str] | None:
        """Return when a roster was last imported and from where.

        Only an import that was whole or told of opt-outs counts. A few changed rows, or an index of portraits, do not
        make the rest of the roster any newer.
        """
        row = self._session.connection().execute(_LAST_IMPORT).first()
        return None if row is None else (row.at, row.source)

    def last_whole_import(self) -> datetime | None:
        """Return when a roster that told of all students was last imported."""
        query = select(func.max(RosterImportRow.at)).where(RosterImportRow.whole, RosterImportRow.kind != INDEX)
        return self._session.execute(query).scalar()

    def roster_state(self) -> RosterState:
        """Return when a roster was last imported, as `last_import` counts it, and what was last said of opt-outs."""
        row = self._session.connection().execute(_ROSTER_STATE).one()
        return RosterState(row.at, row.kind)

    def add_choice_source(self, source: ChoiceSource) -> None:
        """Keep where opt-outs come from; what was said before stays on file."""
        told = {each.name: getattr(source, each.name) for each in fields(source)}
        self._session.execute(insert(ChoiceSourceRow).values(**told))

    def choice_source(self, kind: ChoiceSourceKind | None = None) -> ChoiceSource | None:
        """Return what was last said of where opt-outs come from, or what was last said of this kind."""
        query = select(ChoiceSourceRow).order_by(ChoiceSourceRow.id.desc()).limit(1)
        row = self._session.scalars(query if kind is None else query.where(ChoiceSourceRow.kind == kind)).first()
        return (
            None
            if row is None
            else ChoiceSource(**{each.name: getattr(row, each.name) for each in fields(ChoiceSource)})
        )

    def set_staff(
        self, records: Sequence[StaffRecord], source: str, at: datetime, *, whole: bool, gone: Collection[str] = ()
    ) -> int:
        """Keep the members of staff that a kind of import knows; return how many are new or changed, or have left.

        Where it knows all of them (`whole`), those of the same kind whom it does not name have left.
        """
        return keep_staff(self._session, records, source, at, whole=whole, gone=gone)

    def staff(self, active_only: bool = False) -> list[StaffRecord]:
        """Return the members of staff by name, also those who left, unless `active_only`."""
        query = select(StaffRow)
        found = self._session.scalars(query.where(StaffRow.active) if active_only else query)
        return sorted(map(_staff_record, found), key=lambda each: (each.names, each.id))

    def staff_of(self, ids: Collection[str]) -> list[StaffRecord]:
        """Return the members of staff with these ids, also those who left."""
        found = self._session.scalars(select(StaffRow).where(StaffRow.id.in_(ids))) if ids else ()
        return sorted(map(_staff_record, found), key=lambda each: each.id)

    def staff_names(self) -> tuple[str, ...]:
        """Return every name of a member of staff, also of those who left."""
        return tuple(sorted({name for each in self.staff() for name in each.names}))

    def set_portraits(self, portraits: Sequence[Portrait]) -> int:
        """Keep the student of each portrait, in place of an earlier one; return how many are new or changed."""
        return keep_portraits(self._session, portraits)

    def pictured_in(self, key: str) -> str | None:
        """Return the student whose portrait has this key, by an index; None if no index has it or several disagree."""
        portrait = portrait_at(self._session, key)
        return portrait.student if portrait else None

    def portrait_at(self, key: str) -> Portrait | None:
        """Return the line of an index for the portrait with an object's key; None in the same cases as `pictured_in`."""
        return portrait_at(self._session, key)

    def open_imported_opt_outs(self, on: date) -> list[tuple[str, OptOut]]:
        """Return the imported opt-outs that are in force on a day or later, each with its student."""
        query = select(OptOutRow).where(
            OptOutRow.source == ROSTER, or_(OptOutRow.ended.is_(None), OptOutRow.ended > on)
        )
        rows = self._session.scalars(query.order_by(OptOutRow.id), execution_options={"populate_existing": True})
        return [(row.student_id, opt_out_of(row)) for row in rows]

    def students(self, active_only: bool = False) -> list[StudentRecord]:
        """Return the students by roster id, with their opt-outs; also those who left, unless `active_only`."""
        query = select(*_RECORD).order_by(StudentRow.roster_id)
        return self._records(query.where(StudentRow.active) if active_only else query)

    def stream(self) -> Iterator[StudentRecord]:
        """Yield every student by pseudonym, with their opt-outs, also those who left; a batch in memory at a time."""
        behind = ""
        while rows := list(self._session.connection().execute(_STUDENTS_BEHIND, {"behind": behind})):
            beside = self._beside([row.id for row in rows])
            yield from (_record(row, beside) for row in rows)
            behind = rows[-1].id

    def on_file(self) -> OnFile:
        """Return every student by pseudonym, to be read only where somebody asks, as long as the transaction lasts."""
        return OnFile(self)

    def active_count(self) -> int:
        """Return how many students are enrolled."""
        return self._session.scalar(select(func.count()).select_from(StudentRow).where(StudentRow.active)) or 0

    def with_roster_ids(self, roster_ids: Iterable[str]) -> list[str]:
        """Return the pseudonyms of the students who have these ids on the roster."""
        return [row.id for row in rows_of(self._session, _WITH_ROSTER_IDS, roster_ids)]

    def with_guardians(self, guardians: Iterable[str]) -> list[str]:
        """Return the pseudonyms of the students of whom the roster says that they have one of these guardians."""
        return [row.student_id for row in rows_of(self._session, _WITH_GUARDIANS, guardians)]

    def ids_by_number(self) -> dict[str, str]:
        """Return the pseudonym on file of everybody whose number has another one of its own, by that one."""
        return {row.number_id: row.person_id for row in self._session.connection().execute(_IDS_BY_NUMBER)}

    def keep_ids(self, ids: Mapping[str, str], former: Mapping[str, str], at: datetime) -> None:
        """Keep who has a number with another pseudonym of its own, and the number that students had before (`former`)."""
        rows = [{"number_id": number, "person_id": person, "at": at} for number, person in ids.items()]
        upsert_all(self._session, OtherNumberRow, rows, by=("number_id",))
        insert_missing(
            self._session, FormerNumberRow, [{"student_id": each, "number": number} for each, number in former.items()]
        )

    def namesakes_of(self, student_id: str) -> list[str]:
        """Return the pseudonyms of the other students who have the very names and the birth date of one."""
        return self.namesakes([student_id]).get(student_id, [])

    def namesakes(self, students: Iterable[str]) -> dict[str, list[str]]:
        """Return `namesakes_of` each of these students who has any: by the names of today, whatever they were called before."""
        one, found = aliased(StudentRow), defaultdict[str, list[str]](list)
        query = (
            select(one.id, one.names, StudentRow.id, StudentRow.names)
            .join(one, and_(StudentRow.born == one.born, StudentRow.id != one.id))
            .order_by(StudentRow.id)
        )
        for chunk in chunks(students):
            for student, names, other, theirs in self._session.execute(query.where(one.id.in_(chunk))):
                if searched_text(names) == searched_text(theirs):
                    found[student].append(other)
        return dict(found)

    def enrolled_and_called(self, wanted: Collection[tuple[date | None, str]]) -> list[str]:
        """Return the pseudonyms of the students who are enrolled, of one of these birth dates and `searched_text` of names."""
        query = select(StudentRow.id, StudentRow.born, StudentRow.folded).where(StudentRow.active)
        called: dict[date | None, set[str]] = defaultdict(set)
        for born, text in wanted:
            called[born].add(text)
        return [
            student
            for chunk in chunks(called)
            for student, born, folded_names in self._session.execute(query.where(StudentRow.born.in_(chunk)))
            # Former names stand behind those of today.
            if any(f"{folded_names}\n".startswith(f"{each}\n") for each in called[born])
        ]

    def guardians_by_hand(self) -> set[str]:
        """Return the ids of everybody who was ever stated by hand to be a guardian of a student, also by a court."""
        stated = select(GuardianshipRow.guardian).where(GuardianshipRow.what.in_(OF_GUARDIANS))
        return set(self._session.connection().execute(stated.distinct()).scalars())

    def born_between(self, first: date, last: date) -> set[str]:
        """Return the pseudonyms of the students who were born on one of these days, or between them."""
        return set(self._session.scalars(select(StudentRow.id).where(StudentRow.born.between(first, last))))

    def left_and_born_on(self, days: Collection[date]) -> list[str]:
        """Return the pseudonyms of the students who left, and were born on one of these days."""
        query = select(StudentRow.id).where(StudentRow.active.is_(False), StudentRow.born.in_(days))
        return list(self._session.scalars(query)) if days else []

    def answers_ids(self) -> dict[str, str]:
        """Return the `answers_id` of each student who has one, by pseudonym."""
        return {row.id: row.answers_id for row in self._session.connection().execute(_ANSWERS_IDS)}

    def with_a_no(self) -> list[str]:
        """Return the pseudonyms of the students of whom an opt-out, a protection or a court order, past or not, is on file."""
        return list(self._session.connection().execute(_WITH_A_NO).scalars())

    def students_of(self, ids: Iterable[str]) -> dict[str, StudentRecord]:
        """Return those of the students who are known, by pseudonym."""
        wanted = list(ids)
        beside = self._beside(wanted)
        rows = rows_of(self._session, _STUDENTS_OF, wanted)
        return {row.id: _record(row, beside) for row in rows}

    def student(self, student_id: str) -> StudentRecord | None:
        """Return one student by pseudonym."""
        return next(iter(self._records(select(*_RECORD).where(StudentRow.id == student_id))), None)

    def need(self, student_id: str) -> StudentRecord:
        """Return one student by its pseudonym. Raises UnknownThing."""
        record = self.student(student_id)
        if record is None:
            raise UnknownThing(NO_SUCH_STUDENT)
        return record

    def is_family(self, person: str) -> bool:
        """Whether somebody is known by this id: a student or a guardian, also of a student who left, or stated by hand."""
        return any(
            person in (record.id, *record.guardians)
            or any(
                (each.guardian, each.ended) == (person, None) and each.what in ("guardian", "self")
                for each in record.guardianships
            )
            for record in self.related_to(person)
        )

    def alike(self, person: str) -> tuple[str, ...]:
        """Return the ids on file of guardians and students that differ in one character from an id by which nobody is known.

        Two ids that the plugin made are never so alike by chance: such an id was mistyped.
        """
        near = near_ids(person)
        if not near or self.is_family(person):
            return ()
        known = self.with_family(each.casefold() for each in near)
        ids = {each for record in known for each in (*record.guardians, *(name for name, _ in record.named_guardians))}
        students = self.students_of(near)
        return tuple(sorted({*(ids & near), *students}))

    def family_of(self, person: str, day: date) -> list[StudentRecord]:
        """Return the students whose record is the person's to inspect on a day, by pseudonym.

        They are this person, or the person holds a parent's rights, or represents somebody who does. A student whose guardian
        a court order limits is left out (see `StudentRecord.guardians_on`).
        """
        return [record for record in self.related_to(person) if person in record.inspectors_on(day)]

    def index_people(self, students: Collection[str] | None = None) -> None:
        """Write down again whose guardian each person is on the roster, and what names whom; of these students, or of all."""
        index_people(self._session, students)

    def named_by(self, words: Iterable[str], wholes: Iterable[str], but: str) -> list[StudentRecord]:
        """Return students who decide whether a text names anybody `but` one, see `roster_names.named_by`."""
        return [*self.students_of(named_by(self._session, words, wholes, but)).values()]

    def with_runs(self, begun: Iterable[str], but: str) -> list[StudentRecord]:
        """Return students, `but` one, of each name in a script without spaces that begins with these signs."""
        return [*self.students_of(with_runs(self._session, begun, but)).values()]

    def with_family(self, ids: Iterable[str]) -> list[StudentRecord]:
        """Return the students whose family has one of these ids, in small letters."""
        return [*self.students_of(with_family(self._session, ids)).values()]

    def last_change(self) -> int:
        """Return the number of the newest change of the roster, 0 without one."""
        return self._session.scalar(select(func.max(RosterChangeRow.seq))) or 0

    def changes_after(self, seq: int, limit: int) -> list[Change]:
        """Return the changes of the roster after this number, oldest first, at most so many."""
        row = RosterChangeRow
        query = select(row.seq, row.student_id, row.names).where(row.seq > seq).order_by(row.seq).limit(limit)
        return [Change(*each) for each in self._session.execute(query)]

    def changed_since(self, seq: int) -> list[str]:
        """Return the students who changed after this number, each once."""
        query = select(RosterChangeRow.student_id).where(
            RosterChangeRow.seq > seq, RosterChangeRow.student_id.is_not(None)
        )
        return [each for each in self._session.scalars(query.distinct()) if each is not None]

    def note_change(self) -> None:
        """Note that any student and any name may have changed."""
        note_change(self._session, None, names=True)

    def _announce(self, student: str, *, names: bool = False) -> None:
        """Announce that a student's row, or what is kept beside it, is about to be written."""
        self._seals.before(STUDENTS, [student])
        note_change(self._session, student, names=names)

    def persons(self) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """Yield of each student the pseudonym, every name, and every number, now's first; a batch in memory at a time."""
        former: dict[str, list[str]] = defaultdict(list)
        for row in self._session.connection().execute(_FORMER_NUMBERS):
            former[row.student_id].append(row.number)
        behind = ""
        while rows := list(self._session.connection().execute(_PERSONS_BEHIND, {"behind": behind})):
            yield from (
                (row.id, (*row.names, *row.former_names), (row.roster_id, *former.get(row.id, ()))) for row in rows
            )
            behind = rows[-1].id

    def mark_protected(self, student: str, kind: ProtectionKind, at: datetime) -> None:
        """Mark a student as a roster's column does. Raises UnknownThing."""
        values = student_values(replace(self.need(student), marked=kind, marked_since=at.date()), at)
        self._announce(student)
        self._session.execute(update(StudentRow).where(StudentRow.id == student).values(**values))

    def set_notice(
        self, student: str, at: datetime, *, answered_on: date | None = None, notified_on: date | None = None
    ) -> None:
        """Keep when a family answered the notice, or was given it; None: as on file. Raises UnknownThing."""
        before = self.need(student)
        days = {"answered_on": answered_on or before.answered_on, "notified_on": notified_on or before.notified_on}
        values = student_values(before, at) | days
        self._announce(student)
        self._session.execute(update(StudentRow).where(StudentRow.id == student).values(**values))

    def take_back_answer(self, student: str, at: datetime) -> None:
        """Keep that a family has not answered the notice after all. Raises UnknownThing."""
        values = student_values(self.need(student), at) | {"answered_on": None}
        self._announce(student)
        self._session.execute(update(StudentRow).where(StudentRow.id == student).values(**values))

    def add_protection(self, stated: Protection, at: datetime) -> str:
        """Keep what a custodian stated of a protected student, the same once; return its id. Raises UnknownThing."""
        for known in self.need(stated.student).protections:
            same = (known.kind, known.until, known.lifting) == (stated.kind, stated.until, None)
            if same and known.is_open(at.date()) and known.since <= stated.since:
                return known.id
        stated_id = f"pt-{uuid4().hex}"
        self._announce(stated.student)
        values = {name: getattr(stated, name) for name in _STATED_OF_PROTECTION}
        self._session.execute(insert(ProtectionRow).values(**values, id=stated_id, student_id=stated.student, at=at))
        return stated_id

    def wish_to_lift_protection(self, stated: Protection, wish: LettingGo) -> None:
        """Keep a first person's wish that it ends."""
        self._set_protection(stated, lifting=wish)

    def end_protection(self, stated: Protection, on: date) -> None:
        """End it from a day on; an earlier end stays."""
        self._set_protection(stated, ended=on if stated.ended is None else min(on, stated.ended))

    def _set_protection(self, stated: Protection, **values: date | LettingGo) -> None:
        self._announce(stated.student)
        self._session.execute(update(ProtectionRow).where(ProtectionRow.id == stated.id).values(**values))

    def find(self, text: str) -> list[StudentRecord]:
        """Return the students who have `text` in a name (case is ignored), or as their whole roster id."""
        if not text.strip():
            return []
        return self._records(select(*_RECORD).where(_is_found(text)).order_by(StudentRow.roster_id))

    def find_page(self, text: str, *, limit: int, after: str | None = None) -> list[StudentRecord]:
        """Return at most `limit` of those whom `find` has, in its order, behind the student with the roster id `after`."""
        if not text.strip():
            return []
        # Which they are is read from an index; the students' own rows are wide.
        ids = select(StudentRow.id).where(_is_found(text))
        if after is not None:
            ids = ids.where(StudentRow.roster_id > after)
        found = self._session.scalars(ids.order_by(StudentRow.roster_id).limit(limit)).all()
        return self._records(select(*_RECORD).where(StudentRow.id.in_(found)).order_by(StudentRow.roster_id))

    def called(self, text: str, *, limit: int) -> list[StudentRecord]:
        """Return at most `limit` students who have each word of `text` in a name, as somebody who types a name wants them.

        Who attends now comes first, then whose name has a word that begins so; then by name.
        """
        words = folded(text).split()
        if not words:
            return []
        conditions = [StudentRow.folded.contains(word, autoescape=True) for word in words]
        begins = or_(
            StudentRow.folded.startswith(words[0], autoescape=True),
            *(StudentRow.folded.contains(f"{before}{words[0]}", autoescape=True) for before in (" ", "\n", "-")),
        )
        order = case((StudentRow.active, 0), else_=1), case((begins, 0), else_=1), StudentRow.folded, StudentRow.id
        return self._records(select(*_RECORD).where(*conditions).order_by(*order).limit(limit))

    def grades(self) -> list[str]:
        """Return the grades of the students who attend now, as the roster writes them."""
        query = select(StudentRow.grade).where(StudentRow.active, StudentRow.grade.is_not(None)).distinct()
        return sorted((each for each in self._session.scalars(query) if each), key=_in_grades)

    def of_grade(self, grade: str, *, limit: int, skip: int = 0) -> list[StudentRecord]:
        """Return at most `limit` students of a grade who attend now, by name, without the first `skip`."""
        query = select(*_RECORD).where(StudentRow.active, StudentRow.grade == grade)
        return self._records(query.order_by(StudentRow.folded, StudentRow.id).offset(skip).limit(limit))

    def in_order(self, students: Collection[str], after: str | None = None) -> Iterator[StudentRecord]:
        """Yield these students by roster id, behind the one with the roster id `after`; a batch in memory at a time."""
        rows = rows_of(self._session, _ROSTER_IDS_OF, students)
        ordered = sorted((row.roster_id, row.id) for row in rows if after is None or row.roster_id > after)
        for batch in batched(ordered, _BATCH):
            found = self.students_of(student for _, student in batch)
            yield from (found[student] for _, student in batch)

    def find_by_guardian(self, text: str, pseudonym: str | None = None) -> dict[str, tuple[str, ...]]:
        """Return the students who have a guardian with `text` in the name, or with this id; by student, the guardians.

        Of an id that the plugin made (`G-…`) the beginning is enough, of any other one a part. `pseudonym` is that of `text`
        itself, where it may be the roster's own id of a guardian.
        """
        wanted = folded(text)
        if not wanted:
            return {}
        row, hand = RosterGuardianRow, GuardianshipRow
        begins = row.guardian.startswith(text.strip().upper(), autoescape=True)
        by_roster = or_(
            row.folded.contains(wanted, autoescape=True),
            row.guardian == pseudonym,
            begins if wanted.startswith(GUARDIAN_BEGINS) else false(),
        )
        of_roster = self._session.execute(select(row.student_id, row.guardian).where(by_roster))
        found = [(each.student_id, each.guardian) for each in of_roster]
        # Those stated by hand are few: they are read whole.
        stated = select(hand.student_id, hand.guardian, hand.name).order_by(hand.at, hand.id)
        found += [
            (each.student_id, each.guardian)
            for each in self._session.execute(stated)
            if wanted in folded(each.name or "") or each.guardian == pseudonym or _is_called(each.guardian, wanted)
        ]
        students: dict[str, list[str]] = {}
        for student, guardian in dict.fromkeys(found):
            students.setdefault(student, []).append(guardian)
        return {student: tuple(guardians) for student, guardians in sorted(students.items())}

    def add_guardianship(self, stated: Guardianship, at: datetime, approver: SystemUser | None = None) -> str:
        """Keep what a custodian stated of a person and a student; return its id. Raises UnknownThing.

        The same, stated again, is kept once, unless a second person approves it now.
        """
        record = self.need(stated.student)
        for known in record.guardianships:
            same = known.means(stated) and known.until == stated.until
            if same and known.is_in_force(at.date()) and known.since <= stated.since and (known.by_two or not approver):
                return known.id
        stated_id = f"gs-{uuid4().hex}"
        self._announce(stated.student)
        self._session.execute(
            insert(GuardianshipRow).values(
                **{name: getattr(stated, name) for name in _STATED},
                id=stated_id,
                student_id=stated.student,
                approver_id=approver.id if approver else None,
                approver_name=approver.name if approver else None,
                at=at,
            )
        )
        index_people(self._session, [stated.student])
        return stated_id

    def need_guardianship(self, stated_id: str) -> Guardianship:
        """Return one by its id. Raises UnknownThing."""
        row = self._session.execute(_GUARDIANSHIPS.where(GuardianshipRow.id == stated_id)).first()
        if row is None:
            raise UnknownThing("nothing that was stated by hand has this id: `dam-plugin student show` lists what was")
        return _guardianship(row)

    def guardians_by_relation(self, on: date) -> list[Guardianship]:
        """Return what was stated by hand of guardians with a relation, as far as it has not ended by a day."""
        has_relation = GuardianshipRow.what == "guardian", GuardianshipRow.relation.is_not(None)
        found = map(_guardianship, self._session.execute(_GUARDIANSHIPS.where(*has_relation)))
        return [each for each in found if each.is_open(on)]

    def with_limits(self, on: date) -> list[StudentRecord]:
        """Return the students of whom a court order, or a note about the place, limits somebody on a day or later."""
        found = map(_guardianship, self._session.execute(_GUARDIANSHIPS.where(GuardianshipRow.what.in_(LIMITS))))
        return [*self.students_of({each.student for each in found if each.is_open(on)}).values()]

    def ever_stated(self, kinds: Collection[GuardianshipKind]) -> list[StudentRecord]:
        """Return the students of whom a custodian ever stated one of these, also where it ended."""
        stated = select(GuardianshipRow.student_id).where(GuardianshipRow.what.in_(sorted(kinds)))
        return [*self.students_of(self._session.connection().execute(stated.distinct()).scalars()).values()]

    def approve_guardianship(self, stated: Guardianship, approver: SystemUser) -> None:
        """Note the second person who stated the same."""
        self._announce(stated.student)
        who = {"approver_id": approver.id, "approver_name": approver.name}
        self._session.execute(update(GuardianshipRow).where(GuardianshipRow.id == stated.id).values(**who))

    def wish_to_lift(self, stated: Guardianship, wish: LettingGo) -> None:
        """Keep a first person's wish that it ends."""
        self._announce(stated.student)
        self._session.execute(update(GuardianshipRow).where(GuardianshipRow.id == stated.id).values(lifting=wish))

    def end_guardianship(self, stated: Guardianship, on: date) -> None:
        """End it from a day on; an earlier end stays."""
        day = on if stated.ended is None else min(on, stated.ended)
        self._announce(stated.student)
        self._session.execute(update(GuardianshipRow).where(GuardianshipRow.id == stated.id).values(ended=day))

    def add_opt_out(
        self, student: str, opt_out: OptOut, source: str, at: datetime, stated_by: str | None = None
    ) -> None:
        """Keep an opt-out; `source` says where it came from, `stated_by` who opted out (None: not known).

        Raises InputError, UnknownThing for an unknown student.
        """
        self._require_student(student)
        check_opt_out(opt_out)
        self._announce(student)
        self._session.execute(insert(OptOutRow).values(**opt_out_values(student, opt_out, source, at, stated_by)))

    def end_opt_out(
        self,
        student: str,
        ended: date,
        purposes: Collection[str] | None = None,
        word: Word = str,
        which: Callable[[KeptOptOut], bool] = lambda _: True,
    ) -> tuple[KeptOptOut, ...]:
        """End the student's open opt-outs on `ended` (exclusive), or only for some purposes; return them as they were.

        `word` turns a purpose on file into one of these purposes, or None; `which` chooses among the opt-outs. Raises
        UnknownThing if there is nothing to end. Raises InputError if an opt-out of all purposes would end in part: that takes
        a new opt-out of the purposes that stay.
        """
        if purposes is not None and not purposes:
            raise InputError("no purposes are named to end an opt-out for: name some, or leave them out for all")
        rows = [row for row in self._opt_out_rows([student]) if row.ended is None or row.ended > ended]
        touched = [
            row
            for row in rows
            if purposes is None or row.purposes is None or not set(purposes).isdisjoint(map(word, row.purposes))
        ]
        touched = [row for row in touched if which(_kept(row))]
        if not touched:
            raise UnknownThing("this student has no open opt-out to end")
        self._announce(student)
        before = tuple(map(_kept, touched))
        for row in touched:
            self._end(row, ended, purposes, word)
        return before

    def set_opt_out_ends(self, student: str, ends: Mapping[int, date | None]) -> None:
        """Give opt-outs of a student, by their rows, another end; None: none."""
        self._announce(student)
        for row in self._opt_out_rows([student]):
            if row.id in ends:
                self._set(row, ended=ends[row.id])

    def forget_name(self, student: str, name: str, at: datetime) -> None:
        """Stop matching a student by a former name. Raises UnknownThing for a name that is not a former name."""
        record = self.need(student)
        left = tuple(each for each in record.former_names if folded(each) != folded(name))
        if left == record.former_names:
            raise UnknownThing("this student has no such former name: `dam-plugin student show` lists them")
        self._announce(student, names=True)
        values = student_values(replace(record, former_names=left), at)
        self._session.execute(update(StudentRow).where(StudentRow.id == student).values(**values))
        index_people(self._session, [student])

    def opt_outs(self, student: str) -> list[OptOut]:
        """Return every opt-out of a student, ended ones too, in the order of their beginning."""
        return [opt_out_of(row) for row in self._opt_out_rows([student])]

    def kept_opt_outs(self, student: str) -> list[KeptOptOut]:
        """Return every opt-out of a student with who stated it and when it was kept, in the order of their beginning."""
        return [_kept(row) for row in self._opt_out_rows([student])]

    def opt_outs_of(self, students: Iterable[str]) -> dict[str, list[KeptOptOut]]:
        """Return every opt-out of these students, ended ones too, each student's in the order of their beginning."""
        found: dict[str, list[KeptOptOut]] = {}
        for row in self._opt_out_rows(set(students)):
            found.setdefault(row.student_id, []).append(_kept(row))
        return found

    def stated_opt_outs(self, on: date) -> list[tuple[str, KeptOptOut]]:
        """Return the opt-outs that are not ended on a day and of which it is known who stated them, each with its student."""
        query = select(OptOutRow).where(
            OptOutRow.stated_by.is_not(None), or_(OptOutRow.ended.is_(None), OptOutRow.ended > on)
        )
        return [(row.student_id, _kept(row)) for row in self._session.scalars(query.order_by(OptOutRow.id))]

    def add_consent(
        self, consent: Consent, proof: str | None, at: datetime, *, after_opt_out: str | None = None
    ) -> str:
        """Keep a consent with its proof; return its id. Raises UnknownThing for an unknown student.

        `after_opt_out` is the digest of what shows that it was signed after the opt-out of its day.
        """
        self._require_student(consent.student)
        consent_id = f"c-{uuid4().hex}"
        values = {"id": consent_id, "student_id": consent.student, "consent": consent, "proof": proof, "at": at}
        values |= {"after_opt_out": after_opt_out}
        self._seals.new(CONSENTS, [consent_id])
        self._session.execute(insert(ConsentRow).values(**values))
        return consent_id

    def revoke_consent(self, consent_id: str, on: date) -> Consent:
        """Revoke a consent from `on`; an earlier revocation stays. Raises UnknownThing."""
        kept = self._need_consent(consent_id)
        revoked = replace(kept, revoked_on=on if kept.revoked_on is None else min(on, kept.revoked_on))
        self._seals.before(CONSENTS, [consent_id])
        self._session.execute(update(ConsentRow).where(ConsentRow.id == consent_id).values(consent=revoked))
        return revoked

    def confirm_consent(self, consent_id: str, on: date, at: datetime) -> Consent:
        """Note that the family said on this day that a consent stands, and when it was entered. Raises UnknownThing."""
        kept = self._need_consent(consent_id)
        self._seals.before(CONSENTS, [consent_id])
        said = {"confirmed_on": on, "confirmed_at": at}
        self._session.execute(update(ConsentRow).where(ConsentRow.id == consent_id).values(**said))
        return kept

    def consents(self, students: Iterable[str]) -> list[tuple[str, Consent]]:
        """Return every consent of these students with its id, revoked and expired ones too, in the order kept."""
        return [(each.id, each.consent) for each in sorted(self.kept_consents(students), key=KeptConsent.order)]

    def kept_consents(self, students: Iterable[str]) -> list[KeptConsent]:
        """Return the same consents, each with its student and the time it was kept, in no order."""
        return [KeptConsent(*row) for row in rows_of(self._session, _CONSENTS_OF, students)]

    def consent_proofs(self, student: str) -> dict[str, str | None]:
        """Return what proves the consents of a student, by the consent's id."""
        query = select(ConsentRow.id, ConsentRow.proof).where(ConsentRow.student_id == student)
        return {row.id: row.proof for row in self._session.execute(query)}

    def consent(self, consent_id: str) -> KeptConsent:
        """Return one consent by its id. Raises UnknownThing."""
        columns = ConsentRow.student_id, ConsentRow.at, ConsentRow.id, ConsentRow.consent
        row = self._session.execute(select(*columns).where(ConsentRow.id == consent_id)).one_or_none()
        if row is None:
            raise UnknownThing("no consent has the id given; `dam-plugin student show` lists them")
        return KeptConsent(*row)

    def limited_opt_outs(self, on: date) -> list[tuple[str, OptOut]]:
        """Return the opt-outs from some purposes only that are in force on a day or later, each with its student."""
        query = select(OptOutRow).where(
            OptOutRow.purposes.is_not(None), or_(OptOutRow.ended.is_(None), OptOutRow.ended > on)
        )
        return [(row.student_id, opt_out_of(row)) for row in self._session.scalars(query.order_by(OptOutRow.id))]

    def opt_outs_of_all(self, on: date) -> int:
        """Return how many opt-outs from every purpose are in force on a day."""
        in_force = OptOutRow.since <= on, or_(OptOutRow.ended.is_(None), OptOutRow.ended > on)
        counted = select(func.count()).select_from(OptOutRow).where(OptOutRow.purposes.is_(None), *in_force)
        return self._session.scalar(counted) or 0

    def said_no(self, on: date) -> set[str]:
        """Return the students who are opted out or protected on a day or later, in whatever measure."""
        of_table: list[Select[str]] = [
            select(OptOutRow.student_id).where(or_(OptOutRow.ended.is_(None), OptOutRow.ended > on)),
            select(StudentRow.id).where(StudentRow.marked.is_not(None)),
            select(ProtectionRow.student_id).where(
                or_(ProtectionRow.ended.is_(None), ProtectionRow.ended > on),
                or_(ProtectionRow.until.is_(None), ProtectionRow.until >= on),
            ),
        ]
        return {each for query in of_table for each in self._session.scalars(query)}

    def every_consent(self) -> list[Consent]:
        """Return every consent on file, revoked and expired ones too."""
        return list(self._session.scalars(select(ConsentRow.consent).order_by(ConsentRow.id)))

    def with_consents_that_ended(self, since: date, before: date) -> set[str]:
        """Return the students with a consent whose last day is one of these: from `since` until before another."""
        rows = self._session.execute(select(ConsentRow.student_id, ConsentRow.consent))
        return {student for student, each in rows if each.expires is not None and since <= each.expires < before}

    def bent(self, students: Iterable[str], consents: Iterable[KeptConsent]) -> set[str]:
        """Return the students whose row, opt-out or one of these consents does not fit its seal."""
        owners = {each.id: each.student for each in consents}
        found = self._seals.bent(STUDENTS, students)
        return found | {owners[each] for each in self._seals.bent(CONSENTS, owners)}

    def once_guardian_of(self, person: str) -> list[str]:
        """Return the pseudonyms of the students whose guardian a person was by a roster of before, and by a later one not.

        Left out are those of whom two people said that the person never was a guardian.
        """
        once = self._session.connection().execute(_ONCE_GUARDIAN_OF, {"person": person}).scalars()
        return sorted({*once} - self._never_guardian_of(person))

    def ever_related_to(self, person: str) -> frozenset[str]:
        """Return the pseudonyms of those of `related_to`, and of `once_guardian_of`; not whose guardian they never were."""
        ids = self._session.connection().execute(_EVER_RELATED_TO, {"person": person})
        return frozenset(ids.scalars()) - self._never_guardian_of(person)

    def _never_guardian_of(self, person: str) -> set[str]:
        ids = self._session.connection().execute(_SAID_NEVER_OF, {"person": person}).scalars().all()
        return {each.id for each in self.students_of(ids).values() if each.never_was(person)} if ids else set()

    def related_to(self, person: str) -> list[StudentRecord]:
        """Return the students who are this person, or of whom the roster or a statement, past or not, names the person."""
        ids = self._session.connection().execute(_RELATED_TO, {"person": person}).scalars()
        return [record for _, record in sorted(self.students_of(ids).items())]

    def related_of(self, student: str) -> set[str]:
        """Return of whom `related_to` has this student: who they are, and whom the roster or a statement names."""
        return {student, *self._session.connection().execute(_RELATED_OF, {"student": student}).scalars()}

    def _records(self, query: Select[*tuple[Any, ...]]) -> list[StudentRecord]:
        rows = list(self._session.connection().execute(query))
        beside = self._beside([row.id for row in rows])
        return [_record(row, beside) for row in rows]

    def _beside(self, students: Collection[str]) -> _Beside:
        """Return what other tables hold of these students."""
        stated: dict[str, list[Guardianship]] = {}
        for row in rows_of(self._session, _GUARDIANSHIPS_OF, students):
            stated.setdefault(row.student_id, []).append(_guardianship(row))
        protections: dict[str, list[Protection]] = {}
        for row in rows_of(self._session, _PROTECTIONS_OF, students):
            protections.setdefault(row.student_id, []).append(_protection(row))
        return _Beside(self._opt_outs_of(students), stated, protections)

    def _opt_outs_of(self, students: Iterable[str]) -> dict[str, list[OptOut]]:
        found: dict[str, list[OptOut]] = {}
        for student, since, ended, purposes in rows_of(self._session, _OPT_OUTS_OF, students):
            found.setdefault(student, []).append(OptOut(since, ended, purposes))
        return found

    def _opt_out_rows(self, students: Iterable[str]) -> list[OptOutRow]:
        found: list[OptOutRow] = []
        for chunk in chunks(students):
            query = select(OptOutRow).where(OptOutRow.student_id.in_(chunk))
            found += self._session.scalars(query, execution_options={"populate_existing": True})
        return sorted(found, key=lambda row: (row.since, row.id))

    def _need_consent(self, consent_id: str) -> Consent:
        kept = self._session.scalar(select(ConsentRow.consent).where(ConsentRow.id == consent_id))
        if kept is None:
            raise UnknownThing(f"no consent has the id {consent_id!r}; `dam-plugin student show` lists them")
        return kept

    def _require_student(self, student: str) -> None:
        if self._session.scalar(select(StudentRow.id).where(StudentRow.id == student)) is None:
            raise UnknownThing(NO_SUCH_STUDENT)

    def _end(self, row: OptOutRow, ended: date, purposes: Collection[str] | None, word: Word) -> None:
        if ended < row.since:
            raise InputError("an opt-out cannot end before it begins: give a later day")
        rest: tuple[str, ...] = ()
        if purposes is not None:
            if row.purposes is None:
                raise InputError(
                    "an opt-out of all purposes ends as a whole: end it without purposes, "
                    "and add an opt-out of the purposes that stay"
                )
            rest = tuple(purpose for purpose in row.purposes if word(purpose) not in purposes)
        if rest:
            stays = OptOut(since=ended, ended=row.ended, purposes=rest)
            values = opt_out_values(row.student_id, stays, f"the rest of one from {row.source}", row.at, row.stated_by)
            self._session.execute(insert(OptOutRow).values(**values))
        self._set(row, ended=ended)

    def _set(self, row: OptOutRow, **values: date | None) -> None:
        self._session.execute(update(OptOutRow).where(OptOutRow.id == row.id).values(**values))


class OnFile(Mapping[str, StudentRecord]):
    """The students on file by pseudonym: one, or those around some people, or all of them once somebody goes through them."""

    def __init__(self, people: People) -> None:
        """Read nothing yet; `people` belongs to a transaction that has to last."""
        self._people = people
        self._all: dict[str, StudentRecord] | None = None

    def around(self, students: Iterable[str], guardians: Iterable[str]) -> dict[str, StudentRecord]:
        """Return those of these students who are on file, and the students of these guardians."""
        return self._people.students_of([*students, *self._people.with_guardians(guardians)])

    def answers_ids(self) -> dict[str, str]:
        """Return the `answers_id` of each student who has one."""
        return self._people.answers_ids()

    def __getitem__(self, student: str) -> StudentRecord:
        """Return one student. Raises KeyError."""
        record = self._people.student(student) if self._all is None else self._all.get(student)
        if record is None:
            raise KeyError(student)
        return record

    def __iter__(self) -> Iterator[str]:
        """Yield every pseudonym."""
        return iter(self._read())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._read())

    def _read(self) -> dict[str, StudentRecord]:
        if self._all is None:
            self._all = {record.id: record for record in self._people.students()}
        return self._all


def import_students(
    session: Session,
    seals: Seals,
    on_file: Iterable[StudentRecord],
    records: Sequence[StudentRecord],
    at: datetime,
    extent: Extent,
    *,
    first: bool,
) -> RosterChange:
    """Write records and their opt-outs to the tables; `People.upsert_roster` describes the effect on other students.

    `first`: no roster that has everybody was imported before, so that nobody in this one is new to the district.
    """
    known = {record.id: record for record in on_file}
    require_same_key(records, known.values())
    active = {record.id for record in known.values() if record.active}
    gone = active - {record.id for record in records} if extent.whole else active & extent.gone
    records = [with_what_was(known.get(record.id), record, at.date()) for record in records]
    news = _import_opt_outs(session, records, at, extent)
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    is_renamed = False
    for batch in batched(records, _BATCH):
        # What a large roster changes is not kept twice, so it is written before the next ones are looked at.
        written: list[StudentRecord] = []
        for record in batch:
            before = known.get(record.id)
            same_one = None if record.id in extent.others else before
            now = _enrolled(same_one, record, at.date(), first=first)
            same = before is not None and _roster_columns(before) == _roster_columns(now)
            if not same:
                written.append(now)
                is_renamed = is_renamed or before is None or _searched_by(before) != _searched_by(now)
            # The import may also have news about opt-outs of students who left the school.
            if now.active:
                same = same and now.id not in news.students
                counts["added" if before is None else "unchanged" if same else "changed"] += 1
        ids = [each.id for each in written]
        seals.before(STUDENTS, ids)
        upsert_all(session, StudentRow, (student_values(each, at) for each in written))
        insert_missing(
            session,
            FormerGuardianRow,
            [
                {"guardian": guardian, "student_id": each.id}
                for each in written
                if each.id in known
                for guardian in known[each.id].guardians
                if guardian not in each.guardians
            ],
        )
        index_people(session, ids)
    seals.before(STUDENTS, sorted(news.students | gone))
    if counts["added"] or counts["changed"] or is_renamed or gone or news.students:
        note_change(session, None, names=is_renamed)
    # After the students that they belong to.
    news.write(session)
    _deactivate(session, [known[each] for each in sorted(gone)], at)
    left = len(gone) + sum(not record.active and record.id in active for record in records)
    return RosterChange(**counts, left=left, opt_outs=news.count, ended=len(news.ends), stay=len(news.stay))


def note_change(session: Session, student: str | None, *, names: bool) -> None:
    """Note that a student, or any of them (None), has changed; `names`: also by what people are found."""
    session.execute(insert(RosterChangeRow).values(student_id=student, names=names))


def _searched_by(record: StudentRecord) -> tuple[tuple[str, ...], str]:
    return record.all_names, record.roster_id


def index_people(session: Session, students: Collection[str] | None = None) -> None:
    """Write down again, from the students' rows, whose guardian each person is and what names whom; of these, or of all."""
    connection = session.connection()
    if students is None:
        students = list(connection.execute(select(StudentRow.id)).scalars())
    for records in names_of(session, students):
        connection.execute(_GUARDIANS_GONE, {"of": [each.id for each in records]})
        pairs = [
            {"guardian": each, "student_id": record.id, "folded": folded(names.get(each, ""))}
            for record in records
            for names in [dict(record.guardian_names)]
            for each in dict.fromkeys(record.guardians)
        ]
        if pairs:
            connection.execute(insert(RosterGuardianRow.__table__), pairs)  # type: ignore[arg-type]  # a Table it is
        index_names(session, records)


def fold_anew(session: Session) -> None:
    """Write down again by what text students and guardians are searched, where that was folded otherwise; a batch at a time.

    What counts is the student's row: its names stay, and no seal has what is searched.
    """
    connection, behind = session.connection(), ""
    while rows := list(connection.execute(_FOLDED_BEHIND, {"behind": behind})):
        behind = rows[-1].id
        told = ((row, searched_text((*row.names, *row.former_names))) for row in rows)
        students = [{"row": row.id, "text": text} for row, text in told if text != row.folded]
        if students:
            connection.execute(_FOLD_STUDENT, students)
        names = {(row.id, each): folded(name) for row in rows for each, name in row.guardian_names}
        kept = connection.execute(_FOLDED_GUARDIANS, {"of": [row.id for row in rows]}).all()
        guardians = [
            {"row": each.student_id, "who": each.guardian, "text": text}
            for each in kept
            if (text := names.get((each.student_id, each.guardian), "")) != each.folded
        ]
        if guardians:
            connection.execute(_FOLD_GUARDIAN, guardians)


def with_former_names(before: StudentRecord | None, record: StudentRecord) -> StudentRecord:
    """Return a student with every name from earlier rosters that this roster no longer has: recordings may still bear it."""
    if before is None:
        return record
    if before.names == record.names and before.former_names == record.former_names:
        return record
    now = {*map(folded, record.names)}
    former = {folded(name): name for name in (*before.former_names, *before.names) if folded(name) not in now}
    return replace(record, former_names=tuple(former.values()))


def with_limited_guardians(before: StudentRecord | None, record: StudentRecord, day: date) -> StudentRecord:
    """Return a student with the names of those who left the roster and whom an order limits: a new id may be theirs.

    They stand behind those who were on the roster with them, and before whoever came since (`StudentRecord.met_by`).
    """
    limits = () if before is None else before.limits_from(day)
    if before is None or not limits:
        return record
    limited = {person for each in limits for person in before.met_by(each, day)}
    was, names = dict(before.named_guardians), dict(record.guardian_names)
    listed = dict.fromkeys((*(each for each, _ in before.guardian_names), *before.guardians))
    gone = [each for each in listed if each in limited and each not in record.guardians]
    if not gone:
        return record
    leaving = [each for each in gone if each in before.guardians]
    stay = [each for each in listed if each not in leaving and (each in gone or each in record.guardians)]
    order = dict.fromkeys((*stay, *leaving, *record.guardians))
    # One without a name has a place, too.
    kept = tuple((each, names.get(each) or (was.get(each, "") if each in gone else "")) for each in order)
    return replace(record, guardian_names=kept)


def with_what_was(before: StudentRecord | None, record: StudentRecord, day: date) -> StudentRecord:
    """Return a student as a roster has them, with what has to be kept of what earlier rosters had."""
    record = with_limited_guardians(before, with_former_names(before, record), day)
    if before is None or not before.guardianships:
        return record
    known = replace(record, guardianships=before.guardianships).without_who_never_was()
    return replace(record, guardians=known.guardians, guardian_names=known.guardian_names)


def check_opt_out(opt_out: OptOut) -> None:
    """Raise InputError for an opt-out that says nothing."""
    if opt_out.purposes is not None and not opt_out.purposes:
        raise InputError("an opt-out of no purpose says nothing: name its purposes, or leave them out for all")
    if opt_out.ended is not None and opt_out.ended < opt_out.since:
        raise InputError("an opt-out cannot end before it begins: correct its days")


def _in_grades(grade: str) -> tuple[bool, int, str]:
    """Return what grades are sorted by: those in words, as `KG`, before the numbers."""
    return grade.isdecimal(), int(grade) if grade.isdecimal() else 0, grade


def folded(text: str) -> str:
    """Return a text for searching: cases, accents, letters that look alike and widths of space become the same."""
    return " ".join(map(folded_anew, unicodedata.normalize("NFKC", text).split()))


def is_found(record: StudentRecord, text: str) -> bool:
    """Whether `People.find` finds a student by a text."""
    wanted = text.strip()
    return bool(wanted) and (
        record.roster_id == wanted or any(folded(wanted) in folded(each) for each in record.all_names)
    )


def _is_found(text: str) -> ColumnElement[bool]:
    named = StudentRow.folded.contains(folded(text.strip()), autoescape=True)
    return or_(named, StudentRow.roster_id == text.strip())


def student_values(record: StudentRecord, at: datetime) -> dict[str, Any]:
    """Return the columns of a student."""
    values = {name: getattr(record, name) for name in _FIELDS}
    # A student is found by a former name, too.
    return values | {"folded": searched_text(record.all_names), "updated_at": at}


def searched_text(names: Iterable[str]) -> str:
    """Return names as they are searched: two students who are called the same have the same text."""
    return "\n".join(folded(name) for name in names)


def opt_out_values(
    student: str, opt_out: OptOut, source: str, at: datetime, stated_by: str | None = None
) -> dict[str, Any]:
    """Return the columns of an opt-out that did not come by an import."""
    return {
        "student_id": student,
        "since": opt_out.since,
        "ended": opt_out.ended,
        "purposes": opt_out.purposes,
        "source": source,
        "imported_ended": None,
        "stated_by": stated_by,
        "at": at,
    }


def _kept(row: OptOutRow) -> KeptOptOut:
    return KeptOptOut(opt_out_of(row), row.stated_by, row.at, row.id)


def opt_out_of(row: OptOutRow) -> OptOut:
    """Return a row as an opt-out."""
    return OptOut(since=row.since, ended=row.ended, purposes=row.purposes)


_LAST_IMPORT = (
    select(RosterImportRow.at, RosterImportRow.source)
    .where(RosterImportRow.kind != INDEX, or_(RosterImportRow.whole, RosterImportRow.tells_opt_outs))
    .order_by(RosterImportRow.id.desc())
    .limit(1)
)
_ROSTER_STATE = select(
    _LAST_IMPORT.with_only_columns(RosterImportRow.at).scalar_subquery().label("at"),
    select(ChoiceSourceRow.kind).order_by(ChoiceSourceRow.id.desc()).limit(1).scalar_subquery().label("kind"),
)
# By columns: to make an object of each row takes longer than to read it.
_BESIDE = ("opt_outs", "guardianships", "protections")
_FIELDS = tuple(each.name for each in fields(StudentRecord) if each.name not in _BESIDE)
"""The fields of a student are the columns of the table; what is kept beside them has tables of its own."""
_roster_columns = attrgetter(*_FIELDS)
_RECORD = tuple(getattr(StudentRow, name) for name in _FIELDS)
_STUDENTS_OF = select(*_RECORD).where(StudentRow.id.in_(OF))
_OF_PERSON = (
    select(StudentRow.id).where(StudentRow.id == bindparam("person")),
    select(RosterGuardianRow.student_id).where(RosterGuardianRow.guardian == bindparam("person")),
    select(GuardianshipRow.student_id).where(GuardianshipRow.guardian == bindparam("person")),
)
_RELATED_TO = union(*_OF_PERSON)
_ONCE_GUARDIAN_OF = select(FormerGuardianRow.student_id).where(FormerGuardianRow.guardian == bindparam("person"))
_SAID_NEVER_OF = select(GuardianshipRow.student_id).where(
    GuardianshipRow.guardian == bindparam("person"), GuardianshipRow.what == "never"
)
_EVER_RELATED_TO = union(*_OF_PERSON, _ONCE_GUARDIAN_OF)
_RELATED_OF = (
    select(RosterGuardianRow.guardian)
    .where(RosterGuardianRow.student_id == bindparam("student"))
    .union(select(GuardianshipRow.guardian).where(GuardianshipRow.student_id == bindparam("student")))
)
_ROSTER_IDS_OF = select(StudentRow.id, StudentRow.roster_id).where(StudentRow.id.in_(OF))
_WITH_ROSTER_IDS = select(StudentRow.id).where(StudentRow.roster_id.in_(OF))
_IDS_BY_NUMBER = select(OtherNumberRow.number_id, OtherNumberRow.person_id)
_FORMER_NUMBERS = select(FormerNumberRow.student_id, FormerNumberRow.number).order_by(FormerNumberRow.number)
_ANSWERS_IDS = select(StudentRow.id, StudentRow.answers_id).where(StudentRow.answers_id.is_not(None))
_WITH_GUARDIANS = select(RosterGuardianRow.student_id).where(RosterGuardianRow.guardian.in_(OF))
_WITH_A_NO = select(StudentRow.id).where(
    or_(
        StudentRow.marked.is_not(None),
        StudentRow.id.in_(select(OptOutRow.student_id)),
        StudentRow.id.in_(select(ProtectionRow.student_id)),
        StudentRow.id.in_(select(GuardianshipRow.student_id).where(GuardianshipRow.what.in_(LIMITS))),
    ),
)
_GUARDIANS_GONE = delete(RosterGuardianRow).where(RosterGuardianRow.student_id.in_(OF))
_PERSONS_BEHIND = (
    select(StudentRow.id, StudentRow.names, StudentRow.former_names, StudentRow.roster_id)
    .where(StudentRow.id > bindparam("behind"))
    .order_by(StudentRow.id)
    .limit(_BATCH)
)
_FOLDED_BEHIND = (
    select(StudentRow.id, StudentRow.names, StudentRow.former_names, StudentRow.guardian_names, StudentRow.folded)
    .where(StudentRow.id > bindparam("behind"))
    .order_by(StudentRow.id)
    .limit(_BATCH)
)
_FOLDED_GUARDIANS = select(RosterGuardianRow.student_id, RosterGuardianRow.guardian, RosterGuardianRow.folded).where(
    RosterGuardianRow.student_id.in_(OF)
)
_FOLD_STUDENT = (
    update(StudentRow.__table__)  # type: ignore[arg-type]  # a Table it is
    .where(StudentRow.id == bindparam("row"))
    .values(folded=bindparam("text"))
)
_FOLD_GUARDIAN = (
    update(RosterGuardianRow.__table__)  # type: ignore[arg-type]  # a Table it is
    .where(RosterGuardianRow.student_id == bindparam("row"), RosterGuardianRow.guardian == bindparam("who"))
    .values(folded=bindparam("text"))
)
_STUDENTS_BEHIND = select(*_RECORD).where(StudentRow.id > bindparam("behind")).order_by(StudentRow.id).limit(_BATCH)
_OPT_OUTS_OF = (
    select(OptOutRow.student_id, OptOutRow.since, OptOutRow.ended, OptOutRow.purposes)
    .where(OptOutRow.student_id.in_(OF))
    .order_by(OptOutRow.since, OptOutRow.id)
)
_CONSENTS_OF = select(
    ConsentRow.student_id,
    ConsentRow.at,
    ConsentRow.id,
    ConsentRow.consent,
    ConsentRow.confirmed_on,
    ConsentRow.confirmed_at,
    ConsentRow.after_opt_out,
).where(ConsentRow.student_id.in_(OF))
_STATED = tuple(each.name for each in fields(Guardianship) if each.name not in ("id", "student", "by_two", "at"))
"""The fields of a guardianship that are columns of the table, as they are."""
_GUARDIANSHIPS = select(
    GuardianshipRow.id,
    GuardianshipRow.student_id,
    GuardianshipRow.approver_id,
    GuardianshipRow.at,
    *(getattr(GuardianshipRow, name) for name in _STATED),
)
_GUARDIANSHIPS_OF = _GUARDIANSHIPS.where(GuardianshipRow.student_id.in_(OF)).order_by(
    GuardianshipRow.at, GuardianshipRow.id
)
_STATED_OF_PROTECTION = tuple(each.name for each in fields(Protection) if each.name not in ("id", "student"))
_PROTECTIONS_OF = (
    select(
        ProtectionRow.id, ProtectionRow.student_id, *(getattr(ProtectionRow, name) for name in _STATED_OF_PROTECTION)
    )
    .where(ProtectionRow.student_id.in_(OF))
    .order_by(ProtectionRow.at, ProtectionRow.id)
)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What other tables than that of the students hold, by student."""

    opt_outs: Mapping[str, Sequence[OptOut]]
    guardianships: Mapping[str, Sequence[Guardianship]]
    protections: Mapping[str, Sequence[Protection]]


def _record(row: StudentRow | Row[*tuple[Any, ...]], beside: _Beside) -> StudentRecord:
    return StudentRecord(
        **{name: getattr(row, name) for name in _FIELDS},
        opt_outs=tuple(beside.opt_outs.get(row.id, ())),
        guardianships=tuple(beside.guardianships.get(row.id, ())),
        protections=tuple(beside.protections.get(row.id, ())),
    ).without_who_never_was()


def _protection(row: Row[*tuple[Any, ...]]) -> Protection:
    return Protection(id=row.id, student=row.student_id, **{name: getattr(row, name) for name in _STATED_OF_PROTECTION})


def _is_called(guardian: str, wanted: str) -> bool:
    """Whether a guardian's id has a folded text in it; one that the plugin made begins with it."""
    called = guardian.casefold()
    return called.startswith(wanted) if called.startswith(GUARDIAN_BEGINS) else wanted in called


def _guardianship(row: Row[*tuple[Any, ...]]) -> Guardianship:
    return Guardianship(
        id=row.id,
        student=row.student_id,
        by_two=row.approver_id is not None,
        at=row.at,
        **{name: getattr(row, name) for name in _STATED},
    )


@dataclass(frozen=True, slots=True)
class _News:
    """News of an import about opt-outs: rows to add, ends to set; of opt-outs that it no longer has, ends and which stay."""

    students: set[str]
    adds: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    ends: list[dict[str, Any]]
    stay: list[int]

    @property
    def count(self) -> int:
        return len(self.adds) + len(self.changes)

    def write(self, session: Session) -> None:
        connection = session.connection()
        if self.adds:
            connection.execute(insert(OptOutRow.__table__), self.adds)  # type: ignore[arg-type]  # a Table it is
        if ends := [*self.changes, *self.ends]:
            row = update(OptOutRow.__table__).where(OptOutRow.id == bindparam("row"))  # type: ignore[arg-type]
            connection.execute(row.values(ended=bindparam("day"), imported_ended=bindparam("day")), ends)
            # What the session read of them before is no longer so.
            session.expire_all()


def _import_opt_outs(session: Session, records: Sequence[StudentRecord], at: datetime, extent: Extent) -> _News:
    settled = extent.settled
    told_of = [record.id for record in records if record.opt_outs or record.id in settled]
    kept = _imported(session, told_of, extent.called)
    news = _News(set(), [], [], [], [])
    for record in records:
        rows = kept.get(record.id, {})
        told = _strictest(record.opt_outs)
        for what, opt_out in told.items():
            row = rows.get(what)
            if row is None:
                values = opt_out_values(record.id, opt_out, ROSTER, at) | {"imported_ended": opt_out.ended}
                news.adds.append(values)
            elif row.imported_ended != opt_out.ended:
                news.changes.append({"row": row.id, "day": opt_out.ended})
            if row is None or row.imported_ended != opt_out.ended:
                news.students.add(record.id)
        if record.id in settled:
            for what, row in rows.items():
                if what in told or (row.ended is not None and row.ended <= at.date()):
                    continue
                if _is_answered_anew(row, extent) or any(
                    _covers(each, row, at.date(), extent.called) for each in told.values()
                ):
                    news.ends.append({"row": row.id, "day": max(at.date(), row.since)})
                    news.students.add(record.id)
                else:
                    news.stay.append(row.id)
    return news


def _is_answered_anew(row: OptOutRow, extent: Extent) -> bool:
    """Whether a family answered after its opt-out; of an opt-out without a known day, after it was first imported."""
    day, before = extent.answered.get(row.student_id, LONG_AGO), row.since if row.since > LONG_AGO else row.at.date()
    return extent.ends_all if day in (LONG_AGO, before) else day > before


def _covers(told: OptOut, row: OptOutRow, today: date, called: Callable[[str], str]) -> bool:
    """Whether nothing is permitted by the end of an opt-out on file, since another one has all of it."""
    whole = told.purposes is None or (row.purposes is not None and {*map(called, row.purposes)} <= {*told.purposes})
    return whole and told.ended is None and told.since <= today


def _imported(
    session: Session, students: Iterable[str], called: Callable[[str], str]
) -> dict[str, dict[_What, OptOutRow]]:
    found: dict[str, dict[_What, OptOutRow]] = {}
    for chunk in chunks(students):
        query = select(OptOutRow).where(OptOutRow.student_id.in_(chunk), OptOutRow.source == ROSTER)
        for row in session.scalars(query.order_by(OptOutRow.id), execution_options={"populate_existing": True}):
            rows = found.setdefault(row.student_id, {})
            what = _what(row.since, None if row.purposes is None else map(called, row.purposes))
            # Of two opt-outs that differ only in their words one is enough: an import that tells all ends the other.
            rows[(row.since, frozenset({f"row {row.id}"})) if what in rows else what] = row
    return found


def _strictest(opt_outs: Iterable[OptOut]) -> dict[_What, OptOut]:
    """Return one opt-out for each beginning and set of purposes: the one that ends last."""
    found: dict[_What, OptOut] = {}
    for opt_out in opt_outs:
        check_opt_out(opt_out)
        what = _what(opt_out.since, opt_out.purposes)
        other = found.get(what)
        if other is None or (other.ended is not None and (opt_out.ended is None or opt_out.ended > other.ended)):
            found[what] = opt_out
    return found


def _what(since: date, purposes: Iterable[str] | None) -> _What:
    return since, None if purposes is None else frozenset(purposes)


def require_same_key(records: Sequence[StudentRecord], known: Iterable[StudentRecord]) -> None:
    """Raise SettingsError where a student of a number on file has another pseudonym: it was made with another key."""
    kept = {record.roster_id: record.id for record in known}
    if any(kept.get(record.roster_id, record.id) != record.id for record in records):
        raise SettingsError(
            "DAM_PLUGIN_PSEUDONYM_KEY is not the key this roster was imported with before: put the old one back"
        )


def _deactivate(session: Session, students: Iterable[StudentRecord], at: datetime) -> None:
    left = [{"row": each.id, "times": _ended(each.enrolled, at.date())} for each in students]
    if left:
        row = update(StudentRow.__table__).where(StudentRow.id == bindparam("row"))  # type: ignore[arg-type]
        session.connection().execute(row.values(active=False, updated_at=at, enrolled=bindparam("times")), left)
        session.expire_all()


def _enrolled(before: StudentRecord | None, record: StudentRecord, day: date, *, first: bool) -> StudentRecord:
    """Return a student as an import of a day leaves them: times on the roster, the notice, and since when marked."""
    times = before.enrolled if before is not None else ()
    is_there = before is not None and before.active
    if not is_there:
        times = _ended(times, day)
        times = (*times, (None if first else day, None)) if record.active else times
    elif not record.active:
        times = _ended(times, day)
    answers = (None, None) if before is None else (before.answered_on, before.notified_on)
    # An answer is kept from the day on which it was first there; who comes back has given it anew.
    if answers[0] is None or (record.active and not is_there and record.answered_on is not None):
        answers = (record.answered_on, answers[1])
    since = before.marked_since if before is not None and before.marked == record.marked else day
    marked_since = since if record.marked is not None else None
    return replace(record, enrolled=times, answered_on=answers[0], notified_on=answers[1], marked_since=marked_since)


def _ended(
    times: tuple[tuple[date | None, date | None], ...], day: date
) -> tuple[tuple[date | None, date | None], ...]:
    """Return times on the roster of which none goes on after a day."""
    return tuple((came, day if left is None else left) for came, left in times)


def keep_staff(
    session: Session, records: Sequence[StaffRecord], source: str, at: datetime, *, whole: bool, gone: Collection[str]
) -> int:
    """Write the staff of one kind of import; `People.set_staff` describes it."""
    kept = {row.id: row for row in session.scalars(select(StaffRow), execution_options={"populate_existing": True})}
    before = {each: (_staff_record(row), row.source) for each, row in kept.items()}
    news = {each.id: each for each in records if before.get(each.id) != (each, source)}
    told = {each.id for each in records}
    missing = {each for each, row in kept.items() if row.source == source and each not in told} if whole else {*gone}
    left = {each for each in missing - told if each in kept and kept[each].active}
    upsert_all(
        session, StaffRow, [{**_staff_values(each), "source": source, "updated_at": at} for each in news.values()]
    )
    for chunk in chunks(left):
        session.execute(update(StaffRow).where(StaffRow.id.in_(chunk)).values(active=False, updated_at=at))
    if news or left:
        note_change(session, None, names=True)
    return len(news) + len(left)


def _staff_record(row: StaffRow) -> StaffRecord:
    return StaffRecord(row.id, row.names, row.role, row.active)


def _staff_values(record: StaffRecord) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(StaffRecord)}


# What an index says besides; the columns bear the names of the fields.
_TOLD = tuple(field.name for field in fields(Portrait))[3:]


def keep_portraits(session: Session, portraits: Sequence[Portrait]) -> int:
    """Keep the portraits; a newer student of an image replaces the older one. Return how many are new or changed."""
    wanted = {(each.volume.casefold(), each.image.casefold()): each for each in portraits}
    kept: dict[_Place, dict[str, Any]] = {}
    for chunk in chunks(volume for volume, _ in wanted):
        for row in session.execute(select(PortraitRow).where(PortraitRow.volume.in_(chunk))).scalars():
            kept[row.volume, row.image] = _portrait_values((row.volume, row.image), _portrait(row))
    values = {place: _portrait_values(place, each) for place, each in wanted.items()}
    news = {place: row for place, row in values.items() if kept.get(place) != row}
    for volume, image in news.keys() & kept.keys():
        session.execute(delete(PortraitRow).where(PortraitRow.volume == volume, PortraitRow.image == image))
    if news:
        session.connection().execute(insert(PortraitRow.__table__), list(news.values()))  # type: ignore[arg-type]  # a Table
    return len(news)


def portrait_at(session: Session, key: str) -> Portrait | None:
    """Return the portrait whose path ends a key; None if there is none, or several volumes disagree on its student.

    All volumes number their images in the same way, and so do cameras. So an image counts only below a folder with the
    name of its volume, at the place within the volume that the index gives.
    """
    folded = key.casefold()
    query = select(PortraitRow).where(PortraitRow.file == folded.rpartition("/")[2])
    rows = [row for row in session.scalars(query) if row.volume and f"/{folded}".endswith(f"/{row.volume}/{row.image}")]
    if len({row.student_id for row in rows}) != 1:
        return None
    # Of several volumes that agree, the longest name tells most about the place.
    return _portrait(max(rows, key=lambda row: (len(row.volume), row.volume)))


def _portrait(row: PortraitRow) -> Portrait:
    return Portrait(row.volume, row.image, row.student_id, **{name: getattr(row, name) for name in _TOLD})


def _portrait_values(place: _Place, portrait: Portrait) -> dict[str, Any]:
    volume, image = place
    told = {name: getattr(portrait, name) for name in _TOLD}
    file = image.rpartition("/")[2]
    return {"volume": volume, "image": image, "file": file, "student_id": portrait.student, **told}
