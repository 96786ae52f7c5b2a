"""Computes the places where a copy must hide people, in whole pixels, exactly, from the drawn boxes.

The prover grows, turns and snaps boxes with its own code, so that it notices a mistake in the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import isfinite

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import GROW_DOWN, GROW_SIDE, GROW_UP, LEAST_SIDE, Order, Person, PixelBox
from dam_tagging.facts import Region

Box = tuple[int, int, int, int]
"""(left, top, right, bottom) in whole pixels, half-open."""
Edges = tuple[Fraction, Fraction, Fraction, Fraction]
"""(left, top, right, bottom) as fractions 0..1 of a picture."""

_STORED_EDGES = {
    # For each stored edge (left, top, right, bottom): the upright edge at this place, and whether it is counted from
    # the other side (Exif 3.0, tag 0x0112).
    1: ((0, False), (1, False), (2, False), (3, False)),
    2: ((2, True), (1, False), (0, True), (3, False)),
    3: ((2, True), (3, True), (0, True), (1, True)),
    4: ((0, False), (3, True), (2, False), (1, True)),
    5: ((1, False), (0, False), (3, False), (2, False)),
    6: ((1, False), (2, True), (3, False), (0, True)),
    7: ((3, True), (2, True), (1, True), (0, True)),
    8: ((3, True), (0, False), (1, True), (2, False)),
}
_BACK = {6: 8, 8: 6}


def grown(region: Region) -> Edges:
    """Return the drawn box, grown to head and shoulders and cut at the edges of the picture, exactly.

    Raises NotProven for a box that is not finite, has no area, is too small for a face or lies outside.
    """
    numbers = (region.x, region.y, region.w, region.h)
    if not all(map(isfinite, numbers)) or min(region.w, region.h) < LEAST_SIDE:
        raise NotProven(["is no box around a face"])
    x, y, w, h = map(Fraction, numbers)
    edges = (
        max(x - Fraction(GROW_SIDE) * w, Fraction(0)),
        max(y - Fraction(GROW_UP) * h, Fraction(0)),
        min(x + (1 + Fraction(GROW_SIDE)) * w, Fraction(1)),
        min(y + (1 + Fraction(GROW_DOWN)) * h, Fraction(1)),
    )
    if edges[0] >= edges[2] or edges[1] >= edges[3]:
        raise NotProven(["lies outside the picture"])
    return edges


def hidden_boxes(
    order: Order,
    size: tuple[int, int],
    orientation: int = 1,
    *,
    grid: tuple[int, int] = (1, 1),
    bleed: int = 0,
    out_to: int = 1,
    slack: Fraction = Fraction(0),
) -> list[Box]:
    """Return the pixels of the stored frame that a copy for `order` must hide: one box for each drawn box, in their order.

    `size` (width, height) and `orientation` (Exif's, 1..8) are those of the stored frame. Each box is widened to coding
    units of `grid`, then by `bleed` pixels, then to multiples of `out_to`, and is cut at the edges of the picture.
    `slack` is the share of a pixel by which its edges may fall short, for writers that round differently. Raises
    NotProven with every box that cannot be placed and every person without a box.
    """
    failures: list[str] = []
    boxes: list[Box] = []
    for person in order.hide:
        if not person.regions:
            failures.append(f"{person.label} has no box in this picture")
        for edges in _grown_all(person, failures):
            left, top, right, bottom = stored(edges, orientation)
            wide, high = size
            across = _outward(left * wide + slack, right * wide - slack, (grid[0], bleed, out_to), wide)
            down = _outward(top * high + slack, bottom * high - slack, (grid[1], bleed, out_to), high)
            boxes.append((across[0], down[0], across[1], down[1]))
    if failures:
        raise NotProven(failures)
    return boxes


def stored(edges: Edges, orientation: int) -> Edges:
    """Return the place of an upright picture's box in the stored frame of that orientation."""
    left, top, right, bottom = (
        1 - edges[edge] if reverse else edges[edge] for edge, reverse in _STORED_EDGES[orientation]
    )
    return left, top, right, bottom


def upright(box: Box, size: tuple[int, int], orientation: int) -> Box:
    """Return the place, in the upright picture, of a box of the stored frame of `size`; both in pixels."""
    width, height = size
    exact = tuple(Fraction(edge, side) for edge, side in zip(box, (width, height, width, height), strict=True))
    turned = stored((exact[0], exact[1], exact[2], exact[3]), _BACK.get(orientation, orientation))
    across, down = upright_size(size, orientation)
    left, top, right, bottom = (
        int(edge * side) for edge, side in zip(turned, (across, down, across, down), strict=True)
    )
    return left, top, right, bottom


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return (width, height) of the upright picture."""
    return (size[1], size[0]) if orientation >= 5 else size


def check_crop(crop: PixelBox, boxes: Sequence[Box], size: tuple[int, int], grid: tuple[int, int]) -> Iterator[str]:
    """Yield a failure if the kept rectangle does not end on whole units of the stored frame, or touches a hidden box.

    A unit that is cut by the picture's own right or bottom edge counts as whole.
    """
    edges = crop.as_tuple()
    if not (0 <= crop.left < crop.right <= size[0] and 0 <= crop.top < crop.bottom <= size[1]):
        yield "the kept rectangle lies outside the picture"
        return
    whole = all(edge % unit == 0 or edge == side for edge, unit, side in zip(edges, grid * 2, size * 2, strict=True))
    if not whole:
        yield "the kept rectangle does not end on whole coding units"
    if any(_touch(edges, box) for box in boxes):
        yield "the kept rectangle shows a part of somebody to hide"


def _grown_all(person: Person, failures: list[str]) -> Iterator[Edges]:
    for number, region in enumerate(person.regions, 1):
        try:
            yield grown(region)
        except NotProven as error:
            failures.extend(f"box {number} of {person.label} {failure}" for failure in error.failures)


def _outward(low: Fraction, high: Fraction, steps: tuple[int, int, int], length: int) -> tuple[int, int]:
    grid, bleed, out_to = steps
    start = low // grid * grid - bleed
    end = -(-high // grid) * grid + bleed
    return max(start // out_to * out_to, 0), min(-(-end // out_to) * out_to, length)


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
