"""TIFF files: size, embedded blocks, and directories that lead astray."""

from __future__ import annotations

import io
import struct

import pytest
from made_files import bag, iim, mwg, packet, resource, tiff

from dam_tagging.facts import Facts
from dam_tagging.metadata import tiff as reader
from dam_tagging.metadata.blocks import MAX_BLOCK
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
