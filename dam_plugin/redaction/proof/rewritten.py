"""Proves copies that were written anew from pixels: a PNG or JPEG made of a PNG, WebP, TIFF, AVIF or HEIC.

The prover decodes, turns and fills the source itself. The copy must show the same picture: a PNG exactly, a JPEG within
the error of its coding. The structure of the copy's file is checked in `png` and `jpeg`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from PIL import Image, ImageChops, ImageStat

from dam_plugin.redaction.model import BLEED, Order, PixelBox
from dam_plugin.redaction.proof import compare_pixels, jpeg, png
from dam_plugin.redaction.proof.allowed import is_known
from dam_plugin.redaction.proof.hidden_boxes import Box, check_crop, hidden_boxes, upright, upright_size
from dam_plugin.redaction.proof.png import Held
from dam_plugin.redaction.proof.source_picture import (
    TURNED_BY_DECODER,
    Stored,
    decoded,
    is_clear,
    is_lossless,
    plain,
    source_frame,
    wanted,
)
from dam_plugin.redaction.proof.verdict import Report, counted

CONVERTED = 2
"""Levels by which a colour may differ where both sides converted it to sRGB."""

_GRIDS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "image/png": (1, 1),
        "image/tiff": (1, 1),
        "image/webp": (16, 16),
        "image/avif": (16, 16),
        "image/heic": (16, 16),
    }
)
"""The coding unit of each source, in pixels."""
_TO_BLOCKS = frozenset({"image/webp", "image/avif", "image/heic"})
"""Sources whose copy may be a JPEG, so that boxes go out to its blocks."""


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
    """Check that `released` is exactly the picture of `source`, with everybody of `order` hidden or cut to `crop`.

    `crop` is in pixels of the source's stored frame. `turbojpeg` is the path of libturbojpeg, if it was set. `report`
    gathers the results.
    """
    media_type = media_type_of(source)
    if media_type is None:
        report.failures.append("the source is in no format that is proven here")
        return
    is_png = released.startswith(png.SIGNATURE)
    held = png.container(report, released, order) if is_png else _jpeg(report, released, order, turbojpeg)
    if held is None:
        return
    shown = report.attempt(lambda: plain(decoded(released, "image/png" if is_png else "image/jpeg")), "the copy")
    frame = report.attempt(lambda: source_frame(source, media_type), "the source")
    if shown is None or frame is None:
        return
    must_be_exact = is_lossless(source, media_type)
    _picture(report, (shown, held), (frame, media_type), order, crop, must_be_exact=must_be_exact, is_exact=is_png)


def _jpeg(report: Report, released: bytes, order: Order, turbojpeg: Path | None) -> Held | None:
    """Check everything but the picture in a JPEG that was written afresh from another format."""
    copy = jpeg.container(report, released, order)
    if copy is None:
        return None
    report.check("nothing is coded but the picture", jpeg.only_form(copy, released, turbojpeg))
    report.check("the picture is upright", [] if copy.orientation() == 1 else ["the copy states an orientation"])
    return Held(copy.size, copy.profile())


def _picture(
    report: Report,
    released: tuple[Image.Image, Held],
    source: tuple[Stored, str],
    order: Order,
    crop: PixelBox | None,
    *,
    must_be_exact: bool,
    is_exact: bool,
) -> None:
    """Check kind, size, profile, boxes and the rest of the decoded copy."""
    (shown, held), (frame, media_type) = released, source
    grid = _GRIDS[media_type]
    boxes = report.attempt(lambda: hidden_boxes(order, frame.size, frame.orientation, grid=grid, bleed=BLEED))
    if boxes is None:
        return
    if crop is not None and not report.check(
        "the crop shows nobody to hide", check_crop(crop, boxes, frame.size, grid)
    ):
        return
    report.check("the colour profile is the source's", _profiles(held, frame))
    placed, cut = _upright(frame, boxes, crop, jpeg.BLOCK if media_type in _TO_BLOCKS else 1)
    found = report.attempt(lambda: wanted(frame, placed, cut, turned=media_type in TURNED_BY_DECODER))
    if found is None:
        return
    expected, converted = found
    placed = placed if crop is None else []
    if not report.check("the size is the source's, or the crop's", _sizes(held, shown, expected)):
        return
    if not report.check("", _kind(is_exact=is_exact, must_be=must_be_exact or is_clear(expected))):
        return
    shown, expected = _alike(shown, expected)
    strays = (
        _differences(shown, expected, converted=converted)
        if is_exact
        else compare_pixels.strays(shown, expected, placed)
    )
    filled = compare_pixels.flat(shown, placed)
    report.check(f"{counted(len(placed), 'box is', 'boxes are')} filled from edge to edge" if placed else "", filled)
    report.check("outside the boxes the picture is the source's, upright", strays)


def _upright(frame: Stored, boxes: Sequence[Box], crop: PixelBox | None, block: int) -> tuple[list[Box], Box | None]:
    """Return boxes and crop in pixels of the upright picture, with the boxes widened to the blocks of the copy."""
    width, height = upright_size(frame.size, frame.orientation)
    placed = []
    for box in boxes:
        left, top, right, bottom = upright(box, frame.size, frame.orientation)
        low = left // block * block, top // block * block
        high = min(-(-right // block) * block, width), min(-(-bottom // block) * block, height)
        placed.append((*low, *high))
    return placed, None if crop is None else upright(crop.as_tuple(), frame.size, frame.orientation)


def _kind(*, is_exact: bool, must_be: bool) -> Iterator[str]:
    if is_exact != must_be:
        yield (
            "the copy of such a picture is a PNG, and this one is not"
            if must_be
            else "the copy of such a picture is a JPEG"
        )


def _profiles(held: Held, frame: Stored) -> Iterator[str]:
    if held.profile != (frame.profile if is_known(frame.profile) else b""):
        yield "the copy's colour profile is not the source's"


def _sizes(held: Held, shown: Image.Image, expected: Image.Image) -> Iterator[str]:
    if not held.size == shown.size == expected.size:
        yield "the copy's size is not the source's, or not the crop's"


def _alike(one: Image.Image, other: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return both pictures with alpha, or in colour, if one of them is: a copy of an opaque picture may leave out alpha."""
    if one.mode == other.mode:
        return one, other
    mode = "RGBA" if "RGBA" in {one.mode, other.mode} else "RGB"
    return one.convert(mode), other.convert(mode)


def _differences(shown: Image.Image, expected: Image.Image, *, converted: bool) -> Iterator[str]:
    """Yield a failure if a pixel is not exactly the source's (if both sides converted it: not nearly the source's)."""
    most = CONVERTED if converted else 0
    for top in range(0, shown.height, 128):
        band = (0, top, shown.width, min(top + 128, shown.height))
        found = ImageStat.Stat(ImageChops.difference(shown.crop(band), expected.crop(band))).extrema
        if any(high > most for _, high in found):
            yield "outside the boxes a part of the copy is not the source's"
            return
