"""The portrait index: written, read back by our own roster reader, and the same; and the texts beside it."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hostile_texts import hostile_texts
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_plugin.errors import InputError, Problem
from dam_plugin.people.formats.portrait_index import IndexFile, read_index
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.store.sets import Altered, PortraitRow
from dam_plugin.yearbook.lists import copyright_text, read_back, readme_text, write_index
from dam_plugin.yearbook.names import held
from dam_plugin.yearbook.profiles import SHIPPED, Column, Profile, load

PSEUDONYMS = Pseudonyms("k" * 32)
PSPA = load("pspa")
PROFILES = {
    f"{name}, {encoding}": replace(load(name), encoding=encoding) for name in SHIPPED for encoding in ("utf-8", "cp1252")
}  # fmt: skip
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
ADA = PortraitRow("YEARBOOK", "IMAGES", "P0000001.JPG", "07", "Quill", "Ada", home_room="12", teacher="Hart")
_FREE = ("grade", "last", "first", "home_room", "period", "teacher", "track", "department", "title", "size")


def written(profile: Profile, *rows: PortraitRow) -> bytes:
    out = io.BytesIO()
    write_index(rows, profile, out)
    return out.getvalue()


def as_written(row: PortraitRow, profile: Profile) -> PortraitRow:
    named = {column.field for column in profile.columns}
    cells = {each.name: getattr(row, each.name) if each.name in named else "" for each in fields(row)}
    return PortraitRow(**{name: held(cell, profile)[0] for name, cell in cells.items()})


@st.composite
def tables(draw: st.DrawFn) -> list[PortraitRow]:
    rows = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        told = {name: draw(hostile_texts()) for name in _FREE}
        rows.append(PortraitRow("YEARBOOK", "IMAGES", f"P{number:07d}.JPG", **told))
    return rows


def test_the_index_is_byte_for_byte_what_pspa_asks_for() -> None:
    assert written(PSPA, ADA) == (
        b"Volume Name\tImage Folder\tImage File Name\tGrade\tLast Name\tFirst Name\tHome Room\tPeriod\tTeacher Name\t"
        b"Track\tDepartment\tTitle\tImage Size\r\n"
        b"YEARBOOK\tIMAGES\tP0000001.JPG\t07\tQuill\tAda\t12\t\tHart\t\t\t\t\r\n"
    )


def test_the_index_is_byte_for_byte_what_picaboo_asks_for() -> None:
    row = replace(ADA, last="Quill, Jr.")
    assert written(load("picaboo"), row) == (
        b"Volume,Folder,Image File,Grade,Last,First,Teacher,Home Room\r\n"
        b'YEARBOOK,IMAGES,P0000001.JPG,07,"Quill, Jr.",Ada,Hart,12\r\n'
    )


@every_profile
@given(rows=tables())
@settings(max_examples=12)
def test_what_was_written_is_read_back_the_same(profile: Profile, rows: list[PortraitRow]) -> None:
    assert list(read_back(written(profile, *rows), profile)) == [as_written(row, profile) for row in rows]


@every_profile
@given(rows=tables())
@settings(max_examples=12)
def test_the_roster_reader_finds_each_name_and_image(profile: Profile, rows: list[PortraitRow]) -> None:
    rows = [replace(row, grade="07", title="", last=row.last + "a") for row in rows]
    problems: list[Problem] = []
    roster = read_index([IndexFile("INDEX.TXT", "YEARBOOK", written(profile, *rows))], PSEUDONYMS, {}, problems)
    wanted = [as_written(row, profile) for row in rows]
    assert not problems
    assert [each.names for each in roster.students] == [(" ".join(filter(None, (r.first, r.last))),) for r in wanted]
    assert [(each.volume, each.image) for each in roster.portraits] == [
        ("YEARBOOK", f"IMAGES/{row.file}") for row in wanted
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_volume_is_a_roster_that_can_be_imported(tmp_path: Path, name: str) -> None:
    profile = load(name)
    path = tmp_path / profile.index_path("YEARBOOK")
    path.parent.mkdir()
    path.write_bytes(written(profile, ADA))
    for place in (tmp_path, path.parent, path):
        roster = RosterReader(PSEUDONYMS, {}, today=None).read(place)  # type: ignore[arg-type]
        assert [each.names for each in roster.students] == [("Ada Quill",)]


def test_what_was_altered_is_told_by_column_and_without_a_name() -> None:
    rows = [replace(ADA, first="Ada 🎓"), replace(ADA, first='"Ada"', last="=Quill"), replace(ADA, first="A\u200fda")]
    assert write_index(rows, PSPA, io.BytesIO()) == (
        Altered("Last Name: characters that make a spreadsheet compute were taken from the beginning", 1),
        Altered("First Name: characters that print nothing, or emoji, were left out", 2),
        Altered("First Name: quotation marks or delimiters were replaced", 1),
    )


def test_rows_are_written_one_by_one() -> None:
    out = io.BytesIO()
    sizes = []

    def rows() -> object:
        for _ in range(3):
            sizes.append(out.tell())
            yield ADA

    write_index(rows(), PSPA, out)  # type: ignore[arg-type]
    assert sizes == sorted(set(sizes))


OWN = replace(
    load("plain"),
    name="our-press",
    delimiter="|",
    encoding="cp1252",
    columns=(
        Column("Bild", "file"),
        Column("Nachname", "last"),
        Column("Vorname", "first"),
        Column("Raum", "home_room"),
    ),
)


@pytest.mark.parametrize("header", [True, False])
def test_an_index_under_titles_of_ones_own_is_read_back_the_same(header: bool) -> None:
    profile, row = replace(OWN, header=header), replace(ADA, last='Mu"ñ|oz')
    assert list(read_back(written(profile, row), profile)) == [as_written(row, profile)]


def test_an_index_in_another_encoding_than_the_profile_says_is_told() -> None:
    with pytest.raises(InputError, match="is not in the profile's encoding"):
        list(read_back(written(OWN, replace(ADA, last="Muñoz")), replace(OWN, encoding="utf-8")))


def test_an_index_that_our_reader_does_not_take_is_told() -> None:
    with pytest.raises(InputError, match=r"cannot be read back: INDEX.TXT:1: has 1 columns"):
        list(read_back(b"nothing\r\n", PSPA))


@pytest.mark.parametrize("name", ["pspa", "picaboo", "treering"])
def test_the_texts_say_what_the_pictures_are_for_and_what_the_columns_are(name: str) -> None:
    profile = load(name)
    told = copyright_text(profile, "Riverbend R-II", "2026-2027").decode()
    assert "to print its 2026-2027 yearbook" in told
    assert told.count("\r\n") == told.count("\n")
    told = readme_text(profile, "Riverbend R-II", "2026-2027", "YEARBOOK").decode()
    assert f"It is written in {profile.encoding_name}." in told
    assert f"[# Fields] = {len(profile.columns)}" in told
    assert f"[Field Definition #{len(profile.columns)}] = {profile.columns[-1].title}" in told


def test_the_texts_hold_a_districts_name_on_one_line_in_the_encoding() -> None:
    profile = replace(PSPA, encoding="cp1252")
    assert b"= Schools of Lodz\r\n" in readme_text(profile, "Schools of\nŁódź"[:11] + "Łodz", "2026-2027", "V")
