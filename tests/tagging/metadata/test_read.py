"""Reading a file: its type from its first bytes, sidecars, and hostile bytes of every kind."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import (
    bag,
    box,
    cr3,
    exif_block,
    exif_segment,
    gif,
    gif_xmp,
    heif,
    iim,
    info,
    iptc_segment,
    jp2,
    jpeg,
    jxl,
    movie,
    mwg,
    packet,
    pdf,
    pdf_stream,
    png,
    psd,
    raf,
    resource,
    riff,
    tiff,
    track,
    webp,
    xmp_segment,
)

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Unreadable
from dam_tagging.metadata.read import READERS, UNKNOWN, read, sniff
from dam_tagging.metadata.sidecars import sidecar

PERSONS = bag("Iptc4xmpExt:PersonInImage", ["Ava Example"])
XMP = packet(PERSONS + mwg([{"name": "Ava Example", "kind": "Face", "box": (0.4, 0.7, 0.3, 0.2)}]))


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"RIFF\0\0\0\0????", UNKNOWN),
        (b"II*\0", "image/tiff"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\0\0\0\x18ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x18moov", "video/quicktime"),
        (b"\0\0\0\x18ftypcrx ", "image/x-canon-cr3"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"\0\0\0\x18ftypMSNV\0\0\0\0MSNVisom", "video/mp4"),
        (b"II*\0\x10\0\0\0CR\2\0", "image/x-canon-cr2"),
        (b"II+\0\x08\0", "image/tiff"),
        (b"IIRO", "image/x-olympus-orf"),
        (b"IIU\0", "image/x-panasonic-rw2"),
        (b"FUJIFILMCCD-RAW 0201", "image/x-fujifilm-raf"),
        (b"\0\0\0\x0cJXL \r\n", "image/jxl"),
        (b"\xff\x0a", "image/jxl"),
        (b"\0\0\0\x0cjP  \r\n", "image/jp2"),
        (b"\xff\x4f\xff\x51", "image/x-j2c"),
        (b"8BPS\0\1", "image/vnd.adobe.photoshop"),
        (b"%PDF-1.7", "application/pdf"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xef\xbb\xbf<?xpacket begin", "application/rdf+xml"),
        (b"<x:xmpmeta", "application/rdf+xml"),
        (b"<html>", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_the_type_is_told_by_the_first_bytes(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


@pytest.mark.parametrize("data", [b"", b"\0" * 50, b"plain text", b"%PDF-1.7", b"ID3\x04"])
def test_what_is_not_understood_is_unreadable_and_never_empty(data: bytes) -> None:
    result = read(io.BytesIO(data), "x")
    assert result.state == "unreadable"
    assert result.problems


def test_the_name_of_a_file_does_not_decide_how_it_is_read() -> None:
    assert read(io.BytesIO(jpeg(xmp_segment(XMP))), "x.png").persons[0].name == "Ava Example"


def test_an_xmp_file_is_read_by_itself() -> None:
    result = read(io.BytesIO(XMP), "x.xmp")
    assert (result.state, [person.name for person in result.persons]) == ("read", ["Ava Example"])


def test_an_xmp_file_that_is_too_large_is_partial() -> None:
    assert read(io.BytesIO(b"<x:xmpmeta" + b" " * MAX_BLOCK), "x.xmp").state == "partial"


def folder(**files: bytes) -> Callable[[str], BinaryIO | None]:
    named = {name.replace("__", "/").replace("_", "."): data for name, data in files.items()}
    return lambda name: io.BytesIO(named[name]) if name in named else None


def with_sidecars(siblings: Callable[[str], BinaryIO | None], inside: str = "", name: str = "a/x.jpg") -> Facts:
    return read(io.BytesIO(jpeg(xmp_segment(packet(inside)))), name, siblings)


def people(result: Facts) -> set[str]:
    return {person.name for person in result.persons}


def test_both_kinds_of_sidecar_are_united_with_the_file() -> None:
    ben, chris = (packet(bag("Iptc4xmpExt:PersonInImage", [name])) for name in ("Ben Sample", "Chris Twin"))
    result = with_sidecars(folder(a__x_xmp=ben, a__x_jpg_xmp=chris), PERSONS)
    assert people(result) == {"Ava Example", "Ben Sample", "Chris Twin"}
    assert result.state == "read"


@pytest.mark.parametrize(("others", "count"), [(["Chris Twin"], 1), (["Ben Sample", "Chris Twin"], 0), ([], 0)])
def test_two_sidecars_that_name_others_than_one_another_are_noted_without_a_name(others: list[str], count: int) -> None:
    ben, chris = (packet(bag("Iptc4xmpExt:PersonInImage", names)) for names in (["Ben Sample"], others))
    result = with_sidecars(folder(a__x_xmp=ben, a__x_jpg_xmp=chris))
    assert people(result) == {"Ben Sample", *others}
    assert (result.state, len(result.problems)) == ("read", count)
    assert not any("Ben" in each or "Chris" in each for each in result.problems)


def test_a_sidecar_that_names_others_than_the_file_is_noted_without_a_name() -> None:
    result = with_sidecars(folder(a__x_xmp=packet(bag("Iptc4xmpExt:PersonInImage", ["Ben Sample"]))), PERSONS)
    assert len(result.problems) == 1
    assert "Ben" not in result.problems[0]


@pytest.mark.parametrize("inside", ["", PERSONS], ids=["file-names-nobody", "file-agrees"])
def test_a_sidecar_that_does_not_contradict_is_no_problem(inside: str) -> None:
    assert with_sidecars(folder(a__x_xmp=packet(PERSONS)), inside).problems == ()


@pytest.mark.parametrize("data", [b"<x>", b"<" + b" " * MAX_BLOCK], ids=["broken", "large"])
def test_a_damaged_sidecar_leaves_the_file_partial(data: bytes) -> None:
    assert with_sidecars(folder(a__x_xmp=data)).state == "partial"


def test_a_sidecar_has_no_sidecar() -> None:
    assert sidecar.names("a/x.xmp") == ()
    assert sidecar.names("") == ()
    assert sidecar.names("a/x.XMP") == ()


def test_a_sidecar_is_asked_for_in_both_forms_and_in_capitals() -> None:
    assert sidecar.names("a/x.jpg") == ("a/x.xmp", "a/x.jpg.xmp", "a/x.XMP", "a/x.jpg.XMP")
    assert sidecar.names("a/x") == ("a/x.xmp", "a/x.XMP")


@pytest.mark.parametrize("name", ["a__x_XMP", "a__x_jpg_XMP"])
def test_a_sidecar_in_capitals_is_read(name: str) -> None:
    assert people(with_sidecars(folder(**{name: packet(PERSONS)}))) == {"Ava Example"}


def test_a_sidecar_that_lists_the_people_of_the_file_again_adds_nobody() -> None:
    twice = bag("Iptc4xmpExt:PersonInImage", ["Ava Example", "Ava Example"])
    result = with_sidecars(folder(a__x_xmp=packet(twice), a__x_XMP=packet(twice)), PERSONS)
    assert [person.name for person in result.persons] == ["Ava Example", "Ava Example"]


SEEDS = [
    jpeg(exif_segment({274: 6, 270: "x", 40094: b"a\0;\0"}), iptc_segment([(2, 25, b"a")]), xmp_segment(XMP)),
    png(),
    gif(gif_xmp(XMP)),
    webp((b"XMP ", XMP)),
    riff(b"WAVE", info(INAM="x"), (b"_PMX", XMP)),
    movie(track(), box(b"udta", box(b"XMP_", XMP))),
    heif((b"Exif", b"\0\0\0\0" + exif_block({270: "x"})), (b"mime", XMP), turns=[(b"irot", 3)]),
    heif((b"mime", XMP), in_idat=True),
    cr3(exif_block({256: 8, 257: 8, 270: "x"}), exif_block({270: "x"}), XMP),
    jxl(box(b"brob", b"Exif", brotli.compress(b"\0\0\0\0" + exif_block({270: "x"}))), box(b"xml ", XMP)),
    jp2(box(b"uuid", b"JpgTiffExif->JP2", exif_block({270: "x"})), box(b"xml ", XMP)),
    psd(resource(exif_block({270: "x"}), 1058), resource(iim([(2, 25, b"a")])), resource(XMP, 1060)),
    pdf(b"<</Type/Catalog/Metadata 2 0 R>>", pdf_stream(XMP), b"<</Title(x)>>", trailer=b"/Root 1 0 R/Info 3 0 R"),
    raf(jpeg(xmp_segment(XMP)), {0x111: b"\0\x08\0\x08"}),
    tiff([(256, 3, 1, b"\x08\0"), (257, 3, 1, b"\x08\0"), (270, 2, 5, b"fair\0"), (700, 1, len(XMP), XMP)]),
    XMP,
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 6000), st.binary(min_size=1, max_size=4)), max_size=4),
    st.integers(0, 6000) | st.none(),
)
def test_no_damage_raises_and_none_is_silent(seed: bytes, edits: list[tuple[int, bytes]], cut: int | None) -> None:
    data = bytearray(seed)
    for offset, value in edits:
        at = offset % len(data)
        data[at : at + len(value)] = value
    result = read(io.BytesIO(bytes(data[:cut])), "x")
    assert result.state == "read" or result.problems


NUMBERS = [b"\0\0\0\0", b"\0\0\0\1", b"\0\0\0\x08", b"\x7f\xff\xff\xff", b"\xff" * 4, b"\x80" + b"\0" * 7, b"99999"]
"""What breaks lengths, counts and offsets, whichever of them stands at a place."""


@settings(max_examples=1000, derandomize=True, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 6000), st.sampled_from(NUMBERS) | st.binary(max_size=4)), min_size=1, max_size=3),
    st.booleans(),
)
def test_a_reader_of_containers_says_only_that_it_cannot_read(
    seed: bytes, edits: list[tuple[int, bytes]], moves: bool
) -> None:
    data = bytearray(seed)
    for offset, value in edits:
        at = offset % len(data)
        data[at : at if moves else at + len(value)] = value
    reader = READERS.get(sniff(seed))
    assert reader is not None
    with suppress(Unreadable):
        reader(io.BytesIO(bytes(data)))
