"""Proves the copy of a PNG, WebP, TIFF or AVIF, and the JPEG copy of a HEIC: the container, and every pixel.

The source is decoded, turned and filled here anew, and the copy must show that picture: exactly where its coding keeps
pixels, within the coding's own error where it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from PIL import Image, ImageChops, ImageStat

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import BLEED, Order, PixelBox
from dam_plugin.redaction.notice import packet
from dam_plugin.redaction.proof import avif, jpeg, pixels, png, tiff, tolerance, traces, webp
from dam_plugin.redaction.proof.geometry import Box, check_crop, hidden_boxes, upright, upright_size
from dam_plugin.redaction.proof.held import CHANGES, LAST, TINY, Held, Stream, is_known
from dam_plugin.redaction.proof.report import Report, counted
from dam_plugin.redaction.proof.wanted import TURNED_BY_DECODER, Stored, decoded, plain, source_frame, wanted

JPEG = "image/jpeg"
HEIF = frozenset({"image/heic", "image/heif"})
CONVERTED = 2
"""Levels by which a colour may differ where both sides converted it to sRGB."""
JPEG_BLOCK = 8


@dataclass(frozen=True, slots=True)
class _Format:
    """How a source of one format is proven: its copy's walk, and the coding unit of the source, in pixels."""

    walk: Callable[[bytes, bytes], Held]
    grid: tuple[int, int]


_FORMATS: Mapping[str, _Format] = MappingProxyType(
    {
        "image/png": _Format(png.walk, (1, 1)),
        "image/webp": _Format(webp.walk, (16, 16)),
        "image/tiff": _Format(tiff.walk, (1, 1)),
        "image/avif": _Format(avif.walk, (16, 16)),
    }
)
_HEIF_GRID = (16, 16)


def media_type_of(source: bytes) -> str | None:
    """Return the type of a source that is proven here, by its first bytes; None for any other."""
    if source.startswith(png.SIGNATURE):
        return "image/png"
    if source[:4] == b"RIFF" and source[8:12] == b"WEBP":
        return "image/webp"
    if source[:4] in {b"II\x2a\0", b"MM\0\x2a"}:
        return "image/tiff"
    if source[4:8] != b"ftyp":
        return None
    brands = {source[8:12], *(source[at : at + 4] for at in range(16, min(int.from_bytes(source[:4]), 256), 4))}
    if brands & {b"avif", b"avis"}:
        return "image/avif"
    return "image/heic" if brands & {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"} else None


def prove_still(
    released: bytes,
    source: bytes,
    order: Order,
    crop: PixelBox | None,
    report: Report,
    turbojpeg: Path | None = None,
) -> None:
    """Check that `released` is the picture of `source`, with everybody of `order` hidden, or cut to `crop`, and no more.

    `crop` is in pixels of the source's stored frame; `turbojpeg` is libturbojpeg's file where it was set. What was found
    is left in `report`.
    """
    media_type = media_type_of(source)
    if media_type is None:
        report.failures.append("the source is in no format that is proven here")
        return
    held = (
        _jpeg(report, released, order, turbojpeg)
        if media_type in HEIF
        else _container(report, released, order, media_type)
    )
    if held is None:
        return
    copy_type = JPEG if media_type in HEIF else media_type
    shown = report.attempt(lambda: _shown(released, copy_type), "the copy")
    if shown is None:
        return
    if held.streams:
        report.check("the coded data ends where the picture ends", _loose(released, copy_type, held, shown))
    frame = report.attempt(lambda: source_frame(source, media_type), "the source")
    if frame is not None:
        _picture(report, (shown, held), (frame, media_type), order, crop)


def _container(report: Report, released: bytes, order: Order, media_type: str) -> Held | None:
    """Check everything but the picture, and return what the copy holds; None where it cannot be walked."""
    notice = packet(order.notice) if order.notice is not None else b""
    held = report.attempt(lambda: _FORMATS[media_type].walk(released, notice), "the copy")
    everything, texts = released, released
    if held is not None:
        report.check("the file holds nothing but the picture, a known profile and the ordered notice", ())
        everything, texts = released.replace(held.profile, b"\0") if held.profile else released, notice
    report.check(traces.sentence(order.secrets), traces.absent(order.secrets, everything, texts, order.notice))
    return held


def _jpeg(report: Report, released: bytes, order: Order, turbojpeg: Path | None) -> Held | None:
    """Check everything but the picture of the JPEG that a HEIC becomes."""
    copy = jpeg.container(report, released, order)
    if copy is None:
        return None
    report.check("nothing is coded but the picture", jpeg.only_form(copy, released, turbojpeg))
    report.check("the picture is upright", [] if copy.orientation() == 1 else ["the copy states an orientation"])
    return Held(copy.size, alpha=False, lossless=False, profile=copy.profile())


def _shown(released: bytes, copy_type: str) -> Image.Image:
    return plain(decoded(released, copy_type))


def _loose(released: bytes, copy_type: str, held: Held, shown: Image.Image) -> Iterator[str]:
    """Yield a failure for each coded stream whose last bytes may be changed without a change of the picture."""
    judged = (stream for stream in held.streams if stream.end - stream.start > TINY)
    for file, streams in groupby(judged, lambda stream: stream.file):
        picture = shown if file == released else _shown(file, copy_type)
        for stream in streams:
            if not _counts(stream, copy_type, picture):
                yield "bytes stand behind the end of the coded picture, or of a part of it"


def _counts(stream: Stream, copy_type: str, picture: Image.Image) -> bool:
    """Return whether the file shows another picture, or none, with the last bytes of the stream changed in some way."""
    start = stream.end - LAST
    for pattern in CHANGES:
        changed = bytes(byte ^ pattern for byte in stream.file[start : stream.end])
        try:
            other = _shown(stream.file[:start] + changed + stream.file[stream.end :], copy_type)
        except NotProven:
            return True
        if pixels.differs(other, picture):
            return True
    return False


def _picture(
    report: Report,
    released: tuple[Image.Image, Held],
    source: tuple[Stored, str],
    order: Order,
    crop: PixelBox | None,
) -> None:
    """Check size, profile, boxes and all else of the decoded copy."""
    (shown, held), (frame, media_type) = released, source
    grid = _HEIF_GRID if media_type in HEIF else _FORMATS[media_type].grid
    boxes = report.attempt(lambda: hidden_boxes(order, frame.size, frame.orientation, grid=grid, bleed=BLEED))
    if boxes is None:
        return
    if crop is not None and not report.check(
        "the crop shows nobody to hide", check_crop(crop, boxes, frame.size, grid)
    ):
        return
    report.check("the colour profile is the source's", _profiles(held, frame))
    placed, cut = _upright(frame, boxes, crop, JPEG_BLOCK if media_type in HEIF else 1)
    found = report.attempt(lambda: wanted(frame, placed, cut, turned=media_type in TURNED_BY_DECODER))
    if found is None:
        return
    expected, converted = found
    placed = placed if crop is None else []
    if not report.check("the size is the source's, or the crop's", _sizes(held, shown, expected)):
        return
    shown, expected = _alike(shown, expected)
    if held.lossless:
        filled, strays = pixels.flat(shown, placed), _differences(shown, expected, converted=converted)
    elif media_type in HEIF:
        filled, strays = pixels.flat(shown, placed), pixels.strays(shown, expected, placed)
    else:
        filled, strays = (
            tolerance.unfilled(shown, placed, clear=media_type == "image/webp"),
            tolerance.strays(shown, expected),
        )
    report.check(f"{counted(len(placed), 'box is', 'boxes are')} filled from edge to edge" if placed else "", filled)
    report.check("outside the boxes the picture is the source's, upright", strays)


def _upright(frame: Stored, boxes: Sequence[Box], crop: PixelBox | None, block: int) -> tuple[list[Box], Box | None]:
    """Return boxes and crop in pixels of the upright picture, the boxes out to the blocks of the copy."""
    width, height = upright_size(frame.size, frame.orientation)
    placed = []
    for box in boxes:
        left, top, right, bottom = upright(box, frame.size, frame.orientation)
        low = left // block * block, top // block * block
        high = min(-(-right // block) * block, width), min(-(-bottom // block) * block, height)
        placed.append((*low, *high))
    return placed, None if crop is None else upright(crop.as_tuple(), frame.size, frame.orientation)


def _profiles(held: Held, frame: Stored) -> Iterator[str]:
    if held.profile != (frame.profile if is_known(frame.profile) else b""):
        yield "the copy's colour profile is not the source's"


def _sizes(held: Held, shown: Image.Image, expected: Image.Image) -> Iterator[str]:
    if not held.size == shown.size == expected.size:
        yield "the copy's size is not the source's, or not the crop's"


def _alike(one: Image.Image, other: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return both with alpha, or in colour, where one is: a copy of an opaque picture may leave alpha out."""
    if one.mode == other.mode:
        return one, other
    mode = "RGBA" if "RGBA" in {one.mode, other.mode} else "RGB"
    return one.convert(mode), other.convert(mode)


def _differences(shown: Image.Image, expected: Image.Image, *, converted: bool) -> Iterator[str]:
    """Yield a failure where a pixel is not exactly the source's (or, where both converted it, not nearly)."""
    most = CONVERTED if converted else 0
    for top in range(0, shown.height, 128):
        band = (0, top, shown.width, min(top + 128, shown.height))
        found = ImageStat.Stat(ImageChops.difference(shown.crop(band), expected.crop(band))).extrema
        if any(high > most for _, high in found):
            yield "outside the boxes a part of the copy is not the source's"
            return
