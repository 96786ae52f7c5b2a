"""PNG: texts and blocks before and after the picture, compressed or not."""

from __future__ import annotations

import io
import zlib

import pytest
from made_files import bag, chunk, exif_block, iim, packet, png, resource

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers import png as reader
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Unreadable
from dam_tagging.metadata.read import read

XMP = packet(bag("dc:subject", ["Soccer"]))


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.png")


def words(result: Facts) -> list[str]:
    return [keyword.text for keyword in result.keywords]


def itxt(keyword: str, text: bytes, *, compressed: bool = False) -> bytes:
    flag, body = (b"\1", zlib.compress(text)) if compressed else (b"\0", text)
    return chunk(b"iTXt", keyword.encode() + b"\0" + flag + b"\0\0\0" + body)


def raw_profile(kind: str, data: bytes) -> bytes:
    text = f"\n{kind}\n{len(data):8}\n{data.hex()}\n".encode()
    return chunk(b"zTXt", f"Raw profile type {kind}".encode() + b"\0\0" + zlib.compress(text))


@pytest.mark.parametrize("compressed", [False, True])
def test_xmp_is_read_before_the_picture(compressed: bool) -> None:
    result = facts(png(itxt("XML:com.adobe.xmp", XMP, compressed=compressed)))
    assert (words(result), result.state, result.image_size) == (["Soccer"], "read", (800, 600))


def test_xmp_is_read_behind_the_picture() -> None:
    assert words(facts(png(after=[itxt("XML:com.adobe.xmp", XMP)]))) == ["Soccer"]


def test_exif_turns_the_picture() -> None:
    result = facts(png(chunk(b"eXIf", exif_block({274: 6}))))
    assert (result.orientation, result.image_size) == (6, (600, 800))


def test_texts_are_captions_and_owner() -> None:
    result = facts(
        png(
            chunk(b"tEXt", b"Title\0Concert"),
            chunk(b"zTXt", b"Author\0\0" + zlib.compress("Zoë".encode("latin-1"))),
            itxt("Description", "李雷 plays".encode()),
            chunk(b"tEXt", b"Software\0x"),
        )
    )
    assert [caption.text for caption in result.captions] == ["Concert", "李雷 plays"]
    assert result.owner == "Zoë"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("xmp", XMP),
        ("iptc", resource(iim([(2, 25, b"Soccer")]))),
        ("iptc", iim([(2, 25, b"Soccer")])),
        ("APP1", b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        ("exif", b"Exif\0\0" + exif_block({40094: "Soccer".encode("utf-16-le")})),
        ("icc", b"not of interest"),
    ],
)
def test_raw_profiles_are_read(kind: str, data: bytes) -> None:
    result = facts(png(raw_profile(kind, data)))
    assert words(result) == ([] if kind == "icc" else ["Soccer"])
    assert result.state == "read"


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(chunk(b"tEXt", b"no keyword"), id="no-keyword"),
        pytest.param(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0"), id="cut"),
        pytest.param(chunk(b"zTXt", b"Title\0\0junk"), id="not-compressed"),
        pytest.param(chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"x" * 99)[:-5]), id="cut-inside"),
        pytest.param(chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"\0" * (MAX_BLOCK + 1))), id="bomb"),
        pytest.param(chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n4\nzz"), id="no-digits"),
        pytest.param(chunk(b"eXIf", b"junk"), id="exif"),
    ],
)
def test_a_damaged_text_leaves_the_file_partial(damaged: bytes) -> None:
    assert facts(png(damaged)).state == "partial"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png()[:-12], id="no-end"),
        pytest.param(png()[:30], id="cut"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), id="no-size"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"x"), id="header"),
        pytest.param(png(size=(0, 0)), id="size-zero"),
        pytest.param(png(chunk(b"tEXt", b"x" * (MAX_BLOCK + 1))), id="large"),
        pytest.param(png(chunk(b"aaAa", b"") * 20_001), id="many"),
    ],
)
def test_a_broken_structure_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_texts_that_grow_together_beyond_the_limit_are_unreadable() -> None:
    grown = chunk(b"zTXt", b"Title\0\0" + zlib.compress(b" " * (MAX_BLOCK - 9)))
    assert facts(png(grown * 3)).state == "read"
    assert facts(png(grown * 5)).state == "unreadable"


def test_a_file_of_another_kind_is_refused_by_the_reader() -> None:
    with pytest.raises(Unreadable):
        reader.read(io.BytesIO(b"GIF89a--"))


def test_a_profile_whose_name_is_of_several_words_is_read() -> None:
    block = resource(iim([(2, 25, b"Ava Example")]))
    text = f"\nIPTC profile\n{len(block):8}\n{block.hex()}\n".encode()
    result = facts(png(chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text))))
    assert (words(result), result.state) == (["Ava Example"], "read")
