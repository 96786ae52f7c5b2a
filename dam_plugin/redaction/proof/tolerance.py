"""Compares a copy in a lossy coding with 4:2:0 chroma (WebP, AVIF) with the picture that it must show.

Brightness is kept well by such codings, colour only as a mean: both are judged by blocks, the boxes pixel by pixel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image, ImageChops, ImageStat

from dam_plugin.redaction.model import FILL
from dam_plugin.redaction.proof.geometry import Box

LUMA_MEAN = 6
"""Levels of brightness, over the whole picture. Saturated noise measured 4.0 at quality 90, photos 1.6."""
LUMA_BLOCK = 10
"""Levels of brightness, mean absolute error of one 8 by 8 block. Saturated noise measured 6, photos 3."""
LUMA_SHIFT = 8
"""Levels of brightness, change of the mean of one block. A saturated chequerboard measured 6, photos 2."""
CHROMA_SHIFT = 24
"""Levels of colour, change of the mean of one block. A saturated chequerboard measured 22, photos 3."""
CORE_LEVELS = 4
"""Levels by which a filled pixel may differ, any channel, CORE pixels or more inside of its box. Measured 3."""
RIM_LEVELS = 12
"""Levels of brightness by which any pixel of a box may differ. Measured 8, of boxes across coding units."""
CORE = 8

_BAND = 128


def unfilled(shown: Image.Image, boxes: Sequence[Box]) -> Iterator[str]:
    """Yield a failure for each box of an RGB or RGBA picture that is not filled from edge to edge.

    Near its edges, where chroma mixes with what lies outside, a box is judged by its brightness.
    """
    for number, box in enumerate(boxes, 1):
        inside = 0 <= box[0] < box[2] <= shown.width and 0 <= box[1] < box[3] <= shown.height
        if not inside or not _is_filled(shown.crop(box)):
            yield f"box {number} of {len(boxes)} is not filled from edge to edge"


def strays(shown: Image.Image, expected: Image.Image) -> Iterator[str]:
    """Yield a failure where `shown` is not `expected` within what the coding does; both RGB, or RGBA, of one size."""
    total, shifts, worst = 0.0, [0.0, 0.0], 0.0
    for top in range(0, shown.height, _BAND):
        frame = (0, top, shown.width, min(top + _BAND, shown.height))
        ours, theirs = _planes(shown.crop(frame)), _planes(expected.crop(frame))
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            kind = int(at in {1, 2})
            moved = _peak(ImageChops.difference(one.reduce(8), other.reduce(8)))
            shifts[kind] = max(shifts[kind], moved)
            if kind == 0:
                error = ImageChops.difference(one, other)
                total += ImageStat.Stat(error).sum[0] / len(ours[::3])
                worst = max(worst, _peak(error.reduce(8)))
    if total > LUMA_MEAN * shown.width * shown.height:
        yield "outside the boxes the copy is another picture than the source"
    if worst > LUMA_BLOCK or shifts[0] > LUMA_SHIFT or shifts[1] > CHROMA_SHIFT:
        yield "outside the boxes a part of the copy is not the source's"


def _is_filled(crop: Image.Image) -> bool:
    luma = crop.convert("L")
    core = (CORE, CORE, crop.width - CORE, crop.height - CORE)
    if max(_off(luma, FILL)) > RIM_LEVELS or (crop.mode == "RGBA" and _off(crop.getchannel("A"), 255)[0] > RIM_LEVELS):
        return False
    if core[0] >= core[2] or core[1] >= core[3]:
        return True
    inner = crop.crop(core).split()
    levels = (FILL, FILL, FILL, 255)
    return all(max(_off(channel, level)) <= CORE_LEVELS for channel, level in zip(inner, levels, strict=False))


def _off(channel: Image.Image, level: int) -> tuple[int, int]:
    low, high = ImageStat.Stat(channel).extrema[0]
    return level - low, high - level


def _planes(band: Image.Image) -> list[Image.Image]:
    """Return brightness, the two planes of colour, and alpha where there is one."""
    return [*band.convert("RGB").convert("YCbCr").split(), *([band.getchannel("A")] if band.mode == "RGBA" else [])]


def _peak(image: Image.Image) -> float:
    return ImageStat.Stat(image).extrema[0][1]
