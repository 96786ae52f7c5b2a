"""Writes the files of a set that are no pictures: portrait index, COPYRIGHT.TXT, README.TXT, captions, manifest, signature.

Each is streamed from the store's records of the set into a private file, and from there into the archive. The index
follows PSPA's guidelines, and publishers' versions of them. No file reveals how many rows there are, or could have
been.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dam_plugin.errors import InputError, Problem
from dam_plugin.model import StudentRecord
from dam_plugin.people.formats.csv_table import Cells, records, under
from dam_plugin.people.formats.portrait_index import IndexFile, rows_of
from dam_plugin.people.names_in_text import RosterNames
from dam_plugin.private_files import on_disk
from dam_plugin.services import Services
from dam_plugin.settings import school_year
from dam_plugin.store import Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.sets import (
    CAPTIONS,
    MANIFEST,
    PAGE,
    SIGNATURE,
    STAFF,
    Altered,
    ExportFile,
    ExportSet,
    PortraitRow,
)
from dam_plugin.yearbook import manifest
from dam_plugin.yearbook.manifest import Head, Kind, ManifestFile
from dam_plugin.yearbook.names import TOLD, Way, as_held, held, one_line, parts, stands_in
from dam_plugin.yearbook.profiles import COPYRIGHT, README, SHIPPED, Profile
from dam_plugin.yearbook.signing_key import Signer
from dam_plugin.yearbook.spreadsheet import without_formula
from dam_plugin.yearbook.zip_file import Archive

_BATCH = 500
_WORDS = re.compile(r"\S+")
SIZES = {(320, 400): "Small", (640, 800): "Large"}
"""The names of portrait sizes (width, height) in PSPA's guidelines. Any other size is "Other"."""
NAMING = "home rooms and teachers that have a name or a number of somebody on the roster were left out"
UNSPLIT = "names that the roster does not part into first and last were parted at their last blank"


@dataclass(frozen=True, slots=True)
class Signed:
    """The written manifest: its sha256, and the paths of the files behind the pictures."""

    sha256: str
    paths: tuple[str, ...]


class Lists:
    """Writes the lists of one set, once its last picture is written."""

    def __init__(self, services: Services, set_: ExportSet, profile: Profile, archive: Archive, room: Path) -> None:
        """Write nothing yet; `room` is a private folder."""
        self._services = services
        self._set = set_
        self._profile = profile
        self._archive = archive
        self._room = room
        self._others: list[ManifestFile] = []
        self._paths: list[str] = []

    def write(self, unit: Unit) -> tuple[Altered, ...]:
        """Write the volume's index and texts where there are portraits, and the captions where there are candids.

        Returns the texts that the format could not hold as they are on file.
        """
        altered: tuple[Altered, ...] = ()
        if unit.exports.count(self._set.id, "written", "portrait"):
            altered += self._write_volume(unit)
        if unit.exports.count(self._set.id, "written", "candid"):
            self._write_captions(unit)
            if self._services.settings.district.yearbook_lists_staff:
                self._write_staff(unit)
        return altered

    def sign(self, unit: Unit, set_: ExportSet, key: Signer) -> Signed:
        """Write the page, the manifest of the set as it is now, and its signature: the last files of the archive."""
        head = Head(
            set=set_.id,
            day=set_.day,
            district=self._services.settings.district.name,
            publisher=set_.order.publisher,
            recipient=set_.order.recipient.id or set_.order.publisher,
            roster=set_.roster,
            rules=set_.rules,
            key=key.key_id(),
            program=version("dam-plugin"),
        )
        contact = self._services.settings.district.contact
        path = self._room / PAGE
        with on_disk(), path.open("xb") as file:
            encoding = self._profile.encoding_name
            manifest.write_page(file, head, contact, self._pictures(unit), self._others, encoding=encoding)
        self._add(PAGE, path, "page")
        path = self._room / MANIFEST
        with on_disk(), path.open("xb") as file:
            sha256 = manifest.write(file, head, self._pictures(unit), self._others)
        with on_disk():
            signature = key.sign(path.read_bytes())
        self._put(MANIFEST, path)
        self._put(SIGNATURE, signature)
        return Signed(sha256, tuple(self._paths))

    def _pictures(self, unit: Unit) -> Iterator[ManifestFile]:
        return (_manifest_file(each) for each in unit.exports.files(self._set.id))

    def _write_volume(self, unit: Unit) -> tuple[Altered, ...]:
        volume, profile = self._set.order.volume, self._profile
        path, told = self._room / "index", Counter[str]()
        with on_disk(), path.open("xb") as file:
            altered = write_index(self._rows(unit, told), profile, file)
        self._add(profile.index_path(volume), path, "index")
        district, year = self._services.settings.district.name, school_year(self._set.day)
        if profile.copyright:
            self._add_text(f"{volume}/{COPYRIGHT}", copyright_text(profile, district, year))
        if profile.readme:
            self._add_text(f"{volume}/{README}", readme_text(profile, district, year, volume))
        return (*altered, *(Altered(what, count) for what, count in sorted(told.items())))

    def _rows(self, unit: Unit, told: Counter[str]) -> Iterator[PortraitRow]:
        """Yield the index's rows in the order of the portraits, and count texts that differ from the roster or an index."""
        classes = _Classes(unit, told)
        for batch in batched(unit.exports.files(self._set.id, kind="portrait"), _BATCH):
            students = unit.people.students_of(each.student for each in batch if each.student)
            for file in batch:
                record = students.get(file.student or "")
                if record is None or file.path is None:
                    raise InputError("a student of the set is no longer on file: make the set again")
                given, family, is_certain = parts(record)
                told.update([UNSPLIT] * (not is_certain))
                room, teacher = classes.of(file, record)
                _, folder, name = file.path.rsplit("/", 2)
                # Period, track and department of an index reveal programs, and are no directory information.
                yield PortraitRow(
                    volume=self._set.order.volume,
                    folder=folder,
                    file=name,
                    grade=record.grade or "",
                    last=family,
                    first=given,
                    home_room=room,
                    teacher=teacher,
                    size=SIZES.get(self._set.order.portrait_size, "Other"),
                )

    def _write_captions(self, unit: Unit) -> None:
        """Write file and caption of each candid as CSV (RFC 4180), with the mark by which a spreadsheet knows UTF-8."""
        path = self._room / "captions"
        with on_disk(), path.open("x", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file, lineterminator="\r\n")
            table.writerow(["file", "caption"])
            for each in unit.exports.files(self._set.id, kind="candid"):
                table.writerow([each.path, without_formula(each.caption or "")])
        self._add(CAPTIONS, path, "captions")

    def _write_staff(self, unit: Unit) -> None:
        """Write name, role and file of each member of staff whom a caption names in full."""
        named = _Staff(unit)
        path = self._room / "staff"
        with on_disk(), path.open("x", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file, lineterminator="\r\n")
            table.writerow(["name", "role", "file"])
            for each in unit.exports.files(self._set.id, kind="candid"):
                for name, role in named.within(each.caption or ""):
                    table.writerow([without_formula(name), without_formula(role), each.path])
        self._add(STAFF, path, "text")

    def _add(self, path: str, source: Path, kind: Kind) -> None:
        with on_disk(), source.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        self._others.append(ManifestFile(path, sha256, self._put(path, source), kind))

    def _add_text(self, path: str, data: bytes) -> None:
        self._others.append(ManifestFile(path, hashlib.sha256(data).hexdigest(), self._put(path, data), "text"))

    def _put(self, path: str, source: Path | bytes) -> int:
        self._paths.append(path)
        return self._archive.add(path, source)


def write_index(rows: Iterable[PortraitRow], profile: Profile, out: BinaryIO) -> tuple[Altered, ...]:
    """Write the index, row by row, and return the texts that differ from those on file, by column.

    `names.held` makes each cell. A row is dropped once it is written.
    """
    text = _Encoded(out, profile.encoding)
    is_quoted = profile.quoting == "minimal"
    lines = csv.writer(
        text,
        delimiter=profile.delimiter,
        quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
        quotechar='"' if is_quoted else None,
        lineterminator=profile.line_end,
    )
    if profile.header:
        lines.writerow([column.title for column in profile.columns])
    counts: Counter[tuple[str, Way]] = Counter()
    for row in rows:
        cells = [as_held(str(getattr(row, column.field)), profile) for column in profile.columns]
        lines.writerow([cell.text for cell in cells])
        counts.update(
            (column.title, way) for column, cell in zip(profile.columns, cells, strict=True) for way in cell.ways
        )
    order = {column.title: at for at, column in enumerate(profile.columns)}
    told = sorted(counts.items(), key=lambda each: (order[each[0][0]], each[0][1]))
    return tuple(Altered(f"{title}: {TOLD[way]}", count) for (title, way), count in told)


def read_back(index: bytes, profile: Profile) -> Iterator[PortraitRow]:
    """Yield the rows of a written index as our own roster reader finds them; unknown columns are empty.

    The rows of a district's own profile are found by its columns: their titles may be words that no reader knows.
    Raises InputError if the reader refuses the index.
    """
    problems: list[Problem] = []
    is_shipped = profile.name in SHIPPED
    found = rows_of(IndexFile(profile.index, "", index), problems) if is_shipped else _rows_by(profile, index, problems)
    for cells in found:
        yield _row(cells, profile)
    if problems:
        raise InputError(f"the index cannot be read back: {'; '.join(map(str, problems[:3]))}")


def copyright_text(profile: Profile, district: str, year: str) -> bytes:
    """Return COPYRIGHT.TXT: the permitted uses of the pictures."""
    district, year = held(district, profile)[0], held(year, profile)[0]
    return _lines(
        profile,
        f"Pictures for the {year} yearbook of {district}",
        "",
        f"{district} hands these pictures over for one purpose: to print its {year} yearbook.",
        "They may not be used for anything else, passed on to others, published elsewhere,",
        "or kept longer than the printing takes. Copyright stays with whoever holds it.",
        "",
        "Print from the latest set alone. If the district recalls a picture, delete it.",
    )


def readme_text(profile: Profile, district: str, year: str, volume: str) -> bytes:
    """Return README.TXT: the places of the files, and the columns of the index as PSPA's importers look for them."""
    district, year = held(district, profile)[0], held(year, profile)[0]
    return _lines(
        profile,
        f"[School Name] = {district}",
        f"[Year] = {year}",
        f"[Volume Name] = {volume}",
        f"[Index File] = {profile.index}",
        f"[Image Folder] = {profile.folder}",
        f"[# Fields] = {len(profile.columns)}",
        *(f"[Field Definition #{at}] = {column.title}" for at, column in enumerate(profile.columns, 1)),
        "",
        f"{profile.index} has one line for each portrait in {profile.folder}. Files are numbered in the order of the lines.",
        f"It is written in {profile.encoding_name}.",
        "The pictures carry no names and no numbers of students. COPYRIGHT.TXT says what they may be used for.",
    )


class _Classes:
    """Home rooms and teachers from the photographer's index, without those that name a student of the roster."""

    def __init__(self, unit: Unit, told: Counter[str]) -> None:
        self._unit = unit
        self._told = told
        self._seen: dict[str, bool] = {"": False}

    @cached_property
    def _names(self) -> RosterNames:
        return RosterNames(self._unit.people.stream())

    def of(self, file: ExportFile, record: StudentRecord) -> tuple[str, str]:
        """Return home room and teacher of a portrait; empty if no index has them."""
        told = self._unit.people.portrait_at(file.source_key)
        if told is None or told.student != record.id:
            return "", ""
        return self._checked(told.home_room), self._checked(told.teacher)

    def _checked(self, text: str) -> str:
        if text not in self._seen:
            # At most one for each class.
            self._seen[text] = self._names.named_in(text)
        self._told.update([NAMING] * self._seen[text])
        return "" if self._seen[text] else text


class _Staff:
    """The names of the staff of today that are nobody else's.

    INVARIANT: a name of which any part is that of a student or a guardian, of today or before, is not listed: it may be theirs.
    """

    def __init__(self, unit: Unit) -> None:
        others = RosterNames(unit.people.stream())
        self._by_word: dict[str, list[tuple[str, str]]] = {}
        for each in unit.people.staff(active_only=True):
            name = one_line(each.names[0])
            if " " in name and not others.named_in(name):
                self._by_word.setdefault(name.split()[0], []).append((name, each.role))

    def within(self, caption: str) -> Iterator[tuple[str, str]]:
        """Yield name and role of each whose whole name a caption has."""
        for word in dict.fromkeys(_WORDS.findall(caption)):
            for name, role in self._by_word.get(word, ()):
                if stands_in(name, caption):
                    yield name, role


def _manifest_file(file: ExportFile) -> ManifestFile:
    return ManifestFile(
        path=file.path or "",
        sha256=file.sha256 or "",
        size=file.size or 0,
        kind=file.kind,
        # INVARIANT: outsiders do not learn of a crop: a mark stands only for a place that is visibly covered.
        redacted=file.covered,
        decision=file.decision,
    )


@dataclass(frozen=True, slots=True)
class _Encoded:
    """The stream that `csv` writes text to, as bytes. A character outside the encoding is an error, never a question mark."""

    out: BinaryIO
    encoding: str

    def write(self, text: str) -> int:
        return self.out.write(text.encode(self.encoding))


def _rows_by(profile: Profile, index: bytes, problems: list[Problem]) -> Iterator[Cells]:
    try:
        text = index.decode(profile.encoding).encode()
    except UnicodeDecodeError:
        problems.append(Problem(profile.index, "is not in the profile's encoding"))
        return
    lines = records(BytesIO(text), profile.index, problems, delimiter=profile.delimiter)
    if profile.header:
        next(lines, None)
    yield from under([_word(column.field) for column in profile.columns], lines, profile.index, problems)


def _word(field: str) -> str:
    """Return our readers' word for a field."""
    return field.replace("_", " ")


def _row(cells: Cells, profile: Profile) -> PortraitRow:
    return profile.row_of({column.field: cells.text(_word(column.field)) for column in profile.columns})


def _lines(profile: Profile, *lines: str) -> bytes:
    return "".join(f"{line}{profile.line_end}" for line in lines).encode(profile.encoding)
