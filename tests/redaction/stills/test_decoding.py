"""Reading a picture for the pixel path: what is refused and with which sentence, and what the pixels are then."""

from __future__ import annotations

import io
import random
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from corpus import corpus_root, requires_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import encode, picture, with_profile
from leaky_stills import COLOUR, avif_of, bmff_box, coded_of
from made_corpus import CORPUS
from made_heic import heic
from PIL import Image, ImageCms, ImageFile
from PIL.PngImagePlugin import PngInfo
from still_samples import (
    SIGNATURE,
    TURNED,
    Field,
    chunk,
    drawn,
    opened,
    plain_fields,
    png,
    riff,
    riff_chunk,
    saved,
    tiff,
    tiff_block,
    with_chunk,
    xmp,
)

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.model import Plan
from dam_plugin.redaction.stills import pixels


def copied(source: bytes, media_type: str) -> Image.Image:
    """Return the clean copy's picture."""
    return opened(pixels.rewrite(source, Plan("clean", pixels.frame(source, media_type)), None))


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """Return a profile that turns red and blue around."""
    raw = bytearray(srgb())
    red, blue = raw.find(b"rXYZ"), raw.find(b"bXYZ")
    raw[red : red + 4], raw[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(raw)


def patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def animated(format_: str, **settings: Any) -> bytes:
    return saved(drawn(16, 16), format_, save_all=True, append_images=[drawn(16, 16, 7)], **settings)


# PNG


def png_of(width: int, height: int, depth: int = 8, kind: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def unfiltered(packed: bytes) -> bytes:
    """Return a PNG of 4 grey pixels whose unpacked data is this, filter and all."""
    head = png_of(4, 1)
    return head.replace(chunk(b"IDAT", zlib.compress(b"")), chunk(b"IDAT", zlib.compress(packed)))


def raw_profile(orientation: int) -> bytes:
    """Return a PNG that states its orientation in ImageMagick's form alone."""
    texts = PngInfo()
    block = b"Exif\0\0" + tiff_block(orientation)
    texts.add_text("Raw profile type exif", f"\nexif\n{len(block):8d}\n{block.hex()}\n", zip=True)
    return saved(drawn(), "PNG", pnginfo=texts)


def png_texts(packet: bytes, **settings: Any) -> bytes:
    texts = PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", packet, zip=True)
    return saved(drawn(), "PNG", pnginfo=texts, **settings)


PLAIN_PNG = saved(drawn(), "PNG")
PNGS = {
    "another file": (b"\x89PNX" + PLAIN_PNG[4:], "damaged"),
    "cut short": (PLAIN_PNG[:-30], "damaged, cut short"),
    "no end": (PLAIN_PNG[:-12], "damaged, cut short"),
    "a wrong checksum": (patched(PLAIN_PNG, len(PLAIN_PNG) - 14, b"\0\0"), "damaged"),
    "16 bits": (png((2, 1), 16, 0, [b"\0\1\0\2"]), "more than 8 bits"),
    "animated": (animated("PNG"), "several frames"),
    "frames behind the picture": (with_chunk(PLAIN_PNG, b"fdAT", b"\0" * 8, b"IEND"), "several frames"),
    "too few rows, well packed": (png((4, 4), 8, 0, [b"\1\2\3\4"]), "damaged"),
    "too many rows": (png((4, 1), 8, 0, [b"\1\2\3\4"] * 2), "damaged"),
    "a filter that does not exist": (unfiltered(b"\7\1\2\3\4"), "does not decode"),
    "a colour outside the palette": (png((4, 1), 8, 3, [b"\0\0\0\1"], {b"PLTE": b"\1\2\3"}), "does not decode"),
    "no palette": (png((4, 1), 8, 3, [b"\0\0\0\0"]), "damaged"),
    "a palette that is too long": (png((4, 1), 1, 3, [b"\0"], {b"PLTE": bytes(9)}), "damaged"),
    "more alphas than colours": (png((4, 1), 8, 3, [bytes(4)], {b"PLTE": bytes(3), b"tRNS": bytes(2)}), "damaged"),
    "a transparent level that cannot be": (png((4, 1), 8, 0, [bytes(4)], {b"tRNS": b"\1\0"}), "damaged"),
    "two headers": (with_chunk(PLAIN_PNG, b"IHDR", PLAIN_PNG[16:29]), "damaged"),
    "a critical chunk that nobody knows": (with_chunk(PLAIN_PNG, b"CgBI", b"\0" * 4, b"IHDR"), "damaged"),
    "a bomb": (png_of(20_000, 20_000), "more than 89 megapixels"),
    "no size": (png_of(0, 1), "damaged"),
    "HDR": (with_chunk(PLAIN_PNG, b"cICP", bytes([9, 16, 0, 1])), "HDR"),
    "two orientations": (with_chunk(TURNED["image/png"](drawn(), 6), b"eXIf", tiff_block(3), b"IDAT"), "damaged"),
    "XMP against Exif": (png_texts(xmp(1), exif=tiff_block(6)), "oddly or twice"),
    "XMP alone": (png_texts(xmp(6)), "oddly or twice"),
    "an orientation that is a text": (
        saved(drawn(), "PNG", exif=tiff_block(6).replace(b"\1\x12\0\3", b"\1\x12\0\2")),
        "oddly or twice",
    ),
    "an orientation in ImageMagick's form": (raw_profile(6), "oddly or twice"),
    "Exif that is none": (with_chunk(PLAIN_PNG, b"eXIf", b"nothing of the kind"), "metadata is damaged"),
    "XMP that is none": (png_texts(b"<x:xmpmeta><rdf:"), "metadata is damaged"),
}

# WebP

LOSSLESS = saved(drawn(), "WEBP", lossless=True)
LOSSY = saved(drawn(), "WEBP")
ALPHA = saved(drawn(mode="RGBA"), "WEBP")
MOVING_HEAD = riff_chunk(b"VP8X", b"\2\0\0\0" + b"\x9f\0\0\x77\0\0")
WEBPS = {
    "another file": (b"RIFX" + LOSSY[4:], "damaged"),
    "cut short": (LOSSY[:-40], "damaged, cut short"),
    "animated": (animated("WEBP"), "several frames"),
    "said to be animated": (riff(MOVING_HEAD, LOSSY[12:]), "several frames"),
    "a canvas of another size": (patched(ALPHA, 24, b"\1"), "damaged"),
    "two pictures": (riff(LOSSY[12:], LOSSY[12:]), "damaged"),
    "no picture": (riff(riff_chunk(b"EXIF", tiff_block(1))), "damaged"),
    "alpha without a canvas": (riff(LOSSY[12:], riff_chunk(b"ALPH", b"\0" * 9)), "damaged"),
    "a frame that builds on another": (patched(LOSSY, 20, bytes([LOSSY[20] | 1])), "damaged"),
    "a chunk beyond the file": (riff(LOSSY[12:], b"XMP \xff\xff\0\0"), "damaged"),
    "a bomb": (riff(riff_chunk(b"VP8L", b"\x2f\xff\xff\xff\x0f\0\0\0")), "more than 50 megapixels"),
    "coded data that ends early": (riff(riff_chunk(b"VP8 ", LOSSY[20:120])), "does not decode"),
    "coded data that is nonsense": (riff(riff_chunk(b"VP8L", LOSSLESS[20:28] + bytes(99))), "does not decode"),
    "two orientations": (
        riff(LOSSY[12:], riff_chunk(b"EXIF", tiff_block(6)), riff_chunk(b"EXIF", tiff_block(3))),
        "oddly or twice",
    ),
    "XMP against Exif": (saved(drawn(), "WEBP", exif=tiff_block(6), xmp=xmp(3)), "oddly or twice"),
}

# TIFF

PIXELS = drawn(32, 16).tobytes()


def changed(*fields: Field, without: int = 0, pixels: bytes = PIXELS, following: int = 0) -> bytes:
    """Return the plain TIFF with some fields instead."""
    told = plain_fields((32, 16), 3, len(PIXELS)) | {field[0]: field for field in fields}
    return tiff([field for tag, field in told.items() if tag != without], pixels, following=following)


TIFFS = {
    "another file": (b"II*\1" + changed()[4:], "damaged"),
    "several pages": (animated("TIFF"), "several pictures"),
    "a following page": (changed(following=8), "several pictures|damaged"),
    "a preview below": (changed((330, 4, (8,))), "several pictures|damaged"),
    "a reduced picture": (changed((254, 4, (1,))), "several pictures"),
    "DNG": (changed((50706, 1, (1, 4, 0, 0))), "develop it"),
    "colour filter array": (changed((262, 3, (32803,))), "develop it"),
    "16 bits": (saved(Image.new("I;16", (9, 9)), "TIFF"), "more than 8 bits"),
    "floats": (saved(Image.new("F", (9, 9)), "TIFF"), "more than 8 bits"),
    "signed samples": (changed((339, 3, (2, 2, 2))), "more than 8 bits"),
    "CMYK": (saved(drawn().convert("CMYK"), "TIFF"), "not in grey or RGB"),
    "Lab": (saved(Image.new("LAB", (9, 9)), "TIFF"), "not in grey or RGB"),
    "a palette": (saved(drawn(mode="L").convert("P"), "TIFF"), "not in grey or RGB"),
    "black and white": (saved(drawn(mode="L").convert("1"), "TIFF"), "not in grey or RGB"),
    "JPEG inside": (saved(drawn(), "TIFF", compression="jpeg"), "packed in a way"),
    "fax": (saved(drawn(mode="L").convert("1"), "TIFF", compression="group4"), "packed in a way"),
    "a channel without a meaning": (
        changed(
            (258, 3, (8,) * 4), (277, 3, (4,)), (338, 3, (0,)), (279, 4, (32 * 16 * 4,)), pixels=bytes(32 * 16 * 4)
        ),
        "does not say what it is",
    ),
    "a fourth channel that is not told of": (changed((258, 3, (8,) * 4), (277, 3, (4,))), "does not say what it is"),
    "a strip beyond the file": (changed((273, 4, (len(PIXELS),))), "damaged, cut short"),
    "a strip that is too short": (changed((279, 4, (len(PIXELS) - 1,))), "damaged"),
    "too few strips": (changed((278, 4, (4,))), "damaged"),
    "no strip": (changed(without=273), "damaged"),
    "no width": (changed(without=256), "damaged"),
    "strips and tiles": (changed((324, 4, (8,)), (325, 4, (9,))), "damaged"),
    "odd tiles": (
        tiff(
            [
                *(f for t, f in plain_fields((32, 16), 3, 0).items() if t not in {273, 278, 279}),
                (322, 4, (20,)),
                (323, 4, (20,)),
                (324, 4, (8, 8)),
                (325, 4, (99, 99)),
            ],
            PIXELS,
        ),
        "damaged",
    ),
    "bits in reverse": (changed((266, 3, (2,))), "packed in a way"),
    "a bomb": (changed((256, 4, (60_000,)), (257, 4, (60_000,))), "more than 89 megapixels"),
    "a directory that runs in a circle": (patched(changed(), 4, struct.pack("<I", 8)), "damaged|several"),
    "XMP against Exif": (saved(drawn(), "TIFF", tiffinfo={274: 6, 700: xmp(1)}), "oddly or twice"),
    "broken LZW": (
        changed((259, 3, (5,)), (279, 4, (50,))),
        "does not decode",
    ),
}

# AVIF

AVIF = saved(drawn(), "AVIF", speed=10)
TURNED_AVIF = TURNED["image/avif"](drawn(), 7)


def nclx(transfer: int) -> bytes:
    return patched(AVIF, AVIF.index(b"nclx") + 6, transfer.to_bytes(2))


def deep() -> bytes:
    at = AVIF.index(b"av1C") + 6
    return patched(AVIF, at, bytes([AVIF[at] | 0x40]))


AVIFS = {
    "another file": (PLAIN_PNG, "damaged"),
    "cut short": (AVIF[:-50], "damaged, cut short"),
    "cut to its beginning": (AVIF[:60], "damaged"),
    "a sequence": (animated("AVIF", speed=10), "several frames"),
    "10 bits": (deep(), "more than 8 bits"),
    "HDR": (nclx(16), "HDR"),
    "cropped by a note": (TURNED_AVIF.replace(b"irot", b"clap"), "cropped by a note"),
    "turned twice": (TURNED_AVIF.replace(b"imir", b"irot"), "oddly or twice"),
    "XMP against its turn": (saved(drawn(), "AVIF", speed=10, xmp=xmp(6)), "oddly or twice"),
    "too large": (
        AVIF.replace(
            b"ispe\0\0\0\0" + struct.pack(">II", 160, 120), b"ispe\0\0\0\0" + struct.pack(">II", 16_000, 16_000)
        ),
        "more than 50 megapixels",
    ),
    "a size that is not its picture's": (
        AVIF.replace(b"ispe\0\0\0\0" + struct.pack(">II", 160, 120), b"ispe\0\0\0\0" + struct.pack(">II", 320, 240)),
        "damaged",
    ),
    "a picture of another coding": (AVIF.replace(b"infe\2\0\0\0\0\1\0\0av01", b"infe\2\0\0\0\0\1\0\0hvc1"), "damaged"),
}

CODED = coded_of(AVIF)
BESIDE = avif_of(CODED, (160, 120))
BESIDE = replace(
    BESIDE,
    items=((COLOUR, CODED), (b"av01Depth\0", CODED)),
    properties=(*BESIDE.properties, bmff_box(b"pixi", bytes(4) + b"\3\x0a\x0a\x0a")),
    uses=((1, 2, 0x83, 4), (1, 5, 0x83)),
)
"""A picture of 8 bits, and beside it one that is not shown and has 10."""


def test_only_the_picture_that_is_shown_must_be_of_8_bits() -> None:
    assert pixels.frame(BESIDE.made(), "image/avif").size == (160, 120)
    with pytest.raises(CannotRedact, match="more than 8 bits"):
        pixels.frame(replace(BESIDE, uses=((1, 5, 0x83, 4), (1, 2, 0x83))).made(), "image/avif")


REFUSED = [
    pytest.param(source, media_type, sentence, id=f"{media_type[6:]}: {name}")
    for media_type, table in (("image/png", PNGS), ("image/webp", WEBPS), ("image/tiff", TIFFS), ("image/avif", AVIFS))
    for name, (source, sentence) in table.items()
]


@pytest.mark.parametrize(("source", "media_type", "sentence"), REFUSED)
def test_is_refused_with_what_a_person_can_do(source: bytes, media_type: str, sentence: str) -> None:
    with pytest.raises(CannotRedact, match=sentence) as refusal:
        copied(source, media_type)
    assert any(word in refusal.value.reason for word in ("export", "save it", "develop it", "draw"))


def test_bombs_are_refused_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it was decoded"))
    for table, media_type in ((PNGS, "image/png"), (WEBPS, "image/webp"), (TIFFS, "image/tiff")):
        with pytest.raises(CannotRedact, match="megapixels"):
            copied(table["a bomb"][0], media_type)


def test_a_process_that_accepts_truncated_pictures_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(CannotRedact, match="LOAD_TRUNCATED_IMAGES"):
        copied(PLAIN_PNG, "image/png")


def test_heic_is_refused_with_the_remedy_where_its_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    source = AVIF.replace(b"av01Color", b"hvc1Color")
    assert pixels.frame(source, "image/heic").size == (160, 120)
    with pytest.raises(CannotRedact, match=r"pip install 'dam-plugin\[heif\]'"):
        copied(source, "image/heic")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.9999])
def test_a_made_heic_that_is_cut_short_is_refused(share: float) -> None:
    source = heic(drawn(192, 160))
    assert pixels.frame(source, "image/heic").size == (192, 160)
    with pytest.raises(CannotRedact, match="damaged, cut short"):
        pixels.frame(source[: int(len(source) * share)], "image/heic")


@pytest.mark.parametrize("name", ["container.heic", "container.avif"])
def test_a_made_file_without_a_picture_in_it_is_refused(name: str) -> None:
    pytest.importorskip("pi_heif", reason="the extra `heif` is not installed")
    with pytest.raises(CannotRedact):
        copied(CORPUS[name].data, f"image/{name.rpartition('.')[2]}")


def test_made_raw_files_that_are_tiff_and_directories_without_an_end_are_refused() -> None:
    with pytest.raises(CannotRedact):
        pixels.frame(CORPUS["container.dng"].data, "image/tiff")
    with pytest.raises(CannotRedact, match="damaged"):
        pixels.frame(CORPUS["hostile/loop.tif"].data, "image/tiff")


@requires_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("share", [0.3, 0.9, 0.9999])
def test_a_heic_that_is_cut_short_is_refused(share: float) -> None:
    root = corpus_root()
    assert root is not None
    source = (root / "real" / "immich_IMG_2682.heic").read_bytes()
    with pytest.raises(CannotRedact, match="damaged, cut short"):
        pixels.frame(source[: int(len(source) * share)], "image/heic")


@requires_corpus
@pytest.mark.corpus
def test_a_heic_without_a_picture_in_it_is_refused() -> None:
    pytest.importorskip("pi_heif", reason="the extra `heif` is not installed")
    root = corpus_root()
    assert root is not None
    with pytest.raises(CannotRedact):
        copied((root / "synthetic" / "person.heic").read_bytes(), "image/heic")


@requires_corpus
@pytest.mark.corpus
def test_raw_files_that_are_tiff_are_refused() -> None:
    root = corpus_root()
    assert root is not None
    for name in ("exiftool_DNG.dng", "exiftool_Nikon.nef"):
        with pytest.raises(CannotRedact):
            pixels.frame((root / "real" / name).read_bytes(), "image/tiff")
    with pytest.raises(CannotRedact, match="damaged"):
        pixels.frame((root / "hostile" / "ifdloop.tif").read_bytes(), "image/tiff")


# What is read, exactly


@pytest.mark.parametrize(("depth", "step"), [(1, 255), (2, 85), (4, 17), (8, 1)])
def test_a_grey_png_of_any_depth_comes_out_in_8_bits(depth: int, step: int) -> None:
    levels = [n % (1 << depth) for n in range(8)]
    bits = "".join(f"{level:0{depth}b}" for level in levels)
    row = int(bits, 2).to_bytes(depth)
    copy = copied(png((8, 1), depth, 0, [row]), "image/png")
    assert (copy.mode, list(copy.tobytes())) == ("L", [level * step for level in levels])


@pytest.mark.parametrize(("depth", "step"), [(1, 255), (2, 85), (4, 17), (8, 1)])
def test_the_transparent_level_of_a_grey_png_is_emptied_at_any_depth(depth: int, step: int) -> None:
    levels = [n % (1 << depth) for n in range(8)]
    row = int("".join(f"{level:0{depth}b}" for level in levels), 2).to_bytes(depth)
    copy = copied(png((8, 1), depth, 0, [row], {b"tRNS": b"\0\1"}), "image/png")
    expected = [(0, 0) if level == 1 else (level * step, 255) for level in levels]
    assert (copy.mode, list(zip(*[iter(copy.tobytes())] * 2, strict=True))) == ("LA", expected)


def test_an_interlaced_png_is_read() -> None:
    """One pixel in the first pass, and one in the sixth."""
    header = struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 1)
    data = zlib.compress(b"\0\x63\0\x64")
    source = SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    assert list(copied(source, "image/png").tobytes()) == [99, 100]


def test_what_follows_the_end_of_a_file_is_dropped() -> None:
    for media_type, source in (("image/png", PLAIN_PNG), ("image/webp", LOSSLESS), ("image/tiff", changed())):
        plan = Plan("clean", pixels.frame(source, media_type))
        assert pixels.rewrite(source + b"Ava Example", plan, None) == pixels.rewrite(source, plan, None)


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize(("mode", "samples"), [("L", 1), ("RGB", 3)])
def test_a_plain_tiff_is_read_in_both_byte_orders(order: str, mode: str, samples: int) -> None:
    image = drawn(32, 16, mode=mode)
    source = tiff(list(plain_fields((32, 16), samples, 32 * 16 * samples).values()), image.tobytes(), order)
    assert copied(source, "image/tiff").tobytes() == image.tobytes()


def test_a_tiff_whose_white_is_zero_is_turned_around() -> None:
    image = drawn(32, 16, mode="L")
    fields = plain_fields((32, 16), 1, 32 * 16) | {262: (262, 3, (0,))}
    assert copied(tiff(list(fields.values()), image.tobytes()), "image/tiff").tobytes() == bytes(
        255 - level for level in image.tobytes()
    )


def test_a_tiff_in_several_strips_and_in_tiles_is_read() -> None:
    image = drawn(32, 32)
    strips = plain_fields((32, 32), 3, 0) | {
        273: (273, 4, (8, 8 + 32 * 20 * 3)),
        278: (278, 4, (20,)),
        279: (279, 4, (32 * 20 * 3, 32 * 12 * 3)),
    }
    assert copied(tiff(list(strips.values()), image.tobytes()), "image/tiff").tobytes() == image.tobytes()
    pieces = [image.crop((x, y, x + 16, y + 16)).tobytes() for y in (0, 16) for x in (0, 16)]
    tiles: list[Field] = [field for tag, field in strips.items() if tag not in {273, 278, 279}]
    tiles += [(322, 4, (16,)), (323, 4, (16,))]
    tiles += [(324, 4, tuple(8 + 768 * n for n in range(4))), (325, 4, (768,) * 4)]
    assert copied(tiff(tiles, b"".join(pieces)), "image/tiff").tobytes() == image.tobytes()


@pytest.mark.parametrize("compression", [1, 5], ids=["unpacked", "LZW"])
def test_a_tiff_in_planes_is_read(compression: int) -> None:
    image = drawn(32, 16)
    planes = [band.tobytes() for band in image.split()]
    if compression == 5:
        packed = [saved(band, "TIFF", compression="tiff_lzw") for band in image.split()]
        files = [opened(data) for data in packed]
        planes = [
            data[file.tag_v2[273][0] : file.tag_v2[273][0] + file.tag_v2[279][0]]  # type: ignore[attr-defined]
            for data, file in zip(packed, files, strict=True)
        ]
    starts = [8 + sum(len(plane) for plane in planes[:n]) for n in range(3)]
    fields = plain_fields((32, 16), 3, 0) | {
        259: (259, 3, (compression,)),
        273: (273, 4, tuple(starts)),
        279: (279, 4, tuple(len(plane) for plane in planes)),
        284: (284, 3, (2,)),
    }
    assert copied(tiff(list(fields.values()), b"".join(planes)), "image/tiff").tobytes() == image.tobytes()


def test_a_big_tiff_is_read() -> None:
    source = saved(drawn(), "TIFF", big_tiff=True)
    assert source[2] == 43
    assert copied(source, "image/tiff").tobytes() == drawn().tobytes()


# Colours


@pytest.mark.parametrize(
    ("media_type", "mode"),
    [("image/jpeg", "RGB"), *((media_type, mode) for media_type in TURNED for mode in ("RGB", "RGBA"))],
)
def test_a_profile_that_is_not_on_the_list_is_applied_and_dropped(media_type: str, mode: str) -> None:
    flat = Image.new(mode, (64, 64), (200, 60, 40, 255)[: len(mode)])
    source = saved(flat, media_type[6:].upper(), icc_profile=swapped())
    copy = copied(source, media_type)
    assert "icc_profile" not in copy.info
    assert copy.convert("RGB").getpixel((30, 30)) == pytest.approx((40, 60, 200), abs=8)
    assert copy.mode == mode or media_type in {"image/webp", "image/avif"}


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_picture_with_a_colour_profile_is_converted(mode: str) -> None:
    source = saved(drawn(mode=mode), "PNG", icc_profile=swapped())
    assert copied(source, "image/png").mode == mode.replace("L", "RGB")


@pytest.mark.parametrize("profile", [b"junk", srgb()[:200], b"\0" * 128], ids=["junk", "cut short", "zeros"])
def test_a_profile_that_no_viewer_could_use_is_dropped(profile: bytes) -> None:
    plain = {media_type: saved(drawn(), media_type[6:].upper()) for media_type in ("image/png", "image/tiff")}
    for media_type, source in plain.items():
        profiled = saved(drawn(), media_type[6:].upper(), icc_profile=profile)
        assert copied(profiled, media_type).tobytes() == copied(source, media_type).tobytes()
    damaged = with_profile(encode(picture()), profile)
    assert copied(damaged, "image/jpeg").tobytes() == copied(encode(picture()), "image/jpeg").tobytes()


def test_a_profile_in_a_damaged_chunk_is_dropped() -> None:
    for body in (b"", b"name", b"name\0\1x", b"name\0\0not packed", b"name\0\0" + zlib.compress(srgb())[:-9]):
        assert copied(with_chunk(PLAIN_PNG, b"iCCP", body), "image/png").tobytes() == drawn().tobytes()


# Whatever comes


SAMPLES: dict[str, bytes] = {media_type: write(drawn(24, 16), 6) for media_type, write in TURNED.items()}


def _spoilt(source: bytes, seed: int) -> bytes:
    chosen = random.Random(seed)  # noqa: S311
    spoilt = bytearray(source)
    for _ in range(chosen.randint(1, 6)):
        spoilt[chosen.randrange(len(spoilt))] = chosen.randrange(256)
    return bytes(spoilt[: chosen.randint(1, len(spoilt))] if chosen.random() < 0.2 else spoilt)


def _with_checksums(source: bytes) -> bytes:
    """Make a PNG's checksums right again, so that what is behind them is reached."""
    file, fresh = io.BytesIO(source), source[:8]
    file.seek(8)
    while len(head := file.read(8)) == 8:
        body = file.read(min(int.from_bytes(head[:4]), 1 << 20))
        file.read(4)
        fresh += chunk(head[4:], body)
    return fresh


@settings(max_examples=400, deadline=None)
@given(media_type=st.sampled_from(sorted(SAMPLES)), seed=st.integers(0, 1 << 30))
def test_a_spoilt_file_is_refused_or_copied_and_nothing_else_happens(media_type: str, seed: int) -> None:
    spoilt = _spoilt(SAMPLES[media_type], seed)
    mended: Callable[[bytes], bytes] = _with_checksums if media_type == "image/png" else bytes
    try:
        copy = copied(mended(spoilt), media_type)
    except CannotRedact:
        return
    assert copy.size
