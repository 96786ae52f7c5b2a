"""Compares decoded pictures: whether boxes are flat, and whether the rest is still the source's picture.

Pictures are compared in bands of rows, so that no third copy of a large picture is in memory.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Sequence

from PIL import Image, ImageChops, ImageCms, ImageFile, ImageStat
from PIL.JpegImagePlugin import JpegImageFile

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import FILL
from dam_plugin.redaction.proof.hidden_boxes import Box

MEAN_ERROR = 8
"""Levels, mean over everything outside the boxes (measured: 6.3 for random noise, the worst case of the fixed encoder)."""
BLOCK_ERROR = 12
"""Levels, mean absolute error of one block of 8 by 8 (measured: 8 for random noise, 6 for photos)."""
BLOCK_SHIFT = 5
"""Levels, change of the mean of one block of 8 by 8 (measured: 3 for saturated noise, 3 for photos)."""

_BAND = 128
_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, RuntimeError, MemoryError, struct.error,
    Image.DecompressionBombError, Warning,
)  # fmt: skip

Picture = Image.Image
Opener = Callable[[io.BytesIO], ImageFile.ImageFile]
"""A plugin class of Pillow (`PngImageFile`). It opens the file itself, so that no other format is tried."""


def decoded(data: bytes, whose: str, opener: Opener = JpegImageFile) -> ImageFile.ImageFile:
    """Return the loaded picture of `data`; raises NotProven if it does not decode.

    All threads share the filters of warnings, so this function sets none. The caller hands over a walked file without
    anything that makes Pillow warn.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise NotProven(["Pillow is set to accept truncated pictures in this process"])
    try:
        image = opener(io.BytesIO(data))
        image.load()
    except _DECODER_ERRORS:
        raise NotProven([f"{whose} does not decode"]) from None
    return image


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the picture converted from `profile` to sRGB; None if there is no conversion from it."""
    for candidate in (image, image.convert("RGB")):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(given, ImageCms.createProfile("sRGB"), candidate.mode, "RGB")
            return transform.apply(candidate)
        except (OSError, ImageCms.PyCMSError):
            continue
    return None


def flat(image: Image.Image, boxes: Sequence[Box]) -> Iterator[str]:
    """Yield a failure for each box that is not filled from edge to edge: every channel FILL, alpha opaque."""
    channels = image.getbands()
    for number, box in enumerate(boxes, 1):
        inside = 0 <= box[0] < box[2] <= image.width and 0 <= box[1] < box[3] <= image.height
        if not inside or not _is_flat(image.crop(box), channels):
            yield f"box {number} of {len(boxes)} is not filled from edge to edge"


def strays(shown: Image.Image, expected: Image.Image, boxes: Sequence[Box]) -> Iterator[str]:
    """Yield a failure if `shown`, outside the boxes, differs from the expected picture by more than an encoder's tolerance.

    Blocks of 8 by 8 that a box touches are not compared. So pass boxes that end on multiples of 8, or judge their rims by
    another check.
    """
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


def _is_flat(crop: Image.Image, channels: Sequence[str]) -> bool:
    extrema = zip(channels, ImageStat.Stat(crop).extrema, strict=True)
    return all(low == high == (255 if name == "A" else FILL) for name, (low, high) in extrema)


def _bands(size: tuple[int, int]) -> Iterator[Box]:
    for top in range(0, size[1], _BAND):
        yield 0, top, size[0], min(top + _BAND, size[1])


def _blanked(band: Image.Image, boxes: Sequence[Box], top: int) -> Image.Image:
    """Set the boxes to zero in a band that begins at row `top` of the picture and is reduced by 8."""
    for left, upper, right, lower in boxes:
        start, end = max(upper - top, 0), lower - top
        if end > 0:
            area = (left // 8, start // 8, -(-right // 8), -(-end // 8))
            band.paste(0 if len(band.getbands()) == 1 else (0,) * len(band.getbands()), area)
    return band
