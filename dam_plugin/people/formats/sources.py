"""Reads a roster from a file, folder or ZIP: recognises its format, then runs that format's reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import IO

from dam_plugin.errors import Problem, RosterError
from dam_plugin.model import StudentRecord
from dam_plugin.people.formats import clever, oneroster, school_data_sync
from dam_plugin.people.formats.clever import read_clever
from dam_plugin.people.formats.csv_table import LONGEST_NAME, Columns, Notes, close_to, header_of, rows
from dam_plugin.people.formats.oneroster import OneRosterReader, open_export
from dam_plugin.people.formats.opt_outs import Whose, with_answers_ids, with_opt_outs
from dam_plugin.people.formats.plain_csv import OPT_OUTS, STUDENTS, mapped_columns, read_mapped, read_plain
from dam_plugin.people.formats.portrait_index import NAMES, IndexFile, read_index
from dam_plugin.people.formats.recognise import Recognised, header, recognised
from dam_plugin.people.formats.register import Found, Register
from dam_plugin.people.formats.roster_files import Files, roster_files
from dam_plugin.people.formats.school_data_sync import read_sync
from dam_plugin.people.formats.unread_answers import sounds_like_answers, with_answers
from dam_plugin.people.formats.workbook import ENDING
from dam_plugin.people.formats.zip_limits import LARGEST_FILE
from dam_plugin.people.mapping import OptOutColumns, RosterMapping
from dam_plugin.people.role_table import RoleTable
from dam_plugin.people.roster import RosterImport
from dam_plugin.procedure.purposes import STARTER_PACK, PurposeList
from dam_plugin.pseudonyms import Pseudonyms

# An index is read into memory.
LARGEST_INDEX = 64 * 2**20
_UNREAD = (
    "the column {column!r} may hold families' answers, and nothing reads it: say in a mapping what they mean (`opt_outs:` with "
    "`file: {name}`), or name it there under `ignore:`"
)
MAPPED = "a list of students, read by the mapping file"
INDEX = "a portrait index (PSPA)"
# The tables of each format, of which every other column is the district's own.
_TABLES: Mapping[str, Mapping[str, Columns]] = {
    "oneroster": oneroster.COLUMNS,
    "clever": clever.COLUMNS,
    "sds 1": school_data_sync.COLUMNS_1,
    "sds 2": school_data_sync.COLUMNS_2,
    "sds 2.1": school_data_sync.COLUMNS_2,
}


@dataclass(frozen=True, slots=True)
class RosterReader:
    """Reads rosters. The mapping's file of opt-outs is looked for in `folder`; `known` are the students on file.

    `answers_by` is the kind of id by which a file of opt-outs named the students last, for a roster that comes without one.
    """

    pseudonyms: Pseudonyms
    known: Mapping[str, StudentRecord]
    today: date
    mapping: RosterMapping = field(default_factory=RosterMapping)
    folder: Path = Path()
    purposes: PurposeList = STARTER_PACK
    answers_by: str | None = None

    def read(self, source: Path) -> RosterImport:
        """Return the roster at `source`. Raises RosterError with every problem of every file."""
        problems: list[Problem] = []
        notes = Notes()
        found, opt_outs = self._found(source, problems, notes), self.mapping.opt_outs
        if found is not None and (kind := opt_outs.matches if opt_outs else self.answers_by):
            found = with_answers_ids(found, kind, self.known, self.pseudonyms)
        roster = found.roster if found else None
        if found is not None and opt_outs is not None:
            roster = self._opted_out(found, opt_outs, problems, notes)
        if problems or roster is None:
            raise RosterError(problems)
        return replace(roster, notes=(*notes.told(), *roster.notes))

    def _found(self, source: Path, problems: list[Problem], notes: Notes) -> Found | None:
        if not source.exists():
            problems.append(Problem(source.name, "is not there: give a folder, a ZIP or a file"))
            return None
        indexes = list(_indexes(source))
        if indexes:
            roster = read_index(_read(indexes, problems), self.pseudonyms, self.known, problems, notes)
            return Found(replace(_without_opt_outs(roster), format=f"this is {INDEX}"), {})
        ending = source.suffix.casefold()
        if source.is_file() and (ending not in (".zip", ENDING) or (ending == ENDING and self.mapping.students)):
            return self._mapped(source, problems, notes)
        if self.mapping.students is not None and source.is_dir():
            return self._mapped_in(source, problems, notes)
        with roster_files(source, problems) as files:
            what = recognised(files)
            if what is None:
                self._say_unknown(source, files, problems)
                return None
            self._note_strangers(files, what, problems, notes)
            for name in what.files if what.format != "plain" else ():
                self._refuse_unread_answers(files.shown(name), header(files, name), problems)
            for name, columns in _TABLES.get(what.format, {}).items():
                # To read a table once more takes time, and few have a column that is none of the format's.
                if header(files, name) - {each.casefold() for each in columns.all}:
                    with files.open(name) as file:
                        self._refuse_answers_in(file, files.shown(name), columns, problems)
            found = self._of(what, files, problems, notes)
            return replace(found, roster=replace(found.roster, format=what.sentence))

    def _of(self, what: Recognised, files: Files, problems: list[Problem], notes: Notes) -> Found:
        roles = RoleTable(self.mapping.roles)
        if what.format == "oneroster":
            export = open_export(files, problems, notes, self.mapping)
            chosen = self.mapping.oneroster
            by_ids = self.mapping.opt_outs is not None or self.answers_by is not None
            found = OneRosterReader(
                export, self.pseudonyms, chosen, self.known, self.today, roles, tells_ids=by_ids
            ).read()
            return replace(found, roster=_without_opt_outs(found.roster))
        if what.format == "index":
            return Found(_without_opt_outs(self._index(files, problems, notes)), {})
        if what.format == "plain":
            problems += [
                Problem(each, f"is for other formats: here the column `{each}` says it")
                for each in ("protected", "postsecondary", "died")
                if getattr(self.mapping, each) is not None
            ]
            roster = read_plain(files, self.pseudonyms, problems, notes, self.purposes)
            return Found(roster, {"student_id": {each.roster_id: each.id for each in roster.students}})
        marks = (self.mapping.protected, self.mapping.postsecondary, self.mapping.died)
        register = Register(self.pseudonyms, roles, self.today, problems, notes, *marks)
        if what.format == "clever":
            return read_clever(files, register)
        return read_sync(files, "1" if what.format == "sds 1" else "2" if what.format == "sds 2" else "2.1", register)

    def _index(self, files: Files, problems: list[Problem], notes: Notes) -> RosterImport:
        name = next(each for each in NAMES if each in files)
        with files.open(name) as file:
            index = IndexFile(name.upper(), Path(files.name).stem, file.read(LARGEST_INDEX))
        return read_index([index], self.pseudonyms, self.known, problems, notes)

    def _note_strangers(self, files: Files, what: Recognised, problems: list[Problem], notes: Notes) -> None:
        """Note the files that are none of the format's; one that may hold opt-outs must not be passed over."""
        mapped = Path(self.mapping.opt_outs.file).name.casefold() if self.mapping.opt_outs else None
        tables = (each for each in files.openers if each.endswith(".csv"))
        strangers = [each for each in tables if each not in what.files and each != mapped]
        for name in strangers if what.format != "plain" else ():
            if "opt" in name or close_to(name, (OPT_OUTS,)):
                told = "may hold opt-outs, and this format has none: name it under opt_outs in the mapping, or move it away"
                problems.append(Problem(files.shown(name), told))
        if strangers and what.format != "plain":
            notes.say(f"{len(strangers)} file(s) are none of this format's: nothing was read from them")

    def _refuse_unread_answers(self, name: str, columns: Iterable[str], problems: list[Problem]) -> None:
        """Refuse a column that may hold families' answers and that the mapping says nothing of.

        INVARIANT: no family's no is passed over in silence.
        """
        if self._reads_answers(name):
            return
        unread = {each for each in columns if sounds_like_answers(each)} - self._known_columns()
        problems += [Problem(name, _UNREAD.format(column=each[:LONGEST_NAME], name=name)) for each in sorted(unread)]

    def _reads_answers(self, name: str) -> bool:
        """Whether this is the file whose answers the mapping explains."""
        of_answers = self.mapping.opt_outs
        return of_answers is not None and Path(of_answers.file).name.casefold() == name.casefold()

    def _known_columns(self) -> set[str]:
        """Return the columns that the mapping reads a protection, a college or a death from, or says to hold no answers."""
        mapping, students = self.mapping, self.mapping.students
        of_students = (students.protected, students.postsecondary, students.died) if students else ()
        marks = (mapping.protected, mapping.postsecondary, mapping.died, *of_students)
        return {each.casefold() for each in (*mapping.ignore, *(mark.column for mark in marks if mark))}

    def _refuse_answers_in(self, file: IO[bytes], name: str, columns: Columns, problems: list[Problem]) -> None:
        """Refuse a column of a table that nothing reads and in which answers stand, whatever it is called."""
        if self._reads_answers(name):
            return
        read = {each.casefold() for each in columns.all}
        seen: list[Problem] = []
        found = with_answers(each.values for each in rows(file, name, columns, seen))
        told = {each.casefold() for each in found} - read - self._known_columns()
        told -= {each for each in told if sounds_like_answers(each)}
        problems += [Problem(name, _UNREAD.format(column=each[:LONGEST_NAME], name=name)) for each in sorted(told)]

    @staticmethod
    def _say_unknown(source: Path, files: Files, problems: list[Problem]) -> None:
        if problems:
            return
        if source.is_dir():
            for name in sorted(each for each in files.openers if each.endswith(".csv")):
                close = close_to(name, (STUDENTS,)) or ": move it away"
                problems.append(Problem(files.shown(name), f"is not known here{close}"))
            problems.append(Problem(STUDENTS, "is missing from the folder: a roster needs its students"))
        else:
            told = "holds neither users.csv, student.csv, students.csv nor INDEX.TXT: it is no roster that we know"
            problems.append(Problem(source.name, told))

    def _mapped_in(self, source: Path, problems: list[Problem], notes: Notes) -> Found | None:
        """Read the one table of a folder that is not the file of opt-outs."""
        mapped = Path(self.mapping.opt_outs.file).name.casefold() if self.mapping.opt_outs else None
        tables = [each for each in sorted(source.iterdir()) if each.suffix.casefold() in (".csv", ENDING)]
        others = [each for each in tables if each.name.casefold() != mapped]
        if len(others) != 1:
            told = f"holds {len(others)} CSV files that could be the students: give the file itself"
            problems.append(Problem(source.name, told))
            return None
        return self._mapped(others[0], problems, notes)

    def _mapped(self, source: Path, problems: list[Problem], notes: Notes) -> Found | None:
        if self.mapping.students is None:
            told = f"is one file: say which columns are what with --mapping, or give the folder that holds {STUDENTS}"
            problems.append(Problem(source.name, told))
            return None
        with _table(source, problems) as file:
            if file is None:
                return None
            self._refuse_unread_answers(source.name, header_of(file), problems)
            file.seek(0)
            self._refuse_answers_in(file, source.name, mapped_columns(self.mapping.students), problems)
            file.seek(0)
            roster, ids = read_mapped(
                file, source.name, self.mapping.students, self.pseudonyms, self.today, problems, notes
            )
        return Found(replace(roster, format=f"this is {MAPPED}"), {"student_id": ids})

    def _opted_out(self, found: Found, mapping: OptOutColumns, problems: list[Problem], notes: Notes) -> RosterImport:
        if mapping.matches not in found.ids:
            problems.append(
                Problem("opt_outs.matches", f"names an id that this roster does not have: {mapping.matches}")
            )
            return found.roster
        path = self.folder / mapping.file
        if not path.is_file():
            told = "is not there: the mapping looks for the file of opt-outs beside itself"
            problems.append(Problem(path.name, told))
            return found.roster
        with _table(path, problems) as file:
            if file is None:
                return found.roster
            whose = Whose(found, mapping.matches, self.known, self.pseudonyms)
            return with_opt_outs(whose, file, mapping, self.today, problems, notes)


def _without_opt_outs(roster: RosterImport) -> RosterImport:
    """Return a roster without opt-outs on file: a person may have entered them, and only the roster's own are imported."""
    if not any(each.opt_outs for each in roster.students):
        return roster
    return replace(roster, students=tuple(replace(each, opt_outs=()) for each in roster.students))


@contextmanager
def _table(path: Path, problems: list[Problem]) -> Iterator[IO[bytes] | None]:
    """Give a file of a table, or the one sheet of a workbook; None with a problem if it is none."""
    if path.stat().st_size > LARGEST_FILE:
        problems.append(Problem(path.name, f"is larger than {LARGEST_FILE // 2**20} MiB: this cannot be a roster"))
        yield None
    elif path.suffix.casefold() != ENDING:
        with path.open("rb") as file:
            yield file
    else:
        with roster_files(path, problems) as files:
            if len(files.openers) == 1:
                with files.open(next(iter(files.openers))) as file:
                    yield file
                return
            if not problems:
                told = f"has {len(files.openers)} sheets with something in them: keep the one with the list"
                problems.append(Problem(path.name, told))
            yield None


def _indexes(source: Path) -> Iterator[tuple[str, Path]]:
    """Yield the volume and the place of each index that a path is, or holds at its top or one folder below."""
    if source.is_file():
        if source.suffix.casefold() == ".txt" or source.name.casefold() in NAMES:
            yield source.resolve().parent.name, source
        return
    with suppress(OSError):
        entries = sorted(source.iterdir())
        for path in [*entries, *(below for each in entries if each.is_dir() for below in sorted(each.iterdir()))]:
            if path.name.casefold() in NAMES and path.is_file():
                yield path.resolve().parent.name, path


def _read(indexes: list[tuple[str, Path]], problems: list[Problem]) -> Iterator[IndexFile]:
    for volume, path in indexes:
        with path.open("rb") as file:
            data = file.read(LARGEST_INDEX + 1)
        if len(data) > LARGEST_INDEX:
            problems.append(Problem(path.name, f"is larger than {LARGEST_INDEX // 2**20} MiB: this cannot be an index"))
            continue
        name = path.name if len(indexes) == 1 else f"{volume}/{path.name}"
        yield IndexFile(name, volume, data)
