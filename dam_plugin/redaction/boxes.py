"""The geometry of boxes: grows a region around a face, maps it to whole coding units, and finds the largest crop.

All arithmetic is exact (fractions). The prover does it again with its own code and must come to the same units. The crop
is found by an exact search over the edges of the boxes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.model import BLEED, GROW_DOWN, GROW_SIDE, GROW_UP, LEAST_SIDE, Frame, PixelBox, Plan
from dam_tagging.facts import Region

BLOCK = 8
"""The side of a coding block, in pixels, of a JPEG that is written afresh. Such a JPEG has no chroma subsampling."""
AFRESH = frozenset({"image/jpeg", "image/webp", "image/avif", "image/heic", "image/heif"})
"""The types of sources that may become a JPEG when they are written afresh from pixels."""
OTHER_PICTURE = "the plan belongs to another picture: plan again from the file as it is now"
UNCLEAR = "the plan does not say where to hide those whom it hides: plan again from the file as it is now"
OFF_GRID = "the plan does not fit the coding units of the picture: plan again from the file as it is now"
TOUCHED = "the crop would show a person whom it hides: plan again, with boxes instead"
LEAST_CROP = 64
"""The least side of a crop in pixels. A smaller crop shows nothing worth a release."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An exact box: of the picture (0..1) or of its pixels."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    @property
    def area(self) -> Fraction:
        """Width by height."""
        return (self.right - self.left) * (self.bottom - self.top)

    def scaled(self, size: tuple[int, int]) -> Rectangle:
        """Return a box of fractions as a box of pixels of a frame of `size` (width, height)."""
        width, height = size
        return Rectangle(self.left * width, self.top * height, self.right * width, self.bottom * height)


def grow(region: Region) -> Region:
    """Return the box from head to shoulders: half its width to each side, half its height up, its height down.

    The box is clipped to the picture. It is rounded outward where floats cannot hold it exactly. A region outside of the
    picture becomes a box without area.
    """
    box = grown(region)
    x, w = _rounded(box.left, box.right)
    y, h = _rounded(box.top, box.bottom)
    return Region(x, y, w, h)


def grown(region: Region) -> Rectangle:
    """Return the grown box exactly, clipped to the picture."""
    x, y, w, h = map(Fraction, (region.x, region.y, region.w, region.h))
    side, up, down = map(Fraction, (GROW_SIDE, GROW_UP, GROW_DOWN))
    return Rectangle(
        _clipped(x - side * w), _clipped(y - up * h), _clipped(x + (1 + side) * w), _clipped(y + (1 + down) * h)
    )


def own(region: Region) -> Rectangle:
    """Return the box as it was drawn, exactly, clipped to the picture."""
    x, y, w, h = map(Fraction, (region.x, region.y, region.w, region.h))
    return Rectangle(_clipped(x), _clipped(y), _clipped(x + w), _clipped(y + h))


def usable(region: Region) -> bool:
    """Whether a region can be a face's: it is finite and large enough, and its grown box covers a part of the picture."""
    numbers = (region.x, region.y, region.w, region.h)
    return all(map(math.isfinite, numbers)) and min(region.w, region.h) >= LEAST_SIDE and grown(region).area > 0


def checked(label: str, region: Region) -> Region:
    """Return a usable region; raises CannotRedact for any other."""
    if not usable(region):
        raise CannotRedact(
            f"{label}: the box covers nothing of the picture, or no face fits in it: draw it again around the face"
        )
    return region


def stored(box: Rectangle, orientation: int) -> Rectangle:
    """Return an upright box (0..1) as the same box of the stored frame.

    `orientation` is Exif's: 5 to 8 swap the axes, and each value says which stored edges are the upright ones.
    """
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    if orientation >= 5:
        left, top, right, bottom = top, left, bottom, right
    across, down = _turned(orientation)
    if across:
        left, right = 1 - right, 1 - left
    if down:
        top, bottom = 1 - bottom, 1 - top
    return Rectangle(left, top, right, bottom)


def snapped(box: Rectangle, frame: Frame, *, bleed: bool) -> PixelBox:
    """Return the whole coding units that an upright box can touch, in pixels of the stored frame.

    With `bleed` (a copy that is written from pixels) the box grows by BLEED pixels. If that copy may be a JPEG, the box
    also grows to the JPEG's blocks.
    """
    place = stored(box, frame.orientation).scaled(frame.size)
    block = BLOCK if bleed and frame.media_type in AFRESH else 1
    # A JPEG keeps its stored frame; any other picture is written upright, and its blocks begin at the upright corner.
    across, down = (False, False) if frame.media_type == "image/jpeg" else _turned(frame.orientation)
    beyond = BLEED if bleed else 0
    left, right = _outward(place.left, place.right, frame.grid[0], frame.size[0], beyond)
    top, bottom = _outward(place.top, place.bottom, frame.grid[1], frame.size[1], beyond)
    left, right = _to_blocks(left, right, block, frame.size[0], turned=across)
    top, bottom = _to_blocks(top, bottom, block, frame.size[1], turned=down)
    return PixelBox(left, top, right, bottom)


def covered(place: Rectangle, boxes: Sequence[Rectangle]) -> Fraction:
    """Return the share of `place` that lies under `boxes`, 0..1. A part under several boxes counts once."""
    inside = [cut for box in boxes if (cut := _intersection(place, box)).area > 0]
    edges = sorted({edge for cut in inside for edge in (cut.left, cut.right)})
    total = Fraction(0)
    for left, right in pairwise(edges):
        spans = [(cut.top, cut.bottom) for cut in inside if cut.left <= left and cut.right >= right]
        total += (right - left) * _length(spans)
    return total / place.area if place.area else Fraction(0)


def exactly(box: PixelBox) -> Rectangle:
    """Return a box of whole pixels as an exact one."""
    return Rectangle(*map(Fraction, box.as_tuple()))


def check_plan(plan: Plan, frame: Frame, grid: tuple[int, int] = (1, 1)) -> None:
    """Check that a plan is for this picture and is whole: its boxes and its crop are inside, on whole units, and apart.

    A box that is elsewhere or cut short would show a hidden person. Boxes and crop must end on the units of `grid`, or at
    the edge of the picture. Raises CannotRedact.
    """
    if plan.frame != frame:
        raise CannotRedact(OTHER_PICTURE)
    if not _is_whole(plan):
        raise CannotRedact(UNCLEAR)
    for box in (*plan.pixel_boxes, *([plan.crop] if plan.crop else [])):
        if not _is_inside(box, frame.size):
            raise CannotRedact(UNCLEAR)
        if not _is_on_grid(box, frame.size, grid):
            raise CannotRedact(OFF_GRID)
    if plan.crop is not None and any(touch(plan.crop, box) for box in plan.pixel_boxes):
        raise CannotRedact(TOUCHED)


def touch(one: PixelBox, other: PixelBox) -> bool:
    """Whether two boxes have a pixel in common."""
    left, right = max(one.left, other.left), min(one.right, other.right)
    top, bottom = max(one.top, other.top), min(one.bottom, other.bottom)
    return left < right and top < bottom


def largest_crop(frame: Frame, hidden: Sequence[PixelBox], kept: Sequence[Rectangle] = ()) -> PixelBox | None:
    """Return the largest crop of whole units that touches no box of `hidden` and holds every box of `kept`.

    Everything is in pixels of the stored frame. Returns None if there is no such crop with sides of at least LEAST_CROP.
    Of two equally large crops it returns the upper one, then the left one.
    """
    across, down = _Axis(frame.grid[0], frame.size[0]), _Axis(frame.grid[1], frame.size[1])
    obstacles = sorted(
        (_units(down, box.top, box.bottom), _units(across, box.left, box.right)) for box in frozenset(hidden)
    )
    must = _hull(across, down, kept)
    best: tuple[int, PixelBox | None] = (0, None)
    tops = sorted({0, *(rows[1] for rows, _ in obstacles)})
    bottoms = sorted({down.count, *(rows[0] for rows, _ in obstacles)})
    for top in tops:
        if must and top > must[0][0]:
            break
        for rows, columns in _free(top, bottoms, obstacles, across.count, must):
            width, height = across.length(columns), down.length(rows)
            if width * height > best[0] and min(width, height) >= LEAST_CROP:
                (left, right), (upper, lower) = across.pixels(columns), down.pixels(rows)
                best = (width * height, PixelBox(left, upper, right, lower))
    return best[1]


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis of the frame in coding units. The last unit is cut at the edge of the picture."""

    unit: int
    limit: int

    @property
    def count(self) -> int:
        return -(-self.limit // self.unit)

    def pixels(self, span: Span) -> Span:
        return span[0] * self.unit, min(span[1] * self.unit, self.limit)

    def length(self, span: Span) -> int:
        start, end = self.pixels(span)
        return end - start


def _is_whole(plan: Plan) -> bool:
    """Whether the plan holds all that its operation needs, and nothing that the operation does not do."""
    if plan.operation == "crop":
        return plan.crop is not None
    if plan.operation == "boxes":
        return plan.crop is None and bool(plan.pixel_boxes)
    return plan.crop is None and not plan.hidden and not plan.pixel_boxes


def _is_inside(box: PixelBox, size: tuple[int, int]) -> bool:
    whole = all(isinstance(edge, int) for edge in box.as_tuple())
    return whole and 0 <= box.left < box.right <= size[0] and 0 <= box.top < box.bottom <= size[1]


def _is_on_grid(box: PixelBox, size: tuple[int, int], grid: tuple[int, int]) -> bool:
    starts = zip((box.left, box.top), grid, strict=True)
    ends = zip((box.right, box.bottom), grid, size, strict=True)
    return all(edge % unit == 0 for edge, unit in starts) and all(
        edge % unit == 0 or edge == side for edge, unit, side in ends
    )


def _turned(orientation: int) -> tuple[bool, bool]:
    """Return whether an orientation reverses the stored frame's horizontal and vertical axis."""
    return orientation in {2, 3, 7, 8}, orientation in {3, 4, 6, 7}


def _clipped(value: Fraction) -> Fraction:
    return min(max(value, Fraction(0)), Fraction(1))


def _rounded(low: Fraction, high: Fraction) -> tuple[float, float]:
    """Return start and length in floats of the least stretch that includes `low` to `high`."""
    start = float(low)
    if start > low:
        start = math.nextafter(start, -math.inf)
    length = float(high - Fraction(start))
    if Fraction(start) + Fraction(length) < high:
        length = math.nextafter(length, math.inf)
    return start, length


def _outward(low: Fraction, high: Fraction, grid: int, limit: int, beyond: int) -> tuple[int, int]:
    start, end = math.floor(low / grid) * grid - beyond, math.ceil(high / grid) * grid + beyond
    return max(start, 0), min(end, limit)


def _to_blocks(start: int, end: int, block: int, limit: int, *, turned: bool) -> tuple[int, int]:
    if turned:
        start, end = limit - end, limit - start
    start, end = start // block * block, min(-(-end // block) * block, limit)
    return (limit - end, limit - start) if turned else (start, end)


def _intersection(one: Rectangle, other: Rectangle) -> Rectangle:
    left, top = max(one.left, other.left), max(one.top, other.top)
    right, bottom = min(one.right, other.right), min(one.bottom, other.bottom)
    return Rectangle(left, top, max(left, right), max(top, bottom))


def _length(spans: Iterable[tuple[Fraction, Fraction]]) -> Fraction:
    total, reached = Fraction(0), Fraction(0)
    for start, end in sorted(spans):
        total += max(end - max(start, reached), Fraction(0))
        reached = max(reached, end)
    return total


def _free(
    top: int, bottoms: Sequence[int], obstacles: Sequence[tuple[Span, Span]], count: int, must: tuple[Span, Span] | None
) -> Iterator[tuple[Span, Span]]:
    """Yield (rows, columns) of the free rectangles that begin at `top`, one for each gap between the boxes."""
    below = [each for each in obstacles if each[0][1] > top]
    gaps = [(0, count)]
    taken = 0
    for bottom in bottoms:
        if bottom <= top:
            continue
        while taken < len(below) and below[taken][0][0] < bottom:
            gaps = list(_without(gaps, below[taken][1]))
            taken += 1
        if must:
            gaps = [gap for gap in gaps if gap[0] <= must[1][0] and must[1][1] <= gap[1]]
        if not gaps:
            return
        if must is None or bottom >= must[0][1]:
            yield from (((top, bottom), gap) for gap in gaps)


def _without(gaps: Sequence[Span], taken: Span) -> Iterator[Span]:
    for start, end in gaps:
        if taken[1] <= start or end <= taken[0]:
            yield start, end
            continue
        if start < taken[0]:
            yield start, taken[0]
        if taken[1] < end:
            yield taken[1], end


def _units(axis: _Axis, low: int, high: int) -> Span:
    return low // axis.unit, -(-high // axis.unit)


def _hull(across: _Axis, down: _Axis, kept: Sequence[Rectangle]) -> tuple[Span, Span] | None:
    """Return (rows, columns) of the units that hold all of `kept`; None without `kept`."""
    if not kept:
        return None
    rows = _units(down, math.floor(min(each.top for each in kept)), math.ceil(max(each.bottom for each in kept)))
    columns = _units(across, math.floor(min(each.left for each in kept)), math.ceil(max(each.right for each in kept)))
    return rows, columns
