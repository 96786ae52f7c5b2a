"""Archives and folders that are no roster: bombs, ways out, archives within, and what only stands beside a roster."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from made_rosters import USERS_11, manifest, table, user, write, zipped

from dam_plugin.errors import Problem
from dam_plugin.people.formats.roster_files import roster_files
from dam_plugin.people.formats.zip_limits import ROSTER, wrong_with

USERS = table(USERS_11, [user("s1", "student", "Ada")])
FILES = {"manifest.csv": manifest(users="bulk"), "users.csv": USERS}


def opened(source: Path) -> tuple[list[str], list[str]]:
    """Return the files that are there, and the problems."""
    problems: list[Problem] = []
    with roster_files(source, problems) as files:
        return sorted(files.openers), [str(each) for each in problems]


def test_tables_are_found_in_any_case_and_nothing_else(tmp_path: Path) -> None:
    beside = {"USERS.CSV": USERS, "README.TXT": "", "photo.jpg": b"", "letter.pdf": b""}
    assert opened(write(tmp_path / "folder", beside)) == (["readme.txt", "users.csv"], [])
    with_mac = {**beside, "__MACOSX/._users.csv": b"", "._users.csv": b""}
    assert opened(zipped(tmp_path / "a.zip", with_mac)) == (["readme.txt", "users.csv"], [])


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (found,) = opened(zipped(tmp_path / "bomb.zip", {"users.csv": b"0" * 20_000_000}))[1]
    assert found == "bomb.zip: would unpack to more than 200 times its size: no roster does"


@pytest.mark.parametrize(
    ("limit", "value", "problem"),
    [
        ("entries", 1, "holds more than 1 files"),
        ("file", 10, "would unpack to more than"),
        ("total", 10, "would unpack to more than"),
    ],
)
def test_an_archive_has_limits(tmp_path: Path, limit: str, value: int, problem: str) -> None:
    # Only here do two files of a few bytes break a limit.
    tight = replace(ROSTER, **{limit: value})
    packed = zipped(tmp_path / "big.zip", FILES)
    with zipfile.ZipFile(packed) as archive:
        (found,) = wrong_with(archive.infolist(), packed.stat().st_size, tight)
    assert problem in found


@pytest.mark.parametrize(
    "name", ["../users.csv", "/etc/users.csv", "a/../../users.csv", "..\\users.csv", "C:\\users.csv"]
)
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    names, problems = opened(zipped(tmp_path / "out.zip", {name: USERS}))
    assert (names, problems) == ([], ["out.zip: holds a file that would land outside of it: pack the CSV files alone"])
    assert not (tmp_path.parent / "users.csv").exists()


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("users.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    (found,) = opened(tmp_path / "link.zip")[1]
    assert "outside of it" in found


@pytest.mark.parametrize("name", ["more.zip", "deep/more.ZIP", "users.csv.gz"])
def test_an_archive_within_is_refused(tmp_path: Path, name: str) -> None:
    (found,) = opened(zipped(tmp_path / "nested.zip", {**FILES, name: b"PK"}))[1]
    assert found == "nested.zip: holds another archive: unpack that first"


def test_an_unusual_packing_is_refused(tmp_path: Path) -> None:
    (found,) = opened(zipped(tmp_path / "lzma.zip", FILES, zipfile.ZIP_LZMA))[1]
    assert "pack it as an ordinary ZIP" in found


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (found,) = opened(zipped(tmp_path / "two.zip", {"a/users.csv": USERS, "b/USERS.csv": USERS}))[1]
    assert found == "two.zip: holds two files of one name: keep one of them"


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 and nothing more")
    assert opened(tmp_path / "no.zip") == (
        [],
        ["no.zip: is neither a folder nor a ZIP that can be read: export it again"],
    )
