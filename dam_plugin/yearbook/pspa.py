"""A volume's texts: the portrait index (PSPA/PSPI, and what publishers made of it), COPYRIGHT.TXT and README.TXT.

Whose row is in it is decided elsewhere. Nothing here says how many rows there are, or could have been.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from dam_plugin.errors import InputError, Problem
from dam_plugin.people.formats.csv_table import Cells, records, under
from dam_plugin.people.formats.portrait_index import IndexFile, rows_of
from dam_plugin.store.sets import Altered, PortraitRow
from dam_plugin.yearbook.names import TOLD, Way, as_held, held
from dam_plugin.yearbook.profiles import SHIPPED, Profile


def write_index(rows: Iterable[PortraitRow], profile: Profile, out: BinaryIO) -> tuple[Altered, ...]:
    """Write the index, row by row, and return what was written otherwise than it is on file, by column.

    What each cell becomes is `names.held`'s. Nothing is kept of a row once it is written.
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
    """Yield the rows of a written index as our own roster reader finds them; columns that it does not know are empty.

    Those of a district's own profile are found by its columns: their titles may be words that no reader knows. Raises
    InputError where the index is not taken.
    """
    problems: list[Problem] = []
    is_shipped = profile.name in SHIPPED
    found = rows_of(IndexFile(profile.index, "", index), problems) if is_shipped else _rows_by(profile, index, problems)
    for cells in found:
        yield _row(cells, profile)
    if problems:
        raise InputError(f"the index cannot be read back: {'; '.join(map(str, problems[:3]))}")


def copyright_text(profile: Profile, district: str, year: str) -> bytes:
    """Return COPYRIGHT.TXT: what the pictures may be used for."""
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
    """Return README.TXT: where what is, and the columns of the index as PSPA's importers look for them."""
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


@dataclass(frozen=True, slots=True)
class _Encoded:
    """Where `csv` writes text to, as bytes; what the encoding does not have is an error, never a question mark."""

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
    """Return what our readers call a field."""
    return field.replace("_", " ")


def _row(cells: Cells, profile: Profile) -> PortraitRow:
    return profile.row_of({column.field: cells.text(_word(column.field)) for column in profile.columns})


def _lines(profile: Profile, *lines: str) -> bytes:
    return "".join(f"{line}{profile.line_end}" for line in lines).encode(profile.encoding)
