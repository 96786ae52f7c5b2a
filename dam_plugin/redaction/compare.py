"""The prover's eyes: where a box must be black, and whether the rest of a copy is still the source's picture.

Geometry is computed here anew from the grown boxes and the source's own frame, exactly, in fractions.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import isfinite

from PIL import Image, ImageChops, ImageCms, ImageFile, ImageStat
from PIL.JpegImagePlugin import JpegImageFile

from dam_plugin.errors import NotProven
from dam_tagging.facts import Region

Box = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels of the stored frame, half-open."""

DARKEST = 2
"""The brightest level a filled pixel may decode to: whole black blocks come back as 0."""
MEAN_ERROR = 8
"""Levels, over everything outside the boxes. Random noise, the worst case for the fixed encoder, measured 6.3."""
BLOCK_ERROR = 12
"""Levels, mean absolute error of one 8 by 8 block. Random noise measured 8, photos 6."""
BLOCK_SHIFT = 5
"""Levels, change of the mean of one 8 by 8 block. Saturated noise measured 3, photos 3."""

_BAND = 128
_DECODER_ERRORS = (OSError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, struct.error)


def decoded(data: bytes, whose: str) -> Image.Image:
    """Return the decoded picture of a bare JPEG (see `walk.Walked.bare`); raises NotProven."""
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise NotProven(["Pillow is set to accept truncated pictures in this process"])
    try:
        image = JpegImageFile(io.BytesIO(data))
        image.load()
    except _DECODER_ERRORS:
        raise NotProven([f"{whose} does not decode"]) from None
    return image


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the picture converted from `profile` to sRGB, or None where no conversion from it exists."""
    for candidate in (image, image.convert("RGB")):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(given, ImageCms.createProfile("sRGB"), candidate.mode, "RGB")
            return transform.apply(candidate)
        except (OSError, ImageCms.PyCMSError):
            continue
    return None


def must_be_black(box: Region, orientation: int, size: tuple[int, int], unit: tuple[int, int]) -> Box:
    """Return the pixels of the stored frame that a grown, upright box obliges to be black.

    Out to the source's coding unit, two pixels further for chroma, out to 8; raises NotProven for a box of no area.
    """
    if not all(map(isfinite, (box.x, box.y, box.w, box.h))) or not (box.w > 0 and box.h > 0):
        raise NotProven(["a box covers nothing"])
    first = _to_stored(Fraction(box.x), Fraction(box.y), orientation)
    second = _to_stored(Fraction(box.x) + Fraction(box.w), Fraction(box.y) + Fraction(box.h), orientation)
    spans = [
        _span(min(pair) * length, max(pair) * length, grid, length)
        for pair, length, grid in zip(zip(first, second, strict=True), size, unit, strict=True)
    ]
    (left, right), (top, bottom) = spans
    if left >= right or top >= bottom:
        raise NotProven(["a box lies outside the picture"])
    return left, top, right, bottom


def not_black(image: Image.Image, boxes: Sequence[Box]) -> Iterator[str]:
    """Yield a failure for each box that is not filled from edge to edge."""
    for number, box in enumerate(boxes, 1):
        if box[2] > image.width or box[3] > image.height or _peak(image.crop(box)) > DARKEST:
            yield f"box {number} of {len(boxes)} is not black from edge to edge"


def strays(shown: Image.Image, expected: Image.Image, boxes: Sequence[Box]) -> Iterator[str]:
    """Yield a failure where `shown`, outside the boxes, is not the expected picture within the encoder's tolerance."""
    if (shown.size, shown.mode) != (expected.size, expected.mode):
        yield "the copy's size or colour mode is not the source's"
        return
    total, blocks, worst, shift = 0.0, 0.0, 0.0, 0.0
    for frame in _bands(shown.size):
        top, ours, theirs = frame[1], shown.crop(frame), expected.crop(frame)
        small, outside = ours.reduce(8), Image.new("L", (-(-ours.width // 8), -(-ours.height // 8)), 1)
        error = ImageStat.Stat(_blanked(ImageChops.difference(ours, theirs).reduce(8), boxes, top))
        moved = ImageStat.Stat(_blanked(ImageChops.difference(small, theirs.reduce(8)), boxes, top))
        total += max(error.sum)
        blocks += ImageStat.Stat(_blanked(outside, boxes, top)).sum[0]
        worst = max(worst, *(high for _, high in error.extrema))
        shift = max(shift, *(high for _, high in moved.extrema))
    if total > MEAN_ERROR * blocks:
        yield "outside the boxes the copy is another picture than the source"
    if worst > BLOCK_ERROR or shift > BLOCK_SHIFT:
        yield "outside the boxes a part of the copy is not the source's"


def differs(shown: Image.Image, expected: Image.Image) -> bool:
    """Return whether a single pixel differs."""
    if (shown.size, shown.mode) != (expected.size, expected.mode):
        return True
    return any(
        ImageChops.difference(shown.crop(frame), expected.crop(frame)).getbbox() is not None
        for frame in _bands(shown.size)
    )


def _to_stored(u: Fraction, v: Fraction, orientation: int) -> tuple[Fraction, Fraction]:
    """Return where a point of the upright picture lies in the stored frame (Exif 3.0, tag 0x0112)."""
    return {
        1: (u, v),
        2: (1 - u, v),
        3: (1 - u, 1 - v),
        4: (u, 1 - v),
        5: (v, u),
        6: (v, 1 - u),
        7: (1 - v, 1 - u),
        8: (1 - v, u),
    }[orientation]


def _span(low: Fraction, high: Fraction, grid: int, length: int) -> tuple[int, int]:
    start = low // grid * grid - 2
    end = -(-high // grid) * grid + 2
    return max(start // 8 * 8, 0), min(-(-end // 8) * 8, length)


def _bands(size: tuple[int, int]) -> Iterator[Box]:
    """Yield the picture in bands of rows, so that a large one is not held a third time."""
    for top in range(0, size[1], _BAND):
        yield 0, top, size[0], min(top + _BAND, size[1])


def _blanked(reduced: Image.Image, boxes: Sequence[Box], top: int) -> Image.Image:
    """Black out the boxes in a band that begins at row `top` and is reduced by 8 (boxes end on 8 or at the edge)."""
    for left, upper, right, lower in boxes:
        start, end = max(upper - top, 0), lower - top
        if end > 0:
            reduced.paste(0, (left // 8, start // 8, -(-right // 8), -(-end // 8)))
    return reduced


def _peak(image: Image.Image) -> int:
    """Return the highest level of any channel."""
    return max(high for _, high in ImageStat.Stat(image).extrema)
