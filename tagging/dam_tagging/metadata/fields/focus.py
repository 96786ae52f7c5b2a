"""Where the camera focused: EXIF's SubjectArea and SubjectLocation (EXIF 2.32, 4.6.5), a weak hint at who matters.

Half of the real values are the picture's centre, where autofocus looks when nobody chose: those say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dam_tagging.facts import Region
from dam_tagging.metadata.fields.frame import Frame, same_aspect

OFF_CENTRE = 0.05
"""Share of the width or height by which the middle of an area has to miss the picture's centre."""


@dataclass(frozen=True, slots=True)
class Focus:
    """Pixels of the picture as recorded: 2 numbers are a point, 3 a circle (diameter), 4 a rectangle by its centre.

    `size` is the recorded picture's (width, height), where the file states it.
    """

    numbers: tuple[int, ...]
    size: tuple[int, int] | None = None

    def area(self, frame: Frame) -> Region | None:
        """Return the area on the upright picture; None in the centre, outside, or on a picture of another aspect."""
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
    """Return a focus of numbers as they come from a file, or None when they are none or negative."""
    if len(numbers) < 2 or any(number < 0 for number in numbers):
        return None
    return Focus(tuple(numbers), size if size and min(size) > 0 else None)
