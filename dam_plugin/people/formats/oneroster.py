"""OneRoster 1.1 and 1.2 CSV (1EdTech) to a roster: which files exist, who is a student, who holds a parent's rights.

The role table says who holds a parent's rights. The link to a student is in `agentSourcedIds` of the student's row, the
guardian's, or both. What the standard leaves open, and what answers no question, is told as a note; what could make
another student or guardian of somebody, or say that everybody has left, is refused. No message holds a cell's value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Literal, cast

from dam_plugin.errors import Problem
from dam_plugin.model import StaffRecord, StudentRecord
from dam_plugin.people.formats.csv_table import Cells, Columns, Notes, close_to, look_at, rows
from dam_plugin.people.formats.register import (
    CYCLE,
    NO_RIGHTS,
    NOBODY,
    Found,
    Names,
    add_id,
    attends,
    died_on,
    in_circles,
    marked,
    read_role,
    with_marks,
)
from dam_plugin.people.formats.roster_files import Files
from dam_plugin.people.mapping import DateColumn, OneRosterChoices, PostsecondaryColumn, ProtectedColumn, RosterMapping
from dam_plugin.people.role_table import RoleTable, folded
from dam_plugin.people.roster import RosterImport, Unlinked
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.store import OnFile

Mode = Literal["bulk", "delta", "absent"]
MANIFEST, USERS, ROLES, DEMOGRAPHICS = "manifest.csv", "users.csv", "roles.csv", "demographics.csv"
COLUMNS: Mapping[str, Columns] = {
    USERS: Columns(
        ("sourcedId", "givenName", "familyName"),
        (
            "status", "role", "username", "middleName", "identifier", "agentSourcedIds", "grades", "userMasterIdentifier",
            "preferredGivenName", "preferredMiddleName", "preferredFamilyName",
        ),
        (
            "dateLastModified", "enabledUser", "orgSourcedIds", "userIds", "email", "sms", "phone", "password",
            "resourceSourcedIds", "primaryOrgSourcedId", "pronouns",
        ),
        exact=("sourcedId", "identifier", "userMasterIdentifier", "username", "agentSourcedIds"),
        open=True,
        strangers=True,
    ),
    ROLES: Columns(
        ("userSourcedId", "role"),
        ("sourcedId", "status", "beginDate", "endDate"),
        ("dateLastModified", "roleType", "orgSourcedId", "userProfileSourcedId"),
        exact=("sourcedId", "userSourcedId"),
        open=True,
        strangers=True,
    ),
    DEMOGRAPHICS: Columns(
        ("sourcedId", "birthDate"),
        ("status",),
        (
            "dateLastModified", "sex", "gender", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican",
            "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces", "hispanicOrLatinoEthnicity",
            "countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth", "publicSchoolResidenceStatus",
        ),
        exact=("sourcedId",),
        open=True,
        strangers=True,
    ),
}  # fmt: skip
# They answer no question, but a damaged export is not half a roster.
OTHERS = (
    "orgs.csv", "classes.csv", "enrollments.csv", "academicsessions.csv", "courses.csv", "lineitems.csv", "results.csv",
    "categories.csv", "resources.csv", "classresources.csv", "courseresources.csv", "userprofiles.csv", "userresources.csv",
)  # fmt: skip
SPELT = {"academicsessions.csv": "academicSessions.csv"}
_DAY = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])")
_MANIFEST = Columns(("propertyName", "value"), open=True)
_GONE = ("tobedeleted", "inactive")
_POSTSECONDARY = "ps"
DOUBTFUL = "the status of the row is none of OneRoster's"
OF_WHOM = "is a guardian of one student and a relative of another, and the file does not say of whom"
RELATIVE = "relative"
_IDS = ("sourcedId", "identifier", "userMasterIdentifier", "username")
# What is asked for again of a row of users.csv. No cell has the end mark, which is a control character.
_KEPT = (
    *_IDS, "givenName", "middleName", "familyName", "preferredGivenName", "preferredMiddleName", "preferredFamilyName",
    "agentSourcedIds", "grades",
)  # fmt: skip
# The place of the agents behind that of the row: asked for of every user, so no other cell is looked at.
_AGENTS = 1 + _KEPT.index("agentSourcedIds")
_END = "\x1f"


@dataclass(frozen=True, slots=True)
class Export:
    """A OneRoster export while it is read: its files, whether each is bulk or delta, problems and notes."""

    files: Files
    problems: list[Problem]
    notes: Notes
    modes: dict[str, Mode] = field(default_factory=dict)
    # The files of which a row had a status: without a manifest that tells a delta from a bulk.
    dated: set[str] = field(default_factory=set)
    columns: dict[str, set[str]] = field(default_factory=dict)
    days: set[str] = field(default_factory=set)
    protected: ProtectedColumn | None = None
    postsecondary: PostsecondaryColumn | None = None
    died: DateColumn | None = None

    @property
    def newest(self) -> date | None:
        """The day of the newest change, None if no row says so."""
        days = (each for each in self.days if _DAY.fullmatch(each))
        return max(map(date.fromisoformat, days), default=None)

    def has(self, name: str) -> bool:
        """Whether a file is there and counts."""
        return name in self.files and self.modes.get(name) != "absent"

    def rows(self, name: str, *, key: str = "sourcedId") -> Iterator[tuple[Cells, str]]:
        """Yield the rows of a file that counts, each with its status: active, gone, or another word."""
        if not self.has(name):
            return
        with self.files.open(name) as file:
            marks = (self.protected, self.postsecondary, self.died) if name == USERS else ()
            columns = with_marks(COLUMNS[name], *marks)
            for cells in rows(file, name, columns, self.problems, self.notes):
                self.columns.setdefault(name, set(cells.values))
                self.days.add(cells.text("dateLastModified")[:10])
                status = cells.text("status").casefold()
                if status in ("", "active", *_GONE):
                    status = "gone" if status in _GONE else status
                    if status:
                        self.dated.add(name)
                else:
                    self.note(
                        cells,
                        "the status is none of OneRoster's: a student stays, and nobody holds rights by such a row",
                    )
                if not cells.text(key):
                    cells.problem(f"has no {key}: every row needs one")
                    continue
                yield cells, status or "active"

    def note(self, cells: Cells, what: str) -> None:
        """Add a row to those of which a sentence is true."""
        name, _, line = cells.place.rpartition(":")
        self.notes.row(name, line, what)

    def is_delta(self, name: str) -> bool:
        """Whether a file holds only changes. Ask only after its rows were read."""
        return self.modes[name] == "delta" if name in self.modes else name in self.dated


def open_export(
    files: Files,
    problems: list[Problem],
    notes: Notes,
    mapping: RosterMapping,
) -> Export:
    """Return the export in these files, its manifest read and checked against what is there."""
    export = Export(
        files,
        problems,
        notes,
        protected=mapping.protected,
        postsecondary=mapping.postsecondary,
        died=mapping.died,
    )
    if MANIFEST not in files:
        export.notes.say("there is no manifest.csv: rows with a status were taken for a delta, others for a bulk")
        return export
    told: dict[str, Cells] = {}
    with files.open(MANIFEST) as file:
        for cells in rows(file, MANIFEST, _MANIFEST, problems, notes):
            told[cells.text("propertyName").casefold()] = cells
    version = told.get("oneroster.version")
    if version is not None and version.text("value").removesuffix(".0") not in ("1", "1.1", "1.2"):
        version.problem("oneroster.version is neither 1.1 nor 1.2")
    for name in (*COLUMNS, *OTHERS):
        cells_of = told.get(f"file.{name.removesuffix('.csv')}")
        if cells_of is not None:
            _note_mode(export, name, cells_of)
    return export


def _note_mode(export: Export, name: str, cells: Cells) -> None:
    value = cells.text("value").casefold()
    if value not in ("bulk", "delta", "absent"):
        cells.problem(f"value is none of bulk, delta, absent{close_to(value, ('bulk', 'delta', 'absent')) or ''}")
    elif value != "absent" and name not in export.files:
        if name in (USERS, ROLES):
            cells.problem(f"says that {name} is there, and it is not: export it again")
        else:
            export.notes.say(f"the manifest says that {SPELT.get(name, name)} is there, and it is not")
    elif value == "absent" and name in export.files:
        export.modes[name] = "absent"
        export.notes.say(f"{SPELT.get(name, name)} was left alone: the manifest says that it is absent")
    elif value != "absent":
        export.modes[name] = "bulk" if value == "bulk" else "delta"
    else:
        export.modes[name] = "absent"


@lru_cache(maxsize=1024)
def _roles_of(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return roles as a mapping, of which users with the same roles share one."""
    return MappingProxyType(dict(pairs))


@dataclass(slots=True)
class _User:
    """One row of users.csv that is still valid.

    A large district has hundreds of thousands: so place and cells are kept as one text, in which no cell has an end mark.
    """

    row: bytes
    problems: list[Problem]
    is_doubtful: bool = False
    # What the columns say that the mapping names besides: of the protected, of who attends a college, and of who died.
    mark: str = ""
    college: str = ""
    death: str = ""
    # Reading of a role to the file's word for it.
    roles: Mapping[str, str] = field(default_factory=lambda: _roles_of(()))

    @classmethod
    def of(cls, cells: Cells, *, is_doubtful: bool, mark: str = "", college: str = "", death: str = "") -> _User:
        """Keep the cells of a row that are asked for again."""
        told = cells.values.get
        kept = _END.join([cells.place, *[told(each, "") for each in _KEPT]])
        return cls(kept.encode(), cells.problems, is_doubtful, mark, college, death)

    @property
    def cells(self) -> Cells:
        place, *kept = self.row.decode().split(_END)
        return Cells(place, dict(zip(_KEPT, kept, strict=True)), self.problems)

    @property
    def agents(self) -> tuple[str, ...]:
        """The sourcedIds of the agents: of a student the guardians, of a guardian the students."""
        return _listed(self.row.decode().split(_END)[_AGENTS])

    def take(self, reading: str, word: str) -> None:
        """Add a role, unless the user has one of the same reading."""
        if reading not in self.roles:
            self.roles = _roles_of((*self.roles.items(), (reading, word)))

    def holds_rights(self) -> bool:
        """Whether the user holds a parent's rights by a row whose status is clear.

        A role is a user's, and says nothing of the student. Who is one student's guardian and another's relative, as Infinite
        Campus has it in 1.2, holds the rights of neither until somebody says whose they are.
        """
        return "holds_rights" in self.roles and RELATIVE not in self.roles and not self.is_doubtful


@dataclass(frozen=True, slots=True)
class OneRosterReader:
    """Reads one export; `known` are the students on file by pseudonym. A delta leaves them as they are.

    Of an `OnFile` no more is read than the export is about. `tells_ids`: whether another file names its students by one of
    their ids.
    """

    export: Export
    pseudonyms: Pseudonyms
    choices: OneRosterChoices
    known: Mapping[str, StudentRecord]
    today: date
    table: RoleTable = field(default_factory=RoleTable)
    tells_ids: bool = True

    def read(self) -> Found:
        """Return the roster. Problems are added to the export's; if there are any, the roster is of no use."""
        users, gone = self._users()
        ended = self._roles(users, gone)
        births = self._births()
        # The text of an id is kept once, as that of the user.
        births |= {each: births.pop(each) for each in users if each in births}
        # Files that answer no question are checked too: a damaged export is not half a roster.
        for name in OTHERS:
            if self.export.has(name):
                with self.export.files.open(name) as file:
                    look_at(file, SPELT.get(name, name), self.export.problems)
        if not self.export.has(USERS) and not self.export.problems:
            self.export.problems.append(Problem("users.csv", "is missing: a roster needs its users"))
        known: Mapping[str, StudentRecord] = {}
        if self.export.is_delta(USERS):
            known = self._around(users, gone, ended, births)
        elif self.export.is_delta(DEMOGRAPHICS):
            known = dict(self.known)
        return replace(self, known=known).found(users, gone, ended, births)

    def found(
        self,
        users: dict[str, _User],
        gone: set[str],
        ended: Mapping[str, set[str]],
        births: dict[str, date | None],
    ) -> Found:
        """Return the roster; `known` are the students on file who matter to it."""
        delta = self.export.is_delta(USERS)
        if delta and self.choices.student_id != "sourcedId":
            told = f"is a delta, which names who left by sourcedId alone: take that for the id, not {self.choices.student_id}"
            self.export.problems.append(Problem(USERS, told))
            delta = False
        if delta:
            self._roles_on_file(users, ended)
        students = {each: user for each, user in users.items() if "student" in user.roles}
        ids = self._ids(students)
        by_kind = self._by_kind(students, ids) if self.tells_ids else {}
        staff = tuple(self._staff(users))
        staff_gone = tuple(map(self.pseudonyms.staff, sorted(self._no_staff(users, gone, ended)))) if delta else ()
        lost = self._lost(users, gone, ended) if delta else set()
        # From here on a student of a whole roster is kept once, as the record.
        del students
        linked, unlinked = self._linked(ids, users, births, lost, delta=delta)
        leavers = tuple(self._leavers(gone, ended, set(ids))) if delta else ()
        if delta:
            linked += self._born_since(births, {each.id for each in linked})
        elif not linked and not self.export.problems:
            told = "names no student: an empty roster would say that everyone has left"
            self.export.problems.append(Problem(USERS, told))
        roster = RosterImport(
            tuple(linked),
            tells_births=self.export.has(DEMOGRAPHICS),
            tells_guardians=self._tells_guardians(),
            tells_staff=True,
            tells_protection=self.export.protected is not None,
            tells_deaths=self.export.died is not None,
            whole=not delta,
            gone=leavers,
            staff=staff,
            staff_gone=staff_gone,
            unlinked=unlinked,
            newest=self.export.newest,
            kind="oneroster",
        )
        return Found(roster, by_kind)

    def _around(self, users: Mapping[str, _User], *others: Iterable[str]) -> Mapping[str, StudentRecord]:
        """Return the students on file around whom a delta names; all of them where they are at hand."""
        if not isinstance(self.known, OnFile):
            return self.known
        named = {*users, *(agent for user in users.values() for agent in user.agents)}.union(*others)
        return self.known.around(map(self.pseudonyms.student, named), map(self.pseudonyms.guardian, named))

    def _tells_guardians(self) -> bool:
        if "agentSourcedIds" in self.export.columns.get(USERS, {"agentSourcedIds"}):
            return True
        self.export.notes.say("users.csv has no agentSourcedIds: guardians on file stay, and a new student has none")
        return False

    def _users(self) -> tuple[dict[str, _User], set[str]]:
        users: dict[str, _User] = {}
        gone: set[str] = set()
        in_users = ROLES not in self.export.files
        for cells, status in self.export.rows(USERS):
            sourced = cells.text("sourcedId")
            if sourced in users or sourced in gone:
                cells.problem("repeats the sourcedId of a row above: keep one of them")
            elif status == "gone":
                gone.add(sourced)
            else:
                mark = cells.text(self.export.protected.column) if self.export.protected else ""
                college = cells.text(self.export.postsecondary.column) if self.export.postsecondary else ""
                death = cells.text(self.export.died.column) if self.export.died else ""
                users[sourced] = user = _User.of(
                    cells, is_doubtful=status != "active", mark=mark, college=college, death=death
                )
                if cells.text("role"):
                    self._take(user, cells)
                elif in_users and not self.export.is_delta(USERS):
                    cells.problem("has no role: fill it in, or export roles.csv")
        return users, gone

    def _roles(self, users: dict[str, _User], gone: set[str]) -> dict[str, set[str]]:
        """Give the users their roles; return the readings of the roles that ended, by user."""
        ended: dict[str, set[str]] = {}
        for cells, status in self.export.rows(ROLES, key="userSourcedId"):
            sourced = cells.text("userSourcedId")
            begins, ends = cells.any_day("beginDate"), cells.any_day("endDate")
            over = status == "gone" or (ends is not None and ends < self.today)
            reading = self.table.of_user(cells.text("role"))
            early = begins is not None and begins > self.today and reading != "student"
            if over:
                ended.setdefault(sourced, set()).add(reading or "")
            elif sourced in users and not early:
                self._take(users[sourced], cells, clear=status == "active")
        # A user may have ended one role as a student and hold another.
        return {sourced: readings - users[sourced].roles.keys() if sourced in users else readings
                for sourced, readings in ended.items() if sourced not in gone}  # fmt: skip

    def _take(self, user: _User, cells: Cells, *, clear: bool = True) -> None:
        reading = read_role(cells, "role", self.table, self.export.notes)
        if reading == "holds_rights" and not clear:
            reading = "no_rights"
        is_relative = reading == "no_rights" and folded(cells.text("role")) == RELATIVE
        user.take(RELATIVE if is_relative else reading or "", cells.text("role"))

    def _roles_on_file(self, users: dict[str, _User], ended: Mapping[str, set[str]]) -> None:
        """Where a delta has a user without their roles, these are as on file."""
        guardians = {each for record in self.known.values() for each in record.guardians}
        for sourced, user in users.items():
            if user.roles:
                continue
            over = ended.get(sourced, set())
            if self._pseudonym(sourced, user) in self.known and "student" not in over:
                user.take("student", "student")
            if self.pseudonyms.guardian(sourced) in guardians and not over & {"holds_rights", "no_rights"}:
                user.take("holds_rights", "guardian")

    def _staff(self, users: Mapping[str, _User]) -> Iterator[StaffRecord]:
        for sourced, user in users.items():
            if "staff" in user.roles and "student" not in user.roles and (names := _names(user.cells)):
                yield StaffRecord(self.pseudonyms.staff(sourced), names, user.roles["staff"])

    @staticmethod
    def _no_staff(users: Mapping[str, _User], gone: set[str], ended: Mapping[str, set[str]]) -> set[str]:
        over = {sourced for sourced, readings in ended.items() if "staff" in readings}
        still = {sourced for sourced, user in users.items() if "staff" in user.roles}
        return ({*gone, *over} | {each for each, user in users.items() if user.roles}) - still

    def _ids(self, students: Mapping[str, _User]) -> dict[str, str]:
        """Return the pseudonym of each student by sourcedId; one without the id that the mapping chose is a problem."""
        ids: dict[str, str] = {}
        taken: set[str] = set()
        for sourced, user in students.items():
            pseudonym = self._pseudonym(sourced, user)
            if pseudonym is None:
                user.cells.problem(f"has no {self.choices.student_id}, which the mapping takes for the student's id")
            elif pseudonym in taken:
                user.cells.problem(f"repeats the {self.choices.student_id} of a student above: each needs their own")
            else:
                taken.add(pseudonym)
                ids[sourced] = pseudonym
        return ids

    def _pseudonym(self, sourced: str, user: _User) -> str | None:
        chosen = self.choices.student_id
        roster_id = sourced if chosen == "sourcedId" else user.cells.text(chosen)
        return self.pseudonyms.student(roster_id) if roster_id else None

    def _births(self) -> dict[str, date | None]:
        births: dict[str, date | None] = {}
        for cells, status in self.export.rows(DEMOGRAPHICS):
            sourced = cells.text("sourcedId")
            if sourced in births:
                cells.problem("repeats the sourcedId of a row above: keep one of them")
            born = cells.any_day("birthDate")
            if born is not None and born > self.today:
                cells.problem("birthDate is in the future: correct it")
            births[sourced] = None if status == "gone" else born
        return births

    def _record(
        self,
        pseudonym: str,
        sourced: str,
        user: _User,
        births: dict[str, date | None],
        guardians: Mapping[str, str],
    ) -> StudentRecord:
        cells, chosen = user.cells, self.choices.student_id
        if self.export.protected is not None:
            cells.values[self.export.protected.column] = user.mark
        if self.export.postsecondary is not None:
            cells.values[self.export.postsecondary.column] = user.college
        if self.export.died is not None:
            cells.values[self.export.died.column] = user.death
        roster_id = sourced if chosen == "sourcedId" else cells.text(chosen)
        names = _names(cells)
        if not names:
            cells.problem("has no name: fill in givenName and familyName")
        grades = _listed(cells.text("grades"))
        before = self.known.get(pseudonym)
        kept = before.born if before is not None and self.export.is_delta(DEMOGRAPHICS) else None
        born = births.pop(sourced, kept)
        return StudentRecord(
            id=pseudonym,
            roster_id=roster_id,
            names=names,
            born=born,
            postsecondary=any(grade.casefold() == _POSTSECONDARY for grade in grades)
            or attends(cells, self.export.postsecondary),
            grade=intern(", ".join(grades)) or None,
            guardians=tuple(guardians),
            guardian_names=tuple((each, name) for each, name in guardians.items() if name),
            given=cells.text("givenName") or None,
            family=cells.text("familyName") or None,
            marked=marked(cells, self.export.protected),
            died=died_on(cells, self.export.died, born, self.today),
        )

    def _linked(
        self,
        ids: Mapping[str, str],
        users: dict[str, _User],
        births: dict[str, date | None],
        lost: set[str],
        *,
        delta: bool,
    ) -> tuple[list[StudentRecord], tuple[Unlinked, ...]]:
        """Return the students with their guardians; in a delta, those on file too whose guardians change.

        Beside them, who stands beside a student of the file and was not linked.
        """
        on_file = {record.roster_id: record for record in self.known.values()} if delta else {}
        for sourced in ids:
            if sourced in users[sourced].agents:
                users[sourced].cells.problem("makes a student their own guardian: correct agentSourcedIds")
        holders = {sourced for sourced, user in users.items() if user.holds_rights()}
        if delta:
            holders |= self._holders_on_file(users, lost)
        ends = Ends(_Agents(users), {*ids, *(on_file.keys() - users.keys())}, {each: each for each in holders})
        links, left = links_of(ends, whole=not delta)
        unlinked = tuple(self._unlinked(ids, users, left))
        standing, linked = Standing.of(ends, self.pseudonyms.guardian) if delta else None, list[StudentRecord]()
        # Of a large roster nothing is kept twice: of a guardian the row or the name, of a student the row or the record.
        called = {
            each: _name(users[each] if delta or each in ids else users.pop(each)) for each in holders if each in users
        }
        names = {each: name for record in self.known.values() for each, name in record.guardian_names}
        names |= {self.pseudonyms.guardian(each): name for each, name in called.items()} if delta else {}
        rows = {each: users[each] for each in ids}
        if not delta:
            users.clear()
            del ends, holders
        guardians_of = self._guardians_of(links, called, names)
        del links, called
        for sourced in (*on_file, *(each for each in ids if each not in on_file)):
            before = on_file.get(sourced)
            guardians = {
                each: names.get(each, "")
                for each in (before.guardians if before is not None else ())
                if each not in lost and standing is not None and standing.stands(sourced, each)
            }
            guardians |= guardians_of.pop(sourced, ())
            if sourced in ids:
                linked.append(self._record(ids[sourced], sourced, rows.pop(sourced), births, guardians))
            elif before is not None and (now := _with(before, guardians)) != before:
                linked.append(now)
        return linked, unlinked

    def _guardians_of(
        self, links: dict[str, list[str]], called: Mapping[str, str], names: Mapping[str, str]
    ) -> dict[str, tuple[tuple[str, str], ...]]:
        """Return the links with each guardian's pseudonym and name for the sourcedId: in place, since there are many."""
        found = cast("dict[str, tuple[tuple[str, str], ...]]", links)
        for student, guardians in links.items():
            found[student] = tuple(
                (
                    pseudonym := self.pseudonyms.guardian(each),
                    called[each] if each in called else names.get(pseudonym, ""),
                )
                for each in guardians
            )
        return found

    def _unlinked(
        self, ids: Mapping[str, str], users: Mapping[str, _User], left: Mapping[tuple[str, str], str]
    ) -> Iterator[Unlinked]:
        for (student, agent), why in left.items():
            if student not in ids:
                continue
            user = users.get(agent)
            name, role = (_name(user), ", ".join(user.roles.values())) if user else ("", "")
            told = why
            if user and why == NO_RIGHTS:
                both = "holds_rights" in user.roles and RELATIVE in user.roles
                told = DOUBTFUL if user.is_doubtful else OF_WHOM if both else why
            person = self.pseudonyms.guardian(agent)
            yield Unlinked(ids[student], _name(users[student]), person, name, role, told)

    def _holders_on_file(self, users: Mapping[str, _User], lost: set[str]) -> set[str]:
        """Return the agents without a row of their own who are guardians of a student on file."""
        guardians = {each for record in self.known.values() for each in record.guardians} - lost
        agents = {agent for user in users.values() for agent in user.agents} - users.keys()
        return {agent for agent in agents if self.pseudonyms.guardian(agent) in guardians}

    def _lost(self, users: Mapping[str, _User], gone: set[str], ended: Mapping[str, set[str]]) -> set[str]:
        """Return the pseudonyms of the guardians who no longer hold a parent's rights."""
        over = {sourced for sourced, readings in ended.items() if "holds_rights" in readings}
        without = {sourced for sourced, user in users.items() if not user.holds_rights()}
        still = {sourced for sourced, user in users.items() if user.holds_rights()}
        return {self.pseudonyms.guardian(each) for each in (gone | over | without) - still}

    def _leavers(self, gone: set[str], ended: Mapping[str, set[str]], students: set[str]) -> Iterable[str]:
        over = {sourced for sourced, roles in ended.items() if "student" in roles}
        return (self.pseudonyms.student(sourced) for sourced in sorted((gone | over) - students))

    def _born_since(self, births: Mapping[str, date | None], linked: Collection[str]) -> list[StudentRecord]:
        """Return the students on file whose birth date alone is new."""
        found: list[StudentRecord] = []
        for sourced, born in births.items():
            record = self.known.get(self.pseudonyms.student(sourced))
            if record is not None and record.id not in linked and born not in (None, record.born):
                found.append(replace(record, born=born))
        return found

    def _by_kind(self, students: Mapping[str, _User], ids: Mapping[str, str]) -> dict[str, dict[str, str]]:
        kinds: dict[str, dict[str, str]] = {kind: {} for kind in _IDS}
        for sourced, pseudonym in ids.items():
            cells = students[sourced].cells
            for kind in _IDS:
                if value := cells.text(kind):
                    add_id(kinds[kind], value, pseudonym)
        return {**kinds, "student_id": kinds[self.choices.student_id]}


class _Agents(Mapping[str, tuple[str, ...]]):
    """The agents that each user lists, read from the rows one by one."""

    def __init__(self, users: Mapping[str, _User]) -> None:
        self._users = users

    def __getitem__(self, sourced: str) -> tuple[str, ...]:
        return self._users[sourced].agents

    def __contains__(self, sourced: object) -> bool:
        return sourced in self._users

    def __iter__(self) -> Iterator[str]:
        return iter(self._users)

    def __len__(self) -> int:
        return len(self._users)


def _with(record: StudentRecord, guardians: Mapping[str, str]) -> StudentRecord:
    told = tuple((each, name) for each, name in guardians.items() if name)
    return replace(record, guardians=tuple(guardians), guardian_names=told)


def _name(user: _User) -> str:
    return next(iter(_names(user.cells)), "")


def _listed(text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _names(cells: Cells) -> tuple[str, ...]:
    """Return a user's names: as the standard's fields give it first, then with middle and preferred names."""
    given, middle, family = (cells.text(f"{part}Name") for part in ("given", "middle", "family"))
    first, between, last = (cells.text(f"preferred{part}Name") for part in ("Given", "Middle", "Family"))
    return Names(given, middle, family, (first, between, last)).all()


@dataclass(frozen=True, slots=True)
class Ends:
    """The rows of an export by sourcedId: the agents each user lists, who is a student, who holds a parent's rights.

    In a delta, `students` and `holders` may be users on file whose rows it does not have. Each holder stands for itself, so
    that the text of an id is kept once for all of their links.
    """

    agents: Mapping[str, tuple[str, ...]]
    students: set[str]
    holders: Mapping[str, str]


def links_of(ends: Ends, *, whole: bool) -> tuple[dict[str, list[str]], dict[tuple[str, str], str]]:
    """Return the guardians of each student, by sourcedId; and each pair of a student and an agent that was not linked, why.

    Where two users are both students and both guardians, the file does not say who is whose: neither gets rights over
    the other. The same holds for a circle of more.
    """
    holders: dict[str, list[str]] = {}
    left: dict[tuple[str, str], str] = {}
    for user, agents in ends.agents.items():
        for agent in agents:
            found = [
                (student, holder)
                for student, holder in ((user, agent), (agent, user))
                if student != holder and holder in ends.holders and student in ends.students
            ]
            for student, holder in found:
                known = holders.setdefault(student, [])
                if holder not in known:
                    known.append(ends.holders[holder])
            if not found and user in ends.students and agent != user:
                if agent in ends.agents:
                    left[user, agent] = NO_RIGHTS
                elif whole:
                    left[user, agent] = NOBODY
            elif not found and agent in ends.students and agent != user:
                left[agent, user] = NO_RIGHTS
    # Who is no student has no guardian, and who holds nobody's rights is no guardian: neither is in a circle.
    circles = in_circles(
        [
            (student, holder)
            for student in holders.keys() & ends.holders.keys()
            for holder in holders[student]
            if holder in holders
        ]
    )
    for student, holder in sorted(circles):
        left[student, holder] = CYCLE
        holders[student].remove(holder)
    return holders, left


@dataclass(frozen=True, slots=True)
class Standing:
    """The links on file that a delta keeps. Guardians have pseudonyms there.

    A direction that no row of the delta fills says nothing by being blank. A direction that is filled lists all links
    of a row.
    """

    ends: Ends
    guardian: Callable[[str], str]
    _rows: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, ends: Ends, guardian: Callable[[str], str]) -> Standing:
        """Take the rows of a delta, and the function from a guardian's sourcedId to a pseudonym."""
        return cls(ends, guardian, {guardian(each): each for each in ends.holders if each in ends.agents})

    def stands(self, student: str, guardian: str) -> bool:
        """Whether the guardian on file (a pseudonym) is still the student's (a sourcedId)."""
        agents, row = self.ends.agents, self._rows.get(guardian)
        if guardian in map(self.guardian, agents.get(student, ())) or (row is not None and student in agents[row]):
            return True
        by_student = student in agents and self._is_told_by(self.ends.students)
        return not by_student and not (row is not None and self._is_told_by(self.ends.holders))

    def _is_told_by(self, users: Collection[str]) -> bool:
        return any(agents for each, agents in self.ends.agents.items() if each in users)
