"""Compares a copy in a lossy coding with 4:2:0 chroma (WebP, AVIF) with the picture that it must show.

Brightness is kept well by such codings, colour only as a mean: both are judged by blocks, the boxes pixel by pixel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image, ImageChops, ImageFilter, ImageStat

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
UNSEEN = 64
"""By which weight of 255 the colour under alpha 0 counts beside what is seen, from which codings mix into it: noise in
alpha measured 6 levels of brightness by that. Farther off it counts in full: somebody may have been cut out there."""
CORE = 8
"""Pixels inside the edge of a box from which every channel is exactly the fill: a face at 1 % contrast can be brought
back. Nothing less is needed: WebP measured exact, AVIF too but for harsh patterns, which the writer codes without loss."""
INNER, INNER_LEVELS = 2, 4
"""Levels by which any channel may differ that many pixels or more inside the edge, where no colours mix. Measured 3."""
RIM_LEVELS = 12
"""Levels of brightness by which any pixel of a box may differ. Measured 8, of boxes across coding units."""

_BAND = 128


def unfilled(shown: Image.Image, boxes: Sequence[Box], *, clear: bool = False) -> Iterator[str]:
    """Yield a failure for each box of an RGB or RGBA picture that is not filled from edge to edge.

    Near its edges, where it mixes with what lies outside, a box is judged by its brightness. `clear` says that the
    coding keeps alpha exactly.
    """
    for number, box in enumerate(boxes, 1):
        inside = 0 <= box[0] < box[2] <= shown.width and 0 <= box[1] < box[3] <= shown.height
        if not inside or not _is_filled(shown.crop(box), 0 if clear else RIM_LEVELS):
            yield f"box {number} of {len(boxes)} is not filled from edge to edge"


def strays(shown: Image.Image, expected: Image.Image) -> Iterator[str]:
    """Yield a failure where `shown` is not `expected` within what the coding does; both RGB, or RGBA, of one size.

    Colours count as far as the expected picture shows them: codings keep those under a low alpha badly.
    """
    total, shifts, worst = 0.0, [0.0, 0.0], 0.0
    seen = _seen(expected) if expected.mode == "RGBA" else None
    for top in range(0, shown.height, _BAND):
        frame = (0, top, shown.width, min(top + _BAND, shown.height))
        band = expected.crop(frame)
        weight = None if seen is None else _weight(band, seen.crop((0, top // 8, seen.width, -(-frame[3] // 8))))
        ours, theirs = _planes(shown.crop(frame), weight), _planes(band, weight)
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


def _is_filled(crop: Image.Image, alpha_levels: int) -> bool:
    alpha = [crop.getchannel("A")] if crop.mode == "RGBA" else []
    if max(_off(crop.convert("L"), FILL)) > RIM_LEVELS or any(max(_off(each, 255)) > alpha_levels for each in alpha):
        return False
    return all(_is_near(crop, inset, levels) for inset, levels in ((INNER, INNER_LEVELS), (CORE, 0)))


def _is_near(crop: Image.Image, inset: int, levels: int) -> bool:
    if min(crop.size) <= 2 * inset:
        return True
    inner = crop.crop((inset, inset, crop.width - inset, crop.height - inset)).split()
    return all(
        max(_off(channel, level)) <= levels for channel, level in zip(inner, (FILL, FILL, FILL, 255), strict=False)
    )


def _off(channel: Image.Image, level: int) -> tuple[int, int]:
    low, high = ImageStat.Stat(channel).extrema[0]
    return level - low, high - level


def _seen(picture: Image.Image) -> Image.Image:
    """Return an eighth of the picture, white where a block or one beside it has a pixel that is not clear."""
    visible = picture.getchannel("A").point(lambda alpha: 255 * (alpha > 0))
    return visible.reduce(8).point(lambda share: 255 * (share > 0)).filter(ImageFilter.MaxFilter(3))


def _weight(band: Image.Image, seen: Image.Image) -> Image.Image:
    """Return by how much of 255 each pixel's colour counts: by its alpha, where it has any."""
    beside = seen.point(lambda near: UNSEEN if near else 255)
    whole = beside.resize((seen.width * 8, seen.height * 8), Image.Resampling.NEAREST).crop((0, 0, *band.size))
    alpha = band.getchannel("A")
    return Image.composite(alpha, whole, alpha.point(lambda level: 255 * (level > 0)))


def _planes(band: Image.Image, weight: Image.Image | None) -> list[Image.Image]:
    """Return brightness, the two planes of colour, and alpha where there is one."""
    colours = band.convert("RGB")
    if weight is None:
        return list(colours.convert("YCbCr").split())
    weighed = ImageChops.multiply(colours, Image.merge("RGB", [weight] * 3))
    return [*weighed.convert("YCbCr").split(), band.getchannel("A")]


def _peak(image: Image.Image) -> float:
    return ImageStat.Stat(image).extrema[0][1]
