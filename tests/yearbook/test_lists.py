"""The lists of a set as they are written: index, texts, captions, manifest; and what the format could not hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest
from district import CALEB, HANNAH, INES, THERESA, District
from yearbook_exports import exported, files_on_record, names_of, order_for, put_candid, put_portrait, read_back
from yearbook_plans import rename

from dam_plugin.people.roster import Portrait
from dam_plugin.store.sets import CAPTIONS, Altered, ExportFile
from dam_plugin.yearbook.keys import signer
from dam_plugin.yearbook.lists import NAMING, UNSPLIT, school_year
from dam_plugin.yearbook.manifest import roster_digest, rules_digest
from dam_plugin.yearbook.profiles import load
from dam_tagging.facts import About

HEADER = (
    "Volume Name\tImage Folder\tImage File Name\tGrade\tLast Name\tFirst Name\tHome Room\tPeriod\tTeacher Name\tTrack\t"
    "Department\tTitle\tImage Size"
)
FILE = ExportFile("x-1", 1, "candid", "p", "k", "a-1", "d-1", "allow", "written")


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


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 7, 1), "2026-2027"), (date(2027, 6, 30), "2026-2027"), (date(2026, 12, 31), "2026-2027")],
    ids=str,
)
def test_a_school_year_begins_in_july(day: date, year: str) -> None:
    assert school_year(day) == year


def test_a_picture_is_on_record_as_the_manifest_has_it(district: District) -> None:
    put_candid(district, "a.jpg", INES)
    made = exported(district)
    (file,) = files_on_record(district, made.set.id)
    told = read_back(district).manifest["files"][0]
    assert (told["path"], told["sha256"], told["size"]) == (file.path, file.sha256, file.size)
