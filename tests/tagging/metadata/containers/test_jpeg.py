"""JPEG: blocks before the first scan; a broken structure is unreadable, a damaged block is partial."""

from __future__ import annotations

import io
import struct

import pytest
from made_files import (
    XMP_HEADER,
    bag,
    exif_segment,
    extension_segment,
    iim,
    iptc_segment,
    jpeg,
    packet,
    resource,
    segment,
    xmp_segment,
)

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers import jpeg as reader
from dam_tagging.metadata.containers.blocks import MAX_PACKETS, MAX_TOTAL, Unreadable
from dam_tagging.metadata.read import read

GUID = b"0123456789ABCDEF0123456789ABCDEF"
MAIN = packet("", f"xmpNote:HasExtendedXMP='{GUID.decode()}'")
EXTENDED = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"])).strip()


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.jpg")


def names(result: Facts) -> list[str]:
    return [person.name for person in result.persons]


def test_size_exif_xmp_and_iptc_are_read_in_any_order() -> None:
    data = jpeg(
        iptc_segment([(2, 25, b"Soccer")]),
        xmp_segment(packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))),
        exif_segment({274: 6, 315: "A. Photographer"}),
    )
    result = facts(data)
    assert (result.media_type, result.state, result.problems) == ("image/jpeg", "read", ())
    assert (result.orientation, result.image_size) == (6, (600, 800))
    assert names(result) == ["Ava Example"]
    assert [keyword.text for keyword in result.keywords] == ["Soccer"]
    assert result.owner == "A. Photographer"


def test_a_jpeg_without_metadata_was_read_and_names_nobody() -> None:
    result = facts(jpeg())
    assert (result.state, result.persons, result.image_size) == ("read", (), (800, 600))


def test_extended_xmp_is_put_together_in_order_of_its_offsets() -> None:
    half = len(EXTENDED) // 2
    parts = [
        extension_segment(GUID, len(EXTENDED), half, EXTENDED[half:]),
        extension_segment(GUID, len(EXTENDED), 0, EXTENDED[:half]),
    ]
    result = facts(jpeg(xmp_segment(MAIN), *parts))
    assert (names(result), result.state) == (["Ava Example"], "read")


@pytest.mark.parametrize(
    "segments",
    [
        pytest.param([], id="missing"),
        pytest.param([extension_segment(GUID, len(EXTENDED), 0, EXTENDED[:50])], id="end-missing"),
        pytest.param([extension_segment(GUID, len(EXTENDED), 9, EXTENDED[9:])], id="start-missing"),
        pytest.param([extension_segment(b"F" * 32, len(EXTENDED), 0, EXTENDED)], id="of-another-packet"),
        pytest.param([segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0short")], id="head-damaged"),
    ],
)
def test_extended_xmp_that_is_incomplete_leaves_the_file_partial(segments: list[bytes]) -> None:
    assert facts(jpeg(xmp_segment(MAIN), *segments)).state == "partial"


def test_a_damaged_packet_leaves_the_file_partial_with_what_else_was_found() -> None:
    result = facts(jpeg(xmp_segment(b"<x:xmpmeta"), iptc_segment([(2, 25, b"Soccer")])))
    assert result.state == "partial"
    assert result.problems
    assert [keyword.text for keyword in result.keywords] == ["Soccer"]


def test_photoshop_blocks_of_several_segments_are_one() -> None:
    whole = resource(b"x", 0x0405) + resource(iim([(2, 25, b"Soccer")]))
    parts = [segment(0xED, b"Photoshop 3.0\0" + part) for part in (whole[:9], whole[9:])]
    assert [keyword.text for keyword in facts(jpeg(*parts)).keywords] == ["Soccer"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg(XMP_HEADER), id="junk-between-segments"),
        pytest.param(jpeg(b"\xff\xe1\x00\x01"), id="length-too-small"),
        pytest.param(jpeg(b"\xff\xd9"), id="end-before-picture"),
        pytest.param(jpeg(segment(0xC2, b"\x08")), id="frame-too-short"),
        pytest.param(b"\xff\xd8\xff\xda\x00\x02", id="no-size"),
        pytest.param(jpeg(size=(0, 0)), id="size-zero"),
        pytest.param(jpeg(segment(0xFE, b"comment"))[:9], id="cut-in-skipped-segment"),
        pytest.param(jpeg(xmp_segment(MAIN))[:100], id="cut-in-xmp"),
        pytest.param(b"\xff\xd8\xff", id="only-a-start"),
        pytest.param(b"\xff\xd8" + b"\xff\x01" * 20_001, id="endless-markers"),
    ],
)
def test_a_broken_structure_is_unreadable_and_says_so(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert len(result.problems) == 1


def test_fill_bytes_and_markers_without_content_are_passed_over() -> None:
    assert facts(jpeg(b"\xff\x01", b"\xff\xff" + segment(0xFE, b""))).state == "read"


def test_more_metadata_than_is_real_is_refused() -> None:
    many = segment(0xE1, b"x" * 65_000) * (MAX_TOTAL // 65_000 + 1)
    result = facts(jpeg(many))
    assert result.state == "unreadable"
    assert "more than 32 MB" in result.problems[0]


def test_more_packets_than_are_real_leave_the_file_partial() -> None:
    data = jpeg(*[xmp_segment(packet(bag("dc:subject", [f"k{number}"]))) for number in range(MAX_PACKETS + 1)])
    result = facts(data)
    assert (result.state, len(result.keywords)) == ("partial", MAX_PACKETS)


def test_a_file_of_another_kind_is_refused_by_the_reader() -> None:
    with pytest.raises(Unreadable):
        reader.read(io.BytesIO(b"GIF89a"))


def test_nothing_behind_the_scan_header_is_read() -> None:
    data = jpeg()[:-2] + struct.pack(">BB", 0xFF, 0xE1)
    assert facts(data).state == "read"


def test_a_comment_is_a_caption() -> None:
    result = facts(jpeg(segment(0xFE, "Zoë Example\0".encode())))
    assert [(caption.text, caption.source) for caption in result.captions] == [("Zoë Example", "JPEG comment")]
