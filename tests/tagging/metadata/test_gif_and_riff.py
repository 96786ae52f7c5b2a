"""GIF, WebP and WAV: their own walks, and where they hold XMP."""

from __future__ import annotations

import io
import struct

import pytest
from made_files import bag, exif_block, gif, gif_xmp, info, packet, riff, webp

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers import gif as gif_reader
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Unreadable
from dam_tagging.metadata.read import read

XMP = packet(bag("dc:subject", ["Soccer"]))


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x")


def words(result: Facts) -> list[str]:
    return [keyword.text for keyword in result.keywords]


def test_a_gif_holds_xmp_and_comments() -> None:
    other = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    control = b"\x21\xf9\x04\0\0\0\0\0"
    comment = b"\x21\xfe\x07concert\0"
    result = facts(gif(control, other, gif_xmp(XMP), comment))
    assert (result.media_type, result.state, result.image_size) == ("image/gif", "read", (800, 600))
    assert words(result) == ["Soccer"]
    assert [caption.text for caption in result.captions] == ["concert"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(gif()[:-1], id="no-trailer"),
        pytest.param(gif(b"junk"), id="junk"),
        pytest.param(gif()[:8], id="header-cut"),
        pytest.param(gif(gif_xmp(XMP))[:200], id="xmp-cut"),
        pytest.param(gif(b"\x21\xfe" + (b"\xff" + b"x" * 255) * (MAX_BLOCK // 255 + 2) + b"\0"), id="long-comment"),
    ],
)
def test_a_broken_gif_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_a_gif_of_very_many_blocks_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gif_reader, "MAX_BLOCKS", 3)
    assert facts(gif(b"\x21\xfe\x00" * 5)).state == "unreadable"


def test_a_file_of_another_kind_is_refused_by_the_reader() -> None:
    with pytest.raises(Unreadable):
        gif_reader.read(io.BytesIO(b"\x89PNG\r\n"))


def test_a_webp_holds_exif_and_xmp() -> None:
    result = facts(webp((b"EXIF", b"Exif\0\0" + exif_block({274: 6})), (b"XMP ", XMP), (b"ALPH", b"x")))
    assert (result.media_type, result.state) == ("image/webp", "read")
    assert (result.orientation, result.image_size, words(result)) == (6, (600, 800), ["Soccer"])


@pytest.mark.parametrize(
    "chunk",
    [
        (b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 800, 600)),
        (b"VP8L", b"\x2f" + (799 | 599 << 14).to_bytes(4, "little") + b"\0" * 5),
    ],
    ids=["lossy", "lossless"],
)
def test_the_size_of_a_simple_webp_is_read(chunk: tuple[bytes, bytes]) -> None:
    assert facts(riff(b"WEBP", chunk)).image_size == (800, 600)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(riff(b"WEBP"), id="no-size"),
        pytest.param(riff(b"WEBP", (b"VP8X", b"x")), id="header"),
        pytest.param(webp((b"XMP ", XMP))[:-40], id="cut"),
        pytest.param(riff(b"WEBP", (b"VP8 ", b"x" * 10)) + b"ALPH\xff\xff\0\0", id="chunk-outside"),
        pytest.param(webp(*[(b"ALPH", b"")] * 20_001), id="many"),
        pytest.param(b"RIFF\xff", id="head-cut"),
    ],
)
def test_a_broken_webp_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_a_riff_chunk_outside_the_file_is_unreadable() -> None:
    data = bytearray(riff(b"WAVE", (b"fmt ", b"x" * 16)))
    data[16:20] = struct.pack("<I", 999)
    assert facts(bytes(data)).state == "unreadable"


def broadcast(description: str, originator: str) -> tuple[bytes, bytes]:
    return b"bext", description.encode().ljust(256, b"\0") + originator.encode().ljust(
        64, b"\0"
    ) + b"2026-10-02" + b"\0" * 272


def test_a_wav_holds_info_bext_ixml_and_xmp() -> None:
    ixml = b"<?xml version='1.0'?><BWFXML><PROJECT>Podcast</PROJECT><NOTE>choir</NOTE><TAKE>1</TAKE></BWFXML>\0"
    data = riff(
        b"WAVE",
        (b"fmt ", b"x" * 16),
        broadcast("Interview", "District"),
        (b"iXML", ixml),
        info(INAM="Podcast 1", IART="Media class", IKEY="choir;podcast", ISFT="x"),
        (b"LIST", b"adtlxxxx"),
        (b"data", b"y" * 9),
        (b"_PMX", XMP),
    )
    result = facts(data)
    assert (result.media_type, result.state, result.image_size) == ("audio/wav", "read", None)
    assert words(result) == ["choir", "podcast", "Soccer"]
    assert {caption.text for caption in result.captions} == {"Interview", "Podcast", "choir", "Podcast 1"}
    assert (result.owner, result.taken) == ("District; Media class", "2026-10-02")


def test_a_text_that_is_not_utf8_is_read_as_cp1252() -> None:
    raw = "Zoë".encode("cp1252")
    body = b"INFO" + b"INAM" + struct.pack("<I", len(raw)) + raw + b"\0"
    assert facts(riff(b"WAVE", (b"LIST", body))).captions[0].text == "Zoë"


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param((b"LIST", b"INFOINAM\xff\xff\0\0"), id="info"),
        pytest.param((b"iXML", b"<a>"), id="ixml"),
        pytest.param((b"iXML", b"<!DOCTYPE d []><a/>"), id="ixml-dtd"),
        pytest.param((b"_PMX", b"<a>"), id="xmp"),
        pytest.param((b"id3 ", b"ID3"), id="id3"),
    ],
)
def test_a_block_of_a_wav_that_is_not_read_leaves_it_partial(chunk: tuple[bytes, bytes]) -> None:
    result = facts(riff(b"WAVE", chunk))
    assert result.state == "partial"
    assert result.problems


def test_an_avi_without_sound_and_picture_is_unreadable_and_says_so() -> None:
    result = facts(riff(b"AVI ", (b"LIST", b"x")))
    assert (result.media_type, result.state) == ("video/x-msvideo", "unreadable")
    assert result.problems
