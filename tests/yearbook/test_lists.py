"""The lists of a set as they are written: index, texts, captions, manifest; and what the format could not hold."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from importlib.metadata import version
from pathlib import Path

import pytest
from district import CALEB, HANNAH, INES, THERESA, District
from hostile_texts import hostile_texts
from hypothesis import given, settings
from hypothesis import strategies as st
from yearbook_exports import DANCE, exported, files_on_record, names_of, order_for, put_candid, put_portrait, read_back
from yearbook_plans import rename

from dam_plugin.errors import InputError, Problem
from dam_plugin.model import StaffRecord
from dam_plugin.people.formats.portrait_index import IndexFile, read_index
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.roster import Portrait
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.settings import school_year
from dam_plugin.store.sets import CAPTIONS, STAFF, Altered, PortraitRow
from dam_plugin.yearbook.lists import NAMING, UNSPLIT, copyright_text, readme_text, write_index
from dam_plugin.yearbook.lists import read_back as rows_of
from dam_plugin.yearbook.manifest import roster_digest, rules_digest
from dam_plugin.yearbook.names import held
from dam_plugin.yearbook.profiles import SHIPPED, Column, Profile, load
from dam_plugin.yearbook.signing_key import signer
from dam_tagging.facts import About

HEADER = (
    "Volume Name\tImage Folder\tImage File Name\tGrade\tLast Name\tFirst Name\tHome Room\tPeriod\tTeacher Name\tTrack\t"
    "Department\tTitle\tImage Size"
)


def index_of(district: District, name: str = "SET.zip") -> str:
    read = read_back(district, name)
    return read.files[read.index].decode()


# The index


def test_an_index_has_a_header_windows_line_ends_and_a_row_for_each_portrait(district: District) -> None:
    for each in (THERESA, INES):
        put_portrait(district, each)
    exported(district)
    assert index_of(district) == (
        f"{HEADER}\r\n"
        "YEARBOOK\tIMAGES\tP0000001.JPG\t10\tMuñoz\tInés\t\t\t\t\t\t\tOther\r\n"
        "YEARBOOK\tIMAGES\tP0000002.JPG\t11\tOkafor\tTheresa\t\t\t\t\t\t\tOther\r\n"
    )


def test_home_room_and_teacher_of_the_photographers_index_are_passed_on_for_the_same_student_and_nothing_else(
    district: District,
) -> None:
    # Of a program that somebody is in, a period, a track or a department may tell.
    told = {"home_room": "12", "period": "3", "teacher": "Ortiz", "track": "B", "department": "Arts"}
    with district.services.store.writing() as unit:
        unit.people.set_portraits(
            [
                Portrait("portraits", f"{THERESA}.jpg", district.student(THERESA), **told),
                Portrait("portraits", f"{CALEB}.jpg", district.student(INES), teacher="Another"),
            ]
        )
    put_portrait(district, THERESA)
    # What an index says of this image is about somebody else, who is not in it.
    put_portrait(district, CALEB)
    exported(district)
    rows = [line.split("\t") for line in index_of(district).splitlines()[1:]]
    assert [row[4:] for row in rows if row[4] == "Okafor"] == [
        ["Okafor", "Theresa", "12", "", "Ortiz", "", "", "", "Other"]
    ]
    assert "Another" not in index_of(district)


@pytest.mark.parametrize(
    ("home_room", "teacher", "written"),
    [
        (HANNAH, "Ortiz", ["", "Ortiz"]),
        ("12", "Hannah Lindqvist", ["12", ""]),
        ("12", "with Lindqvist, H.", ["12", ""]),
        ("Okafor's", "Ortiz", ["", "Ortiz"]),
    ],
    ids=["a number", "a name", "a part of one", "their own"],
)
def test_a_home_room_or_teacher_that_names_somebody_of_the_roster_is_left_out_and_told(
    district: District, home_room: str, teacher: str, written: list[str]
) -> None:
    shown = [
        Portrait("portraits", f"{each}.jpg", district.student(each), home_room=home_room, teacher=teacher)
        for each in (THERESA, INES)
    ]
    with district.services.store.writing() as unit:
        unit.people.set_portraits(shown)
    for each in (THERESA, INES):
        put_portrait(district, each)
    made = exported(district)
    rows = [line.split("\t") for line in index_of(district).splitlines()[1:]]
    assert [[row[6], row[8]] for row in rows] == [written] * 2
    assert Altered(NAMING, 2) in made.altered
    assert read_back(district).holds(*names_of(district, [HANNAH]), HANNAH) == []


@pytest.mark.parametrize(
    ("size", "word"), [((640, 800), "Large"), ((320, 400), "Small"), ((300, 300), "Other")], ids=str
)
def test_an_index_says_the_size_in_the_guidelines_words(district: District, size: tuple[int, int], word: str) -> None:
    put_portrait(district, THERESA)
    exported(district, order=order_for(portrait_size=size))
    assert index_of(district).splitlines()[1].endswith(f"\t{word}")


def test_picaboos_index_is_comma_delimited_without_what_it_has_no_column_for(district: District) -> None:
    put_portrait(district, THERESA)
    exported(district, order=order_for("picaboo"))
    assert len(index_of(district).splitlines()[-1].split(",")) == 8


def test_the_volume_is_called_as_was_asked_for_everywhere(district: District) -> None:
    put_portrait(district, THERESA)
    exported(district, order=order_for(volume="RIVER_26"))
    read = read_back(district)
    assert read.portraits == ["RIVER_26/IMAGES/P0000001.JPG"]
    assert index_of(district).splitlines()[1].startswith("RIVER_26\tIMAGES\t")
    assert "RIVER_26" in read.files["RIVER_26/README.TXT"].decode()


def test_a_name_that_the_encoding_does_not_have_is_spelled_and_told(district: District) -> None:
    rename(district, district.student(THERESA), given="Łucja", family="Đặng", names=("Łucja Đặng",))
    put_portrait(district, THERESA)
    put_portrait(district, INES)
    profile = replace(load("pspa"), encoding="cp1252")
    made = exported(district, profile=profile)
    data = read_back(district).files["YEARBOOK/INDEX.TXT"].decode("cp1252")
    assert "\tDang\tLucja\t" in data
    assert "\tMuñoz\tInés\t" in data
    # Once for each column.
    assert [(each.what[:10], each.rows) for each in made.altered if "spelled" in each.what] == [
        ("Last Name:", 1),
        ("First Name", 1),
    ]


def test_a_name_that_would_break_the_table_is_held_in_its_cell(district: District) -> None:
    given, family = 'A\t"B"\r\nC', "=1+1\u202e"
    rename(district, district.student(THERESA), given=given, family=family, names=(f"{given} {family}",))
    put_portrait(district, THERESA)
    made = exported(district)
    lines = index_of(district).split("\r\n")
    assert len(lines) == 3
    assert len(lines[1].split("\t")) == 13
    assert not any(cell.startswith("=") for cell in lines[1].split("\t"))
    assert made.altered


def test_names_that_the_roster_does_not_part_are_counted(district: District) -> None:
    rename(district, district.student(THERESA), given=None, family=None)
    put_portrait(district, THERESA)
    put_portrait(district, INES)
    assert Altered(UNSPLIT, 1) in exported(district).altered
    assert "\tOkafor\tTheresa\t" in index_of(district)


# The texts, the captions, the manifest


def test_the_texts_say_whose_pictures_they_are_and_of_which_year(district: District) -> None:
    put_portrait(district, THERESA)
    made = exported(district)
    read = read_back(district)
    year = school_year(made.set.day)
    assert year in read.files["YEARBOOK/COPYRIGHT.TXT"].decode()
    assert read.files["YEARBOOK/README.TXT"].endswith(b"\r\n")


def test_captions_are_a_table_that_no_spreadsheet_computes(district: District) -> None:
    told = '=HYPERLINK("http://x") , "quoted"\nand more'
    put_candid(district, "a.jpg", about=About(caption=told))
    put_candid(district, "b.jpg", INES, about=About(events=("+1, a dance",)))
    exported(district)
    read = read_back(district)
    # By which a spreadsheet knows UTF-8.
    assert read.files[CAPTIONS].startswith(b"\xef\xbb\xbf")
    captions = read.captions
    assert list(captions) == ["candids/c0000001.jpg", "candids/c0000002.jpg"]
    assert not any(each.startswith(("=", "+", "-", "@")) for each in captions.values())
    assert any("quoted" in each for each in captions.values())


def with_staff(district: District, *names: str) -> District:
    """Return the district with these teachers, and the setting that lists them."""
    services = district.services
    staff = [StaffRecord(f"T-{number}", (name,), "teacher") for number, name in enumerate(names)]
    with services.store.writing() as unit:
        unit.people.set_staff(staff, "oneroster", services.now(), whole=True)
    policy = services.settings.district.model_copy(update={"yearbook_lists_staff": True})
    wanted = replace(services, settings=services.settings.model_copy(update={"district": policy}))
    return replace(district, services=wanted)


def test_staff_whom_a_caption_names_in_full_are_listed_where_the_district_wants_it(district: District) -> None:
    put_candid(district, "a.jpg", about=replace(DANCE, caption="Wilhelmina Zastrow conducts, Zastrow Wilhelmina bows"))
    put_candid(district, "b.jpg", about=replace(DANCE, caption="Zastrow bows", taken="2026:03:04 20:00:00"))
    exported(district, "without.zip")
    assert STAFF not in read_back(district, "without.zip").files
    exported(with_staff(district, "Wilhelmina Zastrow", "Wilhelm"))
    listed = read_back(district).files[STAFF].decode("utf-8-sig")
    assert listed == "name,role,file\r\nWilhelmina Zastrow,teacher,candids/c0000001.jpg\r\n"


@pytest.mark.parametrize("given", ["Hannah", "Wilhelmina"])
def test_a_teacher_with_a_students_name_is_not_listed_and_takes_no_name_away(district: District, given: str) -> None:
    with district.services.store.reading() as unit:
        hannah, ines = (unit.people.need(district.student(each)).names[0] for each in (HANNAH, INES))
    teacher = f"{given} {hannah.split()[-1]}"
    put_candid(district, "a.jpg", INES, about=About(caption=f"{teacher} and {ines}"))
    exported(with_staff(district, teacher, ines))
    read = read_back(district)
    assert read.files[STAFF].decode("utf-8-sig") == "name,role,file\r\n"
    assert read.captions == {"candids/c0000001.jpg": ines}


def test_a_candid_of_which_nothing_is_told_has_an_empty_caption(district: District) -> None:
    put_candid(district, "a.jpg")
    exported(district)
    assert read_back(district).captions == {"candids/c0000001.jpg": ""}


def test_the_manifest_says_of_what_and_for_whom_the_set_is(district: District) -> None:
    put_portrait(district, THERESA)
    made = exported(district, order=order_for("treering", to="acme-yearbooks"))
    told = read_back(district).manifest
    services = district.services
    with services.store.reading() as unit:
        assert told["roster"] == made.set.roster == roster_digest(services, unit)
    assert (told["rules"], told["key"]) == (rules_digest(services), signer(services.settings).key_id())
    assert (told["publisher"], told["recipient"]) == ("treering", "acme-yearbooks")
    assert told["program"] == version("dam-plugin")
    assert read_back(district).verified(district).manifest_sha256 == made.set.manifest


def test_a_profile_of_ones_own_is_written_by(district: District, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    shipped = Path(load.__code__.co_filename).parent / "profiles" / "pspa.toml"
    text = (
        shipped.read_text().replace('name = "pspa"', 'name = "own"').replace("P{number:07d}.JPG", "S{number:05d}.jpg")
    )
    own.write_text(text.replace('"IMAGES"', '"PICTURES"'))
    put_portrait(district, THERESA)
    exported(district, order=order_for("own"), profile=load(str(own)))
    assert read_back(district).portraits == ["YEARBOOK/PICTURES/S00001.jpg"]
    assert set(read_back(district).whose(district)) == {"YEARBOOK/PICTURES/S00001.jpg"}


# Their parts


def test_a_picture_is_on_record_as_the_manifest_has_it(district: District) -> None:
    put_candid(district, "a.jpg", INES)
    made = exported(district)
    (file,) = files_on_record(district, made.set.id)
    told = read_back(district).manifest["files"][0]
    assert (told["path"], told["sha256"], told["size"]) == (file.path, file.sha256, file.size)


# A volume's index and texts


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
    assert list(rows_of(written(profile, *rows), profile)) == [as_written(row, profile) for row in rows]


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
    assert list(rows_of(written(profile, row), profile)) == [as_written(row, profile)]


def test_an_index_in_another_encoding_than_the_profile_says_is_told() -> None:
    with pytest.raises(InputError, match="is not in the profile's encoding"):
        list(rows_of(written(OWN, replace(ADA, last="Muñoz")), replace(OWN, encoding="utf-8")))


def test_an_index_that_our_reader_does_not_take_is_told() -> None:
    with pytest.raises(InputError, match=r"cannot be read back: INDEX.TXT:1: has 1 columns"):
        list(rows_of(b"nothing\r\n", PSPA))


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
