"""JPEG XL: Exif and XML boxes, plain and compressed, and the head of a codestream."""

from __future__ import annotations

import io

import brotli
import pytest
from made_files import JXL_800_600, bag, box, exif_block, jxl, jxl_codestream, packet

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.blocks import MAX_BLOCK
from dam_tagging.metadata.read import read

XMP = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))
EXIF = b"\0\0\0\0" + exif_block({270: "Concert", 274: 6})
CAPTION, NAME = ["Concert"], ["Ava Example"]


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.jxl")


def found(result: Facts) -> tuple[list[str], list[str]]:
    return [caption.text for caption in result.captions], [person.name for person in result.persons]


def packed(kind: bytes, data: bytes) -> bytes:
    return box(b"brob", kind, brotli.compress(data))


@pytest.mark.parametrize("pack", [box, packed], ids=["plain", "compressed"])
def test_exif_and_xmp_are_read(pack: object) -> None:
    assert callable(pack)
    result = facts(jxl(pack(b"Exif", EXIF), pack(b"xml ", XMP)))
    assert (result.media_type, result.state, result.image_size) == ("image/jxl", "read", (800, 600))
    assert found(result) == (CAPTION, NAME)


def test_exif_says_nothing_about_the_orientation() -> None:
    assert facts(jxl(box(b"Exif", EXIF))).orientation == 1


def test_boxes_of_other_kinds_are_left_alone() -> None:
    others = (box(b"xml ", b"<svg/>"), packed(b"jumb", b"x"), box(b"brob", b"xml"), box(b"jbrd", b"x"))
    assert facts(jxl(*others)).state == "read"


@pytest.mark.parametrize(
    ("head", "size", "orientation"),
    [
        pytest.param(JXL_800_600, (800, 600), 1, id="ratio"),
        pytest.param([(1, 1), (1, 5), (0, 3), (4, 5), (1, 1)], (40, 16), 1, id="eighths"),
        pytest.param([(1, 1), (1, 5), (1, 3), (1, 1)], (16, 16), 1, id="square"),
        pytest.param([(0, 1), (0, 2), (299, 9), (0, 3), (3, 2), (69_999, 30), (1, 1)], (70_000, 300), 1, id="wide"),
        pytest.param([*JXL_800_600[:-1], (0, 1), (1, 1), (5, 3)], (600, 800), 6, id="turned"),
        pytest.param([*JXL_800_600[:-1], (0, 1), (0, 1), (5, 3)], (800, 600), 1, id="nothing-said"),
    ],
)
def test_the_head_of_a_codestream_is_read(head: list[tuple[int, int]], size: tuple[int, int], orientation: int) -> None:
    for data in (jxl_codestream(*head), jxl(head=head)):
        result = facts(data)
        assert (result.state, result.image_size, result.orientation) == ("read", size, orientation)


def test_a_picture_in_parts_starts_with_their_number() -> None:
    whole = jxl()
    start = whole.index(b"jxlc") - 4
    part = box(b"jxlp", b"\0\0\0\0", jxl_codestream(*JXL_800_600))
    assert facts(whole[:start] + part).image_size == (800, 600)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jxl(box(b"brob", b"xml ", b"no brotli")), id="damaged"),
        pytest.param(jxl(box(b"brob", b"xml ", brotli.compress(XMP)[:-9])), id="cut-off"),
        pytest.param(jxl(packed(b"xml ", b" " * (MAX_BLOCK + 1))), id="bomb"),
        pytest.param(jxl(box(b"Exif", b"\0\0\0\0no TIFF at all")), id="no-exif"),
        pytest.param(jxl(box(b"xml ", XMP[:-200])), id="xmp-cut-off"),
        pytest.param(jxl()[:-3], id="cut-in-its-picture"),
    ],
)
def test_a_damaged_box_leaves_the_file_partial(data: bytes) -> None:
    result = facts(data)
    assert result.state == "partial"
    assert result.problems


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\x0a", id="no-header"),
        pytest.param(jxl_codestream((0, 1), (3, 2))[:4], id="header-cut-off"),
        pytest.param(jxl()[:33], id="no-picture"),
        pytest.param(jxl()[:32] + box(b"jxlc", b"\0" * 40), id="no-codestream"),
        pytest.param(jxl(box(b"Exif"))[:36], id="cut"),
        pytest.param(jxl(*[packed(b"xml ", b" " * MAX_BLOCK)] * 5), id="bombs"),
        pytest.param(jxl(*[box(b"free")] * 20_001), id="many-boxes"),
    ],
)
def test_a_broken_jpeg_xl_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_a_file_that_is_cut_anywhere_is_never_taken_for_whole() -> None:
    data = jxl(box(b"Exif", EXIF), packed(b"xml ", XMP))
    assert {facts(data[:end]).state for end in range(1, len(data))} == {"unreadable", "partial"}
