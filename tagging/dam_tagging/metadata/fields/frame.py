"""Turns coordinates from the stored picture to the upright one (EXIF 2.32, Orientation), and finds the point of focus.

The focus (SubjectArea and SubjectLocation, EXIF 2.32, 4.6.5) is a weak hint at the main person. Half of the real values
are the centre of the picture, the default of autofocus. Those values are ignored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dam_tagging.facts import Region

ASPECT_TOLERANCE = 0.02
"""Two aspect ratios that differ by less than this are the same picture's: writers round when they scale."""
TURNED = frozenset({5, 6, 7, 8})
"""Orientations that swap width and height."""
RIGHT_TO_LEFT, BOTTOM_UP = frozenset({2, 3, 6, 7}), frozenset({3, 4, 7, 8})
"""Orientations that reverse the stored picture's axes, after width and height are swapped."""
OFF_CENTRE = 0.05
"""Least distance between the middle of an area and the picture's centre, as a share of the width or height."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture's size as stored, (width, height) in pixels, and its EXIF orientation (1 to 8)."""

    stored: tuple[int, int] | None = None
    orientation: int = 1

    @property
    def upright(self) -> tuple[int, int] | None:
        """The size of the upright picture."""
        if self.stored is None or self.orientation not in TURNED:
            return self.stored
        return self.stored[1], self.stored[0]

    def to_upright(self, box: Region) -> Region:
        """Return a box of the stored frame as a box of the upright one; both in fractions, from the top left."""
        corners = [self._turn(box.x, box.y), self._turn(box.x + box.w, box.y + box.h)]
        (x0, x1), (y0, y1) = (sorted(axis) for axis in zip(*corners, strict=True))
        return Region(x0, y0, x1 - x0, y1 - y0)

    def _turn(self, x: float, y: float) -> tuple[float, float]:
        if self.orientation in TURNED:
            x, y = y, x
        return (1 - x if self.orientation in RIGHT_TO_LEFT else x), (1 - y if self.orientation in BOTTOM_UP else y)


def same_aspect(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Return whether two sizes have the same ratio of width to height, within the tolerance."""
    if min(*one, *other) <= 0:
        return False
    return abs((one[0] / one[1]) / (other[0] / other[1]) - 1) <= ASPECT_TOLERANCE


def clip(x: float, y: float, w: float, h: float) -> Region | None:
    """Return the part of a box that lies in the picture; None if no part does or a value is not a number."""
    if not all(math.isfinite(value) for value in (x, y, w, h)) or w < 0 or h < 0:
        return None
    x0, y0, x1, y1 = max(x, 0.0), max(y, 0.0), min(x + w, 1.0), min(y + h, 1.0)
    if x1 <= x0 or y1 <= y0:
        return None
    return Region(x0, y0, x1 - x0, y1 - y0)


@dataclass(frozen=True, slots=True)
class Focus:
    """A focus in pixels of the recorded picture: 2 numbers are a point, 3 a circle (diameter), 4 a rectangle by its centre.

    `size` is the recorded picture's (width, height), if the file states it.
    """

    numbers: tuple[int, ...]
    size: tuple[int, int] | None = None

    def area(self, frame: Frame) -> Region | None:
        """Return the area on the upright picture; None if it is in the centre, outside, or on a picture of another shape."""
        size = self.size or frame.stored
        if size is None or (frame.stored is not None and not same_aspect(size, frame.stored)):
            return None
        if not 2 <= len(self.numbers) <= 4:
            return None
        width, height = size
        x, y = self.numbers[0] / width, self.numbers[1] / height
        if not (0 <= x <= 1 and 0 <= y <= 1) or max(abs(x - 0.5), abs(y - 0.5)) < OFF_CENTRE:
            return None
        w, h = self.numbers[2:3] + self.numbers[-1:] if len(self.numbers) > 2 else (0, 0)
        left, top = max(x - w / width / 2, 0.0), max(y - h / height / 2, 0.0)
        right, bottom = min(x + w / width / 2, 1.0), min(y + h / height / 2, 1.0)
        return frame.to_upright(Region(left, top, right - left, bottom - top))


def focus(numbers: Sequence[int], size: tuple[int, int] | None) -> Focus | None:
    """Return a focus from the numbers in a file; None if there are none or one is negative."""
    if len(numbers) < 2 or any(number < 0 for number in numbers):
        return None
    return Focus(tuple(numbers), size if size and min(size) > 0 else None)
