"""Reads a roster from a file, folder or ZIP: recognises its format, then runs that format's reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

from dam_plugin.errors import Problem, RosterError
from dam_plugin.model import StudentRecord
from dam_plugin.people.formats.csv_table import LARGEST_FILE
from dam_plugin.people.formats.oneroster import MANIFEST, USERS, Found, OneRosterReader, open_export
from dam_plugin.people.formats.opt_outs import with_opt_outs
from dam_plugin.people.formats.plain_csv import STUDENTS, read_mapped, read_roster
from dam_plugin.people.formats.portrait_index import NAMES, IndexFile, read_index
from dam_plugin.people.formats.roster_files import roster_files
from dam_plugin.people.mapping import OptOutColumns, RosterMapping
from dam_plugin.people.roster import RosterImport
from dam_plugin.procedure.purposes import STARTER_PACK, PurposeList
from dam_plugin.pseudonyms import Pseudonyms

Format = Literal["oneroster", "plain", "mapped", "index"]


@dataclass(frozen=True, slots=True)
class RosterReader:
    """Reads rosters. The mapping's file of opt-outs is looked for in `folder`; `known` are the students on file."""

    pseudonyms: Pseudonyms
    known: Mapping[str, StudentRecord]
    today: date
    mapping: RosterMapping = field(default_factory=RosterMapping)
    folder: Path = Path()
    purposes: PurposeList = STARTER_PACK

    def read(self, source: Path) -> RosterImport:
        """Return the roster at `source`. Raises RosterError with every problem of every file."""
        problems: list[Problem] = []
        found = self._found(source, problems)
        roster = found.roster if found else None
        opt_outs = self.mapping.opt_outs
        if found is not None and opt_outs is not None:
            roster = self._opted_out(found, opt_outs, problems)
        if problems or roster is None:
            raise RosterError(problems)
        return roster

    def _found(self, source: Path, problems: list[Problem]) -> Found | None:
        # An opt-out on file may have been entered by a person: only those in the roster itself are imported.
        known = {each: replace(record, opt_outs=()) for each, record in self.known.items()}
        if not source.exists():
            problems.append(Problem(source.name, "is not there: give a folder, a ZIP or a file"))
            return None
        indexes = list(_indexes(source))
        if indexes:
            return Found(read_index(_read(indexes, problems), self.pseudonyms, known, problems), {})
        if source.is_file() and source.suffix.casefold() != ".zip":
            return self._mapped(source, problems)
        found = self._in_files(source, known, problems)
        return found if found or problems else self._plain(source, problems)

    def _in_files(self, source: Path, known: Mapping[str, StudentRecord], problems: list[Problem]) -> Found | None:
        """Return the roster in a folder or ZIP whose file names reveal its format, else None."""
        with roster_files(source, problems) as files:
            if USERS in files or MANIFEST in files:
                export = open_export(files, problems)
                return OneRosterReader(export, self.pseudonyms, self.mapping.oneroster, known, self.today).read()
            for name in (each for each in NAMES if each in files):
                with files.open(name) as file:
                    index = IndexFile(name.upper(), Path(files.name).stem, file.read(LARGEST_FILE))
                return Found(read_index([index], self.pseudonyms, known, problems), {})
        return None

    def _plain(self, source: Path, problems: list[Problem]) -> Found | None:
        if not source.is_dir():
            problems.append(Problem(source.name, "holds neither users.csv nor INDEX.TXT: it is no roster that we know"))
            return None
        if self.mapping.students is not None:
            tables = [path for path in sorted(source.iterdir()) if path.suffix.casefold() == ".csv"]
            others = [path for path in tables if not self._is_of_opt_outs(path)]
            if len(others) != 1:
                told = f"holds {len(others)} CSV files that could be the students: give the file itself"
                problems.append(Problem(source.name, told))
                return None
            return self._mapped(others[0], problems)
        try:
            roster = read_roster(source, self.pseudonyms, self.purposes)
        except RosterError as error:
            problems += error.problems
            return None
        return Found(roster, {"student_id": {each.roster_id: each.id for each in roster.students}})

    def _is_of_opt_outs(self, path: Path) -> bool:
        mapped = self.mapping.opt_outs
        return mapped is not None and path.name == Path(mapped.file).name

    def _mapped(self, source: Path, problems: list[Problem]) -> Found | None:
        if self.mapping.students is None:
            told = f"is one file: say which columns are what with --mapping, or give the folder that holds {STUDENTS}"
            problems.append(Problem(source.name, told))
            return None
        if source.stat().st_size > LARGEST_FILE:
            problems.append(
                Problem(source.name, f"is larger than {LARGEST_FILE // 2**20} MiB: this cannot be a roster")
            )
            return None
        with source.open("rb") as file:
            roster, ids = read_mapped(file, source.name, self.mapping.students, self.pseudonyms, problems)
        return Found(roster, {"student_id": ids})

    def _opted_out(self, found: Found, mapping: OptOutColumns, problems: list[Problem]) -> RosterImport:
        ids = found.ids.get(mapping.matches)
        if ids is None:
            problems.append(
                Problem("opt_outs.matches", f"names an id that this roster does not have: {mapping.matches}")
            )
            return found.roster
        path = self.folder / mapping.file
        if not path.is_file():
            told = "is not there: the mapping looks for the file of opt-outs beside itself"
            problems.append(Problem(path.name, told))
            return found.roster
        with path.open("rb") as file:
            return with_opt_outs(found.roster, file, mapping, ids, self.known, self.today, problems)


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
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            problems.append(Problem(path.name, f"is larger than {LARGEST_FILE // 2**20} MiB: this cannot be an index"))
            continue
        name = path.name if len(indexes) == 1 else f"{volume}/{path.name}"
        yield IndexFile(name, volume, data)
