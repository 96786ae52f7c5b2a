"""Publishers' profiles: the shipped ones, a district's own, and every mistake in one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from district import HANNAH, District

from dam_plugin.errors import InputError, SettingsError
from dam_plugin.yearbook import profiles
from dam_plugin.yearbook.profiles import SHIPPED, check_no_student, check_printer, check_volume, is_form, load

OWN = """
name = "own"
title = "A publisher"
sources = ["https://publisher.example/portraits"]
index = "INDEX.TXT"
delimiter = "\\t"
header = true
encoding = "cp1252"
line_end = "\\r\\n"
quoting = "none"
folder = "IMAGES"
portrait = "P{number:07d}.JPG"
candid = "c{number:07d}"
copyright = true
readme = false

[columns]
"Image File Name" = "file"
"Last Name" = "last"
"First Name" = "first"
"""


def own(folder: Path, text: str) -> str:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_profile_is_whole_and_cites_its_publisher(name: str) -> None:
    profile = load(name)
    assert profile.name == name
    assert profile.sources or name == profiles.UNSOURCED
    assert profile.portrait_path("YEARBOOK", 1).startswith("YEARBOOK/IMAGES/")


def test_pspa_has_its_13_columns_in_their_order() -> None:
    assert [column.title for column in load("pspa").columns] == [
        "Volume Name", "Image Folder", "Image File Name", "Grade", "Last Name", "First Name", "Home Room", "Period",
        "Teacher Name", "Track", "Department", "Title", "Image Size",
    ]  # fmt: skip


def test_picaboo_has_its_8_columns_and_names_of_letters_and_digits() -> None:
    profile = load("picaboo")
    titles = ["Volume", "Folder", "Image File", "Grade", "Last", "First", "Teacher", "Home Room"]
    assert [column.title for column in profile.columns] == titles
    assert (profile.delimiter, profile.portrait_name(12)) == (",", "P0000012.JPG")


def test_a_candid_keeps_its_ending() -> None:
    assert load("treering").candid_path(7, ".png") == "candids/candid-000007.png"


def test_a_profile_of_ones_own_needs_no_code(tmp_path: Path) -> None:
    profile = load(own(tmp_path, OWN))
    assert (profile.name, profile.encoding, profile.index_path("V1")) == ("own", "cp1252", "V1/INDEX.TXT")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("picabo", "did you mean 'picaboo'", id="misspelt"),
        pytest.param("jostens", "there are pspa, plain, picaboo, treering", id="another"),
        pytest.param("../../etc/passwd", "give a TOML file of your own", id="no TOML"),
        pytest.param("nowhere/x.toml", "cannot be read", id="no file"),
        pytest.param("\0.toml", "cannot be read", id="no name of a file"),
    ],
)
def test_what_is_no_profile_is_told_with_those_that_are(name: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        load(name)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("folder =", "foldr =", "'foldr' is not known here; did you mean 'folder'", id="misspelt key"),
        pytest.param('index = "INDEX.TXT"\n', "", "'index' is missing", id="missing key"),
        pytest.param('"cp1252"', '"latin-1"', "'encoding' is none of what it may be", id="encoding"),
        pytest.param('= "last"', '= "lst"', "'columns.1.field' is none of what it may be.* 'last'", id="field"),
        pytest.param('"Last Name" = "last"\n', "", "'columns' lacks last", id="no names"),
        pytest.param('= "last"', '= "first"', "'columns' lacks last.*a field twice", id="twice"),
        pytest.param('"Last Name"', '"=Last"', "a title that is no plain text", id="formula"),
        pytest.param('"Last Name"', '"first name"', "a title twice", id="title twice"),
        pytest.param("sources =", "# sources =", "'sources' is missing", id="no source"),
        pytest.param("https://", "file://", "'sources' must be web addresses", id="no address"),
        pytest.param('name = "own"', 'name = "Own!"', "'name' must be", id="name"),
        pytest.param('name = "own"', 'name = "pspa"', "comes with the plugin", id="shipped name"),
        pytest.param('folder = "IMAGES"', 'folder = "../IMAGES"', "'folder' must be", id="outside"),
        pytest.param('folder = "IMAGES"', 'folder = "NUL"', "'folder' must be", id="device as a folder"),
        pytest.param("INDEX.TXT", "readme.txt", "another file of the volume", id="index over README"),
        pytest.param("INDEX.TXT", "a/INDEX.TXT", "'index' must be", id="index elsewhere"),
        pytest.param("P{number:07d}.JPG", "P.JPG", "'portrait' must hold the number once", id="no number"),
        pytest.param("P{number:07d}.JPG", "P{last}.JPG", "'portrait' must hold the number once", id="a name"),
        pytest.param("P{number:07d}", "P{number.real:07d}", "must hold the number once", id="an attribute"),
        pytest.param("P{number:07d}", "P{number:99999999d}", "must hold the number once", id="huge"),
        pytest.param("P{number:07d}", "P{number:07d", "must hold the number once", id="broken"),
        pytest.param("P{number:07d}.JPG", "COM{number:01d}.JPG", "none that Windows reserves", id="a device"),
        pytest.param("P{number:07d}.JPG", "P{number:07d}.exe", "must end with .jpg", id="no JPEG"),
        pytest.param("P{number:07d}", "P {number:07d}", "'portrait' must be a name of letters, digits alone", id="blank"),
        pytest.param("c{number:07d}", "../c{number:07d}", "'candid' must be a name", id="candid outside"),
        pytest.param("copyright =", "longest_name = 3\ncopyright =", "longer than the 3 characters", id="long"),
        pytest.param("copyright =", 'name_characters = "/"\ncopyright =', "'name_characters' may only be", id="unsafe"),
        pytest.param("header = true", 'header = "yes"', "'header' must be true or false", id="no flag"),
        pytest.param("[columns]", "[columns", "is not TOML", id="no TOML"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_profile_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in OWN
    with pytest.raises(SettingsError, match=told):
        load(own(tmp_path, OWN.replace(old, new, 1)))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = OWN.replace("folder =", "foldr =").replace("header = true\n", "")
    with pytest.raises(SettingsError) as caught:
        load(own(tmp_path, text))
    assert len(caught.value.problems) == 3


def test_a_file_that_is_no_text_is_no_profile(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe\0")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(str(path))


def test_a_huge_file_is_no_profile(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="larger than"):
        load(own(tmp_path, "#" * (profiles.LARGEST_FILE + 1)))


@pytest.mark.parametrize("volume", ["YEARBOOK", "VOL-1", "2027_a"])
def test_a_volume_is_the_name_of_a_folder(volume: str) -> None:
    check_volume(volume)


@pytest.mark.parametrize(
    "volume", ["", "..", "a/b", "a\\b", "CON", "lpt1", "candids", "Candids", "V" * 33, "É", "a b", "a."]
)
def test_what_is_no_folder_on_every_machine_is_no_volume(volume: str) -> None:
    with pytest.raises(InputError, match="the volume is a folder's name"):
        check_volume(volume)


def test_a_pipe_or_a_folder_is_no_profile_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    for name in ("pipe.toml", "folder.toml"):
        with pytest.raises(InputError, match="no ordinary file"):
            load(str(tmp_path / name))


# Who can print a set


def refused(district: District, to: str) -> bool:
    with district.services.store.reading() as unit:
        try:
            check_no_student(to, unit.people.stream())
        except InputError as error:
            return to not in str(error)
    return False


@pytest.mark.parametrize("to", ["pspa", "PLAIN"])
def test_a_form_prints_nothing(to: str) -> None:
    assert is_form(to)
    with pytest.raises(InputError, match="say with --to who prints it"):
        check_printer(to)


@pytest.mark.parametrize("to", ["heron-press", "picaboo", "treering"])
def test_a_publisher_prints(to: str) -> None:
    check_printer(to)


@pytest.mark.parametrize(
    "to",
    ["Hannah Lindqvist", "LINDQVIST, Hannah", "hannah-lindqvist", "HannahLindqvist", "c/o Hannah Lindqvist", HANNAH],
)
def test_a_student_is_nobody_to_print_a_set(district: District, to: str) -> None:
    assert refused(district, to)


def test_a_pseudonym_is_nobody_to_print_a_set(district: District) -> None:
    assert refused(district, district.student(HANNAH))


@pytest.mark.parametrize("to", ["heron-press", "Lindqvist Press", "Herff Jones", "-", "印刷"])
def test_a_publisher_may_share_a_part_of_a_name(district: District, to: str) -> None:
    assert not refused(district, to)
