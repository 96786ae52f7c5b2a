"""Which part of a picture a portrait of given proportions shows: exact geometry of the upright picture, no pixels."""

from __future__ import annotations

from fractions import Fraction

from dam_plugin.redaction.boxes import Rectangle, grown, own, usable
from dam_tagging.facts import Region

EYES = Fraction(2, 5)
"""How far down in a portrait the middle of the face is, where there is room to choose."""


def window(size: tuple[int, int], wanted: tuple[int, int], face: Region | None) -> Rectangle:
    """Return the largest part of an upright picture of `size` that has the proportions of `wanted`, in pixels, exactly.

    Around `face`, head to shoulders inside where that fits: shoulders are lost first, then head room, to both sides
    alike. Without a face, or with one that no face fits in: from the middle across, and from the top down, since that is
    where heads are.
    """
    width, height = map(Fraction, size)
    across, down = min(width, height * wanted[0] / wanted[1]), min(height, width * wanted[1] / wanted[0])
    if face is None or not usable(face):
        left, top = (width - across) / 2, Fraction(0)
    else:
        left, top = _around(face, size, (across, down))
    return Rectangle(left, top, left + across, top + down)


def _around(face: Region, size: tuple[int, int], part: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """Return the left and upper edge of a part of the picture that shows a face."""
    (width, height), (across, down) = size, part
    drawn, head = own(face).scaled(size), grown(face).scaled(size)
    left = (drawn.left + drawn.right - across) / 2
    if head.right - head.left <= across:
        left = min(max(left, head.right - across), head.left)
    top = (drawn.top + drawn.bottom) / 2 - down * EYES
    # The strongest wish comes last: shoulders, head room, the face.
    top = min(max(top, head.bottom - down), head.top)
    top = max(top, drawn.bottom - down)
    if drawn.bottom - drawn.top > down:
        top = (drawn.top + drawn.bottom - down) / 2
    return min(max(left, Fraction(0)), width - across), min(max(top, Fraction(0)), height - down)
