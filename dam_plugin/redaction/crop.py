"""The largest crop without anybody to hide: an exact search over the edges of the boxes, in whole coding units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dam_plugin.redaction.boxes import Rectangle
from dam_plugin.redaction.model import Frame, PixelBox

LEAST_CROP = 64
"""The least side of a crop in pixels: a smaller one shows nothing worth a release."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis of the frame in coding units: the last one is cut where the picture ends."""

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


def largest(frame: Frame, hidden: Sequence[PixelBox], kept: Sequence[Rectangle] = ()) -> PixelBox | None:
    """Return the largest crop of whole units that touches no box of `hidden` and holds every box of `kept`.

    Everything is in pixels of the stored frame. None where there is no such crop, or none with sides of LEAST_CROP; of
    two that are as large the upper one, then the left one.
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
    """Return (rows, columns) of the units that hold all of `kept`; None where nobody is to be kept."""
    if not kept:
        return None
    rows = _units(down, math.floor(min(each.top for each in kept)), math.ceil(max(each.bottom for each in kept)))
    columns = _units(across, math.floor(min(each.left for each in kept)), math.ceil(max(each.right for each in kept)))
    return rows, columns
