"""Proves what can be shown of a third party's result, a JPEG or PNG whose source nobody here can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from PIL import ImageStat
from PIL.PngImagePlugin import PngImageFile

from dam_plugin.redaction.model import Order
from dam_plugin.redaction.proof import pixels, png
from dam_plugin.redaction.proof.geometry import Box, hidden_boxes
from dam_plugin.redaction.proof.jpeg import container, only_form
from dam_plugin.redaction.proof.report import Report, counted

TOLERANCE = 2
"""Levels that a JPEG encoder may be off where whole coding units are filled; a PNG is never off."""
RINGING = 64
"""Levels that a filled pixel of a JPEG may be off in a coding unit that the box only cuts: what stands beside it rings."""
NEAREST = Fraction(1, 2)
"""Others get the grown boxes in floats, and round them to the nearest pixel."""
UNCOMPARED = "the rest of the picture was not compared: its source is of a format that nobody here can read"

Size = tuple[int, int]
_Seen = tuple[Size, int, pixels.Picture | None]
"""The size of the stored frame, its orientation, and the decoded picture."""


def prove_filled(report: Report, released: bytes, order: Order, turbojpeg: Path | None = None) -> None:
    """Check the container, the names, and that the grown boxes, of the upright picture, are filled."""
    if released.startswith(png.SIGNATURE):
        (size, orientation, shown), unit = _png(report, released, order), None
    else:
        (size, orientation, shown), unit = _jpeg(report, released, order, turbojpeg)
    if shown is None:
        return
    boxes = report.attempt(lambda: hidden_boxes(_whenever(order), size, orientation, slack=NEAREST))
    if boxes is not None:
        sentence = f"{counted(len(boxes), 'box is', 'boxes are')} filled from edge to edge" if boxes else ""
        report.check(sentence, _unfilled(shown, boxes, unit))
    report.check(UNCOMPARED, ())


def _unfilled(shown: pixels.Picture, boxes: Sequence[Box], unit: Size | None) -> Iterator[str]:
    """Yield a failure for each box that is not of one colour, whichever; `unit` is a JPEG's coding unit.

    Whole units inside of the box, but for the pixel that chroma shares with its neighbour, must be flat; in those that
    the box cuts, others' encoders leave a trace of what stands outside. A box that holds no such core must be flat as it is.
    """
    for number, box in enumerate(boxes, 1):
        core = None if unit is None else _core(box, unit, shown.size)
        flat = _spread(shown, core or box) <= (0 if unit is None else TOLERANCE)
        if not flat or (core is not None and _spread(shown, box) > 2 * RINGING):
            yield f"box {number} of {len(boxes)} is not filled from edge to edge"


def _core(box: Box, unit: Size, size: Size) -> Box | None:
    """Return the whole units in a box, less a pixel where they end inside of the picture; None where there are none."""
    left, top = (-(-low // each) * each + bool(low) for low, each in zip(box[:2], unit, strict=True))
    right, bottom = (
        high if high >= whole else high // each * each - 1
        for high, each, whole in zip(box[2:], unit, size, strict=True)
    )
    return (left, top, right, bottom) if left < right and top < bottom else None


def _spread(shown: pixels.Picture, box: Box) -> int:
    """Return how far the darkest and the brightest pixel of a box are apart, in the channel where it is most."""
    inside = 0 <= box[0] < box[2] <= shown.width and 0 <= box[1] < box[3] <= shown.height
    extrema = ImageStat.Stat(shown.crop(box)).extrema if inside else [(0, 255)]
    return int(max(high - low for low, high in extrema))


def _whenever(order: Order) -> Order:
    """Return the order with the boxes of any moment: a picture made of a recording hides them all."""
    return replace(
        order,
        hide=tuple(
            replace(person, regions=(*person.regions, *(each.region for each in person.timed))) for person in order.hide
        ),
    )


def _jpeg(report: Report, released: bytes, order: Order, turbojpeg: Path | None) -> tuple[_Seen, Size]:
    copy = container(report, released, order)
    if copy is None or report.failures:
        return ((0, 0), 1, None), (8, 8)
    report.check("nothing is coded but the picture", only_form(copy, released, turbojpeg))
    shown = report.attempt(lambda: pixels.decoded(copy.bare(released), "the copy"))
    return (copy.size, copy.orientation(), shown), copy.unit


def _png(report: Report, released: bytes, order: Order) -> _Seen:
    held = png.container(report, released, order)
    if held is None:
        return (0, 0), 1, None
    return held.size, 1, report.attempt(lambda: pixels.decoded(released, "the copy", PngImageFile))
