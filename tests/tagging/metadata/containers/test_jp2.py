"""JPEG 2000: uuid and XML boxes, the header, and bare codestreams."""

from __future__ import annotations

import io
import struct

import pytest
from made_files import bag, box, exif_block, iim, jp2, packet, resource

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.bmff import XMP_UUID
from dam_tagging.metadata.containers.jp2 import EXIF_UUIDS, IPTC_UUIDS, PHOTOSHOP_UUID
from dam_tagging.metadata.read import read

XMP = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))
EXIF = exif_block({270: "Concert", 274: 6})
RECORD = iim([(2, 25, b"Violin")])


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.jp2")


def codestream(x: int, y: int, left: int = 0, top: int = 0) -> bytes:
    return b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 41, 0, x, y, left, top)


def test_the_size_is_that_of_the_header() -> None:
    result = facts(jp2())
    assert (result.media_type, result.state, result.image_size) == ("image/jp2", "read", (800, 600))


@pytest.mark.parametrize("data", [box(b"uuid", XMP_UUID, XMP), box(b"xml ", XMP), box(b"asoc", box(b"xml ", XMP))])
def test_xmp_is_read_from_each_place(data: bytes) -> None:
    assert [person.name for person in facts(jp2(data)).persons] == ["Ava Example"]


@pytest.mark.parametrize("before", [b"", b"Exif\0\0", b"EXIF\0\0"])
@pytest.mark.parametrize("uuid", EXIF_UUIDS)
def test_exif_is_read_under_each_identifier(uuid: bytes, before: bytes) -> None:
    result = facts(jp2(box(b"uuid", uuid, before, EXIF)))
    assert ([caption.text for caption in result.captions], result.image_size) == (["Concert"], (600, 800))


@pytest.mark.parametrize(
    ("uuid", "data"), [*((uuid, RECORD) for uuid in IPTC_UUIDS), (PHOTOSHOP_UUID, resource(RECORD))]
)
def test_iptc_is_read_under_each_identifier(uuid: bytes, data: bytes) -> None:
    assert [word.text for word in facts(jp2(box(b"uuid", uuid, data))).keywords] == ["Violin"]


def test_boxes_of_other_kinds_are_left_alone() -> None:
    assert facts(jp2(box(b"uuid", b"x" * 40), box(b"uuid"), box(b"xml ", b"<gml/>"))).state == "read"


def test_a_picture_that_reaches_the_end_is_read() -> None:
    data = jp2()
    at = data.index(b"jp2c") - 4
    assert facts(data[:at] + b"\0\0\0\0" + data[at + 4 :]).state == "read"


def test_a_file_that_is_cut_inside_its_picture_is_partial() -> None:
    assert facts(jp2()[:-3]).state == "partial"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jp2(size=(0, 600)), id="no-width"),
        pytest.param(jp2()[:40], id="cut"),
        pytest.param(jp2()[:32] + box(b"jp2h", box(b"ihdr", b"abc")), id="header-cut-off"),
        pytest.param(jp2(b"\0\0\0\0asoc" * 10), id="nested"),
        pytest.param(jp2(struct.pack(">I4sQ", 1, b"xml ", 1 << 63)), id="long"),
        pytest.param(jp2(struct.pack(">I4s", 7, b"xml ")), id="short"),
    ],
)
def test_a_broken_jpeg_2000_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_the_size_of_a_bare_codestream_is_its_picture_without_the_offset() -> None:
    result = facts(codestream(810, 620, 10, 20))
    assert (result.media_type, result.state, result.image_size) == ("image/x-j2c", "read", (800, 600))


@pytest.mark.parametrize("data", [codestream(8, 8, 8, 0), codestream(8, 8)[:-1]], ids=["empty", "cut"])
def test_a_broken_codestream_is_unreadable(data: bytes) -> None:
    assert facts(data).state == "unreadable"
