"""OneRoster 1.1 and 1.2 CSV (1EdTech) to a roster: which files exist, who is a student, who holds a parent's rights.

A guardian is a user with the role guardian or parent (relative only if the mapping says so). The link to a student
is in `agentSourcedIds` of the student's row, the guardian's, or both. Headers and cells are checked against the
standard. No message holds a cell's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from dam_plugin.errors import Problem
from dam_plugin.model import StudentRecord
from dam_plugin.people.formats.csv_table import Cells, Columns, close_to, rows
from dam_plugin.people.formats.roster_files import Files
from dam_plugin.people.mapping import OneRosterChoices
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms

Mode = Literal["bulk", "delta", "absent"]
MANIFEST, USERS, ROLES, DEMOGRAPHICS = "manifest.csv", "users.csv", "roles.csv", "demographics.csv"
_KEPT = ("status", "dateLastModified")
COLUMNS: Mapping[str, Columns] = {
    USERS: Columns(
        ("sourcedId", "givenName", "familyName"),
        (
            *_KEPT, "enabledUser", "orgSourcedIds", "role", "username", "userIds", "middleName", "identifier", "email",
            "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier", "resourceSourcedIds",
            "preferredGivenName", "preferredMiddleName", "preferredFamilyName", "primaryOrgSourcedId", "pronouns",
        ),
        open=True,
    ),
    ROLES: Columns(
        ("sourcedId", "userSourcedId", "role"),
        (*_KEPT, "roleType", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"),
        open=True,
    ),
    DEMOGRAPHICS: Columns(("sourcedId", "birthDate"), (*_KEPT, "sex"), open=True),
    "orgs.csv": Columns(("sourcedId", "name", "type"), (*_KEPT, "identifier", "parentSourcedId"), open=True),
    "classes.csv": Columns(
        ("sourcedId", "title", "schoolSourcedId"),
        (
            *_KEPT, "grades", "courseSourcedId", "classCode", "classType", "location", "termSourcedIds", "subjects",
            "subjectCodes", "periods",
        ),
        open=True,
    ),
    "enrollments.csv": Columns(
        ("sourcedId", "classSourcedId", "userSourcedId", "role"),
        (*_KEPT, "schoolSourcedId", "primary", "beginDate", "endDate"),
        open=True,
    ),
    "academicsessions.csv": Columns(
        ("sourcedId", "title", "type", "startDate", "endDate"),
        (*_KEPT, "parentSourcedId", "schoolYear"),
        open=True,
    ),
}  # fmt: skip
SPELT = {"academicsessions.csv": "academicSessions.csv"}
_MANIFEST = Columns(("propertyName", "value"), open=True)
_GONE = ("tobedeleted", "inactive")
_GUARDIANS = ("guardian", "parent")
_OTHERS = (
    "student", "guardian", "parent", "relative", "teacher", "aide", "administrator", "proctor", "counselor", "principal",
    "districtadministrator", "siteadministrator", "systemadministrator", "user", "learner", "mentor",
)  # fmt: skip
_POSTSECONDARY = "ps"
_IDS = ("sourcedId", "identifier", "userMasterIdentifier", "username")


@dataclass(frozen=True, slots=True)
class Export:
    """A OneRoster export while it is read: its files, whether each is bulk or delta, problems and notes."""

    files: Files
    problems: list[Problem]
    notes: list[str] = field(default_factory=list)
    modes: dict[str, Mode] = field(default_factory=dict)
    # Whether a row of a file had a status: without a manifest that tells a delta from a bulk.
    dated: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        """Whether a file is there and counts."""
        return name in self.files and self.modes.get(name) != "absent"

    def rows(self, name: str) -> Iterator[tuple[Cells, bool]]:
        """Yield the rows of a file that counts, each with whether it is still valid (not `tobedeleted`)."""
        if not self.has(name):
            return
        with self.files.open(name) as file:
            for cells in rows(file, SPELT.get(name, name), COLUMNS[name], self.problems):
                status = cells.text("status").casefold()
                if status not in ("", "active", *_GONE):
                    cells.problem("status is neither active nor tobedeleted")
                if status:
                    self.dated.add(name)
                if not cells.text("sourcedId"):
                    cells.problem("has no sourcedId: every row needs one")
                    continue
                yield cells, status not in _GONE

    def is_delta(self, name: str) -> bool:
        """Whether a file holds only changes. Ask only after its rows were read."""
        return self.modes[name] == "delta" if name in self.modes else name in self.dated


def open_export(files: Files, problems: list[Problem]) -> Export:
    """Return the export in these files, its manifest read and checked against what is there."""
    export = Export(files, problems)
    if MANIFEST not in files:
        export.notes.append("there is no manifest.csv: rows with a status were taken for a delta, others for a bulk")
        return export
    told: dict[str, Cells] = {}
    with files.open(MANIFEST) as file:
        for cells in rows(file, MANIFEST, _MANIFEST, problems):
            told[cells.text("propertyName").casefold()] = cells
    version = told.get("oneroster.version")
    if version is not None and version.text("value").removesuffix(".0") not in ("1", "1.1", "1.2"):
        version.problem("oneroster.version is neither 1.1 nor 1.2")
    for name in COLUMNS:
        cells_of = told.get(f"file.{name.removesuffix('.csv')}")
        if cells_of is not None:
            _note_mode(export, name, cells_of)
    return export


def _note_mode(export: Export, name: str, cells: Cells) -> None:
    value = cells.text("value").casefold()
    if value not in ("bulk", "delta", "absent"):
        cells.problem(f"value is none of bulk, delta, absent{close_to(value, ('bulk', 'delta', 'absent')) or ''}")
    elif value != "absent" and name not in export.files:
        cells.problem(f"says that {SPELT.get(name, name)} is there, and it is not: export it again")
    elif value == "absent" and name in export.files:
        export.modes[name] = "absent"
        export.notes.append(f"{SPELT.get(name, name)} was left alone: the manifest says that it is absent")
    elif value != "absent":
        export.modes[name] = "bulk" if value == "bulk" else "delta"
    else:
        export.modes[name] = "absent"


@dataclass(frozen=True, slots=True)
class Found:
    """A roster as read, and the ids by which another file may name its students: by kind, id to pseudonym."""

    roster: RosterImport
    ids: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _User:
    """One row of users.csv that is still valid."""

    cells: Cells
    agents: tuple[str, ...]
    roles: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class OneRosterReader:
    """Reads one export; `known` are the students on file by pseudonym. A delta leaves them as they are."""

    export: Export
    pseudonyms: Pseudonyms
    choices: OneRosterChoices
    known: Mapping[str, StudentRecord]
    today: date

    def read(self) -> Found:
        """Return the roster. Problems are added to the export's; if there are any, the roster is of no use."""
        users, gone = self._users()
        ended = self._roles(users, gone)
        births = self._births()
        # Files that answer no question are checked too: a damaged export is not half a roster.
        for name in ("orgs.csv", "classes.csv", "enrollments.csv", "academicsessions.csv"):
            for _ in self.export.rows(name):
                pass
        if not self.export.has(USERS) and not self.export.problems:
            self.export.problems.append(Problem("users.csv", "is missing: a roster needs its users"))
        delta = self.export.is_delta(USERS)
        if delta and self.choices.student_id != "sourcedId":
            told = f"is a delta, which names who left by sourcedId alone: take that for the id, not {self.choices.student_id}"
            self.export.problems.append(Problem(USERS, told))
            delta = False
        if delta:
            self._roles_on_file(users, ended)
        students = {each: user for each, user in users.items() if "student" in user.roles}
        ids = self._ids(students)
        records = {sourced: self._record(sourced, user, births) for sourced, user in students.items() if sourced in ids}
        linked = self._linked(records, users, self._lost(users, gone, ended), delta=delta)
        leavers = tuple(self._leavers(gone, ended, set(records))) if delta else ()
        if delta:
            linked |= self._born_since(births, linked)
        elif not linked and not self.export.problems:
            told = "names no student: an empty roster would say that everyone has left"
            self.export.problems.append(Problem(USERS, told))
        roster = RosterImport(
            tuple(linked.values()),
            tells_births=self.export.has(DEMOGRAPHICS),
            whole=not delta,
            gone=leavers,
            notes=tuple(self.export.notes),
            kind="oneroster",
        )
        return Found(roster, self._by_kind(students, ids))

    def _users(self) -> tuple[dict[str, _User], set[str]]:
        users: dict[str, _User] = {}
        gone: set[str] = set()
        in_users = ROLES not in self.export.files
        for cells, stands in self.export.rows(USERS):
            sourced = cells.text("sourcedId")
            if sourced in users or sourced in gone:
                cells.problem("repeats the sourcedId of a row above: keep one of them")
            elif not stands:
                gone.add(sourced)
            else:
                users[sourced] = user = _User(cells, _listed(cells, "agentSourcedIds"))
                if role := cells.text("role"):
                    self._take(user, role, cells)
                elif in_users and not self.export.is_delta(USERS):
                    cells.problem("has no role: fill it in, or export roles.csv")
        return users, gone

    def _roles(self, users: dict[str, _User], gone: set[str]) -> dict[str, set[str]]:
        """Give the users their roles; return the roles that ended, by user."""
        ended: dict[str, set[str]] = {}
        for cells, stands in self.export.rows(ROLES):
            sourced = cells.text("userSourcedId")
            begins, ends = cells.day("beginDate"), cells.day("endDate")
            over = not stands or (ends is not None and ends < self.today)
            role = cells.text("role").casefold()
            early = begins is not None and begins > self.today and role != "student"
            if over:
                ended.setdefault(sourced, set()).add(role)
            elif sourced in users and not early:
                self._take(users[sourced], role, cells)
        # A user may have ended one role as a student and hold another.
        return {sourced: roles - users[sourced].roles if sourced in users else roles for sourced, roles in ended.items()
                if sourced not in gone}  # fmt: skip

    def _take(self, user: _User, role: str, cells: Cells) -> None:
        folded = role.casefold()
        if folded not in _OTHERS and not folded.startswith("ext:"):
            cells.problem(f"role is none of OneRoster's{close_to(folded, _OTHERS) or ''}")
        user.roles.add(folded)

    def _roles_on_file(self, users: dict[str, _User], ended: Mapping[str, set[str]]) -> None:
        """Where a delta has a user without their roles, these are as on file."""
        guardians = {each for record in self.known.values() for each in record.guardians}
        for sourced, user in users.items():
            if user.roles:
                continue
            over = ended.get(sourced, set())
            if self._pseudonym(sourced, user) in self.known and "student" not in over:
                user.roles.add("student")
            if self.pseudonyms.guardian(sourced) in guardians and not over & {*_GUARDIANS, "relative"}:
                user.roles.add("guardian")

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
        for cells, stands in self.export.rows(DEMOGRAPHICS):
            sourced = cells.text("sourcedId")
            if sourced in births:
                cells.problem("repeats the sourcedId of a row above: keep one of them")
            born = cells.day("birthDate")
            if born is not None and born > self.today:
                cells.problem("birthDate is in the future: correct it")
            births[sourced] = born if stands else None
        return births

    def _record(self, sourced: str, user: _User, births: Mapping[str, date | None]) -> StudentRecord:
        cells, chosen = user.cells, self.choices.student_id
        roster_id = sourced if chosen == "sourcedId" else cells.text(chosen)
        pseudonym = self.pseudonyms.student(roster_id)
        names = _names(cells)
        if not names:
            cells.problem("has no name: fill in givenName and familyName")
        grades = _listed(cells, "grades")
        before = self.known.get(pseudonym)
        kept = before.born if before is not None and self.export.is_delta(DEMOGRAPHICS) else None
        return StudentRecord(
            id=pseudonym,
            roster_id=roster_id,
            names=names,
            born=births.get(sourced, kept),
            postsecondary=any(grade.casefold() == _POSTSECONDARY for grade in grades),
            grade=", ".join(grades) or None,
            guardians=before.guardians if before else (),
            guardian_names=before.guardian_names if before else (),
            given=cells.text("givenName") or None,
            family=cells.text("familyName") or None,
        )

    def _linked(
        self, records: Mapping[str, StudentRecord], users: Mapping[str, _User], lost: set[str], *, delta: bool
    ) -> dict[str, StudentRecord]:
        """Return the records by pseudonym with their guardians; in a delta, those on file too whose guardians change."""
        on_file = {record.roster_id: record for record in self.known.values()} if delta else {}
        for sourced in records:
            if sourced in users[sourced].agents:
                users[sourced].cells.problem("makes a student their own guardian: correct agentSourcedIds")
        holders = {sourced for sourced, user in users.items() if user.roles & self._rights}
        names = {self.pseudonyms.guardian(each): next(iter(_names(users[each].cells)), "") for each in holders}
        if delta:
            holders |= self._holders_on_file(users, lost)
        agents = {each: user.agents for each, user in users.items()}
        ends = Ends(agents, {*records, *(on_file.keys() - users.keys())}, holders)
        links = links_of(ends, self.export.notes, whole=not delta)
        standing, linked = Standing.of(ends, self.pseudonyms.guardian), {}
        for sourced, record in {**on_file, **records}.items():
            kept = [each for each in record.guardians if each not in lost and standing.stands(sourced, each)]
            new = map(self.pseudonyms.guardian, links.get(sourced, ()))
            told = {**self._names_on_file, **names} if delta else names
            now = _with(record, tuple(dict.fromkeys((*(kept if delta else ()), *new))), told)
            if sourced in records or now != record:
                linked[now.id] = now
        return linked

    def _holders_on_file(self, users: Mapping[str, _User], lost: set[str]) -> set[str]:
        """Return the agents without a row of their own who are guardians of a student on file."""
        guardians = {each for record in self.known.values() for each in record.guardians} - lost
        agents = {agent for user in users.values() for agent in user.agents} - users.keys()
        return {agent for agent in agents if self.pseudonyms.guardian(agent) in guardians}

    @property
    def _names_on_file(self) -> dict[str, str]:
        return {each: name for record in self.known.values() for each, name in record.guardian_names}

    @property
    def _rights(self) -> set[str]:
        return {*_GUARDIANS, "relative"} if self.choices.relatives_hold_rights else set(_GUARDIANS)

    def _lost(self, users: Mapping[str, _User], gone: set[str], ended: Mapping[str, set[str]]) -> set[str]:
        """Return the pseudonyms of the guardians who no longer hold a parent's rights."""
        over = {sourced for sourced, roles in ended.items() if roles & self._rights}
        without = {sourced for sourced, user in users.items() if not user.roles & self._rights}
        still = {sourced for sourced, user in users.items() if user.roles & self._rights}
        return {self.pseudonyms.guardian(each) for each in (gone | over | without) - still}

    def _leavers(self, gone: set[str], ended: Mapping[str, set[str]], students: set[str]) -> Iterable[str]:
        over = {sourced for sourced, roles in ended.items() if "student" in roles}
        return (self.pseudonyms.student(sourced) for sourced in sorted((gone | over) - students))

    def _born_since(
        self, births: Mapping[str, date | None], linked: Mapping[str, StudentRecord]
    ) -> dict[str, StudentRecord]:
        """Return the students on file whose birth date alone is new."""
        found: dict[str, StudentRecord] = {}
        for sourced, born in births.items():
            record = self.known.get(self.pseudonyms.student(sourced))
            if record is not None and record.id not in linked and born not in (None, record.born):
                found[record.id] = replace(record, born=born)
        return found

    def _by_kind(self, students: Mapping[str, _User], ids: Mapping[str, str]) -> dict[str, dict[str, str]]:
        kinds: dict[str, dict[str, str]] = {kind: {} for kind in _IDS}
        for sourced, pseudonym in ids.items():
            for kind in _IDS:
                if value := students[sourced].cells.text(kind):
                    kinds[kind].setdefault(value, pseudonym)
        return {**kinds, "student_id": kinds[self.choices.student_id]}


def _with(record: StudentRecord, guardians: tuple[str, ...], names: Mapping[str, str]) -> StudentRecord:
    told = tuple((each, names[each]) for each in guardians if names.get(each))
    return replace(record, guardians=guardians, guardian_names=told)


def _listed(cells: Cells, column: str) -> tuple[str, ...]:
    parts = (part.strip() for part in cells.text(column).split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _names(cells: Cells) -> tuple[str, ...]:
    """Return a user's names: as the standard's fields give it first, then with middle and preferred names."""
    given, middle, family = (cells.text(f"{part}Name") for part in ("given", "middle", "family"))
    first, between, last = (cells.text(f"preferred{part}Name") for part in ("Given", "Middle", "Family"))
    spelt = [(given, family), (given, middle, family)]
    if first or last:
        spelt += [(first or given, last or family), (first or given, family)]
    if between:
        spelt.append((first or given, between, last or family))
    joined = (" ".join(part for part in parts if part) for parts in spelt)
    return tuple(dict.fromkeys(name for name in joined if name))


@dataclass(frozen=True, slots=True)
class Ends:
    """The rows of an export by sourcedId: the agents each user lists, who is a student, who holds a parent's rights.

    In a delta, `students` and `holders` may be users on file whose rows it does not have.
    """

    agents: Mapping[str, tuple[str, ...]]
    students: set[str]
    holders: set[str]


def links_of(ends: Ends, notes: list[str], *, whole: bool) -> dict[str, tuple[str, ...]]:
    """Return the guardians of each student, by sourcedId. Links that belong to no guardian are counted in a note.

    Where two users are both students and both guardians, the file does not say who is whose: neither gets rights over
    the other.
    """
    found: dict[str, dict[str, None]] = {}
    others, mutual, missing = set[tuple[str, str]](), set[frozenset[str]](), 0
    for user, agents in ends.agents.items():
        for agent in agents:
            missing += whole and agent not in ends.agents
            pairs = [
                (student, holder)
                for student, holder in ((user, agent), (agent, user))
                if student != holder and holder in ends.holders and student in ends.students
            ]
            if len(pairs) > 1:
                mutual.add(frozenset((user, agent)))
            elif pairs:
                found.setdefault(pairs[0][0], {})[pairs[0][1]] = None
            elif user in ends.students and agent in ends.agents:
                others.add((user, agent))
    if others:
        notes.append(f"{len(others)} agent(s) of students have no role with a parent's rights: they were not linked")
    if mutual:
        notes.append(f"{len(mutual)} time(s) two users are each other's guardian: neither was linked to the other")
    if missing:
        notes.append(f"{missing} agent(s) are not among the users: they were not linked")
    return {student: tuple(holders) for student, holders in found.items()}


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

    def _is_told_by(self, users: set[str]) -> bool:
        return any(agents for each, agents in self.ends.agents.items() if each in users)
