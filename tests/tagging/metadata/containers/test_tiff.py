"""TIFF files: size, embedded blocks, and directories that lead astray."""

from __future__ import annotations

import io
import struct

import pytest
from made_files import bag, iim, mwg, packet, resource, tiff

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers import tiff as reader
from dam_tagging.metadata.containers.blocks import MAX_BLOCK
from dam_tagging.metadata.containers.tiff_file import MAX_FIELD
from dam_tagging.metadata.read import read

SHORT = struct.Struct("<H")


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.tif")


def size(width: int, height: int) -> list[tuple[int, int, int, bytes]]:
    return [(256, 3, 1, SHORT.pack(width)), (257, 4, 1, struct.pack("<I", height))]


def test_size_orientation_xmp_iptc_and_photoshop_blocks_are_read() -> None:
    xmp = packet(
        bag("dc:subject", ["Soccer"]) + mwg([{"name": "Ava Example", "box": (0.4, 0.7, 0.3, 0.2)}], (600, 800))
    )
    record = iim([(2, 25, b"Violin")])
    photoshop = resource(iim([(2, 25, b"Choir")]))
    entries = [
        *size(600, 800),
        (274, 3, 1, SHORT.pack(6)),
        (700, 1, len(xmp), xmp),
        (33723, 7, len(record), record),
        (34377, 1, len(photoshop), photoshop),
    ]
    result = facts(tiff(entries))
    assert (result.media_type, result.state, result.orientation) == ("image/tiff", "read", 6)
    assert result.image_size == (800, 600)
    assert {word.text for word in result.keywords} == {"Soccer", "Violin", "Choir"}
    assert result.regions[0].region.x == pytest.approx(0.2)


def test_big_endian_is_read() -> None:
    entries = struct.pack(">HHIHH", 256, 3, 1, 640, 0) + struct.pack(">HHII", 257, 4, 1, 480)
    data = b"MM\0*" + struct.pack(">IH", 8, 2) + entries + struct.pack(">I", 0)
    assert facts(data).image_size == (640, 480)


def test_blocks_of_a_later_page_are_read_too() -> None:
    xmp = packet(bag("dc:subject", ["Soccer"]))
    first = tiff(size(8, 8))
    second = tiff([(700, 1, len(xmp), xmp)])[8:]
    shift = len(first)
    table = struct.pack("<H", 1) + struct.pack("<HHII", 700, 1, len(xmp), shift + 18) + b"\0" * 4 + xmp
    data = first[:-4] + struct.pack("<I", shift) + table
    assert len(second) == len(table)
    assert [word.text for word in facts(data).keywords] == ["Soccer"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(tiff(size(8, 8))[:-20], id="cut"),
        pytest.param(tiff([*size(8, 8), (270, 2, 9_999, b"abcde")]), id="field-outside"),
        pytest.param(tiff(size(8, 8), following=8), id="circle"),
    ],
)
def test_a_tiff_that_is_cut_or_runs_in_a_circle_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_a_tiff_without_a_size_has_none() -> None:
    assert facts(tiff([(270, 2, 5, b"fair\0")])).image_size is None


def test_more_directories_than_are_real_are_refused() -> None:
    data = bytearray(b"II*\0" + struct.pack("<I", 8))
    for number in range(reader.MAX_DIRECTORIES + 1):
        data += struct.pack("<HI", 0, 8 + 6 * (number + 1))
    data += b"\0" * 6
    assert facts(bytes(data)).state == "unreadable"


def test_an_embedded_block_that_is_too_large_is_not_read() -> None:
    value = b" " * (MAX_BLOCK + 1)
    assert facts(tiff([(700, 1, len(value), value)])).state == "partial"


def test_bigtiff_is_read() -> None:
    xmp = packet(bag("dc:subject", ["Soccer"]))
    start = 16 + 8 + 4 * 20 + 8
    entries = b"".join(
        struct.pack("<HHQ", tag, kind, count) + value.ljust(8, b"\0")
        for tag, kind, count, value in [
            (256, 16, 1, struct.pack("<Q", 800)),
            (257, 4, 1, struct.pack("<I", 600)),
            (270, 2, 8, b"Concert\0"),
            (700, 1, len(xmp), struct.pack("<Q", start)),
        ]
    )
    data = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, 4) + entries + b"\0" * 8 + xmp
    result = facts(data)
    assert (result.media_type, result.state, result.image_size) == ("image/tiff", "read", (800, 600))
    assert [caption.text for caption in result.captions] == ["Concert"]
    assert [word.text for word in result.keywords] == ["Soccer"]


def below(*directories: list[tuple[int, int, int, bytes]]) -> bytes:
    """Return a TIFF with a preview's directory, and these below it, whose values all fit into their fields."""
    start = len(tiff([(254, 4, 1, b"\1"), *size(160, 120), (330, 4, len(directories), b"\0" * 4 * len(directories))]))
    places, tables = [], b""
    for entries in directories:
        places.append(start + len(tables))
        tables += tiff(entries)[8:]
    pointers = struct.pack(f"<{len(places)}I", *places)
    return tiff([(254, 4, 1, b"\1"), *size(160, 120), (330, 4, len(places), pointers)]) + tables


def test_the_size_is_that_of_the_picture_at_full_resolution() -> None:
    full = below([(254, 4, 1, b"\1"), *size(400, 300)], [(254, 4, 1, b"\0"), *size(800, 600)])
    assert facts(full).image_size == (800, 600)


def test_without_a_picture_at_full_resolution_the_size_is_the_first_one() -> None:
    assert facts(below([(254, 4, 1, b"\1"), *size(800, 600)])).image_size == (160, 120)


def test_a_directory_below_that_lies_outside_leaves_the_file_partial() -> None:
    result = facts(tiff([*size(8, 8), (270, 2, 4, b"fair"), (330, 4, 1, struct.pack("<I", 9_999))]))
    assert (result.state, [caption.text for caption in result.captions]) == ("partial", ["fair"])


def test_a_table_of_the_picture_that_lies_outside_hides_nobody() -> None:
    assert facts(tiff([*size(8, 8), (273, 4, 9_999, b"strip")])).state == "read"


def test_layers_and_notes_of_any_size_are_passed_over() -> None:
    layers = b"\0" * (3 * MAX_BLOCK)
    result = facts(tiff([*size(8, 8), (270, 2, 5, b"fair\0"), (37724, 7, len(layers), layers)]))
    assert (result.state, [caption.text for caption in result.captions]) == ("read", ["fair"])


def test_a_text_that_is_too_large_leaves_the_file_partial() -> None:
    text = b"a" * (MAX_FIELD + 1)
    assert facts(tiff([*size(8, 8), (270, 2, len(text), text)])).state == "partial"


def test_the_exif_of_the_first_page_is_read() -> None:
    start = len(tiff([*size(8, 8), (34665, 4, 1, b"")]))
    date = b"2026:10:02 19:00:00\0"
    exif = struct.pack("<HHHII", 1, 36867, 2, len(date), start + 18) + b"\0" * 4 + date
    assert facts(tiff([*size(8, 8), (34665, 4, 1, struct.pack("<I", start))]) + exif).taken == "2026:10:02 19:00:00"


def test_fields_that_lie_over_each_other_are_refused() -> None:
    count = MAX_FIELD
    table = struct.pack("<HHII", 40000, 7, count, 8) * 20
    data = b"II*\0" + struct.pack("<IH", 8, 20) + table + b"\0" * (4 + count)
    assert facts(data).state == "unreadable"


def test_pointers_to_more_directories_than_are_real_are_refused() -> None:
    entries = struct.pack("<HHII", 330, 4, 900, 8) * 20
    assert facts(b"II*\0" + struct.pack("<IH", 8, 20) + entries + b"\0" * 4_000).state == "unreadable"
