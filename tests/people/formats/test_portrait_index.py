"""PSPA/PSPI indexes: 13 columns, fewer, without a header, in old code pages; whose portrait an image is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dam_plugin.errors import RosterError
from dam_plugin.model import StudentRecord
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.roster import Portrait, RosterImport
from dam_plugin.pseudonyms import Pseudonyms
from dam_tagging.match_students import normalise

PSEUDONYMS = Pseudonyms("k" * 32)
HEADER = (
    "Volume Name\tImage Folder\tImage File Name\tGrade\tLast Name\tFirst Name\tHome Room\tPeriod\tTeacher Name\tTrack\t"
    "Department\tTitle\tImage Size\r\n"
)
ADA = "VOL1\tPHOTOS\t0001.JPG\t07\tQuill\tAda\t12\t\tHart\t\t\t\tSmall\r\n"
BEN = "VOL1\tPHOTOS\t0002.JPG\t08\tNuñez\tBen\t12\t\tHart\t\t\t\tSmall\r\n"
TEACHER = "VOL1\tPHOTOS\t0003.JPG\t\tHart\tMia\t\t\t\t\tMath\tMs.\tSmall\r\n"
PICABOO = "Volume,Folder,Image File,Grade,Last,First,Teacher,Home Room\nVOL1,PHOTOS,0001.JPG,07,Quill,Ada,Hart,12\n"
ON_FILE = StudentRecord(PSEUDONYMS.student("1001"), "1001", ("Ada Quill",), grade="7")


def volume(folder: Path, text: str | bytes, name: str = "INDEX.TXT") -> Path:
    place = folder / "VOL1"
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (place / "PHOTOS").mkdir(exist_ok=True)
    (place / "PHOTOS" / "0001.JPG").write_bytes(b"\xff\xd8")
    return place


def read(source: Path, *known: StudentRecord) -> RosterImport:
    return RosterReader(PSEUDONYMS, {each.id: each for each in known}, today=None).read(source)  # type: ignore[arg-type]


LAYOUTS = {
    "13 columns": HEADER + ADA + BEN + TEACHER,
    "no header": ADA + BEN + TEACHER,
    "BOM": "\ufeff" + HEADER + ADA + BEN,
    "code page 1252": (HEADER + ADA + BEN).encode("cp1252"),
    "Picaboo": PICABOO + "VOL1,PHOTOS,0002.JPG,08,Nuñez,Ben,Hart,12\n",
    "Picaboo without a header": PICABOO.partition("\n")[2] + "VOL1,PHOTOS,0002.JPG,08,Nuñez,Ben,Hart,12\n",
    "7 columns": "VOL1\tPHOTOS\t0001.JPG\t07\tQuill\tAda\t12\nVOL1\tPHOTOS\t0002.JPG\t08\tNuñez\tBen\t12\n",
    "other order": "First Name\tLast Name\tImage File Name\tImage Folder\tGrade\tVolume Name\n"
    "Ada\tQuill\t0001.JPG\tPHOTOS\t07\tVOL1\nBen\tNuñez\t0002.JPG\tPHOTOS\t08\tVOL1\n",
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_tells_names_grades_and_images(tmp_path: Path, text: str | bytes) -> None:
    roster = read(volume(tmp_path, text))
    assert [(each.names, each.grade) for each in roster.students] == [(("Ada Quill",), "07"), (("Ben Nuñez",), "08")]
    assert [each.image for each in roster.portraits] == ["PHOTOS/0001.JPG", "PHOTOS/0002.JPG"]
    assert {each.student for each in roster.portraits} == {each.id for each in roster.students}
    assert (roster.whole, roster.tells_guardians, roster.tells_births, roster.kind) == (False, False, False, "index")


def test_the_file_the_volume_and_the_folder_above_it_read_the_same(tmp_path: Path) -> None:
    place = volume(tmp_path, HEADER + ADA, "index.txt")
    assert read(tmp_path) == read(place) == read(place / "index.txt")


def test_the_two_parts_of_a_name_and_the_rest_of_a_line_are_told(tmp_path: Path) -> None:
    line = "VOL1\tPHOTOS\t0009.JPG\t12\tvan der Berg\tWill Jan\tB7\t2nd\tHart, Mia\tA\tBand\tCaptain\tSmall\r\n"
    roster = read(volume(tmp_path, HEADER + line))
    (student,), (portrait,) = roster.students, roster.portraits
    assert (student.given, student.family) == ("Will Jan", "van der Berg")
    assert portrait == Portrait("VOL1", "PHOTOS/0009.JPG", student.id, "B7", "2nd", "Hart, Mia", "A", "Band", "Captain")


def test_an_index_in_which_a_student_bears_another_grade_tells_the_parts_of_the_name_too(tmp_path: Path) -> None:
    before = read(volume(tmp_path, HEADER + ADA)).students[0]
    unsplit = replace(before, given=None, family=None)
    (student,) = read(volume(tmp_path, HEADER + ADA.replace("\t07\t", "\t7\t")), unsplit).students
    assert student == replace(before, grade="7")


def test_staff_are_left_out_and_counted(tmp_path: Path) -> None:
    roster = read(volume(tmp_path, HEADER + ADA + TEACHER))
    assert len(roster.students) == 1
    assert roster.notes[1:] == ("1 line(s) are of staff: they have a title and no grade",)
    (teacher,) = roster.staff
    assert teacher.id.startswith("T-")
    assert (teacher.active, teacher.names[0] in TEACHER.replace("\t", " ")) == (True, False)


def test_with_a_roster_on_file_an_index_adds_nobody(tmp_path: Path) -> None:
    roster = read(volume(tmp_path, HEADER + ADA + BEN), ON_FILE)
    assert roster.students == ()
    (portrait,) = roster.portraits
    assert (portrait.volume, portrait.image, portrait.student) == ("VOL1", "PHOTOS/0001.JPG", ON_FILE.id)
    assert roster.notes[1:] == ("1 line(s) are of nobody on the roster: nobody was tagged by them",)


NAMESAKES = {
    "the grade settles it": ("7", "8", 1),
    "the same grade": ("7", "7", 0),
    "a grade that is not known": ("7", None, 0),
}


@pytest.mark.parametrize(("one", "other", "count"), NAMESAKES.values(), ids=NAMESAKES)
def test_of_two_namesakes_only_a_grade_says_who_is_meant(
    tmp_path: Path, one: str, other: str | None, count: int
) -> None:
    twin = StudentRecord("S-TWIN", "1009", ("Ada Quill",), grade=other)
    lines = HEADER + ADA + ADA.replace("0001", "0009").replace("Quill", "Nobody")
    place = volume(tmp_path, lines)
    if count:
        assert [each.student for each in read(place, ON_FILE, twin).portraits] == [ON_FILE.id]
    else:
        with pytest.raises(RosterError, match="names nobody whose portrait could be told"):
            read(place, ON_FILE, twin)


def test_the_same_index_again_knows_whom_it_told_of(tmp_path: Path) -> None:
    place = volume(tmp_path, HEADER + ADA + BEN)
    first = read(place)
    assert read(place, *first.students).students == first.students


BAD = {
    "no image": (HEADER + ADA.replace("0001.JPG", ""), "INDEX.TXT:2: has no image file"),
    "outside": (HEADER + ADA.replace("0001.JPG", "..\\..\\x.jpg"), "INDEX.TXT:2: names an image outside of the volume"),
    "columns": ("a\tb\tc\n", "INDEX.TXT:1: has 3 columns and no header"),
    "no files": ("Last Name\tFirst Name\tGrade\nQuill\tAda\t07\n", "INDEX.TXT:1: lacks the column of image files"),
    "cells": (HEADER + "VOL1\tPHOTOS\n", "INDEX.TXT:2: has 2 cells where the header has 13"),
    "empty": ("", "INDEX.TXT: is empty"),
    "no text": (b"\x81\x8d\n", "INDEX.TXT:1: is neither UTF-8 nor code page 1252"),
}


@pytest.mark.parametrize(("text", "problem"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(volume(tmp_path, text))
    assert str(caught.value.problems[0]).startswith(problem)


def test_names_are_compared_as_tags_are(tmp_path: Path) -> None:
    nunez = StudentRecord("S-BEN", "1002", ("NUNEZ, Ben",))
    assert normalise("Ben Nuñez") == normalise(nunez.names[0])
    assert read(volume(tmp_path, HEADER + BEN), nunez).portraits[0].student == "S-BEN"
