"""A roster while a reader gathers it: students, the people around them, and staff, from formats that list everybody.

Who holds a parent's rights is said by the role table. A contact without them is named in the import, and so is the
reason. No problem or note holds a cell's value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from dam_plugin.errors import Problem
from dam_plugin.model import PROTECTION_KINDS, ProtectionKind, StaffRecord, StudentRecord
from dam_plugin.people.formats.csv_table import Cells, Columns, Notes, close_to
from dam_plugin.people.mapping import DateColumn, PostsecondaryColumn, ProtectedColumn
from dam_plugin.people.role_table import OF_USERS, Reading, RoleTable, folded, staff_word_in
from dam_plugin.people.roster import Kind, RosterImport, Unlinked
from dam_plugin.pseudonyms import Pseudonyms

NO_RIGHTS = "this role holds no parent's rights"
NOBODY = "is not among the people of the roster"
CYCLE = "each would be the other's guardian"
# Stands for the student where several have one id.
SEVERAL = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A roster as read, and the ids by which another file may name its students: by kind, id to pseudonym or `SEVERAL`."""

    roster: RosterImport
    ids: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Names:
    """The parts of a name, as a format's columns have them."""

    given: str = ""
    middle: str = ""
    family: str = ""
    preferred: tuple[str, str, str] = ("", "", "")

    def all(self) -> tuple[str, ...]:
        """Return a person's names: given and family first, then with the middle name, then the preferred ones."""
        first, between, last = self.preferred
        spelt = [(self.given, self.family), (self.given, self.middle, self.family)]
        if first or last:
            spelt += [(first or self.given, last or self.family), (first or self.given, self.family)]
        if between:
            spelt.append((first or self.given, between, last or self.family))
        joined = (" ".join(part for part in parts if part) for parts in spelt)
        return tuple(dict.fromkeys(name for name in joined if name))


@dataclass(frozen=True, slots=True)
class Headings:
    """What a file calls the columns of a student; those of further names together, and None for what it does not have."""

    id: str
    given: str | None
    family: str | None
    others: tuple[str, ...] = ()
    born: str | None = None
    whole: str | None = None
    grade: str | None = None
    protected: str | None = None
    postsecondary: str | None = None
    died: str | None = None

    def differing(self, before: StudentRecord, record: StudentRecord) -> str:
        """Return the columns by which two rows of one student differ, as a list in words."""
        pairs = {
            self.given: (before.given, record.given),
            self.family: (before.family, record.family),
            self.whole: (before.names[:1], record.names[:1]),
        }
        found = [column for column, (one, other) in pairs.items() if column and one != other]
        # Further names are kept together with these.
        found += self.others if before.names != record.names and not found else ()
        more = {
            self.born: (before.born, record.born),
            self.grade: (before.grade, record.grade),
            self.protected: (before.marked, record.marked),
            self.postsecondary: (before.postsecondary, record.postsecondary),
            self.died: (before.died, record.died),
        }
        return ", ".join([*found, *(column for column, (one, other) in more.items() if column and one != other)])

    def refusal(self, before: StudentRecord, record: StudentRecord, line: int) -> str:
        """Return the problem of a row that tells the student of an earlier line otherwise."""
        return (
            f"has another {self.differing(before, record)} than line {line} for the same {self.id}: make the rows agree, or "
            f"give each student their own {self.id}"
        )


@dataclass(frozen=True, slots=True)
class _Link:
    role: str
    rights: bool


@dataclass(frozen=True, slots=True)
class Register:
    """What was read so far; `today` is the day on which birth dates and roles are looked at."""

    pseudonyms: Pseudonyms
    roles: RoleTable
    today: date
    problems: list[Problem]
    notes: Notes
    protected: ProtectedColumn | None = None
    postsecondary: PostsecondaryColumn | None = None
    died: DateColumn | None = None
    students: dict[str, StudentRecord] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    staff: dict[str, StaffRecord] = field(default_factory=dict)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    _lines: dict[str, int] = field(default_factory=dict)
    _links: dict[tuple[str, str], _Link] = field(default_factory=dict)

    @property
    def marks(self) -> tuple[ProtectedColumn | PostsecondaryColumn | DateColumn | None, ...]:
        """The columns of the students' file that the mapping names besides."""
        return self.protected, self.postsecondary, self.died

    def student(
        self,
        cells: Cells,
        roster_id: str,
        names: Names,
        headings: Headings,
        *,
        born: date | None,
        grade: str,
        ids: Mapping[str, str],
    ) -> None:
        """Add a student; a second row of the same one (of another school) says nothing new, or it is a problem."""
        told = names.all()
        if not told:
            cells.problem(
                "has no name: a student without one is found in no caption, so fill in the given and family name"
            )
        if born is not None and born > self.today:
            cells.problem("the birth date is in the future: correct it")
        record = StudentRecord(
            id=self.pseudonyms.student(roster_id),
            roster_id=roster_id,
            names=told,
            born=born,
            postsecondary=is_postsecondary(grade) or attends(cells, self.postsecondary),
            grade=grade or None,
            given=names.given or None,
            family=names.family or None,
            marked=marked(cells, self.protected),
            died=died_on(cells, self.died, born, self.today),
        )
        before = self.students.setdefault(roster_id, record)
        line = self._lines.setdefault(roster_id, cells.line)
        if record.marked is not None and before.marked is None:
            # One school's mark protects the student in each of them.
            before = self.students[roster_id] = replace(before, marked=record.marked)
        if record.postsecondary and not before.postsecondary:
            # Who attends a college beside this school attends it in every row.
            before = self.students[roster_id] = replace(before, postsecondary=True)
        if record.died is not None and before.died is None:
            # A school that was not told yet has a blank.
            before = self.students[roster_id] = replace(before, died=record.died)
        elif record.died is not None and self.died is not None and record.died != before.died:
            cells.problem(
                f"has another {self.died.column} than another row of the same {headings.id}: make the rows agree"
            )
        if (before.names, before.born) != (record.names, record.born):
            cells.problem(headings.refusal(before, record, line))
        for kind, value in {"student_id": roster_id, **ids}.items():
            if value:
                add_id(self.ids.setdefault(kind, {}), value, record.id)

    def contact(self, cells: Cells, contact_id: str, name: str, *, id_in: str, name_in: str) -> None:
        """Add a person who may be somebody's guardian; `id_in` and `name_in` are the columns that say who it is."""
        if self.contacts.setdefault(contact_id, name) != name:
            cells.problem(
                f"has another {name_in} than a row above for the same {id_in}: make the rows agree, or give each person "
                f"their own {id_in}"
            )

    def member_of_staff(self, staff_id: str, names: Names, role: str) -> None:
        """Add a member of staff: the first row of several counts."""
        if names.all():
            pseudonym = self.pseudonyms.staff(staff_id)
            self.staff.setdefault(staff_id, StaffRecord(pseudonym, names.all(), role))

    def link(self, cells: Cells, student: str, contact: str, role: str, *, rights: bool) -> None:
        """Add what a person is to a student, in the file's word. One row with a parent's rights is enough for them."""
        if student == contact:
            cells.problem("makes a student their own guardian: correct it")
            return
        before = self._links.get((student, contact))
        if before is None or (rights and not before.rights):
            self._links[student, contact] = _Link(role, rights)

    def roster(self, kind: Kind, what: str, *, tells_births: bool, tells_guardians: bool, tells_staff: bool) -> Found:
        """Return the roster, whole, with everyone linked whom the roles let be linked."""
        if not self.students and not self.problems:
            self.problems.append(Problem(what, "names no student: an empty roster would say that everyone has left"))
        unlinked, holders = self._sorted_links()
        students = [
            replace(
                record, guardians=tuple(each), guardian_names=tuple((key, name) for key, name in each.items() if name)
            )
            for record in self.students.values()
            for each in (holders.get(record.roster_id, {}),)
        ]
        roster = RosterImport(
            tuple(students),
            tells_births=tells_births,
            tells_guardians=tells_guardians,
            tells_staff=tells_staff,
            tells_protection=self.protected is not None,
            tells_deaths=self.died is not None,
            staff=tuple(self.staff.values()),
            unlinked=unlinked,
            kind=kind,
        )
        return Found(roster, self.ids)

    def _sorted_links(self) -> tuple[tuple[Unlinked, ...], dict[str, dict[str, str]]]:
        holding = [pair for pair, link in self._links.items() if link.rights and pair[1] in self.contacts]
        circles = in_circles(holding)
        unlinked, holders, strangers = [], dict[str, dict[str, str]](), 0
        for (student, contact), link in self._links.items():
            if student not in self.students:
                strangers += 1
                continue
            circle = (student, contact) in circles
            if link.rights and contact in self.contacts and not circle:
                holders.setdefault(student, {})[self.pseudonyms.guardian(contact)] = self.contacts[contact]
                continue
            why = CYCLE if circle else NO_RIGHTS if contact in self.contacts else NOBODY
            record, person = self.students[student], self.pseudonyms.guardian(contact)
            unlinked.append(
                Unlinked(
                    record.id,
                    record.names[0] if record.names else "",
                    person,
                    self.contacts.get(contact, ""),
                    link.role,
                    why,
                )
            )
        if strangers:
            self.notes.say(f"{strangers} relationship(s) are of nobody among the students: they were left alone")
        return tuple(unlinked), holders


def with_marks(columns: Columns, *marks: ProtectedColumn | PostsecondaryColumn | DateColumn | None) -> Columns:
    """Return the columns of the students' file with those that a mapping names besides; a file without one is refused."""
    named = [each.column for each in marks if each is not None]
    return replace(columns, required=tuple(dict.fromkeys((*columns.required, *named)))) if named else columns


def marked(cells: Cells, column: ProtectedColumn | None) -> ProtectionKind | None:
    """Return why a row's student is protected; a word that is not known is a problem."""
    if column is None:
        return None
    try:
        return column.kind(cells.text(column.column))
    except KeyError:
        kinds = ", ".join(PROTECTION_KINDS)
        cells.problem(
            f"{column.column} has a word that is not known here: write yes, no, or why ({kinds}), or say in the mapping what "
            "it means"
        )
        return None


def attends(cells: Cells, column: PostsecondaryColumn | None) -> bool:
    """Return whether a row's student attends an institution of postsecondary education; an unknown word is a problem."""
    if column is None:
        return False
    try:
        return column.attends_by(cells.text(column.column))
    except KeyError:
        cells.problem(
            f"{column.column} has a word that is not known here: write yes or no, or say in the mapping what it means"
        )
        return False


def died_on(cells: Cells, column: DateColumn | None, born: date | None, today: date) -> date | None:
    """Return the day on which a row's student died, None for a blank; a day that cannot be is a problem."""
    if column is None or not (text := cells.text(column.column)):
        return None
    died = column.day(text)
    if died is None:
        cells.problem(f"{column.column} is not a date written {column.format}")
    elif died > today:
        cells.problem(f"{column.column} is in the future: correct it")
    elif born is not None and died < born:
        cells.problem(f"{column.column} is before the birth date: correct it")
    return died


def add_id(ids: dict[str, str], value: str, student: str) -> None:
    """Add an id of a student; one that two students have names neither."""
    if ids.setdefault(value, student) != student:
        ids[value] = SEVERAL


def in_circles(links: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return the links (student, guardian) by which somebody would be their own guardian's guardian, at any distance."""
    left: Collection[tuple[str, str]] = links
    while True:
        students, guardians = {each for each, _ in left}, {each for _, each in left}
        # Who guards nobody, or is guarded by nobody, is in no circle.
        kept = {(student, guardian) for student, guardian in left if student in guardians and guardian in students}
        if len(kept) == len(left):
            return frozenset(kept)
        left = kept


def read_role(cells: Cells, column: str, roles: RoleTable, notes: Notes) -> Reading | None:
    """Return the reading of the user's role in a cell; a misspelt one is a problem, and an unknown one is noted."""
    word = cells.text(column)
    reading = roles.of_user(word)
    if reading is None and word:
        if close := close_to(folded(word), OF_USERS):
            end = staff_word_in(word)
            own = f"; did you mean {end!r}? else say in the mapping what it means, under `roles`" if end else close
            cells.problem(f"{column} is none of the format's{own}")
        else:
            name, _, line = cells.place.rpartition(":")
            notes.row(
                name,
                line,
                f"{column} is none that we know: neither student nor staff, until `roles` in the mapping says so",
            )
    return reading


def is_postsecondary(grade: str) -> bool:
    """Whether a grade is of a postsecondary institution: `PS`, `PS1`, `undergraduate`."""
    told = grade.casefold()
    return told in ("ps", "undergraduate", "graduate", "postgraduate") or (told[:2] == "ps" and told[2:].isdigit())
