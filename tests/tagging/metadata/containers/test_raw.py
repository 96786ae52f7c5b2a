"""RAW files: RAF's JPEG and fields, RW2's borders and JPEG, and those that are TIFF by another name."""

from __future__ import annotations

import io
import struct

import pytest
from made_files import bag, exif_segment, jpeg, packet, raf, tiff, xmp_segment

from dam_tagging.facts import Facts
from dam_tagging.metadata.read import read

XMP = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))
PICTURE = jpeg(exif_segment({270: "Concert", 274: 6}), xmp_segment(XMP), size=(160, 120))
CROPPED = {0x100: struct.pack(">HH", 610, 820), 0x111: struct.pack(">HH", 600, 800), 0x9650: b"odd"}


def short(value: int) -> bytes:
    return struct.pack("<H", value)


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.raw")


def found(result: Facts) -> tuple[list[str], list[str]]:
    return [caption.text for caption in result.captions], [person.name for person in result.persons]


def test_the_jpeg_of_a_raf_is_read_with_the_size_of_the_raw_picture() -> None:
    result = facts(raf(PICTURE, CROPPED))
    assert (result.media_type, result.state) == ("image/x-fujifilm-raf", "read")
    assert (result.orientation, result.image_size) == (6, (600, 800))
    assert found(result) == (["Concert"], ["Ava Example"])


def test_a_raf_that_does_not_say_its_size_has_that_of_its_jpeg() -> None:
    assert facts(raf(PICTURE, {})).image_size == (120, 160)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(raf(PICTURE, CROPPED)[:90], id="header-cut-off"),
        pytest.param(raf(PICTURE, CROPPED)[:300], id="cut"),
        pytest.param(raf(PICTURE, CROPPED)[:-5], id="fields-cut-off"),
        pytest.param(raf(b"no JPEG", CROPPED), id="no-jpeg"),
    ],
)
def test_a_broken_raf_is_unreadable(data: bytes) -> None:
    assert facts(data).state == "unreadable"


def rw2(picture: bytes, *sizes: tuple[int, int]) -> bytes:
    entries = [(tag, 3, 1, short(value)) for tag, value in sizes]
    return b"IIU\0" + tiff([*entries, (46, 7, len(picture), picture), (274, 3, 1, short(6))])[4:]


BORDERS = [(2, 900), (3, 700), (4, 10), (5, 20), (6, 610), (7, 820)]


@pytest.mark.parametrize(
    ("sizes", "size"), [(BORDERS, (600, 800)), (BORDERS[:2], (700, 900)), ([], None)], ids=["borders", "sensor", "none"]
)
def test_an_rw2_has_the_size_within_its_borders_and_the_metadata_of_its_jpeg(
    sizes: list[tuple[int, int]], size: tuple[int, int] | None
) -> None:
    result = facts(rw2(PICTURE, *sizes))
    assert (result.media_type, result.state, result.image_size) == ("image/x-panasonic-rw2", "read", size)
    assert found(result) == (["Concert"], ["Ava Example"])


def test_an_rw2_with_a_damaged_jpeg_is_partial() -> None:
    assert facts(rw2(b"no JPEG at all", *BORDERS)).state == "partial"


def test_an_rw2_without_directories_is_unreadable() -> None:
    assert facts(b"IIU\0\0\0\0\0").state == "unreadable"


def test_an_orf_is_tiff_by_another_name() -> None:
    data = b"IIRO" + tiff([(256, 3, 1, short(800)), (257, 3, 1, short(600)), (270, 2, 8, b"Concert\0")])[4:]
    result = facts(data)
    assert (result.media_type, result.state, result.image_size) == ("image/x-olympus-orf", "read", (800, 600))
    assert found(result) == (["Concert"], [])


def test_a_cr2_has_the_size_that_its_exif_directory_says() -> None:
    # Its first directory, behind Canon's mark, holds a preview.
    first, second = 16, 16 + 2 + 3 * 12 + 4
    entries = struct.pack("<HHIHHHHIHHHHII", 256, 3, 1, 160, 0, 257, 3, 1, 120, 0, 34665, 4, 1, second)
    exif = struct.pack("<HHHIIHHII", 2, 40962, 4, 1, 800, 40963, 4, 1, 600) + b"\0" * 4
    data = b"II*\0" + struct.pack("<I", first) + b"CR\2\0\0\0\0\0" + struct.pack("<H", 3) + entries + b"\0" * 4 + exif
    result = facts(data)
    assert (result.media_type, result.state, result.image_size) == ("image/x-canon-cr2", "read", (800, 600))
