"""Whom a copy must hide, and where: from regions of the upright picture to blocks of the stored one.

Geometry only; the filling is `image`'s. All arithmetic on boxes is exact (fractions), so that the prover, which counts
for itself, comes to the same blocks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction import jpeg
from dam_tagging.facts import Region

GROW_SIDE, GROW_UP, GROW_DOWN = 0.5, 0.5, 1.0
# The least side of a box, as a share of the picture's: a smaller one was not drawn around a face.
LEAST_SIDE = 1 / 256
BLEED = 2
"""Pixels that chroma upsampling may carry past a coding block (one is what was measured; two keep a margin)."""
BLOCK = 8
"""The coding block of the copy, which is written without chroma subsampling."""

Rectangle = tuple[Fraction, Fraction, Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A box of whole pixels in the stored frame, half-open: `right` and `bottom` are the first pixels outside."""

    left: int
    top: int
    right: int
    bottom: int

    def as_tuple(self) -> tuple[int, int, int, int]:
        """Return (left, top, right, bottom), as Pillow takes a box."""
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True, slots=True)
class Plan:
    """What a redaction will hide.

    `boxes` are the grown boxes, fractions 0..1 of the upright picture; `pixel_boxes` are the same, in pixels of the
    stored frame, out to whole blocks; `size` is (width, height) of the stored frame; `orientation` is Exif's, 1..8;
    `hidden` are the pseudonyms.
    """

    boxes: tuple[Region, ...]
    orientation: int
    size: tuple[int, int]
    hidden: tuple[str, ...]
    pixel_boxes: tuple[PixelBox, ...]


def grow(region: Region) -> Region:
    """Return the box from head to shoulders: half its width to each side, half its height up, its height down.

    Clipped to the picture; a region that lies outside comes back with no area.
    """
    left = _clip(region.x - GROW_SIDE * region.w)
    top = _clip(region.y - GROW_UP * region.h)
    right = _clip(region.x + (1 + GROW_SIDE) * region.w)
    bottom = _clip(region.y + (1 + GROW_DOWN) * region.h)
    return Region(left, top, right - left, bottom - top)


def plan(source: bytes, hide: Mapping[str, Sequence[Region]]) -> Plan:
    """Return the plan that hides every student of `hide` (pseudonym to regions of the upright picture).

    Raises CannotRedact with one reason: not a JPEG that we take, nobody to hide, a student without a region, a box
    that covers nothing, or an orientation that is stated twice and differently.
    """
    picture = jpeg.read(source)
    if picture.xmp_orientation not in {None, picture.orientation}:
        raise CannotRedact(jpeg.SIDEWAYS)
    if not hide:
        raise CannotRedact("nobody to hide was named: name the students whom the decision hides, or share a clean copy")
    boxes = tuple(_grown(student, region) for student, regions in hide.items() for region in _located(student, regions))
    return Plan(
        boxes=boxes,
        orientation=picture.orientation,
        size=picture.size,
        hidden=tuple(hide),
        pixel_boxes=tuple(_snapped(stored(box, picture.orientation), picture.size, picture.mcu) for box in boxes),
    )


def stored(box: Region, orientation: int) -> Rectangle:
    """Return (left, top, right, bottom) of an upright box as exact fractions of the stored frame.

    `orientation` is Exif's: 5 to 8 swap the axes, and each value says which stored edges are the upright ones.
    """
    left, top = Fraction(box.x), Fraction(box.y)
    right, bottom = left + Fraction(box.w), top + Fraction(box.h)
    if orientation >= 5:
        left, top, right, bottom = top, left, bottom, right
    if orientation in {2, 3, 7, 8}:
        left, right = 1 - right, 1 - left
    if orientation in {3, 4, 6, 7}:
        top, bottom = 1 - bottom, 1 - top
    return left, top, right, bottom


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _located(student: str, regions: Sequence[Region]) -> Iterable[Region]:
    if not regions:
        raise CannotRedact(f"{student} has no region in this picture: draw a box around the face, then share again")
    return regions


def _grown(student: str, region: Region) -> Region:
    numbers = (region.x, region.y, region.w, region.h)
    box = grow(region) if all(map(math.isfinite, numbers)) and min(region.w, region.h) >= LEAST_SIDE else None
    if box is None or box.w <= 0 or box.h <= 0:
        raise CannotRedact(
            f"a box of {student} covers nothing of the picture, or no face fits in it: draw it again around the face"
        )
    return box


def _snapped(rectangle: Rectangle, size: tuple[int, int], mcu: tuple[int, int]) -> PixelBox:
    """Return the whole blocks that the box can touch: out to the source's grid, past the bleed, out to ours."""
    left, right = _outward(rectangle[0] * size[0], rectangle[2] * size[0], mcu[0], size[0])
    top, bottom = _outward(rectangle[1] * size[1], rectangle[3] * size[1], mcu[1], size[1])
    return PixelBox(left, top, right, bottom)


def _outward(low: Fraction, high: Fraction, grid: int, limit: int) -> tuple[int, int]:
    start = math.floor(low / grid) * grid - BLEED
    end = math.ceil(high / grid) * grid + BLEED
    return max(math.floor(Fraction(start, BLOCK)) * BLOCK, 0), min(math.ceil(Fraction(end, BLOCK)) * BLOCK, limit)
