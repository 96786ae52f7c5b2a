"""What lies beside a file: both kinds of XMP sidecars and the folder's `.picasa.ini`."""

from __future__ import annotations

import io
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import bag, jpeg, packet

from dam_tagging.facts import Facts
from dam_tagging.metadata import sidecar
from dam_tagging.metadata.blocks import MAX_BLOCK
from dam_tagging.metadata.read import read

INI = b"[x.jpg]\nfaces=rect64(33323fff66668ccc),1\n[Contacts2]\n1=Ava Example;;\n"


class Folder:
    """The files beside one, and which of them were asked for."""

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("__", "/").replace("_dot_", "."): data for name, data in files.items()}
        self.asked: list[str] = []

    def __call__(self, name: str) -> BinaryIO | None:
        self.asked.append(name)
        return io.BytesIO(self.files[name]) if name in self.files else None


def facts(folder: Folder, name: str = "a/x.jpg") -> Facts:
    return read(io.BytesIO(jpeg()), name, folder)


def test_picasas_file_of_the_same_folder_is_asked_for_by_its_key() -> None:
    folder = Folder(a___dot_picasa_dot_ini=INI)
    assert [region.name for region in facts(folder).regions] == ["Ava Example"]
    assert "a/.picasa.ini" in folder.asked


def test_picasas_file_is_united_with_sidecars() -> None:
    ben = packet(bag("Iptc4xmpExt:PersonInImage", ["Ben Sample"]))
    result = facts(Folder(a___dot_picasa_dot_ini=INI, a__x_dot_xmp=ben))
    assert [person.name for person in result.persons] == ["Ben Sample"]
    assert [region.name for region in result.regions] == ["Ava Example"]


def test_a_folder_whose_picasa_file_does_not_know_the_picture_adds_nothing() -> None:
    result = facts(Folder(a___dot_picasa_dot_ini=INI), "a/y.jpg")
    assert (result.regions, result.state) == ((), "read")


def test_a_picasa_file_that_is_too_large_leaves_the_picture_partial() -> None:
    assert facts(Folder(a___dot_picasa_dot_ini=b" " * (MAX_BLOCK + 1))).state == "partial"


@pytest.mark.parametrize("name", ["a/x.xmp", "a/.picasa.ini", "a/Picasa.ini", ""])
def test_what_describes_others_has_nothing_beside_it(name: str) -> None:
    folder = Folder()
    assert sidecar.packets(name, folder) == []
    assert folder.asked == []


def test_every_name_of_picasas_file_is_read_where_all_of_them_lie_in_a_folder() -> None:
    ben = INI.replace(b"Ava Example", b"Ben Sample").replace(b"3332", b"1111")
    folder = Folder(a___dot_picasa_dot_ini=INI, a__Picasa_dot_ini=ben)
    assert {region.name for region in facts(folder).regions} == {"Ava Example", "Ben Sample"}


@pytest.mark.parametrize(
    ("name", "of", "expected"),
    [
        ("a/x.xmp", "a/x.jpg", True),
        ("a/x.jpg.xmp", "a/x.jpg", True),
        ("a/x.Xmp", "a/x.jpg", True),
        ("a/x.JPG.xmp", "a/x.jpg", True),
        ("a/x_01.jpg.xmp", "a/x.jpg", True),
        ("a/x_01.jpg.xmp", "a/x_01.jpg", True),
        ("x.xmp", "x", True),
        ("a/x_1.jpg.xmp", "a/x.jpg", False),
        ("a/x_01.xmp", "a/x.jpg", False),
        ("a/x.png.xmp", "a/x.jpg", False),
        ("b/x.xmp", "a/x.jpg", False),
        ("a/xy.xmp", "a/x.jpg", False),
        ("a/x.jpg", "a/x.jpg", False),
    ],
)
def test_a_sidecar_is_of_the_file_that_it_is_named_after(name: str, of: str, expected: bool) -> None:
    assert sidecar.describes(name, of) is expected


@given(
    st.from_regex(r"([a-c./]{0,4}/)?[a-c_.0-9]{1,6}", fullmatch=True),
    st.from_regex(r"([a-c./]{0,4}/)?[a-c_.0-9]{1,6}\.xmp", fullmatch=True),
)
@settings(derandomize=True, deadline=None)
def test_what_a_sidecar_describes_begins_as_it_says(name: str, beside: str) -> None:
    for each in (beside, f"{name}.xmp", f"{sidecar.stem(name)}.xmp"):
        if sidecar.describes(each, name):
            assert name.startswith(sidecar.common_start(each))
            assert each.startswith(sidecar.stem(name))
