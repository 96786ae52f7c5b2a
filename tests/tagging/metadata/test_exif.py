"""EXIF: two libraries united, and nothing they are given can run away."""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

import pytest
from made_files import bag, exif_block, exif_segment, jpeg, packet, segment, tiff

from dam_tagging.facts import Facts
from dam_tagging.metadata import exif
from dam_tagging.metadata.read import read

USER_COMMENT, TAKEN = 37510, 36867


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x")


def of_block(block: bytes) -> Facts:
    return facts(jpeg(segment(0xE1, b"Exif\0\0" + block)))


def captions(result: Facts) -> list[str]:
    return list(dict.fromkeys(caption.text for caption in result.captions))


def test_description_artist_and_date_are_read_once_though_two_libraries_give_them() -> None:
    result = facts(jpeg(exif_segment({270: "At the fair", 315: "A. B."}, {TAKEN: "2026:10:02 10:00:00"})))
    assert [caption.text for caption in result.captions] == ["At the fair"]
    assert (result.owner, result.taken) == ("A. B.", "2026:10:02 10:00:00")


def test_long_keywords_that_exifread_leaves_out_are_read() -> None:
    names = [f"Student Name {number:03}" for number in range(80)]
    value = ";".join(names).encode("utf-16-le") + b"\0\0"
    assert len(value) > 1000
    assert [word.text for word in facts(jpeg(exif_segment({40094: value}))).keywords] == names


@pytest.mark.parametrize(
    "value",
    [
        b"ASCII\0\0\0names here",
        b"\0" * 8 + b"names here",
        b"UNICODE\0" + "names here".encode("utf-16-le"),
        b"UNICODE\0" + "names here".encode("utf-16-be"),
        b"JIS\0\0\0\0\0names here",
    ],
    ids=["ascii", "undefined", "utf-16-le", "utf-16-be", "jis"],
)
def test_a_user_comment_is_decoded_as_it_announces(value: bytes) -> None:
    assert captions(facts(jpeg(exif_segment({}, {USER_COMMENT: value})))) == ["names here"]


def test_utf8_in_an_ascii_field_is_read_as_utf8() -> None:
    raw = "Zoë plays".encode()
    result = of_block(tiff([(270, 2, len(raw) + 1, raw + b"\0")]))
    assert "Zoë plays" in captions(result)


def test_latin1_in_an_ascii_field_is_read_as_latin1() -> None:
    raw = "Zoë plays".encode("latin-1")
    assert "Zoë plays" in captions(of_block(tiff([(270, 2, len(raw) + 1, raw + b"\0")])))


@pytest.mark.parametrize("orientation", [0, 9, 99])
def test_an_orientation_that_is_none_is_noted_and_left_out(orientation: int) -> None:
    result = of_block(tiff([(274, 3, 1, struct.pack("<H", orientation))]))
    assert (result.orientation, result.state) == (None, "read")
    assert result.problems


def test_a_field_outside_the_block_is_a_note_and_the_rest_is_read() -> None:
    block = tiff([(270, 2, 5, b"fair\0"), (271, 2, 5_000_000, b"\0\0\0\0\0")])
    result = of_block(block)
    assert (captions(result), result.state) == (["fair"], "read")
    assert result.problems


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"XX*\0\x08\0\0\0", id="header"),
        pytest.param(b"II*\0\xff\xff\0\0", id="directory-outside"),
        pytest.param(b"II*\0\x08\0\0\0\x09\0", id="directory-cut"),
        pytest.param(b"II*\0\x08", id="header-cut"),
        pytest.param(tiff([(270, 2, 4, b"abc\0")], following=8), id="circle"),
        pytest.param(tiff([(34665, 4, 1, struct.pack("<I", 8))]), id="circle-below"),
        pytest.param(tiff([(34853, 4, 2, b"\x08\0\0\0\x08\0\0\0")]), id="two-pointers"),
        pytest.param(tiff([(330, 4, 1001, b"\0" * 4004)]), id="many-directories"),
    ],
)
def test_a_block_that_cannot_be_walked_leaves_the_file_partial(block: bytes) -> None:
    result = of_block(block)
    assert result.state == "partial"
    assert result.problems


def test_a_block_that_declares_far_more_than_it_holds_is_refused() -> None:
    entries = b"".join(struct.pack("<HHII", number, 1, 50_000, 10_000) for number in range(800))
    block = b"II*\0" + struct.pack("<IH", 8, 800) + entries
    result = of_block(block.ljust(60_500, b"\0"))
    assert result.state == "partial"
    assert "more than is ever real" in result.problems[0]


def test_xmp_and_iptc_inside_an_exif_block_are_read() -> None:
    xmp = packet(bag("dc:subject", ["Soccer"]))
    result = of_block(tiff([(700, 1, len(xmp), xmp), (33723, 7, 11, b"\x1c\x02\x19\0\x06Violin")]))
    assert {word.text for word in result.keywords} == {"Soccer", "Violin"}


def fails(_block: BinaryIO) -> dict[int, Any]:
    raise KeyError("the library stumbled")


def test_one_library_that_fails_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exif, "_by_exifread", fails)
    result = of_block(exif_block({270: "fair"}))
    assert (captions(result), result.state) == (["fair"], "read")
    assert result.problems


def test_both_libraries_failing_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exif, "_by_exifread", fails)
    monkeypatch.setattr(exif, "_by_pillow", fails)
    assert of_block(exif_block({270: "fair"})).state == "partial"


def test_values_of_an_odd_type_say_nothing() -> None:
    result = of_block(tiff([(270, 3, 2, struct.pack("<HH", 700, 800)), (315, 4, 1, struct.pack("<I", 7))]))
    assert (result.captions, result.owner, result.state) == ((), None, "read")
